"""Plots as one picture that speaks for itself: runs, titles, units, legends, axis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from diptych.gui.plots import paint
from diptych.gui.plots.foot import FOOT, paint_axis
from diptych.gui.plots.legend import paint_entries
from diptych.gui.plots.row import Row, head
from diptych.gui.plots.timeview import TimeView
from diptych.gui.theme import current, font, scaled

SCALE = 2
_MARGIN = 12


@dataclass(frozen=True, slots=True)
class Heading:
    """One run as the picture names it: ``text`` is the rest of its line."""

    name: str
    text: str
    colour: str
    mark: str


def picture_of(rows: Sequence[Row], time: TimeView, runs: Sequence[Heading]) -> QImage:
    """Return ``rows`` one above the other, as they are shown, twice as large."""
    width = max([row.width() for row in rows], default=400)
    heights = [head() + sum(max(1, chart.height()) for chart in row.charts) for row in rows]
    each = scaled(20)
    top = _MARGIN + each * len(runs) + 6
    size = QSize(width, top + sum(heights) + scaled(FOOT) + 2 + _MARGIN)
    image = QImage(size * SCALE, QImage.Format.Format_RGB32)
    image.setDevicePixelRatio(SCALE)
    image.fill(QColor(current().bg1))
    painter = QPainter(image)
    for line, run in enumerate(runs):
        _paint_run(painter, QRectF(0, _MARGIN + line * each, width, each), run)
    y = float(top)
    for row, height in zip(rows, heights, strict=True):
        _paint_row(painter, y, width, row)
        y += height
    painter.translate(0, y)
    inset = width - max([chart.width() for row in rows for chart in row.charts], default=width)
    paint_axis(painter, time, width, inset)
    painter.end()
    return image


def _paint_run(painter: QPainter, line: QRectF, run: Heading) -> None:
    tokens = current()
    painter.setPen(Qt.PenStyle.NoPen)
    paint.paint_mark(painter, QPointF(_MARGIN + 6, line.center().y()), 4, run.colour, run.mark)
    x = _MARGIN + 18.0
    for text, face, colour in (
        (run.name, font(12, 600), tokens.text1),
        (run.text, font(11), tokens.text2),
    ):
        metrics = QFontMetricsF(face)
        room = line.width() - x - _MARGIN
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideMiddle, room)
        painter.setFont(face)
        painter.setPen(QColor(colour))
        painter.drawText(
            QRectF(x, line.top(), room, line.height()), Qt.AlignmentFlag.AlignVCenter, shown
        )
        x += metrics.horizontalAdvance(shown) + 10


def _paint_row(painter: QPainter, y: float, width: float, row: Row) -> None:
    tokens, x = current(), 16.0
    for text, face, colour in (
        (row.title.title, font(12, 600), tokens.text1),
        (row.title.unit, font(11), tokens.text3),
    ):
        painter.setFont(face)
        painter.setPen(QColor(colour))
        painter.drawText(QRectF(x, y, width, head()), Qt.AlignmentFlag.AlignVCenter, text)
        x += QFontMetricsF(face).horizontalAdvance(text) + 8
    legend = QRectF(x, y, width - x - paint.RIGHT, head())
    for chart in row.charts:
        chart.bring_up_to_date()
    paint_entries(painter, legend, row.current_entries())
    y += head()
    for chart in row.charts:
        painter.save()
        painter.translate(0, y)
        painter.setClipRect(chart.rect())
        chart.paint_still(painter)
        if chart.brush is not None:
            paint.brush(painter, chart.frame(), chart.brush, tokens)
        painter.restore()
        y += chart.height()
