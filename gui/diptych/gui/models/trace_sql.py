"""Questions in SQL to an open trace, asked beside the GUI's thread; the answer as a Qt model."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QObject,
    QPersistentModelIndex,
    Qt,
    Signal,
)

from diptych.gui.models import jobs
from diptych.gui.text import format as fmt
from diptych.gui.text.timeline import rich
from diptych.gui.text.tr import tr
from diptych.profiling.trace.table import Counter, Flows, Instants, MemoryEvents, TraceTable

Index = QModelIndex | QPersistentModelIndex
LIMIT = 10_000
"""Rows of an answer that are shown."""
_LONGEST = 2_000
"""Characters of a cell that are shown; copies and files have all of them."""

EXAMPLES: tuple[tuple[str, str], ...] = (
    (
        tr("Operators that take the most time themselves"),
        (
            "SELECT name, calls, self_ns / 1e6 AS self_ms, device_ns / 1e6 AS device_ms\n"
            "FROM operators ORDER BY self_ns DESC LIMIT 20"
        ),
    ),
    (
        tr("Kernels that vary the most"),
        (
            "SELECT name, count(*) AS launches, median(duration_ns) / 1e3 AS median_us,\n"
            "       max(duration_ns) / 1e3 AS max_us,\n"
            "       max(duration_ns) / median(duration_ns) AS ratio\n"
            "FROM slices WHERE kind = 'kernel' GROUP BY name HAVING count(*) > 5\n"
            "ORDER BY ratio DESC LIMIT 20"
        ),
    ),
    (
        tr("How long each step took, and how long the device was idle in it"),
        (
            "SELECT name, duration_ns / 1e6 AS ms, idle_ns / 1e6 AS idle_ms,\n"
            "       100.0 * idle_ns / duration_ns AS idle_percent\n"
            "FROM steps ORDER BY start_ns"
        ),
    ),
    (
        tr("The longest slices of the host"),
        (
            "SELECT row, thread, name, start_ns / 1e6 AS start_ms, duration_ns / 1e6 AS ms\n"
            "FROM slices WHERE device IS NULL ORDER BY duration_ns DESC LIMIT 50"
        ),
    ),
    (
        tr("From launch to kernel: who waits the longest"),
        (
            "SELECT k.name, count(*) AS launches,\n"
            "       avg(k.start_ns - (c.start_ns + c.duration_ns)) / 1e3 AS mean_delay_us\n"
            "FROM slices k JOIN slices c ON k.launch = c.row WHERE k.kind = 'kernel'\n"
            "GROUP BY k.name ORDER BY mean_delay_us DESC LIMIT 20"
        ),
    ),
    (
        tr("Input shapes of an operator"),
        (
            "SELECT shape, count(*) AS calls, sum(duration_ns) / 1e6 AS ms\n"
            "FROM slices WHERE kind = 'operator' AND name LIKE '%conv%' AND shape IS NOT NULL\n"
            "GROUP BY shape ORDER BY ms DESC"
        ),
    ),
)
"""What may be asked, and the question."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Columns of one length, by name; ``more`` says that there are rows beyond `LIMIT`."""

    names: Sequence[str]
    columns: Sequence[Sequence[Any]]
    seconds: float
    more: bool

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.columns[0]) if self.columns else 0


class Asking(QObject):
    """Asks one question at a time; the one before is interrupted."""

    answered = Signal(object)
    failed = Signal(str)
    changed = Signal()
    """It began to ask, or does not ask any more."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._present: _Question | None = None

    @property
    def asks(self) -> bool:
        """Whether an answer is waited for."""
        return self._present is not None

    def ask(self, table: TraceTable, question: str) -> None:
        """Ask a question."""
        self.cancel()
        present = _Question(table, question)
        self._present = present
        jobs.start(
            self,
            present.work,
            lambda answer: self._end(present, lambda: self.answered.emit(answer)),
            lambda error: self._end(present, lambda: self.failed.emit(_plain(error))),
        )
        self.changed.emit()

    def cancel(self) -> None:
        """Wait no more."""
        if self._present is not None:
            self._present.interrupt()
            self._present = None
            self.changed.emit()

    def _end(self, question: _Question, tell: Callable[[], None]) -> None:
        if self._present is question:
            self._present = None
            self.changed.emit()
            tell()


class _Question:
    """One question, which may be interrupted before and while it is answered."""

    def __init__(self, table: TraceTable, question: str) -> None:
        self._table, self._question = table, question
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._unwanted = threading.Event()
        self._stop: Callable[[], None] | None = None

    def interrupt(self) -> None:
        """Let the answer come no more; returns at once."""
        self._unwanted.set()
        threading.Thread(target=self._interrupt, name="diptych-interrupt", daemon=True).start()

    def _interrupt(self) -> None:
        # A question that has not quite begun forgets that it was interrupted: so again and again.
        while not self._over.wait(0.02):
            with self._lock:
                if self._stop is not None:
                    self._stop()

    def _take(self, stop: Callable[[], None] | None) -> None:
        with self._lock:
            self._stop = stop
        if stop is not None and self._unwanted.is_set():
            raise InterruptedError

    def work(self) -> Answer:
        import time

        from diptych.profiling.trace.sql import ask

        started = time.perf_counter()
        try:
            found = ask(self._table, self._question, LIMIT + 1, self._take)
        finally:
            self._over.set()
        columns = [column.to_pylist()[:LIMIT] for column in found.columns]
        more = found.num_rows > LIMIT
        return Answer(found.column_names, columns, time.perf_counter() - started, more)


def _plain(error: Exception) -> str:
    from diptych.profiling.trace.sql import SqlError

    if isinstance(error, SqlError):
        return str(error)
    if isinstance(error, ImportError):
        return tr("DuckDB and PyArrow are not installed: pip install duckdb pyarrow")
    return f"{type(error).__name__}: {error}"


def schema(table: TraceTable) -> dict[str, list[tuple[str, str]]]:
    """Return the columns of every table that may be asked, with their types. Call it aside."""
    from diptych.profiling.trace.arrow import TABLES, arrow_table

    nothing = _without_rows(table)
    made = {}
    for name in TABLES:
        fields = arrow_table(nothing, name).schema
        made[name] = [(field.name, _type(str(field.type))) for field in fields]
    return made


def _type(arrow: str) -> str:
    return "text" if "string" in arrow else {"double": "real"}.get(arrow, arrow)


def _without_rows(table: TraceTable) -> TraceTable:
    def cut(columns: Any) -> dict[str, Any]:
        return {name: getattr(columns, name)[:0] for name in columns.__slots__}

    counters = [Counter("", "", "", np.zeros(0, np.int64), np.zeros(0))]
    return replace(
        table,
        tracks=[],
        slices=replace(table.slices, **cut(table.slices)),
        instants=Instants(**cut(table.instants)),
        counters=counters,
        memory=MemoryEvents(**cut(table.memory)),
        flows=Flows(**cut(table.flows)),
    )


class AnswerModel(QAbstractTableModel):
    """``order`` holds the rows of the answer as they are shown."""

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.answer = Answer((), (), 0.0, more=False)
        self.order: list[int] = []
        self._sorted: tuple[int, bool] = (-1, False)

    def set_answer(self, answer: Answer) -> None:
        """Show an answer as it came."""
        self.beginResetModel()
        self.answer = answer
        self.order = list(range(len(answer)))
        self._sorted = (-1, False)
        self.endResetModel()

    def turn(self, column: int) -> None:
        """Sort by a column, or the other way round; what is null stays last."""
        if not 0 <= column < len(self.answer.columns):
            return
        before, down = self._sorted
        numbers = self.is_number(column)
        self._sorted = (column, not down if before == column else numbers)
        values = self.answer.columns[column]
        known = [row for row in range(len(values)) if values[row] is not None]
        key: Callable[[int], Any] = (
            (lambda row: values[row]) if numbers else (lambda row: str(values[row]).casefold())
        )
        self.layoutAboutToBeChanged.emit()
        known.sort(key=key, reverse=self._sorted[1])
        self.order = known + [row for row in range(len(values)) if values[row] is None]
        self.layoutChanged.emit()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.answer.names) - 1)

    def is_number(self, column: int) -> bool:
        """Say whether a column has numbers only."""
        known = (value for value in self.answer.columns[column] if value is not None)
        return all(isinstance(value, int | float) for value in known)

    def rowCount(self, parent: Index | None = None) -> int:
        """Return how many rows there are."""
        return 0 if parent is not None and parent.isValid() else len(self.order)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return how many columns there are."""
        return 0 if parent is not None and parent.isValid() else len(self.answer.names)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the name and the alignment of a column."""
        sideways = orientation is Qt.Orientation.Horizontal
        if not sideways or not 0 <= section < len(self.answer.names):
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            name, (column, down) = self.answer.names[section], self._sorted
            return f"{name} {'↓' if down else '↑'}" if column == section else name
        return self._side(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return text, alignment and whole text of a cell."""
        if not index.isValid():
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._side(index.column())
        value = self.answer.columns[index.column()][self.order[index.row()]]
        if role == Qt.ItemDataRole.DisplayRole:
            return cell_text(value)[:_LONGEST]
        if role == Qt.ItemDataRole.ToolTipRole and isinstance(value, str):
            return rich([value[:_LONGEST]])
        return None

    def _side(self, column: int) -> Qt.AlignmentFlag:
        right = len(self.answer) and self.is_number(column)
        side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
        return side | Qt.AlignmentFlag.AlignVCenter

    def value(self, row: int, name: str) -> Any:
        """Return the value of a shown row in the column of that name; ``None`` without one."""
        if name not in self.answer.names or not 0 <= row < len(self.order):
            return None
        return self.answer.columns[list(self.answer.names).index(name)][self.order[row]]

    def to_rows(self, rows: Iterable[int]) -> list[list[Any]]:
        """Return shown rows whole, the names first."""
        columns = self.answer.columns
        made = [[column[self.order[row]] for column in columns] for row in rows]
        return [list(self.answer.names), *made]


def cell_text(value: Any) -> str:
    """Return a value as it is shown: reals with six digits, null as —."""
    if value is None:
        return fmt.UNKNOWN
    if isinstance(value, bool):
        return tr("true") if value else tr("false")
    if isinstance(value, int):
        return fmt.true_minus(str(value))
    if isinstance(value, float):
        return fmt.true_minus(f"{value:.6g}")
    return " ".join(str(value).split())
