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
    QSize,
    Qt,
    QTimer,
    Signal,
)

from diptych.gui.models.experiments import is_comparison
from diptych.gui.models.hub import RunHub
from diptych.gui.models.queue import RunQueue
from diptych.gui.models.run_rows import Row, RowCache, build
from diptych.gui.text.plain import one_line, plain, tooltip
from diptych.gui.text.runs import WORDS, tag_words
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import scaled
from diptych.gui.theme.tokens import ROW_TALL
from diptych.profiling.runs.store import RunEntry

ROW = Qt.ItemDataRole.UserRole + 1
GROUP_HEIGHT = 30
_SIZE = int(Qt.ItemDataRole.SizeHintRole)
Index = QModelIndex | QPersistentModelIndex

_REFRESH_MS = 250
_TIP_LINES = 12
_WARM, _WARM_MS = 40, 10
"""Runs that are put into words at once, and the pause between."""


class RunListModel(QAbstractListModel):
    """Follows the hub and the queue; news of many runs at once become one change."""

    about_to_change = Signal()
    """The rows will be others (not only their content)."""
    rows_changed = Signal()
    """They are."""
    renamed = Signal(str, str)
    """A run's id and the name that was typed."""

    def __init__(self, hub: RunHub, queue: RunQueue, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hub, self._queue = hub, queue
        self._rows: list[Row] = []
        self._places: dict[str, int] = {}
        self._needle = ""
        self._closed: set[str] = set()
        self._cache = RowCache()
        self._typed: dict[str, tuple[RunEntry | None, str]] = {}
        self._held = self._late = False
        self._heights = (QSize(120, scaled(GROUP_HEIGHT)), QSize(120, scaled(ROW_TALL)))
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._warming = QTimer(self)
        self._warming.setInterval(_WARM_MS)
        self._warming.timeout.connect(self._warm)
        self._cold = 0
        hub.entries_changed.connect(self._entries)
        hub.snapshot_changed.connect(lambda *_: self._soon())
        queue.changed.connect(self.refresh)

    @property
    def rows(self) -> list[Row]:
        """All rows as shown."""
        return self._rows

    @property
    def runs_shown(self) -> int:
        """How many runs the filter lets through, those in closed groups included."""
        return sum(row.count for row in self._rows if row.group)

    def row_of(self, key: str) -> int | None:
        """Return where the run or the group is."""
        return self._places.get(key)

    def filter(self, needle: str) -> None:
        """Show only runs that fit ``needle``, see `run_filter`."""
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

    def hold(self) -> None:
        """Change nothing while somebody types into a row."""
        self._held = True

    def release(self) -> None:
        """Go on, and catch up."""
        self._held = False
        if self._late:
            self.refresh()

    def forget_typed(self, run: str) -> None:
        """Show the name that the run has: the one that was typed could not be kept."""
        if self._typed.pop(run, None) is not None:
            self.refresh()

    def refresh(self) -> None:
        """Look at hub and queue now."""
        self._late = self._held
        if self._held:
            return
        rows = build(
            self._hub.entries,
            self._hub.latest,
            self._queue.waiting,
            today=datetime.now().astimezone().date(),
            needle=self._needle,
            closed=self._closed,
            cache=self._cache,
        )
        self._put_typed(rows)
        if [row.key for row in rows] != [row.key for row in self._rows]:
            self._replace(rows)
            return
        for n, (old, new) in enumerate(zip(self._rows, rows, strict=True)):
            if old is not new and old != new:
                self._rows[n] = new
                index = self.index(n)
                self.dataChanged.emit(index, index)

    def _replace(self, rows: list[Row]) -> None:
        self.about_to_change.emit()
        self.beginResetModel()
        self._rows = rows
        self._places = {row.key: n for n, row in enumerate(rows)}
        self.endResetModel()
        self.rows_changed.emit()

    def _put_typed(self, rows: list[Row]) -> None:
        """Show a name that was just typed until the run says it itself."""
        for key, (before, name) in list(self._typed.items()):
            if self._hub.entry(key) is not before:
                del self._typed[key]
                continue
            for n, row in enumerate(rows):
                if row.key == key:
                    rows[n] = row.renamed(name)

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008 - as Qt declares it
        """Count the rows."""
        return len(self._rows) if parent.row() < 0 else 0

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a row, its height, its title, or what a screen reader says of it."""
        place = index.row()
        # First, for this is asked of every row whenever the rows are others.
        if role == _SIZE and place >= 0:
            return self._heights[not self._rows[place].group]
        if not 0 <= place < len(self._rows):
            return None
        row = self._rows[place]
        if role == ROW:
            return row
        if role == Qt.ItemDataRole.DisplayRole:
            return row.title
        if role == Qt.ItemDataRole.EditRole:
            return self._name(row.key)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tooltip(tip(row, self._hub.directory(row.key)))
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(row)
        return None

    def setData(self, index: Index, value: Any, role: int = Qt.ItemDataRole.EditRole) -> bool:
        """Take in the name that was typed for a run."""
        row = self._rows[index.row()]
        if role != Qt.ItemDataRole.EditRole or not row.is_run or value == self._name(row.key):
            return False
        if one_line(value):
            self._typed[row.key] = (self._hub.entry(row.key), one_line(value))
        self.renamed.emit(row.key, value)
        self._late = True
        return True

    def flags(self, index: Index) -> Qt.ItemFlag:
        """Let only runs be selected, or reached by the arrow keys."""
        row = self._rows[index.row()]
        if not row.is_run:
            return Qt.ItemFlag.NoItemFlags
        made = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
        return made if row.foreign else made | Qt.ItemFlag.ItemIsEditable

    def _name(self, run: str) -> str:
        """Return the name that a person gave, whole."""
        entry = self._hub.entry(run)
        return (entry.name if entry else None) or ""

    def _entries(self, entries: list[RunEntry]) -> None:
        self._cache.keep_only({entry.id for entry in entries})
        self.refresh()
        self._cold = len(self._rows)
        self._warming.start()

    def _warm(self) -> None:
        """Put some more runs into words, so that the first letter of a filter is quick."""
        end = min(self._cold, len(self._rows))
        self._cold = max(0, end - _WARM)
        for row in self._rows[self._cold : end]:
            row.warm()
        if not self._cold:
            self._warming.stop()

    def _soon(self) -> None:
        if not self._timer.isActive():
            self._timer.start()


def tip(row: Row, directory: Path | None) -> str:
    """Return what does not fit into a row: tags, note, where it is, what was lost."""
    if row.run is None:
        return ""
    note = plain(row.run.note).splitlines()
    noted = [one_line(line, 120) for line in note[:_TIP_LINES]]
    noted += ["…"] if len(note) > _TIP_LINES else []
    together = tr("One of several runs for a comparison") if is_comparison(row.pair) else ""
    lines = [row.title, row.run.second, together, *noted, str(directory or "")]
    return "\n".join(line for line in lines if line)


def spoken(row: Row) -> str:
    """Return a row in words."""
    if row.waiting is not None:
        return tr("{title}, waiting", title=row.title)
    if row.run is None:
        return trn("{title}, {n} run", "{title}, {n} runs", row.count, title=row.title)
    said = row.run
    tags = tr("tags {tags}", tags=tag_words(said.tags)) if said.tags else ""
    together = tr("for a comparison") if is_comparison(row.pair) else ""
    parts = (row.title, WORDS[said.state], said.second, said.value, together, tags)
    return ", ".join(part for part in parts if part)
