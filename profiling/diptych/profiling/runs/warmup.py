"""Finds the warm-up: the steps at the start of a run that are slower than the rest.

Compilation, autotuning, the growth of the allocator and a processor that
speeds up make the first steps slow; averaged in, they make every number of a
short run wrong. The method and its constants are explained in
``docs/metrics.md``.
"""

from __future__ import annotations

from math import log, sqrt

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.runs.snapshot import Floats, StepColumns, StepFlag

_FEWEST = 10
"""Below this many steps nothing can be told."""

_GROWTH = 1.5
_LAST = 5_000
"""The search looks at the first 10, 15, 22, ... steps, up to this many."""

_FEWEST_STEADY = 3
_ENOUGH = 2.5
"""Log likelihood ratio (1 : 12) from which certain steps are no accident."""

_CONFIRMED = 3
"""So many looks, each over half as many steps again, must see slower first steps."""

_BEYOND = 1.5
"""Times the longest steady step: a step that takes longer than that is slow without a doubt."""

_FAR = 8.0
"""Robust sigmas at which a time is cut: one step may not speak for many."""
_LEAST = log(1.1)
_SURE = 5.0
"""Standard errors from which slower first steps are no accident."""
_BATCHES = 8

_GIVE_UP = 256
"""Steps after a look-out point at which a completion that is missing is given up."""


class WarmupSearch:
    """Counts the warm-up steps of a growing run.

    The answer depends on the steps alone, not on when one asked, and never
    gets smaller while a run grows.
    """

    def __init__(self) -> None:
        self._next = _FEWEST
        self._found: int | None = None
        self._slower: list[int] = []

    def update(self, steps: StepColumns) -> int | None:
        """Return the number of warm-up steps, ``None`` while there are too few to tell."""
        while self._next <= min(len(steps), _LAST):
            head = steps.completed[: self._next]
            if np.isnan(head).any() and len(steps) < self._next + _GIVE_UP:
                break
            marked = (steps.flags[: self._next] & StepFlag.COMPILING) != 0
            profiled = (steps.flags[: self._next] & StepFlag.PROFILED) != 0
            self._take(*look(head, marked, profiled))
            self._next = int(self._next * _GROWTH)
        return self._found

    def _take(self, certain: int, slower: int) -> None:
        self._slower = [*self._slower, slower][-_CONFIRMED:]
        agreed = min(self._slower) if len(self._slower) == _CONFIRMED else 0
        self._found = max(self._found or 0, certain, agreed)


def look(times: Floats, marked: NDArray[np.bool_], profiled: NDArray[np.bool_]) -> tuple[int, int]:
    """Return how many of the first steps are warm-up for certain, and how many seem to be.

    Half of them at most. ``times`` are step times in any unit, NaN where not
    known. ``marked`` are steps that the agent saw compiling, ``profiled``
    those in a profile window, whose times say nothing.
    """
    half = len(times) // 2
    usable = ~np.isnan(times) & ~profiled & ~(times <= 0)
    steady = times[half:][usable[half:] & ~marked[half:]]
    if len(steady) < _FEWEST_STEADY:
        return 0, 0
    certain = _certain_end(times[:half], usable[:half], marked[:half], steady)
    at = np.flatnonzero(usable[:half] & ~marked[:half])
    at = at[at >= certain]
    slower = _slower_prefix(np.log(times[at]), np.log(steady))
    return certain, int(at[slower - 1]) + 1 if slower else certain


def _certain_end(
    head: Floats, usable: NDArray[np.bool_], marked: NDArray[np.bool_], steady: Floats
) -> int:
    """Return where the steps end that are slow without a doubt: marked, or longer than any later.

    A normal step in between speaks against it; what is only slow says nothing.
    """
    median = float(np.median(steady))
    sigma = _spread(steady, median)
    known = np.where(usable, head, 0.0)
    limit = median + max(4 * sigma, 0.1 * median)
    certain = marked | (known > max(limit, 2 * median, _BEYOND * float(steady.max())))
    score = np.where(certain, _ENOUGH, np.where((known > limit) | ~usable, 0.0, log(0.5)))
    ends = np.where(certain, np.cumsum(score), -np.inf)
    if not len(ends) or ends.max() < _ENOUGH:
        return 0
    return len(ends) - int(np.argmax(ends[::-1]))


def _slower_prefix(head: Floats, steady: Floats) -> int:
    """Return how many of the first steps are a slower stretch of their own, all in log time.

    The change point is that of least squares; it counts where the shift is
    larger than chance and the drift of the steady steps explain. What is left
    is searched again: a warm-up may have several levels.
    """
    middle = float(np.median(steady))
    reach = max(_FAR * _spread(steady, middle), 2 * _LEAST)
    head = np.clip(head, middle - reach, middle + reach)
    steady = np.clip(steady, middle - reach, middle + reach)
    noise, long_run, drift = _dependence(steady)
    found = 0
    while found < len(head):
        size = _change_point(np.concatenate([head[found:], steady]), len(head) - found)
        rest = np.concatenate([head[found + size :], steady])
        shift = float(head[found : found + size].mean() - rest.mean())
        explained = drift * (len(rest) + size) / 2
        error = sqrt(min(noise, long_run / size) + long_run / len(rest))
        if shift - explained < max(_LEAST, _SURE * error):
            break
        found += size
    return found


def _change_point(values: Floats, last: int) -> int:
    """Return the length (1 to ``last``) of the first part in the best split by least squares."""
    count = len(values)
    size = np.arange(1, last + 1)
    before = np.cumsum(values)[:last]
    contrast = before / size - (values.sum() - before) / (count - size)
    return 1 + int(np.argmax(contrast * np.sqrt(size * (count - size))))


def _dependence(steady: Floats) -> tuple[float, float, float]:
    """Return variance, long-run variance, and how much a step is faster than the one before.

    Neighbouring steps are alike: the mean of *k* of them varies by more than
    variance / *k*. How much it does is seen in the means of batches.
    """
    count = len(steady)
    noise = float(steady.var(ddof=1))
    long_run, batch = noise, 1
    while batch * 2 * _BATCHES <= count:
        batch *= 2
        means = steady[count % batch :].reshape(-1, batch).mean(axis=1)
        long_run = max(long_run, batch * float(means.var(ddof=1)))
    parts = np.array_split(steady, min(_BATCHES, count))
    levels = np.array([float(np.median(part)) for part in parts])
    slope = float(np.polyfit(np.arange(len(levels)), levels, 1)[0]) * len(levels) / count
    return noise, long_run, max(0.0, -slope)


def _spread(values: Floats, middle: float) -> float:
    """Return a robust sigma, larger where few values tell it."""
    return 1.4826 * float(np.median(np.abs(values - middle))) * (1 + 5 / len(values))
