"""The panel beside the plots: the numbers of the last 5 s, or of the brushed stretch."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from diptych.gui.models.brush import brushed
from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.text import format as fmt
from diptych.gui.text.runs import BAD, WORDS
from diptych.gui.text.spans import span_words
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import font, manager
from diptych.gui.views.live_series import last_second, short_names
from diptych.gui.views.now_background import Background
from diptych.gui.views.now_numbers import MEDIAN, Cell, Rows, Stretch, rows, whole
from diptych.gui.views.now_ruler import ruler_words
from diptych.gui.views.widgets import Mark, as_tooltip, hairline, label, set_ink
from diptych.profiling.runs.snapshot import RunSnapshot, RunState

_LATELY = 5.0
_REFRESH_MS = 250
"""Numbers that change faster cannot be read."""
_MOST = 3


_QUICK = 20_000
"""Steps whose numbers are worked out within a few milliseconds."""


@dataclass(frozen=True, slots=True)
class _Numbers:
    """What is to be shown: runs, and of each (three at most) its rows and count of steps."""

    found: list[RunSnapshot]
    rows: list[Rows]
    counts: list[int]
    brush: tuple[float, float] | None


class _Value(QLabel):
    """One number; ``said`` is the cell that it shows."""

    def __init__(self, *, size: int, weight: int) -> None:
        super().__init__()
        self.said: Cell | None = None
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setFont(font(size, weight))


def _work(
    found: list[RunSnapshot], stretches: list[Stretch], brush: tuple[float, float] | None
) -> _Numbers:
    return _Numbers(found, [rows(s) for s in stretches], [s.count for s in stretches], brush)


class NowPanel(QWidget):
    """One column of numbers for each shown run, three at most.

    ``columns`` is what it shows: (name, rows) for each run.
    """

    def __init__(self, hub: RunHub, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hub, self.selection = hub, selection
        self.columns: list[tuple[str, Rows]] = []
        self._cells: dict[tuple[str, str], list[_Value]] = {}
        self._marks: list[tuple[Mark, QLabel]] = []
        self._shape: object = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        self._background = Background(self)
        self._background.done.connect(self._show)
        self._lay_out()
        hub.snapshot_changed.connect(self._news)
        selection.shown_changed.connect(self._soon)
        selection.range_changed.connect(self._soon)
        selection.paused_changed.connect(self._soon)
        manager().changed.connect(self._soon)

    def _lay_out(self) -> None:
        self.title = label(tr("Now"), size=13, weight=600)
        self.stretch = label(tr("last 5 s"), ink="label")
        self.counts = label("", ink="label", size=11, wrap=True)
        self.ends = label("", ink="error", size=11, wrap=True)
        self.ends.hide()
        head = QHBoxLayout()
        head.addWidget(self.title)
        head.addStretch(1)
        head.addWidget(self.stretch)
        self._table = QWidget()
        self._grid = QGridLayout(self._table)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self.card_title = label("", weight=600)
        self.card_text = label("", ink="label", size=11, wrap=True)
        self.card = QFrame()
        self.card.setProperty("part", "card")
        inside = QVBoxLayout(self.card)
        inside.setContentsMargins(12, 8, 12, 10)
        inside.setSpacing(4)
        inside.addWidget(self.card_title)
        inside.addWidget(self.card_text)
        column = QVBoxLayout(self)
        column.setContentsMargins(16, 11, 16, 12)
        column.setSpacing(2)
        column.addLayout(head)
        column.addWidget(self.counts)
        column.addWidget(self.ends)
        column.addSpacing(8)
        column.addWidget(hairline())
        column.addSpacing(8)
        column.addWidget(self._table)
        column.addSpacing(10)
        column.addWidget(self.card)
        column.addStretch(1)

    # -- when ---------------------------------------------------------------

    def _news(self, run: str, _snapshot: object) -> None:
        if run in self.selection.shown and self.isVisible() and not self._timer.isActive():
            self._timer.start(_REFRESH_MS)

    def _soon(self) -> None:
        if self.isVisible():
            self._timer.start(0)

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        self._timer.start(0)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Count no more."""
        self._timer.stop()
        self._background.close()
        super().closeEvent(event)

    # -- what ---------------------------------------------------------------

    def refresh(self) -> None:
        """Work the newest numbers out: at once where that is quick, else beside."""
        seen = [self.selection.seen(run, self.hub.latest(run)) for run in self.selection.shown]
        found = [s for s in seen if s is not None]
        stretches = [self._stretch(snapshot) for snapshot in found[:_MOST]]
        work = partial(_work, found, stretches, self.selection.range)
        if sum(s.count for s in stretches) <= _QUICK:
            self._show(work())
        else:
            self._background.submit(work)

    def _show(self, numbers: _Numbers) -> None:
        names = short_names(numbers.found)
        self.columns = list(zip(names, numbers.rows, strict=False))
        self._show_head(names, numbers)
        keys = list(dict.fromkeys(key for made in numbers.rows for key in made))
        shape = (tuple(keys), len(self.columns))
        if shape != self._shape:
            self._shape = shape
            self._build(keys, len(self.columns))
        self._fill(numbers.found)
        title, text = ruler_words(list(zip(names, numbers.found, strict=True)))
        self.card.setVisible(bool(numbers.found))
        self.card_title.setText(title)
        self.card_text.setText(text)

    def _stretch(self, snapshot: RunSnapshot) -> Stretch:
        selection = self.selection
        part = brushed(selection.range, selection.axis, snapshot)
        if part is not None:
            return Stretch(snapshot, part.low, part.high)
        if not snapshot.state.live:
            return whole(snapshot)
        end, at = last_second(snapshot), snapshot.origin
        return Stretch(snapshot, at + int(max(0.0, end - _LATELY) * 1e9), at + int(end * 1e9))

    def _show_head(self, names: list[str], numbers: _Numbers) -> None:
        brush = numbers.brush
        live = [snapshot.state.live for snapshot in numbers.found]
        over = bool(live) and not any(live)
        said = tr("last 5 s") if all(live) else tr("last 5 s; of ended runs all")
        if brush is not None:
            said = span_words(brush, self.selection.axis)
        now = tr("Paused") if self.selection.held is not None else tr("Now")
        over_all = tr("Whole run") if over else now
        self.title.setText(tr("Selection") if brush is not None else over_all)
        self.stretch.setText("" if not numbers.counts or (over and brush is None) else said)
        set_ink(self.stretch, "label" if brush is None else "accent")
        counts = [
            trn("{n} {name} step", "{n} {name} steps", count, name=name)
            for name, count in zip(names, numbers.counts, strict=False)
        ]
        more = len(numbers.found) - len(numbers.counts)
        if more:
            counts.append(trn("{n} run more in the plots", "{n} runs more in the plots", more))
        ended = [
            f"{name}: {snapshot.state_text or WORDS[snapshot.state]}"
            for name, snapshot in zip(names, numbers.found, strict=True)
            if snapshot.state in BAD or snapshot.state is RunState.STOPPED
        ]
        self.ends.setText("\n".join(ended))
        self.ends.setVisible(bool(ended))
        self.counts.setText(", ".join(counts) if counts else tr("No run is shown"))

    def _build(self, keys: list[tuple[str, str]], count: int) -> None:
        """Make the table anew, for other rows or another number of runs."""
        while self._grid.count():
            item = self._grid.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        self._cells, self._marks = {}, []
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(3)
        self._grid.setColumnStretch(0, 1)
        right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for column in range(count):
            self._grid.addWidget(self._head_of(column), 0, column + 1, right)
        line, section = 1, ""
        for key in keys:
            if key[0] != section:
                section = key[0]
                self._grid.addWidget(hairline(), line, 0, 1, count + 1)
                heading = label(section, ink="label", weight=500)
                self._grid.addWidget(heading, line + 1, 0, 1, count + 1)
                line += 2
            self._grid.addWidget(label(key[1], ink="label"), line, 0)
            self._cells[key] = [self._value(key) for _ in range(count)]
            for column, cell in enumerate(self._cells[key]):
                self._grid.addWidget(cell, line, column + 1, right)
            line += 1

    def _value(self, key: tuple[str, str]) -> _Value:
        large = key == ("", MEDIAN)
        return _Value(
            size=22 if large and len(self.columns) < _MOST else 12, weight=600 if large else 500
        )

    def _head_of(self, column: int) -> QWidget:
        made = QWidget()
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(4)
        mark, name = Mark(), label(self.columns[column][0], weight=600)
        self._marks.append((mark, name))
        row.addWidget(mark)
        row.addWidget(name)
        return made

    def _fill(self, found: list[RunSnapshot]) -> None:
        for (mark, name), (text, _), snapshot in zip(
            self._marks, self.columns, found, strict=False
        ):
            look = self.selection.look(snapshot.id)
            mark.look(square=look.square, colour=look.colour)
            name.setText(text)
            name.setToolTip(as_tooltip(snapshot.id))
        nothing = Cell(fmt.UNKNOWN, tr("not known of this run"))
        for key, cells in self._cells.items():
            for cell, (name_of, made) in zip(cells, self.columns, strict=True):
                shown = made.get(key, nothing)
                # A tooltip that is set anew costs more than the number.
                if cell.said != shown:
                    cell.said = shown
                    cell.setText(_words(shown, len(self.columns)))
                    cell.setToolTip(as_tooltip(shown.hint))
                    cell.setAccessibleName(f"{name_of} {key[1]} {cell.text()}")


def _words(cell: Cell, columns: int) -> str:
    """Return what a cell shows: a share stands beside the number where there is room."""
    if not cell.share:
        return cell.text
    return cell.share if columns >= _MOST else f"{cell.text} · {cell.share}"
