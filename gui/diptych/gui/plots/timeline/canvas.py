"""The lanes and curves of one trace as a widget.

The picture of the lanes is made only when the view changed; what moves with
the mouse is painted over it. Mouse and keys are the affair of `hands`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QWidget

from diptych.gui.models.trace_layout import Layout, Placed
from diptych.gui.models.trace_marks import Marks
from diptych.gui.models.trace_scene import Scene
from diptych.gui.models.trace_walk import Link
from diptych.gui.plots.items import line_pen
from diptych.gui.plots.timeline import overlay, ticks
from diptych.gui.plots.timeline.hands import Hands
from diptych.gui.plots.timeline.headers import paint_names, paint_reading
from diptych.gui.plots.timeline.picture import LanePicture, lane_places
from diptych.gui.plots.timeline.span import Span
from diptych.gui.plots.timeline.strip import Strip, margin
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, manager, scale, scaled

_TICK = 92


@dataclass(frozen=True, slots=True)
class Hit:
    """What is under a point: a slice, or a box of several; ``band`` alone elsewhere."""

    band: Placed
    lane: int = -1
    row: int = -1
    """The slice; of a folded box the first."""
    rows: tuple[int, int] = (0, 0)
    """Numbers within the lane of the first and the end slice."""

    @property
    def count(self) -> int:
        """How many slices lie in what is under the point."""
        return self.rows[1] - self.rows[0]


class Canvas(Strip):
    """``picked`` tells of a clicked slice (row), or −1; ``scrolled`` of a new height or place."""

    picked = Signal(int)
    scrolled = Signal()
    menu_wanted = Signal(str, object)
    """Key of a band, and where on screen."""

    def __init__(self, scene: Scene, span: Span, parent: QWidget | None = None) -> None:
        super().__init__(span, parent)
        self.hands = Hands(self)
        self.scene = scene
        self.layout_ = Layout(scene, scale())
        self.marks = Marks()
        self.offset = 0.0
        self.zero = 0.0
        """Instant of the ruler that is written as 0."""
        self.selected = -1
        self.links: Sequence[Link] = ()
        self.current = ""
        """Key of the band to which keys speak."""
        self.hover: Hit | None = None
        self._scroll = 0
        self.picture = LanePicture(scene, current(), self.devicePixelRatioF())
        self._image: QImage | None = None
        self._names: QPixmap | None = None
        self._again = QTimer(self)
        self._again.setSingleShot(True)
        self._again.timeout.connect(self.refresh)
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(tr("Timeline of {file}", file=scene.name))
        self.setMinimumHeight(80)
        span.changed.connect(self.refresh)
        for signal in (span.cross_changed, span.brush_changed):
            signal.connect(self.update)
        manager().changed.connect(self._restyle)

    # -- where things are -----------------------------------------------------

    @property
    def scrolled_by(self) -> int:
        """How many pixels are scrolled out of sight on top."""
        return self._scroll

    @property
    def most_scroll(self) -> int:
        """How far it can be scrolled."""
        return max(0, self.layout_.height - self.height())

    def scroll_to(self, y: int) -> None:
        """Scroll there."""
        y = min(max(0, y), self.most_scroll)
        if y != self._scroll:
            self._scroll = y
            self._names = None
            self.refresh()
            self.scrolled.emit()

    def rearranged(self) -> None:
        """Show the layout as it is now."""
        self._names = None
        self._scroll = min(self._scroll, self.most_scroll)
        self.refresh()
        self.scrolled.emit()

    def placed(self) -> list[Placed]:
        """Return where each band is on screen."""
        return self.layout_.place(self._scroll)

    def x_of(self, time: float) -> float:
        """Return the pixel of an instant of the trace."""
        return self.x_at(time + self.offset)

    def time_of(self, x: float) -> float:
        """Return the instant of the trace at a pixel."""
        return self.time(x) - self.offset

    def box(self, row: int) -> QRectF | None:
        """Return where a slice is on screen; ``None`` while its band is not shown."""
        scene, slices = self.scene, self.scene.table.slices
        lane = scene.lod.lanes.of(scene.table, row)
        track = int(slices.track[row])
        item = next((p for p in self.placed() if p.band.track == track), None)
        if item is None or lane < 0:
            return None
        y, height = lane_places(item)[lane - int(scene.lod.lanes.base[track])]
        left, right = self.x_of(float(slices.start[row])), self.x_of(float(scene.end(row)))
        return QRectF(left, y, max(2.0, right - left), height)

    def band_at(self, y: float) -> Placed | None:
        """Return the band at a height; pinned ones hide the others."""
        found = [item for item in self.placed() if item.y <= y < item.bottom]
        return next((p for p in found if p.band.pinned), found[0] if found else None)

    def hit(self, at: QPointF) -> Hit | None:
        """Return what is under a point."""
        item = self.band_at(at.y())
        if item is None or item.band.track < 0 or at.x() < margin():
            return None if item is None else Hit(item)
        base = int(self.scene.lod.lanes.base[item.band.track])
        for level, (y, height) in reversed(list(enumerate(lane_places(item)))):
            if y <= at.y() < y + height:
                found = self._hit_lane(item, base + level, int(at.x() - margin()))
                if found is not None or not item.band.collapsed:
                    return found or Hit(item)
        return Hit(item)

    def _hit_lane(self, item: Placed, lane: int, x: int) -> Hit | None:
        lod = self.scene.lod
        picture = lod.picture(lane, self.span.low - self.offset, self.per_pixel, self.room)
        members = lod.lanes.members(lane)
        for left, right, first, end in picture.runs.tolist():
            if left <= x < right:
                return Hit(item, lane, int(members[first]), (first, end))
        for left, right, number in picture.marks.tolist():
            if left <= x < right:
                return Hit(item, lane, int(members[number]), (number, number + 1))
        return None

    # -- what is shown ---------------------------------------------------------

    def refresh(self) -> None:
        """Paint everything anew."""
        self._image = None
        self.update()

    def _restyle(self) -> None:
        self.picture.restyle(current())
        self._names = None
        self.refresh()

    def select(self, row: int) -> None:
        """Select a slice, or with −1 none; nobody is told."""
        self.selected = row
        self.links = ()
        if row >= 0:
            band = self.layout_.of_track(int(self.scene.table.slices.track[row]))
            self.set_current(band.key if band else "")
        self.update()

    def set_current(self, key: str) -> None:
        """Let the keys speak to that band."""
        if key != self.current:
            self.current = key
            self._names = None
            self.update()

    def reveal(self, row: int) -> None:
        """Bring a slice into sight, whatever hides it."""
        slices = self.scene.table.slices
        track = int(slices.track[row])
        band = self.layout_.of_track(track)
        if band is None:
            return
        if band.key in self.layout_.hidden:
            self.layout_.hidden -= {band.key}
            self.rearranged()
        start = float(slices.start[row]) + self.offset
        self.span.reveal(start, start + float(slices.duration[row]))
        box = self.box(row)
        if box is None or band.pinned:
            return
        top = self.layout_.pinned_height
        if box.top() < top + 4:
            self.scroll_to(self._scroll + int(box.top()) - top - 24)
        elif box.bottom() > self.height() - 4:
            self.scroll_to(self._scroll + int(box.bottom()) - self.height() + 40)

    # -- painting ----------------------------------------------------------------

    def draw(self) -> QImage:
        """Return the picture of the lanes, made if need be."""
        if self._image is None:
            ratio = self.devicePixelRatioF()
            if ratio != self.picture.ratio:
                self.picture = LanePicture(self.scene, current(), ratio)
            low, high = self.span.low - self.zero, self.span.high - self.zero
            times = ticks.ticks(low, high, max(2, self.room // scaled(_TICK)))
            self._image = self.picture.draw(
                self.placed(),
                (self.room, self.height()),
                self.span.low - self.offset,
                self.per_pixel,
                [self.x_at(at + self.zero) - margin() for at in times],
                self.layout_.pinned_height,
            )
            if self.picture.behind:
                self._again.start(0)
        return self._image

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        tokens, placed = current(), self.placed()
        painter = QPainter(self)
        painter.drawImage(QPointF(margin(), 0), self.draw())
        area = QRectF(margin(), 0, self.room, self.height())
        painter.setClipRect(area)
        painter.setPen(line_pen(tokens.line1))
        for item in placed:
            if item.band.pinned or item.bottom > self.layout_.pinned_height:
                painter.drawLine(margin(), item.bottom - 1, self.width(), item.bottom - 1)
        self._paint_over(painter, area)
        painter.setClipping(False)
        if self._names is None:
            self._names = self._draw_names(placed)
        painter.drawPixmap(0, 0, self._names)
        self._paint_readings(painter, placed)
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QColor(tokens.accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _draw_names(self, placed: list[Placed]) -> QPixmap:
        return paint_names(
            placed,
            self.picture.ranges,
            (self.width(), self.height()),
            self.current,
            current(),
            self.devicePixelRatioF(),
            self.layout_.pinned_height,
        )

    def _paint_over(self, painter: QPainter, area: QRectF) -> None:
        tokens, span = current(), self.span
        if span.brush is not None:
            left, right = (self.x_at(at) for at in span.brush)
            overlay.veil(painter, area, left, right, tokens)
        at = [self.x_of(mark.time) for mark in self.marks.all]
        overlay.lines(painter, area, at, tokens.warning, dashed=True)
        if self.hover is not None and self.hover.count == 1:
            self._frame(painter, self.hover.row, strong=False)
        if self.selected >= 0:
            self._frame(painter, self.selected, strong=True)
        for link in self.links:
            self._arrow(painter, link)
        if span.cross is not None:
            overlay.lines(painter, area, [self.x_at(span.cross)], tokens.text2, dashed=False)

    def _frame(self, painter: QPainter, row: int, *, strong: bool) -> None:
        box = self.box(row)
        if box is not None and box.right() >= margin() and box.left() <= self.width():
            shown = QRectF(box)
            shown.setLeft(max(box.left(), margin() - 4))
            shown.setRight(min(box.right(), self.width() + 4))
            overlay.outline(painter, shown, current(), strong=strong)

    def _arrow(self, painter: QPainter, link: Link) -> None:
        source, target = self.box(link.source), self.box(link.target)
        if source is None or target is None:
            return
        down = target.top() >= source.top()
        begin = QPointF(
            source.left() + min(4.0, source.width() / 2), source.bottom() if down else source.top()
        )
        end = QPointF(
            target.left() + min(2.0, target.width() / 2), target.top() if down else target.bottom()
        )
        far = 40.0 * self.width()
        if max(abs(begin.x()), abs(end.x())) < far:
            overlay.arrow(painter, begin, end, current())

    def _paint_readings(self, painter: QPainter, placed: list[Placed]) -> None:
        at = self.span.cross if self.span.cross is not None else self.span.high
        for item in placed:
            if item.band.curve >= 0 and item.bottom > 0 and item.y < self.height():
                words = self.scene.curves[item.band.curve].words(at - self.offset)
                paint_reading(painter, item, words, current())

    # -- events --------------------------------------------------------------------

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint anew."""
        super().resizeEvent(event)
        self.rearranged()

    def event(self, event: QEvent) -> bool:
        """Claim the keys of the timeline before the window's own shortcuts; tell tooltips."""
        claimed = self.hands.event(event)
        return claimed or super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Obey a key."""
        if not self.hands.key(event):
            super().keyPressEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to drag."""
        self.hands.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, or show what is under the mouse."""
        self.hands.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End a drag, or pick what was clicked."""
        self.hands.release(event)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        """Show what was clicked in full width."""
        self.hands.double_click(event)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """Zoom or scroll."""
        self.hands.wheel(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        """Ask for the menu of a band."""
        item = self.band_at(event.pos().y())
        if item is not None:
            self.menu_wanted.emit(item.band.key, event.globalPos())

    def leaveEvent(self, event: QEvent) -> None:
        """Take the crosshair away."""
        self.hover = None
        self.span.set_cross(None)
        super().leaveEvent(event)
