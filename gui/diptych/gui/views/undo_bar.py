"""What was just moved to the trash, and the way back; goes away by itself."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QTimer, Signal
from PySide6.QtGui import QEnterEvent, QHideEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QSizePolicy

from diptych.gui.text.plain import tooltip
from diptych.gui.text.tr import tr
from diptych.gui.views.widgets import icon_button, label, link, part

_STAYS_MS = 20_000


class UndoBar(QFrame):
    """Hidden while there is nothing to undo. While the mouse or the focus is on it, it stays."""

    undo_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        part(self, "undobar")
        self.words = label(size=11, wrap=True)
        # A name may be one long word: it is cut, the bar stays as wide as the list.
        self.words.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.undo = link(tr("Undo"))
        self.undo.setToolTip(tr("Put it back (Ctrl+Z)"))
        self.undo.clicked.connect(self.undo_wanted)
        close = icon_button("cross", tr("Dismiss"))
        close.clicked.connect(self.hide)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 4, 6, 4)
        row.setSpacing(8)
        row.addWidget(self.words, 1)
        row.addWidget(self.undo)
        row.addWidget(close)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_STAYS_MS)
        self._timer.timeout.connect(self._go)
        self.hide()

    def say(self, text: str) -> None:
        """Show ``text``, whole to who cannot see it."""
        self.words.setText(text)
        self.words.setToolTip(tooltip(text))
        self.setAccessibleName(text)
        self.undo.setAccessibleDescription(text)
        self.show()
        self._timer.start()

    def _go(self) -> None:
        if self.underMouse() or self.isAncestorOf(self.focusWidget() or self):
            self._timer.start()
        else:
            self.hide()

    def enterEvent(self, event: QEnterEvent) -> None:
        """Stay."""
        super().enterEvent(event)
        self._timer.stop()

    def leaveEvent(self, event: QEvent) -> None:
        """Count again."""
        super().leaveEvent(event)
        if self.isVisible():
            self._timer.start()

    def hideEvent(self, event: QHideEvent) -> None:
        """Count no more."""
        super().hideEvent(event)
        self._timer.stop()
