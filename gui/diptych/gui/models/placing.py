"""Where on the shared axis things of a run stand: by time, or by step number. No Qt here.

By time a place is seconds since the run's origin. By step it is a step's
number at the instant of its completion; what happened between two completions
lies between two numbers, and what happened before the first step or after the
last completed one has no place.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from diptych.gui.models.completion import completed_at, completed_count
from diptych.profiling.runs.columns import Column
from diptych.profiling.runs.snapshot import Ints, RunSnapshot

Axis = Literal["time", "step"]
AXES: tuple[Axis, ...] = ("time", "step")

_SHIFT = 20
"""A step's number in the 44 bits above: blocks of 2^k steps are buckets of a picture."""
_HALF = 1 << (_SHIFT - 1)
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Placing:
    """Maps one run's ns of CLOCK_MONOTONIC to places on ``axis``, and back."""

    snapshot: RunSnapshot
    axis: Axis

    @property
    def per(self) -> float:
        """How much of the integers that `steps`, `bars` and `samples` return is 1 on the axis."""
        return float(_SECOND if self.axis == "time" else 1 << _SHIFT)

    @property
    def origin(self) -> int:
        """Which of those integers is 0 on the axis."""
        return self.snapshot.origin if self.axis == "time" else 0

    def steps(self) -> Ints:
        """Return where each step was completed, rising."""
        return completed_at(self.snapshot) if self.axis == "time" else self._numbers()

    def dispatched(self) -> Ints:
        """Return where each step's dispatch ended, rising; by step the same as `steps`."""
        return _ends(self.snapshot) if self.axis == "time" else self._numbers()

    def bars(self) -> tuple[Ints, Ints]:
        """Return where the bar of each step begins and ends; by step around its number."""
        if self.axis == "time":
            return self.snapshot.steps.start, _ends(self.snapshot)
        return self._beside(-_HALF), self._beside(_HALF)

    def samples(self, t: Ints, key: Hashable) -> tuple[Ints, slice]:
        """Return where samples taken at ``t`` stand, rising, and which of them have a place."""
        t = _rising((self.snapshot.directory, key), t)
        if self.axis == "time":
            return t, slice(0, len(t))
        done, count = completed_at(self.snapshot), completed_count(self.snapshot)
        if not count:
            return t[:0], slice(0, 0)
        begin = int(self.snapshot.steps.start[0])
        part = slice(
            int(np.searchsorted(t, begin)), int(np.searchsorted(t, done[count - 1], "right"))
        )
        seen, numbers = t[part], self._numbers()
        row = np.minimum(np.searchsorted(done[:count], seen), count - 1)
        before = np.where(row > 0, done[np.maximum(row - 1, 0)], begin)
        share = np.clip((seen - before) / np.maximum(done[row] - before, 1), 0.0, 1.0)
        last = np.where(row > 0, numbers[np.maximum(row - 1, 0)], numbers[0] - (1 << _SHIFT))
        return (last + share * (numbers[row] - last)).astype(np.int64), part

    def place(self, at: int) -> float:
        """Return the place of an instant in ns; by step the nearest one that there is."""
        if self.axis == "time":
            return (at - self.snapshot.origin) / _SECOND
        done, n = completed_at(self.snapshot), self.snapshot.steps.n
        if not len(done):
            return 0.0
        row = int(np.searchsorted(done, at))
        before = int(done[row - 1]) if row else int(self.snapshot.steps.start[0])
        if row >= len(done):
            return float(n[-1])
        share = min(1.0, max(0.0, (at - before) / max(1, int(done[row]) - before)))
        return max(0.0, float(n[row]) - 1 + share)

    def instant(self, place: float) -> int:
        """Return the ns at a place; by step the completion of the step there."""
        if self.axis == "time":
            return self.snapshot.origin + int(place * _SECOND)
        done = completed_at(self.snapshot)
        if not len(done):
            return self.snapshot.origin
        row = self.row_at(place)
        if row < 0:
            return int(self.snapshot.steps.start[0])
        return int(done[min(row, len(done) - 1)])

    def row_at(self, place: float) -> int:
        """Return the row of the last step that is not beyond ``place``; -1 before the first."""
        wanted = round(place * (1 << _SHIFT)) if self.axis == "step" else self.instant(place)
        return int(np.searchsorted(self.steps(), wanted, "right")) - 1

    def nearest_row(self, place: float) -> int | None:
        """Return the row of the step whose completion is nearest to ``place``."""
        steps = self.steps()
        if not len(steps):
            return None
        row = self.row_at(place)
        pair = [r for r in (row, row + 1) if 0 <= r < len(steps)]
        wanted = place * self.per + self.origin
        return min(pair, key=lambda r: abs(int(steps[r]) - wanted))

    def place_of_row(self, row: int) -> float:
        """Return the place of a step's completion."""
        return float((int(self.steps()[row]) - self.origin) / self.per)

    def last(self) -> float:
        """Return the place of the newest step; by time see ``live_series.last_second``."""
        steps = self.steps()
        return self.place_of_row(len(steps) - 1) if len(steps) else 0.0

    def _numbers(self) -> Ints:
        steps = self.snapshot.steps

        def make(first: int, stop: int, before: int) -> Ints:
            numbers = np.clip(steps.n[first:stop], 0, 1 << 42) << _SHIFT
            numbers = np.maximum(numbers, before)
            return np.maximum.accumulate(numbers)

        key = (self.snapshot.directory, "n")
        return _derived(key, len(steps), int(steps.n[0]) if len(steps) else 0, make)

    def _beside(self, by: int) -> Ints:
        numbers = self._numbers()

        def make(first: int, stop: int, _before: int) -> Ints:
            made: Ints = numbers[first:stop] + by
            return made

        mark = int(numbers[0]) if len(numbers) else 0
        return _derived((self.snapshot.directory, "n", by), len(numbers), mark, make)


def _ends(snapshot: RunSnapshot) -> Ints:
    return _rising((snapshot.directory, "end"), snapshot.steps.end)


# -- columns made of others, as long as these grow -----------------------------------

_KEPT = 48


class _Derived:
    def __init__(self, mark: int) -> None:
        self.mark = mark
        self.column = Column(np.int64)
        self.rising, self.checked = True, 0


_kept: OrderedDict[Hashable, _Derived] = OrderedDict()


def _find(key: Hashable, size: int, mark: int) -> _Derived:
    found = _kept.pop(key, None)
    if found is None or found.mark != mark or max(len(found.column), found.checked) > size:
        found = _Derived(mark)
    _kept[key] = found
    while len(_kept) > _KEPT:
        _kept.popitem(last=False)
    return found


def _derived(key: Hashable, size: int, mark: int, make: Callable[[int, int, int], Ints]) -> Ints:
    """Return a column of ``size`` rows; ``make`` gives those that are new.

    ``mark`` tells the column's source from another one under the same ``key``.
    """
    found = _find(key, size, mark)
    done = len(found.column)
    if done < size:
        before = int(found.column.values[-1]) if done else np.iinfo(np.int64).min
        found.column.extend(make(done, size, before))
    view: Ints = found.column.view()
    return view


def _rising(key: Hashable, t: Ints) -> Ints:
    """Return ``t`` itself where it rises, else (a clock was set back) with what falls held."""
    if not len(t):
        return t
    found = _find(key, len(t), int(t[0]))
    if found.rising:
        first = max(0, found.checked - 1)
        found.rising = bool((np.diff(t[first:]) >= 0).all())
        found.checked = len(t)
    if found.rising:
        return t

    def make(first: int, stop: int, before: int) -> Ints:
        return np.maximum.accumulate(np.maximum(t[first:stop], before))

    return _derived(key, len(t), int(t[0]), make)
