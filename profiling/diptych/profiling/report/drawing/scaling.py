"""How throughput and step time go with the knob that was swept, with their intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from diptych.profiling.compare.bootstrap import Interval
from diptych.profiling.compare.comparison import Compared, Comparison
from diptych.profiling.compare.sweep import Curve, Sweep
from diptych.profiling.report.drawing.frame import (
    LEFT,
    RIGHT,
    WIDTH,
    Figure,
    base,
    drawing,
    text,
    upwards,
)
from diptych.profiling.report.looks import Look, looks, points
from diptych.profiling.report.markup import Piece, tag
from diptych.profiling.report.scale import Axis

_TOP, _BOTTOM, _GAP = 26, 236, 64


@dataclass(frozen=True, slots=True)
class _Panel:
    title: str
    of: Callable[[Compared], Interval | None]
    per: float
    x: Axis


def scaling(comparison: Comparison, sweep: Sweep) -> Figure | None:
    """Return the figure; ``None`` where nothing is known of any side."""
    values = sorted({value for curve in sweep.curves for value, _ in curve.points})
    middle = (WIDTH - _GAP) / 2
    places = ((LEFT + 12, middle), (middle + _GAP + 12, WIDTH - RIGHT - 8))
    panels = (
        _Panel("samples a second", lambda side: side.rate, 1.0, Axis(0, 1, *places[0])),
        _Panel(
            "median step time, ms", lambda side: side.quantiles[0.5], 1e6, Axis(0, 1, *places[1])
        ),
    )
    parts = [part for panel in panels for part in _drawn(panel, comparison, sweep, values)]
    if not parts:
        return None
    knob = sweep.knob.replace("_", " ")
    says = f"Throughput and median step time against {knob} {_listed(values)}, by kind of side."
    legend = [
        tag("span", looks(comparison)[curve.points[0][1]].chip(), curve.label)
        for curve in sweep.curves
    ]
    picture = drawing(_BOTTOM + 24, f"Scaling with {knob}", says, parts)
    notes = (f"Across: {knob}, each value as far apart. Bars: 95 % intervals.",)
    return Figure(
        f"Scaling with {knob}", "", says, picture, notes, tag("p", legend, class_="legend")
    )


def _listed(values: list[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def _drawn(panel: _Panel, comparison: Comparison, sweep: Sweep, values: list[float]) -> list[Piece]:
    known = [found for side in comparison.sides if (found := panel.of(side)) is not None]
    if not known:
        return []
    highest = max(found.high or found.estimate for found in known) / panel.per
    up = Axis(0, highest * 1.05 or 1.0, _BOTTOM, _TOP)
    left, right = panel.x.start - 12, panel.x.end + 8
    parts = [
        text(left, _TOP - 12, panel.title),
        *upwards(up, left, right),
        base(_BOTTOM, left, right),
    ]
    for value in values:
        place = _place(panel, values, value)
        parts.append(text(place, _BOTTOM + 15, f"{value:g}", anchor="middle"))
    styles = looks(comparison)
    for curve in sweep.curves:
        look = styles[curve.points[0][1]]
        inside = _curve(panel, comparison, curve, look, values, up)
        parts.append(tag("g", inside, class_=look.hue))
    return parts


def _place(panel: _Panel, values: list[float], value: float) -> float:
    return panel.x((values.index(value) + 0.25) / (len(values) - 0.5))


def _curve(
    panel: _Panel, comparison: Comparison, curve: Curve, look: Look, values: list[float], up: Axis
) -> list[Piece]:
    places, parts = [], []
    for value, at in curve.points:
        found = panel.of(comparison.sides[at])
        if found is None:
            continue
        x, y = _place(panel, values, value), up(found.estimate / panel.per)
        places.append((x, y))
        if found.low is not None and found.high is not None:
            ends = [(x, up(found.low / panel.per)), (x, up(found.high / panel.per))]
            parts.append(tag("path", d=points(ends), class_="stroke", stroke_width=2.5))
        parts.append(look.mark(x, y, 4))
    if len(places) > 1:
        parts.append(tag("path", d=points(places), class_="stroke", stroke_width=1.5,
                         stroke_dasharray=look.dash))  # fmt: skip
    return parts
