"""What is claimed is there, what is there is found, and what cannot be told is said so."""

from __future__ import annotations

import numpy as np
import pytest

from diptych.profiling.compare.samples import Side, alone, in_turns
from diptych.profiling.compare.verdict import Finding, Verdict, judge, noise_of


def race(seed: int, ratio: float, *, rounds: int = 12, spread: float = 0.05) -> tuple[Side, Side]:
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(rounds), 20)
    shared = rng.normal(0, 0.03, rounds)[of]
    a, b = (10e6 * np.exp(shared + rng.normal(0, spread, len(of))) for _ in range(2))
    return in_turns(a, of, rounds), in_turns(b * ratio, of, rounds)


def verdict(seed: int, ratio: float, *, rounds: int = 12, spread: float = 0.05) -> Verdict:
    found = judge(*race(seed, ratio, rounds=rounds, spread=spread), together=True)
    assert found is not None
    return found


def test_one_side_twice_is_called_different_about_as_often_as_the_level_allows() -> None:
    claims = sum(
        verdict(seed, 1.0).finding in (Finding.A_FASTER, Finding.B_FASTER) for seed in range(100)
    )
    assert claims <= 10


@pytest.mark.parametrize(
    ("ratio", "finding"), [(1.1, Finding.A_FASTER), (1 / 1.1, Finding.B_FASTER)]
)
def test_a_planted_difference_is_found_and_has_the_right_size(
    ratio: float, finding: Finding
) -> None:
    found = [verdict(seed, ratio) for seed in range(20)]
    assert sum(v.finding is finding for v in found) >= 19
    inside = sum((v.ratio.low or 9) <= ratio <= (v.ratio.high or 0) for v in found)
    assert inside >= 17


def test_times_as_fast_is_never_below_one() -> None:
    found = verdict(1, 0.8).times_as_fast
    assert found.low is not None
    assert found.high is not None
    assert 1 <= found.low <= found.estimate <= found.high
    assert found.estimate == pytest.approx(1.25, rel=0.05)


def test_what_cannot_be_told_says_how_many_steps_would_settle_it() -> None:
    """GIVEN a difference of 1 % under noise of 30 % WHEN judged THEN it asks for more steps, and
    with about as many it is found more often than not."""
    found = [verdict(seed, 1.02, spread=0.3) for seed in range(40)]
    open_ = [v for v in found if v.finding is Finding.NOT_DISTINGUISHABLE and v.more_steps]
    assert len(open_) >= 20
    assert np.median([v.more_steps or 0 for v in open_]) > 12 * 20


def test_a_narrow_interval_around_one_is_the_same() -> None:
    assert verdict(3, 1.0, rounds=40, spread=0.01).finding is Finding.SAME


def test_too_few_rounds_are_no_ground_for_a_verdict() -> None:
    found = verdict(4, 1.5, rounds=4)
    assert found.finding is Finding.TOO_SHORT
    assert found.ratio.low is None
    assert found.more_steps == 40


def test_the_machines_own_noise_raises_the_bar() -> None:
    a, b = race(5, 1.05, spread=0.01)
    assert judge(a, b, together=True) != judge(a, b, together=True, noise_floor=1.2)
    held = judge(a, b, together=True, noise_floor=1.2)
    assert held is not None
    assert held.finding is Finding.NOT_DISTINGUISHABLE
    assert held.more_steps is None


def test_the_noise_of_one_side_twice_is_the_far_end_of_its_interval() -> None:
    quiet, loud = (noise_of(*race(6, 1.0, spread=s), together=True) for s in (0.01, 0.2))
    assert quiet is not None
    assert loud is not None
    assert 1 < quiet < loud
    short = alone(np.full(40, 5e6), length=10)
    assert noise_of(short, short, together=False) is None
