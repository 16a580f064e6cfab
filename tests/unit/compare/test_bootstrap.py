"""Intervals hold the true value as often as they say, on data as step times are."""

from __future__ import annotations

import numpy as np
import pytest

from diptych.profiling.compare.bootstrap import (
    Interval,
    median_interval,
    ratio_of_medians,
    student_quantile,
)
from diptych.profiling.compare.samples import Floats, Side, alone, block_length, in_turns

RATIO = 1.1
EXPERIMENTS = 150


def correlated(rng: np.random.Generator, n: int, phi: float) -> Floats:
    """AR(1) around 10 ms with a spread of 5 %."""
    noise = rng.normal(0, 0.05 * np.sqrt(1 - phi**2), n)
    level = np.empty(n)
    level[0] = rng.normal(0, 0.05)
    for i in range(1, n):
        level[i] = phi * level[i - 1] + noise[i]
    return np.asarray(10e6 * np.exp(level))


def race(rng: np.random.Generator, rounds: int, steps: int, drift: float) -> tuple[Side, Side]:
    """A B B A in rounds, with autocorrelation, outliers and a machine that gets warmer."""
    n = rounds * 4 * steps
    times = correlated(rng, n, 0.9) * np.exp(drift * np.linspace(0, 1, n))
    times = times * np.where(rng.random(n) < 0.02, 1.6, 1.0)
    second = np.tile(np.repeat([False, True, True, False], steps), rounds)
    of = np.repeat(np.arange(rounds), 4 * steps)
    return (
        in_turns(times[~second], of[~second], rounds),
        in_turns(times[second] * RATIO, of[second], rounds),
    )


def share_inside(found: list[Interval | None]) -> float:
    held = [r for r in found if r is not None and r.low is not None and r.high is not None]
    assert len(held) == len(found)
    return sum(r.low <= RATIO <= r.high for r in held if r.low and r.high) / len(held)


def width(found: Interval | None) -> float:
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    return found.high - found.low


@pytest.mark.parametrize(("rounds", "drift"), [(8, 0.0), (16, 0.2)])
def test_a_race_has_the_true_ratio_inside_as_often_as_it_says(rounds: int, drift: float) -> None:
    rng = np.random.default_rng(11)
    sides = [race(rng, rounds, 15, drift) for _ in range(EXPERIMENTS)]
    found = [
        ratio_of_medians(a, b, together=True, draws=500, seed=i) for i, (a, b) in enumerate(sides)
    ]
    assert 0.90 <= share_inside(found) <= 1.0


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_runs_on_their_own_do_too(phi: float) -> None:
    rng = np.random.default_rng(12)
    found = [
        ratio_of_medians(
            alone(correlated(rng, 800, phi)),
            alone(correlated(rng, 800, phi) * RATIO),
            together=False,
            draws=500,
            seed=i,
        )
        for i in range(EXPERIMENTS)
    ]
    assert 0.90 <= share_inside(found) <= 0.99


def test_the_blind_bootstrap_would_be_too_sure() -> None:
    """GIVEN autocorrelated times WHEN each step is its own block THEN the interval is too narrow:
    what the block length is for."""
    rng = np.random.default_rng(13)
    times = correlated(rng, 1000, 0.9)
    blind = median_interval(alone(times, length=1))
    honest = median_interval(alone(times))
    assert width(honest) > 2 * width(blind)


def test_a_stretch_is_longer_where_neighbours_share_more() -> None:
    rng = np.random.default_rng(14)
    lengths = [block_length(correlated(rng, 2000, phi)) for phi in (0.0, 0.5, 0.9)]
    assert lengths[0] < lengths[1] < lengths[2]
    assert block_length(np.full(100, 5.0)) == 1


def test_drift_that_hits_both_sides_cancels_only_where_rounds_are_drawn_together() -> None:
    rng = np.random.default_rng(15)
    a, b = race(rng, 12, 15, 0.5)
    together = ratio_of_medians(a, b, together=True)
    apart = ratio_of_medians(a, b, together=False)
    assert width(together) < width(apart) / 2


def test_too_few_blocks_give_an_estimate_without_an_interval() -> None:
    side = alone(np.full(40, 2e6), length=10)
    found = ratio_of_medians(side, side, together=False)
    assert found == Interval(1.0, None, None, blocks=4)
    assert not found.excludes_one


def test_unknown_times_are_left_out_and_no_time_gives_no_ratio() -> None:
    times = np.array([1.0, np.nan, 3.0] * 20)
    assert len(alone(times).times) == 40
    assert ratio_of_medians(alone(np.full(9, np.nan)), alone(times), together=False) is None


def test_the_same_input_gives_the_same_interval() -> None:
    rng = np.random.default_rng(16)
    a, b = race(rng, 10, 10, 0.0)
    assert ratio_of_medians(a, b, together=True) == ratio_of_medians(a, b, together=True)


@pytest.mark.parametrize(
    ("freedom", "value"), [(1, 12.7062), (2, 4.3027), (3, 3.1824), (5, 2.5706), (30, 2.0423)]
)
def test_quantiles_of_student_are_those_of_the_tables(freedom: int, value: float) -> None:
    assert student_quantile(0.975, freedom) == pytest.approx(value, abs=5e-4)
