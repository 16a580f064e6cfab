"""Each side's step time over the first's, with its interval and what noise alone may do."""

from __future__ import annotations

import math

from diptych.profiling.compare.bootstrap import Interval
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.report.drawing.frame import RIGHT, WIDTH, Figure, across, drawing, text
from diptych.profiling.report.looks import Look, looks
from diptych.profiling.report.markup import Piece, tag
from diptych.profiling.report.scale import Axis, fixed

_ROW, _TOP, _NAMES = 30, 8, 220
_LONGEST = 30


def ratio(comparison: Comparison) -> Figure | None:
    """Return the figure; ``None`` where no side has a verdict."""
    found = [(at, v.ratio) for at, v in enumerate(comparison.verdicts) if v is not None]
    if not found:
        return None
    bottom = _TOP + _ROW * len(found)
    axis = _axis(comparison, [interval for _, interval in found])
    parts = [*_noise(comparison.noise_floor, axis, bottom), *across(axis, _TOP, bottom)]
    parts.append(tag("line", x1=axis(1), x2=axis(1), y1=_TOP, y2=bottom, class_="one"))
    styles = looks(comparison)
    for row, (at, interval) in enumerate(found):
        y = _TOP + _ROW * (row + 0.5)
        parts += _bar(interval, axis, y, styles[at])
        parts.append(text(_NAMES - 16, y + 4, shortened(comparison.sides[at].label), anchor="end",
                          class_="name"))  # fmt: skip
    first = comparison.sides[0].label
    says = f"Step time of each side over that of {first}, with its 95 % interval. 1 is as long."
    notes = [f"1 is the step time of {first}; to the right a side needs longer."]
    if comparison.noise_floor is not None:
        share = fixed((comparison.noise_floor - 1) * 100, 1)
        notes.append(f"Shaded: what {first}, run twice, differs by here (up to {share} %).")
    picture = drawing(bottom + 24, "Ratio of step times", says, parts)
    return Figure(f"Step time over that of {first}", "ratio", says, picture, tuple(notes), ())


def shortened(label: str) -> str:
    """Return a name that has room beside a drawing."""
    return label if len(label) <= _LONGEST else label[: _LONGEST - 1] + "…"


def _axis(comparison: Comparison, found: list[Interval]) -> Axis:
    values = [1.0, comparison.noise_floor or 1.0, 1 / (comparison.noise_floor or 1.0)]
    for interval in found:
        values += [v for v in (interval.low, interval.estimate, interval.high) if v]
    values = [v for v in values if math.isfinite(v)]
    low, high = min(values), max(values)
    room = max((high - low) * 0.08, 0.005)
    return Axis(low - room, high + room, _NAMES, WIDTH - RIGHT - 8)


def _noise(floor: float | None, axis: Axis, bottom: float) -> list[Piece]:
    if floor is None:
        return []
    left, right = axis(1 / floor), axis(floor)
    return [tag("rect", x=left, y=_TOP, width=right - left, height=bottom - _TOP, class_="noise")]


def _bar(interval: Interval, axis: Axis, y: float, look: Look) -> list[Piece]:
    parts = []
    if interval.low is not None and interval.high is not None:
        left, right = axis(interval.low), axis(interval.high)
        line = tag("path", d=f"M{left:.1f} {y:.1f}H{right:.1f}", class_="stroke", stroke_width=3)
        parts.append(line)
    parts.append(look.mark(axis(interval.estimate), y, 5))
    return [tag("g", parts, class_=look.hue)]
