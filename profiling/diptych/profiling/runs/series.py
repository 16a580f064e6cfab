"""Samples over time into columns: host, process tree, GPUs, allocators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from diptych.profiling.records.kinds import Gpu, Host, Memory, Process
from diptych.profiling.runs.columns import Column
from diptych.profiling.runs.snapshot import Series

Sample = Host | Process | Gpu | Memory

HOST = ("cpu", "mem_used", "mem_total", "swap_used", "load1")
PROCESS = ("cpu", "rss", "count", "minor_faults", "major_faults")
GPU = (
    "util",
    "mem_used",
    "mem_reserved",
    "power",
    "energy",
    "temperature",
    "sm_clock",
    "mem_clock",
    "tree_mem",
    "throttle",
)
THROTTLE = (
    "application clocks",
    "power cap",
    "hardware slowdown",
    "sync boost",
    "software thermal limit",
    "hardware thermal limit",
    "power brake",
    "display clocks",
    "board limit",
    "reliability",
    "another reason",
)
"""What the bits of the column ``throttle`` say, from the lowest; what is not here is the last."""
MEMORY = ("allocated", "reserved", "peak")

_LIMIT = 1 << 62


class SeriesState(msgspec.Struct, frozen=True):
    """What a `SeriesTable` knows besides its columns."""

    rejected: int
    reasons: dict[str, str]


class SeriesTable:
    """One series with fixed columns; ``null`` becomes NaN, reasons are kept by column."""

    def __init__(self, names: Sequence[str]) -> None:
        self.rejected = 0
        self._names = tuple(names)
        self._t = Column(np.int64)
        self._columns = {name: Column(np.float64) for name in self._names}
        self._reasons: dict[str, str] = {}

    def add(self, samples: Sequence[Sample]) -> None:
        """Append ``samples`` in the order in which they were taken."""
        sound = [s for s in samples if 0 <= s.t < _LIMIT]
        try:
            self._append(sound)
        except OverflowError:
            sound = [s for s in sound if self._is_sound(s)]
            self._append(sound)
        self.rejected += len(samples) - len(sound)
        for sample in sound:
            if sample.reasons:
                self._reasons.update(sample.reasons)

    def series(self) -> Series:
        """Return read-only views of all samples."""
        columns = {name: column.view() for name, column in self._columns.items()}
        return Series(self._t.view(), columns, dict(self._reasons))

    def state(self) -> SeriesState:
        """Return what `restore` needs besides the columns."""
        return SeriesState(self.rejected, dict(self._reasons))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all columns by name, ``t`` among them; they must not be changed."""
        return {"t": self._t.view()} | {name: c.view() for name, c in self._columns.items()}

    def restore(self, state: SeriesState, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Become the table of which ``state`` and ``arrays`` were taken.

        Raises:
            ValueError: they cannot be of one table.
        """
        if len({values.shape[-1] for values in arrays.values()}) != 1:
            raise ValueError("columns of different lengths")
        if set(arrays) != {"t", *self._names}:
            raise ValueError("other columns")
        for name, column in {"t": self._t, **self._columns}.items():
            column.adopt(arrays[name])
        self.rejected, self._reasons = state.rejected, dict(state.reasons)

    def _append(self, samples: Sequence[Sample]) -> None:
        # All columns first: when one cannot be converted, none has grown.
        values = {
            name: np.array([_value(s, name) for s in samples], np.float64) for name in self._names
        }
        self._t.extend(np.array([s.t for s in samples], np.int64))
        for name, column in self._columns.items():
            column.extend(values[name])

    def _is_sound(self, sample: Sample) -> bool:
        return all(
            value is None or abs(value) < _LIMIT
            for value in (_value(sample, name) for name in self._names)
        )


def _value(sample: Sample, name: str) -> float | None:
    if name != "throttle":
        value: float | None = getattr(sample, name)
        return value
    words = getattr(sample, name)
    if "throttle" in sample.reasons:
        return None
    other = len(THROTTLE) - 1
    return sum({1 << (THROTTLE.index(w) if w in THROTTLE else other) for w in words})
