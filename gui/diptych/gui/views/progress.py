"""How far something long is: a thin line as wide as its place."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt, QTimer
from PySide6.QtGui import QColor, QHideEvent, QPainter, QPaintEvent, QShowEvent
from PySide6.QtWidgets import QWidget

from diptych.gui.theme import current, moves

_TICK_MS = 40
_ROUND = 40
"""Ticks in which the part that moves goes once through the line."""


class ProgressLine(QWidget):
    """Fills up; a part of it moves while nobody knows how far it is; or nothing is drawn."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self.setFixedHeight(4)
        self._going = False
        self.fraction: float | None = None
        """How full it is, 0 to 1; ``None`` while not known."""
        self._tick = 0
        self._timer = QTimer(self)
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._move)

    def show_fraction(self, fraction: float | None) -> None:
        """Show that it goes on, and how far it is if that is known."""
        self._going = True
        self.fraction = None if fraction is None else min(1.0, max(0.0, fraction))
        self._settle()

    def clear(self) -> None:
        """Draw nothing: nothing goes on. The place stays."""
        self._going, self.fraction = False, None
        self._settle()

    def showEvent(self, event: QShowEvent) -> None:
        """Move only where it is seen."""
        super().showEvent(event)
        self._settle()

    def hideEvent(self, event: QHideEvent) -> None:
        """Stand still."""
        super().hideEvent(event)
        self._timer.stop()

    def _settle(self) -> None:
        moving = self._going and self.fraction is None and self.isVisible() and moves()
        if moving and not self._timer.isActive():
            self._timer.start()
        elif not moving:
            self._timer.stop()
        self.update()

    def _move(self) -> None:
        self._tick = (self._tick + 1) % _ROUND
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        if not self._going:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(current().line2))
        painter.drawRoundedRect(QRectF(self.rect()), 2, 2)
        painter.setBrush(QColor(current().accent))
        width = self.width()
        if self.fraction is None:
            place = self._tick / _ROUND if moves() else 0.5
            left = (place * 1.25 - 0.25) * width
            painter.drawRoundedRect(QRectF(left, 0, 0.25 * width, 4), 2, 2)
        elif self.fraction > 0:
            painter.drawRoundedRect(QRectF(0, 0, max(4.0, self.fraction * width), 4), 2, 2)
        painter.end()
