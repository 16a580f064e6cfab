"""Which part of a log was written in a stretch of time. No Qt here.

The runner looks at the logs five times a second and writes down, at most once
a second, how long one is that grew. So a byte was written within a second or
so before the first record that counts it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diptych.profiling.runs.snapshot import LogTimes

LATE = 1_200_000_000
"""Nanoseconds that a byte may have stood there before it was noticed: a second, and a look."""


@dataclass(frozen=True, slots=True)
class Part:
    """Bytes ``first`` to ``stop`` of a log; none where they are equal."""

    first: int
    stop: int

    def holds(self, end: int) -> bool:
        """Whether a line that ends at ``end`` was written in the stretch."""
        return self.first < end <= self.stop


def written(times: LogTimes | None, low: int, high: int) -> Part | None:
    """Return what was written from ``low`` to ``high`` (ns of CLOCK_MONOTONIC), to the second.

    ``None`` where nothing is known of the times of the log.
    """
    if times is None or not len(times.t):
        return None
    before = np.concatenate(([0], times.t[:-1]))
    begins = np.maximum(before, times.t - LATE)
    rows = np.flatnonzero((times.t >= low) & (begins < high))
    if not len(rows):
        at = int(np.searchsorted(times.t, low))
        size = int(times.size[at - 1]) if at else 0
        return Part(size, size)
    first, last = int(rows[0]), int(rows[-1])
    return Part(int(times.size[first - 1]) if first else 0, int(times.size[last]))
