"""Numpy arrays straight into Qt's painter: no object is made for a point.

Coordinates are pixels. What is NaN is left out: a line ends before it and
begins anew after it.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import shiboken6
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QRectF
from PySide6.QtGui import QPainter, QPolygonF

from diptych.gui.plots.reduce import Floats

_PIECES = 64
"""Pieces of a line that are drawn one by one; of more, each stroke by itself."""

_LONE = 1.5
"""Pixels that the stroke of a lone point reaches to either side."""

_FAR = 1e6
"""Pixels: beyond this a painter's arithmetic is no longer sound."""


def polygon(x: Floats, y: Floats) -> QPolygonF:
    """Return the points as a polygon."""
    made = QPolygonF()
    made.resize(len(x))
    if len(x):
        # Qt's binding says nothing of the pointer that `data` gives.
        pointer: Any = shiboken6.VoidPtr
        memory = pointer(made.data(), len(x) * 16, True)
        points = np.frombuffer(memory, np.float64).reshape(-1, 2)
        points[:, 0], points[:, 1] = x, y
    return made


def draw_line(painter: QPainter, x: Floats, y: Floats) -> None:
    """Draw a line through the points, with the painter's pen; of a lone one a short stroke."""
    y = np.clip(y, -_FAR, _FAR)
    known = np.isfinite(y) & np.isfinite(x)
    if known.all() and len(x) > 1:
        painter.drawPolyline(polygon(x, y))
        return
    edges = np.flatnonzero(np.diff(np.concatenate(([False], known, [False])).astype(np.int8)))
    first, stop = edges[0::2], edges[1::2]
    lone = first[stop - first == 1]
    draw_lines(painter, x[lone] - _LONE, y[lone], x[lone] + _LONE, y[lone])
    if len(first) > _PIECES:
        joined = known[:-1] & known[1:]
        draw_lines(painter, x[:-1][joined], y[:-1][joined], x[1:][joined], y[1:][joined])
        return
    for a, b in zip(first.tolist(), stop.tolist(), strict=True):
        if b - a > 1:
            painter.drawPolyline(polygon(x[a:b], y[a:b]))


def draw_lines(painter: QPainter, x0: Floats, y0: Floats, x1: Floats, y1: Floats) -> None:
    """Draw a stroke from each (x0, y0) to its (x1, y1)."""
    if len(x0):
        strokes = np.ascontiguousarray(np.stack((x0, y0, x1, y1), axis=1))
        _hand_over(painter.drawLines, strokes, QLineF)


def fill_boxes(painter: QPainter, left: Floats, top: Floats, right: Floats, foot: Floats) -> None:
    """Fill boxes with the painter's brush; those without a height are left out."""
    there = (foot > top) & (right > left)
    if there.any():
        boxes = np.stack((left, top, right - left, foot - top), axis=1)[there]
        _hand_over(painter.drawRects, np.ascontiguousarray(boxes), QRectF)


def _hand_over(draw: Any, rows: NDArray[np.float64], kind: type) -> None:
    """Give ``rows`` to ``draw`` as the C array of ``kind`` that they are in memory."""
    draw(shiboken6.wrapInstance(rows.ctypes.data, kind), len(rows))
