"""Which steps of a race and of runs on their own count, and how long stretches of them took."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers import race_snapshots
from tests.helpers.race_snapshots import MS, constant, noisy, race, with_steps, with_validation

from diptych.profiling.compare import rounds
from diptych.profiling.compare.timed import DROPPED, Stretch, measure_of, timed
from diptych.profiling.runs.snapshot import RunSnapshot, StepFlag, TurnSpan

QUICK = settings(max_examples=30, deadline=None)


# -- turns ---------------------------------------------------------------------------------


@QUICK
@given(sides=st.integers(2, 4), count=st.integers(1, 7), turn=st.integers(1, 9))
def test_turns_partition_the_steps_and_rounds_pair_the_sides(
    sides: int, count: int, turn: int
) -> None:
    runs = race([noisy(5 + at, at) for at in range(sides)], rounds=count, turn=turn)
    assert rounds.in_one_race(runs)
    for run in runs:
        assert [n for t in run.turns for n in range(t.first, t.last + 1)] == run.steps.n.tolist()
        assert rounds.complete(run) == set(range(count))
    parts = timed(runs)
    assert len({part.rounds for part in parts}) == 1
    for part in parts:
        assert part.raced
        assert len(part.rows) == 2 * part.rounds * (turn - DROPPED)
        assert part.dropped == 2 * part.rounds * DROPPED
        assert (
            np.bincount(part.round, minlength=part.rounds).tolist()
            == [2 * (turn - DROPPED)] * part.rounds
        )
        counted = part.run.steps.n[part.rows]
        assert not np.isin(counted, [t.first for t in part.run.turns]).any()


@QUICK
@given(fresh=st.floats(1, 5), turn=st.integers(2, 20))
def test_throughput_is_of_whole_turns_whatever_steps_are_dropped(fresh: float, turn: int) -> None:
    """GIVEN turns whose first step is slow WHEN measured THEN steps leave it out, turns hold it."""
    a, b = race([constant(4, fresh=fresh, turn=turn)] * 2, turn=turn)
    part = timed([a, b])[0]
    assert part.by_step().times == pytest.approx(4 * MS)
    expected = (fresh + turn - 1) / turn * 4 * MS
    assert part.by_throughput().times == pytest.approx(expected, rel=1e-6)
    assert len(part.by_throughput().times) == 2 * part.rounds


def test_runs_of_two_races_are_not_paired() -> None:
    first, second = (race([noisy(5, s), noisy(5, s + 9)], t0=10**12 * (s + 1)) for s in (0, 1))
    assert rounds.in_one_race(first)
    for pair in ((first[0], second[0]), (first[0], second[1]), (first[0], first[0])):
        assert not rounds.in_one_race(pair)
        parts = timed(pair)
        assert [part.raced for part in parts] == [False, False]
        # Each is still taken by its own rounds, so parked time is in no number.
        assert [part.rounds for part in parts] == [8, 8]
        for part in parts:
            assert part.by_step().times == pytest.approx(5 * MS, rel=0.15)
            assert part.by_throughput().times == pytest.approx(5 * MS, rel=0.15)


def test_a_run_that_took_turns_beside_one_that_did_not() -> None:
    raced, _ = race([noisy(5, 1), noisy(50, 2)])
    alone = race_snapshots.run("alone", [5.0] * 200, t0=10**14)
    parts = timed([raced, alone])
    assert not any(part.raced for part in parts)
    for part in parts:
        assert part.by_throughput().times == pytest.approx(5 * MS, rel=0.15)


def test_a_turn_that_was_cut_short_takes_its_round_away() -> None:
    a, b = race([constant(5), constant(6)])
    last = a.turns[-1]
    short = replace(last, last=last.last - 4, end=last.end - 20 * MS)
    cut = replace(a, turns=(*a.turns[:-1], short))
    assert rounds.complete(cut) == set(range(7))
    assert [part.rounds for part in timed([cut, b])] == [7, 7]


def test_a_side_without_its_second_turn_takes_the_round_away_from_all() -> None:
    a, b = race([constant(5), constant(6)])
    parts = timed([replace(a, turns=a.turns[:-1]), b])
    assert [part.rounds for part in parts] == [7, 7]
    assert all(part.raced for part in parts)


def test_rounds_in_which_another_side_made_steps_do_not_count() -> None:
    """GIVEN a conductor that was killed in a turn WHEN the other side goes on THEN that is seen."""
    a, b = race([constant(5), constant(5)])
    last = max(b.turns + a.turns, key=lambda turn: turn.number)
    other, owner = (a, b) if last in b.turns else (b, a)
    steps = other.steps
    column = np.append(steps.start, last.start + 7 * MS), np.append(steps.end, last.start + 9 * MS)
    more = {
        name: np.append(getattr(steps, name), getattr(steps, name)[-1:])
        for name in ("dispatched", "completed", "completed_at", "samples", "loss", "cost", "flags")
    }
    free = with_steps(
        other, n=np.append(steps.n, len(steps)), start=column[0], end=column[1],
        phases=np.hstack([steps.phases, steps.phases[:, -1:]]), **more,
    )  # fmt: skip
    assert rounds.in_one_race([free, owner])
    assert rounds.that_count([free, owner]) == list(range(7))


def test_no_round_at_all_is_still_a_race() -> None:
    a, b = race([constant(5), constant(5)], rounds=1)
    parts = timed([replace(a, turns=a.turns[:3]), b])
    assert [(part.raced, part.rounds, len(part.rows)) for part in parts] == [(True, 0, 0)] * 2
    assert len(parts[0].by_step().times) == len(parts[0].by_throughput().times) == 0


# -- warm-up -------------------------------------------------------------------------------


def _both(one: race_snapshots.Times, other: race_snapshots.Times) -> race_snapshots.Times:
    return lambda n: one(n) * other(n)


def _slow_until(step: int, factor: float, seed: int) -> race_snapshots.Times:
    usual = noisy(5, seed)
    return lambda n: usual(n) * (factor if n < step else 1.0)


def test_a_warm_up_that_lasts_into_the_rounds_is_left_out_of_all_sides() -> None:
    runs = race([_slow_until(40, 1.6, 1), noisy(5, 2)], rounds=10)
    # Steps 13 to 32 are round 0, 33 to 52 round 1.
    assert [rounds.first_warm(run) for run in runs] == [2, 0]
    parts = timed(runs)
    assert [part.rounds for part in parts] == [8, 8]
    assert [part.warmup for part in parts] == [53, 53]


def test_slow_steps_after_the_others_turns_are_no_warm_up() -> None:
    for seed in range(5):
        times = _both(constant(1, fresh=2.5, turn=22), noisy(40, seed, 0.03))
        a, b = race([times, times], turn=22)
        assert (rounds.first_warm(a), rounds.first_warm(b)) == (0, 0)


def test_a_machine_that_is_slow_at_times_has_no_warm_up_when_it_begins_so() -> None:
    def times(n: int) -> float:
        return noisy(25, 3)(n) * (1.7 if n < 36 or 200 <= n < 230 else 1.0)

    a, _ = race([times, noisy(25, 4)], rounds=10, turn=15)
    assert a.warmup is not None
    assert a.warmup >= 30
    assert rounds.first_warm(a) == 0


def test_modes_that_come_and_go_seldom_cost_a_round() -> None:
    """GIVEN a side with two speeds that change at random WHEN it races THEN few rounds go."""
    lost = []
    for seed in range(20):
        rng = np.random.default_rng(seed)
        mode = 1 + 0.7 * (np.cumsum(rng.random(20_000) < 0.02) % 2)
        times = _both(noisy(25, seed), lambda n, mode=mode: float(mode[n]))  # type: ignore[misc]  # of its default
        a, _ = race([times, times], rounds=10, turn=20)
        lost.append(rounds.first_warm(a))
    assert np.mean(lost) < 0.5


# -- steps that do not count ---------------------------------------------------------------


def test_steps_that_compile_or_are_profiled_in_the_middle_do_not_count() -> None:
    a, b = race([constant(5), constant(5)])
    flags = a.steps.flags.copy()
    flags[60], flags[85] = StepFlag.COMPILING, StepFlag.PROFILED
    slow = a.steps.completed.copy()
    slow[[60, 85]] *= 20
    part = timed([with_steps(a, flags=flags, completed=slow), b])[0]
    assert not np.isin([60, 85], part.rows).any()
    assert part.by_step().times == pytest.approx(5 * MS)
    # Their turns are longer than others: they are left out as a whole.
    assert len(part.by_throughput().times) == 2 * part.rounds - 2


def test_steps_of_which_completion_is_not_known_are_no_steps_of_zero() -> None:
    a, b = race([constant(5), constant(5)])
    times = a.steps.completed.copy()
    times[40::3] = np.nan
    times[41::3] = 0
    part = timed([with_steps(a, completed=times), b])[0]
    assert part.by_step().times == pytest.approx(5 * MS)
    assert len(part.by_step().times) < len(part.rows)


def test_a_step_is_over_when_the_fence_of_its_turn_is() -> None:
    """GIVEN a last step whose end is written down late WHEN compared THEN no parked time counts."""
    a, b = race([constant(5), constant(5)])
    late = np.isin(a.steps.n, [turn.last for turn in a.turns]) * 3e6
    seen = with_steps(
        a, completed=a.steps.completed + late, completed_at=a.steps.completed_at + late
    )
    assert timed([seen, b])[0].by_step().times == pytest.approx(5 * MS)


def test_validation_in_a_turn_is_not_in_its_throughput() -> None:
    a, b = race([constant(5), constant(5)])
    middle = a.turns[6]
    part = timed([with_validation(a, middle.first + 3, 400), b])[0]
    # The other side's turns lie where they lay, so it is a run on its own now: still by rounds.
    assert part.rounds
    assert part.by_throughput().times == pytest.approx(5 * MS)


# -- runs on their own -----------------------------------------------------------------------


@QUICK
@given(
    steps=st.integers(30, 300),
    at=st.lists(st.integers(3, 290), max_size=6, unique=True),
    length=st.floats(1, 500),
)
def test_stretches_hold_no_validation(steps: int, at: list[int], length: float) -> None:
    run = race_snapshots.run("one", [5.0] * steps)
    for after in sorted(n for n in at if n < steps - 1):
        run = with_validation(run, after, length)
    lengths = timed([run, race_snapshots.run("two", [5.0] * steps)])[0].by_throughput().times
    assert len(lengths)
    assert lengths == pytest.approx(5 * MS)


def test_a_stretch_has_no_window_in_it() -> None:
    run = race_snapshots.run("one", [5.0] * 60 + [80.0] * 5 + [5.0] * 60)
    flags = run.steps.flags.copy()
    flags[60:65] = StepFlag.PROFILED
    part = timed([with_steps(run, flags=flags), race_snapshots.run("two", [5.0] * 90)])[0]
    assert part.by_throughput().times == pytest.approx(5 * MS)
    assert len(part.rows) == 120


def test_empty_and_short_runs_have_nothing_to_compare() -> None:
    run = race_snapshots.run("one", [5.0, 5.0])
    none = with_steps(run, completed=np.full(2, np.nan), completed_at=np.full(2, np.nan))
    part = timed([none, run])[0]
    assert len(part.by_step().times) == len(part.by_throughput().times) == 0


# -- stretches and rulers --------------------------------------------------------------------


def test_a_stretch_of_a_race_keeps_whole_rounds() -> None:
    runs = race([constant(5), constant(7)], rounds=10)
    cut = timed(runs, Stretch(60, 95, "step"))
    assert [part.rounds for part in cut] == [3, 3]
    assert {len(part.turns) for part in cut} == {6}
    unpaired = timed([runs[0], race_snapshots.run("x", [7.0] * 200)], Stretch(60, 95, "step"))
    assert unpaired[0].rounds == 3
    assert len(unpaired[0].by_throughput().times) == 6
    assert set(unpaired[1].rows) == set(range(60, 96))


@pytest.mark.parametrize(
    ("rulers", "measure"),
    [
        (("fence", "fence"), "steps"), (("sync", "fence"), "steps"), (("event", "event"), "steps"),
        (("event", "fence"), "throughput"), (("event", "sync"), "throughput"),
        (("fence", None), "throughput"), (("fence", "fence", "event"), "throughput"),
    ],
)  # fmt: skip
def test_steps_are_compared_with_one_ruler_only(
    rulers: tuple[str | None, ...], measure: str
) -> None:
    run = race_snapshots.run("one", [5.0] * 30)
    runs: list[RunSnapshot] = [replace(run, ruler=ruler) for ruler in rulers]  # type: ignore[arg-type]  # of a literal
    assert measure_of(runs) == measure


def test_turns_are_seen_to_follow_each_other_not_believed() -> None:
    a, b = race([constant(5), constant(5)])
    assert rounds.in_one_race([a, b])
    turn: TurnSpan = b.turns[4]
    early = replace(turn, start=turn.start - 30 * MS)
    turns = tuple(early if t is turn else t for t in b.turns)
    assert not rounds.in_one_race([a, replace(b, turns=turns)])
