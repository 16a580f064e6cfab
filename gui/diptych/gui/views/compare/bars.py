"""What each family of operators takes on every side, forward and backward told apart."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QWidget

from diptych.gui.models.compare_families import families_of
from diptych.gui.models.selection import Look
from diptych.gui.plots.compare.family_bars import SHADES, Families, FamilyBarsPlot
from diptych.gui.plots.items import blended
from diptych.gui.text import compare_why as words
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, manager
from diptych.gui.views.compare.panel import Cautions, Legend, Panel, clear, hint
from diptych.gui.views.widgets import Mark, label
from diptych.profiling.compare.comparison import Comparison


class BarsPanel(Panel):
    """Side-by-side bars of each family."""

    def __init__(self) -> None:
        super().__init__(tr("Families of operators, a step"))
        self.legend = Legend()
        self.head.addWidget(self.legend)
        self.plot = FamilyBarsPlot()
        self.what = hint()
        self.missing = Cautions()
        foot = QHBoxLayout()
        foot.addWidget(self.what, 1)
        foot.addWidget(_Shades())
        self.column.addWidget(self.plot)
        self.column.addLayout(foot)
        self.column.addWidget(self.missing)
        self.column.addStretch(1)
        self.set_comparison(None)

    def set_comparison(
        self, comparison: Comparison | None, looks: Sequence[Look] | None = None
    ) -> None:
        """Show another comparison, or none."""
        self.take(comparison, looks)
        labels = tuple(side.label for side in comparison.sides) if comparison else ()
        self.legend.show_sides(labels, self.looks)
        bars = families_of(comparison) if comparison else ()
        if comparison is None or not bars:
            self.plot.show_families(None)
            self.explain(words.no_bars(comparison, 1))
            return
        self.explain("")
        why_not = self._why_not(comparison)
        self.plot.show_families(Families(labels, tuple(self.looks), bars, why_not))
        first = next(why for why in comparison.why if why is not None and why.comparable)
        self.what.show_text(words.what_words(first))
        missing = zip(labels, why_not, strict=True)
        self.missing.show_texts([f"{name}: {reason}" for name, reason in missing if reason])

    @staticmethod
    def _why_not(comparison: Comparison) -> tuple[str, ...]:
        count = len(comparison.sides)
        return ("", *(words.no_bars(comparison, side) for side in range(1, count)))


class _Shades(QWidget):
    """Which shade is which phase."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        manager().changed.connect(self._draw)
        self._draw()

    def _draw(self) -> None:
        clear(self._row)
        tokens = current()
        for phase, title in (
            ("forward", tr("forward")),
            ("backward", tr("backward")),
            ("other", tr("optimizer and the rest")),
        ):
            colour = blended(tokens.text2, tokens.bg2, SHADES[phase]).name()
            self._row.addWidget(Mark(square=True, colour=colour))
            self._row.addWidget(label(title, ink="hint", size=11))
            self._row.addSpacing(4)
