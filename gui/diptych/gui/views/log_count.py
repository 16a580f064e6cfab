"""Counts matches in a long text, a little at a time, so that typing never waits for it."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QTextDocument

_BLOCKS = 1_500
"""Lines that are looked at before the window gets its turn again."""
_AGAIN_MS = 400


class MatchCounter(QObject):
    """``counted`` tells how many were found so far, and whether that is all of them."""

    counted = Signal(int, bool)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._document: QTextDocument | None = None
        self._needle = ""
        self._at = 0
        self._found = 0
        self._step = QTimer(self)
        self._step.setInterval(0)
        self._step.timeout.connect(self._some)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.setInterval(_AGAIN_MS)
        self._later.timeout.connect(self._begin)

    def count(self, document: QTextDocument, needle: str) -> None:
        """Count ``needle`` in ``document``, large and small letters alike."""
        self._document, self._needle = document, needle.lower()
        self._begin()

    def again(self) -> None:
        """Count anew in a moment: the text has changed."""
        if self._needle and not self._later.isActive():
            self._later.start()

    def _begin(self) -> None:
        self._step.stop()
        self._found = 0
        if not self._needle or self._document is None:
            self.counted.emit(0, True)
            return
        self._at = 0
        self._some()

    def _some(self) -> None:
        if self._document is None:
            return
        # By number: the text may have got shorter since the last time.
        block = self._document.findBlockByNumber(self._at)
        for _ in range(_BLOCKS):
            if not block.isValid():
                self._step.stop()
                self.counted.emit(self._found, True)
                return
            self._found += block.text().lower().count(self._needle)
            block = block.next()
        self._at += _BLOCKS
        self.counted.emit(self._found, False)
        self._step.start()
