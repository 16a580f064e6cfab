"""How a row of the operator table is painted: swatch, text, in-cell bar, hairline."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem

from diptych.gui.models.operators import BAR_ROLE, FAMILY_ROLE, NOISE_ROLE, OperatorModel
from diptych.gui.theme import current, font
from diptych.gui.theme.tokens import ROW

_PAD, _SWATCH, _BAR = 8, 9, 7


class OperatorDelegate(QStyledItemDelegate):
    """Paints from the model's roles; text is never read as HTML."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one cell."""
        model = index.model()
        if not isinstance(model, OperatorModel):
            return
        tokens = current()
        rect = QRectF(option.rect)
        key = model.columns[index.column()].key
        painter.save()
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(rect, QColor(tokens.selection))
        painter.fillRect(
            QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1), QColor(tokens.line1)
        )
        noise = bool(index.data(NOISE_ROLE))
        colour = QColor(tokens.families[index.data(FAMILY_ROLE)])
        if key == "bar":
            self._bar(painter, rect, float(index.data(BAR_ROLE)), colour)
        else:
            if key == "name":
                self._swatch(painter, rect, colour)
                rect.adjust(_SWATCH + 8, 0, 0, 0)
            ink = tokens.text_off if noise else tokens.text2 if key == "phase" else tokens.text1
            painter.setPen(QColor(ink))
            self._text(painter, rect.adjusted(_PAD, 0, -_PAD, 0), index, strong=key == "name")
        painter.restore()

    def _swatch(self, painter: QPainter, rect: QRectF, colour: QColor) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(colour)
        top = rect.center().y() - _SWATCH / 2
        painter.drawRoundedRect(QRectF(rect.left() + _PAD, top, _SWATCH, _SWATCH), 2, 2)

    def _bar(self, painter: QPainter, rect: QRectF, share: float, colour: QColor) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        ground = QRectF(rect.left() + 4, rect.center().y() - _BAR / 2, rect.width() - 12, _BAR)
        painter.setBrush(QColor(current().line1))
        painter.drawRoundedRect(ground, 2, 2)
        if share > 0:
            painter.setBrush(colour)
            ground.setWidth(max(2.0, ground.width() * share))
            painter.drawRoundedRect(ground, 2, 2)

    def _text(
        self,
        painter: QPainter,
        rect: QRectF,
        index: QModelIndex | QPersistentModelIndex,
        *,
        strong: bool,
    ) -> None:
        painter.setFont(font(12, 500 if strong else 400))
        text = str(index.data(Qt.ItemDataRole.DisplayRole))
        shown = painter.fontMetrics().elidedText(
            text, Qt.TextElideMode.ElideRight, int(rect.width())
        )
        side = index.data(Qt.ItemDataRole.TextAlignmentRole)
        painter.drawText(rect, int(side) | int(Qt.TextFlag.TextSingleLine), shown)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the height of a row and the width that the text needs."""
        return QSize(super().sizeHint(option, index).width() + 2 * _PAD, ROW)
