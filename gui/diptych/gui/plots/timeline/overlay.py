"""What lies over the lanes: veil, brush, selected slice, arrows, marks, crosshair."""

from __future__ import annotations

from collections.abc import Iterable
from math import hypot

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from diptych.gui.plots.items import colour_with, line_pen
from diptych.gui.theme import Tokens

VEIL = 0.5


def veil(painter: QPainter, area: QRectF, left: float, right: float, tokens: Tokens) -> None:
    """Dim what lies outside the brush and draw its edges."""
    over = colour_with(tokens.bg1, VEIL)
    before = QRectF(area.left(), area.top(), max(0.0, left - area.left()), area.height())
    behind = QRectF(max(right, area.left()), area.top(), area.right() - right, area.height())
    for part in (before, behind):
        if part.width() > 0:
            painter.fillRect(part.intersected(area), over)
    inside = QRectF(left, area.top(), right - left, area.height()).intersected(area)
    painter.fillRect(inside, colour_with(tokens.accent, 0.05))
    painter.setPen(line_pen(tokens.accent))
    for x in (left, right):
        if area.left() <= x <= area.right():
            painter.drawLine(QLineF(round(x) + 0.5, area.top(), round(x) + 0.5, area.bottom()))


def outline(painter: QPainter, box: QRectF, tokens: Tokens, *, strong: bool) -> None:
    """Draw a frame around a slice: two tones, so that it is seen on any colour."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    if strong:
        painter.setPen(QPen(QColor(tokens.bg1), 1))
        painter.drawRect(box.adjusted(-2.5, -2.5, 1.5, 1.5))
        painter.setPen(QPen(QColor(tokens.text1), 2))
        painter.drawRect(box.adjusted(-1, -1, 0, 0))
    else:
        painter.setPen(line_pen(tokens.text1))
        painter.drawRect(box.adjusted(0, 0, -1, -1))


def arrow(painter: QPainter, source: QPointF, target: QPointF, tokens: Tokens) -> None:
    """Draw a curved arrow, with an edge that sets it apart from what it crosses."""
    bend = min(90.0, max(18.0, hypot(target.x() - source.x(), target.y() - source.y()) / 3))
    down = bend if target.y() >= source.y() else -bend
    path = QPainterPath(source)
    path.cubicTo(source + QPointF(bend * 0.3, down), target - QPointF(bend, down * 0.6), target)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, wide in ((tokens.bg1, 3.5), (tokens.text1, 1.4)):
        pen = QPen(QColor(colour), wide)
        pen.setCapStyle(Qt.PenCapStyle.RoundCap)
        painter.setPen(pen)
        painter.drawPath(path)
    angle = path.angleAtPercent(1.0)
    _head(painter, target, angle, tokens)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def _head(painter: QPainter, at: QPointF, angle: float, tokens: Tokens) -> None:
    sides = []
    for turn in (155, -155):
        line = QLineF.fromPolar(8, angle + turn)
        sides.append(at + line.p2())
    painter.setPen(QPen(QColor(tokens.bg1), 1))
    painter.setBrush(QColor(tokens.text1))
    painter.drawPolygon(QPolygonF([at, *sides]))


def lines(
    painter: QPainter, area: QRectF, at: Iterable[float], colour: str, *, dashed: bool
) -> None:
    """Draw upright lines at these pixels."""
    painter.setPen(line_pen(colour, dashed=dashed))
    for x in at:
        if area.left() <= x <= area.right():
            painter.drawLine(QLineF(round(x) + 0.5, area.top(), round(x) + 0.5, area.bottom()))
