"""The strip above a stack: the whole of each run, and which part of it is in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from diptych.gui.plots.arrays import draw_line
from diptych.gui.plots.draw import draw
from diptych.gui.plots.items import blended, colour_with, line_pen
from diptych.gui.plots.paint import RIGHT, margin
from diptych.gui.plots.scale import robust_range
from diptych.gui.plots.series import Drawn, Kind, Series
from diptych.gui.plots.timeview import TimeView
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, scaled

_GRIP = 6
_CLICK = 3


class Overview(QWidget):
    """Drag the frame to move it, its ends to make it longer, elsewhere to choose a stretch.

    With Shift a drag selects (brushes). ``expected`` is how long the runs will
    last in s, where that can be told; ``text`` stands in the part to come.
    """

    def __init__(self, time: TimeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._time = time
        self._series: list[Series] = []
        self._drawn: list[Drawn] = []
        self.expected: float | None = None
        self.text = ""
        self.inset = 0
        self._drag: tuple[str, float, tuple[float, float]] | None = None
        self.setFixedHeight(scaled(28) + 12)
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Overview of the whole run"))
        self.setToolTip(tr("Drag to choose what is shown; with Shift, to select"))
        time.range_changed.connect(self.update)
        time.brush_changed.connect(self.update)

    def set_series(self, series: Sequence[Series]) -> None:
        """Show the first curve of each run as a thin line."""
        self._series = [replace(s, kind=Kind.LINE) for s in series]
        self._reduce()

    def _reduce(self) -> None:
        pixels = max(1, int(self._strip().width()))
        self._drawn = [draw(s, 0.0, self._end(), pixels) for s in self._series]
        self.update()

    def _end(self) -> float:
        return max(self._time.extent[1], self.expected or 0.0)

    def _strip(self) -> QRectF:
        return QRectF(margin(), 6, max(1, self.width() - margin() - RIGHT - self.inset), scaled(28))

    def _x(self, seconds: float) -> float:
        strip = self._strip()
        return strip.left() + seconds / self._end() * strip.width()

    def _seconds(self, x: float) -> float:
        strip = self._strip()
        share = (x - strip.left()) / strip.width()
        return min(max(share, 0.0), 1.0) * self._end()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the strip, the curves and the frame."""
        tokens, painter, strip = current(), QPainter(self), self._strip()
        painter.fillRect(self.rect(), QColor(tokens.bg1))
        painter.fillRect(strip, QColor(tokens.bg0))
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.text2))
        label = QRectF(0, strip.top(), margin() - 8, strip.height())
        align = Qt.AlignmentFlag.AlignVCenter
        painter.drawText(label, align | Qt.AlignmentFlag.AlignRight, tr("run"))
        self._paint_curves(painter, strip)
        self._paint_frame(painter, strip)
        begin = self._x(self._time.extent[1]) + 12
        room = strip.right() - begin
        if QFontMetricsF(painter.font()).horizontalAdvance(self.text) < room:
            painter.setPen(QColor(tokens.text2))
            painter.drawText(QRectF(begin, strip.top(), room, strip.height()), align, self.text)

    def _paint_curves(self, painter: QPainter, strip: QRectF) -> None:
        low, high = robust_range([d.y for d in self._drawn], zero=True)
        if not high > low:
            return
        painter.save()
        painter.setClipRect(strip)
        for series, drawn in zip(self._series, self._drawn, strict=True):
            x = strip.left() + drawn.x / self._end() * strip.width()
            y = strip.bottom() - 3 - (drawn.y - low) / (high - low) * (strip.height() - 6)
            painter.setPen(line_pen(blended(series.colour, current().bg0, 0.8)))
            draw_line(painter, x, y)
        painter.restore()

    def _paint_frame(self, painter: QPainter, strip: QRectF) -> None:
        tokens = current()
        if self._time.brush is not None:
            left, right = (self._x(t) for t in self._time.brush)
            box = QRectF(left, strip.top(), right - left, strip.height())
            painter.fillRect(box & strip, colour_with(tokens.accent, 0.3))
        low, high = (self._x(t) for t in self._time.range)
        frame = QRectF(low, strip.top(), high - low, strip.height()) & strip
        # A large rounded shape with a wash is slow to paint, and this is painted often.
        painter.fillRect(frame, colour_with(tokens.accent, 0.06))
        painter.setPen(line_pen(tokens.accent))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(frame.adjusted(0.5, 0.5, -0.5, -0.5))
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.accent))
        for x in (frame.left(), frame.right()):
            painter.drawRoundedRect(QRectF(x - 2, strip.center().y() - 7, 4, 14), 2, 2)

    # -- the mouse ----------------------------------------------------------

    def _part(self, x: float) -> str:
        low, high = (self._x(t) for t in self._time.range)
        if abs(x - low) <= _GRIP:
            return "low"
        if abs(x - high) <= _GRIP:
            return "high"
        whole = high - low >= self._x(self._time.extent[1]) - self._strip().left() - _GRIP
        return "move" if low < x < high and not whole else "new"

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of the frame, of one of its ends, or begin a new one."""
        if event.button() is Qt.MouseButton.LeftButton:
            x = event.position().x()
            brush = event.modifiers() & Qt.KeyboardModifier.ShiftModifier
            self._drag = ("brush" if brush else self._part(x), x, self._time.range)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move what was taken hold of."""
        x = event.position().x()
        if self._drag is None:
            sideways = self._part(x) in ("low", "high")
            shape = Qt.CursorShape.SizeHorCursor if sideways else Qt.CursorShape.ArrowCursor
            self.setCursor(shape)
            return
        part, begin, (low, high) = self._drag
        if abs(x - begin) <= _CLICK:
            return
        here, start = self._seconds(x), self._seconds(begin)
        if part == "brush":
            self._time.set_brush((start, here))
        elif part == "move":
            self._time.set_range(low + here - start, high + here - start)
        else:
            other = {"low": high, "high": low}.get(part, start)
            self._time.set_range(min(other, here), max(other, here))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Let go; without a drag, show the surroundings of that place."""
        if self._drag is not None:
            part, begin, (low, high) = self._drag
            if part == "new" and abs(event.position().x() - begin) <= _CLICK:
                middle = self._seconds(begin)
                half = (high - low) / 2
                self._time.set_range(middle - half, middle + half)
        self._drag = None

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Show everything."""
        self._time.fit()
