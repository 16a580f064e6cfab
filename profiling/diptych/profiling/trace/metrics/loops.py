"""The compiled loops of `trees` and `selection`; importing this imports numba.

Each is a plain loop over rows, compiled once a machine (numba's cache) and run
without the interpreter's lock.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
import numpy as np

F = TypeVar("F", bound=Callable[..., Any])
Array = Any
"""A NumPy array; numba tells the types itself."""


def compiled(function: F) -> F:
    """Return ``function`` compiled when it is first called."""
    return cast("F", numba.njit(cache=True, nogil=True)(function))


@compiled
def nearest(parent: Array, wanted: Array, above: Array) -> None:
    """Fill ``above``: the innermost wanted container of each row, −1 without."""
    for i in range(len(parent)):
        p = parent[i]
        if p < 0:
            above[i] = -1
        elif wanted[p]:
            above[i] = p
        else:
            above[i] = above[p]


@compiled
def uncovered(start: Array, duration: Array, above: Array, left: Array, reach: Array) -> None:
    """Take from ``left`` (durations) what rows below cover; ``reach`` starts as ``start``."""
    for i in range(len(start)):
        a = above[i]
        if a < 0:
            continue
        end = start[i] + duration[i]
        fresh = end - max(start[i], reach[a])
        if fresh > 0:
            left[a] -= fresh
            reach[a] = end


@compiled
def add_up(above: Array, values: Array) -> None:
    """Add each row's value to the row above it, the lowest first."""
    for i in range(len(above) - 1, -1, -1):
        if above[i] >= 0:
            values[above[i]] += values[i]


@compiled
def inside_same(
    start: Array, duration: Array, track: Array, rows: Array, key: Array, keys: int, found: Array
) -> None:
    """Mark rows that end before an earlier one of their key and track has ended."""
    reach = np.zeros(keys, np.int64)
    seen = np.full(keys, -1, np.int32)
    for i in range(len(rows)):
        row, k = rows[i], key[i]
        end = start[row] + duration[row]
        if seen[k] == track[row] and end <= reach[k]:
            found[i] = True
        else:
            seen[k] = track[row]
            reach[k] = end


@compiled
def stacks(above: Array, name: Array, wanted: Array, path: Array, slots: Array) -> int:
    """Give chains of wanted rows numbers; ``path`` gets the chain that ends in or around each row.

    ``above`` is the nearest wanted container, ``slots`` an empty hash table (−1) whose length
    is a power of two, at least twice the wanted rows; it holds the first row of each chain.
    Returns the number of chains.
    """
    chains = 0
    for i in range(len(above)):
        upper = -1 if above[i] < 0 else path[above[i]]
        if not wanted[i]:
            path[i] = upper
            continue
        slot = (upper * 2654435761 + name[i] * 40503 + 1) & (len(slots) - 1)
        while slots[slot] >= 0:
            other = slots[slot]
            high = -1 if above[other] < 0 else path[above[other]]
            if high == upper and name[other] == name[i]:
                break
            slot = (slot + 1) & (len(slots) - 1)
        if slots[slot] < 0:
            slots[slot] = i
            path[i] = chains
            chains += 1
        else:
            path[i] = path[slots[slot]]
    return chains


@compiled
def cut(
    start: Array, duration: Array, parent: Array, first: int, last: int, begin: int, end: int
) -> tuple[Array, Array, Array]:
    """Return the rows of ``first:last`` that lie in a stretch, their cut lengths and self times."""
    rows = np.empty(last - first, np.int32)
    lengths = np.empty(last - first, np.int64)
    own = np.empty(last - first, np.int64)
    place = np.empty(last - first, np.int32)
    reach = np.empty(last - first, np.int64)
    n = 0
    for i in range(first, last):
        low, high = start[i], start[i] + duration[i]
        place[i - first] = -1
        if high < begin or (high == begin and low < begin):
            continue
        low, high = max(low, begin), min(high, end)
        rows[n], lengths[n], own[n], reach[n] = i, high - low, high - low, low
        place[i - first] = n
        p = parent[i]
        above = place[p - first] if p >= first else -1
        if above >= 0:
            fresh = high - max(low, reach[above])
            if fresh > 0:
                own[above] -= fresh
                reach[above] = high
        n += 1
    return rows[:n], lengths[:n], own[:n]


@compiled
def overlapping(start: Array, duration: Array, parent: Array, track: Array, found: Array) -> None:
    """Mark rows that begin inside an earlier one beside them and end after it."""
    reach = np.full(len(start), np.iinfo(np.int64).min)
    top, at = np.iinfo(np.int64).min, -1
    for i in range(len(start)):
        if track[i] != at:
            top, at = np.iinfo(np.int64).min, track[i]
        p = parent[i]
        before = top if p < 0 else reach[p]
        end = start[i] + duration[i]
        found[i] = start[i] < before
        if p < 0:
            top = max(top, end)
        else:
            reach[p] = max(before, end)
