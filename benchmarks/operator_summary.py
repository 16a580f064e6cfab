"""How soon the operator summary of a profile window can be read, and its trace.

Real runs of ResNet-18 with a few windows, as the command line starts them. Of
each window: from its ``captured`` record (the worker's journal) to its ``ops``
and its ``trace`` record (the tracer's journal), by the times in the records,
which are of one clock. The window's raw file is parsed in between, beside the
training, on whatever cores that leaves.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from diptych.profiling.runner.home import runtimes_dir

WINDOWS = 5
SKIP, WAIT, WARMUP, ACTIVE = 5, 8, 1, 5
STEPS = SKIP + WINDOWS * (WAIT + WARMUP + ACTIVE) + 10

Row = tuple[str, float, str, str]


def records(path: Path) -> list[dict[str, Any]]:
    """Return the records of one journal."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def started(framework: str, home: Path) -> Path:
    """Run to the end; return the run's directory."""
    argv = [sys.executable, "-m", "diptych.profiling.cli", "run", "--json"]
    argv += ["--framework", framework, "--workload", "resnet18", "--batch-size", "8"]
    argv += ["--python", str(runtimes_dir() / framework / "bin/python"), "--steps", str(STEPS)]
    argv += ["--profile", f"{SKIP},{WAIT},{WARMUP},{ACTIVE},{WINDOWS}", "--image-size", "32"]
    environment = dict(os.environ, OMP_NUM_THREADS="1", DIPTYCH_HOME=str(home))
    done = subprocess.run(
        argv, capture_output=True, text=True, check=True, timeout=600, env=environment
    )
    return Path(json.loads(done.stdout)["dir"])


def delays(directory: Path) -> tuple[list[float], list[float]]:
    """Return, of each window, the seconds from ``captured`` to ``ops`` and to ``trace``."""
    worker = records(directory / "events/worker-r0.jsonl")
    tracer = records(directory / "events/tracer.jsonl")
    captured = {r["id"]: r["t"] for r in worker if r["k"] == "window" and r["state"] == "captured"}
    after: dict[str, list[float]] = {"ops": [], "trace": []}
    for record in tracer:
        if record["k"] in after:
            after[record["k"]].append((record["t"] - captured[record["window"]]) / 1e9)
    assert len(after["ops"]) == len(after["trace"]) == WINDOWS
    return after["ops"], after["trace"]


def rows(framework: str) -> list[Row]:
    """Return the rows of one framework."""
    with tempfile.TemporaryDirectory() as home:
        ops, traces = delays(started(framework, Path(home)))
    who = f"{framework}: window of resnet18"
    return [
        (f"{who}, captured to operator summary", statistics.median(ops), "s", "<= 1"),
        (f"{who}, captured to operator summary, slowest", max(ops), "s", ""),
        (f"{who}, captured to finished trace", statistics.median(traces), "s", ""),
    ]


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    return [row for framework in ("torch", "mxnet") for row in rows(framework)]


if __name__ == "__main__":
    for name, value, unit, target in run():
        print(f"{name:<62} {value:>10.3f} {unit:<3} {target}")
