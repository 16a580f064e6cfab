"""A waterfall from one side's step to another's: a row a bar, with its numbers beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QEvent, QLineF, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from diptych.gui.models.compare_bars import Step, decimals_of, unit_of
from diptych.gui.models.selection import Look
from diptych.gui.plots.compare.look import bar_colour, paint_side
from diptych.gui.plots.items import line_pen
from diptych.gui.plots.scale import Axis, axis
from diptych.gui.text import format as fmt
from diptych.gui.text.compare_why import bar_title
from diptych.gui.text.plain import one_line, tooltip
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import Tokens, current, font, manager, scaled

_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_KEYS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}
_LISTED = 6
"""Of bars that are summed up so many are named."""


@dataclass(frozen=True, slots=True)
class Waterfall:
    """What is drawn: the steps' lengths (ns) of both sides, their names and looks, and the bars."""

    a: int
    b: int
    labels: tuple[str, str]
    looks: tuple[Look, Look]
    steps: tuple[Step, ...]


class WaterfallPlot(QWidget):
    """``chosen`` tells the number of the bar that a person chose; ↑ and ↓ choose too."""

    chosen = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.shown: Waterfall | None = None
        self.current = -1
        self._hover = -1
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(tr("Waterfall of the difference"))
        manager().changed.connect(self.update)

    def show_waterfall(self, shown: Waterfall | None) -> None:
        """Draw another one."""
        same = shown is not None and self.shown is not None and shown.steps == self.shown.steps
        self.shown = shown
        self.current = self.current if same else -1
        self._hover = -1
        self._tell()
        self.updateGeometry()
        self.update()

    # -- geometry -------------------------------------------------------------------

    @property
    def row_height(self) -> int:
        """Pixels of a row."""
        return scaled(25)

    def sizeHint(self) -> QSize:
        """Ask for a row for the axis, one for each bar and one for each end."""
        rows = len(self.shown.steps) + 3 if self.shown else 1
        return QSize(scaled(460), rows * self.row_height)

    def minimumSizeHint(self) -> QSize:
        """Ask for all rows: they are not scrolled here."""
        return QSize(scaled(340), self.sizeHint().height())

    def row_rect(self, row: int) -> QRectF:
        """Return the pixels of a row; 0 is the first side's."""
        return QRectF(0, (row + 1) * self.row_height, self.width(), self.row_height)

    def step_at(self, y: float) -> int:
        """Return the number of the bar at a pixel, −1 without one."""
        row = int(y // self.row_height) - 2
        return row if self.shown is not None and 0 <= row < len(self.shown.steps) else -1

    @property
    def both(self) -> bool:
        """Whether there is room for what each side takes; Δ alone says it in its tooltip."""
        return self.width() >= scaled(540)

    def _columns(self) -> tuple[QRectF, tuple[float, ...]]:
        """Return the plot's room, and the right edges of the columns A, B and Δ."""
        digits = self._wide()
        right = self.width() - 4.0
        apart = digits + scaled(10) if self.both else 0.0
        edges = tuple(right - at * apart for at in (2, 1, 0))
        left = self._names()
        end = edges[0] - digits - scaled(14)
        return QRectF(left, self.row_height, max(40.0, end - left), 1), edges

    def _wide(self) -> float:
        shown = self.shown
        metrics = QFontMetricsF(font(12, 500))
        if shown is None:
            return 40.0
        unit, per = self.unit()
        decimals = self.decimals()
        numbers = [v for s in shown.steps for v in (s.bar.a, s.bar.b)] + [shown.a, shown.b]
        texts = [fmt.fixed(v / per, decimals) for v in numbers]
        texts += [_signed(s.bar.delta / per, decimals) for s in shown.steps]
        texts += [f"Δ {unit}", "0000"]
        return max(metrics.horizontalAdvance(text) for text in texts)

    def _names(self) -> float:
        """Return the width of the names: what they need, at most two fifths."""
        if self.shown is None:
            return 100.0
        metrics = QFontMetricsF(font(12, 600))
        ends = (end_name(side, label) for side, label in enumerate(self.shown.labels))
        texts = [*ends, *(self.name(step) for step in self.shown.steps)]
        need = max(metrics.horizontalAdvance(text) for text in texts) + scaled(36)
        return min(need, self.width() * 0.38)

    def unit(self) -> tuple[str, float]:
        """Return the unit of all numbers, and its ns."""
        shown = self.shown
        return unit_of(max(shown.a, shown.b)) if shown else ("ms", 1e6)

    def decimals(self) -> int:
        """Return how many decimals all numbers have."""
        deltas = [step.bar.delta for step in self.shown.steps] if self.shown else []
        return decimals_of(deltas, self.unit()[1])

    def axis(self) -> Axis:
        """Return the axis, cut to where the bars lie, in the unit."""
        shown, per = self.shown, self.unit()[1]
        if shown is None:
            return axis(0.0, 1.0, 4)
        ends = [shown.a, shown.b, *(step.end for step in shown.steps)]
        low, high = min(ends) / per, max(ends) / per
        room = max((high - low) * 0.04, high * 1e-3)
        return axis(low - room if low - room > 0 or low < 0 else 0.0, high + room, 4)

    # -- painting -------------------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        shown = self.shown
        if shown is None:
            return
        painter = QPainter(self)
        room, edges = self._columns()
        up, tokens = self.axis(), current()
        self._paint_head(painter, room, edges, up, tokens)
        self._paint_end(painter, 0, room, edges, up)
        for number in range(len(shown.steps)):
            self._paint_step(painter, number, room, edges, up)
        self._paint_end(painter, 1, room, edges, up)
        if self.hasFocus():
            row = self.row_rect(self.current + 1 if self.current >= 0 else 0)
            painter.setPen(QPen(QColor(tokens.accent), 2))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRoundedRect(row.adjusted(1, 1, -1, -1), 4, 4)
        painter.end()

    def _paint_head(
        self,
        painter: QPainter,
        room: QRectF,
        edges: Sequence[float],
        up: Axis,
        tokens: Tokens,
    ) -> None:
        unit = self.unit()[0]
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.text2))
        height = self.row_height
        titles = ("A", "B", f"Δ {unit}") if self.both else ("", "", f"Δ {unit}")
        for title, edge in zip(titles, edges, strict=True):
            painter.drawText(QRectF(edge - 90, 0, 90, height), _RIGHT, title)
        bottom = self.height()
        metrics = QFontMetricsF(painter.font())
        before = -1e9
        for tick in up.ticks:
            x = _x(tick, room, up)
            if room.left() - 0.5 <= x <= room.right() + 0.5:
                painter.setPen(line_pen(tokens.grid))
                painter.drawLine(QLineF(round(x) + 0.5, height, round(x) + 0.5, bottom))
                text = up.label(tick)
                wide = metrics.horizontalAdvance(text)
                if x - wide / 2 > before + 10:
                    painter.setPen(QColor(tokens.text2))
                    box = QRectF(x - 40, 0, 80, height)
                    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
                    before = x + wide / 2

    def _paint_end(
        self, painter: QPainter, side: int, room: QRectF, edges: Sequence[float], up: Axis
    ) -> None:
        """Paint a side's step: a point, as the axis is cut."""
        shown, tokens = self.shown, current()
        if shown is None:
            return
        row = self.row_rect(0 if side == 0 else len(shown.steps) + 1)
        self._paint_line(painter, row)
        value = (shown.a, shown.b)[side]
        per, look = self.unit()[1], shown.looks[side]
        x = _x(value / per, room, up)
        middle = row.center().y()
        painter.setPen(line_pen(tokens.line3))
        painter.drawLine(QLineF(x, middle, x, row.bottom() if side == 0 else row.top()))
        paint_side(painter, QPointF(x, middle), look)
        paint_side(painter, QPointF(scaled(10), middle), look)
        painter.setPen(QColor(tokens.text1))
        painter.setFont(font(12, 600))
        self._paint_name(painter, row, end_name(side, shown.labels[side]), room)
        text = fmt.fixed(value / per, self.decimals())
        painter.drawText(QRectF(0, row.top(), edges[side], row.height()), _RIGHT, text)

    def _paint_step(
        self, painter: QPainter, number: int, room: QRectF, edges: Sequence[float], up: Axis
    ) -> None:
        shown, tokens = self.shown, current()
        if shown is None:
            return
        step, row, per = shown.steps[number], self.row_rect(number + 1), self.unit()[1]
        if number in (self.current, self._hover):
            ground = tokens.selection if number == self.current else tokens.bg3
            painter.fillRect(row.adjusted(0, 0, 0, -1), QColor(ground))
        self._paint_line(painter, row)
        begin, end = (_x(value / per, room, up) for value in (step.begin, step.end))
        painter.setPen(line_pen(tokens.line3))
        painter.drawLine(QLineF(begin, row.top(), begin, row.center().y()))
        painter.drawLine(QLineF(end, row.center().y(), end, row.bottom()))
        box = QRectF(min(begin, end), row.top() + 6, abs(end - begin), row.height() - 12)
        if step.bar.delta:
            box.setWidth(max(box.width(), 2.0))
            slower = 1 if step.bar.delta > 0 else 0
            _fill(painter, box, QColor(shown.looks[slower].colour))
        self._paint_swatch(painter, step, row)
        painter.setPen(QColor(tokens.text1))
        painter.setFont(font(12, 500))
        self._paint_name(painter, row, self.name(step), room)
        decimals = self.decimals()
        delta = _signed(step.bar.delta / per, decimals)
        painter.drawText(QRectF(0, row.top(), edges[2], row.height()), _RIGHT, delta)
        if not self.both:
            return
        painter.setFont(font(12))
        painter.setPen(QColor(tokens.text2))
        for edge, value in zip(edges, (step.bar.a, step.bar.b), strict=False):
            # Nothing at all is not the same as little.
            text = fmt.fixed(value / per, decimals) if value else "0"
            painter.drawText(QRectF(0, row.top(), edge, row.height()), _RIGHT, text)

    @staticmethod
    def _paint_line(painter: QPainter, row: QRectF) -> None:
        line = QRectF(row.left(), row.bottom() - 1, row.width(), 1)
        painter.fillRect(line, QColor(current().line1))

    @staticmethod
    def _paint_swatch(painter: QPainter, step: Step, row: QRectF) -> None:
        half = 4.5 * scaled(10) / 10
        colour = bar_colour(step.bar)
        box = QRectF(scaled(10) - half, row.center().y() - half, 2 * half, 2 * half)
        if colour is not None:
            _fill(painter, box, QColor(colour))
            return
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(current().text3), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 2, 2)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    @staticmethod
    def _paint_name(painter: QPainter, row: QRectF, text: str, room: QRectF) -> None:
        box = QRectF(scaled(22), row.top(), room.left() - scaled(28), row.height())
        cut = QFontMetricsF(painter.font()).elidedText(
            one_line(text), Qt.TextElideMode.ElideRight, box.width()
        )
        painter.drawText(box, _LEFT, cut)

    # -- words ----------------------------------------------------------------------

    @staticmethod
    def name(step: Step) -> str:
        """Return what a bar is called."""
        if step.summed:
            return trn("{n} smaller one", "{n} smaller ones", len(step.parts))
        return bar_title(step.bar)

    def words(self, number: int) -> str:
        """Return what a tooltip says of a bar."""
        shown = self.shown
        if shown is None or not 0 <= number < len(shown.steps):
            return ""
        bar = shown.steps[number].bar
        lines = [self.name(shown.steps[number])]
        for label, ns in zip(shown.labels, (bar.a, bar.b), strict=True):
            lines.append(tr("{side}: {time} a step", side=label, time=fmt.duration(ns)))
        lines.append(tr("Difference: {time}", time=_difference(bar.delta)))
        parts = shown.steps[number].parts
        lines += [f"{bar_title(part)} {_difference(part.delta)}" for part in parts[:_LISTED]]
        return "\n".join([*lines, *(["…"] if len(parts) > _LISTED else [])])

    def _tell(self) -> None:
        """Tell who cannot see it what is chosen, or from where to where it leads."""
        shown = self.shown
        if shown is None:
            self.setAccessibleDescription("")
            return
        text = self.words(self.current).replace("\n", ", ") or tr(
            "From {a}, {x}, to {b}, {y}, in {n} bars.",
            a=shown.labels[0],
            x=fmt.duration(shown.a),
            b=shown.labels[1],
            y=fmt.duration(shown.b),
            n=len(shown.steps),
        )
        self.setAccessibleDescription(text)

    # -- mouse and keys -------------------------------------------------------------

    def choose(self, number: int) -> None:
        """Choose a bar; −1 is none."""
        count = len(self.shown.steps) if self.shown else 0
        number = number if 0 <= number < count else -1
        if number != self.current:
            self.current = number
            self._tell()
            self.update()
            self.chosen.emit(number)

    def event(self, event: QEvent) -> bool:
        """Tell of the bar under the mouse."""
        if event.type() is QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            text = self.words(self.step_at(event.pos().y()))
            QToolTip.showText(event.globalPos(), tooltip(text), self)
            return True
        return super().event(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Lift the bar under the mouse."""
        self._lift(self.step_at(event.position().y()))

    def leaveEvent(self, _event: QEvent) -> None:
        """Lift none."""
        self._lift(-1)

    def _lift(self, number: int) -> None:
        if number != self._hover:
            self._hover = number
            self.update()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Choose a bar."""
        if event.button() is Qt.MouseButton.LeftButton:
            self.choose(self.step_at(event.position().y()))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Move between the bars; Esc chooses none."""
        key, last = Qt.Key(event.key()), len(self.shown.steps) - 1 if self.shown else -1
        if key in _KEYS and last >= 0:
            self.choose(min(max(self.current + _KEYS[key], 0), last))
        elif key in (Qt.Key.Key_Home, Qt.Key.Key_End) and last >= 0:
            self.choose(0 if key is Qt.Key.Key_Home else last)
        elif key is Qt.Key.Key_Escape and self.current >= 0:
            self.choose(-1)
        else:
            super().keyPressEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        """Show where the focus is."""
        super().focusInEvent(event)
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        """Show that it is elsewhere."""
        super().focusOutEvent(event)
        self.update()


def end_name(side: int, label: str) -> str:
    """Return what an end of the waterfall is called."""
    if side == 0:
        return tr("A · {label}", label=label)
    return tr("B · {label}", label=label)


def _signed(value: float, decimals: int) -> str:
    """Return a difference with its sign; what is nothing has none."""
    if not value:
        return "0"
    text = fmt.fixed(value, decimals)
    return f"+{text}" if value > 0 else text


def _difference(ns: int) -> str:
    return f"{'+' if ns > 0 else ''}{fmt.duration(ns)}"


def _x(value: float, room: QRectF, up: Axis) -> float:
    return room.left() + (value - up.low) / (up.high - up.low) * room.width()


def _fill(painter: QPainter, box: QRectF, colour: QColor) -> None:
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(box, 2, 2)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
