"""Ends a worker whose runner was killed: a stand-in takes the lock and the blame.

The worker is nobody's child any more, so its exit code stays unknown; but it is
asked, then told, then killed like any other, and the run gets its ending.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from diptych.profiling.records.kinds import Caution, Exited, Launched, Open, Stopping
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.reader import JournalTail
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.runner import locks, recover, tree
from diptych.profiling.runner.control import ControlReader
from diptych.profiling.runner.stopping import SIGNALS, Grace, Stage, Stopper

_PULSE = 0.1
_TRACER_SECONDS = 300.0


def is_orphaned(directory: Path) -> bool:
    """Say whether a worker is at work that no runner watches."""
    held = locks.is_held(RunPaths(directory).runner_lock)
    return not held and locks.is_live(directory)


def take_over(directory: Path, *, on_finish: Callable[[Path], object]) -> bool:
    """End what is left of the run as ``control.jsonl`` asks; return whether it was ours to do.

    Raises:
        OSError: the directory cannot be written.
    """
    paths = RunPaths(directory)
    try:
        lock = locks.take(paths.runner_lock)
    except BlockingIOError:
        return False
    try:
        with JournalWriter(paths.runner_journal, "runner") as journal:
            _Remains(directory, journal).end()
        on_finish(directory)
    finally:
        os.close(lock)
    return True


def _last_worker(paths: RunPaths) -> int | None:
    """Return the worker's pid: its own journal names it, the lost runner's does too."""
    for path, kind in ((paths.worker_journal(0), Open), (paths.runner_journal, Launched)):
        journal = JournalTail(path)
        try:
            pids = [r.pid for r in journal.read(1 << 20) if isinstance(r, kind)]
        finally:
            journal.close()
        if pids:
            return pids[-1]
    return None


class _Remains:
    def __init__(self, directory: Path, journal: JournalWriter) -> None:
        self._directory = directory
        self._journal = journal
        self._tree = tree.ProcessTree(directory.name, self._helpers)
        self._worker = _last_worker(RunPaths(directory))
        self._control = ControlReader(RunPaths(directory).control)
        self._stopper = Stopper(Grace(), self._carry_out, self._refused)

    def end(self) -> None:
        """Escalate until nobody of the run is left, and write how it ended."""
        while self._tree.find():
            now = time.monotonic()
            for order in self._control.poll():
                if order["k"] == "stop":
                    by = str(order.get("by") or "somebody")[:80]
                    self._stopper.ask(f"asked by {by}", by, now, kill=order.get("kill") is True)
            self._stopper.look(now)
            time.sleep(_PULSE)
        if self._stopper.by is not None:
            text = f"stopped by {self._stopper.by} after its runner had been lost"
            self._journal.write(
                Exited,
                rank=0,
                status="stopped",
                code=None,
                signal=None,
                text=f"{text}: the exit code is not known",
            )
        self._finish_windows()

    def _carry_out(self, stage: Stage, why: str) -> None:
        self._journal.write(Stopping, stage=stage, why=f"{why} (the runner is lost)")
        members = {process.pid for process in self._tree.find()}
        if stage != "ask":
            self._tree.signal(SIGNALS[stage])
        elif self._worker is not None and self._worker in members:
            with contextlib.suppress(OSError):
                os.kill(self._worker, signal.SIGINT)

    def _refused(self) -> None:
        self._journal.write(
            Caution, code="refuses_to_die", text="SIGKILL did not end all processes of the run"
        )

    def _helpers(self) -> list[int]:
        return recover.helpers(self._directory, "_sampler", "_tracer")

    def _finish_windows(self) -> None:
        deadline = time.monotonic() + _TRACER_SECONDS
        recover.finish_windows(self._directory, lambda: time.monotonic() < deadline)
