"""The steps of one side that are compared, and the stretches in which they were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.compare.samples import Floats, Ints, Side, alone, in_turns
from diptych.profiling.runs.snapshot import RunSnapshot, TurnSpan
from diptych.profiling.runs.statistics import counted_steps

DROPPED = 1
"""So many first steps of a turn do not count: the caches hold what the other side left."""

_EXACT = ("sync", "fence")
_STRETCHES = 20
"""A run on its own is cut into about so many stretches where only throughput can be compared."""

Measure = Literal["steps", "throughput"]
"""What is compared: the completed time of each step, or time a step over whole stretches."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of every run: after ``low`` and up to ``high``.

    By ``time`` in seconds since each run's own origin, at which a step is where it
    was completed; by ``step`` in numbers of steps, both of them included.
    """

    low: float
    high: float
    axis: Literal["time", "step"] = "time"


@dataclass(frozen=True, slots=True)
class Timed:
    """Which steps of a run count, and in which round each was made.

    ``rows`` index `RunSnapshot.steps`, shape (counted,); ``round`` has the same
    shape. ``turns`` are those of the rounds that count. ``warmup`` steps were
    left out at the start, ``dropped`` after the beginnings of turns.
    """

    run: RunSnapshot
    rows: Ints
    round: Ints
    rounds: int
    turns: tuple[TurnSpan, ...]
    warmup: int | None
    dropped: int
    raced: bool = False
    """Whether the steps were made in turns."""

    @property
    def times(self) -> Floats:
        """Completed time of the steps that count, ns; NaN where it is not known."""
        return self.run.steps.completed[self.rows]

    def by_step(self) -> Side:
        """Return the completed times in blocks: rounds, or stretches of a run on its own."""
        if self.raced:
            return in_turns(self.times, self.round, self.rounds)
        return alone(self.times)

    def by_throughput(self) -> Side:
        """Return time a step over each turn, or each stretch: the same ruler everywhere.

        A turn lasts from its grant until all of its work is complete; a stretch
        from the completion of the step before it to that of its last.
        """
        if self.raced:
            lengths = np.array([(t.end - t.start) / t.steps for t in self.turns], np.float64)
            which = np.array([t.round for t in self.turns], np.int64)
            return in_turns(lengths, which, self.rounds)
        return self._stretches()

    def _stretches(self) -> Side:
        rows = self.rows[np.isfinite(self.run.steps.completed_at[self.rows])]
        at = self.run.steps.completed_at
        size = max(len(rows) // _STRETCHES, 1)
        edges = rows[::size]
        # A stretch with steps in it that do not count (a window, validation) is none.
        whole = np.diff(edges) == size
        lengths = (at[edges[1:]] - at[edges[:-1]])[whole] / size
        return Side(lengths, np.arange(len(lengths)), len(lengths))


def timed(runs: Sequence[RunSnapshot], stretch: Stretch | None = None) -> list[Timed]:
    """Return what counts of each side; of a race the rounds in which every side was warm.

    With a ``stretch`` only what lies in it: of a race the rounds, as a whole, in which
    the first side made a step there.
    """
    if not all(_rounds(run) for run in runs):
        parts = [_alone(run) for run in runs]
    else:
        first = max(_first_warm_round(run) for run in runs)
        complete = set.intersection(*(_rounds(run) for run in runs))
        kept = sorted(number for number in complete if number >= first)
        parts = [_raced(run, kept) for run in runs]
    return parts if stretch is None else _cut(parts, stretch)


def measure_of(runs: Sequence[RunSnapshot]) -> Measure:
    """Return what may be compared: steps only where all sides have the same or an exact ruler."""
    rulers = {run.ruler for run in runs}
    if None not in rulers and (len(rulers) == 1 or rulers <= set(_EXACT)):
        return "steps"
    return "throughput"


def _cut(parts: Sequence[Timed], stretch: Stretch) -> list[Timed]:
    """Leave out what lies outside; rounds stay whole, and are numbered anew."""
    inside = [_inside(part.run, stretch)[part.rows] for part in parts]
    if not all(part.raced for part in parts):
        return [
            replace(part, rows=part.rows[there], round=part.round[there])
            for part, there in zip(parts, inside, strict=True)
        ]
    kept = sorted(set(parts[0].round[inside[0]].tolist()))
    new = {old: at for at, old in enumerate(kept)}
    return [_only(part, new) for part in parts]


def _only(part: Timed, new: dict[int, int]) -> Timed:
    """Keep the rounds that ``new`` numbers."""
    held = np.isin(part.round, list(new))
    numbers = np.array([new[old] for old in part.round[held].tolist()], np.int64)
    turns = tuple(_renumbered(turn, new[turn.round]) for turn in part.turns if turn.round in new)
    return replace(part, rows=part.rows[held], round=numbers, rounds=len(new), turns=turns)


def _inside(run: RunSnapshot, stretch: Stretch) -> NDArray[np.bool_]:
    """Say which steps lie in the stretch, shape (steps,)."""
    steps = run.steps
    if stretch.axis == "step":
        return np.asarray((steps.n >= stretch.low) & (steps.n <= stretch.high))
    # Steps are completed in order; what has no completion stands at its dispatch.
    at = np.where(np.isfinite(steps.completed_at), steps.completed_at, steps.end)
    seconds = (np.maximum.accumulate(at) - run.origin) / 1e9
    return np.asarray((seconds > stretch.low) & (seconds <= stretch.high))


def _rounds(run: RunSnapshot) -> set[int]:
    """Return the rounds in which a side had both of its turns."""
    numbers = [turn.round for turn in run.turns if turn.round >= 0]
    return {number for number in numbers if numbers.count(number) == 2}


def _first_warm_round(run: RunSnapshot) -> int:
    warmup = run.warmup or 0
    cold = [turn.round for turn in run.turns if turn.round >= 0 and _before(run, turn, warmup)]
    return max(cold, default=-1) + 1


def _before(run: RunSnapshot, turn: TurnSpan, warmup: int) -> bool:
    return bool(warmup) and warmup <= len(run.steps) and turn.first <= run.steps.n[warmup - 1]


def _raced(run: RunSnapshot, kept: list[int]) -> Timed:
    steps = run.steps
    which = np.full(len(steps), -1, np.int64)
    fresh = np.zeros(len(steps), bool)
    number = {kept_round: at for at, kept_round in enumerate(kept)}
    turns = []
    for turn in run.turns:
        if turn.round not in number:
            continue
        turns.append(_renumbered(turn, number[turn.round]))
        inside = (steps.n >= turn.first) & (steps.n <= turn.last)
        which[inside] = number[turn.round]
        fresh |= inside & (steps.n < turn.first + DROPPED)
    counted = _counted(run) & (which >= 0)
    rows = np.flatnonzero(counted & ~fresh)
    begun = min((turn.first for turn in turns), default=0)
    warmup = int(np.count_nonzero(steps.n < begun))
    dropped = int(np.count_nonzero(counted & fresh))
    return Timed(run, rows, which[rows], len(kept), tuple(turns), warmup, dropped, bool(turns))


def _renumbered(turn: TurnSpan, number: int) -> TurnSpan:
    return TurnSpan(turn.number, number, turn.first, turn.last, turn.start, turn.end, turn.waited)


def _alone(run: RunSnapshot) -> Timed:
    rows = np.flatnonzero(_counted(run))
    return Timed(run, rows, np.zeros(len(rows), np.int64), 0, (), run.warmup, 0)


def _counted(run: RunSnapshot) -> NDArray[np.bool_]:
    return counted_steps(run.steps, run.warmup)
