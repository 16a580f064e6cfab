"""A race run again: when each side had completed how many steps, on one clock. No Qt here.

Only steps that count are there, one behind the other: warm-up, the beginnings
of turns, the others' turns and the gaps between steps are cut out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diptych.gui.text.tr import tr
from diptych.profiling.compare.comparison import Compared, Comparison

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Lane:
    """One side: ``ends`` are ns from the start of the race at which its steps were complete.

    Without any, ``why`` says why it cannot run.
    """

    label: str
    ends: Ints
    why: str = ""

    def done(self, clock: float) -> int:
        """Return how many steps were complete at an instant, ns."""
        return int(np.searchsorted(self.ends, clock, "right"))

    def time_of(self, steps: int) -> int:
        """Return when so many steps were complete, ns."""
        return int(self.ends[min(steps, len(self.ends)) - 1]) if steps > 0 else 0


@dataclass(frozen=True, slots=True)
class Lead:
    """Who is ahead: the number of the lane, by how many steps, and by how much time (ns).

    ``side`` is ``None`` where several are level. The time is that by which the
    next one reaches what the leader has reached.
    """

    side: int | None
    steps: int
    ns: int


@dataclass(frozen=True, slots=True)
class Race:
    """All sides run ``steps`` steps: as many as the one with the fewest has."""

    lanes: tuple[Lane, ...]
    steps: int
    approximate: bool
    """The ends of steps are spread evenly over each turn: only those of turns are known."""

    @property
    def runners(self) -> list[int]:
        """The numbers of the lanes that can run."""
        return [at for at, lane in enumerate(self.lanes) if len(lane.ends)]

    @property
    def length(self) -> int:
        """When the last one has all of its steps, ns."""
        return max((self.lanes[at].time_of(self.steps) for at in self.runners), default=0)

    def done(self, clock: float) -> list[int | None]:
        """Return how many steps each has completed at an instant; never more than ``steps``."""
        return [
            min(lane.done(clock), self.steps) if len(lane.ends) else None for lane in self.lanes
        ]

    def times(self, step: int) -> list[int | None]:
        """Return when each has completed so many steps, ns."""
        return [lane.time_of(step) if len(lane.ends) else None for lane in self.lanes]

    def step_at(self, clock: float) -> int:
        """Return how many steps all have completed at an instant."""
        return min((n for n in self.done(clock) if n is not None), default=0)

    def lead(self, clock: float) -> Lead:
        """Return who is ahead at an instant."""
        return self._lead([(at, n) for at, n in enumerate(self.done(clock)) if n is not None])

    def _lead(self, done: Sequence[tuple[int, int]]) -> Lead:
        if len(done) < 2:
            return Lead(None, 0, 0)
        # Who has as many steps is ahead where it had them first.
        order = sorted(done, key=lambda one: (-one[1], self.lanes[one[0]].time_of(one[1])))
        (first, most), (second, next_most) = order[:2]
        ns = self.lanes[second].time_of(most) - self.lanes[first].time_of(most)
        if ns == 0:
            return Lead(None, 0, 0)
        return Lead(first, most - next_most, ns)

    def lead_after(self, step: int) -> Lead:
        """Return who had so many steps first."""
        return self._lead([(at, step) for at in self.runners])


def race_of(comparison: Comparison) -> Race:
    """Return the race of a comparison's sides."""
    by_step = comparison.measure == "steps"
    lanes = tuple(_lane(side, by_step=by_step) for side in comparison.sides)
    steps = min((len(lane.ends) for lane in lanes if len(lane.ends)), default=0)
    return Race(lanes, steps, not by_step)


def _lane(side: Compared, *, by_step: bool) -> Lane:
    if by_step:
        times = side.timed.times[np.isfinite(side.timed.times)]
    elif side.timed.turns:
        times = _spread(side)
    else:
        return Lane(
            side.label,
            np.empty(0, np.int64),
            tr("its steps were not timed with the same ruler as the others', nor made in turns"),
        )
    if not len(times):
        why = tr("when its steps were complete is not known")
        return Lane(side.label, np.empty(0, np.int64), why)
    return Lane(side.label, np.rint(np.cumsum(times)).astype(np.int64))


def _spread(side: Compared) -> NDArray[np.float64]:
    """Return for each step of a turn what a step of that turn took in the mean, ns."""
    sizes = [turn.steps for turn in side.timed.turns]
    means = side.throughput.times
    if len(sizes) != len(means):
        # Turns that do not count are left out; all of them have as many steps.
        sizes = [round(float(np.median(sizes)))] * len(means)
    return np.repeat(means, sizes)
