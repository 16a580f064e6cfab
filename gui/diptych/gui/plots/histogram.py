"""A histogram of the durations of one operator, with its percentiles and the call that is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from diptych.gui.models.trace_selection import unit_of
from diptych.gui.plots.histogram_bins import Bins, make_bins
from diptych.gui.plots.items import line_pen
from diptych.gui.plots.scale import Axis, axis
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import current, font, manager

QUANTILES = (50, 95, 99)
_LEFT, _RIGHT, _FOOT, _LINE = 36, 10, 20, 14


@dataclass(frozen=True, slots=True)
class _Mark:
    text: str
    x: float


class Histogram(QWidget):
    """``quantiles`` are those of `QUANTILES`, in ns; empty without durations."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bins: Bins | None = None
        self.quantiles: tuple[float, ...] = ()
        self.present: float | None = None
        """Duration of the call that was gone to, ns."""
        self._colour = "#000000"
        self.setMinimumHeight(150)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Histogram of durations"))
        manager().changed.connect(self.update)

    def show_values(self, values: NDArray[np.int64], colour: str, *, log: bool) -> None:
        """Show durations in ns; without any, nothing."""
        self._colour, self.present = colour, None
        self.bins = make_bins(values, log=log) if len(values) else None
        self.quantiles = ()
        if len(values):
            self.quantiles = tuple(float(v) for v in np.percentile(values, QUANTILES))
        words = zip(QUANTILES, self.quantiles, strict=False)
        self.setAccessibleDescription(
            ", ".join(tr("p{q} {time}", q=q, time=fmt.duration(v)) for q, v in words)
        )
        self.update()

    def show_present(self, value: float | None) -> None:
        """Mark the duration of one call."""
        self.present = value
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for a picture that is wider than high."""
        return QSize(280, 200)

    # -- geometry -------------------------------------------------------------------

    @property
    def area(self) -> QRectF:
        """Where the bars stand."""
        top = _LINE * len(QUANTILES) + 6
        width, height = self.width() - _LEFT - _RIGHT, self.height() - top - _FOOT
        return QRectF(_LEFT, top, max(1, width), max(1, height))

    def bar_at(self, x: float) -> int:
        """Return the number of the bar at a pixel; −1 without one."""
        if self.bins is None:
            return -1
        area = self.area
        for number in range(len(self.bins.counts)):
            left, right = self._ends(self.bins, number, area)
            if left <= x < right:
                return number
        return -1

    @staticmethod
    def _ends(bins: Bins, number: int, area: QRectF) -> tuple[float, float]:
        ends = (bins.place(float(bins.edges[number + more])) for more in (0, 1))
        left, right = (area.left() + place * area.width() for place in ends)
        return left, right

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        bins, area = self.bins, self.area
        painter = QPainter(self)
        if bins is not None:
            up = axis(0.0, float(bins.counts.max()), 4)
            self._paint_grid(painter, area, up)
            self._paint_bars(painter, bins, area, up)
            self._paint_foot(painter, bins, area)
            self._paint_marks(painter, bins, area)
        painter.end()

    @staticmethod
    def _paint_grid(painter: QPainter, area: QRectF, up: Axis) -> None:
        tokens = current()
        painter.setFont(font(11))
        for tick in up.ticks:
            if tick != round(tick):
                continue  # there is no half call
            y = area.bottom() - tick / up.high * area.height()
            painter.setPen(line_pen(tokens.line2 if tick == 0 else tokens.grid))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(tokens.text3))
            side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
            painter.drawText(QRectF(0, y - 8, _LEFT - 8, 16), side, f"{tick:,.0f}")

    def _paint_bars(self, painter: QPainter, bins: Bins, area: QRectF, up: Axis) -> None:
        colour = QColor(self._colour)
        for number, count in enumerate(bins.counts.tolist()):
            if count:
                left, right = self._ends(bins, number, area)
                high = max(1.5, count / up.high * area.height())
                width = max(1.0, right - left - 1)
                painter.fillRect(QRectF(left, area.bottom() - high, width, high), colour)

    @staticmethod
    def _paint_foot(painter: QPainter, bins: Bins, area: QRectF) -> None:
        tokens = current()
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.text3))
        metrics = QFontMetricsF(painter.font())
        _, unit, _ = unit_of(float(bins.edges[-1]))
        before = -1e9
        for tick in bins.ticks:
            text = tick_text(tick, unit, log=bins.log)
            wide = metrics.horizontalAdvance(text)
            x = area.left() + bins.place(tick) * area.width() - wide / 2
            x = min(max(0.0, x), area.right() + _RIGHT - wide)
            if x > before + 8:
                painter.drawText(QPointF(x, area.bottom() + 15), text)
                before = x + wide

    def _paint_marks(self, painter: QPainter, bins: Bins, area: QRectF) -> None:
        tokens = current()
        painter.setFont(font(11, 500))
        metrics = QFontMetricsF(painter.font())
        for at, value in enumerate(self.quantiles):
            x = area.left() + min(max(bins.place(value), 0.0), 1.0) * area.width()
            pen = line_pen(tokens.text1 if not at else tokens.text2, dashed=bool(at))
            painter.setPen(pen)
            y = _LINE * at + 2.0
            painter.drawLine(QPointF(x, y), QPointF(x, area.bottom()))
        for at, (q, value) in enumerate(zip(QUANTILES, self.quantiles, strict=True)):
            x = area.left() + min(max(bins.place(value), 0.0), 1.0) * area.width()
            y = _LINE * at + 2.0
            text = tr("p{q} {time}", q=q, time=fmt.duration(value))
            wide = metrics.horizontalAdvance(text)
            painter.setPen(QColor(tokens.text1 if not at else tokens.text2))
            left = x + 5 if x + 5 + wide <= self.width() - 2 else x - 5 - wide
            # Lines of the other marks go behind it.
            painter.fillRect(QRectF(left - 1, y, wide + 2, _LINE - 1), QColor(tokens.bg1))
            painter.drawText(QPointF(left, y + 10), text)
        if self.present is not None:
            x = area.left() + min(max(bins.place(self.present), 0.0), 1.0) * area.width()
            foot = area.bottom() + 1
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.accent))
            corners = [QPointF(x, foot - 7), QPointF(x - 5, foot + 2), QPointF(x + 5, foot + 2)]
            painter.drawPolygon(QPolygonF(corners))

    def event(self, event: QEvent) -> bool:
        """Tell of the bar under the mouse."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            number = self.bar_at(event.pos().x())
            text = self.bar_words(number) if number >= 0 else ""
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def bar_words(self, number: int) -> str:
        """Return what a bar says."""
        bins = self.bins
        if bins is None:
            return ""
        low, high = (fmt.duration(float(bins.edges[number + more])) for more in (0, 1))
        calls = trn("{n} call", "{n} calls", int(bins.counts[number]))
        return tr("{calls}, {low} to {high}", calls=calls, low=low, high=high)


def tick_text(tick: float, unit: str, *, log: bool) -> str:
    """Return a duration at the foot of the plot; on a linear axis all have one unit."""
    if log or not tick:
        return fmt.duration(tick) if tick else f"0{fmt.NBSP}{unit}"
    size = {"s": 1e9, "ms": 1e6, "µs": 1e3, "ns": 1.0}[unit]
    return f"{tick / size:,.6g}{fmt.NBSP}{unit}"
