"""How long a profile window stops the training, against the bare profiler.

Both take turns in one process on the same model (see ``_windows.py``). What
counts for the agent is the ``pause`` of its own record. With MXNet the agent
dumps aside, while training goes on; the bare profiler's dump is a pause.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from pathlib import Path

from diptych.profiling.runner.home import runtimes_dir

ROOT = Path(__file__).resolve().parents[1]
AGENT = ROOT / "profiling/diptych/profiling/agent"
WINDOWS = 40
COLD = 2

Row = tuple[str, float, str, str]


def worker(framework: str, mode: str, windows: int) -> dict[str, list[float]]:
    """Run ``windows`` windows; ``mode`` is ``both``, ``bare`` or ``agent``."""
    python = str(runtimes_dir() / framework / "bin/python")
    argv = [python, "-m", "benchmarks._windows", str(AGENT), framework, mode, str(windows)]
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    done = subprocess.run(
        argv, capture_output=True, text=True, check=True, timeout=600, env=environment, cwd=ROOT
    )
    result: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return result


def rows(framework: str) -> list[Row]:
    """Return the rows of one framework."""
    result = worker(framework, "both", WINDOWS)
    assert len(result["agent"]) == len(result["bare"]) == WINDOWS
    bare, agent = (statistics.median(result[side][COLD:]) for side in ("bare", "agent"))
    return [
        (f"{framework}: pause per window, bare profiler", bare * 1e3, "ms", ""),
        (f"{framework}: pause per window, agent", agent * 1e3, "ms", ""),
        (f"{framework}: pause, agent over bare", agent / bare, "×", "<= 1.1"),
    ]


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    return [row for framework in ("torch", "mxnet") for row in rows(framework)]


if __name__ == "__main__":
    for name, value, unit, target in run():
        print(f"{name:<52} {value:>10.3f} {unit} {target}")
