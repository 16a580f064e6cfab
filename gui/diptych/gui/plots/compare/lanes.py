"""The lanes of a race: how far each side is at one moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from diptych.gui.models.selection import Look
from diptych.gui.plots.compare.look import paint_side
from diptych.gui.plots.items import blended, line_pen
from diptych.gui.text.plain import one_line
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, scaled

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Shown:
    """One lane: ``share`` of its way (0 to 1), or ``None`` with the reason in ``value``."""

    label: str
    look: Look
    share: float | None
    value: str
    first: bool = False
    """Whether it is ahead."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A place of the way (0 to 1) and its name."""

    share: float
    text: str


class LanesPlot(QWidget):
    """Repaints only what differs from before."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lanes: tuple[Shown, ...] = ()
        self.ticks: tuple[Tick, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Lanes of the race"))
        manager().changed.connect(self.update)

    def show_lanes(self, lanes: Sequence[Shown], ticks: Sequence[Tick]) -> None:
        """Draw the lanes as they are at this moment."""
        made = tuple(lanes), tuple(ticks)
        if made == (self.lanes, self.ticks):
            return
        resized = len(made[0]) != len(self.lanes)
        self.lanes, self.ticks = made
        if resized:
            self.updateGeometry()
        self.update()

    def tell(self) -> None:
        """Tell who cannot see it how it stands; not sixty times a second."""
        self.setAccessibleDescription(
            ", ".join(f"{lane.label}: {lane.value}" for lane in self.lanes)
        )

    @property
    def lane_height(self) -> int:
        """Pixels of a lane."""
        return scaled(38 if len(self.lanes) <= 4 else 30)

    def sizeHint(self) -> QSize:
        """Ask for all lanes and the ticks at the foot."""
        return QSize(scaled(420), len(self.lanes) * self.lane_height + scaled(20))

    def minimumSizeHint(self) -> QSize:
        """Ask for all of the height."""
        return QSize(scaled(300), self.sizeHint().height())

    def room(self) -> QRectF:
        """Return the pixels of the way, from start to finish."""
        metrics = QFontMetricsF(font(12, 600))
        names = max((metrics.horizontalAdvance(one.label) for one in self.lanes), default=0)
        values = max((metrics.horizontalAdvance(one.value) for one in self.lanes if
                      one.share is not None), default=0)  # fmt: skip
        left = min(names + scaled(40), self.width() * 0.34)
        # A number that grows must not move the finish.
        right = max(values + 16, scaled(150))
        height = len(self.lanes) * self.lane_height
        return QRectF(left, 0, max(40.0, self.width() - left - right), height)

    def place(self, lane: int) -> float | None:
        """Return the pixel at which the mark of a lane stands."""
        share, room = self.lanes[lane].share, self.room()
        return None if share is None else room.left() + share * room.width()

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        if not self.lanes:
            return
        painter = QPainter(self)
        room = self.room()
        self._paint_ticks(painter, room)
        for at, lane in enumerate(self.lanes):
            row = QRectF(0, at * self.lane_height, self.width(), self.lane_height)
            self._paint_lane(painter, lane, row, room)
        painter.end()

    def _paint_ticks(self, painter: QPainter, room: QRectF) -> None:
        tokens = current()
        painter.setFont(font(11))
        metrics = QFontMetricsF(painter.font())
        before = -1e9
        for tick in self.ticks:
            x = round(room.left() + tick.share * room.width()) + 0.5
            ends = tick.share in (0.0, 1.0)
            painter.setPen(line_pen(tokens.line3 if ends else tokens.grid))
            painter.drawLine(QLineF(x, 0, x, room.bottom()))
            wide = metrics.horizontalAdvance(tick.text)
            if x - wide / 2 > before + 8:
                painter.setPen(QColor(tokens.text2))
                box = QRectF(x - wide, room.bottom() + 2, 2 * wide, scaled(16))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, tick.text)
                before = x + wide / 2

    def _paint_lane(self, painter: QPainter, lane: Shown, row: QRectF, room: QRectF) -> None:
        tokens, middle = current(), row.center().y()
        paint_side(painter, QPointF(scaled(10), middle), lane.look)
        painter.setFont(font(12, 600 if lane.first else 500))
        painter.setPen(QColor(tokens.text1))
        names = QRectF(scaled(22), row.top(), room.left() - scaled(30), row.height())
        text = QFontMetricsF(painter.font()).elidedText(
            one_line(lane.label), Qt.TextElideMode.ElideRight, names.width()
        )
        painter.drawText(names, _LEFT, text)
        if lane.share is None:
            painter.setFont(font(11))
            painter.setPen(QColor(tokens.text3))
            painter.drawText(row.adjusted(room.left(), 0, 0, 0), _LEFT, lane.value)
            return
        painter.drawText(row.adjusted(0, 0, -4, 0), _RIGHT, lane.value)
        x = room.left() + lane.share * room.width()
        way = QRectF(room.left(), middle - scaled(3), room.width(), scaled(6))
        painter.fillRect(way, QColor(tokens.line1))
        way.setRight(x)
        painter.fillRect(way, blended(lane.look.colour, tokens.bg2, 0.55))
        painter.save()
        painter.translate(x, middle)
        painter.scale(1.5, 1.5)
        paint_side(painter, QPointF(0, 0), lane.look)
        painter.restore()
