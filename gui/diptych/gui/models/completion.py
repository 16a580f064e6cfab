"""When each step of a run was completed, worked out once a snapshot. No Qt here.

Everything that is drawn or counted by completion asks here, so that curves,
numbers and progress speak of the same steps. Safe from any thread.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from pathlib import Path

import numpy as np

from diptych.profiling.runs.snapshot import Ints, RunSnapshot, StepColumns

_LATE = 65_536
"""A step this many rows back gets no completion any more."""

_KEPT = 8
"""Runs whose instants are kept."""


class _Made:
    """The instants of one run, as far as they are known; those before ``settled`` stay."""

    def __init__(self, steps: StepColumns, ruler: str | None) -> None:
        self.ruler = ruler
        self.first = int(steps.start[0])
        self.source: weakref.ref[Ints] | None = None
        self.settled = 0
        self.at: Ints = np.empty(0, np.int64)
        self._room = np.empty(0, np.int64)

    def goes_on(self, steps: StepColumns, ruler: str | None) -> bool:
        """Whether ``steps`` go on where these ended (a journal may be replaced)."""
        same = self.ruler == ruler and len(steps) >= self.settled
        return same and int(steps.start[0]) == self.first

    def take(self, steps: StepColumns) -> None:
        """Work out the instants of the steps that are new, or were not known before."""
        settled = self.settled
        room = self._with_room(len(steps))
        known = np.isfinite(steps.completed_at[settled:])
        ends = steps.end[settled:]
        news = np.where(known, steps.completed_at[settled:], ends).astype(np.int64)
        if settled:
            news[:1] = np.maximum(news[:1], room[settled - 1])
        np.maximum.accumulate(news, out=news)
        room[settled : len(steps)] = news
        self.at = room[: len(steps)]
        self.at.flags.writeable = False
        unknown = np.flatnonzero(~known)
        sure = settled + (int(unknown[0]) if len(unknown) else len(known))
        self.settled = max(sure, len(steps) - _LATE)
        self.source = weakref.ref(steps.end)

    def _with_room(self, size: int) -> Ints:
        # Whoever holds the instants of a moment ago sees late completions in them, as
        # he does in the steps' own columns; a column that must grow moves elsewhere.
        if size > len(self._room):
            larger = np.empty(max(size, len(self._room) * 3 // 2), np.int64)
            larger[: self.settled] = self._room[: self.settled]
            self._room = larger
        return self._room


_kept: OrderedDict[Path, _Made] = OrderedDict()
_lock = threading.Lock()


def completed_at(snapshot: RunSnapshot) -> Ints:
    """Return when each step was completed, in ns, rising; its dispatch where not known.

    A framework may dispatch twenty steps at once and then wait for them: at
    their dispatch they would stand in heaps. Shape (steps,), read-only.
    """
    return _made(snapshot)[0]


def settled_count(snapshot: RunSnapshot) -> int:
    """Return how many of the first steps are complete for good: no later record changes them."""
    return _made(snapshot)[1]


def _made(snapshot: RunSnapshot) -> tuple[Ints, int]:
    steps = snapshot.steps
    if not len(steps):
        return steps.end, 0
    with _lock:
        found = _kept.pop(snapshot.directory, None)
        if found is None or not found.goes_on(steps, snapshot.ruler):
            found = _Made(steps, snapshot.ruler)
        if found.source is None or found.source() is not steps.end:
            found.take(steps)
        _kept[snapshot.directory] = found
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
        return found.at, found.settled


def completed_count(snapshot: RunSnapshot) -> int:
    """Return how many steps are over: those that the device is still at are not.

    Steps are completed in order, so all before the newest known completion
    are. Where completions are not seen later than dispatches, or not at all,
    it is the number of dispatched steps.
    """
    steps = snapshot.steps
    if snapshot.ruler not in ("event", "loss"):
        return len(steps)
    stop = len(steps)
    while stop:
        first = max(0, stop - _LATE)
        known = np.flatnonzero(np.isfinite(steps.completed_at[first:stop]))
        if len(known):
            return first + int(known[-1]) + 1
        stop = first
    return 0


def progress(snapshot: RunSnapshot) -> int:
    """Return how many steps a run has to show: completed while live, in the end all.

    An ended run has the steps that were recorded, as its summary says.
    """
    return completed_count(snapshot) if snapshot.state.live else len(snapshot.steps)
