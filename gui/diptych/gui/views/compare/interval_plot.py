"""The intervals of the verdicts on one axis, beside the line of no difference and the noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QWidget

from diptych.gui.models.selection import Look
from diptych.gui.plots.items import colour_with, line_pen
from diptych.gui.plots.scale import Axis, axis
from diptych.gui.text import compare as words
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, scaled
from diptych.gui.views.widgets import paint_mark
from diptych.profiling.compare.bootstrap import Interval
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.verdict import Finding

_ROW, _FOOT, _TOP, _SIDE = 26, 22, 20, 16


@dataclass(frozen=True, slots=True)
class _Line:
    interval: Interval
    look: Look


class IntervalPlot(QWidget):
    """Two sides: how many times as fast; more: the step time of each against the first."""

    def __init__(self) -> None:
        super().__init__()
        self._lines: list[_Line] = []
        self._floor: float | None = None
        self._axis: Axis | None = None
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        self.setFixedWidth(scaled(360))
        self.setAccessibleName(tr("Intervals of the ratios"))
        manager().changed.connect(self.update)

    def show_comparison(self, comparison: Comparison, looks: Sequence[Look]) -> None:
        """Show the verdicts of another comparison."""
        self._lines, self._floor = _lines(comparison, looks), comparison.noise_floor
        self._axis = _axis_of(self._lines, self._floor)
        self.setAccessibleDescription("; ".join(_told(line.interval) for line in self._lines))
        self.setVisible(bool(self._lines))
        shaded = tr("Shaded: as much as one side, run twice, differs from itself")
        self.setToolTip(shaded if self._floor is not None else "")
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for a row a side."""
        return QSize(scaled(360), scaled(_TOP + _ROW * max(1, len(self._lines)) + _FOOT))

    def minimumSizeHint(self) -> QSize:
        """Ask for all of it."""
        return self.sizeHint()

    def _x(self, value: float) -> float:
        along = self._axis
        if along is None:
            return 0.0
        share = (value - along.low) / (along.high - along.low)
        return scaled(_SIDE) + share * (self.width() - 2 * scaled(_SIDE))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        along = self._axis
        if along is None:
            return
        painter = QPainter(self)
        foot = self.height() - scaled(_FOOT)
        self._paint_ground(painter, along, foot)
        for number, line in enumerate(self._lines):
            self._paint_line(painter, line, scaled(_TOP) + scaled(_ROW) * (number + 0.5))
        painter.end()

    def _paint_ground(self, painter: QPainter, along: Axis, foot: int) -> None:
        tokens, one = current(), self._x(1.0)
        if self._floor is not None:
            low, high = self._x(1 / self._floor), self._x(self._floor)
            low, high = max(low, 0.0), min(high, float(self.width()))
            painter.fillRect(
                QRectF(low, scaled(_TOP) - 2, high - low, foot - scaled(_TOP) + 2),
                colour_with(tokens.text3, 0.16),
            )
        painter.setPen(line_pen(tokens.line2))
        painter.drawLine(QPointF(scaled(_SIDE), foot), QPointF(self.width() - scaled(_SIDE), foot))
        painter.setPen(line_pen(tokens.text3, dashed=True))
        painter.drawLine(QPointF(one, 4), QPointF(one, foot))
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.text3))
        metrics = QFontMetricsF(painter.font())
        text = tr("no difference")
        wide = metrics.horizontalAdvance(text)
        right = one + 6 + wide < self.width()
        painter.drawText(QPointF(one + 6 if right else one - 6 - wide, metrics.ascent() + 2), text)
        for tick in along.ticks:
            label = f"{tick:.{max(along.decimals, 1)}f}×"
            left = self._x(tick) - metrics.horizontalAdvance(label) / 2
            painter.drawText(QPointF(left, foot + metrics.ascent() + 4), label)

    def _paint_line(self, painter: QPainter, line: _Line, y: float) -> None:
        found, colour = line.interval, QColor(line.look.colour)
        at = self._x(found.estimate)
        left = at
        if found.low is not None and found.high is not None:
            left = self._x(found.low)
            pen = QPen(colour, 2.4)
            pen.setCapStyle(Qt.PenCapStyle.RoundCap)
            painter.setPen(pen)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.drawLine(QPointF(left, y), QPointF(self._x(found.high), y))
            painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        paint_mark(painter, QPointF(at, y), square=line.look.square, colour=line.look.colour)
        self._paint_words(painter, line, y, left)

    def _paint_words(self, painter: QPainter, line: _Line, y: float, left: float) -> None:
        painter.setFont(font(12, 600))
        metrics = QFontMetricsF(painter.font())
        text = _told(line.interval)
        wide = metrics.horizontalAdvance(text)
        ends = (line.interval.high, line.interval.estimate)
        right = self._x(next(end for end in ends if end is not None))
        room = left - 10 - wide
        x = right + 10 if room < 2 and right + 10 + wide < self.width() else max(2.0, room)
        box = QRectF(x - 3, y - metrics.height() / 2, wide + 6, metrics.height())
        painter.fillRect(box, QColor(current().bg2))
        painter.setPen(QColor(current().text1))
        painter.drawText(QPointF(x, y + metrics.ascent() / 2 - 1.5), text)


def _told(found: Interval) -> str:
    return words.between(found.low, found.high) or words.times(found.estimate)


def _lines(comparison: Comparison, looks: Sequence[Look]) -> list[_Line]:
    verdicts = list(enumerate(comparison.verdicts))[1:]
    if len(verdicts) != 1:
        return [_Line(v.ratio, looks[at]) for at, v in verdicts if v is not None]
    verdict = verdicts[0][1]
    if verdict is None:
        return []
    if verdict.finding is Finding.A_FASTER:
        return [_Line(verdict.times_as_fast, looks[0])]
    if verdict.finding is Finding.B_FASTER:
        return [_Line(verdict.times_as_fast, looks[1])]
    return [_Line(verdict.ratio, looks[1])]


def _axis_of(lines: Sequence[_Line], floor: float | None) -> Axis | None:
    if not lines:
        return None
    values = [1.0]
    for line in lines:
        found = line.interval
        values += [v for v in (found.low, found.estimate, found.high) if v is not None]
    low, high = min(values), max(values)
    if floor is not None:
        # A machine so restless that its noise hides the intervals would hide the axis too.
        reach = max(high, 1 / low, 1.02) - 1
        low = min(low, max(1 / floor, 1 - 2 * reach))
        high = max(high, min(floor, 1 + 2 * reach))
    room = max(high - low, 0.01) * 0.08
    return axis(low - room, high + room, 4)
