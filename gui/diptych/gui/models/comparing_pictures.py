"""What the pictures of a comparison are painted from, reduced beside. No Qt here.

However many steps there are, what comes out has a few thousand numbers.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log10

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.compare.comparison import Compared, Comparison
from diptych.profiling.compare.timed import Measure

Floats = NDArray[np.float64]

POINTS = 800
"""Points of one curve, and pieces into which the time is cut."""
DOTS = 1_500
"""Steps that are still drawn one by one."""
_TURNS = 4_000
_BINS = 64
_FAR = 12.0
"""Sides that differ by more than this factor are seen better on a logarithmic axis."""
_MS = 1e6


@dataclass(frozen=True, slots=True, eq=False)
class Spread:
    """How the times of one side are spread.

    ``times`` in ms, rising, and the ``share`` (0-1) of steps at or below each;
    ``bars`` is the share of steps in each bin of `Spreads.edges`, ``beyond`` of those
    right of the picture. ``p50``, ``p95`` and ``p99`` in ms.
    """

    times: Floats
    share: Floats
    bars: Floats
    beyond: float
    count: int
    quantiles: tuple[float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Spreads:
    """All sides on one axis; ``None`` for a side without a time."""

    sides: tuple[Spread | None, ...]
    edges: Floats
    log: bool

    @property
    def low(self) -> float:
        """The left end, ms."""
        return float(self.edges[0])

    @property
    def high(self) -> float:
        """The right end, ms."""
        return float(self.edges[-1])

    def places(self, values: Floats) -> Floats:
        """Do as `place` with many."""
        if not self.log:
            return (values - self.low) / (self.high - self.low)
        found: Floats = np.log10(np.maximum(values, 1e-9) / self.low)
        return found / log10(self.high / self.low)

    def place(self, value: float) -> float:
        """Return where a time in ms lies, 0 at the left end and 1 at the right."""
        if not self.log:
            return (value - self.low) / (self.high - self.low)
        return log10(max(value, 1e-9) / self.low) / log10(self.high / self.low)


@dataclass(frozen=True, slots=True, eq=False)
class Track:
    """The steps of one side over time.

    ``t`` in s, ``low``, ``middle`` and ``high`` in ms: of one step (then they are
    the same), or of the steps in a piece of the time. ``counted`` says which are
    compared. ``turns`` are its turns, s, shape (turns, 2).
    """

    t: Floats
    low: Floats
    middle: Floats
    high: Floats
    counted: NDArray[np.bool_]
    turns: Floats
    origin: float
    """Where the run's own 0 stands on this axis, s."""


@dataclass(frozen=True, slots=True, eq=False)
class Tracks:
    """All sides over one time. With ``clock`` it is real: else each begins at its own 0."""

    sides: tuple[Track, ...]
    span: tuple[float, float]
    top: float
    """What the counted steps need, ms."""
    base: float
    clock: bool
    folded: bool
    """Turns are too many to be drawn."""


@dataclass(frozen=True, slots=True, eq=False)
class Pictures:
    """``medians`` are what the verdict compares, ns, by side; NaN where not known."""

    spreads: Spreads | None
    tracks: Tracks | None
    medians: tuple[float, ...]


def pictures_of(comparison: Comparison, clock: bool) -> Pictures:
    """Return the pictures; ``clock`` says that all runs were made on one machine's clock."""
    medians = tuple(
        float(np.median(side.samples.times)) if len(side.samples.times) else float("nan")
        for side in comparison.sides
    )
    return Pictures(_spreads(comparison), _tracks(comparison, clock), medians)


def _spreads(comparison: Comparison) -> Spreads | None:
    times = [np.sort(side.samples.times) / _MS for side in comparison.sides]
    known = [part for part in times if len(part)]
    if not known:
        return None
    low = min(float(part[0]) for part in known)
    high = max(_usual_top(part) for part in known)
    low = max(low, 1e-6)
    if high <= low:
        low, high = low * 0.9, low * 1.1
    log = high / low > _FAR
    margin = (high / low) ** 0.03 if log else (high - low) * 0.04
    low, high = (low / margin, high * margin) if log else (max(0.0, low - margin), high + margin)
    edges = np.asarray((np.geomspace if log else np.linspace)(low, high, _BINS + 1), np.float64)
    return Spreads(tuple(_spread(part, edges) for part in times), edges, log)


def _usual_top(rising: Floats) -> float:
    """Return a right end that one step of a hundred may lie beyond."""
    middle = float(rising[len(rising) // 2])
    tail = float(np.quantile(rising, 0.99)) * 1.05
    return min(float(rising[-1]), max(tail, middle * 1.05))


def _spread(rising: Floats, edges: Floats) -> Spread | None:
    count = len(rising)
    if not count:
        return None
    rows = np.arange(count)
    if count > POINTS:
        # The last hundredth as closely as all before: tails are what one looks for.
        near = np.linspace(0, 0.99, POINTS // 2, endpoint=False)
        far = np.linspace(0.99, 1, POINTS // 2)
        rows = np.unique((np.concatenate((near, far)) * (count - 1)).astype(np.int64))
    bars, _ = np.histogram(rising, edges)
    p50, p95, p99 = (float(value) for value in np.quantile(rising, (0.5, 0.95, 0.99)))
    return Spread(
        rising[rows],
        (rows + 1) / count,
        bars / count,
        float(np.count_nonzero(rising > edges[-1])) / count,
        count,
        (p50, p95, p99),
    )


def _tracks(comparison: Comparison, clock: bool) -> Tracks | None:
    sides = [side for side in comparison.sides if len(side.run.steps)]
    if len(sides) < len(comparison.sides):
        return None
    zero = float(min(side.run.steps.start[0] for side in sides))
    zeros = [zero if clock else float(side.run.origin) for side in sides]
    raw = [_instants(side, at, comparison.measure) for side, at in zip(sides, zeros, strict=True)]
    ends = [float(t[-1]) for t, _, _ in raw if len(t)]
    if not ends:
        return None
    begin = 0.0 if clock else min(float(t[0]) for t, _, _ in raw if len(t))
    span = (begin, max(*ends, begin + 1e-3))
    turns = sum(len(side.timed.turns) for side in sides)
    made = tuple(
        _track(side, at, row, span, drawn=turns <= _TURNS)
        for side, at, row in zip(sides, zeros, raw, strict=True)
    )
    counted = [ms[seen] for _, ms, seen in raw if seen.any()] or [ms for _, ms, _ in raw]
    tops = [float(np.quantile(part, 0.995)) for part in counted if len(part)]
    lows = [float(part.min()) for part in counted if len(part)]
    return Tracks(
        made, span, max(tops, default=1.0) * 1.1, min(lows, default=0.0), clock, turns > _TURNS
    )


_Row = tuple[Floats, Floats, NDArray[np.bool_]]


def _instants(side: Compared, zero: float, measure: Measure) -> _Row:
    """Return when, how long in ms and whether compared: of steps, or of whole turns."""
    if measure == "throughput" and side.timed.raced:
        turns = side.timed.turns
        t = np.array([((turn.start + turn.end) / 2 - zero) / 1e9 for turn in turns], np.float64)
        ms = np.array([(turn.end - turn.start) / turn.steps / _MS for turn in turns], np.float64)
        return t, ms, np.ones(len(t), np.bool_)
    steps = side.run.steps
    at = np.where(np.isfinite(steps.completed_at), steps.completed_at, steps.end)
    counted = np.zeros(len(steps), np.bool_)
    counted[side.timed.rows] = True
    known = np.isfinite(steps.completed)
    t = (np.maximum.accumulate(at) - zero) / 1e9
    return t[known], steps.completed[known] / _MS, counted[known]


def _track(
    side: Compared, zero: float, row: _Row, span: tuple[float, float], *, drawn: bool
) -> Track:
    t, ms, counted = row
    turns = np.array(
        [((turn.start - zero) / 1e9, (turn.end - zero) / 1e9) for turn in side.run.turns]
        if drawn
        else [],
        np.float64,
    ).reshape(-1, 2)
    origin = (side.run.origin - zero) / 1e9
    if len(t) <= DOTS:
        return Track(t, ms, ms, ms, counted, turns, origin)
    return _folded(t, ms, counted, span, turns, origin)


def _folded(
    t: Floats,
    ms: Floats,
    counted: NDArray[np.bool_],
    span: tuple[float, float],
    turns: Floats,
    origin: float,
) -> Track:
    """Cut the time into pieces, those that count apart from those that do not."""
    width = (span[1] - span[0]) / POINTS
    piece = np.minimum(((t - span[0]) / width).astype(np.int64), POINTS - 1) * 2 + counted
    order = np.lexsort((ms, piece))
    keys, first, size = np.unique(piece[order], return_index=True, return_counts=True)
    rising = ms[order]
    return Track(
        span[0] + (keys // 2 + 0.5) * width,
        rising[first],
        rising[first + size // 2],
        rising[first + size - 1],
        (keys % 2).astype(np.bool_),
        turns,
        origin,
    )
