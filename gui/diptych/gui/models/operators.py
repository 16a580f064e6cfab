"""The operators of one profile window as a table. Sorted and filtered with numpy.

Times are per step. What is not known sorts last in either direction.
"""

from __future__ import annotations

import csv
import html
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt

from diptych.gui.models.operators_family import FAMILIES, family
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr
from diptych.profiling.records.kinds import Operator, Operators

Index = QModelIndex | QPersistentModelIndex
Floats = NDArray[np.float64]

FAMILY_ROLE = Qt.ItemDataRole.UserRole
BAR_ROLE = Qt.ItemDataRole.UserRole + 1
NOISE_ROLE = Qt.ItemDataRole.UserRole + 2

_ENGINE = tr(
    "Interval of MXNet's engine. On a GPU it contains the wait for the stream, "
    "so it is not comparable with the host or device time of PyTorch."
)


@dataclass(frozen=True, slots=True)
class Column:
    """One column: header, field of `Operator`, factor to the unit, decimals, tooltip."""

    key: str
    title: str
    field: str = ""
    scale: float = 1.0
    decimals: int = 3
    hint: str = ""


COLUMNS = (
    Column("name", tr("Operator"), hint=tr("As the framework calls it")),
    Column("phase", tr("Phase"), hint=tr("Phase of the step in which it was called")),
    Column("calls", tr("Calls/step"), "calls", 1.0, 1, tr("Calls per step")),
    Column(
        "host_total",
        tr("Host, ms"),
        "host_total",
        1e-6,
        3,
        tr("Time on the CPU thread with what it calls. On a GPU this is only the launch."),
    ),
    Column(
        "host_self",
        tr("Host self, ms"),
        "host_self",
        1e-6,
        3,
        tr("Time on the CPU thread without what it calls. On a GPU this is only the launch."),
    ),
    Column(
        "device",
        tr("Device, ms"),
        "device_self",
        1e-6,
        3,
        tr("Time of the kernels that it launched on the accelerator."),
    ),
    Column("engine", tr("Engine, ms"), "engine_self", 1e-6, 3, _ENGINE),
    Column("bar", "", hint=tr("Share, from zero")),
    Column("share", tr("Share, %"), hint=tr("Of the time of all operators in this window")),
    Column("memory", tr("Memory, MiB"), "memory", 2**-20, 1, tr("Allocated less freed, per step")),
)
_EXPLAINED = {"ImperativeBulk": tr("several operators that MXNet's engine ran as one")}
_LONGEST = 2_000
"""Characters of a name that are shown; files get all of it."""
_BASES = ("device", "engine", "host_self")
"""What a share is a share of: the first of these that is known."""


class OperatorModel(QAbstractTableModel):
    """Operators of the window given to `set_window`.

    ``columns`` are the columns that have a value anywhere; ``rows`` the
    operators in the order shown, as indices into ``operators``.
    """

    def __init__(self, parent: Any = None) -> None:
        super().__init__(parent)
        self.operators: tuple[Operator, ...] = ()
        self.columns: list[Column] = [c for c in COLUMNS if not c.field]
        self.rows: NDArray[np.int64] = np.empty(0, np.int64)
        self.reasons: dict[str, str] = {}
        self.base: Column | None = None
        self._values: dict[str, Floats] = {}
        self._noise: NDArray[np.bool_] = np.empty(0, np.bool_)
        self.possible: list[Column] = self.columns
        """Columns that have a value anywhere, those too that are hidden."""
        self.hidden: frozenset[str] = frozenset()
        self._filter = ""
        self._with_noise = False
        self._order: tuple[str, Qt.SortOrder] = ("share", Qt.SortOrder.DescendingOrder)

    # -- what is shown ------------------------------------------------------

    def set_window(self, summary: Operators | None) -> None:
        """Show the operators of a window, or none."""
        self.beginResetModel()
        self.operators = summary.ops if summary else ()
        self.reasons = dict(summary.reasons) if summary else {}
        steps = max(1, summary.steps) if summary else 1
        self._values = {c.key: _column(self.operators, c, steps) for c in COLUMNS if c.field}
        self._noise = np.array([o.noise for o in self.operators], bool)
        base = next((key for key in _BASES if self._any(key)), None)
        self.base = next((c for c in COLUMNS if c.key == base), None)
        self.possible = [c for c in COLUMNS if self._is_shown(c)]
        self.columns = [c for c in self.possible if c.key not in self.hidden]
        self._share()
        self._arrange()
        self.endResetModel()

    def _any(self, key: str) -> bool:
        return bool(np.isfinite(self._values[key]).any())

    def _is_shown(self, column: Column) -> bool:
        if column.key in ("bar", "share"):
            return self.base is not None
        if column.key == "phase":
            return any(o.phase for o in self.operators)
        return not column.field or self._any(column.key)

    def _share(self) -> None:
        if not self.operators:
            self._values["share"] = np.empty(0)
            return
        base = self._values[self.base.key] if self.base else np.full(len(self.operators), np.nan)
        counted = base if self._with_noise else np.where(self._noise, np.nan, base)
        total = float(np.nansum(counted))
        self._values["share"] = counted / total * 100 if total > 0 else np.full(len(base), np.nan)

    def set_filter(self, text: str) -> None:
        """Show only operators whose name or family holds every word of ``text``."""
        self._filter = text
        self._reset()

    def set_hidden(self, keys: frozenset[str]) -> None:
        """Leave out the columns with these keys; the operator itself always stands."""
        self.beginResetModel()
        self.hidden = keys - {"name"}
        self.columns = [c for c in self.possible if c.key not in self.hidden]
        self.endResetModel()

    @property
    def order(self) -> tuple[str, Qt.SortOrder]:
        """The key of the column by which it is sorted, and the order."""
        return self._order

    def set_order(self, key: str, *, down: bool) -> None:
        """Sort by the column ``key``, now or when there is one; an unknown key changes nothing."""
        if any(column.key == key for column in COLUMNS):
            side = Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder
            self._order = (key, side)
            self._reset()

    def set_noise(self, shown: bool) -> None:
        """Show and count the bookkeeping of MXNet's engine, or leave it out."""
        self._with_noise = shown
        self._reset()

    def _reset(self) -> None:
        self.beginResetModel()
        self._share()
        self._arrange()
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        """Sort by a column of ``columns``."""
        if not 0 <= column < len(self.columns):
            return
        self.layoutAboutToBeChanged.emit()
        before = [int(self.rows[i.row()]) for i in self.persistentIndexList()]
        old = self.persistentIndexList()
        self._order = (self.columns[column].key, order)
        self._arrange()
        where = {int(row): at for at, row in enumerate(self.rows)}
        new = [self.index(where[row], i.column()) for row, i in zip(before, old, strict=True)]
        self.changePersistentIndexList(old, new)
        self.layoutChanged.emit()
        self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, len(self.columns) - 1)

    def sorted_by(self) -> tuple[int, Qt.SortOrder]:
        """Return the column by which it is sorted and the order."""
        key, order = self._order
        key = key if any(c.key == key for c in self.columns) else "name"
        return next(i for i, c in enumerate(self.columns) if c.key == key), order

    def _arrange(self) -> None:
        words = self._filter.lower().split()
        kept = [
            row
            for row, operator in enumerate(self.operators)
            if (self._with_noise or not operator.noise)
            and all(w in f"{operator.name.lower()} {family(operator.name)}" for w in words)
        ]
        rows = np.array(kept, np.int64)
        key, order = self._order
        keys = self._keys(key if self.operators else "name")[rows]
        down = order is Qt.SortOrder.DescendingOrder
        if keys.dtype == np.float64:
            # NaN sorts last by itself, and stays there when the sign is turned.
            self.rows = rows[np.argsort(-keys if down else keys, kind="stable")]
        else:
            turned = np.argsort(keys, kind="stable")
            self.rows = rows[turned[::-1] if down else turned]

    def _keys(self, key: str) -> NDArray[Any]:
        if key == "name":
            return np.array([o.name.lower() for o in self.operators], np.str_)
        if key == "phase":
            return np.array([o.phase or "" for o in self.operators], np.str_)
        return self._values["share" if key == "bar" else key]

    # -- Qt's side ----------------------------------------------------------

    def rowCount(self, parent: Index | None = None) -> int:
        """Return how many operators are shown."""
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: Index | None = None) -> int:
        """Return how many columns are shown."""
        return 0 if parent is not None and parent.isValid() else len(self.columns)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        """Return the title of a column, its alignment and its hint."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(self.columns):
            return None
        column = self.columns[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._title(section)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.hint(column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        return None

    def _title(self, section: int) -> str:
        column, order = self.sorted_by()
        if section != column:
            return self.columns[section].title
        arrow = "↓" if order is Qt.SortOrder.DescendingOrder else "↑"
        return f"{self.columns[section].title} {arrow}"

    def hint(self, column: Column) -> str:
        """Return what a column means here."""
        if column.key == "share" and self.base is not None:
            kind = self.base.title.partition(",")[0].lower()
            if self._with_noise:
                return tr("Of the {kind} time of all operators in this window", kind=kind)
            return tr(
                "Of the {kind} time of all operators in this window, engine noise left out",
                kind=kind,
            )
        return column.hint

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return text, alignment, tooltip, family, bar and noise of a cell."""
        if not index.isValid():
            return None
        column, row = self.columns[index.column()], int(self.rows[index.row()])
        operator = self.operators[row]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self._tooltip(operator, row, column)
        if role == FAMILY_ROLE:
            return family(operator.name)
        if role == BAR_ROLE:
            return self._bar(row)
        return operator.noise if role == NOISE_ROLE else None

    def text(self, row: int, column: Column) -> str:
        """Return what a cell says, plain."""
        operator = self.operators[row]
        if column.key == "name":
            # One line, whatever a framework was told to call it.
            return " ".join(operator.name[:_LONGEST].split())
        if column.key == "phase":
            return operator.phase or fmt.UNKNOWN
        if column.key == "bar":
            return ""
        decimals = 1 if column.key == "share" else column.decimals
        return fmt.fixed(float(self._values[column.key][row]), decimals)

    def _tooltip(self, operator: Operator, row: int, column: Column) -> str:
        if column.key == "name":
            notes = [FAMILIES[family(operator.name)], operator.device or ""]
            notes.append(tr("engine noise") if operator.noise else "")
            notes.append(_EXPLAINED.get(operator.name, ""))
            name = operator.name[:_LONGEST]
            return as_plain(f"{name} ({', '.join(note for note in notes if note)})")
        if column.key in self._values and not np.isfinite(self._values[column.key][row]):
            if column.key == "share" and operator.noise:
                return tr("engine noise, not counted")
            return fmt.reason(self.reasons.get(column.field, "unknown"))
        return ""

    def _bar(self, row: int) -> float:
        shares = self._values["share"]
        most = float(np.nanmax(shares)) if np.isfinite(shares).any() else 0.0
        share = float(shares[row])
        return share / most if most > 0 and np.isfinite(share) else 0.0

    # -- out ----------------------------------------------------------------

    def to_tsv(self, rows: Iterable[int]) -> str:
        """Return shown rows as they are shown, with a header, tabs between."""
        columns = [c for c in self.columns if c.key != "bar"]
        lines = ["\t".join(c.title for c in columns)]
        for row in rows:
            cells = (self._whole(int(self.rows[row]), c) for c in columns)
            lines.append("\t".join(" ".join(cell.split()) for cell in cells))
        return "\n".join(lines) + "\n"

    def _whole(self, row: int, column: Column) -> str:
        return self.operators[row].name if column.key == "name" else self.text(row, column)

    def to_csv(self) -> str:
        """Return all shown rows with every field of the record, times in ns, unknown empty."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        names = list(Operator.__struct_fields__)
        writer.writerow([*names, "family"])
        for row in self.rows.tolist():
            operator = self.operators[row]
            writer.writerow([*(_plain(getattr(operator, n)) for n in names), family(operator.name)])
        return out.getvalue()


def as_plain(text: str) -> str:
    """Return ``text`` so that a tooltip shows it as it is, tags included."""
    return f"<qt>{html.escape(text)}</qt>"


def _plain(value: object) -> object:
    """Return a cell that no spreadsheet takes for a formula."""
    if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")):
        return f"'{value}"
    return "" if value is None else value


def _column(operators: Sequence[Operator], column: Column, steps: int) -> Floats:
    values: Floats = np.array([getattr(o, column.field) for o in operators], np.float64)
    return values * column.scale / steps


def _alignment(column: Column) -> Qt.AlignmentFlag:
    left = column.key in ("name", "phase", "bar")
    side = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
    return side | Qt.AlignmentFlag.AlignVCenter
