"""Opening a long run that has ended: from choosing it to its plots, painted whole.

*First time*: only the journals are there. *Again*: with what a reader has kept
of them beside. Each step has a completion record of its own: two records a step.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import _gui_runs
from benchmarks._gui_window import watch
from tests.helpers.fake_run import make_run

Row = tuple[str, float, str, str]
STEPS = 1_000_000


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        runs = home / "runs"
        runs.mkdir()
        make_run(runs, run_id="small", steps=100)
        _gui_runs.write_long(runs, "long", STEPS, with_done=True)
        rows: list[Row] = []
        for name, target in (("first time", ""), ("again", "<= 2")):
            rows += _open(home, f"window: 1,000,000 steps, opened {name}", target)
        return rows


def _open(home: Path, name: str, target: str) -> list[Row]:
    seen = watch(home, "reopen", "small", "long", STEPS)
    assert seen.lost == [0], "records were lost"
    painted = (seen.paints[-1][0] - seen.opened) / 1e9
    return [
        (f"{name}, painted", painted, "s", target),
        (f"{name}, longest stall", seen.stalls[-1] * 1e3, "ms", ""),
        (f"{name}, memory more", (seen.rss - seen.rss_before) / STEPS, "bytes/step", ""),
    ]
