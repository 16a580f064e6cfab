"""What the tab shows while nothing is compared: what to do, and what was compared before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QListWidget, QListWidgetItem, QVBoxLayout, QWidget

from diptych.gui.models.comparing import Listed
from diptych.gui.text import compare as words
from diptych.gui.text.tr import tr
from diptych.gui.theme import font, scaled
from diptych.gui.theme.tokens import ROW
from diptych.gui.views.help import primary
from diptych.gui.views.widgets import label

_STATES = {
    "running": tr("goes on"),
    "failed": tr("did not come to its end"),
    "cancelled": tr("cancelled"),
    "done": "",
}


class Empty(QWidget):
    """``opened`` tells the folder of a comparison that a person chose."""

    opened = Signal(object)
    compare_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.words = label(wrap=True, ink="label")
        self.title = label(tr("Nothing is compared yet"), size=14, weight=600)
        self.start = primary(tr("Compare…"))
        self.start.setSizePolicy(
            self.start.sizePolicy().Policy.Fixed, self.start.sizePolicy().Policy.Fixed
        )
        self.start.clicked.connect(self.compare_wanted)
        self.before = label(tr("Comparisons on this machine, the newest first"), weight=600)
        self.list = QListWidget()
        self.list.setAccessibleName(tr("Comparisons on this machine"))
        self.list.setFont(font(12))
        self.list.itemActivated.connect(self._open)
        self.list.itemClicked.connect(self._open)
        button = QHBoxLayout()
        button.addWidget(self.start)
        button.addStretch(1)
        column = QVBoxLayout()
        column.setSpacing(12)
        for widget in (self.title, self.words):
            column.addWidget(widget)
        column.addLayout(button)
        column.addSpacing(8)
        column.addWidget(self.before)
        column.addWidget(self.list, 1)
        inside = QWidget()
        inside.setLayout(column)
        inside.setMaximumWidth(scaled(640))
        row = QHBoxLayout(self)
        row.setContentsMargins(24, 32, 24, 16)
        row.addStretch(1)
        row.addWidget(inside, 4)
        row.addStretch(1)
        self.say("")
        self.offer(())

    def say(self, reason: str, *, busy: bool = False) -> None:
        """Say why nothing is compared, else what to do; or that it is being worked out."""
        if busy:
            self.title.setText(tr("Comparing…"))
            self.words.setText(tr("The numbers of long runs take a while; the window goes on."))
            return
        usual = tr(
            "Show two or more runs of the same work in the list, and they are compared here. "
            "Or let Diptych run both sides in turns, which is fairer: heat, drift and other "
            "programs then hit all sides alike."
        )
        self.words.setText(reason or usual)
        self.title.setText(tr("Nothing to compare") if reason else tr("Nothing is compared yet"))

    def offer(self, listed: Sequence[Listed]) -> None:
        """Offer comparisons that are on disk."""
        self.list.clear()
        for one in listed:
            item = QListWidgetItem(_line(one))
            item.setData(Qt.ItemDataRole.UserRole, str(one.directory))
            item.setSizeHint(item.sizeHint().expandedTo(self.list.iconSize()))
            item.setToolTip(one.directory.name)
            self.list.addItem(item)
        some = bool(listed)
        self.before.setVisible(some)
        self.list.setVisible(some)
        self.list.setMinimumHeight(scaled(ROW) * min(len(listed), 6))
        if some:
            self.list.setCurrentRow(0)

    def _open(self, item: QListWidgetItem) -> None:
        self.opened.emit(Path(item.data(Qt.ItemDataRole.UserRole)))


def _line(one: Listed) -> str:
    when = datetime.fromtimestamp(one.created / 1e9).astimezone()
    name = words.name_of(one.labels, one.name)
    state = _STATES.get(one.status, "")
    told = tr("{name} · {when}", name=name, when=f"{when:%Y-%m-%d %H:%M}")
    return tr("{told} · {state}", told=told, state=state) if state else told
