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


def alike(count: int, seed: int, *, near: float, noise: float) -> Floats:
    """Steps of 10 ms whose log is noise in which neighbours are alike (AR(1), ``near``)."""
    chance = np.random.default_rng(seed)
    fresh = noise * chance.standard_normal(count)
    values = np.empty(count)
    values[0] = fresh[0]
    for n in range(1, count):
        values[n] = near * values[n - 1] + np.sqrt(1 - near**2) * fresh[n]
    return 10.0 * np.exp(values)


@pytest.mark.parametrize(("near", "noise"), [(0.5, 0.1), (0.8, 0.15), (0.9, 0.2), (0.95, 0.2)])
@pytest.mark.parametrize("count", [100, 400, 634])
def test_noise_in_which_neighbours_are_alike_is_not_warm_up(
    near: float, noise: float, count: int
) -> None:
    each = [found(alike(count, seed, near=near, noise=noise)) or 0 for seed in range(25)]
    # By chance the first steps may be the slow ones; rarely, and not many of them.
    assert sum(each) <= 0.01 * 25 * count
    assert sum(steps > 0.05 * count for steps in each) <= 1


@pytest.mark.parametrize("count", [400, 2_000])
def test_stretches_that_a_busy_machine_slows_down_are_not_warm_up(count: int) -> None:
    each = []
    for seed in range(25):
        chance = np.random.default_rng(seed)
        times, at = steady(count, seed, 0.05), 0
        while at < count:
            at += int(chance.exponential(60))
            end = at + int(chance.exponential(30)) + 1
            times[at:end] *= 1.6
            at = end
        each.append(found(times) or 0)
    assert sum(each) <= 0.03 * 25 * count


@pytest.mark.parametrize("drift", [0.1, 0.3, 0.6, -0.3])
@pytest.mark.parametrize("seed", range(5))
def test_a_drift_over_the_whole_run_is_not_warm_up(drift: float, seed: int) -> None:
    times = alike(500, seed, near=0.5, noise=0.05) * np.exp(-drift * np.arange(500) / 500)
    assert (found(times) or 0) <= 5


@pytest.mark.parametrize("seed", range(5))
def test_a_late_slow_stretch_is_not_warm_up_and_hides_none(seed: int) -> None:
    times = alike(600, seed, near=0.5, noise=0.05)
    times[350:450] *= 1.8
    assert found(times) == 0
    times[:3] *= 20
    assert found(times) == 3


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("near", [0.0, 0.8])
def test_shapes_of_real_warm_ups(seed: int, near: float) -> None:
    at = np.arange(600)
    plain = alike(600, seed, near=near, noise=0.06)
    clock = plain * np.exp(0.6 * np.exp(-at / 25))  # a processor that speeds up: 10 % at step 46
    assert 25 <= (found(clock) or 0) <= 75
    level = plain * np.where(at < 60, 1.6, 1.0)  # an allocator that grows
    assert 55 <= (found(level) or 0) <= 65
    compiled = plain * np.where(at < 40, 1.5, 1.0)  # compilation, then autotuning
    compiled[0] *= 300
    assert 35 <= (found(compiled) or 0) <= 45
