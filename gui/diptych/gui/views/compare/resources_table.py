"""What each side used: memory, processor, GPU, energy. Unknown is — with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    QPointF,
    QRectF,
    QSize,
    Qt,
)
from PySide6.QtGui import QColor, QFontMetricsF, QPainter
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
)

from diptych.gui.models.selection import Look
from diptych.gui.plots.compare.look import paint_side
from diptych.gui.text import format as fmt
from diptych.gui.text.compare_resources import KINDS, Kind, why_unknown, without_gpu
from diptych.gui.text.plain import one_line, tooltip
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, scaled
from diptych.gui.theme.tokens import ROW_TALL
from diptych.gui.views.cells import PAD, paint_bar
from diptych.gui.views.compare.panel import Panel, hint
from diptych.profiling.compare.comparison import Compared, Comparison

_Index = QModelIndex | QPersistentModelIndex
_VALUE = Qt.ItemDataRole.UserRole + 1
_NAMES, _LEAST = 168, 130
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class ResourcesPanel(Panel):
    """A row a resource, a column a side; without a GPU on any side one line says so."""

    def __init__(self) -> None:
        super().__init__(tr("Memory, processor and energy"))
        self.model = ResourcesModel(self)
        self.table = _Table(self.model)
        self.absent = hint()
        self.column.addWidget(self.table)
        self.column.addWidget(self.absent)
        self.column.addStretch(1)
        manager().changed.connect(self.table.viewport().update)
        self.set_comparison(None)

    def set_comparison(
        self, comparison: Comparison | None, looks: Sequence[Look] | None = None
    ) -> None:
        """Show another comparison, or none."""
        self.take(comparison, looks)
        self.model.show_comparison(comparison, self.looks)
        self.explain("" if comparison is not None else tr("No comparison is open."))
        without = comparison is not None and not self.model.with_gpu
        self.absent.show_text(tr("No side uses a GPU.") if without else "")
        self.absent.setVisible(without)
        self.table.fit()


class ResourcesModel(QAbstractTableModel):
    """Numbers of `KINDS` by side, with the reason where one is not known."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.sides: tuple[Compared, ...] = ()
        self.looks: list[Look] = []
        self.kinds: tuple[Kind, ...] = KINDS

    @property
    def with_gpu(self) -> bool:
        """Whether a side uses a GPU, or may."""
        return len(self.kinds) == len(KINDS)

    def show_comparison(self, comparison: Comparison | None, looks: list[Look]) -> None:
        """Show the sides of a comparison."""
        self.beginResetModel()
        self.sides = comparison.sides if comparison is not None else ()
        self.looks = looks
        gpu = not self.sides or not all(map(without_gpu, self.sides))
        self.kinds = KINDS if gpu else tuple(kind for kind in KINDS if not kind.gpu)
        self.endResetModel()

    def value(self, row: int, side: int) -> float | None:
        """Return a number, ``None`` where it is not known."""
        found = self.kinds[row].of(self.sides[side].resources)
        return found if fmt.known(found) else None

    def share(self, row: int, side: int) -> float:
        """Return a number as part of the largest of its row, 0 to 1."""
        known = [v for at in range(len(self.sides)) if (v := self.value(row, at)) is not None]
        most, own = max(known, default=0.0), self.value(row, side)
        return own / most if own is not None and most > 0 else 0.0

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return how many resources there are."""
        return 0 if parent.isValid() else len(self.kinds)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return the names and the sides."""
        return 0 if parent.isValid() else len(self.sides) + 1

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> Any:
        """Return the names of the sides."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section <= len(self.sides):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return int(_LEFT)
        name = one_line(self.sides[section - 1].label, 60) if section else tr("Resource")
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(name)
        return name if role == Qt.ItemDataRole.DisplayRole else None

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Return what a cell says."""
        if not index.isValid():
            return None
        kind, column = self.kinds[index.row()], index.column()
        if not column:
            return kind.title if role == Qt.ItemDataRole.DisplayRole else None
        side = self.sides[column - 1]
        value = self.value(index.row(), column - 1)
        text = kind.show(value) if value is not None else fmt.UNKNOWN
        if role == Qt.ItemDataRole.DisplayRole:
            return text
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(why_unknown(side, kind.key)) if value is None else None
        if role == Qt.ItemDataRole.AccessibleTextRole:
            known = text if value is not None else why_unknown(side, kind.key)
            return f"{kind.title}, {side.label}: {known}"
        return value if role == _VALUE else None


class _Table(QTableView):
    def __init__(self, model: ResourcesModel) -> None:
        super().__init__()
        self.rows = model
        self.setModel(model)
        self.setItemDelegate(_Delegate(self))
        self.setAccessibleName(tr("Memory, processor and energy"))
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(scaled(ROW_TALL - 6))
        header = self.horizontalHeader()
        header.setFont(font(11))
        header.setHighlightSections(False)
        header.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)

    def fit(self) -> None:
        """Be as high as the rows; the sides share the width."""
        sides = len(self.rows.sides)
        rows = sum(self.rowHeight(at) for at in range(self.rows.rowCount()))
        names = scaled(_NAMES)
        each = max(scaled(_LEAST), (self.viewport().width() - names) // max(sides, 1))
        over = names + sides * each > self.viewport().width()
        bar = self.horizontalScrollBar().sizeHint().height() if over else 0
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + rows + bar + 2)
        if sides:
            self.setColumnWidth(0, names)
            for at in range(sides):
                self.setColumnWidth(at + 1, each)

    def resizeEvent(self, event: object) -> None:
        """Fit the columns to the room."""
        super().resizeEvent(event)  # type: ignore[arg-type]  # Qt hands on its own event
        self.fit()


class _Delegate(QStyledItemDelegate):
    """Paints name and note, or mark, bar and number."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint one cell."""
        model, tokens, rect = index.model(), current(), QRectF(option.rect)
        if not isinstance(model, ResourcesModel):
            return
        painter.save()
        line = QRectF(rect.left(), rect.bottom() - 1, rect.width(), 1)
        painter.fillRect(line, QColor(tokens.line1))
        if index.column():
            self._paint_value(painter, rect, model, index)
        else:
            self._paint_name(painter, rect, model.kinds[index.row()])
        painter.restore()

    @staticmethod
    def _paint_name(painter: QPainter, rect: QRectF, kind: Kind) -> None:
        tokens = current()
        half = rect.height() / 2
        top = QRectF(rect.left() + PAD, rect.top() + 3, rect.width() - PAD, half - 2)
        painter.setFont(font(12, 500))
        painter.setPen(QColor(tokens.text1))
        painter.drawText(top, _LEFT, kind.title)
        painter.setFont(font(11))
        painter.setPen(QColor(tokens.text3))
        painter.drawText(top.translated(0, half - 3), _LEFT, kind.note)

    @staticmethod
    def _paint_value(
        painter: QPainter,
        rect: QRectF,
        model: ResourcesModel,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        tokens, side = current(), index.column() - 1
        known = index.data(_VALUE) is not None
        painter.setFont(font(12, 500 if known else 400))
        wide = QFontMetricsF(painter.font()).horizontalAdvance("000.00 GiB")
        middle = rect.center().y()
        look = model.looks[side]
        if known:
            paint_side(painter, QPointF(rect.left() + PAD + scaled(5), middle), look)
            left = rect.left() + PAD + scaled(16)
            bar = QRectF(left, rect.top(), rect.right() - left - wide - PAD, rect.height())
            if bar.width() > 20:
                share = model.share(index.row(), side)
                paint_bar(painter, bar, share, QColor(look.colour))
            painter.setPen(QColor(tokens.text1))
            painter.setFont(font(12, 500))
            painter.drawText(rect.adjusted(0, 0, -PAD, 0), _RIGHT, str(index.data()))
            return
        painter.setPen(QColor(tokens.text3))
        reason = why_unknown(model.sides[side], model.kinds[index.row()].key)
        painter.setFont(font(11))
        room = rect.adjusted(PAD, 0, -PAD - scaled(20), 0)
        text = QFontMetricsF(painter.font()).elidedText(
            reason, Qt.TextElideMode.ElideRight, room.width()
        )
        painter.drawText(room, _LEFT, text)
        painter.setFont(font(12))
        painter.drawText(rect.adjusted(0, 0, -PAD, 0), _RIGHT, fmt.UNKNOWN)

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the height of a row."""
        return QSize(super().sizeHint(option, index).width(), scaled(ROW_TALL - 6))
