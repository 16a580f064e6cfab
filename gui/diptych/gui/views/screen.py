"""Windows no larger than the screen, their frames included."""

from __future__ import annotations

from PySide6.QtCore import QSize
from PySide6.QtWidgets import QWidget

FRAME = 40
"""Height in px of a title bar and borders, while nobody knows the real ones."""


def room(widget: QWidget) -> QSize:
    """Return the largest size that the inside of a window can have on its screen."""
    screen = widget.screen()
    whole = screen.availableGeometry().size() if screen is not None else QSize(1280, 800)
    return whole - frame(widget)


def frame(widget: QWidget) -> QSize:
    """Return what the frame adds to the size of a window; a guess until it is on the screen."""
    handle = widget.windowHandle()
    margins = handle.frameMargins() if handle is not None and widget.isVisible() else None
    if margins is None or margins.isNull():
        return QSize(8, FRAME)
    return QSize(margins.left() + margins.right(), margins.top() + margins.bottom())


def fit_screen(widget: QWidget) -> None:
    """Make a window smaller where it is larger than its screen, and let all of it be there."""
    size = widget.size().boundedTo(room(widget))
    if size != widget.size():
        widget.resize(size)
    screen = widget.screen()
    if screen is None or not widget.isVisible():
        return
    whole, outside = screen.availableGeometry(), widget.frameGeometry()
    left = max(whole.left(), min(outside.left(), whole.right() + 1 - outside.width()))
    top = max(whole.top(), min(outside.top(), whole.bottom() + 1 - outside.height()))
    if (left, top) != (outside.left(), outside.top()):
        widget.move(left, top)
