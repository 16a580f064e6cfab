"""Snapshots of runs that took turns, built in memory: no file, no process, no clock.

``race`` plays a conductor: the sides' steps follow one another on one time axis, with
turns as `agent.gate` records them. ``run`` is a run on its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from diptych.profiling.compare.race import TRIAL, WARM, Plan
from diptych.profiling.records.kinds import Ruler
from diptych.profiling.records.summary import Losses
from diptych.profiling.runs.snapshot import (
    EvalSpan,
    RunSnapshot,
    RunState,
    Series,
    StepColumns,
    TurnSpan,
)
from diptych.profiling.runs.warmup import WarmupSearch

MS = 1_000_000
BETWEEN = 2 * MS
"""From the end of a turn to the beginning of the next."""

Times = Callable[[int], float]
"""Milliseconds of a side's n-th step."""

EMPTY = Series(np.empty(0, np.int64), {})


@dataclass
class Played:
    """A side while it is played: step times in ms, and what became of them."""

    times: Times
    samples: float = 32.0
    steps: list[tuple[int, int]] = field(default_factory=list)
    """Begin and end of each, ns."""
    turns: list[TurnSpan] = field(default_factory=list)
    parked: int = 0

    def turn(self, number: int, race_round: int, count: int, now: int) -> int:
        """Make ``count`` steps from ``now`` on; returns when that is over."""
        first, began = len(self.steps), now
        for _ in range(count):
            length = round(self.times(len(self.steps)) * MS)
            self.steps.append((now, now + length))
            now += length
        waited, self.parked = began - self.parked, now
        last = len(self.steps) - 1
        self.turns.append(TurnSpan(number, race_round, first, last, began, now, waited))
        return now


def race(
    times: Sequence[Times], *, rounds: int = 8, turn: int = 10, warm: int = 10, t0: int = 10**12
) -> list[RunSnapshot]:
    """Return the sides of a race that was carried out to its end."""
    sides = [Played(each, parked=t0) for each in times]
    now = t0
    warming = ((WARM, side, steps) for side in range(len(sides)) for steps in (warm, TRIAL))
    order = ((r, side, turn) for r, side in Plan(rounds, turn, warm).order(len(sides)))
    for number, (race_round, side, steps) in enumerate((*warming, *order)):
        now = sides[side].turn(number, race_round, steps, now + BETWEEN)
    return [snapshot(f"side-{at}", side) for at, side in enumerate(sides)]


def run(
    name: str, times: Iterable[float], *, t0: int = 10**12, samples: float = 32.0
) -> RunSnapshot:
    """Return a run on its own; ``times`` in ms."""
    known = list(times)
    side = Played(lambda n: known[n], samples, parked=t0)
    side.turn(0, 0, len(known), t0)
    side.turns.clear()
    return snapshot(name, side)


def snapshot(name: str, side: Played, ruler: Ruler = "fence") -> RunSnapshot:
    """Return what a reader would know of a side."""
    steps = columns(side)
    t0 = side.steps[0][0] if side.steps else 0
    return RunSnapshot(
        id=name, directory=Path("/nowhere") / name, version=1, state=RunState.DONE, state_text="",
        exit_code=0, manifest=None, framework=None, model=None, origin=t0, ended=None,
        total_steps=len(steps), steps=steps, warmup=WarmupSearch().update(steps), evals=(),
        memory={}, host=EMPTY, process=EMPTY, gpus={}, gpu_info={}, nvml_state=None,
        nvml_text=None, windows=(), notices=(), losses=Losses(), lag=None, ruler=ruler,
        turns=tuple(side.turns),
    )  # fmt: skip


def columns(side: Played) -> StepColumns:
    """Return the steps of a side, each complete when it was dispatched."""
    begins = np.array([begin for begin, _ in side.steps], np.int64)
    ends = np.array([end for _, end in side.steps], np.int64)
    count, length = len(begins), ends - begins
    unknown = np.full(count, np.nan)
    phases = np.zeros((5, count), np.int64)
    phases[1] = length
    return StepColumns(
        n=np.arange(count), start=begins, end=ends, dispatched=length,
        completed=length.astype(np.float64), completed_at=ends.astype(np.float64), phases=phases,
        samples=np.full(count, side.samples), loss=unknown, cost=unknown,
        flags=np.zeros(count, np.uint8),
    )  # fmt: skip


def with_steps(run: RunSnapshot, **changed: object) -> RunSnapshot:
    """Return a run with other columns of its steps."""
    return replace(run, steps=replace(run.steps, **changed))  # type: ignore[arg-type]  # by name


def with_batch(run: RunSnapshot, samples: float) -> RunSnapshot:
    """Return a run whose steps have another batch."""
    return with_steps(run, samples=np.full(len(run.steps), samples))


def with_validation(run: RunSnapshot, after: int, ms: float) -> RunSnapshot:
    """Return a run that validated for so long after step ``after``: all that follows is later."""
    longer = round(ms * MS)
    steps, begin = run.steps, int(run.steps.end[after])
    later = steps.n > after
    moved = replace(
        steps,
        start=steps.start + longer * later,
        end=steps.end + longer * later,
        completed_at=steps.completed_at + longer * later,
    )
    span = EvalSpan(begin, begin + longer, 10)
    turns = tuple(_moved(turn, after, longer) for turn in run.turns)
    return replace(run, steps=moved, evals=(*run.evals, span), turns=turns)


def _moved(turn: TurnSpan, after: int, longer: int) -> TurnSpan:
    return replace(
        turn,
        start=turn.start + longer * (turn.first > after),
        end=turn.end + longer * (turn.last > after),
    )


def constant(ms: float, *, fresh: float = 1.0, turn: int = 10, warm: int = 10) -> Times:
    """Return steps of one length; the first of a turn takes ``fresh`` times as long."""
    begun = warm + TRIAL

    def times(n: int) -> float:
        return ms * fresh if n >= begun and (n - begun) % turn == 0 else ms

    return times


def noisy(ms: float, seed: int, spread: float = 0.02) -> Times:
    """Return steps whose lengths scatter by ``spread``, the same for the same seed."""
    scatter = np.exp(np.random.default_rng(seed).normal(0, spread, 20_000))
    return lambda n: float(ms * scatter[n])
