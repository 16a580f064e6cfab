"""How long a comparison takes, about, where that can be known."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from diptych.profiling.records.experiment import Experiment, SideSpec
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runs.store import RunEntry

START, PROFILE, PARITY = 3.0, 3.0, 3.0
"""Seconds that a run takes to start; more where it is profiled or from the same weights."""
TURN = 1.0
"""Seconds of the slowest side's turn where its steps are found out."""
_COMPILE = 40.0
"""Seconds that torch.compile takes before the first step, about."""
_LEAST = 4
"""Steps that such a turn has at the least."""
_OWN = ("steps",)

Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Known:
    """Seconds of a step by what was run."""

    steps: Mapping[Key, float]

    def step(self, request: RunRequest) -> float | None:
        """Return how long a step of such a run took here before."""
        return self.steps.get(_key(request))


def known(entries: Iterable[RunEntry]) -> Known:
    """Return what the runs in the list tell; they come newest first, and the newest counts."""
    found: dict[Key, float] = {}
    for entry in entries:
        if entry.request is not None and entry.median_ms:
            found.setdefault(_key(entry.request), entry.median_ms / 1e3)
    return Known(found)


def _key(request: RunRequest) -> Key:
    knobs = tuple(sorted((k, v) for k, v in request.knobs.items() if k not in _OWN))
    return request.framework, request.workload, request.script, request.args, knobs


def seconds(experiment: Experiment, past: Known) -> float | None:
    """Return how long it takes; ``None`` where nothing says how long a step is."""
    sides = list(experiment.sides)
    if experiment.noise:
        sides.insert(1, sides[0])
    racing = _racing(experiment, sides, past)
    if racing is None:
        return None
    again = list(experiment.sides)
    whole = racing + sum(map(_start, sides))
    whole += sum(PROFILE + _start(side) for side in again) if experiment.why else 0
    # The first side runs from the same weights twice.
    same = [again[0], *again] if experiment.parity else []
    return whole + sum(PARITY + _start(side) for side in same)


def _start(side: SideSpec) -> float:
    return START + (_COMPILE if side.request.knobs.get("execution") == "compile" else 0)


def _racing(experiment: Experiment, sides: list[SideSpec], past: Known) -> float | None:
    turns = 2 * experiment.rounds
    steps = [past.step(side.request) for side in sides]
    times = [step for step in steps if step is not None]
    if len(times) < len(steps):
        if experiment.turn is not None or not all(side.request.workload for side in sides):
            return None
        return turns * len(sides) * TURN
    turn = experiment.turn or max(_LEAST, round(TURN / max(*times, 1e-9)))
    return sum(times) * (turn * turns + experiment.warm)
