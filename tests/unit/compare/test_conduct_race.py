"""Who is given turns in which order, and what becomes of a race that is disturbed.

Real pipes, and the agent's own gate in a thread at their other end.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from diptych.profiling.agent.gate import Gate
from diptych.profiling.compare.lane import Lane
from diptych.profiling.compare.race import (
    TRIAL,
    WARM,
    CancelledError,
    EndedError,
    Plan,
    Progress,
    Race,
    Racer,
)
from diptych.profiling.runner import launch


class Journal:
    """Remembers what is emitted."""

    def __init__(self) -> None:
        self.turns: list[dict[str, Any]] = []

    def emit(self, kind: str, fields: dict[str, Any]) -> None:
        assert kind == "turn"
        self.turns.append(fields)


class Backend:
    """Counts fences: each turn has one, at its end."""

    fences = 0

    def fence(self) -> None:
        self.fences += 1


class Worker(threading.Thread):
    """A training of ``steps`` steps behind a gate."""

    def __init__(self, run: Path, lane: Path, steps: int) -> None:
        super().__init__(daemon=True)
        run.mkdir()
        (run / "control.jsonl").touch()
        self.run_directory, self.steps, self.made = run, steps, 0
        self.journal, self.backend = Journal(), Backend()
        # As the session does: opened when the agent starts, before the first step.
        self.gate = Gate({"gate": str(lane), "dir": str(run)}, self.journal)  # type: ignore[arg-type]  # of the same shape

    def run(self) -> None:
        for n in range(self.steps):
            self.gate.boundary(self.backend, n)  # type: ignore[arg-type]  # of the same shape
            self.made += 1
        self.gate.boundary(self.backend, self.steps)  # type: ignore[arg-type]  # of the same shape
        self.gate.finish(self.steps)

    @property
    def spans(self) -> list[tuple[int, int, int]]:
        return [(turn["round"], turn["first"], turn["last"]) for turn in self.journal.turns]


@pytest.fixture
def alive(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let runs be alive for as long as their threads are."""

    def watch(*workers: Worker) -> None:
        of = {worker.run_directory: worker for worker in workers}
        monkeypatch.setattr(launch, "is_live", lambda directory: of[directory].is_alive())
        monkeypatch.setattr("diptych.profiling.compare.race._LOOK", 0.01)

    return watch


Make = Callable[..., tuple[list[Worker], list[Racer]]]


@pytest.fixture
def make(tmp_path: Path, alive: Callable[..., None]) -> Iterator[Make]:
    """Start workers behind lanes; all of it is gone afterwards."""
    lanes: list[Lane] = []
    started: list[Worker] = []

    def start(*steps: int, ends: bool = False) -> tuple[list[Worker], list[Racer]]:
        for at, count in enumerate(steps):
            lanes.append(Lane(tmp_path / f"lane{at}", ends=ends))
            started.append(Worker(tmp_path / f"run{at}", lanes[-1].folder, count))
        alive(*started)
        for worker in started:
            worker.start()
        named = zip("ABC", started, lanes, strict=False)
        return started, [Racer(name, w.run_directory, lane) for name, w, lane in named]

    yield start
    for lane in lanes:
        with contextlib.suppress(OSError):
            lane.close()
    for worker in started:
        worker.join(10)
        assert not worker.is_alive()


def race_of(racers: list[Racer], plan: Plan, **options: Any) -> tuple[Race, list[Progress]]:
    said: list[Progress] = []
    return Race(racers, plan, said.append, options.get("cancelled", lambda: False)), said


@given(rounds=st.integers(1, 9), sides=st.integers(2, 5))
def test_rounds_read_the_same_backwards_and_begin_with_each_end_in_turn(
    rounds: int, sides: int
) -> None:
    order = list(Plan(rounds, 5, 3).order(sides))
    for number in range(rounds):
        of = [side for at, side in order if at == number]
        assert of == of[::-1]
        assert sorted(of) == sorted([*range(sides)] * 2)
        assert of[0] == (0 if number % 2 == 0 else sides - 1)


def test_every_side_makes_its_steps_and_ends(make: Make) -> None:
    plan = Plan(rounds=3, turn=4, warm=5)
    assert plan.steps == 5 + TRIAL + 24
    workers, racers = make(plan.steps, plan.steps)
    race, said = race_of(racers, plan)
    turn = race.warm_up()
    assert turn == 4
    race.run(turn)
    assert [worker.made for worker in workers] == [plan.steps, plan.steps]
    race.free()
    for worker in workers:
        worker.join(10)
    firsts = [0, 5, *range(8, 32, 4)]
    lasts = [4, *(first - 1 for first in firsts[2:]), 31]
    rounds = [WARM, WARM, 0, 0, 1, 1, 2, 2]
    for worker in workers:
        assert worker.spans == list(zip(rounds, firsts, lasts, strict=True))
        assert worker.backend.fences == len(rounds)
    numbers = sorted(turn["number"] for worker in workers for turn in worker.journal.turns)
    assert numbers == list(range(16))
    told = [each.label for each in said if each.round >= 0]
    assert told == list("ABBABAABABBA")
    assert {each.total for each in said} == {16}


def test_a_side_that_ends_early_is_named_with_the_rounds_that_were_over(make: Make) -> None:
    plan = Plan(rounds=5, turn=4, warm=5)
    workers, racers = make(plan.steps or 0, 8 + 2 * 8 + 3)
    race, _ = race_of(racers, plan)
    with pytest.raises(EndedError, match="B ended before its turns did") as caught:
        race.run(race.warm_up())
    assert caught.value.rounds == 2
    assert workers[1].spans[-1] == (2, 24, 26)  # cut short, and said so


def test_a_race_that_is_cancelled_says_so_and_leaves_nobody_parked(make: Make) -> None:
    plan = Plan(rounds=50, turn=4, warm=5)
    workers, racers = make(60, 60)

    def cancelled() -> bool:
        return bool(workers[1].made > 20)

    race, _ = race_of(racers, plan, cancelled=cancelled)
    with pytest.raises(CancelledError):
        race.run(race.warm_up())
    for racer in racers:
        racer.lane.close()
    for worker in workers:
        worker.join(10)
    assert [worker.made for worker in workers] == [60, 60]


def test_a_turn_is_as_long_as_the_slowest_side_makes_steps_in_a_second(make: Make) -> None:
    _, racers = make(2_000_000, 2_000_000)
    race, _ = race_of(racers, Plan(rounds=1, turn=None, warm=2))
    assert 4 <= race.warm_up() <= 2_000
    assert Plan(1, None, 2).steps is None


# -- the gate alone --------------------------------------------------------------------------


def test_without_a_race_nothing_waits(tmp_path: Path) -> None:
    journal, backend = Journal(), Backend()
    for config in ({}, {"gate": None}, {"gate": str(tmp_path / "gone"), "dir": str(tmp_path)}):
        gate = Gate({"dir": str(tmp_path), **config}, journal)  # type: ignore[arg-type]  # of the same shape
        assert not any(gate.boundary(backend, n) for n in range(100))  # type: ignore[arg-type]  # of the same shape
        gate.finish(100)
    assert not journal.turns
    assert not backend.fences


def test_a_side_whose_conductor_is_gone_goes_on_alone(make: Make) -> None:
    workers, racers = make(50, 50)
    for racer in racers:
        racer.lane.grant(0, 0, 10)
    deadline = time.monotonic() + 10
    while [worker.made for worker in workers] != [10, 10]:
        assert time.monotonic() < deadline
        time.sleep(0.005)
    for racer in racers:
        os.close(racer.lane._grant)
        racer.lane._grant = os.open(os.devnull, os.O_RDONLY)
    for worker in workers:
        worker.join(10)
        assert worker.made == 50
        assert worker.spans == [(0, 0, 9)]
        assert (worker.run_directory / "control.jsonl").read_text() == ""


def test_one_that_has_no_end_of_its_own_asks_for_it_once(make: Make) -> None:
    workers, racers = make(50, 50, ends=True)
    (workers[1].run_directory / "control.jsonl").write_text('{"k":"stop","by":"a person"}\n')
    for racer in racers:
        os.close(racer.lane._grant)
        racer.lane._grant = os.open(os.devnull, os.O_RDONLY)
    for worker in workers:
        worker.join(10)
    asked = [(w.run_directory / "control.jsonl").read_text().splitlines() for w in workers]
    assert [json.loads(line)["k"] for line in asked[0]] == ["stop"]
    assert "conductor is gone" in asked[0][0]
    assert asked[1] == ['{"k":"stop","by":"a person"}']


def test_what_is_no_grant_lets_the_side_go(make: Make) -> None:
    workers, racers = make(30)
    os.write(racers[0].lane._grant, b"many steps please now\n")
    workers[0].join(10)
    assert workers[0].made == 30
    assert not workers[0].spans


# -- lanes -----------------------------------------------------------------------------------


def test_a_lane_tells_once_that_its_side_has_parked(tmp_path: Path) -> None:
    lane = Lane(tmp_path / "lane")
    assert not lane.parked()
    end = os.open(lane.folder / "done", os.O_WRONLY)
    os.write(end, b".")
    assert lane.parked()
    assert not lane.parked()
    lane.grant(3, -1, 7)
    assert os.read(lane._grant, 100) == b"3 -1 7\n"
    lane.free()
    assert os.read(lane._grant, 100) == b"0 0 0\n"
    os.close(end)
    lane.close()
    with pytest.raises(OSError, match="No such device"):
        os.open(lane.folder / "done", os.O_WRONLY | os.O_NONBLOCK)
    assert (lane.folder.stat().st_mode & 0o777) == 0o700


def test_a_lane_is_made_in_a_folder_of_its_own(tmp_path: Path) -> None:
    Lane(tmp_path / "lane").close()
    with pytest.raises(FileExistsError):
        Lane(tmp_path / "lane")
