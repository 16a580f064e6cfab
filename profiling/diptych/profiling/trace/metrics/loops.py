"""The compiled loops of `trees` and `selection`; importing this imports numba.

Each is a plain loop over rows, compiled once a machine. Rows come in ``order``:
thread by thread, by start, the longest first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diptych.profiling.trace.jit import jit

Array = Any
"""A NumPy array; numba tells the types itself."""


@jit
def containers(
    order: Array, thread: Array, start: Array, duration: Array, wanted: Array, above: Array
) -> None:
    """Fill ``above``: the innermost wanted row of its thread that contains each row, −1 without."""
    stack = np.empty(len(order) + 1, np.int32)
    depth, current = 0, -1
    for row in order:
        if thread[row] != current:
            depth, current = 0, thread[row]
        begin = start[row]
        end = begin + duration[row]
        while depth > 0 and start[stack[depth - 1]] + duration[stack[depth - 1]] <= begin:
            depth -= 1
        place = depth - 1
        while place >= 0 and start[stack[place]] + duration[stack[place]] < end:
            place -= 1
        above[row] = stack[place] if place >= 0 else -1
        if wanted[row]:
            stack[depth] = row
            depth += 1


@jit
def uncovered(
    order: Array, start: Array, duration: Array, above: Array, left: Array, reach: Array
) -> None:
    """Take from ``left`` (durations) what rows below cover; ``reach`` starts as ``start``."""
    for row in order:
        a = above[row]
        if a < 0:
            continue
        end = start[row] + duration[row]
        fresh = end - max(start[row], reach[a])
        if fresh > 0:
            left[a] -= fresh
            reach[a] = end


@jit
def add_up(order: Array, above: Array, values: Array) -> None:
    """Add each row's value to the row above it, the lowest first."""
    for row in order[::-1]:
        if above[row] >= 0:
            values[above[row]] += values[row]


@jit
def inside_same(
    rows: Array, thread: Array, start: Array, duration: Array, key: Array, keys: int, found: Array
) -> None:
    """Mark rows that end before an earlier one of their key and thread has ended."""
    reach = np.zeros(keys, np.int64)
    seen = np.full(keys, -1, np.int32)
    for i in range(len(rows)):
        row, k = rows[i], key[i]
        end = start[row] + duration[row]
        if seen[k] == thread[row] and end <= reach[k]:
            found[i] = True
        else:
            seen[k] = thread[row]
            reach[k] = end


@jit
def stacks(
    order: Array, above: Array, name: Array, wanted: Array, path: Array, slots: Array
) -> int:
    """Give chains of wanted rows numbers; ``path`` gets the chain that ends in or around each row.

    ``above`` is the innermost wanted container, ``slots`` an empty hash table (−1) whose length
    is a power of two, at least twice the wanted rows; it holds the first row of each chain.
    Returns the number of chains.
    """
    chains = 0
    for row in order:
        upper = -1 if above[row] < 0 else path[above[row]]
        if not wanted[row]:
            path[row] = upper
            continue
        slot = (upper * 2654435761 + name[row] * 40503 + 1) & (len(slots) - 1)
        while slots[slot] >= 0:
            other = slots[slot]
            high = -1 if above[other] < 0 else path[above[other]]
            if high == upper and name[other] == name[row]:
                break
            slot = (slot + 1) & (len(slots) - 1)
        if slots[slot] < 0:
            slots[slot] = row
            path[row] = chains
            chains += 1
        else:
            path[row] = path[slots[slot]]
    return chains


FULL, NONE = -1, -2


@jit
def _place(name: int, category: int, of_name: Array, keys: Array, names: int) -> int:
    """Return where a name and category are added up; `FULL` if there is no room for one more.

    The first category of a name has the name's own place (the first is that of what has no
    name, −1); the few others are hashed.
    """
    own = name + 1
    if of_name[own] == category:
        return own
    if of_name[own] == NONE:
        of_name[own] = category
        return own
    key = np.int64(own) << 32 | (category + 1)
    slot = (key * 2654435761) & (len(keys) - 1)
    for _ in range(len(keys)):
        if keys[slot] == key:
            return int(names + slot)
        if keys[slot] < 0:
            keys[slot] = key
            return int(names + slot)
        slot = (slot + 1) & (len(keys) - 1)
    return FULL


@jit
def tally(
    start: Array, duration: Array, parent: Array, name: Array, category: Array,
    first: int, last: int, begin: int, end: int,
    of_name: Array, keys: Array, calls: Array, total: Array, own: Array, where: Array,
) -> bool:  # fmt: skip
    """Add up rows ``first:last`` by name and category, cut at a stretch; false if out of room.

    The last four arrays have a place for each name and one for each of ``keys``;
    ``where`` gets the first row of each.
    """
    names = len(of_name)
    for row in range(first, last):
        low = start[row]
        high = low + duration[row]
        if high < begin or (high == begin and low < begin):
            continue
        length = min(high, end) - max(low, begin)
        place = _place(name[row], category[row], of_name, keys, names)
        if place == FULL:
            return False
        if where[place] < 0:
            where[place] = row
        calls[place] += 1
        total[place] += length
        own[place] += length
        above = parent[row]
        if above >= 0:
            place = _place(name[above], category[above], of_name, keys, names)
            if place == FULL:
                return False
            own[place] -= length
            if where[place] < 0:
                where[place] = above
    return True
