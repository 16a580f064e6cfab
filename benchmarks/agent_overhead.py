"""What the agent adds to a step when no window is open, in both frameworks.

Blocks of steps with and without the agent take turns in one process (see
``_overhead.py``). The figure is the median of the differences between
neighbouring blocks, in brackets with its 95 % interval (bootstrap over the
pairs): what drifts hits both blocks of a pair. Three of it: the CPU time of the
training thread, which is what the target speaks of; that of the whole process,
which also holds the agent's own thread; and wall time, which also holds the
waits for the interpreter while that thread has it, and whatever else ran.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
from pathlib import Path
from typing import Any

import numpy as np

from diptych.profiling.runner.home import runtimes_dir

ROOT = Path(__file__).resolve().parents[1]
AGENT = ROOT / "profiling/diptych/profiling/agent"
SECONDS = {"small": 25, "resnet18": 40}
WALL, THREAD, PROCESS = 0, 1, 2

Row = tuple[str, float, str, str]


def measure(framework: str, model: str) -> dict[str, Any]:
    """Return ``plain`` and ``agent`` (blocks of ns a step) and ``cost`` (ns, as recorded)."""
    python = str(runtimes_dir() / framework / "bin/python")
    argv = [python, "-m", "benchmarks._overhead", str(AGENT), framework, model, str(SECONDS[model])]
    environment = dict(os.environ, OMP_NUM_THREADS="1")
    done = subprocess.run(
        argv, capture_output=True, text=True, check=True, timeout=300, env=environment, cwd=ROOT
    )
    result: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return result


def added(result: dict[str, Any], clock: int) -> tuple[float, float, float]:
    """Return what the agent adds to a step by ``clock``, and its interval, in ns."""
    plain, agent = (
        np.array([block[clock] for block in result[arm]], np.float64) for arm in ("plain", "agent")
    )
    apart = agent - plain
    drawn = np.random.default_rng(0).choice(apart, (2_000, len(apart)))
    low, high = np.quantile(np.median(drawn, axis=1), (0.025, 0.975))
    return float(np.median(apart)), float(low), float(high)


def _row(name: str, found: tuple[float, float, float], scale: float, unit: str, target: str) -> Row:
    value, low, high = (part * scale for part in found)
    return f"{name} [{low:.3g} to {high:.3g}]", value, unit, target


def rows(framework: str) -> list[Row]:
    """Return the rows of one framework."""
    small, large = measure(framework, "small"), measure(framework, "resnet18")
    step = statistics.median(block[WALL] for block in small["plain"])
    whole = statistics.median(block[WALL] for block in large["plain"])
    who = f"agent, {framework}"
    return [
        (f"{who}: step of a small MLP without it", step / 1e6, "ms", ""),
        _row(f"{who}: added, CPU time of the thread", added(small, THREAD), 1e-3, "µs", "<= 20"),
        _row(f"{who}: added, CPU time of the process", added(small, PROCESS), 1e-3, "µs", ""),
        _row(f"{who}: added, wall time", added(small, WALL), 1e-3, "µs", ""),
        (f"{who}: what it says itself (cost)", statistics.median(small["cost"]) / 1e3, "µs", ""),
        (f"{who}: step of resnet18 without it", whole / 1e6, "ms", ""),
        _row(f"{who}: added to that, CPU time", added(large, THREAD), 100 / whole, "%", "<= 1"),
    ]


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    return [row for framework in ("torch", "mxnet") for row in rows(framework)]


if __name__ == "__main__":
    for name, value, unit, target in run():
        print(f"{name:<60} {value:>10.3f} {unit:<3} {target}")
