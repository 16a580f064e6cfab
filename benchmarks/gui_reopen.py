"""Opening a long run that has ended: from choosing it to its plots, painted whole.

*From its journals*: as a run whose runner was killed. *Ended*: with what its runner
keeps beside them when it ends, and any reader does. Each step has a completion
record of its own: two records a step.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from benchmarks import _gui_runs
from benchmarks._gui_window import watch
from tests.helpers.fake_run import make_run

from diptych.profiling.runs.summary import write_summary

Row = tuple[str, float, str, str]
STEPS = 1_000_000


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        runs = home / "runs"
        runs.mkdir()
        _gui_runs.write_long(runs, "long", STEPS, with_done=True)
        # The newest, which the window shows by itself.
        make_run(runs, run_id="small", steps=100)
        rows = _open(home, "window: 1,000,000 steps, opened from its journals", "")
        write_summary(runs / "long")
        return rows + _open(home, "window: 1,000,000 steps, ended, opened", "<= 2")


def _open(home: Path, name: str, target: str) -> list[Row]:
    # Else the window shows first what it showed last.
    (home / "window.json").unlink(missing_ok=True)
    seen = watch(home, "reopen", "small", "long", STEPS)
    assert seen.lost == [0], "records were lost"
    painted = (seen.paints[-1][0] - seen.opened) / 1e9
    return [
        (f"{name}, painted", painted, "s", target),
        (f"{name}, longest stall", seen.stalls[-1][0] * 1e3, "ms", ""),
        (f"{name}, memory more", (seen.rss - seen.rss_before) / STEPS, "bytes/step", ""),
    ]
