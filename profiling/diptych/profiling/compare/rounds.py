"""Which rounds of a race count: complete ones, undisturbed, made when every side was warm.

That the sides took turns is not believed but seen: from when each turn began
and ended, and from the steps of the others.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.compare.samples import Floats
from diptych.profiling.runs.snapshot import RunSnapshot, StepFlag, TurnSpan
from diptych.profiling.runs.warmup import WarmupSearch, look

DROPPED = 1
"""So many first steps of a turn do not count: the caches hold what the other side left."""

_LAST = 5_000
"""A warm-up ends in the first half of so many steps, if at all."""

_RETURNS = 1.1
"""First steps are no warm-up if a later turn is as slow, or faster by less than this."""


def in_one_race(runs: Sequence[RunSnapshot]) -> bool:
    """Say whether the turns of all runs are those of one race: one after the other."""
    if not all(run.turns for run in runs):
        return False
    turns = sorted((turn for run in runs for turn in run.turns), key=lambda turn: turn.number)
    return all(a.number < b.number and a.end <= b.start for a, b in pairwise(turns))


def complete(run: RunSnapshot) -> set[int]:
    """Return the rounds in which a side had both of its turns, neither of them cut short."""
    turns = [turn for turn in run.turns if turn.round >= 0]
    usual = np.median([turn.steps for turn in turns]) if turns else 0
    of: dict[int, list[TurnSpan]] = defaultdict(list)
    for turn in turns:
        of[turn.round].append(turn)
    return {
        number
        for number, both in of.items()
        if len(both) == 2 and all(turn.steps >= usual for turn in both)
    }


def that_count(runs: Sequence[RunSnapshot]) -> list[int]:
    """Return the rounds of one race that count, rising.

    Each side had all of its turns in them, nobody else made a step meanwhile
    (sides whose conductor was killed go on at once), and all were warm.
    """
    first = max(first_warm(run) for run in runs)
    there = set.intersection(*(complete(run) for run in runs))
    return sorted(
        number
        for number in there
        if number >= first and not any(_disturbed(run, number, runs) for run in runs)
    )


def of_one(run: RunSnapshot) -> list[int]:
    """Return the rounds that count of a run whose race the others were not in."""
    return sorted(number for number in complete(run) if number >= first_warm(run))


def first_warm(run: RunSnapshot) -> int:
    """Return the first round that begins after the warm-up that is left.

    The change point of the run's steps, without those that follow upon another
    side's turn. A machine that is slow at times is slow at first, too: where a
    later turn is as slow as these first steps there was no warm-up. It would hit
    all sides in the same rounds, and cancel.
    """
    fresh = following(run)
    warmup = _change_point(run, fresh)
    turns = [turn for turn in run.turns if turn.round >= 0]
    if not warmup or not turns:
        return 0
    last = int(run.steps.n[warmup - 1])
    cold = [turn for turn in turns if turn.first <= last]
    slow = (run.steps.n >= turns[0].first) & (run.steps.n <= last) & ~fresh
    level = _median(run.steps.completed[slow])
    later = [_median(_times(run, turn, fresh)) for turn in turns if turn.first > last]
    if level is None or any(m is not None and m * _RETURNS >= level for m in later):
        return 0
    return max((turn.round for turn in cold), default=-1) + 1


def _change_point(run: RunSnapshot, fresh: NDArray[np.bool_]) -> int:
    """Return how many first steps are slower: by looks at more and more steps, and at all."""
    flags = np.where(fresh, run.steps.flags | StepFlag.PROFILED, run.steps.flags)
    steps = replace(run.steps, flags=flags.astype(np.uint8))
    marked = (run.steps.flags & StepFlag.COMPILING) != 0
    apart = (flags & StepFlag.PROFILED) != 0
    _, slower = look(steps.completed[:_LAST], marked[:_LAST], apart[:_LAST])
    return max(WarmupSearch().update(steps) or 0, slower)


def following(run: RunSnapshot) -> NDArray[np.bool_]:
    """Return which steps are the `DROPPED` first ones of their turns, shape (steps,)."""
    first = np.array([turn.first for turn in run.turns], np.int64)
    found = np.zeros(len(run.steps), bool)
    for more in range(DROPPED):
        found |= np.isin(run.steps.n, first + more)
    return found


def _times(run: RunSnapshot, turn: TurnSpan, fresh: NDArray[np.bool_]) -> Floats:
    inside = (run.steps.n >= turn.first) & (run.steps.n <= turn.last)
    return run.steps.completed[inside & ~fresh]


def _median(times: Floats) -> float | None:
    known = times[np.isfinite(times)]
    return float(np.median(known)) if len(known) else None


def _disturbed(run: RunSnapshot, number: int, runs: Sequence[RunSnapshot]) -> bool:
    """Say whether another side made a step during a side's turns of a round."""
    turns = [turn for turn in run.turns if turn.round == number]
    return any(_steps_within(other, turn) for turn in turns for other in runs if other is not run)


def _steps_within(run: RunSnapshot, turn: TurnSpan) -> bool:
    # Steps follow one another: the first that ends after the turn began decides.
    at = int(np.searchsorted(run.steps.end, turn.start, "right"))
    return at < len(run.steps) and bool(run.steps.start[at] < turn.end)
