"""Mouse and keys on the lanes of a timeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QPointF, Qt
from PySide6.QtGui import QHelpEvent, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QToolTip

from diptych.gui.models import trace_walk as walk
from diptych.gui.plots.timeline.headers import chevron
from diptych.gui.plots.timeline.strip import margin
from diptych.gui.text.timeline import hit_words

if TYPE_CHECKING:
    from diptych.gui.plots.timeline.canvas import Canvas, Hit

_DRAG = 3
"""Pixels that a click may shake."""
_ZOOM = 1.2
_STEP = 0.15
Key = Qt.Key
_SHIFT, _ALT = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.AltModifier
_CONTROL = Qt.KeyboardModifier.ControlModifier


class Hands:
    """What the hands of the user do to one canvas."""

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._from: QPointF | None = None
        self._last = QPointF()
        self._mode = ""
        self._keys = self._plain_keys()

    # -- mouse ------------------------------------------------------------------

    def press(self, event: QMouseEvent) -> None:
        """Begin what a drag will be: select, move a band, or pan."""
        canvas, at = self._canvas, event.position()
        if event.button() not in (Qt.MouseButton.LeftButton, Qt.MouseButton.MiddleButton):
            return
        self._from = self._last = at
        item = canvas.band_at(at.y())
        if at.x() < margin():
            self._mode = "name"
            if item is not None:
                canvas.set_current(item.band.key)
                if at.x() < chevron():
                    self._mode = ""
                    canvas.layout_.collapse(item.band.key)
                    canvas.rearranged()
        elif event.modifiers() & _SHIFT:
            self._mode = "brush"
        else:
            self._mode = "pan"

    def move(self, event: QMouseEvent) -> None:
        """Go on with a drag, or follow the mouse."""
        canvas, at = self._canvas, event.position()
        canvas.span.set_cross(canvas.time(at.x()) if at.x() >= margin() else None)
        if self._from is None:
            self._hover(at)
            return
        if (at - self._from).manhattanLength() <= _DRAG and self._mode != "moved":
            return
        if self._mode == "brush":
            canvas.span.set_brush((canvas.time(self._from.x()), canvas.time(at.x())))
        elif self._mode in ("pan", "moved"):
            self._mode = "moved"
            canvas.span.pan((self._last.x() - at.x()) / canvas.room)
            canvas.scroll_to(canvas.scrolled_by + round(self._last.y() - at.y()))
            canvas.setCursor(Qt.CursorShape.ClosedHandCursor)
        elif self._mode == "name":
            self._drag_band(at)
        self._last = at

    def _drag_band(self, at: QPointF) -> None:
        canvas = self._canvas
        other = canvas.band_at(at.y())
        if other is None or other.band.key == canvas.current:
            return
        after = at.y() > self._last.y()
        # A band as high as a screen would jump back and forth under the mouse.
        past = (
            at.y() > (other.y + other.bottom) / 2
            if after
            else at.y() < (other.y + other.bottom) / 2
        )
        if past and canvas.layout_.move_to(canvas.current, other.band.key, after=after):
            canvas.rearranged()

    def _hover(self, at: QPointF) -> None:
        canvas = self._canvas
        found = canvas.hit(at)
        row = found.row if found else -1
        if (canvas.hover.row if canvas.hover else -1) != row:
            canvas.hover = found if row >= 0 else None
            canvas.setCursor(
                Qt.CursorShape.PointingHandCursor if row >= 0 else Qt.CursorShape.ArrowCursor
            )
        canvas.update()

    def release(self, event: QMouseEvent) -> None:
        """End a drag; without one pick what is under the mouse."""
        canvas, at, mode = self._canvas, event.position(), self._mode
        self._from, self._mode = None, ""
        canvas.unsetCursor()
        if mode == "pan" or (mode == "brush" and not self._dragged(at)):
            found = canvas.hit(at)
            self._pick(found)

    def _dragged(self, at: QPointF) -> bool:
        return (at - self._last).manhattanLength() > _DRAG or self._canvas.span.brush is not None

    def _pick(self, found: Hit | None) -> None:
        canvas = self._canvas
        if found is None or found.row < 0:
            if found is not None:
                canvas.set_current(found.band.band.key)
            canvas.picked.emit(-1)
        elif found.count > 1:
            self._zoom_into(found)
        else:
            canvas.picked.emit(found.row)

    def _zoom_into(self, found: Hit) -> None:
        """Come closer to a folded box, so that what is in it can be picked."""
        canvas = self._canvas
        members = canvas.scene.lod.lanes.members(found.lane)
        first, last = int(members[found.rows[0]]), int(members[found.rows[1] - 1])
        low = float(canvas.scene.table.slices.start[first]) + canvas.offset
        high = float(canvas.scene.end(last)) + canvas.offset
        at = canvas.span.cross
        if at is not None and high - low > canvas.span.length / 8:
            canvas.span.zoom(0.125, at)
        else:
            room = (high - low) * 0.1 + 1
            canvas.span.show(low - room, high + room)

    def double_click(self, event: QMouseEvent) -> None:
        """Show a slice, or a band's lanes, in full."""
        canvas = self._canvas
        found = canvas.hit(event.position())
        if event.position().x() < margin() and event.position().x() >= chevron() and found:
            canvas.layout_.collapse(found.band.band.key)
            canvas.rearranged()
        elif found is not None and found.count == 1:
            self.fit_slice(found.row)

    def wheel(self, event: QWheelEvent) -> None:
        """Zoom at the mouse; with Shift move in time; with Ctrl, or over names, scroll."""
        canvas, turn = self._canvas, event.angleDelta()
        steps, aside = turn.y() / 120, turn.x() / 120
        if event.modifiers() & _SHIFT:
            canvas.span.pan(-(steps or aside) * _STEP)
        elif event.modifiers() & _CONTROL or event.position().x() < margin():
            canvas.scroll_to(canvas.scrolled_by - round(steps * 3 * canvas.layout_.row))
        elif aside and abs(aside) > abs(steps):
            canvas.span.pan(-aside * _STEP)
        else:
            canvas.span.zoom(_ZOOM**-steps, canvas.time(event.position().x()))
        event.accept()

    # -- keys -------------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Claim keys; show what is under the mouse as a tooltip."""
        kind = event.type()
        if kind is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent):
            if self._act(event) is not None:
                event.accept()
                return True
        elif kind is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            self._tell(event)
            return True
        elif kind is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            # Else Tab would leave the lanes while a slice is selected.
            tab = event.key() in (Key.Key_Tab, Key.Key_Backtab)
            return tab and self._canvas.selected >= 0 and self.key(event)
        return False

    def _tell(self, event: QHelpEvent) -> None:
        canvas = self._canvas
        found = canvas.hit(QPointF(event.pos()))
        words = hit_words(canvas.scene, found.band.band, found.lane, found.rows) if found else ""
        QToolTip.showText(event.globalPos(), words, canvas)

    def key(self, event: QKeyEvent) -> bool:
        """Do what a key says; say whether it says anything."""
        act = self._act(event)
        if act is None:
            return False
        act()
        event.accept()
        return True

    def _act(self, event: QKeyEvent) -> Callable[[], object] | None:
        held = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if held == _ALT and event.key() in (Key.Key_Up, Key.Key_Down):
            return lambda: self._move_band(-1 if event.key() == Key.Key_Up else 1)
        if held & (_CONTROL | _ALT):
            if held == _CONTROL and event.key() in (Key.Key_Up, Key.Key_Down):
                return lambda: self._next_band(-1 if event.key() == Key.Key_Up else 1)
            return None
        if event.key() in (Key.Key_Tab, Key.Key_Backtab) and self._canvas.selected < 0:
            return None
        return self._keys.get(Key(event.key()))

    def _plain_keys(self) -> dict[Qt.Key, Callable[[], object]]:
        canvas = self._canvas
        span = canvas.span

        def zoom(factor: float) -> Callable[[], object]:
            return lambda: span.zoom(factor, span.cross)

        def page(way: int) -> Callable[[], object]:
            return lambda: canvas.scroll_to(
                canvas.scrolled_by + way * (canvas.height() - 2 * canvas.layout_.row)
            )

        return {
            Key.Key_W: zoom(1 / 1.4),
            Key.Key_S: zoom(1.4),
            Key.Key_Plus: zoom(1 / 1.4),
            Key.Key_Equal: zoom(1 / 1.4),
            Key.Key_Minus: zoom(1.4),
            Key.Key_A: lambda: span.pan(-_STEP),
            Key.Key_D: lambda: span.pan(_STEP),
            Key.Key_Home: lambda: self._to_end(0),
            Key.Key_End: lambda: self._to_end(1),
            Key.Key_PageUp: page(-1),
            Key.Key_PageDown: page(1),
            Key.Key_F: self.fit,
            Key.Key_Left: lambda: self._walk("before"),
            Key.Key_Right: lambda: self._walk("after"),
            Key.Key_Backtab: lambda: self._walk("before"),
            Key.Key_Tab: lambda: self._walk("after"),
            Key.Key_Up: lambda: self._walk("up"),
            Key.Key_Down: lambda: self._walk("down"),
            Key.Key_C: lambda: self._band("collapse"),
            Key.Key_P: lambda: self._band("pin"),
        }

    def _to_end(self, which: int) -> None:
        span = self._canvas.span
        room, at = span.length * 0.02, span.extent[which]
        low = at - room if which == 0 else at + room - span.length
        span.show(low, low + span.length)

    def fit(self) -> None:
        """Show the selected slice in full, or everything; again shows everything."""
        row = self._canvas.selected
        if row < 0 or not self.fit_slice(row):
            self._canvas.span.fit()

    def fit_slice(self, row: int) -> bool:
        """Show a slice in nearly full width; say whether that changed anything."""
        canvas, slices = self._canvas, self._canvas.scene.table.slices
        start, wide = float(slices.start[row]) + canvas.offset, float(slices.duration[row])
        room = max(wide * 0.15, 20.0)
        before = (canvas.span.low, canvas.span.high)
        canvas.span.show(start - room, start + wide + room)
        canvas.reveal(row)
        return before != (canvas.span.low, canvas.span.high)

    def _walk(self, way: str) -> None:
        canvas, row = self._canvas, self._canvas.selected
        if row < 0:
            found = self._first_slice()
        elif way in ("before", "after"):
            found = walk.beside(canvas.scene, row, -1 if way == "before" else 1)
        else:
            step = walk.parent if way == "up" else walk.child
            found = step(canvas.scene, row)
        if found is not None:
            canvas.picked.emit(found)
            canvas.reveal(found)

    def _first_slice(self) -> int | None:
        """Return a slice of the current band, else of the first, at the left edge of sight."""
        canvas = self._canvas
        items = [p for p in canvas.placed() if p.band.track >= 0]
        items.sort(key=lambda p: p.band.key != canvas.current)
        if not items:
            return None
        lane = int(canvas.scene.lod.lanes.base[items[0].band.track])
        return walk.nearest(canvas.scene, lane, canvas.span.low - canvas.offset)

    def _band(self, what: str) -> None:
        canvas = self._canvas
        if canvas.current:
            if what == "collapse":
                canvas.layout_.collapse(canvas.current)
            else:
                canvas.layout_.pin(canvas.current)
            canvas.rearranged()

    def _move_band(self, by: int) -> None:
        canvas = self._canvas
        if canvas.layout_.move(canvas.current, by):
            canvas.rearranged()
            self._show_band(canvas.current)

    def _next_band(self, by: int) -> None:
        canvas = self._canvas
        keys = [band.key for band in canvas.layout_.shown()]
        if keys:
            at = keys.index(canvas.current) + by if canvas.current in keys else 0
            canvas.set_current(keys[min(max(at, 0), len(keys) - 1)])
            self._show_band(canvas.current)

    def _show_band(self, key: str) -> None:
        canvas = self._canvas
        item = next((p for p in canvas.placed() if p.band.key == key), None)
        if item is None or item.band.pinned:
            return
        top = canvas.layout_.pinned_height
        if item.y < top:
            canvas.scroll_to(canvas.scrolled_by + item.y - top)
        elif item.bottom > canvas.height():
            canvas.scroll_to(canvas.scrolled_by + min(item.bottom - canvas.height(), item.y - top))
