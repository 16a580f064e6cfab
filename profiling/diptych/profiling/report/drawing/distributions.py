"""How the step times of all sides are spread: histograms above, shares at or below under them."""

from __future__ import annotations

import numpy as np

from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.samples import Floats
from diptych.profiling.report.drawing.frame import (
    LEFT,
    RIGHT,
    WIDTH,
    Figure,
    across,
    base,
    drawing,
    text,
    upwards,
)
from diptych.profiling.report.looks import Look, looks, points
from diptych.profiling.report.markup import Piece, coordinate, tag
from diptych.profiling.report.scale import Axis, fixed

_BINS = 64
_TOP, _MIDDLE, _BELOW, _BOTTOM = 14, 134, 160, 320
_MOST_POINTS = 400


def distributions(comparison: Comparison) -> Figure | None:
    """Return the figure; ``None`` where no side has a time."""
    times = [side.samples.times / 1e6 for side in comparison.sides]
    known = [values for values in times if len(values)]
    if not known:
        return None
    axis = _axis(known)
    edges = np.linspace(axis.low, axis.high, _BINS + 1)
    shares = [np.histogram(v, edges)[0] / max(len(v), 1) for v in times]
    highest = max(float(share.max(initial=0)) for share in shares) or 1.0
    up = Axis(0, highest, _MIDDLE, _TOP)
    share = Axis(0, 100, _BOTTOM, _BELOW)
    parts: list[Piece] = [*across(axis, _TOP, _BOTTOM), *upwards(share), base(_MIDDLE)]
    parts += [base(_BOTTOM), text(LEFT, _BELOW - 10, "steps at or below, %")]
    for values, heights, look in zip(times, shares, looks(comparison), strict=True):
        if len(values):
            inside = [_histogram(heights, edges, axis, up), *_curve(values, axis, share, look)]
            parts.append(tag("g", inside, class_=look.hue))
    what = "step" if comparison.measure == "steps" else "step, over whole turns or stretches"
    says = " ".join(
        f"{side.label}: median {_ms(values, 50)} ms, 95 % at most {_ms(values, 95)} ms."
        for side, values in zip(comparison.sides, times, strict=True)
        if len(values)
    )
    picture = drawing(_BOTTOM + 24, f"Time a {what}", says, parts)
    return Figure(f"Time a {what}", "ms", says, picture, _notes(comparison, times, axis))


def _ms(values: Floats, percent: float) -> str:
    return fixed(float(np.percentile(values, percent)), 2)


def _axis(known: list[Floats]) -> Axis:
    """Cut the long tail off: what lies beyond is counted below the figure."""
    low = min(float(values.min()) for values in known)
    high = max(min(float(v.max()), 2 * float(np.percentile(v, 99))) for v in known)
    room = max((high - low) * 0.02, high * 0.001, 1e-6)
    return Axis(max(low - room, 0.0), high + room, LEFT, WIDTH - RIGHT)


def _notes(comparison: Comparison, times: list[Floats], axis: Axis) -> tuple[str, ...]:
    beyond = [
        f"{side.label}: {int((values > axis.high).sum()):,}"
        for side, values in zip(comparison.sides, times, strict=True)
        if (values > axis.high).any()
    ]
    return (f"Beyond the right edge: {', '.join(beyond)}.",) if beyond else ()


def _histogram(heights: Floats, edges: Floats, axis: Axis, up: Axis) -> Piece:
    path = f"M{coordinate(axis(float(edges[0])))} {_MIDDLE}"
    for height, right in zip(heights.tolist(), edges[1:].tolist(), strict=True):
        path += f"V{coordinate(up(height))}H{coordinate(axis(right))}"
    return tag("path", d=f"{path}V{_MIDDLE}Z", class_="area")


def _curve(values: Floats, axis: Axis, share: Axis, look: Look) -> list[Piece]:
    ordered = np.sort(values)
    ordered = ordered[ordered <= axis.high]
    rank = np.linspace(0, len(ordered) - 1, min(len(ordered), _MOST_POINTS)).astype(int)
    places = [(axis(axis.low), share(0))]
    for at in np.unique(rank).tolist():
        x, before = axis(float(ordered[at])), places[-1][1]
        places += [(x, before), (x, share(100 * (at + 1) / len(values)))]
    places.append((axis(axis.high), places[-1][1]))
    line = tag("path", d=points(places), class_="stroke", stroke_width=1.5,
               stroke_dasharray=look.dash)  # fmt: skip
    middle = float(np.median(values))
    return [line, look.mark(axis(middle), share(50), 4)] if middle <= axis.high else [line]
