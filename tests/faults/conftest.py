"""Starts real runs of small scripts and waits for their end; leaves no process behind."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import psutil
import pytest

from diptych.profiling.records.kinds import Exited
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner import launch
from diptych.profiling.runner.locks import is_held

T = TypeVar("T")
DEADLINE = 45.0


def wait_for(look: Callable[[], T], what: str) -> T:
    """Return the first true answer of ``look``; fails the test after a while."""
    deadline = time.monotonic() + DEADLINE
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    pytest.fail(f"waited {DEADLINE:g} s for {what}")


@dataclass
class Run:
    """A run that was started."""

    directory: Path
    paths: RunPaths = field(init=False)

    def __post_init__(self) -> None:
        self.paths = RunPaths(self.directory)

    def records(self, journal: str = "runner") -> list[dict[str, Any]]:
        """Every whole line of one journal."""
        path = self.paths.events / f"{journal}.jsonl"
        lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
        return [msgspec.json.decode(line) for line in lines]

    def of_kind(self, kind: str, journal: str = "runner") -> list[dict[str, Any]]:
        return [record for record in self.records(journal) if record["k"] == kind]

    def exited(self) -> Exited:
        """How the worker ended, as soon as everything of the run is over."""
        wait_for(lambda: not is_held(self.paths.runner_lock), "the runner's end")
        wait_for(self.is_gone, "the end of every process of the run")
        (record,) = self.of_kind("exited")
        return msgspec.convert({k: v for k, v in record.items() if k != "k"}, Exited, strict=False)

    def worker(self) -> int:
        (record,) = wait_for(lambda: self.of_kind("launched"), "the worker")
        return int(record["pid"])

    def runner(self) -> int:
        return int(self.records()[0]["pid"])

    def output(self) -> str:
        path = self.paths.stdout
        return path.read_text(errors="replace") if path.exists() else ""

    def wait_for_output(self, text: str) -> None:
        wait_for(lambda: text in self.output(), f"{text!r} in the output")

    def is_gone(self) -> bool:
        return not self.members()

    def members(self) -> list[int]:
        """The pids that carry the run's token."""
        token = f"DIPTYCH_RUN={self.directory.name}".encode()
        found = []
        for pid in psutil.pids():
            with contextlib.suppress(OSError):
                if token in Path(f"/proc/{pid}/environ").read_bytes().split(b"\0"):
                    found.append(pid)
        return found


@pytest.fixture
def run_script(home: Path, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """Start ``source`` as a run of this very interpreter."""
    runs: list[Run] = []

    def start(source: str, *args: str, **fields: Any) -> Run:
        where = fields.pop("home", home)
        script = tmp_path / "script.py"
        script.write_text(source)
        request = RunRequest(
            framework="torch",
            python=fields.pop("python", sys.executable),
            script=str(script),
            args=args,
            **{"cwd": str(tmp_path), **fields},
        )
        runs.append(Run(launch.start(request, home=where)))
        return runs[-1]

    yield start
    for run in runs:
        for pid in run.members():
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
        wait_for(run.is_gone, "the end of everything")
