"""The time axis at the foot of a stack, with the flag of the crosshair."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from diptych.gui.plots.paint import LEFT, RIGHT
from diptych.gui.plots.scale import STEPS
from diptych.gui.plots.timeview import TimeView
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font


class Foot(QWidget):
    """Labels of the shared time axis; ``inset`` is the width of a scroll bar above it."""

    def __init__(self, time: TimeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._time = time
        self.inset = 0
        self.setFixedHeight(24)
        self._name()
        time.unit_changed.connect(self._name)
        time.range_changed.connect(self.update)
        time.cross_changed.connect(self.update)

    def _name(self) -> None:
        steps = self._time.unit is STEPS
        name = tr("Step numbers") if steps else tr("Seconds since each run began")
        self.setAccessibleName(name)
        self.update()

    def _x(self, seconds: float) -> float:
        low, high = self._time.range
        width = self.width() - LEFT - RIGHT - self.inset
        return LEFT + (seconds - low) / (high - low) * width

    def labels(self) -> list[tuple[float, str]]:
        """Return pixel and text of each label."""
        low, high = self._time.range
        room = max(2, (self.width() - LEFT - RIGHT - self.inset) // 90)
        unit = self._time.unit
        return [(self._x(t), unit.label(t, high - low)) for t in unit.ticks(low, high, room)]

    def flag(self) -> str:
        """Return what the flag of the crosshair says, nothing without one."""
        low, high = self._time.range
        at = self._time.cross
        if at is None or not low <= at <= high:
            return ""
        text = self._time.unit.label(at, (high - low) / 10)
        return tr("step {n}", n=text) if self._time.unit is STEPS else text

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the labels, and the flag over them."""
        tokens, painter = current(), QPainter(self)
        painter.fillRect(self.rect(), QColor(tokens.bg1))
        painter.setFont(font(11))
        metrics = QFontMetricsF(painter.font())
        painter.setPen(QColor(tokens.text3))
        what = tr("step") if self._time.unit is STEPS else tr("time")
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        painter.drawText(QRectF(0, 0, LEFT - 16, 22), right, what)
        painter.setPen(QColor(tokens.text2))
        at = None if not self.flag() or self._time.cross is None else self._x(self._time.cross)
        for x, text in self.labels():
            width = metrics.horizontalAdvance(text)
            if (
                at is not None
                and abs(x - at) < (width + metrics.horizontalAdvance(self.flag())) / 2 + 12
            ):
                continue
            left = min(max(x - width / 2, 2), self.width() - width - 2)
            painter.drawText(QRectF(left, 0, width + 2, 22), Qt.AlignmentFlag.AlignVCenter, text)
        if at is not None:
            self._paint_flag(painter, at)

    def _paint_flag(self, painter: QPainter, x: float) -> None:
        tokens = current()
        painter.setFont(font(11, 600))
        width = QFontMetricsF(painter.font()).horizontalAdvance(self.flag()) + 14
        left = min(max(x - width / 2, 2), self.width() - width - 2)
        box = QRectF(left, 2, width, 18)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(tokens.text1))
        painter.drawRoundedRect(box, 4, 4)
        painter.setPen(QColor(tokens.bg1))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, self.flag())
