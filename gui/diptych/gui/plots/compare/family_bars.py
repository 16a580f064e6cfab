"""Bars of every family side by side, one a side; the phases of a bar in shades of its colour."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from diptych.gui.models.compare_bars import decimals_of, unit_of
from diptych.gui.models.compare_families import FamilyBars
from diptych.gui.models.selection import Look
from diptych.gui.plots.compare.look import MOST_NAMED, family_colour, paint_side
from diptych.gui.plots.items import blended
from diptych.gui.text import format as fmt
from diptych.gui.text.compare_why import family_title, phase_title
from diptych.gui.text.plain import one_line, tooltip
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import current, font, manager, scaled
from diptych.profiling.compare.breakdown import PHASES
from diptych.profiling.compare.why import REST

SHADES = {"forward": 1.0, "backward": 0.6, "optimizer": 0.35, "data": 0.35, "other": 0.35}
"""How strong the colour of a side is in a phase."""
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_KEYS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


@dataclass(frozen=True, slots=True)
class Families:
    """Names and looks of the sides, the bars, and why a side has none (by side)."""

    labels: tuple[str, ...]
    looks: tuple[Look, ...]
    bars: tuple[FamilyBars, ...]
    why_not: tuple[str, ...]


class FamilyBarsPlot(QWidget):
    """↑ and ↓ walk through the families, for whoever cannot see or point."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Families | None = None
        self.current = -1
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Families of operators, side by side"))
        manager().changed.connect(self.update)

    def show_families(self, shown: Families | None) -> None:
        """Draw others."""
        self.shown, self.current = shown, -1
        self._tell()
        self.updateGeometry()
        self.update()

    # -- geometry -------------------------------------------------------------------

    @property
    def named(self) -> bool:
        """Whether each bar has the name of its side: there are too many for a legend."""
        return self.shown is not None and len(self.shown.labels) > MOST_NAMED

    @property
    def bar_height(self) -> int:
        """Pixels from one bar to the next."""
        return scaled(15)

    @property
    def group_height(self) -> int:
        """Pixels of a family."""
        sides = len(self.shown.labels) if self.shown else 1
        return max(sides * self.bar_height + 9, scaled(24))

    def sizeHint(self) -> QSize:
        """Ask for all families."""
        groups = len(self.shown.bars) if self.shown else 1
        return QSize(scaled(420), groups * self.group_height + 2)

    def minimumSizeHint(self) -> QSize:
        """Ask for all of the height."""
        return QSize(scaled(300), self.sizeHint().height())

    def group_at(self, y: float) -> int:
        """Return the number of the family at a pixel, −1 without one."""
        found = int(y // self.group_height)
        return found if self.shown is not None and 0 <= found < len(self.shown.bars) else -1

    def _most(self) -> int:
        return max((one.most for one in self.shown.bars), default=0) if self.shown else 0

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        shown = self.shown
        if shown is None:
            return
        painter = QPainter(self)
        name = self._name_width(shown)
        number = self._number_width(shown)
        room = QRectF(name, 0, max(30.0, self.width() - name - number - scaled(12)), 1)
        for at, bars in enumerate(shown.bars):
            self._paint_group(painter, at, bars, room)
        if self.hasFocus():
            box = QRectF(0, max(self.current, 0) * self.group_height, self.width(), 0)
            box.setHeight(self.group_height)
            painter.setPen(QPen(QColor(current().accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(box.adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _name_width(self, shown: Families) -> float:
        metrics = QFontMetricsF(font(12, 500))
        need = max(metrics.horizontalAdvance(self.name(bars)) for bars in shown.bars)
        return min(need + scaled(50), self.width() * 0.4) + self._side_width()

    def _side_width(self) -> float:
        """Return the room of the sides' names, where they stand beside the bars."""
        if not self.named or self.shown is None:
            return 0.0
        metrics = QFontMetricsF(font(11))
        need = max(metrics.horizontalAdvance(label) for label in self.shown.labels)
        return min(need + scaled(10), self.width() * 0.25)

    def _number_width(self, shown: Families) -> float:
        metrics = QFontMetricsF(font(12, 500))
        texts = (self.value(sum(s)) for bars in shown.bars for s in bars.sides if s is not None)
        return max((metrics.horizontalAdvance(text) for text in texts), default=0) + 4

    def _paint_group(self, painter: QPainter, at: int, bars: FamilyBars, room: QRectF) -> None:
        tokens, height = current(), self.group_height
        top = at * height
        if at == self.current:
            painter.fillRect(QRectF(0, top, self.width(), height - 1), QColor(tokens.selection))
        painter.fillRect(QRectF(0, top + height - 1, self.width(), 1), QColor(tokens.line1))
        names = room.left() - self._side_width()
        self._paint_name(painter, bars, QRectF(0, top, names, height))
        begin = top + (height - 1 - len(bars.sides) * self.bar_height) / 2
        for side, spent in enumerate(bars.sides):
            row = QRectF(room.left(), begin + side * self.bar_height, room.width(), self.bar_height)
            self._paint_bar(painter, side, spent, row)

    def _paint_name(self, painter: QPainter, bars: FamilyBars, room: QRectF) -> None:
        tokens = current()
        half, middle = scaled(9) / 2, room.center().y()
        box = QRectF(scaled(10) - half, middle - half, 2 * half, 2 * half)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if bars.family == REST:
            painter.setPen(QPen(QColor(tokens.text3), 1))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            box = box.adjusted(0.5, 0.5, -0.5, -0.5)
        else:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(family_colour(bars.family or "other")))
        painter.drawRoundedRect(box, 2, 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setFont(font(12, 500))
        painter.setPen(QColor(tokens.text1))
        words = QRectF(scaled(22), room.top(), room.width() - scaled(44), room.height())
        text = QFontMetricsF(painter.font()).elidedText(
            one_line(self.name(bars)), Qt.TextElideMode.ElideRight, words.width()
        )
        painter.drawText(words, _LEFT, text)

    def _paint_bar(
        self, painter: QPainter, side: int, spent: Sequence[int] | None, row: QRectF
    ) -> None:
        shown, tokens = self.shown, current()
        if shown is None:
            return
        look = shown.looks[side]
        left = row.left() - self._side_width()
        paint_side(painter, QPointF(left - scaled(11), row.center().y()), look)
        if self.named:
            self._paint_side_name(painter, shown.labels[side], left, row)
        number = QRectF(row.right(), row.top(), self.width() - row.right() - 2, row.height())
        painter.setFont(font(12, 500))
        if spent is None:
            painter.setPen(QColor(tokens.text3))
            painter.drawText(number, _RIGHT, fmt.UNKNOWN)
            return
        most, x = max(self._most(), 1), row.left()
        thick = self.bar_height - scaled(4)
        for phase in ("forward", "backward", "optimizer", "data", "other"):
            ns = max(spent[PHASES.index(phase)], 0)
            wide = ns / most * row.width()
            if wide > 0:
                colour = blended(look.colour, tokens.bg2, SHADES[phase])
                box = QRectF(x, row.center().y() - thick / 2, max(wide, 1.0), thick)
                painter.fillRect(box, colour)
                x += wide
        painter.setPen(QColor(tokens.text1))
        painter.drawText(number, _RIGHT, self.value(sum(spent)))

    @staticmethod
    def _paint_side_name(painter: QPainter, label: str, left: float, row: QRectF) -> None:
        painter.setFont(font(11))
        painter.setPen(QColor(current().text2))
        room = QRectF(left, row.top(), row.left() - left - scaled(6), row.height())
        text = QFontMetricsF(painter.font()).elidedText(
            one_line(label), Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, _LEFT, text)

    # -- words ----------------------------------------------------------------------

    def value(self, ns: int) -> str:
        """Return a number of the column, in the unit of all."""
        unit, per = unit_of(self._most())
        if not ns:
            return f"0{fmt.NBSP}{unit}"
        return f"{fmt.fixed(ns / per, decimals_of([self._most()], per))}{fmt.NBSP}{unit}"

    @staticmethod
    def name(bars: FamilyBars) -> str:
        """Return what a row is called."""
        if bars.family is None:
            return trn("{n} smaller family", "{n} smaller families", bars.folded)
        return family_title(bars.family)

    def words(self, number: int) -> str:
        """Return what a tooltip says of a family."""
        shown = self.shown
        if shown is None or not 0 <= number < len(shown.bars):
            return ""
        bars = shown.bars[number]
        lines = [self.name(bars)]
        for side, (label, spent) in enumerate(zip(shown.labels, bars.sides, strict=True)):
            if spent is None:
                lines.append(tr("{side}: not known. {why}", side=label, why=shown.why_not[side]))
                continue
            text = tr("{side}: {time} a step", side=label, time=fmt.duration(sum(spent)))
            parts = [
                f"{phase_title(phase)} {fmt.duration(ns)}"
                for phase, ns in zip(PHASES, spent, strict=True)
                if ns and bars.family != REST
            ]
            lines.append(f"{text} ({', '.join(parts)})" if parts else text)
        return "\n".join(lines)

    def _tell(self) -> None:
        text = self.words(self.current)
        count = len(self.shown.bars) if self.shown else 0
        whole = trn("{n} family", "{n} families", count) if count else ""
        self.setAccessibleDescription(text.replace("\n", ", ") or whole)

    # -- mouse and keys -------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Tell of the family under the mouse."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.words(self.group_at(event.pos().y()))
            QToolTip.showText(event.globalPos(), tooltip(text), self)
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Walk through the families."""
        key, last = Qt.Key(event.key()), len(self.shown.bars) - 1 if self.shown else -1
        if key in _KEYS and last >= 0:
            self.current = min(max(self.current + _KEYS[key], 0), last)
            self._tell()
            self.update()
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the focus is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that it is elsewhere."""
        super().focusOutEvent(event)
        self.current = -1
        self.update()
