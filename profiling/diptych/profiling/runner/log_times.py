"""Writes down how long the logs of a run were when, so that their lines have a time."""

from __future__ import annotations

import time
from collections.abc import Mapping

from diptych.profiling.records.kinds import Logged
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.runner.output import LogKeeper

EVERY = 1_000_000_000
"""Nanoseconds between two records of one log, at least."""


class LogTimes:
    """Looks at ``logs``, by stream, after each look that they had at themselves."""

    def __init__(self, journal: JournalWriter, logs: Mapping[str, LogKeeper]) -> None:
        self._journal, self._logs = journal, logs
        self._told = dict.fromkeys(logs, 0)
        self._when = dict.fromkeys(logs, 0)

    def look(self, *, last: bool = False) -> None:
        """Write what has grown; with ``last`` also what was written just now."""
        for stream, log in self._logs.items():
            now, size = time.monotonic_ns(), log.size
            due = last or now - self._when[stream] >= EVERY
            if log.moved is None and not (due and size != self._told[stream]):
                continue
            moved, log.moved = log.moved, None
            self._told[stream], self._when[stream] = size, now
            self._journal.write(Logged, t=now, stream=stream, bytes=size, moved=moved)
