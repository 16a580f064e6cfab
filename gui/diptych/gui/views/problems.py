"""All that went wrong since the window opened, to be read and copied."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QScrollArea, QVBoxLayout, QWidget

from diptych.gui.models.trouble import History, Said
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import current, pixmap
from diptych.gui.views.error_bar import LOOKS
from diptych.gui.views.help import Plain
from diptych.gui.views.screen import room
from diptych.gui.views.widgets import hairline, label, link, part


class ProblemsDialog(Plain):
    """The newest first; each once, with how often it came."""

    def __init__(self, history: History, parent: QWidget | None = None) -> None:
        super().__init__(tr("Problems"), parent)
        self._said = list(history)
        body = QVBoxLayout()
        body.setSpacing(10)
        body.addWidget(label(tr("Problems since the window opened"), size=14, weight=600))
        if self._said:
            body.addWidget(self._list(), 1)
        else:
            words = tr("Nothing went wrong. What does is said above the view and kept here.")
            body.addWidget(label(words, ink="label", wrap=True))
            body.addStretch(1)
        copy = QPushButton(tr("Copy all"))
        copy.setEnabled(bool(self._said))
        copy.clicked.connect(self.copy_all)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.accept)
        close.setDefault(True)
        self.fill(body, copy, None, close)
        self.resize(self.size().expandedTo(room(self) / 2).boundedTo(room(self)))

    def _list(self) -> QScrollArea:
        inside = QWidget()
        part(inside, "dialogbody")
        column = QVBoxLayout(inside)
        column.setContentsMargins(0, 0, 8, 0)
        column.setSpacing(8)
        for said in self._said:
            column.addWidget(_line(said))
            column.addWidget(hairline())
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName(tr("Problems"))
        scroll.setWidget(inside)
        return scroll

    def copy_all(self) -> None:
        """Put all of it on the clipboard, with the times."""
        parts = [
            f"{said.when.isoformat(timespec='seconds')}\n{said.trouble.text}" for said in self._said
        ]
        QGuiApplication.clipboard().setText("\n\n".join(parts))


def _line(said: Said) -> QWidget:
    trouble = said.trouble
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(10)
    image = QLabel()
    icon, token = LOOKS[trouble.level]
    image.setPixmap(pixmap(icon, getattr(current(), token), 16, made.devicePixelRatioF()))
    row.addWidget(image, 0, Qt.AlignmentFlag.AlignTop)
    words = QVBoxLayout()
    words.setSpacing(2)
    words.addWidget(label(trouble.what, weight=600, wrap=True))
    rest = "\n".join(part for part in (trouble.why, trouble.do) if part)
    if rest:
        words.addWidget(label(rest, ink="label", wrap=True))
    when = f"{said.when:%H:%M:%S}"
    if said.times > 1:
        when = trn("{when}, {n} time", "{when}, {n} times", said.times, when=when)
    words.addWidget(label(when, ink="hint", size=11))
    row.addLayout(words, 1)
    copy = link(tr("Copy"), tr("Copy the details of “{what}”", what=trouble.what[:80]))
    copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(trouble.text))
    row.addWidget(copy, 0, Qt.AlignmentFlag.AlignTop)
    return made
