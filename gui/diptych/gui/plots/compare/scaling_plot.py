"""A quantity against a knob that was swept: a line a way of running, intervals at its points."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite, log

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from diptych.gui.models.selection import Look
from diptych.gui.plots.compare.look import paint_side
from diptych.gui.plots.items import line_pen
from diptych.gui.plots.scale import Axis, axis
from diptych.gui.text.plain import tooltip
from diptych.gui.theme import current, font, manager, scaled

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_NEAR = 14
"""Pixels around a point at which its tooltip is shown."""


@dataclass(frozen=True, slots=True)
class Dot:
    """A point with its interval, in the unit of the plot; ``text`` is its tooltip."""

    x: float
    y: float
    low: float | None
    high: float | None
    text: str


@dataclass(frozen=True, slots=True)
class Curve:
    """One line."""

    label: str
    look: Look
    dots: tuple[Dot, ...]


class ScalingPlot(QWidget):
    """``title`` with the unit stands upper left; the axis of the knob may be logarithmic."""

    def __init__(self, title: str, foot: Callable[[float], str]) -> None:
        super().__init__()
        self.title = title
        self.curves: tuple[Curve, ...] = ()
        self.values: tuple[float, ...] = ()
        self.log = False
        self.knob = ""
        self._foot = foot
        self.setMinimumHeight(scaled(190))
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(title)
        manager().changed.connect(self.update)

    def show_curves(
        self, curves: tuple[Curve, ...], values: tuple[float, ...], knob: str, *, log: bool
    ) -> None:
        """Draw these; ``values`` are those of the knob."""
        self.curves, self.values, self.knob, self.log = curves, values, knob, log
        self.setAccessibleDescription(
            "; ".join(
                f"{curve.label}: {', '.join(dot.text for dot in curve.dots)}" for curve in curves
            )
        )
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for a picture that is wider than high."""
        return QSize(scaled(360), scaled(220))

    # -- geometry -------------------------------------------------------------------

    @property
    def area(self) -> QRectF:
        """Where the lines are drawn."""
        left, top, foot = scaled(52), scaled(26), scaled(38)
        return QRectF(left, top, max(1, self.width() - left - 16), self.height() - top - foot)

    def up(self) -> Axis:
        """Return the axis of the values, from 0."""
        tops = [dot.high or dot.y for curve in self.curves for dot in curve.dots]
        return axis(0.0, max((top for top in tops if isfinite(top)), default=1.0), 4)

    def across(self, value: float) -> float:
        """Return the pixel of a value of the knob."""
        low, high, area = self.values[0], self.values[-1], self.area
        if high == low:
            return area.center().x()
        share = (value - low) / (high - low)
        if self.log:
            share = log(value / low) / log(high / low)
        inset = scaled(14)
        return area.left() + inset + share * (area.width() - 2 * inset)

    def upward(self, value: float) -> float:
        """Return the pixel of a quantity."""
        area, up = self.area, self.up()
        return area.bottom() - (value - up.low) / (up.high - up.low) * area.height()

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        if not self.values:
            return
        painter = QPainter(self)
        self._paint_frame(painter)
        for curve in self.curves:
            self._paint_curve(painter, curve)
        painter.end()

    def _paint_frame(self, painter: QPainter) -> None:
        tokens, area, up = current(), self.area, self.up()
        painter.setFont(font(11, 500))
        painter.setPen(QColor(tokens.text1))
        painter.drawText(QRectF(0, 0, self.width(), scaled(18)), _LEFT, self.title)
        painter.setFont(font(11))
        for tick in up.ticks:
            y = round(self.upward(tick)) + 0.5
            painter.setPen(line_pen(tokens.line2 if tick == up.low else tokens.grid))
            painter.drawLine(QLineF(area.left(), y, area.right(), y))
            painter.setPen(QColor(tokens.text2))
            box = QRectF(0, y - 8, area.left() - 8, 16)
            painter.drawText(box, _RIGHT, up.label(tick))
        metrics = QFontMetricsF(painter.font())
        before = -1e9
        for value in self.values:
            x, text = self.across(value), self._foot(value)
            wide = metrics.horizontalAdvance(text)
            painter.setPen(line_pen(tokens.grid))
            painter.drawLine(QLineF(round(x) + 0.5, area.top(), round(x) + 0.5, area.bottom()))
            if x - wide / 2 > before + 6:
                painter.setPen(QColor(tokens.text2))
                box = QRectF(x - wide, area.bottom() + 4, 2 * wide, scaled(14))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
                before = x + wide / 2
        painter.setPen(QColor(tokens.text3))
        foot = QRectF(area.left(), area.bottom() + scaled(19), area.width(), scaled(16))
        painter.drawText(foot, Qt.AlignmentFlag.AlignCenter, self.knob)

    def _paint_curve(self, painter: QPainter, curve: Curve) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        pen = QPen(QColor(curve.look.colour), 1.3)
        painter.setPen(pen)
        points = [QPointF(self.across(dot.x), self.upward(dot.y)) for dot in curve.dots]
        if len(points) > 1:
            painter.drawPolyline(points)
        half = scaled(4)
        for dot, point in zip(curve.dots, points, strict=True):
            if dot.low is not None and dot.high is not None:
                top, bottom = self.upward(dot.high), self.upward(dot.low)
                painter.setPen(pen)
                painter.drawLine(QLineF(point.x(), top, point.x(), bottom))
                for y in (top, bottom):
                    painter.drawLine(QLineF(point.x() - half, y, point.x() + half, y))
            paint_side(painter, point, curve.look)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)

    def dot_at(self, point: QPointF) -> Dot | None:
        """Return the point near a pixel."""
        near: list[tuple[float, Dot]] = []
        for curve in self.curves:
            for dot in curve.dots:
                away = QLineF(point, QPointF(self.across(dot.x), self.upward(dot.y))).length()
                near.append((away, dot))
        found = min(near, key=lambda one: one[0], default=None)
        return found[1] if found is not None and found[0] <= _NEAR else None

    def event(self, event: QEvent) -> bool:
        """Tell of the point under the mouse."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            dot = self.dot_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), tooltip(dot.text) if dot else "", self)
            return True
        return super().event(event)
