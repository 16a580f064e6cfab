"""What the tables of traces share: heads of columns and how a click on one sorts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import Qt

from diptych.gui.models.trace_selection import TableColumn

Sorting = tuple[int, Qt.SortOrder]
"""The column by which a table is sorted (-1: none that is shown), and how."""


def side_of(column: TableColumn) -> Qt.AlignmentFlag:
    """Return how a column is aligned: texts left, numbers right."""
    side = Qt.AlignmentFlag.AlignLeft if column.is_text else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter


def head(columns: Sequence[TableColumn], section: int, role: int, sorting: Sorting) -> Any:
    """Return title, alignment or hint of a column; an arrow says how it is sorted."""
    if not 0 <= section < len(columns):
        return None
    column = columns[section]
    if role == Qt.ItemDataRole.DisplayRole:
        at, order = sorting
        arrow = "↓" if order is Qt.SortOrder.DescendingOrder else "↑"
        return f"{column.title} {arrow}" if at == section else column.title
    if role == Qt.ItemDataRole.TextAlignmentRole:
        return side_of(column)
    return column.hint if role == Qt.ItemDataRole.ToolTipRole else None


def turned(columns: Sequence[TableColumn], column: int, sorting: Sorting) -> Qt.SortOrder:
    """Return how a click sorts: numbers the greatest first, texts from A; again the other way."""
    at, order = sorting
    down, up = Qt.SortOrder.DescendingOrder, Qt.SortOrder.AscendingOrder
    if column == at:
        return up if order is down else down
    return up if columns[column].is_text else down
