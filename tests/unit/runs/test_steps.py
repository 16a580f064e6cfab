"""Steps and their completions become columns, in whatever order they come."""

from __future__ import annotations

import random

import numpy as np
import pytest

from diptych.profiling.records.kinds import Done, Step
from diptych.profiling.runs import steps as steps_module
from diptych.profiling.runs.snapshot import StepFlag
from diptych.profiling.runs.steps import StepTable


def step(n: int, **fields: object) -> Step:
    values = {"t0": 100 * n, "dispatched": 40, "phases": (10, 10, 10, 5, 5)} | fields
    return Step(seq=n, t=100 * n + 40, n=n, **values)  # type: ignore[arg-type] # mixed fields


def done(n: int, **fields: object) -> Done:
    values = {"completed": 90 + n, "ruler": "event"} | fields
    return Done(seq=n, t=100 * n + 95, n=n, **values)  # type: ignore[arg-type] # mixed fields


@pytest.mark.parametrize("seed", range(20))
def test_any_order_of_completions_gives_the_same(seed: int) -> None:
    count, shuffle = 200, random.Random(seed)
    table = StepTable()
    waiting = [done(n) for n in range(count)]
    shuffle.shuffle(waiting)
    for n in range(0, count, 10):
        table.add([step(m) for m in range(n, n + 10)])
        table.complete([waiting.pop() for _ in range(10)])
    columns = table.columns()
    assert columns.completed.tolist() == [90 + n for n in range(count)]
    assert columns.completed_at.tolist() == [100 * n + 95 for n in range(count)]
    assert table.rejected == 0


def test_a_completion_that_never_comes_is_nan() -> None:
    table = StepTable()
    table.add([step(0), step(1)])
    table.complete([done(1)])
    assert np.isnan(table.columns().completed[0])
    assert table.ruler == "event"


def test_a_completion_in_no_time_is_unknown() -> None:
    table = StepTable()
    table.add([step(0, completed=0), step(1)])
    table.complete([done(1, completed=0)])
    assert np.isnan(table.columns().completed).all()


def test_numbers_that_do_not_count_up() -> None:
    table = StepTable()
    table.add([step(5), step(900), step(6), step(7)])
    table.complete([done(6), done(900), done(4)])
    columns = table.columns()
    assert columns.n.tolist() == [5, 900, 6, 7]
    assert np.nan_to_num(columns.completed, nan=-1).tolist() == [-1, 990, 96, -1]


def test_loss_of_a_completion_is_kept_and_never_erased() -> None:
    table = StepTable()
    table.add([step(0), step(1, loss=2.5)])
    table.complete([done(0, loss=1.5), done(1)])
    assert table.columns().loss.tolist() == [1.5, 2.5]


def test_flags() -> None:
    table = StepTable()
    table.add([step(0, warm=True, mode="infer"), step(1, window=3, ruler="fence", completed=50)])
    assert table.columns().flags.tolist() == [
        StepFlag.COMPILING | StepFlag.INFERENCE,
        StepFlag.PROFILED | StepFlag.FENCED,
    ]


@pytest.mark.parametrize(
    "bad",
    [
        {"dispatched": -1},
        {"t0": 1 << 70},
        {"phases": (0, 0, -3, 0, 0)},
        {"phases": (0, 0, 0, 0, 1 << 64)},
        {"completed": -5},
        {"samples": 10**400},
        {"cost": -1},
    ],
)
def test_impossible_numbers_cost_their_step_only(bad: dict[str, object]) -> None:
    table = StepTable()
    table.add([step(0), step(1, **bad), step(2)])
    assert table.columns().n.tolist() == [0, 2]
    assert table.rejected == 1


def test_completions_for_no_step_take_bounded_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps_module, "_MAX_WAITING", 50)
    table = StepTable()
    table.complete([done(n) for n in range(80)])
    assert table.rejected == 30
    table.add([step(n) for n in range(50)])
    assert not np.isnan(table.columns().completed).any()


def test_a_view_outlives_growth() -> None:
    table = StepTable()
    table.add([step(0)])
    view = table.columns()
    table.add([step(n) for n in range(1, 10_000)])
    assert view.n.tolist() == [0]
    assert table.columns().n.tolist() == list(range(10_000))
    assert table.columns().phases.shape == (5, 10_000)
