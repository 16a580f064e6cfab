"""Rows by key, in NumPy: which rows belong together, and exact sums over them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.trace.table import Int32, Int64

_DENSE = 1 << 22
"""Largest table of possible keys that is filled instead of sorting the rows."""


def numbered(*keys: NDArray[Any]) -> tuple[Int32, int]:
    """Give each combination of keys that occurs a number: (number of each row, how many).

    Keys are whole numbers from −1; groups are in the order of the keys.
    """
    group = np.zeros(len(keys[0]), np.int64)
    span = 1
    for key in keys:
        wide = int(key.max()) + 2 if len(key) else 1
        if span * wide > 1 << 62:
            group, span = _compact(group, span)
        group = group * wide + (key.astype(np.int64) + 1)
        span *= wide
    compact, count = _compact(group, span)
    return compact.astype(np.int32), count


def _compact(group: Int64, span: int) -> tuple[Int64, int]:
    if span > _DENSE:
        found, inverse = np.unique(group, return_inverse=True)
        return inverse.astype(np.int64).reshape(-1), len(found)
    used = np.zeros(span, np.bool_)
    used[group] = True
    number = np.cumsum(used) - 1
    return number[group], int(used.sum())


def sums(group: NDArray[Any], values: NDArray[Any], count: int) -> Int64:
    """Return the exact sum of ``values`` for each group."""
    result = np.zeros(count, np.int64)
    np.add.at(result, group, values)
    return result


def counts(group: NDArray[Any], count: int) -> Int64:
    """Return the number of rows of each group."""
    return np.bincount(group, minlength=count).astype(np.int64)


def extremes(group: NDArray[Any], values: Int64, count: int) -> tuple[Int64, Int64]:
    """Return the smallest and the largest value of each group (which has a row at least)."""
    low = np.full(count, np.iinfo(np.int64).max)
    high = np.full(count, np.iinfo(np.int64).min)
    np.minimum.at(low, group, values)
    np.maximum.at(high, group, values)
    return low, high


def firsts(group: NDArray[Any], rows: NDArray[Any], count: int) -> Int32:
    """Return the first row of each group, ``rows`` being in order."""
    result = np.zeros(count, np.int32)
    result[group[::-1]] = rows[::-1]
    return result
