"""The Qt model of the runs list. Role `ROW` gives a `Row`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from PySide6.QtCore import (
    QAbstractListModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    QTimer,
    Signal,
)

from diptych.gui.models.hub import RunHub
from diptych.gui.models.queue import RunQueue
from diptych.gui.models.run_rows import Row, build
from diptych.gui.text.runs import WORDS
from diptych.profiling.runs.store import RunEntry

ROW = Qt.ItemDataRole.UserRole + 1
Index = QModelIndex | QPersistentModelIndex

_REFRESH_MS = 250


class RunListModel(QAbstractListModel):
    """Follows the hub and the queue; news of many runs at once become one change."""

    about_to_change = Signal()
    """The rows will be others (not only their content)."""
    rows_changed = Signal()
    """They are."""

    def __init__(self, hub: RunHub, queue: RunQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hub, self._queue = hub, queue
        self._rows: list[Row] = []
        self._needle = ""
        self._closed: set[str] = set()
        self._said: dict[str, tuple[RunEntry, Row]] = {}
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        hub.entries_changed.connect(lambda _: self.refresh())
        hub.snapshot_changed.connect(lambda *_: self._soon())
        queue.changed.connect(self.refresh)

    @property
    def rows(self) -> list[Row]:
        """All rows as shown."""
        return self._rows

    def row_of(self, key: str) -> int | None:
        """Return where the run or the group is."""
        return next((n for n, row in enumerate(self._rows) if row.key == key), None)

    def filter(self, needle: str) -> None:
        """Show only runs that have all words of ``needle`` in title, setup, id or state."""
        self._needle = needle
        self.refresh()

    def toggle(self, group: str) -> None:
        """Open or close a group."""
        self._closed ^= {group}
        self.refresh()

    def group_of(self, row: int) -> str:
        """Return the group in which a row is."""
        return next(r.key for r in reversed(self._rows[: row + 1]) if r.group)

    def reveal(self, run: str) -> None:
        """Open all groups when a run that is known is in a closed one."""
        if self._closed and not self._needle and self._hub.entry(run) is not None:
            self.open_all()

    def open_all(self) -> None:
        """Open every group."""
        self._closed.clear()
        self.refresh()

    def refresh(self) -> None:
        """Look at hub and queue now."""
        today = datetime.now().astimezone().date()
        rows = build(
            self._hub.entries,
            self._hub.latest,
            self._queue.waiting,
            today=today,
            needle=self._needle,
            closed=self._closed,
        )
        rows = [self._remembered(row) for row in rows]
        if [row.key for row in rows] != [row.key for row in self._rows]:
            self.about_to_change.emit()
            self.beginResetModel()
            self._rows = rows
            self.endResetModel()
            self.rows_changed.emit()
            return
        for n, (old, new) in enumerate(zip(self._rows, rows, strict=True)):
            if old != new:
                self._rows[n] = new
                index = self.index(n)
                self.dataChanged.emit(index, index)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        """Count the rows."""
        return 0 if parent.isValid() else len(self._rows)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a row, its title, or what a screen reader says of it."""
        if not index.isValid():
            return None
        row = self._rows[index.row()]
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.ToolTipRole:
            return tip(row, self._hub.directory(row.key))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(row)
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let only runs be selected, or reached by the arrow keys."""
        row = self._rows[index.row()]
        if row.run is None:
            return Qt.ItemFlag.NoItemFlags
        return Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable

    def _remembered(self, row: Row) -> Row:
        """Return what was said of a run while it was open, if it is still as it was then."""
        entry = self._hub.entry(row.key)
        if row.run is None or entry is None:
            return row
        if self._hub.latest(row.key) is not None:
            self._said[row.key] = (entry, row)
        known = self._said.get(row.key)
        return known[1] if known is not None and known[0] == entry else row

    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()


def tip(row: Row, directory: Path | None) -> str:
    """Return what does not fit into a row: where it is, and what was lost."""
    if row.run is None:
        return ""
    lines = [row.title, row.run.second, str(directory or "")]
    return "\n".join(line for line in lines if line)


def spoken(row: Row) -> str:
    """Return a row in words."""
    if row.waiting is not None:
        return f"{row.title}, waiting"
    if row.run is None:
        return f"{row.title}, {row.count} runs"
    return ", ".join((row.title, WORDS[row.run.state], row.run.second, row.run.value))
