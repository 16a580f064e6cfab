"""How the furniture of a plot is painted: grid, labels, marks, crosshair, brush.

All coordinates are pixels of the chart; `Frame` maps time and value to them.
Text is painted as it is: nothing here is ever read as HTML.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import isfinite

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPolygonF

from diptych.gui.plots.items import colour_with, line_pen
from diptych.gui.plots.marks import Marks, Stretch
from diptych.gui.plots.scale import Axis
from diptych.gui.theme import Tokens, font

LEFT, RIGHT = 48, 24
"""Pixels beside the plots, the same in the whole stack."""


@dataclass(frozen=True, slots=True)
class Frame:
    """The picture: ``rect`` in pixels shows ``low`` to ``high`` s and the axis's range."""

    rect: QRectF
    low: float
    high: float
    axis: Axis

    def x(self, seconds: float) -> float:
        """Return the pixel of an instant."""
        share = (seconds - self.low) / (self.high - self.low)
        return self.rect.left() + share * self.rect.width()

    def y(self, value: float) -> float:
        """Return the pixel of a value."""
        share = (value - self.axis.low) / (self.axis.high - self.axis.low)
        return self.rect.bottom() - share * self.rect.height()

    def between(self, low: float, high: float) -> QRectF:
        """Return the stretch as a rectangle, cut to the picture; invalid when outside."""
        left = max(self.x(low), self.rect.left())
        right = min(self.x(high), self.rect.right())
        return QRectF(left, self.rect.top(), right - left, self.rect.height())

    def holds(self, seconds: float) -> bool:
        """Whether an instant is in sight."""
        return self.low <= seconds <= self.high


def grid(painter: QPainter, frame: Frame, times: list[float], tokens: Tokens) -> None:
    """Paint the faint grid, the labels beside it and the base line."""
    rect = frame.rect
    painter.setPen(line_pen(tokens.grid))
    for time in times:
        x = round(frame.x(time)) + 0.5
        painter.drawLine(QLineF(x, rect.top(), x, rect.bottom()))
    painter.setFont(font(11))
    for value in frame.axis.ticks:
        y = round(frame.y(value)) + 0.5
        base = value == frame.axis.low
        painter.setPen(line_pen(tokens.line2 if base else tokens.grid))
        painter.drawLine(QLineF(rect.left(), y, rect.right(), y))
        painter.setPen(QColor(tokens.text2))
        box = QRectF(0, y - 8, LEFT - 8, 16)
        painter.drawText(
            box,
            Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter,
            frame.axis.label(value),
        )


def shades(painter: QPainter, frame: Frame, marks: Marks, tokens: Tokens) -> None:
    """Shade warm-up, and mark validation lightly."""
    for stretch in marks.warmup:
        _fill(painter, frame, stretch, colour_with(tokens.text3, 0.16 if tokens.dark else 0.13))
    for stretch in marks.evals:
        _fill(painter, frame, stretch, colour_with(tokens.text3, 0.10))
        foot = frame.between(stretch.low, stretch.high)
        if foot.width() > 0:
            foot.setTop(foot.bottom() - 3)
            painter.fillRect(foot, colour_with(tokens.text3, 0.6))


def _fill(painter: QPainter, frame: Frame, stretch: Stretch, colour: QColor) -> None:
    rect = frame.between(stretch.low, stretch.high)
    if rect.width() > 0:
        painter.fillRect(rect, colour)


def captures(painter: QPainter, frame: Frame, marks: Marks, tokens: Tokens) -> None:
    """Draw each profile window as a pair of dashed lines."""
    painter.setPen(line_pen(tokens.text2, dashed=True))
    for stretch in marks.captures:
        for edge in (stretch.low, stretch.high):
            if frame.holds(edge):
                x = round(frame.x(edge)) + 0.5
                painter.drawLine(QLineF(x, frame.rect.top(), x, frame.rect.bottom()))


def names(painter: QPainter, frame: Frame, marks: Marks, tokens: Tokens) -> None:
    """Write what the marks are, where there is room."""
    painter.setFont(font(11))
    metrics = QFontMetricsF(painter.font())
    taken = frame.rect.left()
    if marks.warmup_text and marks.warmup and max(s.high for s in marks.warmup) > frame.low:
        begin = max(frame.x(max(s.high for s in marks.warmup)), frame.rect.left()) + 6
        taken = _name(painter, metrics, frame, begin, taken, marks.warmup_text, tokens)
    for stretch in sorted(marks.captures, key=lambda s: s.high):
        if frame.holds(stretch.high):
            begin = frame.x(stretch.high) + 4
            taken = _name(painter, metrics, frame, begin, taken, stretch.name, tokens)


def _name(
    painter: QPainter,
    metrics: QFontMetricsF,
    frame: Frame,
    begin: float,
    taken: float,
    text: str,
    tokens: Tokens,
) -> float:
    """Write ``text`` unless it would touch the last one or the edge; return where it ends."""
    end = begin + metrics.horizontalAdvance(text)
    if begin < taken or end > frame.rect.right():
        return taken
    box = QRectF(begin - 2, frame.rect.top() + 1, end - begin + 4, 16)
    painter.fillRect(box, colour_with(tokens.bg1, 0.8))
    painter.setPen(QColor(tokens.text2))
    painter.drawText(box.adjusted(2, 0, 2, 0), Qt.AlignmentFlag.AlignVCenter, text)
    return end + 8


def limits(painter: QPainter, frame: Frame, marks: Marks, tokens: Tokens) -> None:
    """Draw levels across the plot, dashed."""
    painter.setPen(line_pen(tokens.text2, dashed=True))
    for value, _name_of_it in marks.limits:
        if frame.axis.low <= value <= frame.axis.high:
            y = round(frame.y(value)) + 0.5
            painter.drawLine(QLineF(frame.rect.left(), y, frame.rect.right(), y))


def brush(painter: QPainter, frame: Frame, span: tuple[float, float], tokens: Tokens) -> None:
    """Tint the selected stretch and draw its edges."""
    rect = frame.between(*span)
    if rect.width() <= 0:
        return
    painter.fillRect(rect, colour_with(tokens.accent, 0.10))
    painter.setPen(line_pen(tokens.accent))
    for edge in span:
        if frame.holds(edge):
            x = round(frame.x(edge)) + 0.5
            painter.drawLine(QLineF(x, rect.top(), x, rect.bottom()))


def cross(painter: QPainter, frame: Frame, at: float, tokens: Tokens) -> None:
    """Draw the crosshair's line."""
    if frame.holds(at):
        x = round(frame.x(at)) + 0.5
        painter.setPen(line_pen(tokens.text2))
        painter.drawLine(QLineF(x, frame.rect.top(), x, frame.rect.bottom()))


def reading(
    painter: QPainter, frame: Frame, at: float, value: float, colour: str, mark: str, edge: str
) -> None:
    """Put the run's mark where the crosshair meets its curve."""
    if isfinite(value) and frame.holds(at) and value <= frame.axis.high:
        painter.setPen(line_pen(edge))
        paint_mark(painter, QPointF(frame.x(at), frame.y(value)), 3.0, colour, mark)


def paint_mark(painter: QPainter, at: QPointF, radius: float, colour: str, mark: str) -> None:
    """Paint ● (``dot``), ■ (``square``) or a rounded swatch, with the painter's pen."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(QColor(colour))
    box = QRectF(at.x() - radius, at.y() - radius, 2 * radius, 2 * radius)
    if mark == "dot":
        painter.drawEllipse(box)
    else:
        painter.drawRoundedRect(box, 1.5, 1.5)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def outlier(painter: QPainter, x: float, top: float, colour: str) -> None:
    """Paint the small triangle that says: there is more above."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(colour))
    points = [QPointF(x - 4, top + 6), QPointF(x + 4, top + 6), QPointF(x, top)]
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.drawPolygon(QPolygonF(points))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
