"""How throughput and step time go with a knob that was swept; hidden where none was."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QHBoxLayout, QWidget

from diptych.gui.models.selection import Look
from diptych.gui.plots.compare.scaling_plot import Curve, Dot, ScalingPlot
from diptych.gui.text.compare_scaling import knob_title, value_text, with_interval
from diptych.gui.text.tr import tr
from diptych.gui.theme import manager
from diptych.gui.views.compare.panel import Cautions, Panel, clear
from diptych.gui.views.widgets import Mark, label
from diptych.profiling.compare.bootstrap import Interval
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.scaling import Line, Scaling, scaling_of

_MS = 1e6


class ScalingPanel(Panel):
    """Two plots, throughput and median step time; the panel hides itself without a sweep."""

    def __init__(self) -> None:
        super().__init__(tr("Scaling"))
        self.scaling: Scaling | None = None
        self.legend = QWidget()
        self._names = QHBoxLayout(self.legend)
        self._names.setContentsMargins(0, 0, 0, 0)
        self._names.setSpacing(6)
        self.head.addWidget(self.legend)
        self.throughput = ScalingPlot(tr("Throughput, samples a second"), value_text)
        self.latency = ScalingPlot(tr("Median step time, ms"), value_text)
        plots = QHBoxLayout()
        plots.setSpacing(16)
        plots.addWidget(self.throughput)
        plots.addWidget(self.latency)
        self.missing = Cautions()
        self.column.addLayout(plots, 1)
        self.column.addWidget(self.missing)
        manager().changed.connect(self._name)
        self.set_comparison(None)

    @property
    def has_content(self) -> bool:
        """Whether a knob was swept."""
        return self.scaling is not None

    def set_comparison(
        self, comparison: Comparison | None, looks: Sequence[Look] | None = None
    ) -> None:
        """Show another comparison, or none."""
        self.take(comparison, looks)
        self.scaling = scaling_of(comparison)
        self.explain("" if self.scaling else tr("No knob was swept."))
        self.setHidden(self.scaling is None)
        if self.scaling is not None:
            self._draw(self.scaling)

    def _draw(self, found: Scaling) -> None:
        knob = knob_title(found.knob)
        self.title.show_text(tr("Scaling with {knob}", knob=knob))
        looks = looks_of_lines(found.lines)
        for plot, key in ((self.throughput, "throughput"), (self.latency, "latency")):
            curves = tuple(
                _curve(line, look, key, knob) for line, look in zip(found.lines, looks, strict=True)
            )
            plot.show_curves(curves, found.values, knob, log=found.log)
        self.missing.show_texts(_missing(found, knob))
        self._name()

    def _name(self) -> None:
        clear(self._names)
        if self.scaling is None:
            return
        looks = looks_of_lines(self.scaling.lines)
        for line, look in zip(self.scaling.lines, looks, strict=True):
            self._names.addWidget(Mark(square=look.square, colour=look.colour))
            self._names.addWidget(label(line.label, ink="label", size=11))
            self._names.addSpacing(6)


def looks_of_lines(lines: tuple[Line, ...]) -> list[Look]:
    """Return the look of each line; lines of one framework differ in shade."""
    looks: list[Look] = []
    for line in lines:
        kind = "mxnet" if line.framework == "mxnet" else "torch"
        looks.append(Look(kind, sum(look.framework == kind for look in looks)))
    return looks


def _curve(line: Line, look: Look, key: str, knob: str) -> Curve:
    dots = []
    for point in line.points:
        found: Interval | None = getattr(point, key)
        if found is None:
            continue
        per, unit = (1.0, tr("samples/s")) if key == "throughput" else (_MS, "ms")
        text = tr(
            "{line}, {knob} {value}: {result}",
            line=line.label,
            knob=knob,
            value=value_text(point.value),
            result=with_interval(found, per, unit),
        )
        low = found.low / per if found.low is not None else None
        high = found.high / per if found.high is not None else None
        dots.append(Dot(point.value, found.estimate / per, low, high, text))
    return Curve(line.label, look, tuple(dots))


def _missing(found: Scaling, knob: str) -> list[str]:
    """Return which points are not there, and why."""
    texts = []
    for line in found.lines:
        for point in line.points:
            names = {"line": line.label, "knob": knob, "value": value_text(point.value)}
            if point.latency is None:
                text = tr("{line}, {knob} {value}: no step has a known time.", **names)
            elif point.throughput is None:
                text = tr(
                    "{line}, {knob} {value}: how many samples a step has is not known, or varies.",
                    **names,
                )
            else:
                continue
            texts.append(text)
    return texts
