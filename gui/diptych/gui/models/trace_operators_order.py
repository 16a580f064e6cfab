"""Which nodes of a forest are shown, in which order. NumPy, level by level; no Qt here.

Nodes have numbers; ``parent`` is −1 on top; ``by_depth`` is what `levels` returns.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.trace.table import Int32

Mask = NDArray[np.bool_]
Order = NDArray[np.int64]


def levels(depth: Int32) -> list[Order]:
    """Return the nodes of each depth."""
    order = np.argsort(depth, kind="stable")
    ends = np.cumsum(np.bincount(depth)) if len(depth) else np.zeros(0, np.int64)
    return np.split(order, ends[:-1]) if len(ends) else []


def ancestors_of(parent: Int32, by_depth: list[Order], nodes: Mask) -> Mask:
    """Return which nodes lie above one of ``nodes``."""
    found = np.zeros(len(parent), np.bool_)
    for level in reversed(by_depth[1:]):
        below = level[nodes[level] | found[level]]
        found[parent[below]] = True
    return found


def visible(
    parent: Int32, by_depth: list[Order], ranked: Order, unfolded: Mask, kept: Mask | None = None
) -> Order:
    """Return the nodes that are shown, from the top, each followed by what is below it.

    ``ranked`` says which comes first of those below the same node. Nodes that
    are not ``kept``, and what is below nodes that are not ``unfolded``, are not shown.
    """
    shown = np.ones(len(parent), np.bool_) if kept is None else kept.copy()
    for level in by_depth[1:]:
        up = parent[level]
        shown[level] &= shown[up] & unfolded[up]
    by_depth = [level[shown[level]] for level in by_depth]
    size = shown.astype(np.int64)
    for level in reversed(by_depth[1:]):
        np.add.at(size, parent[level], size[level])
    place = _places(parent, ranked, by_depth, size)
    order = np.empty(int(shown.sum()), np.int64)
    every = np.flatnonzero(shown)
    order[place[every]] = every
    return order


def _places(parent: Int32, ranked: Order, by_depth: list[Order], size: Order) -> Order:
    """Return the row of each node that is shown."""
    rank = np.empty(len(parent), np.int64)
    rank[ranked] = np.arange(len(ranked))
    place = np.zeros(len(parent), np.int64)
    for number, level in _not_empty(by_depth):
        # One sort by a number of both is faster than two sorts.
        order = level[np.argsort(parent[level].astype(np.int64) * len(parent) + rank[level])]
        before = np.cumsum(size[order]) - size[order]
        up = parent[order]
        begins = np.flatnonzero(np.diff(up, prepend=-2))
        group = np.cumsum(np.diff(up, prepend=-2) != 0) - 1
        start = before[begins][group]
        place[order] = before - start + (place[up] + 1 if number else 0)
    return place


def _not_empty(by_depth: list[Order]) -> Iterator[tuple[int, Order]]:
    return ((number, level) for number, level in enumerate(by_depth) if len(level))
