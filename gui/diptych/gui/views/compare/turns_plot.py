"""Step times of all sides over time; where it was whose turn is shaded in its colour."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from diptych.gui.models.comparing_pictures import Track, Tracks
from diptych.gui.models.selection import Look
from diptych.gui.plots.arrays import draw_line, draw_lines, fill_boxes
from diptych.gui.plots.items import colour_with, line_pen
from diptych.gui.plots.scale import axis, time_label, time_ticks
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, scaled

_LEFT, _RIGHT, _TOP, _FOOT, _STRIP = 44, 14, 6, 20, 4
_CLICK = 3
Span = tuple[float, float]


class TurnsPlot(QWidget):
    """A drag selects a stretch of the time (`brushed`), a double click, Esc, lets go of it."""

    brushed = Signal(object)
    """(low, high) in s on this axis, or ``None``."""

    def __init__(self) -> None:
        super().__init__()
        self._tracks: Tracks | None = None
        self._looks: Sequence[Look] = ()
        self._span: Span | None = None
        self._pressed: float | None = None
        self.setMinimumHeight(scaled(190))
        self.setCursor(Qt.CursorShape.CrossCursor)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(tr("Step times over time"))
        manager().changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Ask for a wide picture."""
        return QSize(700, scaled(200))

    def show_tracks(self, tracks: Tracks | None, looks: Sequence[Look], span: Span | None) -> None:
        """Show other sides; ``span`` is what is selected."""
        self._tracks, self._looks, self._span = tracks, looks, span
        self.update()

    @property
    def area(self) -> QRectF:
        """Where the steps stand."""
        left, top = scaled(_LEFT), scaled(_TOP)
        width, height = self.width() - left - _RIGHT, self.height() - top - scaled(_FOOT)
        return QRectF(left, top, max(1, width), max(1, height))

    def _time_at(self, x: float) -> float:
        area = self.area
        low, high = self._tracks.span if self._tracks else (0.0, 1.0)
        share = min(1.0, max(0.0, (x - area.left()) / area.width()))
        return low + share * (high - low)

    def _x(self, seconds: np.ndarray) -> np.ndarray:
        area = self.area
        low, high = self._tracks.span if self._tracks else (0.0, 1.0)
        return np.asarray(area.left() + (seconds - low) / (high - low) * area.width())

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter, tracks = QPainter(self), self._tracks
        if tracks is None:
            painter.setPen(QColor(current().text2))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, tr("No side has a known time here.")
            )
            painter.end()
            return
        area = self.area
        up = axis(tracks.base if tracks.base > 0.6 * tracks.top else 0.0, tracks.top, 4)
        self._paint_turns(painter, tracks, area)
        self._paint_grid(painter, area, up.ticks, up.low, up.high, [up.label(t) for t in up.ticks])
        self._paint_time(painter, tracks, area)
        painter.setClipRect(area)
        for track, look in zip(tracks.sides, self._looks, strict=True):
            self._paint_track(painter, track, look, (up.low, up.high))
        painter.setClipping(False)
        self._paint_span(painter, area)
        painter.end()

    def _paint_turns(self, painter: QPainter, tracks: Tracks, area: QRectF) -> None:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setClipRect(area)
        for track, look in zip(tracks.sides, self._looks, strict=True):
            left, right = self._x(track.turns[:, 0]), self._x(track.turns[:, 1])
            right = np.maximum(right, left + 0.5)
            full = np.full(len(left), area.bottom())
            painter.setBrush(colour_with(look.colour, 0.13))
            fill_boxes(painter, left, full * 0 + area.top(), right, full)
            painter.setBrush(QColor(look.colour))
            fill_boxes(painter, left, full - scaled(_STRIP), right, full)
        painter.setClipping(False)

    @staticmethod
    def _paint_grid(
        painter: QPainter,
        area: QRectF,
        ticks: Sequence[float],
        low: float,
        high: float,
        labels: Sequence[str],
    ) -> None:
        tokens = current()
        painter.setFont(font(11))
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for tick, text in zip(ticks, labels, strict=True):
            y = round(area.bottom() - (tick - low) / (high - low) * area.height()) + 0.5
            painter.setPen(line_pen(tokens.line2 if tick == low else tokens.grid))
            painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
            painter.setPen(QColor(tokens.text3))
            painter.drawText(QRectF(0, y - 8, area.left() - 8, 16), side, text)

    def _paint_time(self, painter: QPainter, tracks: Tracks, area: QRectF) -> None:
        painter.setPen(QColor(current().text3))
        metrics = QFontMetricsF(painter.font())
        low, high = tracks.span
        for tick in time_ticks(low, high, max(2, int(area.width() / scaled(90)))):
            text = time_label(tick, high - low)
            x = float(self._x(np.array([tick]))[0]) - metrics.horizontalAdvance(text) / 2
            x = min(x, self.width() - metrics.horizontalAdvance(text))
            painter.drawText(QPointF(x, area.bottom() + metrics.ascent() + 5), text)

    def _paint_track(self, painter: QPainter, track: Track, look: Look, ends: Span) -> None:
        area = self.area
        per = area.height() / (ends[1] - ends[0])
        x = self._x(track.t)
        low, middle, high = (
            np.clip(area.bottom() - (part - ends[0]) * per, area.top() + 1, area.bottom() + 50)
            for part in (track.low, track.middle, track.high)
        )
        folded = track.low is not track.high
        for counted, alpha in ((False, 0.35), (True, 1.0)):
            chosen = track.counted == counted
            colour = colour_with(look.colour, alpha)
            if folded:
                painter.setPen(line_pen(colour_with(look.colour, alpha * 0.35)))
                draw_lines(painter, x[chosen], low[chosen], x[chosen], high[chosen])
                painter.setPen(line_pen(colour))
                draw_line(painter, x[chosen], middle[chosen])
                continue
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour)
            cx, cy = x[chosen], middle[chosen]
            fill_boxes(painter, cx - 1.25, cy - 1.25, cx + 1.25, cy + 1.25)

    def _paint_span(self, painter: QPainter, area: QRectF) -> None:
        if self._span is None:
            return
        left, right = (float(x) for x in self._x(np.array(self._span)))
        tokens = current()
        box = QRectF(left, area.top(), max(1.0, right - left), area.height()) & area
        painter.fillRect(box, colour_with(tokens.accent, 0.10))
        painter.setPen(line_pen(tokens.accent))
        for x in (left, right):
            if area.left() <= x <= area.right():
                painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))

    # -- mouse and keys -------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to select."""
        if event.button() is Qt.MouseButton.LeftButton and self._tracks is not None:
            self._pressed = event.position().x()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Show what would be selected."""
        if self._pressed is not None and abs(event.position().x() - self._pressed) > _CLICK:
            self._span = self._dragged(event.position().x())
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Select it."""
        pressed, x = self._pressed, event.position().x()
        if pressed is not None and abs(x - pressed) > _CLICK:
            self.brushed.emit(self._dragged(x))
        self._pressed = None

    def _dragged(self, x: float) -> Span:
        ends = sorted((self._time_at(self._pressed or 0.0), self._time_at(x)))
        return ends[0], ends[1]

    def mouseDoubleClickEvent(self, _event: QMouseEvent) -> None:
        """Let go of the selection."""
        self.brushed.emit(None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc during a drag ends it."""
        if event.key() == Qt.Key.Key_Escape and self._pressed is not None:
            self._pressed = None
        else:
            super().keyPressEvent(event)
