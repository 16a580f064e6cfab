"""The line above the page: which sides, by which ruler, which stretch; and the way to a report."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPushButton, QWidget

from diptych.gui.models.placing import Axis
from diptych.gui.models.selection import Look
from diptych.gui.plots.scale import step_label, time_label
from diptych.gui.text import compare as words
from diptych.gui.text.plain import one_line
from diptych.gui.text.tr import tr, trn
from diptych.gui.views.widgets import Elided, Mark, icon_button, label
from diptych.profiling.compare.comparison import Comparison


class Bar(QFrame):
    """``clear`` lets go of the stretch, ``report`` makes a report."""

    def __init__(self) -> None:
        super().__init__()
        self._labels: tuple[tuple[str, bool, str], ...] = ()
        self.sides = QWidget()
        self._row = QHBoxLayout(self.sides)
        self._row.setContentsMargins(0, 0, 0, 0)
        self._row.setSpacing(6)
        self.busy = label(ink="hint", size=11)
        self.ruler = _chip()
        self.stretch = _chip()
        self.clear = icon_button("cross", tr("Compare everything again"), tr("Esc"))
        self.report = QPushButton(tr("Report…"))
        self.report.setToolTip(tr("Write this comparison to a file that can be handed on"))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 8, 16, 8)
        row.setSpacing(8)
        row.addWidget(self.sides, 1)
        for widget in (self.busy, self.stretch, self.clear, self.ruler, self.report):
            row.addWidget(widget)
        self.tell_stretch(None, "time", None)

    def show_comparison(self, comparison: Comparison, looks: Sequence[Look]) -> None:
        """Name the sides of another comparison, and its ruler."""
        self.ruler.setText(words.ruler(comparison))
        self.ruler.setToolTip(words.ruler_why(comparison))
        named = tuple(
            (one_line(side.label, 60), look.square, look.colour)
            for side, look in zip(comparison.sides, looks, strict=True)
        )
        if named == self._labels:
            return
        self._labels = named
        while (item := self._row.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.hide()
                widget.deleteLater()
        for at, (name, square, colour) in enumerate(named):
            if at == 1:
                self._row.addWidget(label(tr("against"), ink="label"))
            self._row.addWidget(Mark(square=square, colour=colour))
            words_of_it = Elided(name, weight=500)
            policy = words_of_it.sizePolicy().Policy
            words_of_it.setSizePolicy(policy.Maximum, policy.Preferred)
            self._row.addWidget(words_of_it)
        self._row.addStretch(1)

    def tell_busy(self, busy: bool) -> None:
        """Say that numbers are being worked out."""
        self.busy.setText(tr("comparing…") if busy else "")

    def tell_stretch(
        self, span: tuple[float, float] | None, axis: Axis, comparison: Comparison | None
    ) -> None:
        """Say which stretch is compared; nothing where all is."""
        for widget in (self.stretch, self.clear):
            widget.setVisible(span is not None)
        if span is None:
            return
        reach = span[1] - span[0]
        tell = time_label if axis == "time" else step_label
        low, high = (tell(place, reach) for place in span)
        if axis == "time":
            text = tr("Compared: {low} to {high}", low=low, high=high)
        else:
            text = tr("Compared: steps {low} to {high}", low=low, high=high)
        self.stretch.setText(text)
        self.stretch.setToolTip(_rounds(comparison))


def _rounds(comparison: Comparison | None) -> str:
    if comparison is None or not comparison.together:
        return tr("Only the steps of the stretch that is selected are compared")
    rounds = trn("{n} round", "{n} rounds", comparison.sides[0].timed.rounds)
    return tr(
        "Of a race whole rounds of turns are compared, those that the stretch touches: {rounds}",
        rounds=rounds,
    )


def _chip() -> QLabel:
    made = label(size=11)
    made.setProperty("chip", True)
    return made
