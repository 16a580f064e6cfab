"""The compiled loop that folds one lane into the pixels of a picture.

One call handles a row of pixels; it looks at no more boxes than a few a pixel.
"""

from __future__ import annotations

import numpy as np

from diptych.profiling.trace.jit import jit
from diptych.profiling.trace.lod_build import Array

FOLDED = 0x40
"""Bit of a pixel's code: more than one slice lies in the box to which it belongs."""
EDGE = 0x80
"""Bit of a pixel's code: the last pixel of a slice, which sets it apart from the next."""
SMALL = 3.0
"""Pixels; slices that are shorter are folded when they touch."""


@jit
def first_in_sight(begins: Array, ends: Array, low: float) -> int:
    """Return the first box that ends after ``low`` (boxes are disjoint and sorted)."""
    left, right = 0, len(begins)
    while left < right:
        middle = (left + right) >> 1
        if begins[middle] < low:
            left = middle + 1
        else:
            right = middle
    if left > 0 and ends[left - 1] > low:
        return left - 1
    return left


@jit
def first_row_in_sight(rows: Array, start: Array, duration: Array, low: float) -> int:
    """Return as `first_in_sight` does, for the slices of a lane themselves."""
    left, right = 0, len(rows)
    while left < right:
        middle = (left + right) >> 1
        if start[rows[middle]] < low:
            left = middle + 1
        else:
            right = middle
    if left > 0 and start[rows[left - 1]] + duration[rows[left - 1]] > low:
        return left - 1
    return left


@jit
def _close_run(
    code: Array, colour: Array, begin: int, end: int, count: int, runs: Array, made: int
) -> None:
    """Write a finished run of small slices into the pixels and the list of runs."""
    bits = FOLDED if count > 1 else 0
    for x in range(begin, end):
        code[x] = (colour[x] + 1) | bits
    runs[made, 0] = begin
    runs[made, 1] = end


@jit
def fold_lane(
    rows: Array,
    start: Array,
    duration: Array,
    row_colour: Array,
    begins: Array,
    ends: Array,
    first: Array,
    box_colour: Array,
    box_longest: Array,
    low: float,
    per_pixel: float,
    code: Array,
    marks: Array,
    runs: Array,
) -> tuple[int, int]:
    """Fold what of a lane lies between ``low`` and ``low + per_pixel * len(code)`` ns.

    ``rows`` are the slices of the lane; ``begins`` … ``box_longest`` one level of
    it, or empty arrays where the slices themselves are to be looked at. ``code``
    (uint8, one a pixel) becomes 0 where nothing is, else 1 + colour with the bits
    `FOLDED` and `EDGE`. ``marks`` (int32, n × 3) gets first pixel, end pixel and
    number within the lane of each slice of `SMALL` pixels or more; ``runs``
    (int64, n × 4) first pixel, end pixel and the numbers of first and end slice
    of each run of small ones. Returns how many of each.
    """
    width = len(code)
    raw = len(begins) == 0
    boxes = len(rows) if raw else len(begins)
    if raw:
        at = first_row_in_sight(rows, start, duration, low)
    else:
        at = first_in_sight(begins, ends, low)
    colour = np.zeros(width, np.uint8)
    weight = np.zeros(width, np.int64)
    n_marks = n_runs = 0
    run_begin = run_end = run_count = 0
    run_first = run_last = np.int64(0)
    code[:] = 0
    scale, edge = 1.0 / per_pixel, -np.inf
    while at < boxes:
        if raw:
            row = rows[at]
            begin, long = start[row], duration[row]
            end = begin + long
            if at + 1 < boxes:
                end = min(end, start[rows[at + 1]])
            number, after, tint = np.int64(at), np.int64(at + 1), row_colour[row]
        else:
            begin, end, long = begins[at], ends[at], box_longest[at]
            number, tint = np.int64(first[at]), box_colour[at]
            after = np.int64(first[at + 1]) if at + 1 < boxes else np.int64(len(rows))
        at += 1
        if run_count and end <= edge:
            # Within the last pixel of the run: by far the most frequent case when zoomed out.
            if long > weight[run_end - 1]:
                colour[run_end - 1], weight[run_end - 1] = tint, long
            run_count += after - number
            run_last = after
            continue
        x0, x1 = (begin - low) * scale, (end - low) * scale
        if x0 >= width:
            break
        if after - number == 1 and x1 - x0 >= SMALL:
            if run_count:
                _close_run(code, colour, run_begin, run_end, run_count, runs, n_runs)
                runs[n_runs, 2], runs[n_runs, 3] = run_first, run_last
                n_runs += 1
            left, right = max(0, round(x0)), min(width, round(x1))
            if run_count and run_end > left:
                left = run_end
            run_count = 0
            if left >= right:
                # Only a sliver of it is in sight.
                left = min(max(0, right - 1), width - 1)
                right = left + 1
            for x in range(left, right):
                code[x] = tint + 1
            if right - left >= SMALL and x1 <= width:
                code[right - 1] |= EDGE
            marks[n_marks, 0], marks[n_marks, 1], marks[n_marks, 2] = left, right, number
            n_marks += 1
            continue
        a = max(0, int(np.floor(x0)))
        b = min(width, max(a + 1, int(np.ceil(x1))))
        if run_count and a > run_end:
            _close_run(code, colour, run_begin, run_end, run_count, runs, n_runs)
            runs[n_runs, 2], runs[n_runs, 3] = run_first, run_last
            n_runs += 1
            run_count = 0
        if not run_count:
            run_begin, run_end, run_first = a, a, number
        for x in range(a, b):
            if x >= run_end or long > weight[x]:
                colour[x], weight[x] = tint, long
        run_end = max(run_end, b)
        edge = low + run_end * per_pixel
        run_count += after - number
        run_last = after
    if run_count:
        _close_run(code, colour, run_begin, run_end, run_count, runs, n_runs)
        runs[n_runs, 2], runs[n_runs, 3] = run_first, run_last
        n_runs += 1
    return n_marks, n_runs
