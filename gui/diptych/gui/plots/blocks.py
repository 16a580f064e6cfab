"""Pictures in which many rows fall into a pixel, from what is kept of blocks of rows. No Qt here.

Each takes a series, its pyramid and the view: begin and end like ``t``,
pixels, least width of a bucket. A bucket's edge is that of a block, which is
a fraction of a pixel away.
"""

from __future__ import annotations

import numpy as np

from diptych.gui.plots.pyramid import FACTOR, SUMMED, Pyramid, all_of, level_for, store
from diptych.gui.plots.reduce import (
    Buckets,
    Floats,
    Ints,
    break_gaps,
    buckets,
    extremes,
    median_size,
    zigzag,
)
from diptych.gui.plots.rows import MEDIAN_PIXELS, bars, broken, with_band
from diptych.gui.plots.series import Drawn, Series

View = tuple[int, int, int, int]
"""Begin and end like ``t``, pixels, least width of a bucket."""


def _block_buckets(series: Series, pyramid: Pyramid, view: View, size: int) -> Buckets:
    """Return buckets whose rows are blocks of ``size`` rows."""
    begin, end, pixels, least = view
    return buckets(pyramid.starts(series.t, series.sure, size), begin, end, pixels, least)


def _in_rows(cut: Buckets, size: int, rows: int) -> Buckets:
    return Buckets(cut.starts * size, min(cut.stop * size, rows), cut.width)


def _band(series: Series, pyramid: Pyramid, view: View) -> tuple[Buckets, Floats, Floats]:
    """Return the buckets in rows, and least and greatest of each."""
    first, stop = np.searchsorted(series.t, view[:2])
    level = level_for(int(stop - first), view[2])
    size = FACTOR**level
    cut = _block_buckets(series, pyramid, view, size)
    low, high = pyramid.extremes(series.values.__getitem__, len(series.t), series.sure, level)
    least, most = extremes(low, cut)[0], extremes(high, cut)[1]
    return _in_rows(cut, size, len(series.t)), least, most


def line(series: Series, pyramid: Pyramid, view: View) -> Drawn:
    """Draw what `rows.line` draws."""
    cut, low, high = _band(series, pyramid, view)
    x, y = zigzag(series.t, low, high, cut)
    if series.gap is not None:
        x, y = break_gaps(x, y, max(series.gap, 2 * cut.width))
    return Drawn(series.places(x), y * series.scale)


def median(series: Series, pyramid: Pyramid, view: View) -> Drawn:
    """Draw what `rows.median` draws; medians come over several pictures if there are many."""
    cut, low, high = _band(series, pyramid, view)
    first, stop = int(cut.starts[0]), cut.stop
    size = max(FACTOR, median_size(stop - first, view[2] // MEDIAN_PIXELS))
    first -= first % size
    y, whole = pyramid.medians(series.values, series.sure, size, range(first, stop))
    middles = np.minimum(first + size // 2 + size * np.arange(len(y)), stop - 1)
    x, y = broken(series, series.t[middles], y)
    line = Drawn(series.places(x), y * series.scale, whole=whole)
    if not series.banded:
        return line
    return with_band(line, series, cut, low, high)


def stack(series: Series, pyramid: Pyramid, view: View) -> Drawn:
    """Draw what `rows.stack` draws."""
    begin = series.t if series.begin is None else series.begin
    lengths, values = store.of((series.key, "lengths"), series.t, series.sure), series.values

    def longest_of(level: int) -> Floats:
        return lengths.extremes(
            lambda part: series.t[part] - begin[part], len(series.t), series.sure, level
        )[1]

    def rows(first: int, stop: int) -> Floats | Ints:
        return values[:, first:stop]

    all_of(
        lambda: pyramid.starts(series.t, series.sure, SUMMED),
        lambda: longest_of(1),
        lambda: pyramid.sum_blocks(rows, series.sure),
    )
    cut = _in_rows(_block_buckets(series, pyramid, view, SUMMED), SUMMED, len(series.t))
    level = max(1, level_for(cut.stop - int(cut.starts[0]), view[2]))
    longest = longest_of(level)
    long = _long_rows(begin, series.t, cut, longest, FACTOR**level)
    if len(long):
        starts = np.unique(np.concatenate((cut.starts, long, long + 1)))
        cut = Buckets(starts[starts < cut.stop], cut.stop, cut.width)
    edges = np.append(cut.starts, cut.stop)
    sums = pyramid.sums(rows, series.sure, edges)
    return bars(series, begin, cut, sums / cut.counts * series.scale)


def _long_rows(begin: Ints, end: Ints, cut: Buckets, longest: Floats, size: int) -> Ints:
    """Return the rows that last for longer than two buckets, as `set_apart` finds them."""
    first = int(cut.starts[0])
    blocks = np.arange(first // size, -(-cut.stop // size))
    found = [np.empty(0, np.int64)]
    for block in blocks[longest[blocks] > 2 * cut.width].tolist():
        low, high = max(first, block * size), min(cut.stop, (block + 1) * size)
        found.append(low + np.flatnonzero(end[low:high] - begin[low:high] > 2 * cut.width))
    return np.concatenate(found)


def rate(series: Series, pyramid: Pyramid, view: View) -> Drawn:
    """Draw what `rows.rate` draws."""
    cut = _in_rows(_block_buckets(series, pyramid, view, SUMMED), SUMMED, len(series.t))
    edges = np.append(cut.starts, cut.stop)
    over, under = pyramid.sums(lambda a, b: _both_known(series, a, b), series.sure, edges)
    y = np.full(len(over), np.nan)
    np.divide(over, under, out=y, where=under > 0)
    last, y = broken(series, series.t[cut.starts + cut.counts - 1], y)
    return Drawn(series.places(last), y * series.scale)


def _both_known(series: Series, first: int, stop: int) -> Floats:
    over = series.values[first:stop].astype(np.float64)
    under = np.ones_like(over) if series.under is None else series.under[first:stop]
    known = np.isfinite(over) & np.isfinite(under)
    return np.where(known, np.stack((over, under)), 0.0)
