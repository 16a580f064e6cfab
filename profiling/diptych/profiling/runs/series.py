"""Samples over time into columns: host, process tree, GPUs, allocators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from diptych.profiling.records.kinds import Gpu, Host, Memory, Process
from diptych.profiling.runs.columns import Column
from diptych.profiling.runs.snapshot import Series

Sample = Host | Process | Gpu | Memory

HOST = ("cpu", "mem_used", "mem_total", "swap_used", "load1")
PROCESS = ("cpu", "rss", "count")
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
)
MEMORY = ("allocated", "reserved", "peak")

_LIMIT = 1 << 62


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

    def _append(self, samples: Sequence[Sample]) -> None:
        # All columns first: when one cannot be converted, none has grown.
        values = {
            name: np.array([getattr(s, name) for s in samples], np.float64) for name in self._names
        }
        self._t.extend(np.array([s.t for s in samples], np.int64))
        for name, column in self._columns.items():
            column.extend(values[name])

    def _is_sound(self, sample: Sample) -> bool:
        return all(
            value is None or abs(value) < _LIMIT
            for value in (getattr(sample, name) for name in self._names)
        )
