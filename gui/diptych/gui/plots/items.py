"""The pyqtgraph items that draw one reduced series."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPen

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


class Curve:
    """Everything that is drawn of one series: line and faint band, or stacked bars."""

    def __init__(self, box: pg.ViewBox) -> None:
        self._box = box
        self.line = pg.PlotCurveItem(skipFiniteCheck=False)
        self.band = pg.PlotCurveItem(skipFiniteCheck=False)
        self.bars: list[pg.BarGraphItem] = []
        self._add(self.band, 0)
        self._add(self.line, 2)

    def _add(self, item: pg.GraphicsObject, depth: int) -> None:
        item.setZValue(depth)
        self._box.addItem(item, ignoreBounds=True)

    def remove(self) -> None:
        """Take the items out of the picture."""
        for item in (self.line, self.band, *self.bars):
            self._box.removeItem(item)
        self.bars.clear()

    def show(self, series: Series, drawn: Drawn) -> None:
        """Draw ``drawn``."""
        stack = series.kind is Kind.STACK and drawn.areas is not None
        banded = len(drawn.band_x) > 0
        self.line.setVisible(not stack)
        self.band.setVisible(banded)
        for bar in self.bars:
            bar.setVisible(stack)
        if stack:
            self._show_bars(series, drawn)
            return
        if banded:
            self._show_band(series, drawn)
        self.line.setData(
            drawn.x,
            drawn.y,
            pen=line_pen(series.colour, dashed=series.dashed),
            connect="finite",
            antialias=len(drawn.x) <= _SMOOTH_UP_TO,
        )

    def _show_band(self, series: Series, drawn: Drawn) -> None:
        y = np.empty(2 * len(drawn.band_x))
        y[0::2], y[1::2] = drawn.low, drawn.high
        pen = line_pen(colour_with(series.colour, 0.32))
        self.band.setData(np.repeat(drawn.band_x, 2), y, pen=pen, connect="finite", antialias=False)

    def _show_bars(self, series: Series, drawn: Drawn) -> None:
        while len(self.bars) < len(series.colours):
            self.bars.append(pg.BarGraphItem(x0=[], x1=[], y0=[], y1=[], pen=None))
            self._add(self.bars[-1], 1)
        rows = np.empty((0, 0)) if drawn.areas is None else drawn.areas
        ground = current().bg1
        for bar, colour, low, high in zip(
            self.bars, series.colours, rows[:-1], rows[1:], strict=True
        ):
            brush = blended(colour, ground, 0.8)
            bar.setOpts(x0=drawn.x, x1=drawn.right, y0=low, y1=high, brush=brush)
