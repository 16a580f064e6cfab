"""How a row of the operator table is painted: swatch, text, in-cell bar, hairline."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QSize
from PySide6.QtGui import QColor, QPainter
from PySide6.QtWidgets import QStyledItemDelegate, QStyleOptionViewItem

from diptych.gui.models.operators import BAR_ROLE, FAMILY_ROLE, NOISE_ROLE, OperatorModel
from diptych.gui.theme import current
from diptych.gui.theme.tokens import ROW
from diptych.gui.views.cells import PAD, paint_bar, paint_ground, paint_swatch, paint_text


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
        key = model.columns[index.column()].key
        painter.save()
        rect = paint_ground(painter, option)
        noise = bool(index.data(NOISE_ROLE))
        colour = QColor(tokens.families[index.data(FAMILY_ROLE)])
        if key == "bar":
            paint_bar(painter, rect.adjusted(4, 0, -8, 0), float(index.data(BAR_ROLE)), colour)
        else:
            if key == "name":
                rect = paint_swatch(painter, rect, colour)
            ink = tokens.text_off if noise else tokens.text2 if key == "phase" else tokens.text1
            paint_text(painter, rect, index, ink, strong=key == "name")
        painter.restore()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the height of a row and the width that the text needs."""
        return QSize(super().sizeHint(option, index).width() + 2 * PAD, ROW)
