"""What stands in place of the lanes: nothing opened yet, or a file that is being opened."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from diptych.gui.models.traces import Opening
from diptych.gui.text.tr import tr
from diptych.gui.theme import scaled
from diptych.gui.views.widgets import Elided, label, link, part

_SHOWN = 5
_LATER_MS = 150
"""What is opened sooner shows no progress: it would only flicker."""


class EmptyPage(QWidget):
    """``open_wanted`` asks for the choice of a file, ``file_wanted`` names one."""

    open_wanted = Signal()
    file_wanted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        part(self, "stage")
        self.title = label(tr("No trace is open"), size=14, weight=600)
        self.text = label("", ink="label", wrap=True)
        self.text.setMaximumWidth(scaled(460))
        for words in (self.title, self.text):
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
        self.open = QPushButton(tr("Open trace…"))
        self.open.setProperty("primary", True)
        self.open.clicked.connect(self.open_wanted)
        self._files = QVBoxLayout()
        self._files.setSpacing(2)
        column = QVBoxLayout(self)
        column.setSpacing(8)
        column.addStretch(2)
        for widget in (self.title, self.text, self.open):
            column.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        column.addSpacing(8)
        column.addLayout(self._files)
        column.addStretch(3)
        self.setFocusProxy(self.open)

    def show_recent(self, recent: Sequence[Path], why: str) -> None:
        """Say ``why`` there is no trace, and offer files that were opened before."""
        self.text.setText(why)
        while (item := self._files.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        if recent:
            head = label(tr("Opened before"), ink="hint", size=11)
            self._files.addWidget(head, 0, Qt.AlignmentFlag.AlignHCenter)
        for path in recent[:_SHOWN]:
            button = link(path.name)
            button.setToolTip(str(path))
            button.clicked.connect(lambda _=False, path=path: self.file_wanted.emit(path))
            self._files.addWidget(button, 0, Qt.AlignmentFlag.AlignHCenter)


class OpeningPage(QWidget):
    """``cancelled`` asks to open it no more."""

    cancelled = Signal()

    def __init__(self) -> None:
        super().__init__()
        part(self, "stage")
        self.words = Elided(ink="label")
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedWidth(scaled(320))
        self.bar.setAccessibleName(tr("How far the file is opened"))
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setToolTip(tr("Open this file no more (Esc)"))
        self.cancel.clicked.connect(self.cancelled)
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(self.cancel)
        row.addStretch(1)
        self._inside = QWidget()
        inner = QVBoxLayout(self._inside)
        inner.setSpacing(10)
        inner.addWidget(self.words)
        inner.addWidget(self.bar, 0, Qt.AlignmentFlag.AlignHCenter)
        inner.addLayout(row)
        column = QVBoxLayout(self)
        column.addStretch(2)
        column.addWidget(self._inside)
        column.addStretch(3)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._inside.show)
        self.setFocusProxy(self.cancel)

    def show_waiting(self, words: str) -> None:
        """Say what is waited for; nobody knows for how long."""
        self._timer.stop()
        self.words.show_text(words)
        self.bar.setRange(0, 0)
        self._inside.show()

    def show_opening(self, opening: Opening) -> None:
        """Show how far it is."""
        self._inside.hide()
        self._timer.start(_LATER_MS)

        def tell() -> None:
            self.words.show_text(opening.words)
            self.bar.setRange(0, 1000 if opening.fraction < 1 else 0)
            self.bar.setValue(round(opening.fraction * 1000))

        opening.progressed.connect(tell)
        tell()
