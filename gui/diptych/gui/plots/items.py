"""The pyqtgraph items that draw one reduced series."""

from __future__ import annotations

import numpy as np
import pyqtgraph as pg
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF
from PySide6.QtWidgets import QStyleOptionGraphicsItem, QWidget

from diptych.gui.plots.reduce import Floats
from diptych.gui.plots.series import Drawn, Kind, Series

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


class Areas(pg.GraphicsObject):  # type: ignore[misc] # pyqtgraph has no types
    """Areas one upon the other, filled, without outlines."""

    def __init__(self) -> None:
        super().__init__()
        self._polygons: list[tuple[QColor, QPolygonF]] = []
        self._bounds = QRectF()

    def set_areas(self, x: Floats, rows: Floats, colours: tuple[str, ...]) -> None:
        """Fill between each row of ``rows`` and the next."""
        self.prepareGeometryChange()
        self._polygons = []
        self._bounds = QRectF()
        if len(x) > 1:
            both = np.concatenate((x, x[::-1]))
            for colour, low, high in zip(colours, rows[:-1], rows[1:], strict=True):
                outline = np.concatenate((high, low[::-1]))
                polygon = pg.functions.arrayToQPolygonF(both, outline)
                self._polygons.append((colour_with(colour, 0.8), polygon))
            top = float(rows[-1].max())
            self._bounds = QRectF(float(x[0]), 0.0, float(x[-1] - x[0]), top)
        self.update()

    def boundingRect(self) -> QRectF:
        """Return what the areas cover."""
        return self._bounds

    def paint(
        self, painter: QPainter, _option: QStyleOptionGraphicsItem, _widget: QWidget | None = None
    ) -> None:
        """Fill the areas."""
        painter.setPen(Qt.PenStyle.NoPen)
        for colour, polygon in self._polygons:
            painter.setBrush(colour)
            painter.drawPolygon(polygon)


class Curve:
    """Everything that is drawn of one series: line, faint band, areas."""

    def __init__(self, box: pg.ViewBox) -> None:
        self._box = box
        self.line = pg.PlotCurveItem(skipFiniteCheck=False)
        self.band = pg.PlotCurveItem(skipFiniteCheck=False)
        self.areas = Areas()
        for item, depth in ((self.band, 0), (self.areas, 1), (self.line, 2)):
            item.setZValue(depth)
            box.addItem(item, ignoreBounds=True)

    def remove(self) -> None:
        """Take the items out of the picture."""
        for item in (self.line, self.band, self.areas):
            self._box.removeItem(item)

    def show(self, series: Series, drawn: Drawn) -> None:
        """Draw ``drawn``."""
        stack = series.kind is Kind.STACK
        self.areas.setVisible(stack)
        self.line.setVisible(not stack)
        banded = series.kind is Kind.MEDIAN and not series.dashed
        self.band.setVisible(banded)
        if stack and drawn.areas is not None:
            self.areas.set_areas(drawn.x, drawn.areas, series.colours)
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
