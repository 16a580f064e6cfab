"""How throughput and step time go with the knob that was swept, with their intervals."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from diptych.profiling.compare.bootstrap import Interval
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.scaling import Line, Point, Scaling
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
    of: Callable[[Point], Interval | None]
    per: float
    x: Axis


def scaling(comparison: Comparison, found: Scaling) -> Figure | None:
    """Return the figure; ``None`` where nothing is known of any side."""
    middle = (WIDTH - _GAP) / 2
    panels = (
        _Panel(
            "samples a second", lambda point: point.throughput, 1.0,
            _axis(found, LEFT + 12, middle),
        ),
        _Panel(
            "median step time, ms", lambda point: point.latency, 1e6,
            _axis(found, middle + _GAP + 12, WIDTH - RIGHT - 8),
        ),
    )  # fmt: skip
    styles = looks(comparison)
    parts = [part for panel in panels for part in _drawn(panel, found, styles)]
    if not parts:
        return None
    knob = found.knob.replace("_", " ")
    values = ", ".join(f"{value:g}" for value in found.values)
    says = f"Throughput and median step time against {knob} {values}, by kind of side."
    legend = [tag("span", styles[line.first].chip(), line.label) for line in found.lines]
    picture = drawing(_BOTTOM + 24, f"Scaling with {knob}", says, parts)
    scale = ", on a logarithmic scale" if found.log else ""
    notes = (f"Across: {knob}{scale}. Bars: 95 % intervals.",)
    beside = tag("p", legend, class_="legend")
    return Figure(f"Scaling with {knob}", "", says, picture, notes, beside)


def _axis(found: Scaling, start: float, end: float) -> Axis:
    low, high = (_place(found, value) for value in (found.values[0], found.values[-1]))
    room = (high - low) * 0.06
    return Axis(low - room, high + room, start, end)


def _place(found: Scaling, value: float) -> float:
    return math.log2(value) if found.log else value


def _drawn(panel: _Panel, found: Scaling, styles: Sequence[Look]) -> list[Piece]:
    known = [one for line in found.lines for p in line.points if (one := panel.of(p)) is not None]
    if not known:
        return []
    highest = max(one.high or one.estimate for one in known) / panel.per
    up = Axis(0, highest * 1.05 or 1.0, _BOTTOM, _TOP)
    left, right = panel.x.start - 12, panel.x.end + 8
    parts = [text(left, _TOP - 12, panel.title), *upwards(up, left, right)]
    parts.append(base(_BOTTOM, left, right))
    for value in found.values:
        place = panel.x(_place(found, value))
        parts.append(text(place, _BOTTOM + 15, f"{value:g}", anchor="middle"))
    for line in found.lines:
        look = styles[line.first]
        inside = _curve(panel, found, line, look, up)
        parts.append(tag("g", inside, class_=look.hue))
    return parts


def _curve(panel: _Panel, found: Scaling, line: Line, look: Look, up: Axis) -> list[Piece]:
    places, parts = [], []
    for point in line.points:
        known = panel.of(point)
        if known is None:
            continue
        x, y = panel.x(_place(found, point.value)), up(known.estimate / panel.per)
        places.append((x, y))
        if known.low is not None and known.high is not None:
            ends = [(x, up(known.low / panel.per)), (x, up(known.high / panel.per))]
            parts.append(tag("path", d=points(ends), class_="stroke", stroke_width=2.5))
        parts.append(look.mark(x, y, 4))
    if len(places) > 1:
        parts.append(tag("path", d=points(places), class_="stroke", stroke_width=1.5,
                         stroke_dasharray=look.dash))  # fmt: skip
    return parts
