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
    if len(steady) < 3:
        return 0
    limit = _slow_limit(steady)
    with np.errstate(invalid="ignore"):
        slow = (times[:half] > limit) | marked[:half]
    base = float(np.clip((steady > limit).mean(), 0.02, 0.4))
    score = np.where(slow, log((1 + base) / 2 / base), log(0.5))
    score[~usable[:half] & ~marked[:half]] = 0.0
    return _highest(np.cumsum(score))


def _slow_limit(steady: Floats) -> float:
    """Return the time above which a step is slow: 4 robust sigmas, and 10 % at least."""
    median = float(np.median(steady))
    sigma = 1.4826 * float(np.median(np.abs(steady - median)))
    return median + max(4 * sigma, 0.1 * median)


def _highest(score: Floats) -> int:
    """Return the length of the prefix with the highest sum, the longest of equals."""
    if not len(score) or score.max() <= 0:
        return 0
    return len(score) - int(np.argmax(score[::-1]))
