"""The steps of one side that are compared, and the stretches in which they were made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.compare import rounds
from diptych.profiling.compare.rounds import DROPPED
from diptych.profiling.compare.samples import Floats, Ints, Side, alone, in_turns
from diptych.profiling.runs.snapshot import RunSnapshot, StepFlag, TurnSpan
from diptych.profiling.runs.statistics import counted_steps

__all__ = ["DROPPED", "Measure", "Stretch", "Timed", "measure_of", "timed"]

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
    shape. ``turns`` are those of the rounds that count; a run that took turns with
    others than those it is compared with has them too. ``warmup`` steps were left out
    at the start, ``dropped`` after the beginnings of turns.
    """

    run: RunSnapshot
    rows: Ints
    round: Ints
    rounds: int
    turns: tuple[TurnSpan, ...]
    warmup: int | None
    dropped: int
    raced: bool = False
    """Whether the steps were made in turns with those of the other runs."""

    @property
    def times(self) -> Floats:
        """Completed time of the steps that count, ns; NaN where it is not known."""
        times = self.run.steps.completed[self.rows]
        if self.turns:
            # MXNet may write the time of a step's end down after its fence has seen that end.
            times = times - np.maximum(self._late(), 0)
        return np.where(times > 0, times, np.nan)

    def _late(self) -> Floats:
        """Return by how much each step was seen to be complete after its turn was, ns."""
        steps = self.run.steps
        ends = np.array([turn.end for turn in self.turns], np.int64)
        last = np.array([turn.last for turn in self.turns], np.int64)
        of = np.minimum(np.searchsorted(last, steps.n[self.rows]), len(last) - 1)
        late = np.nan_to_num(steps.completed_at[self.rows] - ends[of])
        return np.where(steps.n[self.rows] == last[of], late, 0.0)

    def by_step(self) -> Side:
        """Return the completed times in blocks: rounds, or stretches of a run on its own."""
        if self.rounds:
            return in_turns(self.times, self.round, self.rounds)
        return alone(self.times)

    def by_throughput(self) -> Side:
        """Return time a step over each turn, or each stretch: the same ruler everywhere.

        A turn lasts from its grant until all of its work is complete; a stretch
        from the completion of the step before it to that of its last. Validation
        belongs to neither, and turns and stretches with steps in them that were
        profiled or compiled do not count.
        """
        if not self.rounds:
            return self._stretches()
        turns = [turn for turn in self.turns if self._as_usual(turn)]
        lengths = np.array([self._without_validation(t) / t.steps for t in turns], np.float64)
        which = np.array([turn.round for turn in turns], np.int64)
        return in_turns(lengths, which, self.rounds)

    def _as_usual(self, turn: TurnSpan) -> bool:
        steps = self.run.steps
        inside = (steps.n >= turn.first) & (steps.n <= turn.last)
        return bool(_usual(self.run)[inside].all())

    def _without_validation(self, turn: TurnSpan) -> int:
        aside = sum(
            max(min(turn.end, span.end) - max(turn.start, span.start), 0) for span in self.run.evals
        )
        return turn.end - turn.start - aside

    def _stretches(self) -> Side:
        at = self.run.steps.completed_at
        rows = self.rows[np.isfinite(at[self.rows])]
        pieces = self._pieces(rows)
        longest = max((len(piece) for piece in pieces), default=0)
        size = max(min(len(rows) // _STRETCHES, longest - 1), 1)
        edges = [piece[::size] for piece in pieces]
        lengths = [np.diff(at[edge]) / size for edge in edges]
        found = np.concatenate(lengths) if lengths else np.empty(0)
        return Side(found, np.arange(len(found)), len(found))

    def _pieces(self, rows: Ints) -> list[Ints]:
        """Cut where steps lie in between that do not count, or something that is no step."""
        if not len(rows):
            return []
        at = self.run.steps.completed_at[rows]
        cut = np.diff(rows) != 1
        for span in self.run.aside:
            cut |= (at[:-1] < span.end) & (at[1:] > span.start)
        return list(np.split(rows, np.flatnonzero(cut) + 1))


def timed(runs: Sequence[RunSnapshot], stretch: Stretch | None = None) -> list[Timed]:
    """Return what counts of each side; of a race the rounds in which every side was warm.

    Runs that took turns, but not with each other, are runs on their own: each has
    the rounds in which it was warm.

    With a ``stretch`` only what lies in it: of a race the rounds, as a whole, in which
    the first side made a step there.
    """
    if rounds.in_one_race(runs):
        kept = rounds.that_count(runs)
        parts = [_in_rounds(run, kept, raced=True) for run in runs]
    else:
        parts = [_alone(run) for run in runs]
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
        return [_cut_alone(part, there) for part, there in zip(parts, inside, strict=True)]
    kept = sorted(set(parts[0].round[inside[0]].tolist()))
    return [_only(part, kept) for part in parts]


def _cut_alone(part: Timed, inside: NDArray[np.bool_]) -> Timed:
    if part.rounds:
        return _only(part, sorted(set(part.round[inside].tolist())))
    return replace(part, rows=part.rows[inside], round=part.round[inside])


def _only(part: Timed, kept: list[int]) -> Timed:
    """Keep some of the rounds."""
    new = {old: at for at, old in enumerate(kept)}
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


def _in_rounds(run: RunSnapshot, kept: list[int], *, raced: bool) -> Timed:
    steps = run.steps
    which = np.full(len(steps), -1, np.int64)
    number = {kept_round: at for at, kept_round in enumerate(kept)}
    turns = []
    for turn in run.turns:
        if turn.round not in number:
            continue
        turns.append(_renumbered(turn, number[turn.round]))
        which[(steps.n >= turn.first) & (steps.n <= turn.last)] = number[turn.round]
    counted, fresh = _usual(run) & (which >= 0), rounds.following(run)
    rows = np.flatnonzero(counted & ~fresh)
    before = steps.n < turns[0].first if turns else np.ones(len(steps), bool)
    warmup, dropped = int(np.count_nonzero(before)), int(np.count_nonzero(counted & fresh))
    return Timed(run, rows, which[rows], len(kept), tuple(turns), warmup, dropped, raced)


def _usual(run: RunSnapshot) -> NDArray[np.bool_]:
    """Return which steps were neither profiled nor compiled, shape (steps,)."""
    return np.asarray((run.steps.flags & (StepFlag.PROFILED | StepFlag.COMPILING)) == 0)


def _renumbered(turn: TurnSpan, number: int) -> TurnSpan:
    return TurnSpan(turn.number, number, turn.first, turn.last, turn.start, turn.end, turn.waited)


def _alone(run: RunSnapshot) -> Timed:
    kept = rounds.of_one(run)
    if kept:
        return _in_rounds(run, kept, raced=False)
    rows = np.flatnonzero(counted_steps(run.steps, run.warmup))
    return Timed(run, rows, np.zeros(len(rows), np.int64), 0, (), run.warmup, 0)
