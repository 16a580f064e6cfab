"""Finds the warm-up: the steps at the start of a run that are slower than the rest.

Compilation, autotuning, the growth of the allocator and a processor that
speeds up make the first steps slow; averaged in, they make every number of a
short run wrong. The method and its constants are explained in
``docs/metrics.md``.
"""

from __future__ import annotations

from math import log

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
"""Log likelihood ratio (1 : 12) from which slow first steps are no accident."""

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

    def update(self, steps: StepColumns) -> int | None:
        """Return the number of warm-up steps, ``None`` while there are too few to tell."""
        while self._next <= min(len(steps), _LAST):
            head = steps.completed[: self._next]
            if np.isnan(head).any() and len(steps) < self._next + _GIVE_UP:
                break
            marked = (steps.flags[: self._next] & StepFlag.COMPILING) != 0
            profiled = (steps.flags[: self._next] & StepFlag.PROFILED) != 0
            self._found = max(self._found or 0, warmup_steps(head, marked, profiled))
            self._next = int(self._next * _GROWTH)
        return self._found


def warmup_steps(times: Floats, marked: NDArray[np.bool_], profiled: NDArray[np.bool_]) -> int:
    """Return how many of the first steps are warm-up, half of them at most.

    ``times`` are step times in any unit, NaN where not known. ``marked`` are
    steps that the agent saw compiling, ``profiled`` those in a profile window,
    whose times say nothing.
    """
    half = len(times) // 2
    usable = ~np.isnan(times) & ~profiled
    steady = times[half:][usable[half:] & ~marked[half:]]
    if len(steady) < _FEWEST_STEADY:
        return 0
    limit, far = _limits(steady)
    head = np.where(usable[:half], times[:half], 0.0)
    certain = marked[:half] | (head > far)
    slow = certain | (head > limit)
    # How often a steady step is slow; smoothed, for there may be few of them.
    rate = min(0.4, (float((steady > limit).sum()) + 1) / (len(steady) + 2))
    score = np.where(slow, log((1 + rate) / 2 / rate), log(0.5))
    score[certain] = max(_ENOUGH, log((1 + rate) / 2 / rate))
    score[~usable[:half] & ~slow] = 0.0
    return _best_end(np.cumsum(score), slow)


def _limits(steady: Floats) -> tuple[float, float]:
    """Return the time above which a step is slow, and the one above which no doubt is left.

    Slow: four robust sigmas (more where few steps tell sigma) and 10 % at least.
    """
    median = float(np.median(steady))
    sigma = 1.4826 * float(np.median(np.abs(steady - median))) * (1 + 5 / len(steady))
    limit = median + max(4 * sigma, 0.1 * median)
    return limit, max(limit, 2 * median, float(steady.max()))


def _best_end(score: Floats, slow: NDArray[np.bool_]) -> int:
    """Return the length of the prefix that ends in a slow step and has the highest sum."""
    ends = np.where(slow, score, -np.inf)
    if not len(ends) or ends.max() < _ENOUGH:
        return 0
    return len(ends) - int(np.argmax(ends[::-1]))
