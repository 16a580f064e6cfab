"""The table of the largest differences: a row a family in a phase."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QObject, QPersistentModelIndex, Qt

from diptych.gui.models.compare_bars import decimals_of, unit_of
from diptych.gui.text import compare_why as words
from diptych.gui.text import format as fmt
from diptych.gui.text.plain import one_line, tooltip
from diptych.gui.text.tr import tr, trn
from diptych.profiling.compare.breakdown import PHASES, Behind
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.why import Difference

NAMES = ("family", "phase", "a", "b", "delta", "behind_a", "behind_b")
DIFFERENCE_ROLE = Qt.ItemDataRole.UserRole + 1
_LISTED = 12
_Index = QModelIndex | QPersistentModelIndex
_NUMBERS: dict[str, Callable[[Difference], int]] = {
    "a": lambda found: found.bar.a,
    "b": lambda found: found.bar.b,
    "delta": lambda found: found.bar.delta,
}


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads: an operator of a run."""

    run: str
    operator: str


class DifferencesModel(QAbstractTableModel):
    """The differences between the first side and another, the largest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.rows: list[Difference] = []
        self.labels = ("A", "B")
        self.runs = ("", "")
        self.order = ("delta", True)
        """The column that is sorted by, and whether the largest are first."""
        self._unit, self._per, self._decimals = "ms", 1e6, 3
        self._tells_phase = False

    def show_comparison(self, comparison: Comparison | None, side: int) -> None:
        """Show the differences of a side from the first."""
        self.beginResetModel()
        why = comparison.why[side] if comparison and 0 < side < len(comparison.why) else None
        self.rows = list(why.top) if why is not None and why.comparable else []
        if comparison is not None and why is not None:
            self.labels = words.labels_of(comparison, side)
            self.runs = (profiled_run(comparison, 0), profiled_run(comparison, side))
        values = [v for row in self.rows for v in (row.bar.a, row.bar.b, row.bar.delta)]
        self._unit, self._per = unit_of(max(map(abs, values), default=0))
        self._decimals = decimals_of(values, self._per)
        self._sort()
        self.endResetModel()

    def tell_phase(self, *, on: bool) -> None:
        """Let the family tell its phase, too, where that one has no column."""
        if on != self._tells_phase:
            self._tells_phase = on
            self.headerDataChanged.emit(Qt.Orientation.Horizontal, 0, 0)

    def targets(self, row: int, side: int) -> list[tuple[Behind, Target]]:
        """Return the operators behind a row on a side (0 or 1), and where each is found."""
        found = self.rows[row].b if side else self.rows[row].a
        return [(one, Target(self.runs[side], one.of or one.name)) for one in found]

    # -- Qt ---------------------------------------------------------------------------

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return how many differences there are."""
        return 0 if parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: B008 - Qt's own signature
        """Return how many columns there are."""
        return 0 if parent.isValid() else len(NAMES)

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = int(Qt.ItemDataRole.DisplayRole),
    ) -> Any:
        """Return the titles, with the unit."""
        if orientation is not Qt.Orientation.Horizontal or not 0 <= section < len(NAMES):
            return None
        name = NAMES[section]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._title(name)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(name)
        if role == Qt.ItemDataRole.ToolTipRole and name in ("a", "b"):
            return tooltip(self.labels[name == "b"])
        return None

    def _title(self, name: str) -> str:
        titles = {
            "family": tr("Family"),
            "phase": tr("Phase"),
            "a": tr("A {unit}", unit=self._unit),
            "b": tr("B {unit}", unit=self._unit),
            "delta": f"Δ {self._unit}",
            "behind_a": tr("Behind it in A"),
            "behind_b": tr("Behind it in B"),
        }
        arrow = ""
        if self.order[0] == name:
            arrow = " ↓" if self.order[1] else " ↑"
        return titles[name] + arrow

    def data(self, index: _Index, role: int = int(Qt.ItemDataRole.DisplayRole)) -> Any:
        """Return what a cell says."""
        if not index.isValid():
            return None
        found, name = self.rows[index.row()], NAMES[index.column()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self.text(found, name)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(name)
        if role == Qt.ItemDataRole.ToolTipRole:
            return self.tip(found, name)
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return f"{self._title(name)}: {self.text(found, name)}"
        return found if role == DIFFERENCE_ROLE else None

    def text(self, found: Difference, name: str) -> str:
        """Return the text of a cell."""
        if name == "family":
            alone = words.family_title(found.bar.family or "")
            return words.bar_title(found.bar) if self._tells_phase else alone
        if name == "phase":
            return words.phase_title(found.bar.phase or "")
        if name in _NUMBERS:
            return self._number(_NUMBERS[name](found), signed=name == "delta")
        operators = found.b if name == "behind_b" else found.a
        if not operators:
            return fmt.UNKNOWN
        more = len(operators) - 1
        first = one_line(operators[0].name)
        return f"{first} +{more}" if more else first

    def _number(self, ns: int, *, signed: bool) -> str:
        if not ns:
            return "0"
        text = fmt.fixed(ns / self._per, self._decimals)
        return f"+{text}" if signed and ns > 0 else text

    def tip(self, found: Difference, name: str) -> str | None:
        """Return what the tooltip of a cell says."""
        if name == "delta":
            ends = zip(self.labels, (found.bar.a, found.bar.b), strict=True)
            lines = [tr("{side}: {time} a step", side=s, time=fmt.duration(t)) for s, t in ends]
            return tooltip("\n".join(lines))
        if not name.startswith("behind"):
            return None
        side = int(name == "behind_b")
        operators = found.b if side else found.a
        if not operators:
            return tooltip(
                tr("{side} has no operator of this family in this phase.", side=self.labels[side])
            )
        lines = [self.labels[side], *(behind_words(one) for one in operators[:_LISTED])]
        left = len(operators) - _LISTED
        if left > 0:
            lines.append(trn("and {n} more", "and {n} more", left))
        return tooltip("\n".join(lines))

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.DescendingOrder) -> None:
        """Sort by a column."""
        self.order = (NAMES[column], order == Qt.SortOrder.DescendingOrder)
        self.layoutAboutToBeChanged.emit()
        self._sort()
        self.layoutChanged.emit()

    def turn(self, column: int) -> None:
        """Sort by a column; by the present one the other way round."""
        name = NAMES[column]
        down = not self.order[1] if self.order[0] == name else name in _NUMBERS
        order = Qt.SortOrder.DescendingOrder if down else Qt.SortOrder.AscendingOrder
        self.sort(column, order)

    def _sort(self) -> None:
        name, down = self.order
        self.rows.sort(key=lambda found: self._key(found, name), reverse=down)

    def _key(self, found: Difference, name: str) -> tuple[int, str]:
        if name == "delta":
            return abs(found.bar.delta), ""
        if name in _NUMBERS:
            return _NUMBERS[name](found), ""
        if name == "phase":
            return PHASES.index(found.bar.phase or "other"), ""
        return 0, self.text(found, name)


def profiled_run(comparison: Comparison, side: int) -> str:
    """Return the id of the run whose operators of a side are shown."""
    own = comparison.profiled[side] if side < len(comparison.profiled) else None
    return (own or comparison.sides[side].run).id


def behind_words(one: Behind) -> str:
    """Return such as ``aten::mm 19.7 ms, 7 calls a step``."""
    calls = tr("{n} calls a step", n=fmt.number(one.calls))
    text = f"{one_line(one.name, 80)} {fmt.duration(one.ns)}, {calls}"
    return tr("{part} (part of {whole})", part=text, whole=one_line(one.of, 80)) if one.of else text


def _side(name: str) -> int:
    right = name in _NUMBERS
    side = Qt.AlignmentFlag.AlignRight if right else Qt.AlignmentFlag.AlignLeft
    return int(side | Qt.AlignmentFlag.AlignVCenter)
