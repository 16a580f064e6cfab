"""Step times over time: one clock for sides that took turns, which are shaded."""

from __future__ import annotations

import numpy as np

from diptych.profiling.compare.comparison import Compared, Comparison
from diptych.profiling.compare.samples import Floats
from diptych.profiling.report.drawing.frame import (
    LEFT,
    RIGHT,
    WIDTH,
    Figure,
    across,
    base,
    drawing,
    upwards,
)
from diptych.profiling.report.looks import looks
from diptych.profiling.report.markup import Piece, coordinate, tag
from diptych.profiling.report.scale import Axis

_TOP, _BOTTOM = 10, 230
_FEW = 3_000
"""So many steps of a side are dots; of more the extremes of each pixel are drawn."""


def over_time(comparison: Comparison) -> Figure | None:
    """Return the figure; ``None`` where no step has a known time."""
    origins = _origins(comparison)
    lines = [_line(s, o) for s, o in zip(comparison.sides, origins, strict=True)]
    known = [(t, y) for t, y in lines if len(t)]
    if not known:
        return None
    last = max(float(t.max()) for t, _ in known)
    highest = max(min(float(y.max()), 3 * float(np.percentile(y, 99))) for _, y in known)
    x = Axis(0, max(last, 1e-3) * 1.01, LEFT, WIDTH - RIGHT)
    y = Axis(0, highest * 1.05, _BOTTOM, _TOP)
    parts: list[Piece] = []
    for side, origin, look in zip(comparison.sides, origins, looks(comparison), strict=True):
        if comparison.together:
            parts.append(tag("g", _turns(side, origin, x), class_=look.hue))
    parts += [*across(x, _TOP, _BOTTOM), *upwards(y), base(_BOTTOM)]
    for (t, values), look in zip(lines, looks(comparison), strict=True):
        if len(t):
            parts.append(tag("g", _dots(t, values, x, y), class_=look.hue))
    return _figure(comparison, parts, known, y)


def _figure(
    comparison: Comparison, parts: list[Piece], known: list[tuple[Floats, Floats]], y: Axis
) -> Figure:
    clock = "since the first turn" if comparison.together else "since its own first step"
    says = f"Completed time of each step that counts, over the seconds {clock}."
    notes = [f"Across: seconds {clock}."]
    if comparison.together:
        notes[0] = f"Across: seconds {clock}; shaded: whose turn it was."
        if comparison.noise_run is not None:
            notes.append(
                f"Not shaded: {comparison.sides[0].label} once more, which tells the noise."
            )
    beyond = sum(int((values > y.high).sum()) for _, values in known)
    if beyond:
        notes.append(f"{beyond:,} steps are longer than the upper edge.")
    picture = drawing(_BOTTOM + 24, "Step times over time", says, parts)
    return Figure("Step times over time", "ms", says, picture, tuple(notes))


def _origins(comparison: Comparison) -> list[int]:
    """Return the zero of each side's time; a race has one clock."""
    firsts = [_first(side) for side in comparison.sides]
    return [min(firsts)] * len(firsts) if comparison.together else firsts


def _first(side: Compared) -> int:
    if side.timed.turns:
        return min(turn.start for turn in side.timed.turns)
    rows = side.timed.rows
    return int(side.run.steps.start[rows[0]]) if len(rows) else 0


def _line(side: Compared, origin: int) -> tuple[Floats, Floats]:
    rows = side.timed.rows
    times = side.run.steps.completed[rows] / 1e6
    at = (side.run.steps.start[rows] - origin) / 1e9
    known = np.isfinite(times)
    return at[known], times[known]


def _turns(side: Compared, origin: int, x: Axis) -> list[Piece]:
    found = []
    for turn in side.timed.turns:
        left, right = x((turn.start - origin) / 1e9), x((turn.end - origin) / 1e9)
        box = tag("rect", x=left, y=_TOP, width=max(right - left, 0.5), height=_BOTTOM - _TOP,
                  class_="turn")  # fmt: skip
        found.append(box)
    return found


def _dots(t: Floats, values: Floats, x: Axis, y: Axis) -> list[Piece]:
    across_ = np.array([x(v) for v in t.tolist()])
    up = np.array([y(v) for v in np.minimum(values, y.high).tolist()])
    if len(t) <= _FEW:
        path = "".join(
            f"M{coordinate(a)} {coordinate(b)}h0"
            for a, b in zip(across_.tolist(), up.tolist(), strict=True)
        )
        return [tag("path", d=path, class_="dots")]
    pixel = np.round(across_).astype(int)
    firsts = np.flatnonzero(np.r_[True, np.diff(pixel) > 0])
    low, high = np.maximum.reduceat(up, firsts), np.minimum.reduceat(up, firsts)
    columns = zip(pixel[firsts].tolist(), low.tolist(), high.tolist(), strict=True)
    path = "".join(f"M{a} {coordinate(b + 0.5)}V{coordinate(c - 0.5)}" for a, b, c in columns)
    return [tag("path", d=path, class_="stroke", stroke_width=1)]
