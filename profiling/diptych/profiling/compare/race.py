"""A race: the workers of all sides are up at once, and one of them runs at a time.

Every side warms up in a turn of its own, then rounds follow. In a round each
side has two turns, in an order that reads the same backwards (A B B A), so that
heat, drift and what else the machine does hit all sides alike. A side whose
turn it is not waits in a blocking read at the boundary of a step, with all of
its work complete (`agent.gate`).
"""

from __future__ import annotations

import select
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from diptych.profiling.compare.lane import Lane
from diptych.profiling.runner import launch

WARM = -1
"""The round in which sides warm up."""
TRIAL = 3
"""Steps after that by which a turn's length is found out."""
_TURN = 1.0
"""Seconds that a turn of the slowest side lasts, about."""
_LEAST, LONGEST = 4, 2_000
"""Steps of a turn whose length is found out."""
_LOOK = 0.5
"""Seconds after which it is looked whether a side still lives."""


class RaceError(Exception):
    """A side ended, or said nothing, before the race was over."""


class CancelledError(Exception):
    """Somebody wanted the end of the race."""


class EndedError(RaceError):
    """The side ``racer`` ended; ``rounds`` rounds were over."""

    def __init__(self, racer: Racer, rounds: int) -> None:
        super().__init__(f"{racer.label} ended before its turns did")
        self.racer, self.rounds = racer, rounds


@dataclass(frozen=True, slots=True)
class Racer:
    """One side: what it is called, its run and its pipes."""

    label: str
    directory: Path
    lane: Lane


@dataclass(frozen=True, slots=True)
class Plan:
    """``rounds`` rounds of turns of ``turn`` steps, after ``warm`` steps of warming up.

    Without ``turn`` it is found out how many steps the slowest side makes in a second.
    """

    rounds: int
    turn: int | None
    warm: int

    @property
    def steps(self) -> int | None:
        """How many steps each side makes; ``None`` where that is found out."""
        return None if self.turn is None else self.warm + TRIAL + 2 * self.rounds * self.turn

    def order(self, sides: int) -> Iterator[tuple[int, int]]:
        """Return ``(round, side)`` of each turn in order.

        Every other round begins with the last side: so does nobody always come first.
        """
        for number in range(self.rounds):
            order = list(range(sides))
            if number % 2:
                order.reverse()
            for side in (*order, *reversed(order)):
                yield number, side


@dataclass(frozen=True, slots=True)
class Progress:
    """Turn ``done`` of ``total`` is over; now it is the turn of ``label``."""

    done: int
    total: int
    round: int
    label: str


Say = Callable[[Progress], None]


class Race:
    """Gives out turns until a plan is carried out; then every side is parked."""

    def __init__(
        self, racers: Sequence[Racer], plan: Plan, say: Say, cancelled: Callable[[], bool]
    ) -> None:
        self._racers, self._plan = racers, plan
        self._say, self._cancelled = say, cancelled
        self._given = 0
        self._round = 0
        self._total = 2 * len(racers) + 2 * len(racers) * plan.rounds

    def warm_up(self) -> int:
        """Let all sides come to their first step and warm up; returns the steps of a turn.

        Raises:
            RaceError: a side ended before.
            CancelledError: somebody wanted the end of it.
        """
        for racer in self._racers:
            self._say(Progress(0, self._total, WARM, racer.label))
            self._wait(racer)
        slowest = 0.0
        for racer in self._racers:
            self._turn(racer, WARM, self._plan.warm)
            slowest = max(slowest, self._turn(racer, WARM, TRIAL) / TRIAL)
        found = round(_TURN / max(slowest, 1e-9))
        return self._plan.turn or min(max(found, _LEAST), LONGEST)

    def run(self, turn: int) -> None:
        """Give out all rounds, in turns of so many steps; raises as `warm_up`."""
        for race_round, side in self._plan.order(len(self._racers)):
            self._round = race_round
            self._turn(self._racers[side], race_round, turn)

    def free(self) -> None:
        """Let all sides go on to their ends."""
        for racer in self._racers:
            racer.lane.free()

    def _turn(self, racer: Racer, race_round: int, steps: int) -> float:
        """Let a side make steps; returns the seconds until it has parked."""
        self._say(Progress(self._given, self._total, race_round, racer.label))
        began = time.monotonic()
        racer.lane.grant(self._given, race_round, steps)
        self._wait(racer)
        self._given += 1
        return time.monotonic() - began

    def _wait(self, racer: Racer) -> None:
        """Wait until a side has parked."""
        while not racer.lane.parked():
            if self._cancelled():
                raise CancelledError
            ready = select.select([racer.lane.done], [], [], _LOOK)[0]
            if not ready and not launch.is_live(racer.directory) and not racer.lane.parked():
                raise EndedError(racer, self._round)
