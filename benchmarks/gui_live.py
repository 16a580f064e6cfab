"""Two runs of 1,000 steps a second each, live in the window: losses, stalls, processor time.

One run has its completions inline, the other as records of their own, so that
3,000 records a second come in. Drawing is by software, the window 1280 × 800.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import _gui_runs
from benchmarks._gui_window import watch

Row = tuple[str, float, str, str]
STEPS = 15_000
RATE = 1_000.0


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    with tempfile.TemporaryDirectory() as folder:
        runs = Path(folder) / "runs"
        runs.mkdir()
        writers = [_gui_runs.start(runs, name, name, RATE, STEPS) for name in ("torch", "mxnet")]
        try:
            seen = watch(Path(folder), "live", "torch", "mxnet")
        finally:
            for writer in writers:
                writer.wait()
    lost = sum(seen.lost) + sum(abs(STEPS - steps) for steps in seen.steps)
    worked = max(min(stall) for stall in seen.stalls)
    name = "window: two runs at 1,000 steps/s"
    return [
        (f"{name}, records lost", lost, "", "<= 0"),
        (f"{name}, longest stall", seen.stalls[-1][0] * 1e3, "ms", "<= 50"),
        (f"{name}, longest of its own work", worked * 1e3, "ms", ""),
        (f"{name}, 20th longest stall", seen.stalls[0][0] * 1e3, "ms", ""),
        (f"{name}, processor time", seen.cpu * 100, "% of one core", "<= 40"),
        (f"{name}, pictures", len(seen.paints) / (STEPS / RATE), "1/s", ""),
    ]
