"""The probe: what is played later gives the same steps as what is told at once."""

from __future__ import annotations

import random
from typing import Any

import pytest

from diptych.profiling.agent import probe as probing
from diptych.profiling.agent.pieces import Eval, Step
from diptych.profiling.agent.probe import Probe
from diptych.profiling.agent.windows import NEVER


class Journal:
    awake = True


class Session:
    """As much of a session as a probe needs; keeps what was recorded."""

    own = 0

    def __init__(self) -> None:
        self.journal = Journal()
        self.due = NEVER
        self.recorded: list[tuple[Any, ...]] = []
        self.boundaries: list[int] = []

    def limit(self) -> int:
        return self.due

    def waiting(self) -> int:
        return 0

    def record(self, probe: Probe) -> None:
        for item in probe.tracker.closed:
            if isinstance(item, Eval):
                self.recorded.append(("eval", item.t0, item.end, item.batches, item.samples))
            else:
                self.recorded.append(said(item))
        probe.tracker.closed.clear()

    def closed(self, probe: Probe) -> None:
        self.record(probe)
        self.boundaries.append(probe.tracker.next_n)

    def trouble(self, where: str, error: Exception) -> None:
        raise AssertionError(where) from error


class Backend:
    """Losses are numbers; every seventh step compiles."""

    prompt = False
    unsure = True
    marks = 0

    def mark(self, loss: Any) -> tuple[Any, Any]:
        return loss, None

    def compiled(self) -> bool:
        self.marks += 1
        return self.marks % 7 == 0

    def fence(self) -> None:
        """Do nothing."""


def said(step: Step) -> tuple[Any, ...]:
    assert sum(step.phases) == step.end - step.t0
    told = (step.n, step.t0, step.end, tuple(step.phases), step.samples, step.loss)
    return (*told, step.warm, step.infer, step.calls)


class Clock:
    now = 1000

    def __call__(self) -> int:
        self.now += 3
        return self.now


def play(
    monkeypatch: pytest.MonkeyPatch, seed: int, *, slow: bool, due: int = NEVER, optimizers: int = 2
) -> tuple[Session, Probe]:
    """Play a script of chance; ``slow``: every event is told to the tracker at once."""
    monkeypatch.setattr(probing, "_clock", Clock())
    chance = random.Random(seed)
    session = Session()
    session.due = due
    probe = Probe(session, Backend(), False)  # type: ignore[arg-type]  # stand-ins
    if slow:
        monkeypatch.setattr(probe, "_speed_up", lambda: None)
    probe.take()
    probe.tracker.start(1000)
    fast = 0
    for n in range(60):
        iteration(probe, chance, n, optimizers)
        fast += probe.fast
        if chance.random() < 0.2:
            probe.replay()
    assert slow or fast
    probe.slow_down()
    probe.tracker.finish()
    session.record(probe)
    return session, probe


def iteration(probe: Probe, chance: random.Random, n: int, optimizers: int) -> None:
    """One turn of a loop: data, perhaps a validation, backwards, optimizers that may raise."""
    if chance.random() < 0.7:
        probe.data_begin()
        probe.data_end(8)
    if chance.random() < 0.15:
        for _ in range(3):
            probe.forward_begin(7, False, 4)
            probe.forward_end(7, False, None)
    for key in range(1, 1 + optimizers):
        if chance.random() < 0.1:
            continue  # not in this turn
        probe.forward_begin(7, True, 8)
        probe.forward_end(7, True, None)
        probe.backward_begin(float(n))
        if chance.random() < 0.1:  # recomputed inside
            probe.forward_begin(7, True, 8)
            probe.forward_end(7, True, None)
        probe.backward_end()
        probe.optimizer_begin(key)
        if chance.random() < 0.2:  # a scaler's step around the optimizer's own
            probe.optimizer_begin(key)
            probe.optimizer_end(key)
        if chance.random() < 0.1:
            probe.optimizer_begin(99)
            probe.optimizer_end(99)
        if chance.random() < 0.05:
            probe.optimizer_failed(key)
        else:
            probe.optimizer_end(key, chance.choice([None, 16]))


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("optimizers", [1, 2, 3])
def test_what_is_played_later_gives_the_same_steps(
    monkeypatch: pytest.MonkeyPatch, seed: int, optimizers: int
) -> None:
    later, _ = play(monkeypatch, seed, slow=False, optimizers=optimizers)
    at_once, _ = play(monkeypatch, seed, slow=True, optimizers=optimizers)
    assert later.recorded == at_once.recorded
    assert [item[0] for item in later.recorded if item[0] != "eval"] == list(
        range(sum(item[0] != "eval" for item in later.recorded))
    )


@pytest.mark.parametrize("seed", range(10))
def test_the_boundary_where_a_window_is_due_is_met_in_the_training_thread(
    monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    session, _ = play(monkeypatch, seed, slow=False, due=30, optimizers=1)
    assert 30 in session.boundaries
    # Most of the boundaries before it are not worth a look.
    assert len([n for n in session.boundaries if n < 30]) < 10


def test_a_capture_that_comes_meanwhile_ends_the_haste(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(probing, "_clock", Clock())
    session = Session()
    probe = Probe(session, Backend(), False)  # type: ignore[arg-type]  # stand-ins
    probe.take()
    probe.tracker.start(1000)
    chance = random.Random(1)
    while not probe.fast:
        iteration(probe, chance, 0, 1)
    seen = len(session.boundaries)
    probe.limit = 0
    probe.optimizer_begin(1)
    probe.optimizer_end(1)
    assert len(session.boundaries) == seen + 1
