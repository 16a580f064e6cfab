"""The ruler: steps, time, the flag of the crosshair, the brush and the marks."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QPointF, QRectF, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPolygonF
from PySide6.QtWidgets import QWidget

from diptych.gui.models.trace_marks import Mark
from diptych.gui.models.trace_scene import Step
from diptych.gui.plots.items import colour_with, line_pen
from diptych.gui.plots.timeline import ticks
from diptych.gui.plots.timeline.span import Span
from diptych.gui.plots.timeline.strip import Strip, flag, margin
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, scaled

STEPS, TIME = 20, 26
"""Heights of the line of steps and of that of times, before the type is scaled."""
_TICK = 92
"""Pixels between two labels, at least."""


class Ruler(Strip):
    """Drag to select a stretch; a click on a step selects the step, one on a mark goes there.

    ``marked`` tells of a click on a mark.
    """

    marked = Signal(object)

    def __init__(self, span: Span, parent: QWidget | None = None) -> None:
        super().__init__(span, parent)
        self.steps: Sequence[Step] = ()
        self.marks: Sequence[Mark] = ()
        self.offset: Callable[[], float] = lambda: 0.0
        """What is added to a time of the trace to have one of the ruler."""
        self.zero = 0.0
        self.words = ""
        self._from: float | None = None
        self.setFixedHeight(scaled(TIME))
        self.setMouseTracking(True)
        self.setAccessibleName(tr("Time ruler"))
        self.setToolTip(tr("Drag to select a stretch; click a step to select it"))
        for signal in (span.changed, span.cross_changed, span.brush_changed, manager().changed):
            signal.connect(self.update)

    def show_steps(self, steps: Sequence[Step]) -> None:
        """Show these steps; without any the ruler is lower."""
        self.steps = steps
        self.setFixedHeight(scaled(TIME) + (scaled(STEPS) if steps else 0))
        self.update()

    # -- painting -----------------------------------------------------------

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        tokens = current()
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(tokens.bg1))
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.text2))
        top = self.height() - scaled(TIME)
        side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(QRectF(16, top, margin() - 20, scaled(TIME)), side, self.words)
        painter.setClipRect(margin(), 0, self.room, self.height())
        if self.steps:
            self._paint_steps(painter)
        self._paint_ticks(painter, top)
        self._paint_brush(painter)
        self._paint_marks(painter, top)
        painter.setPen(line_pen(tokens.line1))
        painter.setClipping(False)
        painter.drawLine(0, self.height() - 1, self.width(), self.height() - 1)
        if self.span.cross is not None and self._from is None:
            text = ticks.exact(self.span.cross - self.zero, self.span.length)
            flag(painter, self.x_at(self.span.cross), top + 3, text, self.width())
        painter.end()

    def _paint_ticks(self, painter: QPainter, top: int) -> None:
        tokens, metrics = current(), QFontMetricsF(painter.font())
        for at in self.tick_times():
            x = round(self.x_at(at)) + 0.5
            painter.setPen(line_pen(tokens.line2))
            painter.drawLine(QPointF(x, self.height() - 6), QPointF(x, self.height()))
            painter.setPen(QColor(tokens.text2))
            text = ticks.label(at - self.zero, self.span.length)
            if x + 5 + metrics.horizontalAdvance(text) <= self.width():
                painter.drawText(QPointF(x + 5, top + scaled(17)), text)

    def tick_times(self) -> list[float]:
        """Return the instants that have a label."""
        low, high = self.span.low - self.zero, self.span.high - self.zero
        found = ticks.ticks(low, high, max(2, self.room // scaled(_TICK)))
        return [at + self.zero for at in found]

    def _paint_steps(self, painter: QPainter) -> None:
        tokens, offset = current(), self.offset()
        metrics = QFontMetricsF(painter.font())
        drawn = 0.0
        for step in self.steps:
            left, right = self.x_at(step.start + offset), self.x_at(step.end + offset)
            if right < margin() or left > self.width() or right - drawn < 1:
                continue
            drawn = right
            box = QRectF(
                max(left, margin()),
                3,
                min(right, self.width()) - max(left, margin()),
                scaled(STEPS) - 5,
            )
            shown = box.adjusted(0, 0, -1, 0)
            painter.fillRect(shown, QColor(tokens.bg3))
            name = metrics.elidedText(step_name(step), Qt.TextElideMode.ElideRight, box.width() - 8)
            if len(name) > 3 or name == step_name(step):
                painter.setPen(QColor(tokens.text2))
                painter.drawText(box.adjusted(5, 0, -3, 0), Qt.AlignmentFlag.AlignVCenter, name)

    def _paint_brush(self, painter: QPainter) -> None:
        if self.span.brush is None:
            return
        tokens = current()
        left, right = (self.x_at(at) for at in self.span.brush)
        box = QRectF(left, 0, right - left, self.height())
        painter.fillRect(box, colour_with(tokens.accent, 0.10))
        painter.setPen(line_pen(tokens.accent))
        painter.drawLine(QPointF(left, self.height() - 1.5), QPointF(right, self.height() - 1.5))
        middle = (left + right) / 2
        if right - left > scaled(72) and margin() < middle < self.width():
            text = ticks.exact(self.span.brush[1] - self.span.brush[0], self.span.length)
            wide = QFontMetricsF(painter.font()).horizontalAdvance(text) + 10
            place = QRectF(middle - wide / 2, self.height() - scaled(18) - 3, wide, scaled(16))
            painter.fillRect(place, QColor(tokens.bg1))
            painter.setPen(QColor(tokens.accent))
            painter.drawText(place, Qt.AlignmentFlag.AlignCenter, text)

    def _paint_marks(self, painter: QPainter, top: int) -> None:
        tokens = current()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        for mark in self.marks:
            x = self.x_at(mark.time + self.offset())
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(tokens.warning))
            points = ((0, top + 2), (9, top + 6), (0, top + 10))
            painter.drawPolygon(QPolygonF([QPointF(x + dx, y) for dx, y in points]))
            painter.setPen(QColor(tokens.warning))
            painter.drawLine(QPointF(x, top + 2), QPointF(x, self.height()))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    # -- mouse --------------------------------------------------------------

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Begin to select, or go to a mark."""
        at = event.position()
        if event.button() is not Qt.MouseButton.LeftButton or at.x() < margin():
            return
        mark = self._mark_at(at)
        if mark is not None:
            self.marked.emit(mark)
            return
        self._from = self.time(at.x())

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Select, or move the crosshair."""
        at = self.time(event.position().x())
        self.span.set_cross(at if event.position().x() >= margin() else None)
        if self._from is not None and abs(at - self._from) > 3 * self.per_pixel:
            self.span.set_brush((self._from, at))

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Select a step, or clear the brush, when it was a click."""
        if self._from is None:
            return
        at = self.time(event.position().x())
        if abs(at - self._from) <= 3 * self.per_pixel:
            step = self._step_at(event.position())
            offset = self.offset()
            self.span.set_brush((step.start + offset, step.end + offset) if step else None)
        self._from = None
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Take the crosshair away."""
        self.span.set_cross(None)
        super().leaveEvent(event)

    def _step_at(self, at: QPointF) -> Step | None:
        if not self.steps or at.y() > scaled(STEPS):
            return None
        time = self.time(at.x()) - self.offset()
        return next((step for step in self.steps if step.start <= time <= step.end), None)

    def _mark_at(self, at: QPointF) -> Mark | None:
        if at.y() < self.height() - scaled(TIME):
            return None
        near = [m for m in self.marks if -3 <= at.x() - self.x_at(m.time + self.offset()) <= 10]
        return near[-1] if near else None


def step_name(step: Step) -> str:
    """Return such as ``step 412``."""
    number = step.name.rpartition("#")[2]
    return tr("step {number}", number=number) if number.isdigit() else step.name
