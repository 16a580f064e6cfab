"""Finishes the profile windows of a run whose runner was killed before it could.

The worker goes on without its runner, but nobody reads what its later windows
leave in ``traces/raw``. Whoever finds such files in a run that is no longer
live may have the tracer read them: the command line does when a run is shown
or exported, a window may do it in a thread of its own.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

import psutil

from diptych.profiling.records.kinds import Caution, Trace
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.reader import JournalTail
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.runner import locks, tree
from diptych.profiling.runner.children import TracerGuard

_PULSE = 0.1
_READ = 4 << 20


def unfinished(directory: Path) -> list[Path]:
    """Return the raw windows in ``directory`` that nobody will finish by himself.

    None while the run is live. A window that a tracer has failed on is left
    alone, and so are all where the tracer itself has crashed twice. Cheap where
    nothing was left behind; never raises.
    """
    paths = RunPaths(directory)
    try:
        raw = sorted(path for path in paths.raw_traces.glob("r*-w*.json") if path.is_file())
        if not raw or locks.is_live(directory):
            return []
        given_up = _failed(paths)
    except OSError:
        return []
    return [] if given_up is None else [path for path in raw if path.name not in given_up]


def recover(
    directory: Path,
    *,
    on_finish: Callable[[Path], object],
    wanted: Callable[[], bool] = lambda: True,
) -> int:
    """Run the tracer over what `unfinished` finds; return how many windows it has finished.

    Blocks for as long as that takes (seconds, for a large trace minutes); may
    be called in any thread. ``wanted`` is asked about ten times a second
    whether to go on. ``on_finish`` is called last, to write the summary anew;
    it is not called where there was nothing to do, or where somebody else is
    at it.

    Raises:
        OSError: the directory cannot be written.
    """
    if not unfinished(directory):
        return 0
    try:
        lock = locks.take(RunPaths(directory).runner_lock)
    except BlockingIOError:
        return 0
    try:
        finished = finish_windows(directory, wanted)
    finally:
        os.close(lock)  # before the summary: with it the run counts as live
    if finished:
        on_finish(directory)
    return finished


def finish_windows(directory: Path, wanted: Callable[[], bool]) -> int:
    """Have the raw windows in ``directory`` finished; the caller holds the runner's lock.

    A tracer that the lost runner has left is waited for, not doubled.
    """

    def going_on() -> bool:
        time.sleep(_PULSE)
        return wanted()

    while helpers(directory, "_tracer"):
        if not going_on():
            return 0
    before = _waiting(directory)
    if not before:
        return 0
    environment = {**os.environ, tree.TOKEN: directory.name}
    TracerGuard(directory, environment, lambda *said: _warn(directory, *said)).finish(going_on)
    return before - _waiting(directory)


def helpers(directory: Path, *names: str) -> list[int]:
    """Return the sampler and the tracer that a lost runner has started, by their command."""
    folder, found = str(directory), []
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        if folder in words and set(names).intersection(words):
            found.append(process.pid)
    return found


def _waiting(directory: Path) -> int:
    return sum(1 for _ in RunPaths(directory).raw_traces.glob("r*-w*.json"))


def _failed(paths: RunPaths) -> set[str] | None:
    """Return the raw files that a tracer could not digest; ``None``: none will ever be."""
    cautions = (r for r in _records(paths.runner_journal) if isinstance(r, Caution))
    if any(caution.code == "tracer_failed" for caution in cautions):
        return None
    traces = (r for r in _records(paths.tracer_journal) if isinstance(r, Trace))
    return {paths.raw_trace(t.rank, t.window).name for t in traces if t.path is None}


def _records(journal: Path) -> list[object]:
    tail = JournalTail(journal)
    try:
        found: list[object] = []
        while some := tail.read(_READ):
            found += some
        return found
    finally:
        tail.close()


def _warn(directory: Path, code: str, text: str) -> None:
    with (
        contextlib.suppress(OSError),
        JournalWriter(RunPaths(directory).runner_journal, "runner") as journal,
    ):
        journal.write(Caution, code=code, text=text)
