"""The order of slices, and who contains whom, compiled.

Slices of one track nest: each lies wholly inside another or apart from it. A
slice that overlaps another without lying in it goes to a track of its own
beside it (an overflow lane), with what lies inside it: each slice belongs
to the innermost one that contains it. A range that somebody named (a step, an
annotation) goes there alone: it begins inside the call that begins it, and
would take everything that follows with it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from diptych.profiling.trace.jit import jit

LANES = 1024
"""Overflow lanes that a thread may have; what overlaps still more is dropped."""
DEEPEST = 65535
"""Depths are counted up to here; parents are right beyond."""


def sorted_by(track: Any, start: Any, length: Any) -> Any:
    """Return the order by track, start, longest first, place in the file."""
    small = track.astype(np.uint16) if not len(track) or track.max() < 1 << 16 else track
    order = np.argsort(small, kind="stable")
    edges = np.flatnonzero(np.diff(track[order], prepend=-1, append=-1))
    for first, stop in pairwise(edges.tolist()):
        rows = order[first:stop]
        starts = start[rows]
        if np.any(starts[1:] < starts[:-1]):
            rows = rows[np.argsort(starts, kind="stable")]
            starts = start[rows]
        if not _longest_first(rows, starts, length):
            rows = rows[np.lexsort((-length[rows], starts))]
        order[first:stop] = rows
    return order


@jit
def _longest_first(rows: Any, starts: Any, length: Any) -> bool:
    """Sort rows of the same start; False where there are too many to do it like that."""
    for at in range(1, len(rows)):
        if starts[at] != starts[at - 1]:
            continue
        row, place = rows[at], at
        while (
            place > 0 and starts[place - 1] == starts[at] and length[rows[place - 1]] < length[row]
        ):
            rows[place] = rows[place - 1]
            place -= 1
            if at - place > 256:
                rows[place] = row
                return False
        rows[place] = row
    return True


@jit
def nested(
    track: Any, start: Any, length: Any, named: Any, lane: Any, parent: Any, depth: Any
) -> int:
    """Give each slice its lane (−1: dropped), parent and depth; return how many lanes are needed.

    The slices are sorted by `sorted_by`; ``named`` says which are steps or
    annotations.
    """
    count, most, used, current = len(start), 1, 1, -1
    top = np.full(LANES, -1, np.int64)
    for row in range(count):
        if track[row] != current:
            current, used = track[row], 1
            top[0] = -1
        begin = start[row]
        end = begin + length[row]
        best, inner, empty, aside = -1, -1, -1, -1
        for number in range(used):
            above = top[number]
            while above >= 0 and start[above] + length[above] <= begin:
                above = parent[above]
            top[number] = above
            if above < 0:
                if empty < 0:
                    empty = number
            elif start[above] + length[above] < end:
                continue
            elif number > 0 and named[above]:
                aside = number
            elif above > inner:
                best, inner = number, above
        if best < 0:
            best = aside if empty < 0 or 0 <= aside < empty else empty
        if best < 0:
            if used == LANES:
                lane[row], parent[row], depth[row] = -1, -1, 0
                continue
            best = used
            top[best] = -1
            used += 1
            most = max(most, used)
        lane[row], parent[row] = best, top[best]
        depth[row] = min(DEEPEST, depth[top[best]] + 1) if top[best] >= 0 else 0
        top[best] = row
    return most


@jit
def innermost(parent: Any, wanted: Any) -> Any:
    """Return for each row the nearest row above it, itself not, that is wanted; −1 without."""
    found = np.full(len(parent), -1, np.int32)
    for row in range(len(parent)):
        above = parent[row]
        if above >= 0:
            found[row] = above if wanted[above] else found[above]
    return found
