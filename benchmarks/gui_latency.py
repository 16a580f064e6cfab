"""From a record's write to the picture that holds it: a real process writes, the real window shows.

One run of 100 steps a second, then one of ten at a time with pauses of up to a
second between them, which the reader must wake from. A picture is finished when
its paint event is; each step counts from its stamp, right before its write, to
the end of the first picture that holds it.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from benchmarks import _gui_runs
from benchmarks._gui_window import Seen, watch

from diptych.profiling.runs.session import RunSession

Row = tuple[str, float, str, str]
_PLANS = (("100 steps/s", 100.0, 1_200, 0.0), ("bursts after pauses", 200.0, 150, 1.0))


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    rows: list[Row] = []
    for name, rate, steps, gap in _PLANS:
        waits = measure(rate, steps, gap)
        for share, target in ((50, ""), (99, "<= 100")):
            value = float(np.percentile(waits, share)) * 1e3
            rows.append((f"window: journal to pixel, {name}, p{share}", value, "ms", target))
    return rows


def measure(rate: float, steps: int, gap: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return how long each step took to be painted, in s."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        runs.mkdir()
        writer = _gui_runs.start(runs, "live", "torch", rate, steps, gap)
        try:
            seen = watch(Path(folder), "live", "live")
        finally:
            writer.wait()
        with RunSession(runs / "live") as session:
            written = session.drain().steps.end
    return waits_of(seen, written)


def waits_of(
    seen: Seen, written: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return for each step written since the first picture how long it waited for its own."""
    at, held = (np.array(column) for column in zip(*seen.paints, strict=True))
    steps = np.arange(held[0], len(written))
    first = np.searchsorted(np.maximum.accumulate(held), steps, "right")
    waits: np.ndarray[tuple[int], np.dtype[np.float64]] = (at[first] - written[steps]) / 1e9
    return waits
