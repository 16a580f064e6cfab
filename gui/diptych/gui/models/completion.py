"""When each step of a run was completed, worked out once a snapshot. No Qt here.

Everything that is drawn or counted by completion asks here, so that curves,
numbers and progress speak of the same steps. Safe from any thread.
"""

from __future__ import annotations

import threading
import weakref
from collections import OrderedDict
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from diptych.profiling.runs.snapshot import Ints, RunSnapshot, StepColumns

_LATE = 65_536
"""A step this many rows back gets no completion any more."""

_KEPT = 8
"""Runs whose instants are kept."""


@dataclass(frozen=True, slots=True)
class _Made:
    """The instants of one snapshot; those before ``settled`` are the same in all later ones."""

    source: weakref.ref[Ints]
    ruler: str | None
    first: int
    at: Ints
    settled: int


_kept: OrderedDict[Path, _Made] = OrderedDict()
_lock = threading.Lock()


def completed_at(snapshot: RunSnapshot) -> Ints:
    """Return when each step was completed, in ns, rising; its dispatch where not known.

    A framework may dispatch twenty steps at once and then wait for them: at
    their dispatch they would stand in heaps. Shape (steps,), read-only.
    """
    steps = snapshot.steps
    if snapshot.ruler in (None, "sync") or not len(steps):
        return steps.end
    with _lock:
        old = _kept.pop(snapshot.directory, None)
        if old is None or old.source() is not steps.end or old.ruler != snapshot.ruler:
            old = _extend(old, steps, snapshot.ruler)
        _kept[snapshot.directory] = old
        while len(_kept) > _KEPT:
            _kept.popitem(last=False)
    return old.at


def _extend(old: _Made | None, steps: StepColumns, ruler: str | None) -> _Made:
    settled = old.settled if old is not None and _same_run(old, steps) else 0
    at = np.empty(len(steps), np.int64)
    if old is not None and settled:
        at[:settled] = old.at[:settled]
    known = np.isfinite(steps.completed_at[settled:])
    ends = steps.end[settled:]
    at[settled:] = np.where(known, steps.completed_at[settled:], ends).astype(np.int64)
    first = max(0, settled - 1)
    np.maximum.accumulate(at[first:], out=at[first:])
    at.flags.writeable = False
    unknown = np.flatnonzero(~known)
    sure = settled + (int(unknown[0]) if len(unknown) else len(known))
    sure = max(sure, len(steps) - _LATE)
    return _Made(weakref.ref(steps.end), ruler, int(steps.start[0]), at, sure)


def _same_run(old: _Made, steps: StepColumns) -> bool:
    """Whether ``steps`` go on where the older ones ended (a journal may be replaced)."""
    return len(steps) >= old.settled and int(steps.start[0]) == old.first


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
