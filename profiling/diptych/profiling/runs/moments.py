"""Small tables of moments: pauses of the garbage collector, and how long a log was when."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.records.kinds import Collected, Logged
from diptych.profiling.runs.columns import Column
from diptych.profiling.runs.snapshot import LogTimes, Pauses

_LIMIT = 1 << 62

Arrays = dict[str, NDArray[Any]]


class _Moments:
    """Two columns of integers of the same length. ``rejected`` counts what cannot be true."""

    names: tuple[str, str]

    def __init__(self) -> None:
        self.rejected = 0
        self._columns = {name: Column(np.int64) for name in self.names}

    def arrays(self) -> Arrays:
        """Return the columns by name; they must not be changed."""
        return {name: column.view() for name, column in self._columns.items()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Become the table of which ``arrays`` were taken.

        Raises:
            ValueError: they cannot be of one table.
        """
        if set(arrays) != set(self.names) or len({len(v) for v in arrays.values()}) != 1:
            raise ValueError("other columns")
        for name, column in self._columns.items():
            column.adopt(arrays[name])

    def _append(self, rows: list[tuple[int, int]]) -> None:
        for column, values in zip(self._columns.values(), zip(*rows, strict=True), strict=False):
            column.extend(np.array(values, np.int64))


class PauseTable(_Moments):
    """Pauses of one worker. ``since``: from when on they were watched."""

    names = ("start", "end")

    def __init__(self) -> None:
        super().__init__()
        self.since: int | None = None

    def add(self, records: Sequence[Collected]) -> None:
        """Append pauses in the order in which they were."""
        if self.since is None:
            self.since = next((r.t for r in records if 0 <= r.t < _LIMIT), None)
        rows = [
            (r.t0, r.t) for r in records if r.generation is not None and 0 <= r.t0 <= r.t < _LIMIT
        ]
        self.rejected += sum(r.generation is not None for r in records) - len(rows)
        self._append(rows)

    def pauses(self) -> Pauses:
        """Return read-only views."""
        return Pauses(self.since, **self.arrays())


class LogTable(_Moments):
    """One log: a place in it and when it was written, both rising."""

    names = ("t", "size")

    def add(self, records: Sequence[Logged]) -> None:
        """Take what the runner said, in its order."""
        for record in records:
            if not (0 <= record.t < _LIMIT and 0 <= record.bytes < _LIMIT):
                self.rejected += 1
                continue
            if record.moved is not None:
                self._move(*record.moved)
            self._take(record.t, record.bytes)

    def times(self) -> LogTimes:
        """Return read-only views."""
        return LogTimes(**self.arrays())

    def _take(self, t: int, size: int) -> None:
        known, sizes = self._columns["t"].values, self._columns["size"].values
        if len(sizes) and size < sizes[-1]:
            # The script has cut its own output: what was there is gone.
            keep = int(np.searchsorted(sizes, size))
            self._replace(known[:keep], sizes[:keep])
        elif len(sizes) and size == sizes[-1]:
            return
        self._append([(t, size)])

    def _move(self, start: int, end: int, now: int) -> None:
        """Follow the bytes when ``now`` others take the place of those in between."""
        if not 0 <= start <= end < _LIMIT or not 0 <= now < _LIMIT:
            self.rejected += 1
            return
        sizes = self._columns["size"].values
        after = np.where(sizes >= end, sizes - end + start + now, np.minimum(sizes, start))
        self._replace(self._columns["t"].values, after)

    def _replace(self, t: NDArray[np.int64], sizes: NDArray[np.int64]) -> None:
        # New columns: views of the old ones were handed out.
        rows = {"t": t.copy(), "size": sizes.copy()}
        self._columns = {name: Column(np.int64) for name in self.names}
        for name, values in rows.items():
            self._columns[name].extend(values)
