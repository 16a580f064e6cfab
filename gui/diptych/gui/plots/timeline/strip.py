"""What the widgets of a timeline share: the place of the lanes, and time as pixels."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import QWidget

from diptych.gui.plots.timeline.span import Span
from diptych.gui.theme import current, font, scaled


def margin() -> int:
    """Return the pixels left of the lanes, for names; the same in ruler and overview."""
    return scaled(184)


class Strip(QWidget):
    """A widget whose part right of `margin` shows a `Span`."""

    def __init__(self, span: Span, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.span = span

    @property
    def room(self) -> int:
        """Pixels of time."""
        return max(1, self.width() - margin())

    @property
    def per_pixel(self) -> float:
        """Nanoseconds a pixel."""
        return self.span.length / self.room

    def x_at(self, time: float) -> float:
        """Return the pixel of an instant."""
        return margin() + (time - self.span.low) / self.per_pixel

    def time(self, x: float) -> float:
        """Return the instant of a pixel."""
        return self.span.low + (x - margin()) * self.per_pixel


def flag(painter: QPainter, x: float, top: float, text: str, width: int) -> QRectF:
    """Write ``text`` on an accent ground around ``x``, moved to stay right of `margin`."""
    tokens = current()
    painter.setFont(font(11, 600))
    wide = QFontMetricsF(painter.font()).horizontalAdvance(text) + 12
    box = QRectF(min(max(x - wide / 2, margin()), width - wide), top, wide, scaled(20))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.accent_fill))
    painter.drawRoundedRect(box, 4, 4)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    painter.setPen(QColor(tokens.on_accent))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    return box
