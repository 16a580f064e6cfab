"""Run directories for the window's benchmarks: long ones at once, live ones in a process.

``python -m benchmarks._gui_runs ROOT ID FRAMEWORK RATE STEPS [GAP]`` writes a run
as a worker would: each step one write, stamped right before it, ``RATE`` steps
a second; with ``GAP`` it pauses for up to that many seconds after every tenth
step. Both locks are held until it ends.
"""

from __future__ import annotations

import random
import subprocess
import sys
import time
from pathlib import Path
from typing import Any, Literal

from tests.helpers.fake_run import LiveRun

from diptych.profiling.records import kinds

ROOT = Path(__file__).parent.parent
_MS = 1_000_000
_LENGTH = 900_000
_SAMPLES = 200 * _MS
_BATCH = 20_000


def start(
    root: Path, name: str, framework: str, rate: float, steps: int, gap: float = 0.0
) -> subprocess.Popen[bytes]:
    """Start the process that writes a live run below ``root``."""
    words = [str(root), name, framework, str(rate), str(steps), str(gap)]
    return subprocess.Popen([sys.executable, "-m", "benchmarks._gui_runs", *words], cwd=ROOT)


def write_long(root: Path, name: str, steps: int, *, with_done: bool) -> Path:
    """Write an ended run of ``steps`` steps of 1 ms, sampled at 5 Hz; return its directory."""
    began = time.monotonic_ns() - steps * _MS
    with LiveRun(
        root, run_id=name, t0=began, total_steps=steps, done_later=with_done, lock=False
    ) as run:
        at = sampled = began + 400 * _MS
        for n in range(steps):
            at += _MS
            put_step(run, n, at, with_done=with_done)
            if at >= sampled:
                sampled += _SAMPLES
                put_samples(run, at)
            if n % _BATCH == 0:
                run.flush()
        run.now = at
        return run.finish()


def put_step(run: LiveRun, n: int, at: int, *, with_done: bool) -> None:
    """Put one step that ends at ``at``, and its completion."""
    length = _LENGTH + (n * 7919) % 90_000
    inline: dict[str, Any] = {} if with_done else {"completed": length, "ruler": "sync"}
    run.worker.put(
        kinds.Step,
        at,
        n=n,
        t0=at - length,
        dispatched=length,
        phases=(
            length // 50,
            length // 3,
            length // 2,
            length // 10,
            length - length // 50 - length // 3 - length // 2 - length // 10,
        ),
        samples=32,
        loss=2.3 / (1 + n * 1e-5),
        cost=9_345,
        **inline,
    )
    if with_done:
        run.worker.put(kinds.Done, at + 20_000, n=n, completed=length, ruler="event")


def put_samples(run: LiveRun, at: int) -> None:
    """Put what the sampler and the worker write five times a second."""
    run.worker.put(kinds.Clock, at, boot=at, real=run.created + at - run.started)
    run.system.put(
        kinds.Host, at, cpu=40.0, mem_used=12 << 30, mem_total=64 << 30, swap_used=0, load1=2.0
    )
    run.system.put(kinds.Process, at, cpu=380.0, rss=1 << 30, count=3)


def main(words: list[str]) -> None:
    """Write a run in real time."""
    root, name, kind, rate, steps, gap = words
    framework: Literal["torch", "mxnet"] = "mxnet" if kind == "mxnet" else "torch"
    with LiveRun(Path(root), run_id=name, framework=framework, total_steps=int(steps)) as run:
        _write(run, 1 / float(rate), int(steps), float(gap))
        run.now = time.monotonic_ns()
        run.finish()


def _write(run: LiveRun, every: float, steps: int, gap: float) -> None:
    chance = random.Random(0)
    due, sampled = time.monotonic(), time.monotonic()
    for n in range(steps):
        due += every
        if gap and n % 10 == 0:
            due += chance.uniform(0, gap)
        time.sleep(max(0.0, due - time.monotonic()))
        if time.monotonic() >= sampled:
            sampled += _SAMPLES / 1e9
            put_samples(run, time.monotonic_ns())
        put_step(run, n, time.monotonic_ns(), with_done=run.done_later)
        run.flush()


if __name__ == "__main__":
    main(sys.argv[1:])
