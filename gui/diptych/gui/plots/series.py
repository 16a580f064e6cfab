"""What one curve shows, and how it is reduced for one picture. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import Enum

import numpy as np

from diptych.gui.plots.reduce import (
    Buckets,
    Floats,
    Ints,
    Numbers,
    break_gaps,
    buckets,
    extremes,
    means,
    medians,
    ratios,
    set_apart,
    zigzag,
)

_MEDIAN_PIXELS = 3
_BAR_PIXELS = 2
_PAUSE_STEPS, _PAUSE_BARS = 8, 4
"""Steps, or bars, that a pause must be longer than to be seen as one."""
_RATIO_NS = 500_000_000
"""A rate is taken over half a second at least: of one step it would only flicker."""


class Kind(Enum):
    """How rows become a picture."""

    LINE = "line"
    """Every value; least and greatest of a bucket."""
    MEDIAN = "median"
    """A line of medians, over a faint band of the raw values unless it is dashed."""
    STACK = "stack"
    """Means of several columns, one upon the other."""
    RATE = "rate"
    """Sum of ``values`` over sum of ``under``."""


@dataclass(frozen=True, slots=True)
class Series:
    """One curve of one run.

    ``t`` is int64 ns on the run's clock, ``origin`` its zero; ``values`` has
    shape (n,), or (rows, n) for a stack; shown is ``values * scale``. ``gap``
    is the longest time in ns between two rows that a line may bridge.
    ``begin`` is when each row began, where a row lasts for a while.
    ``group`` names the run in the legend, ``mark`` is ``dot`` or ``square``.
    """

    group: str
    label: str
    colour: str
    mark: str
    t: Ints
    values: Numbers
    origin: int
    scale: float = 1.0
    kind: Kind = Kind.LINE
    dashed: bool = False
    under: Numbers | None = None
    begin: Ints | None = None
    gap: int | None = None
    colours: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()

    def span(self) -> tuple[float, float] | None:
        """Return first and last time in s, ``None`` without rows."""
        if not len(self.t):
            return None
        first, last = int(self.t[0]) - self.origin, int(self.t[-1]) - self.origin
        return first / 1e9, last / 1e9


@dataclass(frozen=True, slots=True)
class Drawn:
    """A curve reduced to one picture: ``x`` in s, ``y`` in the unit of the plot.

    ``low`` and ``high`` over ``band_x`` are the raw band. ``areas`` has one row
    more than the stack has columns, the first being 0; each of its bars reaches
    from ``x`` to ``right``, over ``steps`` rows. ``peak`` is the greatest value of each bucket at
    ``peak_x``, for outliers.
    """

    x: Floats
    y: Floats
    band_x: Floats = field(default_factory=lambda: np.empty(0))
    low: Floats = field(default_factory=lambda: np.empty(0))
    high: Floats = field(default_factory=lambda: np.empty(0))
    areas: Floats | None = None
    right: Floats = field(default_factory=lambda: np.empty(0))
    steps: Ints = field(default_factory=lambda: np.empty(0, np.int64))

    @property
    def peak_x(self) -> Floats:
        """Where `peak` stands."""
        return self.band_x if len(self.band_x) else self.x

    @property
    def peak(self) -> Floats:
        """The greatest value that is to be seen at each place."""
        return self.high if len(self.band_x) else self.y

    def at(self, x: float) -> float:
        """Return the value drawn nearest to ``x``, NaN beyond the ends of the curve.

        Of a stack it is that of the bar at ``x``.
        """
        index = self._index(x)
        return float("nan") if index is None else float(self.y[index])

    def parts_at(self, x: float) -> list[float]:
        """Return each column of the bar of a stack at ``x``."""
        index = self._index(x)
        if self.areas is None or index is None:
            return []
        parts: list[float] = np.diff(self.areas[:, index]).tolist()
        return parts

    def _index(self, x: float) -> int | None:
        if self.areas is None:
            return nearest(self.x, x)
        index = int(np.searchsorted(self.x, x, "right")) - 1
        return index if index >= 0 and x <= self.right[index] else None


def nearest(x: Floats, at: float) -> int | None:
    """Return the index of the entry of rising ``x`` nearest to ``at``, within its ends."""
    if not len(x) or not x[0] <= at <= x[-1]:
        return None
    right = int(np.searchsorted(x, at))
    left = max(0, right - 1)
    return left if at - x[left] <= x[min(right, len(x) - 1)] - at else right


def draw(series: Series, low: float, high: float, pixels: int) -> Drawn:
    """Reduce ``series`` to the picture from ``low`` to ``high`` s, ``pixels`` wide."""
    begin = series.origin + int(low * 1e9)
    end = series.origin + int(high * 1e9)
    least = _RATIO_NS if series.kind is Kind.RATE else 0
    if series.kind is Kind.STACK:
        pixels = max(1, pixels // _BAR_PIXELS)
    cut = buckets(series.t, begin, end, pixels, least)
    return _DRAW[series.kind](series, cut, pixels)


def _seconds(series: Series, t: Ints) -> Floats:
    return (t - series.origin) / 1e9


def _line(series: Series, cut: Buckets, _pixels: int) -> Drawn:
    low, high = extremes(series.values, cut)
    x, y = zigzag(series.t, low, high, cut)
    if series.gap is not None:
        x, y = break_gaps(x, y, max(series.gap, 2 * cut.width))
    return Drawn(_seconds(series, x), y * series.scale)


def _median(series: Series, cut: Buckets, pixels: int) -> Drawn:
    x, y = medians(series.t, series.values, cut, pixels // _MEDIAN_PIXELS)
    line = Drawn(_seconds(series, x), y * series.scale)
    if series.dashed:
        return line
    low, high = (values * series.scale for values in extremes(series.values, cut))
    return replace(line, band_x=_seconds(series, series.t[cut.starts]), low=low, high=high)


def _stack(series: Series, cut: Buckets, _pixels: int) -> Drawn:
    begin = series.t if series.begin is None else series.begin
    cut = set_apart(begin, series.t, cut)
    parts = means(series.values, cut) * series.scale
    areas = np.vstack([np.zeros((1, parts.shape[1])), np.cumsum(parts, axis=0)])
    left = _seconds(series, begin[cut.starts])
    right = _seconds(series, series.t[cut.starts + cut.counts - 1])
    bridged = _bridged(left, right, cut)
    return Drawn(left, areas[-1], areas=areas, right=bridged, steps=cut.counts)


def _bridged(left: Floats, right: Floats, cut: Buckets) -> Floats:
    """Let each bar reach to the next one, unless there is a pause between them."""
    if len(left) < 2:
        return right
    longest = np.maximum(_PAUSE_STEPS * (right - left) / cut.counts, _PAUSE_BARS * cut.width / 1e9)
    pause = left[1:] - right[:-1]
    right[:-1] = np.where(pause > longest[:-1], right[:-1], left[1:])
    return right


def _rate(series: Series, cut: Buckets, _pixels: int) -> Drawn:
    under = series.under if series.under is not None else np.ones_like(series.values)
    y = ratios(series.values, under, cut) * series.scale
    last = series.t[cut.starts + cut.counts - 1]
    return Drawn(_seconds(series, last), y)


_DRAW = {Kind.LINE: _line, Kind.MEDIAN: _median, Kind.STACK: _stack, Kind.RATE: _rate}
