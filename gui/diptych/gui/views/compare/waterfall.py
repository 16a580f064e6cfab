"""Why a step of one side takes longer: the waterfall by family, by phase, or by both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout

from diptych.gui.models.compare_bars import By, steps_of
from diptych.gui.models.selection import Look
from diptych.gui.plots.compare.waterfall_plot import Waterfall, WaterfallPlot
from diptych.gui.text import compare_why as words
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr
from diptych.gui.views.compare.panel import Cautions, More, Panel, SideChoice
from diptych.gui.views.widgets import Segments, label
from diptych.profiling.compare.comparison import Comparison


class WaterfallPanel(Panel):
    """``side_changed`` tells which side a person holds against the first.

    ``chosen`` tells the bar (`compare.why.Bar`) that a person chose, ``None`` for none.
    """

    side_changed = Signal(int)
    chosen = Signal(object)

    def __init__(self) -> None:
        super().__init__(tr("Where the difference comes from"))
        self.side = SideChoice(tr("Side that is held against the first"))
        choices = [("family", tr("Family")), ("phase", tr("Phase")), ("both", tr("Both"))]
        self.by = Segments(choices, tr("Bars by"))
        self.plot = WaterfallPlot()
        self.steps = label(ink="hint", size=11, wrap=True)
        self.share = label(ink="hint", size=11)
        self.cautions = Cautions()
        self.head.addWidget(self.side)
        self.head.addWidget(self.by)
        foot = QHBoxLayout()
        foot.setSpacing(12)
        self.what = label(ink="hint", size=11, wrap=True)
        foot.addWidget(self.what, 1)
        foot.addWidget(self.share)
        self.column.setSpacing(4)
        self.more = More()
        self.column.addWidget(self.more)
        self.column.addWidget(self.plot)
        self.column.addWidget(self.steps)
        self.column.addLayout(foot)
        self.column.addWidget(self.cautions)
        self.column.addStretch(1)
        self.by.chosen.connect(lambda _key: self._draw())
        self.side.chosen.connect(self._turn)
        self.plot.chosen.connect(self._tell)
        self.set_comparison(None)

    def set_comparison(
        self, comparison: Comparison | None, looks: Sequence[Look] | None = None
    ) -> None:
        """Show another comparison, or none."""
        self.take(comparison, looks)
        self.side.offer(comparison)
        self._draw()

    def set_side(self, side: int) -> None:
        """Hold another side against the first, without a signal."""
        self.side.choose(side)
        self._draw()

    def _turn(self, side: int) -> None:
        self._draw()
        self.side_changed.emit(side)

    def _tell(self, number: int) -> None:
        shown = self.plot.shown
        self.chosen.emit(shown.steps[number].bar if shown is not None and number >= 0 else None)

    def _draw(self) -> None:
        comparison, side = self.comparison, self.side.side
        reason = words.no_bars(comparison, side)
        self.explain(reason)
        self.by.setVisible(not reason)
        why = comparison.why[side] if comparison is not None and not reason else None
        if comparison is None or why is None:
            self.title.show_text(tr("Where the difference comes from"))
            self.plot.show_waterfall(None)
            return
        labels, looks = words.labels_of(comparison, side), self.looks
        by = cast("By", self.by.value)
        self.plot.show_waterfall(
            Waterfall(why.a, why.b, labels, (looks[0], looks[side]), steps_of(why, by))
        )
        self.more.show_sides(labels, (looks[0], looks[side]))
        delta = fmt.duration(abs(why.b - why.a))
        self.title.show_text(tr("Where the {time} come from", time=delta))
        self.steps.setText(words.steps_words(comparison, side))
        self.what.setText(words.what_words(why))
        self.share.setText(words.share_words(why))
        self.cautions.show_texts(words.cautions(comparison, side))
