"""Stalls and slow steps: found once and for all, the same however the run grew."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from diptych.profiling.runs.snapshot import EvalSpan, StepColumns
from diptych.profiling.runs.unusual import Stall, Unusual, UnusualSearch

MS, S = 1_000_000, 1_000_000_000


def columns(lengths: NDArray[np.float64], gaps: NDArray[np.float64] | None = None) -> StepColumns:
    """Return steps of ``lengths`` ns, each after a gap of ``gaps`` ns."""
    count = len(lengths)
    whole = lengths.astype(np.int64)
    before = np.zeros(count, np.int64) if gaps is None else gaps.astype(np.int64)
    end = np.cumsum(whole + before)
    unknown = np.full(count, np.nan)
    return StepColumns(
        n=np.arange(count),
        start=end - whole,
        end=end,
        dispatched=whole,
        completed=lengths.astype(float),
        completed_at=end.astype(float),
        phases=np.zeros((5, count), np.int64),
        samples=unknown,
        loss=unknown,
        cost=unknown,
        flags=np.zeros(count, np.uint8),
    )


def look(steps: StepColumns, **more: object) -> Unusual:
    options: dict[str, object] = {"settled": len(steps), "warmup": 3} | more
    return UnusualSearch().update(steps, steps.end, **options)  # type: ignore[arg-type] # of one call


def steady(count: int, seed: int = 0) -> NDArray[np.float64]:
    rng = np.random.default_rng(seed)
    return 10 * MS * (1 + 0.03 * rng.standard_normal(count))


def test_a_steady_run_has_nothing_unusual() -> None:
    found = look(columns(steady(3000)))
    assert len(found.slow) == 0
    assert found.stalls == ()
    assert found.whole


def test_slow_steps_are_found_and_the_warm_up_is_not() -> None:
    lengths = steady(1000)
    lengths[[1, 500, 777]] *= 9
    assert look(columns(lengths)).slow.tolist() == [500, 777]


def test_a_slow_stretch_is_judged_by_its_own_surroundings() -> None:
    lengths = steady(3000)
    lengths[1000:] *= 3
    lengths[2000] *= 2
    assert look(columns(lengths)).slow.tolist() == [2000]


def test_a_gap_in_which_no_step_ended_is_a_stall_with_its_length() -> None:
    gaps = np.zeros(600)
    gaps[400] = 2.4 * S
    steps = columns(steady(600), gaps)
    (stall,) = look(steps).stalls
    assert stall.row == 400
    assert stall.length == pytest.approx(2.41 * S, rel=0.01)
    assert stall.start == steps.end[399]


def test_validation_is_no_stall_but_what_it_leaves_unexplained_is() -> None:
    gaps = np.zeros(600)
    gaps[400] = 3 * S
    steps = columns(steady(600), gaps)
    start = int(steps.end[399])
    assert look(steps, evals=[EvalSpan(start, start + 3 * S, 9)]).stalls == ()
    (stall,) = look(steps, evals=[EvalSpan(start, start + S, 9)]).stalls
    assert stall.validation == S
    assert stall.length == pytest.approx(2.01 * S, rel=0.01)


def test_a_short_hiccup_of_a_quick_loop_is_no_stall() -> None:
    gaps = np.zeros(600)
    gaps[400] = 0.1 * S
    assert look(columns(np.full(600, 1.0 * MS), gaps)).stalls == ()


def test_a_stall_that_lasts_is_told_while_it_does() -> None:
    steps = columns(steady(200))
    last = int(steps.end[-1])
    assert look(steps, newest=last + S // 4).stalls == ()
    assert look(steps, newest=last + 2 * S).stalls == (Stall(None, last, last + 2 * S),)


@pytest.mark.parametrize("count", [0, 1, 2])
def test_a_run_of_hardly_any_steps_has_nothing_unusual(count: int) -> None:
    found = look(columns(steady(count)), warmup=None, newest=10 * S)
    assert len(found.slow) == 0


def test_unknown_completions_are_nothing_unusual() -> None:
    lengths = steady(600)
    steps = columns(lengths)
    steps.completed[100:200] = np.nan
    steps.completed[5:] = np.nan
    assert len(look(steps).slow) == 0


def test_a_step_without_completion_is_held_against_dispatched_times() -> None:
    lengths = steady(600)
    lengths[300] *= 9
    steps = columns(lengths)
    steps.completed[[299, 300, 301]] = np.nan
    assert look(steps).slow.tolist() == [300]


@given(st.lists(st.integers(1, 700), max_size=6), st.integers(0, 5))
@settings(max_examples=40, deadline=None)
def test_what_is_found_does_not_depend_on_when_one_looked(grown: list[int], seed: int) -> None:
    lengths, gaps = steady(700, seed), np.zeros(700)
    lengths[[130, 300, 640]] *= 8
    gaps[[129, 512]] = S
    steps = columns(lengths, gaps)
    search = UnusualSearch()
    for count in [*sorted(grown), 700]:
        cut = StepColumns(
            **{name: getattr(steps, name)[..., :count] for name in StepColumns.__slots__}
        )
        found = search.update(cut, cut.end, settled=count, warmup=3)
    once = look(steps)
    assert found.slow.tolist() == once.slow.tolist()
    assert found.stalls == once.stalls


def test_a_long_run_is_looked_through_bit_by_bit() -> None:
    lengths = steady(200_000)
    lengths[150_000] *= 9
    steps, search, looks = columns(lengths), UnusualSearch(), 0
    while not (found := search.update(steps, steps.end, settled=200_000, warmup=3)).whole:
        looks += 1
    assert looks > 0
    assert found.slow.tolist() == [150_000]


def test_another_journal_is_looked_through_anew() -> None:
    lengths = steady(600)
    lengths[300] *= 9
    search, steps = UnusualSearch(), columns(lengths)
    assert search.update(steps, steps.end, settled=600, warmup=3).slow.tolist() == [300]
    other = columns(steady(600) + 1.0)
    assert search.update(other, other.end, settled=600, warmup=3).slow.tolist() == []
