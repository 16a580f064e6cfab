"""One plot: curves of several runs over the shared time axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QWidget

from diptych.gui.plots import paint
from diptych.gui.plots.items import Curve, colour_with
from diptych.gui.plots.marks import Marks
from diptych.gui.plots.reduce import Floats
from diptych.gui.plots.scale import Axis, axis, robust_range, time_ticks, usual_top
from diptych.gui.plots.series import Drawn, Kind, Series, draw
from diptych.gui.plots.timeview import TimeView
from diptych.gui.theme import current, font

_TOP, _BOTTOM = 6, 7
_CLICK = 3
"""Pixels that the mouse may move in a click."""
_OUTLIER_PIXELS = 10


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of one series under the crosshair; ``parts`` of a stack."""

    series: Series
    value: float
    parts: tuple[float, ...] = ()


class Chart(pg.GraphicsView):  # type: ignore[misc] # pyqtgraph has no types
    """Draws `Series` for the range of ``time``.

    ``zero`` makes the y axis begin at 0. ``named`` writes the names of the
    marks into it, ``tag`` is a run's name and mark in its upper left corner.
    Nothing is reduced or drawn before `refresh`, and only when it can be seen;
    ``pairs`` is what was drawn last. Charts that are ``peers`` share one y axis.
    """

    redrawn = Signal()
    outdated = Signal()
    """What is drawn is not the newest: somebody is to call `redraw`."""

    def __init__(
        self,
        time: TimeView,
        *,
        zero: bool = True,
        named: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, background=None)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setAntialiasing(False)
        # pyqtgraph caches the background, which holds the grid here.
        self.setViewportUpdateMode(pg.GraphicsView.ViewportUpdateMode.FullViewportUpdate)
        self.setCacheMode(pg.GraphicsView.CacheModeFlag.CacheNone)
        self.setCursor(Qt.CursorShape.CrossCursor)
        self._time, self._zero, self._named = time, zero, named
        self._box = pg.ViewBox(enableMenu=False, enableMouse=False, defaultPadding=0.0)
        self._box.disableAutoRange()
        self.scene().addItem(self._box)
        self._curves: list[Curve] = []
        self.series: list[Series] = []
        self.pairs: list[tuple[Series, Drawn]] = []
        self.marks = Marks()
        self._stale = True
        self._version = 0
        self._range = time.range
        self._reduced: tuple[float, float, int, int] | None = None
        self.peers: list[Chart] = [self]
        self.tag: tuple[str, str, str] | None = None
        self.top: float | None = None
        self._axis: Axis = axis(0.0, 1.0, 4)
        self._pressed: tuple[float, tuple[float, float]] | None = None
        self._anchor: float | None = None
        time.range_changed.connect(self._outdate)
        time.cross_changed.connect(self.viewport().update)
        time.brush_changed.connect(self.viewport().update)

    # -- what is drawn ------------------------------------------------------

    def set_series(self, series: Sequence[Series], marks: Marks) -> None:
        """Take what is to be drawn from now on; `redraw` draws it."""
        self.series, self.marks = list(series), marks
        self._version += 1
        self._outdate()

    def _outdate(self) -> None:
        self._stale = True
        self.outdated.emit()

    def prepare(self) -> None:
        """Do the work of a `redraw` that takes time, without drawing."""
        if self._stale and self._in_sight():
            self.reduce()

    def _in_sight(self) -> bool:
        return self.isVisible() and not self.viewport().visibleRegion().isEmpty()

    def redraw(self) -> None:
        """Draw if something was set since, or the range moved."""
        if self._stale:
            self.refresh()

    def refresh(self) -> None:
        """Reduce every series to the pixels there are, and draw."""
        self._stale = not self._in_sight()
        if self._stale:
            return
        low, high = self._range = self._time.range
        self.reduce()
        while len(self._curves) > len(self.pairs):
            self._curves.pop().remove()
        while len(self._curves) < len(self.pairs):
            self._curves.append(Curve(self._box))
        for curve, (series, drawn) in zip(self._curves, self.pairs, strict=True):
            curve.show(series, drawn)
        self._axis = self._find_axis(low, high)
        self._box.setRange(
            xRange=(low, high), yRange=(self._axis.low, self._axis.high), padding=0, update=True
        )
        # Now, not within the painting, and by way of the scene, which reports
        # all that changed at once: otherwise each picture is painted twice.
        self._box.prepareForPaint()
        self.scene().update()
        self.redrawn.emit()

    def reduce(self) -> None:
        """Bring ``pairs`` up to date, once for each range, width and set of series."""
        low, high = self._time.range
        pixels = max(1, int(self._plot().width()))
        state = (low, high, pixels, self._version)
        if state != self._reduced:
            self._reduced = state
            self.pairs = [(series, draw(series, low, high, pixels)) for series in self.series]

    def _find_axis(self, low: float, high: float) -> Axis:
        for chart in self.peers:
            chart.reduce()
        pairs = [pair for chart in self.peers for pair in chart.pairs]
        base, top = robust_range(_decisive(pairs, low, high, band=not self._zero), zero=self._zero)
        if self.top is not None:
            top = self.top
        elif self._zero and not top > base:
            top = base + 1.0
        levels = [value for value, _ in self.marks.limits]
        top = max([top, *levels]) if self.top is None else top
        return axis(base, top, 5 if self.height() > 130 else 3)

    @property
    def y_axis(self) -> Axis:
        """The y axis as it is drawn."""
        return self._axis

    def readings(self, at: float | None) -> list[Reading]:
        """Return every series' value at ``at`` s, or its newest when ``None``."""
        result = []
        for series, drawn in self.pairs:
            where = at if at is not None else _newest(drawn)
            parts = tuple(drawn.parts_at(where))
            result.append(Reading(series, drawn.at(where), parts))
        return result

    def outliers(self) -> list[tuple[float, str]]:
        """Return instant and colour of what stands above the axis, one for some pixels."""
        low, high = self._range
        apart = (high - low) * _OUTLIER_PIXELS / max(1.0, self._plot().width())
        found: list[tuple[float, str]] = []
        for series, drawn in self.pairs:
            last = drawn.right if drawn.areas is not None else drawn.peak_x
            over = (drawn.peak > self._axis.high) & (last >= low) & (drawn.peak_x <= high)
            x = np.maximum(drawn.peak_x[over], low)
            _, first = np.unique((x // apart).astype(np.int64), return_index=True)
            found += [(at, series.colour) for at in x[first].tolist()]
        return found

    # -- painting -----------------------------------------------------------

    def _plot(self) -> QRectF:
        width, height = self.width() - paint.LEFT - paint.RIGHT, self.height() - _TOP - _BOTTOM
        return QRectF(paint.LEFT, _TOP, max(1, width), max(1, height))

    def frame(self) -> paint.Frame:
        """Return how time and value map to pixels in what is drawn."""
        return paint.Frame(self._plot(), *self._range, self._axis)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint; what could not be seen when it was set is reduced right after."""
        super().paintEvent(event)
        if self._stale:
            self.outdated.emit()

    def drawBackground(self, painter: QPainter, rect: QRectF) -> None:
        """Paint what lies under the curves."""
        tokens, frame = current(), self.frame()
        painter.fillRect(rect, QColor(tokens.bg1))
        room = max(2, int(frame.rect.width() // 90))
        paint.grid(painter, frame, time_ticks(frame.low, frame.high, room), tokens)
        paint.shades(painter, frame, self.marks, tokens)

    def drawForeground(self, painter: QPainter, _rect: QRectF) -> None:
        """Paint what lies over the curves."""
        tokens, frame = current(), self.frame()
        paint.captures(painter, frame, self.marks, tokens)
        paint.limits(painter, frame, self.marks, tokens)
        for x, colour in self.outliers():
            paint.outlier(painter, frame.x(x), frame.rect.top(), colour)
        if self._named:
            paint.names(painter, frame, self.marks, tokens)
        if self._time.brush is not None:
            paint.brush(painter, frame, self._time.brush, tokens)
        self._paint_tag(painter, frame)
        self._paint_cross(painter, frame)

    def _paint_tag(self, painter: QPainter, frame: paint.Frame) -> None:
        if self.tag is None:
            return
        text, colour, mark = self.tag
        tokens = current()
        painter.setFont(font(11, 500))
        width = QFontMetricsF(painter.font()).horizontalAdvance(text)
        box = QRectF(frame.rect.left() + 4, frame.rect.top() + 1, width + 28, 18)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour_with(tokens.bg1, 0.86))
        painter.drawRoundedRect(box, 4, 4)
        paint.paint_mark(painter, QPointF(box.left() + 10, box.center().y()), 3.5, colour, mark)
        painter.setPen(QColor(tokens.text1))
        painter.drawText(box.adjusted(20, 0, 0, 0), Qt.AlignmentFlag.AlignVCenter, text)

    def _paint_cross(self, painter: QPainter, frame: paint.Frame) -> None:
        at, tokens = self._time.cross, current()
        if at is None:
            return
        paint.cross(painter, frame, at, tokens)
        for read in self.readings(at):
            series = read.series
            if series.kind is not Kind.STACK:
                paint.reading(
                    painter, frame, at, read.value, series.colour, series.mark, tokens.bg1
                )

    # -- the mouse ----------------------------------------------------------

    def _seconds(self, x: float) -> float:
        """Return the instant at a pixel, in the newest range, drawn or not."""
        low, high = self._time.range
        rect = self._plot()
        return low + (x - rect.left()) / rect.width() * (high - low)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the curves between the margins."""
        super().resizeEvent(event)
        if hasattr(self, "_box"):
            self._box.setGeometry(self._plot())
            self._outdate()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to move the picture, or with Shift to select a stretch."""
        if event.button() is not Qt.MouseButton.LeftButton:
            event.ignore()
            return
        x = event.position().x()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._anchor = self._seconds(x)
        else:
            self._pressed = (x, self._time.range)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the crosshair, the picture, or the end of the selection."""
        x = event.position().x()
        rect = self._plot()
        inside = rect.left() <= x <= rect.right()
        self._time.set_cross(self._seconds(x) if inside else None)
        if self._anchor is not None:
            here = self._seconds(min(max(x, rect.left()), rect.right()))
            self._time.set_brush((self._anchor, here))
        elif self._pressed is not None and abs(x - self._pressed[0]) > _CLICK:
            begin, (low, high) = self._pressed
            moved = (begin - x) / rect.width() * (high - low)
            self._time.set_range(low + moved, high + moved)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End moving or selecting."""
        self._pressed = self._anchor = None
        event.accept()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show everything."""
        self._time.fit()
        event.accept()

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom around the mouse; with Shift, or sideways, move."""
        delta = event.angleDelta()
        low, high = self._time.range
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier or delta.x():
            self._time.pan(-(delta.x() or delta.y()) / 1200 * (high - low))
        elif delta.y():
            self._time.zoom(0.8 ** (delta.y() / 120), self._seconds(event.position().x()))
        event.accept()

    def close(self) -> bool:
        """Hide; pyqtgraph's own way clears the scene under the items that we hold."""
        return QFrame.close(self)

    def leaveEvent(self, _event: object) -> None:
        """Take the crosshair away."""
        self._time.set_cross(None)


def _decisive(
    pairs: list[tuple[Series, Drawn]], low: float, high: float, *, band: bool
) -> list[Floats]:
    """Return the values, of each series by itself, that the y axis is to show."""
    seen = []
    # Beside completed times, dispatched ones only say how far the loop is ahead.
    solid = any(s.kind is Kind.MEDIAN and not s.dashed and _any(d.y) for s, d in pairs)
    for series, drawn in pairs:
        inside = (drawn.peak_x >= low) & (drawn.peak_x <= high)
        values = drawn.peak[inside]
        if series.kind is Kind.STACK:
            inside = (drawn.right >= low) & (drawn.x <= high)
            values = np.array([usual_top(drawn.y[inside], drawn.steps[inside])])
        elif solid and series.kind is Kind.MEDIAN and series.dashed and _any(values):
            values = np.array([np.nanmedian(values)])
        seen.append(values)
        if band and len(drawn.band_x):
            seen.append(drawn.low[inside])
    return seen


def _any(values: Floats) -> bool:
    return bool(np.isfinite(values).any())


def _newest(drawn: Drawn) -> float:
    known = np.flatnonzero(np.isfinite(drawn.y))
    return float(drawn.x[known[-1]]) if len(known) else float("nan")
