"""How the furniture of a plot is painted: grid, labels, marks, crosshair, brush.

All coordinates are pixels of the chart; `Frame` maps time and value to them.
Text is painted as it is: nothing here is ever read as HTML.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import isfinite

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter

from diptych.gui.plots.items import colour_with, line_pen
from diptych.gui.plots.marks import Marks, Stretch
from diptych.gui.plots.outliers import Outlier
from diptych.gui.plots.scale import Axis
from diptych.gui.plots.series import Series
from diptych.gui.theme import Tokens, font, scaled

RIGHT = 24
"""Pixels right of the plots."""


def margin() -> int:
    """Return the pixels left of the plots, for values; the same in the whole stack."""
    return scaled(48)


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
    line = scaled(16)
    for value in frame.axis.ticks:
        y = round(frame.y(value)) + 0.5
        base = value == frame.axis.low
        painter.setPen(line_pen(tokens.line2 if base else tokens.grid))
        painter.drawLine(QLineF(rect.left(), y, rect.right(), y))
        painter.setPen(QColor(tokens.text2))
        box = QRectF(0, y - line / 2, margin() - 8, line)
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


_TALL = 80
_NAME = 16
"""Pixels from one line of names to the next."""


def names(painter: QPainter, frame: Frame, marks: Marks, tokens: Tokens) -> None:
    """Write what the marks are, where there is room: never over another name."""
    painter.setFont(font(11))
    metrics = QFontMetricsF(painter.font())
    taken: list[QRectF] = []
    said = (
        *_warmup_name(frame, marks, metrics),
        *_capture_names(frame, marks),
        *_stall_names(frame, marks),
    )
    for text, begins in said:
        width = metrics.horizontalAdvance(text)
        box = _room(frame, [QRectF(x, 0, width, scaled(_NAME)) for x in begins], taken)
        if box is not None:
            taken.append(box)
            painter.fillRect(box.adjusted(-2, 0, 2, 0), colour_with(tokens.bg1, 0.8))
            painter.setPen(QColor(tokens.text2))
            painter.drawText(box, Qt.AlignmentFlag.AlignVCenter | Qt.TextFlag.TextDontClip, text)


def _warmup_name(
    frame: Frame, marks: Marks, metrics: QFontMetricsF
) -> list[tuple[str, list[float]]]:
    """Return the name of the warm-up and where it may begin: in its band if there is room."""
    if not marks.warmup_text or not marks.warmup:
        return []
    band = frame.between(min(s.low for s in marks.warmup), max(s.high for s in marks.warmup))
    if band.width() <= 0:
        return []
    width = metrics.horizontalAdvance(marks.warmup_text)
    inside = [band.left() + 4, band.right() - width - 4] if band.width() > width + 8 else []
    lines = [frame.x(edge) for s in marks.captures for edge in (s.low, s.high)]
    free = [x for x in inside if not any(x - 2 <= line <= x + width + 2 for line in lines)]
    return [(marks.warmup_text, [*free, band.right() + 6, *inside])]


def _capture_names(frame: Frame, marks: Marks) -> list[tuple[str, list[float]]]:
    ordered = sorted(marks.captures, key=lambda s: s.high)
    return [(s.name, [frame.x(s.high) + 4]) for s in ordered if frame.holds(s.high)]


def _stall_names(frame: Frame, marks: Marks) -> list[tuple[str, list[float]]]:
    """Return what to write beside stalls, the longest first."""
    seen = [s for s in marks.stalls if s.high >= frame.low and s.low <= frame.high]
    longest = sorted(seen, key=lambda s: s.low - s.high)[:12]
    return [
        (s.name, [max(frame.x(s.low), frame.rect.left()) + 4, frame.x(s.high) + 4]) for s in longest
    ]


def _room(frame: Frame, places: list[QRectF], taken: list[QRectF]) -> QRectF | None:
    """Return the first place that is in sight and free, in the first line or the next ones."""
    for line in range(3 if frame.rect.height() > scaled(_TALL) else 2):
        for place in places:
            box = place.translated(0, frame.rect.top() + 1 + line * scaled(_NAME))
            wide = box.adjusted(-4, 0, 4, 0)
            if frame.rect.contains(box) and not any(wide.intersects(other) for other in taken):
                return box
    return None


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


def outliers(painter: QPainter, frame: Frame, found: Sequence[Outlier]) -> None:
    """Paint the small triangles that say: there is more beyond."""
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    top, bottom = frame.rect.top(), frame.rect.bottom()
    for colour in dict.fromkeys(one.colour for one in found):
        painter.setBrush(QColor(colour))
        for one in found:
            if one.colour == colour:
                x = frame.x(one.place)
                edge, inner = (top, top + 6) if one.above else (bottom, bottom - 6)
                painter.drawPolygon(
                    [QPointF(x - 4, inner), QPointF(x + 4, inner), QPointF(x, edge)]
                )
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def odd(painter: QPainter, frame: Frame, series: Series) -> None:
    """Mark where a value was no finite number: a cross at the top, in the run's colour."""
    if not series.odd:
        return
    painter.setPen(line_pen(series.colour))
    taken = -9.0
    for t, _what in series.odd:
        x, y = frame.x((t - series.origin) / series.per), frame.rect.top() + 5
        if frame.rect.left() <= x <= frame.rect.right() and x - taken >= 8:
            painter.drawLine(QLineF(x - 3, y - 3, x + 3, y + 3))
            painter.drawLine(QLineF(x - 3, y + 3, x + 3, y - 3))
            taken = x


def lost(painter: QPainter, frame: Frame, series: Series, tokens: Tokens) -> None:
    """Tint the stretch from which on every value is no number, and say so in it."""
    if series.lost is None or not len(series.t):
        return
    t, words = series.lost
    span = series.span() or (0.0, 0.0)
    begin = (t - series.origin) / series.per
    rect = frame.between(begin, max(begin, span[1]))
    if begin > frame.high or rect.right() < frame.rect.left():
        return
    rect.setWidth(max(rect.width(), 1.0))
    painter.fillRect(rect, colour_with(tokens.warning, 0.07))
    painter.fillRect(QRectF(rect.left(), rect.top(), 1.0, rect.height()), QColor(series.colour))
    painter.setFont(font(11))
    metrics = QFontMetricsF(painter.font())
    width = metrics.horizontalAdvance(words)
    # Beside its beginning, on the side that has the room.
    x = max(rect.left(), frame.rect.left()) + 6
    if x + width > frame.rect.right():
        x = max(frame.rect.left() + 4, min(rect.left() - 6, frame.rect.right() - 4) - width)
    painter.setPen(QColor(tokens.warning))
    painter.drawText(QPointF(x, frame.rect.top() + metrics.ascent() + 8), words)


def stalls(painter: QPainter, frame: Frame, marks: Marks, tokens: Tokens) -> None:
    """Tint the stretches in which no step ended."""
    for stretch in marks.stalls:
        rect = frame.between(stretch.low, stretch.high)
        if rect.width() >= 0 and stretch.high >= frame.low and stretch.low <= frame.high:
            rect.setWidth(max(rect.width(), 1.0))
            painter.fillRect(rect, colour_with(tokens.warning, 0.07))
            rect.setTop(rect.bottom() - 2)
            painter.fillRect(rect, colour_with(stretch.colour, 0.9))
