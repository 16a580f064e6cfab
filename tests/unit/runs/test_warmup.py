"""Warm-up is found where there is one, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from diptych.profiling.records.kinds import Step
from diptych.profiling.runs.snapshot import Floats
from diptych.profiling.runs.steps import StepTable
from diptych.profiling.runs.warmup import WarmupSearch

MS = 1_000_000


def table(times_ms: Floats, *, warm: tuple[int, ...] = (), window: range = range(0)) -> StepTable:
    steps = StepTable()
    steps.add(
        [
            Step(
                seq=n,
                t=n,
                n=n,
                t0=n,
                dispatched=1,
                phases=(1, 0, 0, 0, 0),
                completed=None if np.isnan(ms) else int(ms * MS),
                warm=n in warm,
                window=0 if n in window else None,
            )
            for n, ms in enumerate(times_ms)
        ]
    )
    return steps


def found(times_ms: Floats, *, warm: tuple[int, ...] = (), window: range = range(0)) -> int | None:
    return WarmupSearch().update(table(times_ms, warm=warm, window=window).columns())


def steady(count: int, seed: int = 0, noise: float = 0.03) -> Floats:
    return 10.0 * (1 + noise * np.random.default_rng(seed).standard_normal(count))


def test_too_few_steps_to_tell() -> None:
    assert found(steady(9)) is None
    assert found(steady(10)) == 0


@pytest.mark.parametrize("seed", range(30))
@pytest.mark.parametrize("noise", [0.0, 0.03, 0.2])
def test_none_in_a_steady_run(seed: int, noise: float) -> None:
    # First steps that are slow by chance may be taken for warm-up: a few in thousands.
    assert (found(steady(3_000, seed, noise)) or 0) <= 15


@pytest.mark.parametrize("count", [1, 3, 8, 30])
@pytest.mark.parametrize("seed", range(5))
def test_slow_first_steps(count: int, seed: int) -> None:
    times = steady(400, seed)
    times[:count] *= 5
    # A step right after them that is slow by chance may count with them.
    assert found(times) in range(count, count + 3)


def test_compilations_with_normal_steps_between() -> None:
    times = steady(200)
    times[[0, 1, 4]] = (9_000, 20, 4_000)
    assert found(times) == 5


def test_a_small_shift_is_found() -> None:
    times = steady(300, noise=0.01)
    times[:40] *= 1.25
    assert found(times) == 40


@pytest.mark.parametrize("seed", range(10))
def test_outliers_later_on_are_not_warm_up(seed: int) -> None:
    times = steady(3_000, seed)
    times[0] = 500
    times[np.random.default_rng(seed).choice(np.arange(20, 3_000), 60)] *= 20
    assert found(times) == 1


@pytest.mark.parametrize("seed", range(10))
def test_two_lengths_of_steps_are_not_warm_up(seed: int) -> None:
    times = steady(2_000, seed)
    times[np.random.default_rng(seed).random(2_000) < 0.3] *= 2
    assert (found(times) or 0) <= 25


def test_a_run_that_slows_down_has_no_warm_up() -> None:
    times = steady(600)
    times[300:] *= 1.5
    assert found(times) == 0


def test_the_agents_marks_count() -> None:
    assert found(steady(50), warm=(0, 1)) == 2
    assert found(steady(400), warm=(0, 250)) == 1


def test_profiled_steps_say_nothing() -> None:
    times = steady(100)
    times[:2] = 80
    times[2:12] = 30
    assert found(times, window=range(2, 12)) == 2


def test_it_does_not_depend_on_when_one_asks() -> None:
    times = steady(1_200, 3)
    times[:60] *= np.linspace(4, 1.3, 60)
    steps, search = table(times[:1]), WarmupSearch()
    seen: list[int] = []
    for end in range(2, 1_200, 7):
        search.update(steps.columns())
        steps = table(times[:end])
        seen.append(search.update(steps.columns()) or 0)
    assert seen == sorted(seen), "it never gets smaller"
    assert seen[-1] == found(times)


def test_completions_that_never_come_do_not_hold_it_up() -> None:
    times = steady(600)
    times[0] = 100
    times[5] = np.nan
    assert found(times[:100]) is None
    assert found(times) == 1
