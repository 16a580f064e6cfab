"""A stretch of a trace becomes a table: 1 and 10 million slices, the whole, a third, a hundredth.

The slowest of the stretches counts, median of its repetitions.
"""

from __future__ import annotations

import time
from statistics import median

import numpy as np
from benchmarks.trace_frames import table

from diptych.profiling.trace import metrics

SIZES = (1_000_000, 10_000_000)
PARTS = ((0.0, 1.0), (1 / 3, 2 / 3), (0.5, 0.51))
TIMES = 7

Row = tuple[str, float, str, str]


def slowest(slices: int) -> float:
    """Return ms of the slowest stretch."""
    made = table(slices)
    end = int((made.slices.start + made.slices.duration).max())
    metrics.select(made, 0, end)
    found = []
    for low, high in PARTS:
        took = []
        for _ in range(TIMES):
            began = time.perf_counter()
            rows = metrics.select(made, int(low * end), int(high * end))
            took.append(time.perf_counter() - began)
            assert int(np.sum(rows.calls)) > 0
        found.append(median(took) * 1000)
    return max(found)


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    return [
        (f"trace: any stretch of {size:,} slices as a table", slowest(size), "ms", "<= 100")
        for size in SIZES
    ]


if __name__ == "__main__":
    for line in run():
        print(line)
