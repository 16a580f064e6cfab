"""What counts: steps that the device does while it catches up with a warm-up do not."""

from __future__ import annotations

import numpy as np
import pytest

from diptych.profiling.records.kinds import Done, Step
from diptych.profiling.runs.snapshot import StepColumns
from diptych.profiling.runs.statistics import counted_steps, samples_per_second
from diptych.profiling.runs.steps import StepTable

US = 1_000


def run_ahead(
    count: int, *, python: int, device: int, first: int, known: bool = True, reads: int = 0
) -> StepTable:
    """Make a run whose device works for ``device`` µs a step, ``first`` µs on step 0.

    In step ``reads`` the script waits for the device.
    """
    table, free, end = StepTable(), 0, 0
    for n in range(count):
        start = end
        done = max(free, start) + (first if n == 0 else device) * US
        done = max(done, start + (python + 5) * US)
        end = done if reads and n == reads else start + python * US
        table.add(
            [
                Step(
                    seq=n,
                    t=end,
                    t0=start,
                    n=n,
                    dispatched=end - start,
                    phases=(0, 0, 0, 0, end - start),
                    samples=8,
                    warm=n == 0,
                )
            ]
        )
        if known or n:
            length = done - max(free, start)
            table.complete([Done(seq=n, t=done, n=n, completed=length, ruler="event")])
        free = done
    return table


def counted(table: StepTable, warmup: int | None = 1) -> list[int]:
    return [int(row) for row in np.flatnonzero(counted_steps(table.columns(), warmup))]


@pytest.mark.parametrize("warmup", [1, None])
def test_steps_in_which_the_device_only_catches_up_are_set_apart(warmup: int | None) -> None:
    # Step 0 is complete after 15 ms; by then Python has begun 100 steps of 150 µs. While the
    # device does these, 50 µs each, Python begins 33 more, then 11, ...
    table = run_ahead(400, python=150, device=50, first=15_000)
    (left, *_, last) = counted(table, warmup)
    assert 140 <= left <= 155
    assert last == 399


def test_the_rate_is_what_python_can_ask_for() -> None:
    steps = run_ahead(400, python=150, device=50, first=15_000).columns()
    rate = samples_per_second(steps, counted_steps(steps, 1))
    assert rate == pytest.approx(8 / 150e-6, rel=0.01)


def test_nothing_is_counted_while_the_device_has_not_caught_up() -> None:
    table = run_ahead(60, python=150, device=50, first=15_000)
    assert counted(table) == []


def test_a_device_that_sets_the_pace_keeps_its_steps() -> None:
    table = run_ahead(200, python=150, device=900, first=15_000)
    assert counted(table) == list(range(1, 200))


def test_a_wait_for_the_device_is_no_slowness_of_python() -> None:
    table = run_ahead(60, python=150, device=900, first=50_000, reads=40)
    assert counted(table) == list(range(1, 60))


def test_without_a_completion_of_the_warm_up_nothing_changes() -> None:
    table = run_ahead(200, python=150, device=50, first=15_000, known=False)
    assert counted(table) == list(range(1, 200))


def test_a_synchronous_run_has_no_queue() -> None:
    table = StepTable()
    for n in range(30):
        table.add(
            [
                Step(
                    seq=n,
                    t=(n + 1) * US,
                    t0=n * US,
                    n=n,
                    dispatched=US,
                    phases=(0, 0, 0, 0, US),
                    completed=US,
                    ruler="sync",
                )
            ]
        )
    assert counted(table, 3) == list(range(3, 30))


@pytest.mark.parametrize("warmup", [None, 0, 5])
def test_few_steps_or_none(warmup: int | None) -> None:
    for count in range(4):
        steps: StepColumns = run_ahead(count, python=150, device=50, first=9_000).columns()
        assert not counted_steps(steps, warmup)[:1].any()
