"""What is in the trash, as a table: name, when it went there, how long it stays, its size."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from diptych.gui.text import format as fmt
from diptych.gui.text.plain import one_line, tooltip
from diptych.gui.text.runs import describe, short_path
from diptych.gui.text.tr import tr, trn
from diptych.profiling.runs.trash import KEEP_DAYS, Trashed

Index = QModelIndex | QPersistentModelIndex
_DAY = 86_400 * 10**9
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


class TrashModel(QAbstractTableModel):
    """Sizes become known one after the other."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Trashed] = []
        self._cells: list[tuple[str, ...]] = []
        self._sizes: dict[Path, int] = {}
        self._titles = (tr("Run"), tr("Deleted"), tr("Removed for good"), tr("Size"))

    def show_rows(self, rows: Sequence[Trashed]) -> None:
        """Show these runs."""
        self.beginResetModel()
        self.rows = list(rows)
        now = time.time_ns()
        self._cells = [_cells(trashed, now) for trashed in self.rows]
        self.endResetModel()

    def learn(self, sizes: Mapping[Path, int]) -> None:
        """Take in bytes of disk, by directory."""
        self._sizes.update(sizes)
        if self.rows:
            last = self.columnCount() - 1
            self.dataChanged.emit(self.index(0, last), self.index(len(self.rows) - 1, last))

    def size_of(self, rows: Sequence[Trashed]) -> int | None:
        """Return the bytes that runs take together; ``None`` until all are known."""
        sizes = [self._sizes.get(trashed.directory) for trashed in rows]
        known = [size for size in sizes if size is not None]
        return sum(known) if len(known) == len(sizes) else None

    def unknown(self) -> list[Path]:
        """Return the directories whose size is not known yet."""
        return [t.directory for t in self.rows if t.directory not in self._sizes]

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        """Count the runs."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        """Count the columns."""
        return 0 if parent.isValid() else len(self._titles)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the title of a column, and its side."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._titles[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if section == self.columnCount() - 1 else _LEFT
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell says."""
        trashed = self.rows[index.row()]
        last = index.column() == self.columnCount() - 1
        if role == Qt.ItemDataRole.DisplayRole:
            if last:
                size = self._sizes.get(trashed.directory)
                return fmt.UNKNOWN if size is None else fmt.file_size(size)
            return self._cells[index.row()][index.column()]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _RIGHT if last else _LEFT
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(_tip(trashed))
        return None


def _cells(trashed: Trashed, now: int) -> tuple[str, ...]:
    moved = datetime.fromtimestamp(trashed.moved / 1e9).astimezone()
    left = KEEP_DAYS - (now - trashed.moved) // _DAY
    goes = trn("in {n} day", "in {n} days", max(1, int(left)))
    return (describe(trashed.entry, None).title, f"{moved:%Y-%m-%d %H:%M}", goes)


def _tip(trashed: Trashed) -> str:
    said = describe(trashed.entry, None)
    origin = short_path(trashed.origin) if trashed.origin else ""
    was = tr("It was {origin}", origin=origin) if origin else ""
    lines = (said.title, said.second, one_line(trashed.key), was)
    return "\n".join(dict.fromkeys(line for line in lines if line))
