"""What follows from who contains whom, in one pass over the rows.

A parent stands before its children, and the rows of a track are sorted by
start, so that a loop from the first to the last row sees containers first.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.trace.table import Int32, Int64, Slices

Mask = NDArray[np.bool_]


def kinds_mask(slices: Slices, *kinds: int) -> Mask:
    """Tell which rows are of one of these kinds."""
    table = np.zeros(256, np.bool_)
    table[list(kinds)] = True
    mask: Mask = table[slices.kind]
    return mask


def nearest(slices: Slices, wanted: Mask) -> Int32:
    """Return for each row the innermost container that is wanted, −1 without."""
    from diptych.profiling.trace.metrics import loops

    above = np.empty(len(slices), np.int32)
    loops.nearest(slices.parent, wanted, above)
    return above


def self_ns(slices: Slices, above: Int32 | None = None) -> Int64:
    """Return each row's length without what rows below it cover, ns.

    ``above`` says below whom a row counts (default: its parent). Where rows
    below one overlap, what they cover counts once.
    """
    from diptych.profiling.trace.metrics import loops

    left, reach = slices.duration.astype(np.int64), slices.start.astype(np.int64)
    below = slices.parent if above is None else above
    loops.uncovered(slices.start, slices.duration, below, left, reach)
    return left


def inclusive(above: Int32, own: Int64) -> Int64:
    """Return each row's own value plus those of all rows below it."""
    from diptych.profiling.trace.metrics import loops

    values: Int64 = own.copy()
    loops.add_up(above, values)
    return values


def inside_same(slices: Slices, rows: Int32, key: Int32, keys: int) -> Mask:
    """Tell which of ``rows`` (in order) lie inside another of their key on the same track."""
    from diptych.profiling.trace.metrics import loops

    found = np.zeros(len(rows), np.bool_)
    loops.inside_same(slices.start, slices.duration, slices.track, rows, key, keys, found)
    return found


def stacks(slices: Slices, wanted: Mask) -> tuple[Int32, int]:
    """Give each chain of wanted rows a number.

    Returns the chain that ends in, or stands around, each row (−1: none), and how many there are.
    """
    from diptych.profiling.trace.metrics import loops

    path = np.empty(len(slices), np.int32)
    slots = np.full(1 << int(2 * np.count_nonzero(wanted) + 1).bit_length(), -1, np.int32)
    count = loops.stacks(nearest(slices, wanted), slices.name, wanted, path, slots)
    return path, int(count)


def overlapping(slices: Slices) -> Mask:
    """Tell which rows begin inside an earlier one of their track and end after it."""
    from diptych.profiling.trace.metrics import loops

    found = np.zeros(len(slices), np.bool_)
    loops.overlapping(slices.start, slices.duration, slices.parent, slices.track, found)
    return found
