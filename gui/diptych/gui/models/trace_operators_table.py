"""The Qt model of the operators of a trace: sorted, filtered and unfolded with NumPy.

A hundred thousand rows are sorted or filtered in a few hundredths of a second.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from diptych.gui.models.trace_heads import head, side_of, turned
from diptych.gui.models.trace_operators import Forest, Measure, columns_of, shares
from diptych.gui.models.trace_operators_order import ancestors_of, visible
from diptych.gui.models.trace_selection import TableColumn
from diptych.gui.text import format as fmt
from diptych.gui.text.timeline import rich

Index = QModelIndex | QPersistentModelIndex
COLOUR_ROLE = Qt.ItemDataRole.UserRole
BAR_ROLE = Qt.ItemDataRole.UserRole + 1
"""Share of the longest bar of the column, 0–1; ``None`` without a bar."""
INDENT_ROLE = Qt.ItemDataRole.UserRole + 2
BRANCH_ROLE = Qt.ItemDataRole.UserRole + 3
"""Whether a node is unfolded; ``None`` where there is nothing below it."""

HIDDEN = frozenset({"device_self", "p50", "p99", "low"})
"""Columns that are hidden until they are asked for."""
_UNFOLDED = 10.0
"""A node of so many per cent is unfolded at first."""


class TraceOperatorsModel(QAbstractTableModel):
    """``order`` holds the nodes of ``forest`` that are shown, from the top."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.forest: Forest | None = None
        self.measure: Measure = "host"
        self.columns: list[TableColumn] = []
        self.possible: list[TableColumn] = []
        """Columns that there are, those too that are hidden."""
        self.hidden = HIDDEN
        self.crowded: frozenset[str] = frozenset()
        """Columns for which there is no room now."""
        self.order: NDArray[np.int64] = np.empty(0, np.int64)
        self.sorting: tuple[str, Qt.SortOrder] = ("share", Qt.SortOrder.DescendingOrder)
        self._words: tuple[str, ...] = ()
        self._open: NDArray[np.bool_] = np.empty(0, np.bool_)
        self._parents: NDArray[np.bool_] = np.empty(0, np.bool_)
        self._most = 0.0

    # -- what is shown -------------------------------------------------------------

    def set_forest(self, forest: Forest | None, measure: Measure) -> None:
        """Show other nodes, or shares of another time."""
        self.beginResetModel()
        again = forest is not None and forest is self.forest
        self.forest, self.measure = forest, measure
        self.possible = columns_of(forest, measure) if forest is not None else []
        self._take_columns()
        if not again:
            self._fold()
        share = self._column("share")
        known = share.values[np.isfinite(share.values)] if share is not None else np.empty(0)
        self._most = float(known.max(initial=0.0))
        self._arrange()
        self.endResetModel()

    def _fold(self) -> None:
        count = len(self.forest) if self.forest is not None else 0
        self._parents = np.zeros(count, np.bool_)
        if self.forest is not None:
            self._parents[self.forest.parent[self.forest.parent >= 0]] = True
            self._open = shares(self.forest, self.measure) >= _UNFOLDED
        else:
            self._open = np.zeros(0, np.bool_)

    def set_filter(self, text: str) -> None:
        """Show only nodes whose name or family holds every word, and what is above them."""
        self._words = tuple(text.casefold().split())
        self._reset()

    def set_hidden(self, keys: frozenset[str]) -> None:
        """Leave out the columns with these keys; names always stand."""
        self.beginResetModel()
        self.hidden = keys - {"name"}
        self._take_columns()
        self.endResetModel()

    def set_crowded(self, keys: frozenset[str]) -> None:
        """Leave out columns for which there is no room."""
        if keys != self.crowded:
            self.beginResetModel()
            self.crowded = keys
            self._take_columns()
            self.endResetModel()

    def _take_columns(self) -> None:
        gone = self.hidden | self.crowded
        self.columns = [c for c in self.possible if c.key not in gone]

    def unfold(self, node: int, *, on: bool) -> None:
        """Show what is below a node, or hide it."""
        if 0 <= node < len(self._open) and self._parents[node]:
            self._open[node] = on
            self._reset()

    def unfold_all(self, *, on: bool) -> None:
        """Show every node, or only those on top."""
        self._open[:] = on
        self._reset()

    def reveal(self, node: int) -> None:
        """Unfold all that is above a node."""
        if self.forest is None:
            return
        up = int(self.forest.parent[node])
        while up >= 0:
            self._open[up] = True
            up = int(self.forest.parent[up])
        self._reset()

    def _reset(self) -> None:
        self.beginResetModel()
        self._arrange()
        self.endResetModel()

    def _column(self, key: str) -> TableColumn | None:
        return next((c for c in self.possible if c.key == key), None)

    @property
    def matches(self) -> NDArray[np.bool_] | None:
        """Which nodes fit the filter; ``None`` without one."""
        if self.forest is None or not self._words:
            return None
        return self.forest.found(self._words)

    def _arrange(self) -> None:
        forest = self.forest
        if forest is None:
            self.order = np.empty(0, np.int64)
            return
        ranked, kept, unfolded = self._ranked(forest), self.matches, self._open
        if not forest.is_tree:
            self.order = ranked if kept is None else ranked[kept[ranked]]
            return
        if kept is not None:
            above = ancestors_of(forest.parent, forest.levels, kept)
            kept, unfolded = kept | above, unfolded | above
        self.order = visible(forest.parent, forest.levels, ranked, unfolded, kept)

    def _ranked(self, forest: Forest) -> NDArray[np.int64]:
        """Return all nodes in the order of the chosen column; what is not known is last."""
        key, side = self.sorting
        down = side is Qt.SortOrder.DescendingOrder
        column = self._column(key) or self._column("share")
        if column is None or column.is_text:
            keys: NDArray[Any] = forest.note_rank if key == "note" else forest.rank
        else:
            keys = np.asarray(column.values, np.float64)
        return np.argsort(-keys if down else keys, kind="stable")

    # -- sorting -------------------------------------------------------------------

    def sorted_by(self) -> tuple[int, Qt.SortOrder]:
        """Return the column by which it is sorted (−1: one that is hidden), and the order."""
        key, side = self.sorting
        if self._column(key) is None:
            key = "share"
        return next((at for at, c in enumerate(self.columns) if c.key == key), -1), side

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column."""
        if 0 <= column < len(self.columns):
            self.sorting = (self.columns[column].key, order)
            self._reset()
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def turn(self, column: int) -> None:
        """Sort by a column: numbers the greatest first, texts from A; again the other way."""
        if 0 <= column < len(self.columns):
            self.sort(column, turned(self.columns, column, self.sorted_by()))

    # -- Qt's side -----------------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        """Return how many rows are shown."""
        return 0 if parent is not None and parent.isValid() else len(self.order)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return how many columns are shown."""
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return title, alignment and hint of a column."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        return head(self.columns, section, role, self.sorted_by())

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return text, alignment, tooltip, colour, bar, indent and branch of a cell."""
        if not index.isValid() or self.forest is None:
            return None
        node, column = int(self.order[index.row()]), self.columns[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(node, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return side_of(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tip(node, column)
        if role == COLOUR_ROLE:
            return self.forest.colour(node)
        if role == BAR_ROLE and column.bar:
            value = float(column.values[node])
            return value / self._most if self._most > 0 and np.isfinite(value) else 0.0
        if role == INDENT_ROLE:
            return int(self.forest.indent[node])
        if role == BRANCH_ROLE and self._parents[node]:
            return bool(self._open[node]) or bool(self._words)
        return None

    def text(self, node: int, column: TableColumn) -> str:
        """Return what a cell says, plain."""
        value = column.values[node]
        return str(value) if column.is_text else fmt.fixed(float(value), column.decimals)

    def _tip(self, node: int, column: TableColumn) -> str:
        forest = self.forest
        if forest is None:
            return ""
        if column.key == "note" and forest.notes is not None:
            return rich([forest.notes[node]])
        return rich([forest.tips[node]]) if column.key == "name" else ""

    def node_of(self, row: int) -> int:
        """Return the node of a shown row; −1 without one."""
        return int(self.order[row]) if 0 <= row < len(self.order) else -1

    def row_of(self, node: int) -> int:
        """Return the row in which a node is shown; −1 if it is not."""
        found = np.flatnonzero(self.order == node)
        return int(found[0]) if len(found) else -1

    # -- out -----------------------------------------------------------------------

    def to_table(self, rows: Iterable[int]) -> list[list[str]]:
        """Return shown rows with a header; names whole, deeper ones moved in."""
        made = [[column.title for column in self.columns]]
        for row in rows:
            node = self.node_of(row)
            made.append([self._whole(node, column) for column in self.columns])
        return made

    def _whole(self, node: int, column: TableColumn) -> str:
        forest = self.forest
        if column.key != "name" or forest is None:
            return self.text(node, column)
        deep = "  " * int(forest.depth[node]) if forest.wish.tree else ""
        shown = forest.wish.by == "shape" and forest.wish.tree and forest.parent[node] >= 0
        return deep + (forest.names[node] if shown else forest.tips[node])
