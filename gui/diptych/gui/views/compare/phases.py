"""The phases of a step, side by side on one scale."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QHelpEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from diptych.gui.models.selection import Look
from diptych.gui.plots.items import line_pen
from diptych.gui.text import format as fmt
from diptych.gui.text.plain import one_line
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, scaled
from diptych.gui.views.widgets import paint_mark
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.records.kinds import PHASES

NAMES = {
    "data": tr("data"),
    "forward": tr("forward"),
    "backward": tr("backward"),
    "optimizer": tr("optimizer"),
    "other": tr("other"),
}
_LEGEND, _NAME, _BAR, _GAP = 22, 18, 16, 10


class Phases(QWidget):
    """A bar a side; parts with their ms where there is room, all of them in the tooltip."""

    def __init__(self) -> None:
        super().__init__()
        self._sides: list[tuple[str, Look, list[float | None]]] = []
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(tr("Phases of a step"))
        manager().changed.connect(self.update)

    def show_comparison(self, comparison: Comparison, looks: Sequence[Look]) -> None:
        """Show the sides of another comparison."""
        self._sides = [
            (one_line(side.label, 60), look, [side.phases.get(name) for name in PHASES])
            for side, look in zip(comparison.sides, looks, strict=True)
        ]
        self.setAccessibleDescription("; ".join(self.told(at) for at in range(len(self._sides))))
        self.updateGeometry()
        self.update()

    def told(self, side: int) -> str:
        """Return the phases of a side in words."""
        name, _, parts = self._sides[side]
        if any(part is None for part in parts):
            return tr("{side}: no step counts here", side=name)
        told = ", ".join(
            tr("{phase} {ms}", phase=NAMES[phase], ms=fmt.duration((ms or 0.0) * 1e6))
            for phase, ms in zip(PHASES, parts, strict=True)
        )
        return tr("{side}: {phases}", side=name, phases=told)

    def sizeHint(self) -> QSize:
        """Ask for a bar a side."""
        rows = max(1, len(self._sides))
        return QSize(320, scaled(_LEGEND) + rows * scaled(_NAME + _BAR + _GAP))

    def minimumSizeHint(self) -> QSize:
        """Ask for all of it."""
        return QSize(200, self.sizeHint().height())

    def _top(self, side: int) -> float:
        return scaled(_LEGEND) + side * scaled(_NAME + _BAR + _GAP)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        self._paint_legend(painter)
        sums = [sum(part or 0.0 for part in parts) for _, _, parts in self._sides]
        most = max(sums, default=0.0)
        for at, total in enumerate(sums):
            self._paint_side(painter, at, total, most)
        painter.end()

    def _paint_legend(self, painter: QPainter) -> None:
        painter.setFont(font(11))
        metrics, x = QFontMetricsF(painter.font()), 0.0
        for name, colour in zip(PHASES, current().phases, strict=True):
            painter.fillRect(QRectF(x, 3, 8, 8), QColor(colour))
            painter.setPen(QColor(current().text2))
            painter.drawText(QPointF(x + 13, metrics.ascent()), NAMES[name])
            x += 13 + metrics.horizontalAdvance(NAMES[name]) + 14

    def _paint_side(self, painter: QPainter, at: int, total: float, most: float) -> None:
        name, look, parts = self._sides[at]
        top, tokens = self._top(at), current()
        painter.setFont(font(12, 500))
        metrics = QFontMetricsF(painter.font())
        middle = top + scaled(_NAME) / 2
        paint_mark(painter, QPointF(6, middle), square=look.square, colour=look.colour)
        painter.setPen(QColor(tokens.text1))
        base = middle + metrics.ascent() / 2 - 1.5
        value = fmt.duration(total * 1e6) if parts[0] is not None else fmt.UNKNOWN
        wide = metrics.horizontalAdvance(value)
        painter.drawText(QPointF(self.width() - wide, base), value)
        room = int(self.width() - wide - 30)
        text = metrics.elidedText(name, Qt.TextElideMode.ElideRight, room)
        painter.drawText(QPointF(18, base), text)
        ground = QRectF(0, top + scaled(_NAME), self.width(), scaled(_BAR))
        painter.fillRect(ground, QColor(tokens.line1))
        if most > 0 and parts[0] is not None:
            self._paint_parts(painter, ground, parts, most)

    def _paint_parts(
        self, painter: QPainter, ground: QRectF, parts: Sequence[float | None], most: float
    ) -> None:
        painter.setFont(font(11, 500))
        metrics, x = QFontMetricsF(painter.font()), ground.left()
        for colour, part in zip(current().phases, parts, strict=True):
            width = (part or 0.0) / most * ground.width()
            box = QRectF(x, ground.top(), width, ground.height())
            painter.fillRect(box, QColor(colour))
            text = fmt.number(part)
            if metrics.horizontalAdvance(text) + 8 <= width:
                painter.setPen(QColor(_ink(colour)))
                painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
            painter.setPen(line_pen(current().bg2))
            x += width
            painter.drawLine(QPointF(x, box.top()), QPointF(x, box.bottom()))

    def event(self, event: QEvent) -> bool:
        """Tell of the side under the mouse."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            height = scaled(_NAME + _BAR + _GAP)
            side = int((event.pos().y() - scaled(_LEGEND)) // height)
            known = 0 <= side < len(self._sides)
            QToolTip.showText(event.globalPos(), self.told(side) if known else "", self)
            return True
        return super().event(event)


def _ink(colour: str) -> str:
    """Return black or white, whichever can be read on ``colour``."""
    made = QColor(colour)
    light = 0.299 * made.redF() + 0.587 * made.greenF() + 0.114 * made.blueF()
    return "#0E1114" if light > 0.45 else "#FFFFFF"
