"""Pens and colours of the plots, and how one reduced series is painted."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from diptych.gui.plots.arrays import draw_line, fill_boxes
from diptych.gui.plots.reduce import Floats
from diptych.gui.plots.scale import Axis
from diptych.gui.plots.series import Drawn, Kind, Series
from diptych.gui.theme import current

_SMOOTH_UP_TO = 1500
"""Points of a line that is still drawn with antialiasing."""


def colour_with(colour: str, alpha: float) -> QColor:
    """Return ``#RRGGBB`` with an opacity of 0–1."""
    made = QColor(colour)
    made.setAlphaF(alpha)
    return made


def line_pen(colour: QColor | str, *, dashed: bool = False) -> QPen:
    """Return a pen one pixel wide at any zoom."""
    pen = QPen(QColor(colour))
    pen.setWidthF(1.0)
    pen.setCosmetic(True)
    if dashed:
        pen.setDashPattern([3.0, 3.0])
        pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    return pen


def blended(colour: str, ground: str, share: float) -> QColor:
    """Return ``share`` of ``colour`` laid over ``ground``, opaque: that paints faster."""
    over, under = QColor(colour), QColor(ground)
    parts = (
        round(a * share + b * (1 - share))
        for a, b in (
            (over.red(), under.red()),
            (over.green(), under.green()),
            (over.blue(), under.blue()),
        )
    )
    return QColor(*parts)


class Mapping:
    """From place and value to pixels, for arrays."""

    def __init__(self, rect: QRectF, low: float, high: float, axis: Axis) -> None:
        self._left, self._bottom = rect.left(), rect.bottom()
        self._low, self._base = low, axis.low
        self._across = rect.width() / (high - low)
        self._up = rect.height() / (axis.high - axis.low)

    def x(self, places: Floats) -> Floats:
        """Return the pixels of places."""
        return self._left + (places - self._low) * self._across

    def y(self, values: Floats) -> Floats:
        """Return the pixels of values."""
        return self._bottom - (values - self._base) * self._up


def paint_series(painter: QPainter, to: Mapping, series: Series, drawn: Drawn) -> None:
    """Paint line and faint band, or stacked bars."""
    if series.kind is Kind.STACK and drawn.areas is not None:
        _paint_bars(painter, to, series, drawn)
        return
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(line_pen(series.colour, dashed=series.dashed))
    smooth = len(drawn.x) <= _SMOOTH_UP_TO and not series.dashed
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, smooth)
    draw_line(painter, to.x(drawn.x), to.y(drawn.y))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_band(painter: QPainter, to: Mapping, series: Series, drawn: Drawn) -> None:
    """Paint the raw values, faintly, below the lines of all runs."""
    if len(drawn.band_x):
        y = np.empty(2 * len(drawn.band_x))
        y[0::2], y[1::2] = to.y(drawn.low), to.y(drawn.high)
        painter.setPen(line_pen(blended(series.colour, current().bg1, 0.36)))
        draw_line(painter, np.repeat(to.x(drawn.band_x), 2), y)


def _paint_bars(painter: QPainter, to: Mapping, series: Series, drawn: Drawn) -> None:
    rows = np.empty((0, 0)) if drawn.areas is None else to.y(drawn.areas)
    left, right = to.x(drawn.x), to.x(drawn.right)
    painter.setPen(Qt.PenStyle.NoPen)
    for colour, low, high in zip(series.colours, rows[:-1], rows[1:], strict=True):
        painter.setBrush(blended(colour, current().bg1, 0.8))
        fill_boxes(painter, left, high, right, low)
