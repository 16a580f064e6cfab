"""The keys that steer the axis that plots share.

Space follow · F all · + W zoom in · − S zoom out · ← A and → D move · Home the
beginning · End the newest · Ctrl+← and Ctrl+→ move the crosshair · Shift+← and
Shift+→ select from the crosshair on · Esc clears the selection.
"""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent

from diptych.gui.plots.timeview import TimeView

_ZOOM = 0.7
_STEP = 0.01
"""Part of the picture that the crosshair moves at once."""

_KEY = Qt.Key
_IN = (_KEY.Key_Plus, _KEY.Key_Equal, _KEY.Key_W)
_OUT = (_KEY.Key_Minus, _KEY.Key_S)
_LEFT, _RIGHT = (_KEY.Key_Left, _KEY.Key_A), (_KEY.Key_Right, _KEY.Key_D)


def steer(time: TimeView, event: QKeyEvent) -> bool:
    """Do what a key says; return whether it says anything."""
    key, held = _KEY(event.key()), event.modifiers()
    arrow = key in (_KEY.Key_Left, _KEY.Key_Right)
    if arrow and held & Qt.KeyboardModifier.ControlModifier:
        move_cross(time, -1 if key is _KEY.Key_Left else 1)
        return True
    if arrow and held & Qt.KeyboardModifier.ShiftModifier:
        extend_brush(time, -1 if key is _KEY.Key_Left else 1)
        return True
    plain = held & ~(Qt.KeyboardModifier.KeypadModifier | Qt.KeyboardModifier.ShiftModifier)
    return plain == Qt.KeyboardModifier.NoModifier and _plain(time, key)


def _plain(time: TimeView, key: Qt.Key) -> bool:
    low, high = time.range
    tenth = (high - low) / 10
    if key is _KEY.Key_Space:
        time.set_follow(not time.following)
    elif key is _KEY.Key_F:
        time.fit()
    elif key in _IN or key in _OUT:
        time.zoom(_ZOOM if key in _IN else 1 / _ZOOM, time.cross)
    elif key in _LEFT or key in _RIGHT:
        time.pan(-tenth if key in _LEFT else tenth)
    elif key is _KEY.Key_Home:
        time.set_range(0.0, high - low)
    elif key is _KEY.Key_End:
        time.go_to_newest()
    elif key is _KEY.Key_Escape and time.brush is not None:
        time.set_brush(None)
    else:
        return False
    return True


def move_cross(time: TimeView, way: int) -> None:
    """Move the crosshair by a little, the picture along with it where it leaves it."""
    low, high = time.range
    step = max((high - low) * _STEP, time.unit.grain)
    at = (low + high) / 2 if time.cross is None else time.cross + way * step
    if time.unit.grain:
        at = float(round(at))
    at = min(max(at, 0.0), time.extent[1])
    if not low <= at <= high:
        time.pan(at - high if at > high else at - low)
    time.set_cross(at)


def extend_brush(time: TimeView, way: int) -> None:
    """Select from the crosshair on, or move the end of the selection at which it stands."""
    brush, cross = time.brush, time.cross
    if brush is None or cross is None or cross not in brush:
        if cross is None:
            move_cross(time, 0)
        anchor = time.cross or 0.0
    else:
        anchor = brush[0] if cross == brush[1] else brush[1]
    move_cross(time, way)
    time.set_brush((anchor, time.cross or 0.0))
