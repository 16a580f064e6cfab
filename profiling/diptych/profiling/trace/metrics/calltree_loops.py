"""The compiled loops of `calltree`; importing this imports numba."""

from __future__ import annotations

from typing import Any

from diptych.profiling.trace.jit import jit

Array = Any
"""A NumPy array; numba tells the types itself."""


@jit
def depths(parent: Array, depth: Array) -> None:
    """Fill how deep each node lies; a parent stands before its children, −1 is the top."""
    for node in range(len(parent)):
        up = parent[node]
        depth[node] = 0 if up < 0 else depth[up] + 1


@jit
def tally(
    order: Array, wanted: Array, counted: Array, path: Array,
    total: Array, own: Array, device: Array, device_own: Array,
    first: Array, calls: Array, sums: Array,
) -> None:  # fmt: skip
    """Add up wanted rows by path: ``sums`` has a column each for the four times.

    ``first`` (−1 to begin with) gets the first counted row of each path, else
    the first row as −2 − row.
    """
    for row in order:
        if not wanted[row]:
            continue
        node = path[row]
        sums[node, 2] += device[row]
        if counted[row]:
            if first[node] < 0:
                first[node] = row
            calls[node] += 1
            sums[node, 0] += total[row]
            sums[node, 1] += own[row]
        elif first[node] == -1:
            first[node] = -2 - row
        sums[node, 3] += device_own[row]


@jit
def place(order: Array, counted: Array, path: Array, next_place: Array, rows: Array) -> None:
    """Write counted rows node by node; ``next_place``, where each node's begin, is used up."""
    for row in order:
        if counted[row]:
            node = path[row]
            rows[next_place[node]] = row
            next_place[node] += 1
