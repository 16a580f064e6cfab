"""What is known of the chosen operator: its numbers, its durations, its occurrences."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from diptych.gui.models.trace_operators import Forest, Measure, shares
from diptych.gui.models.traces import Traces
from diptych.gui.plots.histogram import Histogram
from diptych.gui.plots.histogram_bins import wants_log
from diptych.gui.plots.timeline.palette import slice_colour
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import current, manager
from diptych.gui.views.timeline.tabs import TextTabs
from diptych.gui.views.widgets import Elided, icon_button, label, part
from diptych.profiling.trace.table import Int32, Int64


@dataclass(frozen=True, eq=False)
class Chosen:
    """A node of a forest, and its calls by start."""

    forest: Forest
    node: int
    measure: Measure
    rows: Int32
    spans: Int64
    """ns of each call."""

    @property
    def name(self) -> str:
        """What it is called, whole."""
        return self.forest.tips[self.node]


class Side(QWidget):
    """``show_wanted`` wants the present call to be shown in the timeline."""

    show_wanted = Signal()

    def __init__(self, traces: Traces) -> None:
        super().__init__()
        part(self, "stage")
        self.traces = traces
        self.chosen: Chosen | None = None
        self._asked = ""
        """The axis that a person asked for."""
        self.swatch = _Swatch()
        self.title = Elided(weight=600, mode=Qt.TextElideMode.ElideMiddle)
        self.calls = label("", ink="label")
        self.histogram = Histogram()
        words = [("linear", tr("Linear")), ("log", tr("Log"))]
        self.scale = TextTabs(words, tr("Axis of the histogram"))
        self.scale.chosen.connect(self._turn)
        self.what = Elided(ink="label", size=11)
        self.facts = QGridLayout()
        self.facts.setHorizontalSpacing(12)
        self.facts.setVerticalSpacing(3)
        self.nothing = label(tr("Choose a row or a box to see its durations."), ink="label")
        self.nothing.setWordWrap(True)
        self.nothing.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._make_foot()
        self._lay_out()
        traces.occurrences_changed.connect(self._tell_occurrence)
        manager().changed.connect(self._redraw)
        self.show_chosen(None)

    def _make_foot(self) -> None:
        self.where = Elided(ink="label", size=11)
        self.before = icon_button("chevron-up", tr("Previous occurrence"), "[")
        self.after = icon_button("chevron-down", tr("Next occurrence"), "]")
        self.before.clicked.connect(lambda: self.traces.step(-1))
        self.after.clicked.connect(lambda: self.traces.step(1))
        self.show_it = QPushButton(tr("Show in timeline"))
        self.show_it.setToolTip(tr("Bring this call into sight in the timeline (Enter)"))
        self.show_it.clicked.connect(self.show_wanted)

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(8)
        head.addWidget(self.swatch)
        head.addWidget(self.title, 1)
        head.addWidget(self.calls)
        axis = QHBoxLayout()
        axis.addWidget(self.what, 1)
        axis.addWidget(self.scale)
        foot = QHBoxLayout()
        foot.setSpacing(4)
        foot.addWidget(self.where, 1)
        foot.addWidget(self.before)
        foot.addWidget(self.after)
        self.inside = QWidget()
        column = QVBoxLayout(self.inside)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        column.addLayout(head)
        column.addLayout(axis)
        column.addWidget(self.histogram, 1)
        column.addLayout(foot)
        column.addLayout(self.facts)
        column.addWidget(self.show_it)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(14, 8, 14, 12)
        whole.addWidget(self.inside, 1)
        whole.addWidget(self.nothing, 1)
        self.setMinimumWidth(250)

    # -- what is shown ----------------------------------------------------------------

    def show_chosen(self, chosen: Chosen | None) -> None:
        """Speak of a node, or of nothing."""
        self.chosen = chosen
        self.inside.setVisible(chosen is not None)
        self.nothing.setVisible(chosen is None)
        if chosen is None:
            return
        forest, node = chosen.forest, chosen.node
        self.title.show_text(forest.names[node])
        self.title.setToolTip(chosen.name)
        self.calls.setText(trn("{n} call", "{n} calls", len(chosen.rows)))
        self.what.show_text(_what(chosen))
        self._show_facts(forest, node, chosen.measure)
        log = self._asked == "log" or (not self._asked and wants_log(chosen.spans))
        self.scale.choose("log" if log else "linear")
        self._redraw()
        self._tell_occurrence()

    def _turn(self, axis: str) -> None:
        self._asked = axis
        self._redraw()
        self._tell_occurrence()

    def _redraw(self) -> None:
        if self.chosen is not None:
            chosen = self.chosen
            colour = slice_colour(current(), chosen.forest.colour(chosen.node))
            if chosen.forest.colour(chosen.node) == "frame":
                colour = current().line3
            self.swatch.show_colour(colour)
            log = self.scale.value == "log"
            self.histogram.show_values(chosen.spans, colour, log=log)

    def _show_facts(self, forest: Forest, node: int, measure: Measure) -> None:
        while (item := self.facts.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()
        rows = [(name, fmt.duration(value)) for name, value in _facts(forest, node)]
        share = float(shares(forest, measure)[node])
        rows.append((tr("share"), fmt.percent(share)))
        for at, (name, text) in enumerate(rows):
            self.facts.addWidget(label(name, ink="label"), at // 2, (at % 2) * 2)
            value = label(text)
            value.setAlignment(Qt.AlignmentFlag.AlignRight)
            self.facts.addWidget(value, at // 2, (at % 2) * 2 + 1)
        self.facts.setColumnStretch(1, 1)
        self.facts.setColumnStretch(3, 1)

    def _tell_occurrence(self) -> None:
        chosen, traces = self.chosen, self.traces
        some = chosen is not None and len(chosen.rows) > 0
        for button in (self.before, self.after, self.show_it):
            button.setEnabled(some)
        at = traces.occurrence
        if chosen is None or at < 0 or not np.array_equal(traces.occurrences, chosen.rows):
            self.where.show_text("" if chosen is None else tr("[ and ] go from call to call"))
            self.histogram.show_present(None)
            return
        start = int(chosen.forest.scene.table.slices.start[chosen.rows[at]])
        step = chosen.forest.scene.step_at(start)
        words = [
            tr("{at} of {count}", at=f"{at + 1:,}", count=f"{len(chosen.rows):,}"),
            fmt.duration(float(chosen.spans[at])),
            tr("at {time}", time=fmt.duration(start)),
            step.name if step else "",
        ]
        self.where.show_text(" · ".join(word for word in words if word))
        self.histogram.show_present(float(chosen.spans[at]))


def _what(chosen: Chosen) -> str:
    """Return which times the histogram shows, and how many of them are 0."""
    without = int(np.count_nonzero(chosen.spans == 0))
    words = _time_words(chosen)
    return tr("{what}; {n} without any", what=words, n=f"{without:,}") if without else words


def _time_words(chosen: Chosen) -> str:
    if chosen.forest.wish.by == "kernel":
        return tr("Time on the device, per launch")
    if chosen.measure == "device" and "device" in chosen.forest.spans:
        return tr("Device work, per call")
    return tr("Time on the host, per call") if forest_is_timed(chosen.forest) else _ENGINE_CALL


def forest_is_timed(forest: Forest) -> bool:
    """Say whether calls have the time of a host's thread, not that of MXNet's engine."""
    return forest.scene.table.source != "mxnet"


_ENGINE_CALL = tr("Time per call")


_FACTS = {
    "total": tr("host"),
    "self": tr("host self"),
    "device": tr("device"),
    "device_self": tr("device self"),
    "mean": tr("mean"),
    "low": tr("min"),
    "high": tr("max"),
}


def _facts(forest: Forest, node: int) -> list[tuple[str, float]]:
    made = []
    for key, name in _FACTS.items():
        values: NDArray[Any] | None = forest.times.get(key)
        if values is None or (key.startswith("device") and not forest.has_device):
            continue
        if key == "total" and forest.wish.by == "kernel":
            name = tr("device")  # noqa: PLW2901 - the same column under another name
        if key in ("total", "self") and not forest_is_timed(forest):
            name = tr("time") if key == "total" else tr("self")  # noqa: PLW2901 - as above
        if key == "mean" and forest.has_device:
            name = tr("host mean")  # noqa: PLW2901 - as above
        made.append((name, float(values[node])))
    return made


class _Swatch(QWidget):
    """The colour of a family."""

    def __init__(self) -> None:
        super().__init__()
        self.setFixedSize(10, 10)
        self._colour = "#000000"

    def show_colour(self, colour: str) -> None:
        """Show it."""
        self._colour = colour
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._colour))
        painter.drawRoundedRect(QRectF(0, 0, 10, 10), 2, 2)
        painter.end()
