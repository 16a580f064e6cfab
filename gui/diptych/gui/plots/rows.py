"""Pictures in which rows can be told apart, reduced from the rows themselves. No Qt here."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from diptych.gui.plots.reduce import (
    Buckets,
    Floats,
    Ints,
    break_gaps,
    extremes,
    means,
    medians,
    ratios,
    set_apart,
    zigzag,
)
from diptych.gui.plots.series import Drawn, Series

MEDIAN_PIXELS = 3
_FAR = 4
"""Times the usual distance between two points, from which on a line does not join them."""
_PAUSE_STEPS, _PAUSE_BARS = 8, 4
"""Steps, or bars, that a pause must be longer than to be seen as one."""


def line(series: Series, cut: Buckets, _pixels: int) -> Drawn:
    """Draw a line through the least and the greatest value of each bucket."""
    low, high = extremes(series.values, cut)
    x, y = zigzag(series.t, low, high, cut)
    if series.gap is not None:
        x, y = break_gaps(x, y, max(series.gap, 2 * cut.width))
    return Drawn(series.places(x), y * series.scale)


def median(series: Series, cut: Buckets, pixels: int) -> Drawn:
    """Draw a line of medians, and the band of the raw values if it has one."""
    x, y = medians(series.t, series.values, cut, pixels // MEDIAN_PIXELS)
    x, y = broken(series, x, y)
    line = Drawn(series.places(x), y * series.scale)
    if not series.banded:
        return line
    return with_band(line, series, cut, *extremes(series.values, cut))


def stack(series: Series, cut: Buckets, _pixels: int) -> Drawn:
    """Draw bars of means; a row that lasts long gets a bar of its own."""
    begin = series.t if series.begin is None else series.begin
    cut = set_apart(begin, series.t, cut)
    return bars(series, begin, cut, means(series.values, cut) * series.scale)


def bars(series: Series, begin: Ints, cut: Buckets, parts: Floats) -> Drawn:
    """Return bars of ``parts``, shape (columns, buckets), one upon the other."""
    areas = np.vstack([np.zeros((1, parts.shape[1])), np.cumsum(parts, axis=0)])
    left = series.places(begin[cut.starts])
    right = series.places(series.t[cut.starts + cut.counts - 1])
    bridged = _bridged(left, right, cut.counts, cut.width / series.per)
    return Drawn(left, areas[-1], areas=areas, right=bridged, steps=cut.counts)


def _bridged(left: Floats, right: Floats, counts: Ints, width: float) -> Floats:
    """Let each bar reach to the next one, unless there is a pause between them."""
    if len(left) < 2:
        return right
    longest = np.maximum(_PAUSE_STEPS * (right - left) / counts, _PAUSE_BARS * width)
    pause = left[1:] - right[:-1]
    right[:-1] = np.where(pause > longest[:-1], right[:-1], left[1:])
    return right


def rate(series: Series, cut: Buckets, _pixels: int) -> Drawn:
    """Draw the sum of the values over the sum of ``under`` in each bucket."""
    under = series.under if series.under is not None else np.ones_like(series.values)
    y = ratios(series.values, under, cut) * series.scale
    last, y = broken(series, series.t[cut.starts + cut.counts - 1], y)
    return Drawn(series.places(last), y)


def with_band(line: Drawn, series: Series, cut: Buckets, low: Floats, high: Floats) -> Drawn:
    """Return ``line`` over the band from ``low`` to ``high`` of each bucket."""
    x, both = broken(series, series.t[cut.starts], np.stack((low, high)) * series.scale)
    return replace(line, band_x=series.places(x), low=both[0], high=both[1])


def broken(series: Series, x: Ints, y: Floats) -> tuple[Ints, Floats]:
    """Break a line of points that stand for many rows where nothing came for long."""
    if series.gap is None or len(x) < 2:
        return x, y
    return break_gaps(x, y, max(series.gap, _FAR * int(np.median(np.diff(x)))))
