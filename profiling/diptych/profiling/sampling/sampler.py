"""The sampler's loop: machine, process tree and GPUs into one journal.

Ends by itself when the worker is gone, also when the runner is gone before.
"""

from __future__ import annotations

import select
import signal
import time
from pathlib import Path
from types import FrameType

from diptych.profiling.records.kinds import Clock, Host, Process
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.sampling.gpu_source import GpuSource
from diptych.profiling.sampling.host import Machine, Tree
from diptych.profiling.sampling.pace import Pace

_CLOCK_EVERY = 1.0


class Sampler:
    """Writes ``system.jsonl`` of a run until its worker ``pid`` is gone."""

    def __init__(self, directory: Path, pid: int, hz: float) -> None:
        self._journal = JournalWriter(RunPaths(directory).system_journal, "system")
        self._machine = Machine()
        self._tree = Tree(pid)
        self._gpus = GpuSource(self._journal, hz)
        self._pace = Pace(hz)
        self._clock = float("-inf")
        self._going = True

    def run(self) -> None:
        """Sample until the worker is gone or SIGTERM arrives."""
        signal.signal(signal.SIGTERM, self._end)
        try:
            while self._going and self._tree.alive:
                self._tick()
                self._wait(time.monotonic() + self._pace.pause())
        finally:
            self._gpus.close()
            self._journal.close()

    def _tick(self) -> None:
        now = time.monotonic()
        if now - self._clock >= _CLOCK_EVERY:
            self._clock = now
            self._journal.write(Clock, boot=_boot(), real=time.time_ns())
        self._journal.write(Host, **self._machine.sample())
        self._journal.write(Process, **self._tree.sample())

    def _wait(self, until: float) -> None:
        """Sleep until the next beat, taking GPU samples as they come."""
        while self._going:
            self._gpus.look(self._tree.pids)
            left = until - time.monotonic()
            if left <= 0:
                return
            descriptor = self._gpus.descriptor
            select.select([] if descriptor is None else [descriptor], [], [], left)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self._going = False


def _boot() -> int | None:
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return None if clock is None else time.clock_gettime_ns(clock)
