"""What was reduced once is not reduced again: columns of millions of rows in a frame.

A `Pyramid` keeps, of the rows that will not change any more, the least and
the greatest value of each block of 8, 64, 512, ... rows, their sums, and
medians of blocks. It grows with its column. Pictures in which many rows fall
into one pixel are drawn from blocks; every row is in exactly one, so no spike
is lost. ``store`` finds the pyramid of a column again.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable

import numpy as np
from numpy.typing import NDArray

from diptych.gui.plots.reduce import Floats, Ints, Numbers, middle
from diptych.profiling.runs.columns import Column

FACTOR = 8
_LEVELS = 6
SUMMED = 16
"""Rows in a block of which the sum is kept."""
_PER_BUCKET = 2
"""Blocks that a bucket of a picture holds at least: its edge is that sharp."""
_KEPT = 64
_AT_ONCE = 500_000
"""Values that are put into blocks for one picture: some milliseconds."""
_MEDIAN_ROWS = 400_000
"""Rows of which medians are worked out for one picture: some milliseconds."""


Part = Callable[[slice], Numbers]
"""Gives some rows of one column."""

Rows = Callable[[int, int], Numbers]
"""Gives the rows from one number to another, shape (k, rows); unknown ones are 0."""


class NotYetError(Exception):
    """There is more to work out than one picture may take: ask again for the next one.

    ``part`` is how much of it is done, 0 to 1.
    """

    def __init__(self, part: float = 0.0) -> None:
        super().__init__(part)
        self.part = part


def all_of(*prepare: Callable[[], object]) -> None:
    """Go on with several things that take more than one picture, each a bit.

    Raises:
        NotYetError: until all of them are done.
    """
    parts = []
    for step in prepare:
        try:
            step()
        except NotYetError as error:
            parts.append(error.part)
    if parts:
        raise NotYetError((sum(parts) + len(prepare) - len(parts)) / len(prepare))


class Pyramid:
    """The blocks of one column (or of several of one length, ``rows`` of them).

    Raises:
        NotYetError: from `extremes` and `sums`, while a long column is worked
            through bit by bit.
    """

    def __init__(self) -> None:
        self.settled = 0
        self._low = [Column(np.float64) for _ in range(_LEVELS)]
        self._high = [Column(np.float64) for _ in range(_LEVELS)]
        self._sums: Column | None = None
        self._starts: dict[int, Column] = {}
        self._medians: dict[int, tuple[Floats, NDArray[np.bool_]]] = {}

    def starts(self, t: Ints, settled: int, size: int) -> Ints:
        """Return where each block of ``size`` rows begins."""
        column = self._starts.setdefault(size, Column(np.int64))
        done, whole = len(column), settled // size
        # Few of the rows are read.
        ready = min(whole, done + 8 * _AT_ONCE // size)
        if ready > done:
            column.extend(t[done * size : ready * size : size])
        if ready < whole:
            raise NotYetError(ready / whole)
        rest = t[len(column) * size :: size]
        return np.concatenate((column.values, rest)) if len(rest) else column.values

    # -- least and greatest -----------------------------------------------------

    def extremes(self, part: Part, rows: int, settled: int, level: int) -> tuple[Floats, Floats]:
        """Return least and greatest of each block of ``FACTOR ** level`` of ``rows`` rows.

        The last block may be shorter. Infinite values are not known ones.
        """
        self._grow(part, settled)
        size = FACTOR**level
        low, high = self._low[level - 1].values, self._high[level - 1].values
        rest = part(slice(len(low) * size, rows))
        last = _blocks(rest, np.arange(0, len(rest), size))
        return np.concatenate((low, last[0])), np.concatenate((high, last[1]))

    def _grow(self, part: Part, settled: int) -> None:
        done, ready = len(self._low[0]), settled // FACTOR
        if ready <= done:
            return
        whole, ready = ready, min(ready, done + _AT_ONCE // FACTOR)
        first = part(slice(done * FACTOR, ready * FACTOR))
        lows, highs = _blocks(first, np.arange(0, len(first), FACTOR))
        self._low[0].extend(lows)
        self._high[0].extend(highs)
        for under in range(_LEVELS - 1):
            self._fold(under)
        if ready < whole:
            raise NotYetError(ready / whole)

    def _fold(self, under: int) -> None:
        """Put the blocks of one level together to those of the next."""
        done, ready = len(self._low[under + 1]), len(self._low[under]) // FACTOR
        if ready > done:
            rows = slice(done * FACTOR, ready * FACTOR)
            starts = np.arange(0, (ready - done) * FACTOR, FACTOR)
            self._low[under + 1].extend(np.fmin.reduceat(self._low[under].values[rows], starts))
            self._high[under + 1].extend(np.fmax.reduceat(self._high[under].values[rows], starts))

    # -- sums -------------------------------------------------------------------

    def sums(self, rows: Rows, settled: int, edges: Ints) -> Floats:
        """Return the sums between neighbouring ``edges``, shape (k, m - 1)."""
        blocks = self.sum_blocks(rows, settled)
        whole = np.minimum(edges // SUMMED, blocks.shape[1] - 1)
        upto = blocks[:, whole]
        for at in np.flatnonzero(edges != whole * SUMMED).tolist():
            begin, before = int(whole[at]) * SUMMED, int(edges[at - 1]) if at else 0
            if before > begin:
                # In the rows that may still change: on from the edge before.
                begin, upto[:, at] = before, upto[:, at - 1]
            upto[:, at] += rows(begin, int(edges[at])).sum(axis=1)
        return np.diff(upto, axis=1)

    def sum_blocks(self, rows: Rows, settled: int) -> Floats:
        """Return the sums of all rows before each block, one more than there are blocks."""
        if self._sums is None:
            self._sums = Column(np.float64, rows=len(rows(0, 0)))
            self._sums.extend(np.zeros((len(rows(0, 0)), 1)))
        done, whole = len(self._sums) - 1, settled // SUMMED
        ready = min(whole, done + 4 * _AT_ONCE // SUMMED // len(rows(0, 0)))
        if ready > done:
            part = rows(done * SUMMED, ready * SUMMED)
            each = part.reshape(len(part), ready - done, SUMMED).sum(axis=2)
            self._sums.extend(self._sums.values[:, -1:] + np.cumsum(each, axis=1))
        if ready < whole:
            raise NotYetError(ready / whole)
        return self._sums.values

    # -- medians ----------------------------------------------------------------

    def medians(self, values: Numbers, settled: int, size: int, rows: range) -> tuple[Floats, bool]:
        """Return the median of each block of ``size`` rows in ``rows``, and whether all are known.

        ``rows`` begins at a multiple of ``size``. So many rows at once are
        worked out as take some milliseconds; blocks whose turn comes later are NaN.
        """
        first, stop = rows.start // size, -(-rows.stop // size)
        sure = min(settled // size, stop)
        found, there = self._median_columns(size, sure)
        missing = first + np.flatnonzero(~there[first:sure])
        now = missing[: max(1, _MEDIAN_ROWS // size)]
        if len(now):
            found[now] = middle(values[: sure * size].reshape(-1, size)[now])
            there[now] = True
        made = np.full(stop - first, np.nan)
        made[: max(0, sure - first)] = found[first:sure]
        for block in range(max(first, sure), stop):
            part = values[block * size : min((block + 1) * size, rows.stop)]
            made[block - first] = middle(part[np.newaxis, :])[0]
        return made, len(now) == len(missing)

    def _median_columns(self, size: int, blocks: int) -> tuple[Floats, NDArray[np.bool_]]:
        found, there = self._medians.get(size, (np.empty(0), np.empty(0, bool)))
        if len(found) < blocks:
            more = max(blocks, len(found) * 3 // 2) - len(found)
            found = np.concatenate((found, np.full(more, np.nan)))
            there = np.concatenate((there, np.zeros(more, bool)))
            self._medians[size] = (found, there)
        return found, there


def level_for(rows: int, pixels: int) -> int:
    """Return the level of blocks for a picture of ``rows`` rows; 0 where rows are drawn."""
    level = 0
    while level < _LEVELS and rows >= 2 * pixels * _PER_BUCKET * FACTOR ** (level + 1):
        level += 1
    return level


def _blocks(values: Numbers, starts: Ints) -> tuple[Floats, Floats]:
    if not len(starts):
        return np.empty(0), np.empty(0)
    if values.dtype.kind == "f" and np.isinf(values).any():
        values = np.where(np.isinf(values), np.nan, values)
    low = np.fmin.reduceat(values, starts).astype(np.float64)
    return low, np.fmax.reduceat(values, starts).astype(np.float64)


class Store:
    """Pyramids by the key of their column; those used last stay."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[Pyramid, int, int]] = OrderedDict()

    def of(self, key: Hashable, t: Ints, settled: int) -> Pyramid:
        """Return the pyramid of the column ``key`` whose rows were at ``t``.

        A column that does not go on where it was (a journal was replaced) gets a new one.
        """
        found = self._kept.pop(key, None)
        if found is not None:
            pyramid, rows, last = found
            if len(t) < rows or (rows and int(t[rows - 1]) != last):
                found = None
        pyramid = found[0] if found else Pyramid()
        self._kept[key] = (pyramid, settled, int(t[settled - 1]) if settled else 0)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)
        return pyramid


store = Store()
