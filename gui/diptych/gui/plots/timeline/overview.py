"""The strip above a timeline: the whole trace, what of it is in sight, and search hits."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QFontMetricsF,
    QImage,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QResizeEvent,
)
from PySide6.QtWidgets import QWidget

from diptych.gui.models.trace_scene import Scene
from diptych.gui.models.trace_tracks import track_order
from diptych.gui.plots.items import colour_with, line_pen
from diptych.gui.plots.timeline import pixels
from diptych.gui.plots.timeline.palette import make_palette, number
from diptych.gui.plots.timeline.span import Span
from diptych.gui.plots.timeline.strip import Strip, margin
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, scaled
from diptych.profiling.trace.lod import UInt8
from diptych.profiling.trace.table import Int64

_HEIGHT = 30
_TOP = 7
_LANES = 80
_GRIP = 5


class Overview(Strip):
    """Drag the frame to move it, its ends to change it, elsewhere to show another stretch."""

    def __init__(self, scene: Scene, span: Span, parent: QWidget | None = None) -> None:
        super().__init__(span, parent)
        self.scene = scene
        self.offset = 0.0
        self.title, self.detail = scene.name, ""
        self.hits: Int64 = np.empty(0, np.int64)
        """Instants of the trace that a search found."""
        self._image: QImage | None = None
        self._drag: tuple[str, float] | None = None
        self.setFixedHeight(scaled(_HEIGHT))
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Overview of {file}", file=scene.name))
        self.setToolTip(tr("Drag to show another stretch"))
        span.changed.connect(self.update)
        span.brush_changed.connect(self.update)
        manager().changed.connect(self.refresh)

    def refresh(self) -> None:
        """Paint everything anew."""
        self._image = None
        self.update()

    def show_hits(self, hits: Int64) -> None:
        """Mark these instants."""
        self.hits = hits
        self.update()

    @property
    def _deep(self) -> int:
        """Height of the picture."""
        return self.height() - 14

    # Here the whole extent is in the room, not what is in sight.

    @property
    def per_pixel(self) -> float:
        """Nanoseconds a pixel."""
        low, high = self.span.extent
        return (high - low) / self.room

    def x_at(self, time: float) -> float:
        """Return the pixel of an instant of the ruler."""
        return margin() + (time - self.span.extent[0]) / self.per_pixel

    def time(self, x: float) -> float:
        """Return the instant of a pixel."""
        return self.span.extent[0] + (x - margin()) * self.per_pixel

    # -- painting -----------------------------------------------------------

    def _draw(self) -> QImage:
        """Return the whole trace as two rows: devices, and the busiest thread of the host."""
        ratio = self.devicePixelRatioF()
        width, height = max(1, round(self.room * ratio)), round(self._deep * ratio)
        picture = np.full((height, width), number(current().bg1), np.uint32)
        palette = make_palette(current()).codes
        ground = np.full(width, number(current().bg1), np.uint32)
        rows = self._rows(width, self.per_pixel / ratio)
        each = height // max(1, len(rows))
        for at, code in enumerate(rows):
            high = max(2, each - 1)
            pixels.paint_lane(picture, at * each, high, code & np.uint8(0x3F), ground, palette)
        made = QImage(picture.data, width, height, width * 4, QImage.Format.Format_RGB32).copy()
        made.setDevicePixelRatio(ratio)
        return made

    def _rows(self, width: int, per_pixel: float) -> list[UInt8]:
        tracks, table = track_order(self.scene.table), self.scene.table
        device = [n for n in tracks if table.tracks[n].device is not None]
        host = [n for n in tracks if table.tracks[n].device is None]
        chosen = [max(part, key=lambda n: table.tracks[n].count) for part in (host, device) if part]
        return [self._track(number, width, per_pixel) for number in chosen]

    def _track(self, track: int, width: int, per_pixel: float) -> UInt8:
        """Return the colours of a track, what lies deeper over what contains it."""
        lod = self.scene.lod
        made = np.zeros(width, np.uint8)
        base = int(lod.lanes.base[track])
        for lane in range(base, base + min(lod.lanes.height(track), _LANES)):
            low = self.span.extent[0] - self.offset
            code = lod.picture(lane, low, per_pixel, width).code & np.uint8(0x3F)
            made = np.where(code > 0, code, made)
        return made

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        tokens = current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(tokens.bg1))
        self._paint_title(painter)
        if self._image is None:
            self._image = self._draw()
        painter.drawImage(QPointF(margin(), _TOP), self._image)
        left, right = self.x_at(self.span.low), self.x_at(self.span.high)
        area = QRectF(margin(), 0, self.room, self.height())
        veil = colour_with(tokens.bg1, 0.45)
        painter.fillRect(QRectF(margin(), _TOP, max(0, left - margin()), self._deep), veil)
        painter.fillRect(QRectF(right, _TOP, max(0, self.width() - right), self._deep), veil)
        self._paint_brush(painter)
        self._paint_hits(painter)
        frame = QRectF(left, 3, max(3.0, right - left), self.height() - 7).intersected(
            area.adjusted(1, 2, -2, -2)
        )
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(QColor(tokens.accent), 1.4))
        painter.drawRoundedRect(frame, 3, 3)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(line_pen(tokens.line1))
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        painter.end()

    def _paint_title(self, painter: QPainter) -> None:
        tokens = current()
        painter.setFont(font(12, 600))
        metrics = QFontMetricsF(painter.font())
        side = Qt.AlignmentFlag.AlignVCenter
        room = margin() - 24.0
        title = metrics.elidedText(self.title, Qt.TextElideMode.ElideMiddle, room)
        painter.setPen(QColor(tokens.text1))
        painter.drawText(QRectF(16, 0, room, self.height()), side, title)
        used = metrics.horizontalAdvance(title) + 8
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.text2))
        if QFontMetricsF(painter.font()).horizontalAdvance(self.detail) < room - used:
            painter.drawText(QRectF(16 + used, 0, room - used, self.height()), side, self.detail)

    def _paint_brush(self, painter: QPainter) -> None:
        if self.span.brush is not None:
            left, right = (self.x_at(at) for at in self.span.brush)
            box = QRectF(left, _TOP, max(1.5, right - left), self._deep)
            painter.fillRect(box, colour_with(current().accent, 0.35))

    def _paint_hits(self, painter: QPainter) -> None:
        if not len(self.hits):
            return
        at = (self.hits + self.offset - self.span.extent[0]) / self.per_pixel
        found = np.unique(at[(at >= 0) & (at <= self.room)].astype(np.int64)).tolist()
        painter.setPen(line_pen(current().warning))
        for x in found:
            painter.drawLine(margin() + x, self.height() - 7, margin() + x, self.height() - 3)

    # -- mouse --------------------------------------------------------------

    def _what(self, x: float) -> str:
        left, right = self.x_at(self.span.low), self.x_at(self.span.high)
        wide = right - left > 4 * _GRIP
        if wide and abs(x - left) <= _GRIP:
            return "low"
        if wide and abs(x - right) <= _GRIP:
            return "high"
        return "move" if left <= x <= right else "else"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take the frame or one of its ends; elsewhere bring the frame there."""
        x = event.position().x()
        if event.button() is not Qt.MouseButton.LeftButton or x < margin():
            return
        what, at = self._what(x), self.time(x)
        if what == "else":
            half = self.span.length / 2
            self.span.show(at - half, at + half)
            what = "move"
        self._drag = (what, at)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what was taken, or show what can be."""
        x = event.position().x()
        if self._drag is None:
            ends = x >= margin() and self._what(x) in ("low", "high")
            self.setCursor(Qt.CursorShape.SizeHorCursor if ends else Qt.CursorShape.ArrowCursor)
            return
        what, before = self._drag
        at = self.time(x)
        if what == "move":
            self.span.show(self.span.low + at - before, self.span.high + at - before)
            self._drag = (what, at)
        elif what == "low" and at < self.span.high - self.per_pixel:
            self.span.show(at, self.span.high)
        elif what == "high" and at > self.span.low + self.per_pixel:
            self.span.show(self.span.low, at)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go."""
        self._drag = None
        super().mouseReleaseEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Paint anew."""
        super().resizeEvent(event)
        self.refresh()
