"""The time axis at the foot of a stack, with the flag of the crosshair."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from diptych.gui.plots.paint import RIGHT, margin
from diptych.gui.plots.scale import STEPS
from diptych.gui.plots.timeview import TimeView
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, scaled

FOOT = 24
"""Height of the axis."""


class Foot(QWidget):
    """Labels of the shared time axis; ``inset`` is the width of a scroll bar above it."""

    def __init__(self, time: TimeView, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._time = time
        self.inset = 0
        self.setFixedHeight(scaled(FOOT))
        self._name()
        time.unit_changed.connect(self._name)
        time.range_changed.connect(self.update)
        time.cross_changed.connect(self.update)

    def _name(self) -> None:
        steps = self._time.unit is STEPS
        name = tr("Step numbers") if steps else tr("Seconds since each run began")
        self.setAccessibleName(name)
        self.update()

    def labels(self) -> list[tuple[float, str]]:
        """Return pixel and text of each label."""
        return axis_labels(self._time, self.width(), self.inset)

    def flag(self) -> str:
        """Return what the flag of the crosshair says, nothing without one."""
        return flag_of(self._time)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Paint the labels, and the flag over them."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), QColor(current().bg1))
        paint_axis(painter, self._time, self.width(), self.inset)


def axis_labels(time: TimeView, width: float, inset: float) -> list[tuple[float, str]]:
    """Return pixel and text of each label of an axis that is ``width`` wide."""
    low, high = time.range
    room = max(2, int(width - margin() - RIGHT - inset) // scaled(90))
    ticks = time.unit.ticks(low, high, room)
    return [(_x(time, t, width - inset), time.unit.label(t, high - low)) for t in ticks]


def flag_of(time: TimeView) -> str:
    """Return what the flag of the crosshair says, nothing without one."""
    (low, high), at = time.range, time.cross
    if at is None or not low <= at <= high:
        return ""
    text = time.unit.label(at, (high - low) / 10)
    return tr("step {n}", n=text) if time.unit is STEPS else text


def _x(time: TimeView, place: float, width: float) -> float:
    low, high = time.range
    return margin() + (place - low) / (high - low) * (width - margin() - RIGHT)


def paint_axis(painter: QPainter, time: TimeView, width: float, inset: float) -> None:
    """Paint labels and flag of an axis at the painter's origin, as high as `FOOT`."""
    tokens, flag = current(), flag_of(time)
    painter.setFont(font(11))
    metrics = QFontMetricsF(painter.font())
    painter.setPen(QColor(tokens.text3))
    what = tr("step") if time.unit is STEPS else tr("time")
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    painter.drawText(QRectF(0, 0, margin() - scaled(16), scaled(22)), right, what)
    painter.setPen(QColor(tokens.text2))
    at = None if not flag or time.cross is None else _x(time, time.cross, width - inset)
    taken = metrics.horizontalAdvance(flag)
    for x, text in axis_labels(time, width, inset):
        wide = metrics.horizontalAdvance(text)
        if at is not None and abs(x - at) < (wide + taken) / 2 + 12:
            continue
        left = min(max(x - wide / 2, margin() - 12), width - wide - 2)
        painter.drawText(QRectF(left, 0, wide + 2, scaled(22)), Qt.AlignmentFlag.AlignVCenter, text)
    if at is not None:
        _paint_flag(painter, at, flag, width)


def _paint_flag(painter: QPainter, x: float, text: str, whole: float) -> None:
    tokens = current()
    painter.setFont(font(11, 600))
    width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 14
    left = min(max(x - width / 2, 2), whole - width - 2)
    box = QRectF(left, 2, width, scaled(18))
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(tokens.text1))
    painter.drawRoundedRect(box, 4, 4)
    painter.setPen(QColor(tokens.bg1))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
