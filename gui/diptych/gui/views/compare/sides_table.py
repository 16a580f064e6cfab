"""The sides as rows: what each was measured to be. What is not known says why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QPointF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableWidget,
    QTableWidgetItem,
)

from diptych.gui.models.selection import Look
from diptych.gui.text import compare as words
from diptych.gui.text import format as fmt
from diptych.gui.text.plain import one_line
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, scaled
from diptych.gui.theme.tokens import ROW
from diptych.gui.views.cells import PAD, paint_ground, paint_text
from diptych.gui.views.widgets import as_tooltip, paint_mark
from diptych.profiling.compare.bootstrap import Interval
from diptych.profiling.compare.comparison import Compared, Comparison
from diptych.profiling.runs.statistics import overhead_percent

_RATES, _OVERHEAD = 6, 10
"""Columns that give way where there is no room: the rate's interval is in its tooltip."""
_NAMES = 180


@dataclass(frozen=True, slots=True)
class Value:
    """One cell: what it shows, what it is sorted by, and its tooltip."""

    text: str
    key: float = float("nan")
    why: str = ""


_HEADS = (
    (tr("Side"), ""),
    (tr("Median, ms"), tr("Half of the completed step times are at or below it")),
    (tr("95 % interval"), tr("Where the true median lies, at 95 %; block bootstrap")),
    (tr("p95, ms"), tr("95 of 100 steps are at or below it")),
    (tr("p99, ms"), tr("99 of 100 steps are at or below it")),
    (tr("Samples/s"), tr("Samples of a step over its median time")),
    (tr("95 % interval"), tr("Where the true rate lies, at 95 %")),
    (tr("Steps"), tr("Steps that are compared")),
    (tr("Left out"), tr("Warm-up steps and first steps of turns, which are not compared")),
    (tr("RSS, MiB"), tr("Most memory of the side's processes, over the whole run")),
    (tr("Overhead"), tr("Diptych's own time in the training thread, of the steps' time")),
)


class SidesTable(QTableWidget):
    """A click on a heading sorts; Ctrl+C copies the chosen rows, or all (`copy_rows`)."""

    def __init__(self) -> None:
        super().__init__(0, len(_HEADS))
        self._looks: Sequence[Look] = ()
        self.setAccessibleName(tr("The sides"))
        self.setProperty("padded", True)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setShowGrid(False)
        self.setItemDelegate(_Delegate(self))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(scaled(ROW))
        self._make_heads()
        manager().changed.connect(self.viewport().update)

    def _make_heads(self) -> None:
        for at, (text, tip) in enumerate(_HEADS):
            item = QTableWidgetItem(text)
            item.setFont(font(11))
            item.setToolTip(tip)
            side = Qt.AlignmentFlag.AlignLeft if not at else Qt.AlignmentFlag.AlignRight
            item.setTextAlignment(side | Qt.AlignmentFlag.AlignVCenter)
            self.setHorizontalHeaderItem(at, item)
        heads = self.horizontalHeader()
        heads.setFont(font(11))
        heads.setHighlightSections(False)
        heads.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        heads.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        heads.setMinimumSectionSize(scaled(48))

    def show_comparison(self, comparison: Comparison, looks: Sequence[Look]) -> None:
        """Show the sides of another comparison, in their order."""
        self._looks = looks
        self.setSortingEnabled(False)
        self.setRowCount(len(comparison.sides))
        for row, side in enumerate(comparison.sides):
            for at, value in enumerate(values(side)):
                self.setItem(row, at, _Cell(value, row, left=not at))
        self.setSortingEnabled(True)
        # Until somebody sorts, the order is that of the sides.
        self.horizontalHeader().setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        self._fit()

    def look(self, row: int) -> Look | None:
        """Return the look of the side in a row."""
        item = self.item(row, 0)
        side = item.data(Qt.ItemDataRole.UserRole) if item is not None else None
        return self._looks[side] if isinstance(side, int) and side < len(self._looks) else None

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Leave columns out that have no room."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        """Be as high as the rows: the page scrolls, not the table."""
        wide = {at: self.sizeHintForColumn(at) for at in range(1, self.columnCount())}
        heads = self.horizontalHeader()
        needs = {at: max(size, heads.sectionSizeHint(at)) for at, size in wide.items()}
        room = self.viewport().width() - scaled(_NAMES) - sum(needs.values())
        for at in (_RATES, _OVERHEAD):
            self.setColumnHidden(at, room < 0)
            room += needs[at] if room < 0 else 0
        rows = scaled(ROW) * self.rowCount()
        bar = self.horizontalScrollBar()
        needed = room < 0
        more = bar.sizeHint().height() if needed else 0
        self.setFixedHeight(self.horizontalHeader().sizeHint().height() + rows + more + 4)

    def sizeHint(self) -> QSize:
        """Ask for what `_fit` has found."""
        return QSize(600, self.height())

    def copy_rows(self) -> None:
        """Copy the chosen rows, or all, with their headings, between tabs."""
        chosen = sorted({index.row() for index in self.selectedIndexes()})
        rows = chosen or range(self.rowCount())
        lines = ["\t".join(head for head, _ in _HEADS)]
        for row in rows:
            items = (self.item(row, at) for at in range(self.columnCount()))
            lines.append("\t".join(item.text() if item else "" for item in items))
        QApplication.clipboard().setText("\n".join(lines))


class _Cell(QTableWidgetItem):
    """Sorts by its number; what is not known comes last."""

    def __init__(self, value: Value, side: int, *, left: bool) -> None:
        super().__init__(value.text)
        self.key = value.key
        self.setToolTip(as_tooltip(value.why))
        self.setData(Qt.ItemDataRole.UserRole, side)
        align = Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight
        self.setTextAlignment(align | Qt.AlignmentFlag.AlignVCenter)
        if value.why:
            self.setData(Qt.ItemDataRole.AccessibleDescriptionRole, value.why)

    def __lt__(self, other: QTableWidgetItem) -> bool:
        if not isinstance(other, _Cell) or (self.key != self.key and other.key != other.key):
            return self.text() < other.text()
        mine, its = (float("inf") if k != k else k for k in (self.key, other.key))
        return mine < its


class _Delegate(QStyledItemDelegate):
    def __init__(self, table: SidesTable) -> None:
        super().__init__(table)
        self._table = table

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        """Paint a cell, the side with its mark."""
        painter.save()
        rect = paint_ground(painter, option)
        if index.column() == 0:
            look = self._table.look(index.row())
            if look is not None:
                at = QPointF(rect.left() + PAD + 5, rect.center().y())
                paint_mark(painter, at, square=look.square, colour=look.colour)
                rect = rect.adjusted(16, 0, 0, 0)
        tokens = current()
        unknown = str(index.data()) == fmt.UNKNOWN
        ink = tokens.text3 if unknown else tokens.text1
        paint_text(painter, rect, index, ink, strong=index.column() in (0, 1))
        if index.column() == 0 and self._table.hasFocus() and self._table.currentIndex() == index:
            painter.setPen(QColor(tokens.accent))
            painter.drawRect(option.rect.adjusted(0, 0, -1, -2))
        painter.restore()

    def sizeHint(
        self, option: QStyleOptionViewItem, index: QModelIndex | QPersistentModelIndex
    ) -> QSize:
        """Return the room that a text wants."""
        metrics = option.fontMetrics
        wide = metrics.horizontalAdvance(str(index.data())) + 2 * PAD + 2
        return QSize(wide, scaled(ROW))


def values(side: Compared) -> list[Value]:
    """Return the cells of one side, in the order of the headings."""
    median = side.quantiles[0.5]
    few = tr("Fewer than five steps lie beyond it: it has no interval")
    return [
        Value(one_line(side.label, 80), why=one_line(side.run.id)),
        _ms(median, _no_time(side)),
        _range(median, words.interval_ms(median), side),
        _ms(side.quantiles[0.95], _no_time(side), few),
        _ms(side.quantiles[0.99], _no_time(side), few),
        _rate(side),
        _range(side.rate, words.interval_of(side.rate), side),
        _steps(side),
        _left_out(side),
        _rss(side),
        _overhead(side),
    ]


def _no_time(side: Compared) -> str:
    if not len(side.timed.rows):
        return tr("No step of this side counts here")
    return tr("The completed time of these steps is not known")


def _ms(found: Interval | None, why: str, few: str = "") -> Value:
    if found is None:
        return Value(fmt.UNKNOWN, why=why)
    told = words.interval_ms(found)
    without = few if found.low is None else tr("95 % interval {range} ms", range=told)
    return Value(fmt.milliseconds(found.estimate), found.estimate, without)


def _range(found: Interval | None, text: str, side: Compared) -> Value:
    if text != fmt.UNKNOWN and found is not None and found.low is not None:
        return Value(text, found.low)
    why = tr(
        "An interval needs six rounds or stretches at the least; there are {n}",
        n=f"{side.samples.blocks:,}",
    )
    return Value(fmt.UNKNOWN, why=why if found is not None else _no_time(side))


def _rate(side: Compared) -> Value:
    if side.rate is None:
        why = tr("Not every step says how many samples it had, or they differ")
        return Value(fmt.UNKNOWN, why=why)
    told = words.interval_of(side.rate)
    why = tr("95 % interval {range}", range=told) if told != fmt.UNKNOWN else ""
    return Value(fmt.number(side.rate.estimate), side.rate.estimate, why)


def _steps(side: Compared) -> Value:
    count = len(side.timed.rows)
    rounds = tr("{n} rounds of turns", n=f"{side.timed.rounds:,}") if side.timed.raced else ""
    return Value(fmt.count(count), float(count), rounds)


def _left_out(side: Compared) -> Value:
    warm, dropped = side.timed.warmup, side.timed.dropped
    if warm is None:
        return Value(fmt.UNKNOWN, why=tr("Too few steps to tell the warm-up from the rest"))
    why = tr(
        "{warm} before all sides were warm, {dropped} at the beginnings of turns",
        warm=f"{warm:,}",
        dropped=f"{dropped:,}",
    )
    text = f"{warm:,} + {dropped:,}" if dropped else f"{warm:,}"
    return Value(text, float(warm + dropped), why)


def _rss(side: Compared) -> Value:
    memory = side.resources.process_memory
    if memory is None:
        reason = side.run.process.reasons.get("rss")
        return Value(fmt.UNKNOWN, why=fmt.reason(reason) or tr("Nobody sampled the processes"))
    return Value(fmt.number(memory / 2**20), memory)


def _overhead(side: Compared) -> Value:
    steps = side.run.steps
    counted = steps.n < 0
    counted[side.timed.rows] = True
    share = overhead_percent(steps, counted)
    if share is None:
        return Value(fmt.UNKNOWN, why=tr("The agent did not say what it cost"))
    return Value(fmt.percent(share), share)
