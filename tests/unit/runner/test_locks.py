"""Liveness by lock: held means alive, a dead holder is let go by the kernel."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runner import locks

_HOLD = """
import sys
from pathlib import Path
from diptych.profiling.runner import locks
fd = locks.take(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def run(tmp_path: Path) -> RunPaths:
    paths = RunPaths(tmp_path)
    paths.events.mkdir()
    return paths


def _holder(path: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


@pytest.mark.parametrize("which", ["runner", "worker"])
def test_live_while_held_and_not_after_a_kill(run: RunPaths, which: str) -> None:
    path = run.runner_lock if which == "runner" else run.worker_journal(0)
    assert not locks.is_live(run.root)
    with _holder(path) as process:
        assert locks.is_live(run.root)
        assert locks.is_live(run.root), "a probe must not take the lock"
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert not locks.is_live(run.root)


def test_the_second_taker_is_refused(run: RunPaths) -> None:
    first = locks.take(run.runner_lock)
    with pytest.raises(BlockingIOError):
        locks.take(run.runner_lock)
    os.close(first)
    os.close(locks.take(run.runner_lock))


def test_nothing_there_is_not_live(tmp_path: Path) -> None:
    assert not locks.is_live(tmp_path / "gone")
