"""What the cells of all operator tables are painted with."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from diptych.gui.theme import current, font

PAD = 8
"""Pixels left and right of a text."""
_SWATCH, _BAR = 9, 7


def paint_ground(painter: QPainter, option: QStyleOptionViewItem) -> QRectF:
    """Paint selection and hairline; return the room of the cell."""
    tokens, rect = current(), QRectF(option.rect)
    if option.state & QStyle.StateFlag.State_Selected:
        painter.fillRect(rect, QColor(tokens.selection))
    line = QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1)
    painter.fillRect(line, QColor(tokens.line1))
    return rect


def paint_swatch(painter: QPainter, rect: QRectF, colour: QColor) -> QRectF:
    """Paint a small square of ``colour`` at the left; return the room that is left."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    top = rect.center().y() - _SWATCH / 2
    painter.drawRoundedRect(QRectF(rect.left() + PAD, top, _SWATCH, _SWATCH), 2, 2)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    return rect.adjusted(_SWATCH + 8, 0, 0, 0)


def paint_bar(painter: QPainter, rect: QRectF, share: float, colour: QColor) -> None:
    """Paint a bar over the width of ``rect``, filled to ``share`` (0-1)."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    ground = QRectF(rect.left(), rect.center().y() - _BAR / 2, rect.width(), _BAR)
    painter.setBrush(QColor(current().line1))
    painter.drawRoundedRect(ground, 2, 2)
    if share > 0:
        painter.setBrush(colour)
        ground.setWidth(max(2.0, ground.width() * share))
        painter.drawRoundedRect(ground, 2, 2)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)


def paint_text(
    painter: QPainter,
    rect: QRectF,
    index: QModelIndex | QPersistentModelIndex,
    ink: str,
    *,
    strong: bool,
) -> None:
    """Paint the text of a cell, plain and elided, aligned as the model says."""
    painter.setPen(QColor(ink))
    painter.setFont(font(12, 500 if strong else 400))
    room = rect.adjusted(PAD, 0, -PAD, 0)
    text = painter.fontMetrics().elidedText(
        str(index.data()), Qt.TextElideMode.ElideRight, int(room.width())
    )
    side = index.data(Qt.ItemDataRole.TextAlignmentRole)
    painter.drawText(room, int(side) | int(Qt.TextFlag.TextSingleLine), text)
