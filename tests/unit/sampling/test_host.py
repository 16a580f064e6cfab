"""The machine and a process tree: real processes, figures that can be checked."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest

from diptych.profiling.sampling.host import Machine, Tree

_BUSY = "import sys\nprint('on', flush=True)\nwhile True: pass"
_HOLDS = "x = bytearray(64 << 20)\nprint('on', flush=True)\nimport time\ntime.sleep(100)"
_PARENT = (
    "import subprocess, sys\n"
    "child = subprocess.Popen([sys.executable, '-c', sys.argv[1]], start_new_session=True)\n"
    "child.wait()"
)


@pytest.fixture
def started() -> Iterator[list[subprocess.Popen[str]]]:
    processes: list[subprocess.Popen[str]] = []
    yield processes
    for process in processes:
        family = [process.pid]
        if psutil.pid_exists(process.pid):
            family += [p.pid for p in psutil.Process(process.pid).children(recursive=True)]
        for pid in family:
            if psutil.pid_exists(pid):
                os.kill(pid, 9)
        process.wait()
        if process.stdout is not None:
            process.stdout.close()


def _start(started: list[subprocess.Popen[str]], *command: str) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", *command], stdout=subprocess.PIPE, text=True)
    started.append(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "on\n"
    return process


def _spin(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.01)


def test_a_busy_process_uses_about_one_core(started: list[subprocess.Popen[str]]) -> None:
    tree = Tree(_start(started, _BUSY).pid)
    first = tree.sample()
    assert (first["cpu"], first["reasons"]) == (None, {"cpu": "not_measured"})
    _spin(0.6)
    cpu = tree.sample()["cpu"]
    assert 2 < cpu < 135, "other tests share the cores, but one thread has one core at most"


def test_children_in_other_sessions_count(started: list[subprocess.Popen[str]]) -> None:
    tree = Tree(_start(started, _PARENT, _HOLDS).pid)
    sample = tree.sample()
    assert sample["count"] == 2
    assert sample["rss"] > 64 << 20
    assert len(tree.pids) == 2


def test_a_zombie_is_gone_and_holds_no_zero_bytes(started: list[subprocess.Popen[str]]) -> None:
    process = _start(started, _HOLDS)
    tree = Tree(process.pid)
    assert tree.alive
    assert tree.sample()["rss"] > 64 << 20
    process.kill()
    while tree.alive:
        _spin(0.01)
    sample = tree.sample()
    assert (sample["rss"], sample["count"]) == (None, 0)
    assert sample["reasons"]["rss"] == "not_measured"


def test_a_process_that_never_was() -> None:
    tree = Tree(2**22 + 1)
    assert not tree.alive
    assert tree.sample()["rss"] is None


def test_the_machine() -> None:
    machine = Machine()
    assert machine.sample()["reasons"].get("cpu") == "not_measured", "no time has passed"
    _spin(0.2)
    sample = machine.sample()
    assert 0 <= sample["cpu"] <= 100
    assert len(sample["cores"]) == psutil.cpu_count()
    assert 0 < sample["mem_used"] < sample["mem_total"]


_FAULTS = (
    "import mmap, sys\n"
    "print('on', flush=True)\n"
    "sys.stdin.read(1)\n"
    "room = mmap.mmap(-1, 8 << 20)\n"
    "for page in range(0, 8 << 20, 4096): room[page] = 1\n"
    "print('done', flush=True)\n"
    "sys.stdin.read()\n"
)


def test_page_faults_are_those_since_the_last_sample(
    started: list[subprocess.Popen[str]],
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", _FAULTS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    started.append(process)
    assert process.stdout is not None
    assert process.stdin is not None
    assert process.stdout.readline() == "on\n"
    tree = Tree(process.pid)
    assert "minor_faults" not in tree.sample()
    before = time.monotonic()
    process.stdin.write("x")
    process.stdin.flush()
    assert process.stdout.readline() == "done\n"
    sample = tree.sample()
    elapsed = time.monotonic() - before
    # Each page of the mapping was touched once; larger pages make them fewer.
    assert sample["minor_faults"] > 0
    assert sample["minor_faults"] * elapsed < 200_000
    assert sample["major_faults"] >= 0
    _spin(0.3)
    assert tree.sample()["minor_faults"] < 2_000
    process.stdin.close()
