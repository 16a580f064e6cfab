"""Columns of any length into about as many points as there are pixels.

Rows are put into buckets of time whose width is a power of two, aligned to
multiples of it, so that a picture stands still while it is scrolled. Of each
bucket the least and the greatest value survive: no spike is ever lost. NaN is
unknown: a bucket without a known value is NaN, which is a gap in the line.

Times are int64 ns in rising order and may be read-only. Nothing here copies a
whole column.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Numbers = NDArray[Any]

_ROLL = 9
"""Rows of the rolling median when every row can be seen."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """The rows of one picture: row ``starts[i]`` opens bucket i, ``stop`` ends the last.

    The nearest row on either side of the picture is a bucket of its own, so
    that lines leave the picture where they should. ``width`` is in ns.
    """

    starts: Ints
    stop: int
    width: int

    @property
    def counts(self) -> Ints:
        """Rows in each bucket."""
        return np.diff(self.starts, append=self.stop)

    def __len__(self) -> int:
        return len(self.starts)


def bucket_width(span: int, pixels: int) -> int:
    """Return the power of two between half a pixel and a pixel of a picture, in ns."""
    return 1 << max(0, (max(1, span) // max(1, pixels)).bit_length() - 1)


def buckets(t: Ints, low: int, high: int, pixels: int, least: int = 0) -> Buckets:
    """Put the rows between ``low`` and ``high`` ns into buckets, ``least`` ns wide at least."""
    width = bucket_width(high - low, pixels)
    while width < least:
        width <<= 1
    edges = np.arange(low // width, high // width + 2, dtype=np.int64) * width
    rows = np.searchsorted(t, edges)
    first, stop = int(rows[0]), int(rows[-1])
    starts = rows[:-1][rows[1:] > rows[:-1]]
    if first > 0:
        starts = np.concatenate(([first - 1], starts))
    if stop < len(t):
        starts = np.concatenate((starts, [stop]))
        stop += 1
    return Buckets(starts.astype(np.int64), stop, width)


def set_apart(begin: Ints, end: Ints, cut: Buckets) -> Buckets:
    """Give each row that lasts for longer than two buckets a bucket of its own.

    Its mean with the short rows beside it would be true of neither. There are
    never more of them than half the buckets of the picture.
    """
    if not len(cut):
        return cut
    first = int(cut.starts[0])
    long = first + np.flatnonzero(end[first : cut.stop] - begin[first : cut.stop] > 2 * cut.width)
    if not len(long):
        return cut
    starts = np.unique(np.concatenate((cut.starts, long, long + 1)))
    return Buckets(starts[starts < cut.stop], cut.stop, cut.width)


def extremes(values: Numbers, cut: Buckets) -> tuple[Floats, Floats]:
    """Return the least and the greatest known value of each bucket; infinite is not known."""
    if not len(cut):
        return np.empty(0), np.empty(0)
    first = int(cut.starts[0])
    seen = values[first : cut.stop]
    if seen.dtype.kind == "f" and np.isinf(seen).any():
        seen = np.where(np.isinf(seen), np.nan, seen)
    low = np.fmin.reduceat(seen, cut.starts - first).astype(np.float64)
    high = np.fmax.reduceat(seen, cut.starts - first).astype(np.float64)
    return low, high


def zigzag(t: Ints, low: Floats, high: Floats, cut: Buckets) -> tuple[Ints, Floats]:
    """Return a line through both extremes of each bucket.

    A lone row becomes a stroke of half a bucket, so that a single known value
    between two gaps is still seen.
    """
    first = t[cut.starts]
    last = t[cut.starts + cut.counts - 1]
    x = np.empty(2 * len(cut), np.int64)
    y = np.empty(2 * len(cut))
    x[0::2], x[1::2] = first, np.maximum(last, first + cut.width // 2)
    y[0::2], y[1::2] = low, high
    return x, y


def means(rows: Numbers, cut: Buckets) -> Floats:
    """Return the mean of each bucket for every row of ``rows``, shape (rows, buckets)."""
    if not len(cut):
        return np.empty((len(rows), 0))
    sums: Floats = np.add.reduceat(rows[:, : cut.stop], cut.starts, axis=1) / cut.counts
    return sums


def ratios(over: Numbers, under: Numbers, cut: Buckets) -> Floats:
    """Return sum of ``over`` / sum of ``under`` in each bucket, rows with both known only."""
    if not len(cut):
        return np.empty(0)
    first = int(cut.starts[0])
    top, bottom = over[first : cut.stop], under[first : cut.stop]
    known = np.isfinite(top) & np.isfinite(bottom)
    starts = cut.starts - first
    above = np.add.reduceat(np.where(known, top, 0.0), starts)
    below = np.add.reduceat(np.where(known, bottom, 0.0), starts)
    result = np.full(len(starts), np.nan)
    np.divide(above, below, out=result, where=below > 0)
    return result


def medians(t: Ints, values: Numbers, cut: Buckets, blocks: int) -> tuple[Ints, Floats]:
    """Return a line of medians: rolling over 9 rows, or of about ``blocks`` blocks of rows.

    Blocks hold 2^k rows and begin at multiples of that, so that the line does
    not tremble while rows come in.
    """
    if not len(cut):
        return np.empty(0, np.int64), np.empty(0)
    first = int(cut.starts[0])
    size = median_size(cut.stop - first, blocks)
    if size < _ROLL:
        return t[first : cut.stop], _rolling(values, first, cut.stop)
    return _blocks(t, values, first - first % size, cut.stop, size)


def median_size(rows: int, blocks: int) -> int:
    """Return how many rows a block of a line of medians holds: a power of two."""
    return 1 << max(0, (rows // max(1, blocks)).bit_length() - 1)


def _rolling(values: Numbers, first: int, stop: int) -> Floats:
    half = _ROLL // 2
    low, high = max(0, first - half), min(len(values), stop + half)
    padded = np.full(stop - first + 2 * half, np.nan)
    padded[low - first + half : high - first + half] = values[low:high]
    rolled = middle(np.lib.stride_tricks.sliding_window_view(padded, _ROLL))
    rolled[np.isnan(padded[half : half + stop - first])] = np.nan
    return rolled


def _blocks(t: Ints, values: Numbers, first: int, stop: int, size: int) -> tuple[Ints, Floats]:
    whole = (stop - first) // size
    end = first + whole * size
    line = middle(values[first:end].reshape(whole, size))
    x = t[first + size // 2 : end : size]
    rest = stop - end
    if rest:
        x = np.append(x, t[end + rest // 2])
        line = np.append(line, middle(values[end:stop].reshape(1, rest)))
    return x, line


def middle(rows: Numbers) -> Floats:
    """Return the median of the known values of each row (the upper one of an even number)."""
    half = rows.shape[1] // 2
    result = np.partition(rows, half, axis=1)[:, half].astype(np.float64)
    if rows.dtype.kind != "f":
        return result
    result[np.isinf(result)] = np.nan
    holed = np.flatnonzero(np.isnan(rows).any(axis=1))
    if len(holed):
        part = np.sort(rows[holed], axis=1)
        known = rows.shape[1] - np.isnan(part).sum(axis=1)
        # NaN sorts last, so a row without a known value gives NaN by itself.
        result[holed] = part[np.arange(len(part)), known // 2]
        result[holed[known == 0]] = np.nan
    return result


def break_gaps(x: Ints, y: Floats, longest: int) -> tuple[Ints, Floats]:
    """Put a NaN where two neighbours lie more than ``longest`` ns apart."""
    holes = np.flatnonzero(np.diff(x) > longest) + 1
    if not len(holes):
        return x, y
    return np.insert(x, holes, x[holes - 1]), np.insert(y, holes, np.nan, axis=-1)
