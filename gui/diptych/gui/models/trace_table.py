"""The Qt model of the table under the timeline: sorted with numpy, copied as text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from diptych.gui.models.trace_heads import head, side_of, turned
from diptych.gui.models.trace_selection import Rows, TableColumn
from diptych.gui.text import format as fmt
from diptych.gui.text.timeline import rich

Index = QModelIndex | QPersistentModelIndex
COLOUR_ROLE = Qt.ItemDataRole.UserRole
BAR_ROLE = Qt.ItemDataRole.UserRole + 1
"""Share of the longest bar of the column, 0–1; ``None`` without a bar."""

_NOTHING = Rows((), np.empty(0, np.int32), ())


class StretchModel(QAbstractTableModel):
    """``order`` holds the numbers of the rows of ``rows`` as they are shown."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.rows = _NOTHING
        self.order = np.empty(0, np.int64)
        self._sort: dict[tuple[str, ...], tuple[str, Qt.SortOrder]] = {}

    def set_rows(self, rows: Rows) -> None:
        """Show other rows; a table of the same columns stays sorted as it was."""
        self.beginResetModel()
        self.rows = rows
        self._arrange()
        self.endResetModel()

    @property
    def _keys(self) -> tuple[str, ...]:
        return tuple(column.key for column in self.rows.columns)

    def sorted_by(self) -> tuple[int, Qt.SortOrder]:
        """Return the column by which it is sorted, and how; at first the column with bars."""
        bars = [column.key for column in self.rows.columns if column.bar]
        default = (bars[0] if bars else "", Qt.SortOrder.DescendingOrder)
        key, order = self._sort.get(self._keys, default)
        return (self._keys.index(key) if key in self._keys else -1), order

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        if not 0 <= column < len(self.rows.columns):
            return
        self.layoutAboutToBeChanged.emit()
        self._sort[self._keys] = (self.rows.columns[column].key, order)
        self._arrange()
        self.layoutChanged.emit()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.rows.columns) - 1)

    def turn(self, column: int) -> None:
        """Sort by a column: numbers the greatest first, texts from A; again the other way."""
        if 0 <= column < len(self.rows.columns):
            self.sort(column, turned(self.rows.columns, column, self.sorted_by()))

    def _arrange(self) -> None:
        at, order = self.sorted_by()
        if at < 0:
            self.order = np.arange(len(self.rows))
            return
        column = self.rows.columns[at]
        keys: Any = (
            np.array([str(value).casefold() for value in column.values], np.str_)
            if column.is_text
            else np.asarray(column.values, np.float64)
        )
        down = order is Qt.SortOrder.DescendingOrder
        if column.is_text:
            found = np.argsort(keys, kind="stable")
            self.order = found[::-1] if down else found
        else:
            # What is not known stays at the end.
            self.order = np.argsort(-keys if down else keys, kind="stable")

    # -- Qt's side ----------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        """Return how many rows there are."""
        return 0 if parent is not None and parent.isValid() else len(self.order)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return how many columns there are."""
        return 0 if parent is not None and parent.isValid() else len(self.rows.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return title, alignment and hint of a column."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        return head(self.rows.columns, section, role, self.sorted_by())

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return text, alignment, tooltip, colour and bar of a cell."""
        if not index.isValid():
            return None
        row, column = int(self.order[index.row()]), self.rows.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return side_of(column)
        if role == Qt.ItemDataRole.ToolTipRole and column.key == "name" and self.rows.tips:
            return rich([self.rows.tips[row]])
        if role == COLOUR_ROLE:
            return self.rows.colour[row]
        if role == BAR_ROLE and column.bar:
            most = float(np.nanmax(column.values)) if len(column.values) else 0.0
            return float(column.values[row]) / most if most > 0 else 0.0
        return None

    def text(self, row: int, column: TableColumn) -> str:
        """Return what a cell says, plain."""
        value = column.values[row]
        return str(value) if column.is_text else fmt.fixed(float(value), column.decimals)

    def slice_of(self, row: int) -> int:
        """Return the slice to which a shown row leads; −1 without one."""
        return int(self.rows.row[self.order[row]]) if 0 <= row < len(self.order) else -1

    def to_tsv(self, rows: Iterable[int]) -> str:
        """Return shown rows as they are shown, names whole, with a header."""
        lines = ["\t".join(column.title for column in self.rows.columns)]
        for at in rows:
            row = int(self.order[at])
            cells = [self.text(row, column) for column in self.rows.columns]
            if self.rows.tips:
                cells[0] = self.rows.tips[row]
            lines.append("\t".join(" ".join(cell.split()) for cell in cells))
        return "\n".join(lines) + "\n"
