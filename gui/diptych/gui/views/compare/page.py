"""The page that scrolls: cards beside one another where there is room, else one below the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from diptych.gui.models.comparing import Found
from diptych.gui.models.selection import Look
from diptych.gui.text import compare as words
from diptych.gui.text.tr import tr
from diptych.gui.theme import scaled
from diptych.gui.views.compare.bars import BarsPanel
from diptych.gui.views.compare.differences import DifferencesPanel
from diptych.gui.views.compare.distributions import ECDF, HISTOGRAM, Distributions
from diptych.gui.views.compare.fairness_list import Counts, FairnessList
from diptych.gui.views.compare.head import Head
from diptych.gui.views.compare.phases import Phases
from diptych.gui.views.compare.replay import ReplayPanel
from diptych.gui.views.compare.resources_table import ResourcesPanel
from diptych.gui.views.compare.scaling import ScalingPanel
from diptych.gui.views.compare.section import Section
from diptych.gui.views.compare.sides_table import SidesTable
from diptych.gui.views.compare.turns_plot import TurnsPlot
from diptych.gui.views.compare.waterfall import WaterfallPanel
from diptych.gui.views.widgets import Segments
from diptych.profiling.compare.comparison import Comparison

_TWO = 860
"""Pixels from which on two cards stand beside one another."""


_Why = WaterfallPanel | BarsPanel | ResourcesPanel | DifferencesPanel | ScalingPanel | ReplayPanel


class Page(QWidget):
    """All cards. A side that is held against the first in one of them is in all."""

    def __init__(self) -> None:
        super().__init__()
        self.head = Head()
        self.spread = Distributions()
        self.kind = Segments(
            [(ECDF, tr("Curves")), (HISTOGRAM, tr("Histogram"))], tr("Distribution as")
        )
        self.kind.button(ECDF).setToolTip(tr("How many steps are at or below a time (ECDF)"))
        self.kind.chosen.connect(self.spread.show_as)
        self.spread_card = Section(tr("Step time, ms"), self.spread, self.kind)
        self.table = SidesTable()
        self.table_card = Section(tr("The sides"), self.table)
        self.turns = TurnsPlot()
        self.turns_card = Section(tr("Step time over time, ms"), self.turns)
        self.phases = Phases()
        self.phases_card = Section(tr("Phases, mean ms a step"), self.phases)
        self.fairness, self.counts = FairnessList(), Counts()
        self.fairness_card = Section(tr("Is it fair?"), self.fairness, self.counts)
        self.waterfall, self.differences = WaterfallPanel(), DifferencesPanel()
        self.bars, self.resources = BarsPanel(), ResourcesPanel()
        self.scaling, self.replay = ScalingPanel(), ReplayPanel()
        self.waterfall.side_changed.connect(self.differences.set_side)
        self.differences.side_changed.connect(self.waterfall.set_side)
        self._left = _stacked(self.phases_card, self.resources)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(16, 12, 16, 24)
        self._grid.setSpacing(12)
        self._columns = 0
        self.arrange(0)

    def stops(self) -> list[QWidget]:
        """Return the cards at which Tab stops, in reading order."""
        return [self.head, self.spread_card, self.table_card, self.turns_card, self.phases_card,
                self.fairness_card]  # fmt: skip

    # -- order ------------------------------------------------------------------------

    def arrange(self, width: int) -> None:
        """Lay the cards out in one column, or in two."""
        columns = 2 if width >= scaled(_TWO) else 1
        self.fairness.arrange(columns)
        if columns == self._columns:
            return
        self._columns = columns
        for card in self._cards():
            self._grid.removeWidget(card)
        row = 0
        for line in self._lines():
            if columns == 1 or len(line) == 1:
                for card in line:
                    self._grid.addWidget(card, row, 0, 1, columns)
                    row += 1
            else:
                for column, card in enumerate(line):
                    self._grid.addWidget(card, row, column)
                row += 1
        for column in range(2):
            self._grid.setColumnStretch(column, 1 if column < columns else 0)
        self._order()

    def _lines(self) -> Iterator[list[QWidget]]:
        """Give the cards that stand beside one another."""
        yield [self.head]
        yield [self.spread_card, self.waterfall]
        yield [self.table_card]
        yield [self.turns_card]
        yield [self._left, self.bars]
        yield [self.differences]
        yield [self.fairness_card]
        yield [self.scaling]
        yield [self.replay]

    def _cards(self) -> Iterator[QWidget]:
        for line in self._lines():
            yield from line

    def _order(self) -> None:
        """Let Tab follow the order in which the cards are read."""
        before: QWidget | None = None
        for card in self._cards():
            card.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
            if before is not None and card is not before:
                QWidget.setTabOrder(before, card)
            inside = [
                widget
                for widget in card.findChildren(QWidget)
                # A list that pops up is a window of its own.
                if widget.focusPolicy() and widget.window() is self.window()
            ]
            before = card
            for widget in inside:
                QWidget.setTabOrder(before, widget)
                before = widget

    # -- content ----------------------------------------------------------------------

    def show_found(self, found: Found, looks: Sequence[Look]) -> None:
        """Show another comparison."""
        comparison, pictures = found.comparison, found.pictures
        if comparison is None or pictures is None:
            return
        labels = [side.label for side in comparison.sides]
        self.head.show_found(found, looks)
        stretches = comparison.measure == "throughput"
        self.spread_card.rename(
            tr("Time a step over whole stretches, ms") if stretches else tr("Step time, ms")
        )
        self.spread.show_spreads(pictures.spreads, labels, looks)
        self.table.show_comparison(comparison, looks)
        self.turns.show_tracks(pictures.tracks, looks, None)
        self.turns_card.rename(tr("Step time over time, ms"), _turns_note(found))
        self.phases.show_comparison(comparison, looks)
        self.phases_card.rename(tr("Phases, mean ms a step"), _phases_note(comparison))
        self.fairness.show_lines(comparison.fairness)
        self.counts.show_lines(comparison.fairness)
        for widget in self._why():
            widget.set_comparison(comparison, looks)

    def clear(self) -> None:
        """Let go of what was shown."""
        for widget in self._why():
            widget.set_comparison(None)

    def _why(self) -> Iterator[_Why]:
        yield from (self.waterfall, self.bars, self.resources)
        yield from (self.differences, self.scaling, self.replay)


def _turns_note(found: Found) -> str:
    tracks = found.pictures.tracks if found.pictures is not None else None
    if tracks is None:
        return ""
    if not tracks.clock:
        return tr("each from its own start")
    if found.comparison is not None and not found.comparison.together:
        return tr("on one clock; the sides did not take turns")
    if tracks.folded:
        return tr("on one clock; turns are too many to be shaded")
    return tr("on one clock; shaded where it was whose turn; pale: not compared")


def _phases_note(comparison: Comparison) -> str:
    fenced = all(side.run.ruler == "fence" for side in comparison.sides)
    return words.phases_note(fenced=fenced)


def _stacked(*cards: QWidget) -> QWidget:
    """Return cards one below the other; the last one takes what room there is."""
    made = QWidget()
    column = QVBoxLayout(made)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(12)
    for card in cards:
        column.addWidget(card)
    column.setStretch(len(cards) - 1, 1)
    return made
