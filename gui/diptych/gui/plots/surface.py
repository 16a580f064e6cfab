"""What all plots do with mouse and wheel: move, zoom, select, point."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from diptych.gui.plots import paint
from diptych.gui.plots.timeview import TimeView
from diptych.gui.theme import scaled

TOP, BOTTOM = 6, 7
"""Pixels above and below a plot, for half a line of its labels; before the type is scaled."""
_CLICK = 3
"""Pixels that the mouse may move in a click."""


class Surface(QWidget):
    """A plot's area over the range of ``time``.

    A drag moves the picture, with Shift it selects; the wheel zooms at the
    mouse, with Shift or sideways it moves; a double click shows everything.
    """

    clicked = Signal(QPointF)
    """A click that was no drag."""

    def __init__(self, time: TimeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._time = time
        self._pressed: tuple[float, tuple[float, float]] | None = None
        self._anchor: float | None = None
        self._moved = False
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setCursor(Qt.CursorShape.CrossCursor)

    def plot_rect(self) -> QRectF:
        """Return the pixels in which curves are drawn."""
        width = self.width() - paint.margin() - paint.RIGHT
        height = self.height() - scaled(TOP) - scaled(BOTTOM)
        return QRectF(paint.margin(), scaled(TOP), max(1, width), max(1, height))

    def place_of(self, x: float) -> float:
        """Return the place on the axis at a pixel, in the newest range, drawn or not."""
        low, high = self._time.range
        rect = self.plot_rect()
        return low + (x - rect.left()) / rect.width() * (high - low)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to move the picture, or with Shift to select a stretch."""
        if event.button() is not Qt.MouseButton.LeftButton:
            event.ignore()
            return
        x = event.position().x()
        self._moved = False
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._anchor = self.place_of(x)
        else:
            self._pressed = (x, self._time.range)
        event.accept()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Move the crosshair, the picture, or the end of the selection."""
        x, rect = event.position().x(), self.plot_rect()
        inside = rect.left() <= x <= rect.right()
        self._time.set_cross(self.place_of(x) if inside else None)
        if self._anchor is not None:
            self._moved = True
            here = self.place_of(min(max(x, rect.left()), rect.right()))
            self._time.set_brush((self._anchor, here))
        elif self._pressed is not None and abs(x - self._pressed[0]) > _CLICK:
            self._moved = True
            begin, (low, high) = self._pressed
            shift = (begin - x) / rect.width() * (high - low)
            self._time.set_range(low + shift, high + shift)
        event.accept()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End moving or selecting; what was neither is a click."""
        clicked = self._pressed is not None and not self._moved
        self._pressed = self._anchor = None
        if clicked and event.button() is Qt.MouseButton.LeftButton:
            self.clicked.emit(event.position())
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
            self._time.zoom(0.8 ** (delta.y() / 120), self.place_of(event.position().x()))
        event.accept()

    def leaveEvent(self, _event: QEvent) -> None:
        """Take the crosshair away."""
        self._time.set_cross(None)
