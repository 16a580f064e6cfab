"""How the times of all sides are spread, one over the other: how many are at or below, or bars."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor, log10

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from diptych.gui.models.comparing_pictures import Spread, Spreads
from diptych.gui.models.selection import Look
from diptych.gui.plots.arrays import draw_line, fill_boxes
from diptych.gui.plots.items import colour_with, line_pen
from diptych.gui.plots.scale import axis
from diptych.gui.text import format as fmt
from diptych.gui.text.plain import one_line
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, scaled
from diptych.gui.views.widgets import paint_mark

ECDF, HISTOGRAM = "ecdf", "histogram"
_LEFT, _RIGHT, _FOOT, _LINE = 40, 14, 20, 16
_SPAN = 15.0
"""From this factor on a logarithmic axis has enough room for 1, 2 and 5."""


class Distributions(QWidget):
    """``show_as`` turns it between `ECDF` and `HISTOGRAM`; the mouse reads it."""

    def __init__(self) -> None:
        super().__init__()
        self._spreads: Spreads | None = None
        self._looks: Sequence[Look] = ()
        self._labels: Sequence[str] = ()
        self._kind = ECDF
        self._cursor: float | None = None
        self._drawn: tuple[QSize, QPixmap] | None = None
        """The curves: the mouse moves over them and does not draw them again."""
        self.setMinimumHeight(scaled(236))
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAccessibleName(tr("Distribution of the step times"))
        manager().changed.connect(self._renew)

    def _renew(self) -> None:
        self._drawn = None
        self.update()

    def sizeHint(self) -> QSize:
        """Ask for a picture that is wider than high."""
        return QSize(420, scaled(260))

    def show_spreads(
        self, spreads: Spreads | None, labels: Sequence[str], looks: Sequence[Look]
    ) -> None:
        """Show other sides."""
        self._spreads, self._looks = spreads, looks
        self._labels = [one_line(label, 32) for label in labels]
        told = (_told(label, side) for label, side in zip(labels, self._sides(), strict=True))
        self.setAccessibleDescription("; ".join(told))
        self._renew()

    def show_as(self, kind: str) -> None:
        """Show curves, or bars."""
        self._kind = kind
        self._renew()

    @property
    def kind(self) -> str:
        """What it is shown as."""
        return self._kind

    def _sides(self) -> Sequence[Spread | None]:
        spreads = self._spreads
        return spreads.sides if spreads is not None else [None] * len(self._labels)

    @property
    def area(self) -> QRectF:
        """Where the curves stand: below a line of words a side."""
        top = scaled(_LINE) * (len(self._labels) + 1) + 10
        width = self.width() - scaled(_LEFT) - _RIGHT
        return QRectF(
            scaled(_LEFT), top, max(1, width), max(1, self.height() - top - scaled(_FOOT))
        )

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        spreads, area = self._spreads, self.area
        if spreads is None:
            painter.setPen(QColor(current().text2))
            painter.drawText(
                self.rect(), Qt.AlignmentFlag.AlignCenter, tr("No side has a known time here.")
            )
        else:
            painter.drawPixmap(0, 0, self._picture(spreads, area))
            self._paint_words(painter, spreads, area)
        painter.end()

    def _picture(self, spreads: Spreads, area: QRectF) -> QPixmap:
        if self._drawn is None or self._drawn[0] != self.size():
            ratio = self.devicePixelRatioF()
            picture = QPixmap(self.size() * ratio)
            picture.setDevicePixelRatio(ratio)
            picture.fill(Qt.GlobalColor.transparent)
            painter = QPainter(picture)
            self._paint_foot(painter, spreads, area)
            if self._kind == ECDF:
                self._paint_curves(painter, spreads, area)
            else:
                self._paint_bars(painter, spreads, area)
            painter.end()
            self._drawn = (self.size(), picture)
        return self._drawn[1]

    def _paint_foot(self, painter: QPainter, spreads: Spreads, area: QRectF) -> None:
        tokens = current()
        painter.setFont(font(11))
        metrics, before = QFontMetricsF(painter.font()), -1e9
        ticks = ticks_of(spreads)
        decimals = _decimals(ticks)
        for tick in ticks:
            x = area.left() + spreads.place(tick) * area.width()
            painter.setPen(line_pen(tokens.grid))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
            text = f"{tick:g}" if spreads.log else fmt.fixed(tick, decimals)
            wide = metrics.horizontalAdvance(text)
            if x - wide / 2 > before + 10:
                painter.setPen(QColor(tokens.text3))
                painter.drawText(QPointF(x - wide / 2, area.bottom() + metrics.ascent() + 5), text)
                before = x + wide / 2

    def _paint_level(self, painter: QPainter, area: QRectF, share: float, text: str) -> None:
        tokens = current()
        y = round(area.bottom() - share * area.height()) + 0.5
        painter.setPen(line_pen(tokens.line2 if share == 0 else tokens.grid))
        painter.drawLine(QPointF(area.left(), y), QPointF(area.right(), y))
        painter.setPen(QColor(tokens.text3))
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, y - 8, area.left() - 8, 16), side, text)

    def _paint_curves(self, painter: QPainter, spreads: Spreads, area: QRectF) -> None:
        close = area.height() * 0.05 < scaled(13)
        for percent in (0, 50, 95, 100):
            text = "" if percent == 95 and close else f"{percent}"
            self._paint_level(painter, area, percent / 100, text)
        painter.setClipRect(area.adjusted(-1, -2, 1, 1))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for side, look in zip(spreads.sides, self._looks, strict=True):
            if side is not None:
                painter.setPen(line_pen(look.colour))
                x, y = stairs(spreads, side)
                draw_line(
                    painter,
                    area.left() + x * area.width(),
                    area.bottom() - y * area.height(),
                )
        painter.setClipping(False)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        for side, look in zip(spreads.sides, self._looks, strict=True):
            if side is not None:
                for value, share in zip(side.quantiles[:2], (0.5, 0.95), strict=True):
                    self._paint_dot(painter, spreads, area, value, share, look)

    @staticmethod
    def _paint_dot(
        painter: QPainter, spreads: Spreads, area: QRectF, value: float, share: float, look: Look
    ) -> None:
        place = spreads.place(value)
        if place <= 1:
            at = QPointF(area.left() + place * area.width(), area.bottom() - share * area.height())
            paint_mark(painter, at, square=look.square, colour=look.colour)

    def _paint_bars(self, painter: QPainter, spreads: Spreads, area: QRectF) -> None:
        most = max((float(side.bars.max()) for side in spreads.sides if side), default=0.0) * 100
        up = axis(0.0, most or 1.0, 4)
        for tick in up.ticks:
            self._paint_level(painter, area, tick / up.high, up.label(tick))
        edges = spreads.places(spreads.edges)
        left = area.left() + edges[:-1] * area.width()
        right = area.left() + edges[1:] * area.width()
        foot = np.full(len(left), area.bottom())
        for side, look in zip(spreads.sides, self._looks, strict=True):
            if side is None:
                continue
            top = area.bottom() - side.bars * 100 / up.high * area.height()
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(colour_with(look.colour, 0.34))
            fill_boxes(painter, left, top, right, foot)
            painter.setPen(QPen(QColor(look.colour), 1.2))
            around = np.stack((left, right), axis=1).ravel()
            draw_line(painter, around, np.repeat(top, 2))

    def _paint_words(self, painter: QPainter, spreads: Spreads, area: QRectF) -> None:
        """Write what is read: under the mouse, else the percentiles of each side."""
        tokens = current()
        painter.setFont(font(11))
        metrics = QFontMetricsF(painter.font())
        unit = tr("Steps at or below, %") if self._kind == ECDF else tr("Steps, %")
        painter.setPen(QColor(tokens.text3))
        painter.drawText(QPointF(0, metrics.ascent()), unit)
        at = self._cursor
        if at is not None:
            x = area.left() + at * area.width()
            painter.setPen(line_pen(tokens.text2))
            painter.drawLine(QPointF(x, area.top()), QPointF(x, area.bottom()))
        for number, (side, look) in enumerate(zip(spreads.sides, self._looks, strict=True)):
            y = scaled(_LINE) * (number + 1)
            paint_mark(painter, QPointF(6, y + 7), square=look.square, colour=look.colour)
            painter.setPen(QColor(tokens.text2))
            text = self._reading(number, side, at)
            room = int(self.width() - 18)
            text = metrics.elidedText(text, Qt.TextElideMode.ElideRight, room)
            painter.drawText(QPointF(18, y + metrics.ascent()), text)

    def _reading(self, number: int, side: Spread | None, at: float | None) -> str:
        spreads = self._spreads
        if side is None or spreads is None or at is None:
            return _told(self._labels[number], side)
        value = spreads.low + at * (spreads.high - spreads.low)
        if spreads.log:
            value = spreads.low * (spreads.high / spreads.low) ** at
        below = int(np.searchsorted(side.times, value, "right"))
        share = float(side.share[below - 1]) if below else 0.0
        return tr(
            "{side}: {percent} of {n} at or below {time}",
            side=self._labels[number],
            percent=fmt.percent(share * 100),
            n=f"{side.count:,}",
            time=fmt.duration(value * 1e6),
        )

    # -- mouse ----------------------------------------------------------------------

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Read the curves there."""
        area, x = self.area, event.position().x()
        inside = area.left() <= x <= area.right()
        self._cursor = (x - area.left()) / area.width() if inside else None
        self.update()

    def leaveEvent(self, _event: QEvent) -> None:
        """Read nothing any more."""
        self._cursor = None
        self.update()


def _told(label: str, side: Spread | None) -> str:
    if side is None:
        return tr("{side}: no step with a known time", side=label)
    p50, p95, p99 = (fmt.duration(value * 1e6) for value in side.quantiles)
    told = tr("{side}: p50 {p50}, p95 {p95}, p99 {p99}", side=label, p50=p50, p95=p95, p99=p99)
    if not side.beyond:
        return told
    return tr("{told}; {share} beyond →", told=told, share=fmt.percent(side.beyond * 100))


def stairs(spreads: Spreads, side: Spread) -> tuple[np.ndarray, np.ndarray]:
    """Return the curve as places and shares, 0-1: it rises at each time, and is level between."""
    rows = np.concatenate(([spreads.low], side.times, [spreads.high]))
    shares = np.concatenate(([0.0], side.share, [float(side.share[-1])]))
    x = spreads.places(rows)
    return np.repeat(x, 2)[1:], np.repeat(shares, 2)[:-1]


def ticks_of(spreads: Spreads) -> list[float]:
    """Return the round times at the foot, ms."""
    low, high = spreads.low, spreads.high
    if not spreads.log:
        return [tick for tick in axis(low, high, 6).ticks if low <= tick <= high]
    steps = (1, 2, 5) if high / low < 10 * _SPAN else (1,)
    first, last = floor(log10(low)), floor(log10(high)) + 1
    every = [m * 10.0**e for e in range(first, last + 1) for m in steps]
    return [tick for tick in every if low <= tick <= high]


def _decimals(ticks: Sequence[float]) -> int:
    if len(ticks) < 2:
        return 2
    step = ticks[1] - ticks[0]
    decimals = max(0, -floor(log10(step) + 1e-9))
    return decimals + (round(step, decimals) != round(step, decimals + 2))
