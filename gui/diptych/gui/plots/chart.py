"""One plot: curves of several runs over the shared axis.

What does not move with the mouse is painted once, into a pixmap; crosshair,
brush and focus of a mark are painted over it.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFontMetricsF,
    QHelpEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
)
from PySide6.QtWidgets import QToolTip, QWidget

from diptych.gui.plots import paint
from diptych.gui.plots.draw import draw
from diptych.gui.plots.items import Mapping, colour_with, paint_band, paint_series
from diptych.gui.plots.marks import Marks, Stretch
from diptych.gui.plots.outliers import Outlier, decisive, newest, outliers_of
from diptych.gui.plots.reading import Reading
from diptych.gui.plots.scale import Axis, axis, robust_range
from diptych.gui.plots.series import Drawn, Kind, Series
from diptych.gui.plots.surface import Surface
from diptych.gui.plots.timeview import TimeView
from diptych.gui.text.format import percent
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, scaled

_NEAR = 7
"""Pixels around a mark in which a click means it."""


class Chart(Surface):
    """Draws `Series` for the range of ``time``.

    ``zero`` makes the y axis begin at 0. ``named`` writes the names of the
    marks into it, ``tag`` is a run's name and mark in its upper left corner.
    Nothing is reduced or drawn before `refresh`, and only when it can be seen;
    ``pairs`` is what was drawn last. Charts that are ``peers`` share one y axis.
    """

    redrawn = Signal()
    outdated = Signal()
    """What is drawn is not the newest: somebody is to call `redraw`."""
    mark_chosen = Signal(object)
    """The `Stretch` of a mark that was clicked."""
    place_chosen = Signal(float, float)
    """A click beside all marks: the place on the axis, and how much of it ``_NEAR`` pixels are."""
    menu_wanted = Signal(object)
    """The global position of a click with the right button."""

    def __init__(
        self,
        time: TimeView,
        *,
        zero: bool = True,
        named: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(time, parent)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._zero, self._named = zero, named
        self.series: list[Series] = []
        self.pairs: list[tuple[Series, Drawn]] = []
        self.marks = Marks()
        self._stale = True
        self._version = 0
        self._range = time.range
        self._reduced: tuple[float, float, int, int] | None = None
        self._picture: QPixmap | None = None
        self.peers: list[Chart] = [self]
        self.tag: tuple[str, str, str] | None = None
        self.top: float | None = None
        self._axis: Axis = axis(0.0, 1.0, 4)
        time.range_changed.connect(self._outdate)
        time.cross_changed.connect(self.update)
        time.brush_changed.connect(self.update)
        self.clicked.connect(self._click)

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
        # Where only the head of its row can be seen, that shows what is read of the curves.
        row = self.parentWidget() or self
        return self.isVisible() and not row.visibleRegion().isEmpty()

    def redraw(self) -> None:
        """Draw if something was set since, or the range moved."""
        if self._stale:
            self.refresh()

    def refresh(self) -> None:
        """Reduce every series to the pixels there are, and draw."""
        self._stale = not self._in_sight()
        if self._stale:
            return
        self._range = self._time.range
        self.reduce()
        self._axis = self._find_axis(*self._range)
        self._picture = None
        self.update()
        self.redrawn.emit()
        if not all(drawn.whole for _, drawn in self.pairs):
            self._reduced = None
            self._outdate()

    def bring_up_to_date(self) -> None:
        """Work out the newest for a picture elsewhere, seen or not."""
        self._range = self._time.range
        self.reduce()
        self._axis = self._find_axis(*self._range)

    @property
    def brush(self) -> tuple[float, float] | None:
        """The selected stretch."""
        return self._time.brush

    def reduce(self) -> None:
        """Bring ``pairs`` up to date, once for each range, width and set of series."""
        low, high = self._time.range
        pixels = max(1, int(self.plot_rect().width()))
        state = (low, high, pixels, self._version)
        if state != self._reduced:
            self._reduced = state
            self.pairs = [(series, draw(series, low, high, pixels)) for series in self.series]

    def _find_axis(self, low: float, high: float) -> Axis:
        for chart in self.peers:
            chart.reduce()
        pairs = [pair for chart in self.peers for pair in chart.pairs]
        base, top = robust_range(decisive(pairs, low, high, band=not self._zero), zero=self._zero)
        if self.top is not None:
            top = self.top
        elif self._zero and not top > base:
            top = base + 1.0
        levels = [value for value, _ in self.marks.limits]
        top = max([top, *levels]) if self.top is None else top
        return axis(base, top, 5 if self.height() > scaled(130) else 3)

    @property
    def y_axis(self) -> Axis:
        """The y axis as it is drawn."""
        return self._axis

    def readings(self, at: float | None) -> list[Reading]:
        """Return every series' value at ``at``, or the newest that is drawn when ``None``.

        It is the row's own value, not that of the line of medians.
        """
        result = []
        for series, drawn in self.pairs:
            own = series.kind in (Kind.MEDIAN, Kind.LINE)
            where = at
            if where is None:
                where = series.newest(self._range[1]) if own else newest(drawn)
            value = series.value_at(where) if own else drawn.at(where)
            last = (series.span() or (0.0, 0.0))[1]
            lost = series.lost_at(min(last, self._range[1]) if at is None else at)
            value = float("nan") if lost else value
            result.append(Reading(series, value, tuple(drawn.parts_at(where)), lost))
        return result

    def outliers(self) -> list[Outlier]:
        """Return what stands above or below the axis, one for some pixels."""
        return outliers_of(self.pairs, self._axis, self._range, self.plot_rect().width())

    # -- painting -----------------------------------------------------------

    def frame(self) -> paint.Frame:
        """Return how place and value map to pixels in what is drawn."""
        return paint.Frame(self.plot_rect(), *self._range, self._axis)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint; what could not be seen when it was set is reduced right after."""
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._painted())
        frame = self.frame()
        if self._time.brush is not None:
            paint.brush(painter, frame, self._time.brush, current())
        self._paint_cross(painter, frame)
        painter.end()
        if self._stale:
            self.outdated.emit()

    def _painted(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        if self._picture is None or self._picture.devicePixelRatio() != ratio:
            self._picture = QPixmap(self.size() * ratio)
            self._picture.setDevicePixelRatio(ratio)
            painter = QPainter(self._picture)
            self.paint_still(painter)
            painter.end()
        return self._picture

    def paint_still(self, painter: QPainter) -> None:
        """Paint everything but crosshair and brush."""
        tokens, frame = current(), self.frame()
        painter.fillRect(self.rect(), QColor(tokens.bg1))
        room = max(2, int(frame.rect.width() // 90))
        paint.grid(painter, frame, self._time.unit.ticks(frame.low, frame.high, room), tokens)
        paint.shades(painter, frame, self.marks, tokens)
        self._paint_curves(painter, frame)
        paint.captures(painter, frame, self.marks, tokens)
        paint.stalls(painter, frame, self.marks, tokens)
        paint.limits(painter, frame, self.marks, tokens)
        paint.outliers(painter, frame, self.outliers())
        for series in self.series:
            paint.odd(painter, frame, series)
            paint.lost(painter, frame, series, tokens)
        if self._named:
            paint.names(painter, frame, self.marks, tokens)
        self._paint_tag(painter, frame)
        self._paint_progress(painter, frame)

    def _paint_progress(self, painter: QPainter, frame: paint.Frame) -> None:
        """Say how far the work on a long column is of which nothing can be drawn yet."""
        parts = [drawn.part for _, drawn in self.pairs if not drawn.whole and not len(drawn.y)]
        if parts:
            tokens = current()
            painter.setFont(font(11))
            painter.setPen(QColor(tokens.text2))
            words = tr("Drawing… {part}", part=percent(100 * min(parts)))
            painter.drawText(frame.rect, Qt.AlignmentFlag.AlignCenter, words)

    def _paint_curves(self, painter: QPainter, frame: paint.Frame) -> None:
        to = Mapping(frame.rect, frame.low, frame.high, frame.axis)
        painter.save()
        painter.setClipRect(frame.rect.adjusted(0, -1, 1, 1))
        for series, drawn in self.pairs:
            paint_band(painter, to, series, drawn)
        for series, drawn in self.pairs:
            paint_series(painter, to, series, drawn)
        painter.restore()

    def _paint_tag(self, painter: QPainter, frame: paint.Frame) -> None:
        if self.tag is None:
            return
        text, colour, mark = self.tag
        tokens = current()
        painter.setFont(font(11, 500))
        metrics = QFontMetricsF(painter.font())
        text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, frame.rect.width() / 2)
        width = metrics.horizontalAdvance(text)
        box = QRectF(frame.rect.left() + 4, frame.rect.top() + 1, width + 28, scaled(18))
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

    # -- marks under the mouse ------------------------------------------------

    def mark_at(self, x: float) -> Stretch | None:
        """Return the mark at a pixel: a profile window or a stall."""
        frame = self.frame()
        best: tuple[float, Stretch] | None = None
        for stretch in (*self.marks.captures, *self.marks.stalls):
            left, right = frame.x(stretch.low), frame.x(stretch.high)
            far = max(left - x, x - right, 0.0)
            if stretch.key is not None and far <= _NEAR and (best is None or far < best[0]):
                best = (far, stretch)
        return best[1] if best else None

    def _click(self, at: QPointF) -> None:
        if not self.plot_rect().contains(at):
            return
        mark = self.mark_at(at.x())
        if mark is not None:
            self.mark_chosen.emit(mark)
        else:
            near = self.place_of(at.x() + _NEAR) - self.place_of(at.x())
            self.place_chosen.emit(self.place_of(at.x()), near)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Point at what can be clicked."""
        super().mouseMoveEvent(event)
        if event.buttons() is Qt.MouseButton.NoButton:
            over = self.mark_at(event.position().x()) is not None
            shape = Qt.CursorShape.PointingHandCursor if over else Qt.CursorShape.CrossCursor
            if self.cursor().shape() is not shape:
                self.setCursor(shape)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Offer what can be done with the plot."""
        self.menu_wanted.emit(event.globalPos())

    def event(self, event: QEvent) -> bool:
        """Say the value of what stands beyond the axis, and what a mark is."""
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            text = self.tip_at(QPointF(event.pos()))
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().event(event)

    def tip_at(self, at: QPointF) -> str:
        """Return what a tooltip at a pixel says; nothing where there is nothing to say."""
        frame = self.frame()
        near = [f for f in self.outliers() if abs(frame.x(f.place) - at.x()) <= _NEAR]
        if near:
            words = [
                tr(
                    "{name}: {value} at {place}, beyond the axis",
                    name=found.name,
                    value=frame.axis.label(found.value) if found.value else "0",
                    place=self._time.unit.label(found.place, (frame.high - frame.low) / 10),
                )
                for found in near[:4]
            ]
            return "\n".join(words)
        mark = self.mark_at(at.x())
        return mark.tip if mark is not None else ""

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Draw anew for the new width."""
        super().resizeEvent(event)
        self._picture = None
        self._outdate()
