"""Compiled loops that sort slices into lanes and fold them into levels of detail.

Everything here runs without the interpreter's lock, on plain arrays, and is
compiled once a machine. `lod` says what the arrays mean.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diptych.profiling.trace.jit import jit

Array = Any
"""A NumPy array; numba tells the types itself."""

SPILL = 64
"""Extra lanes of a track for slices that overlap one of their own depth."""


@jit
def visible_depths(parent: Array, hidden: Array, depth: Array) -> None:
    """Fill ``depth`` (uint16) with the levels that stay above each slice when some are hidden.

    ``hidden`` says of each row whether it is. A parent stands before its children.
    """
    for i in range(len(parent)):
        above = parent[i]
        if above >= 0:
            depth[i] = depth[above] + (0 if hidden[above] else 1)


@jit
def levels_of_track(
    start: Array, duration: Array, depth: Array, hidden: Array, levels: Array, most: int
) -> int:
    """Fill ``levels`` (int32) with the lane of each slice within its track; return how many.

    What is hidden (an empty array: nothing) gets −1. A slice lies at its depth.
    One that overlaps its neighbour there (which only damaged or asynchronous
    events do) goes to the first free lane below all depths, and after ``SPILL``
    of those stays where it is.
    """
    ends = np.full(most + SPILL, np.int64(-(2**62)))
    deepest = most
    for i in range(len(start)):
        if len(hidden) and hidden[i]:
            levels[i] = -1
            continue
        level = int(depth[i])
        if start[i] < ends[level]:
            for extra in range(SPILL):
                if ends[most + extra] <= start[i]:
                    level = most + extra
                    deepest = max(deepest, level + 1)
                    break
        ends[level] = max(ends[level], start[i] + duration[i])
        levels[i] = level
    return deepest


@jit
def sort_into_lanes(levels: Array, track: Array, base: Array, count: Array, rows: Array) -> None:
    """Write row numbers lane after lane into ``rows``.

    ``base`` is the first lane of each track; ``count`` (lanes + 1, zeros) becomes
    the offset of each lane in ``rows``. Rows of level −1 are on no lane.
    """
    for i in range(len(levels)):
        if levels[i] >= 0:
            count[base[track[i]] + levels[i] + 1] += 1
    for lane in range(1, len(count)):
        count[lane] += count[lane - 1]
    at = count.copy()
    for i in range(len(levels)):
        if levels[i] >= 0:
            lane = base[track[i]] + levels[i]
            rows[at[lane]] = i
            at[lane] += 1


@jit
def gather_lane(
    rows: Array,
    start: Array,
    duration: Array,
    begins: Array,
    ends: Array,
    longest: Array,
) -> None:
    """Fill the boxes of a lane's raw level: where two overlap the first ends early."""
    n = len(rows)
    for i in range(n):
        row = rows[i]
        begins[i] = start[row]
        ends[i] = start[row] + duration[row]
        if i + 1 < n:
            ends[i] = min(ends[i], start[rows[i + 1]])
        longest[i] = duration[row]


@jit
def first_width(begins: Array, ends: Array) -> int:
    """Return the smallest power of two of ns within which half of all neighbours fit."""
    bins = np.zeros(64, np.int64)
    for i in range(1, len(begins)):
        extent = ends[i] - begins[i - 1]
        power = 0
        while (np.int64(1) << power) < extent and power < 62:
            power += 1
        bins[power] += 1
    half, seen = (len(begins) - 1) // 2, 0
    for power in range(63):
        seen += bins[power]
        if seen >= half:
            return power
    return 62


@jit
def count_boxes(begins: Array, ends: Array, width: int) -> int:
    """Return how many boxes `fold_boxes` would make."""
    made = 0
    i = 0
    n = len(begins)
    while i < n:
        limit = begins[i] + width
        i += 1
        while i < n and ends[i] <= limit:
            i += 1
        made += 1
    return made


@jit
def fold_boxes(
    begins: Array,
    ends: Array,
    first: Array,
    colour: Array,
    longest: Array,
    width: int,
    out_begins: Array,
    out_ends: Array,
    out_first: Array,
    out_colour: Array,
    out_longest: Array,
) -> None:
    """Put neighbours that fit into ``width`` ns together into one box.

    A box has the colour of the longest slice in it.
    """
    made = 0
    i = 0
    n = len(begins)
    while i < n:
        limit = begins[i] + width
        out_begins[made] = begins[i]
        out_first[made] = first[i]
        best = i
        last = ends[i]
        i += 1
        while i < n and ends[i] <= limit:
            last = max(last, ends[i])
            if longest[i] > longest[best]:
                best = i
            i += 1
        out_ends[made] = last
        out_colour[made] = colour[best]
        out_longest[made] = longest[best]
        made += 1
