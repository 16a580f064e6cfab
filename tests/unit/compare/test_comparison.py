"""What a comparison of synthetic runs says: direction, sides, noise, rates, words, JSON."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.helpers.fake_run import make_run
from tests.helpers.race_snapshots import (
    MS,
    constant,
    noisy,
    race,
    run,
    with_batch,
    with_steps,
)

from diptych.profiling.cli.compare_text import lines
from diptych.profiling.compare.as_json import as_json
from diptych.profiling.compare.comparison import Comparison, compare
from diptych.profiling.compare.parity import parity
from diptych.profiling.compare.samples import Side
from diptych.profiling.compare.saved import compare_runs, read_run
from diptych.profiling.compare.verdict import Finding, judge
from diptych.profiling.compare.words import sentence
from diptych.profiling.runs.snapshot import RunSnapshot, StepFlag

LABELS = ("one", "other", "third", "fourth")


def compared(runs: list[RunSnapshot], **options: Any) -> Comparison:
    return compare(runs, LABELS[: len(runs)], **options)


def finding(comparison: Comparison, side: int = 1) -> Finding:
    verdict = comparison.verdicts[side]
    assert verdict is not None
    return verdict.finding


# -- direction ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("times", "found", "words"),
    [
        ((5.0, 6.0), Finding.A_FASTER, "one is 1.20 times as fast as other (95 % interval 1."),
        ((6.0, 5.0), Finding.B_FASTER, "other is 1.20 times as fast as one (95 % interval 1."),
        ((5.0, 5.0), Finding.SAME, "one and other are equally fast within 1 %"),
    ],
)
def test_the_side_with_the_shorter_step_is_the_faster_one(
    times: tuple[float, float], found: Finding, words: str
) -> None:
    a, b = race([noisy(ms, seed) for seed, ms in enumerate(times)])
    comparison = compared([a, b])
    assert comparison.together
    assert finding(comparison) is found
    verdict = comparison.verdict
    assert verdict is not None
    assert verdict.ratio.estimate == pytest.approx(times[1] / times[0], rel=0.02)
    assert sentence(comparison).startswith(words)
    assert next(lines(comparison)).startswith(words)
    data = as_json(comparison)
    assert (data["ratio"]["estimate"] > 1) == (times[1] > times[0] or found is Finding.SAME) or (
        found is Finding.SAME
    )
    assert data["verdict"] == found.value


def test_all_sides_are_held_against_the_first() -> None:
    comparison = compared(race([noisy(ms, at) for at, ms in enumerate((6, 5, 9))]))
    assert comparison.verdicts[0] is None
    assert [finding(comparison, at) for at in (1, 2)] == [Finding.B_FASTER, Finding.A_FASTER]
    ratios = [v.ratio.estimate for v in comparison.verdicts[1:] if v]
    assert ratios == pytest.approx([5 / 6, 9 / 6], rel=0.02)
    data = as_json(comparison)
    assert [v["side"] for v in data["verdicts"]] == ["other", "third"]
    assert {v["against"] for v in data["verdicts"]} == {"one"}


# -- noise -------------------------------------------------------------------------------


def test_a_difference_within_the_noise_is_none() -> None:
    """GIVEN 3 % between the sides and 5 % between two runs of one side THEN nobody is faster."""
    a, b, again = race([noisy(5, 1), noisy(5.15, 2), noisy(5.25, 3)])
    assert finding(compared([a, b])) is Finding.A_FASTER
    with_noise = compared([a, b], noise=again)
    assert with_noise.noise_floor == pytest.approx(1.05, abs=0.02)
    assert finding(with_noise) is Finding.NOT_DISTINGUISHABLE
    assert "one side, run twice, shows" in sentence(with_noise)


def test_a_noise_run_that_failed_takes_nothing_with_it() -> None:
    a, b, again = race([noisy(5, 1), noisy(6, 2), noisy(5, 3)])
    started = replace(again, turns=again.turns[:2])
    early = compared([a, b], noise=started)
    assert early.together
    assert early.noise_floor is None
    assert early.noise_run is None
    assert len(early.sides[0].timed.rows) == 8 * 2 * 9


def test_one_side_twice_tells_the_noise_and_is_judged_without_it(tmp_path: Path) -> None:
    """GIVEN an A/A comparison THEN its own ratio is the noise, and no bar for itself."""
    asked = read_run(make_run(tmp_path, steps=20, window_at=None)).manifest
    assert asked is not None
    a, b = (
        replace(side, manifest=msgspec.structs.replace(
            asked, request=msgspec.structs.replace(asked.request, name=side.id, gate=side.id)))
        for side in race([noisy(5, 1), noisy(5.5, 2)])
    )  # fmt: skip
    comparison = compared([a, b])
    assert comparison.noise_floor == pytest.approx(1.1, abs=0.02)
    assert finding(comparison) is Finding.A_FASTER
    other = msgspec.structs.replace(asked, request=msgspec.structs.replace(
        asked.request, knobs={**asked.request.knobs, "batch": 8}))  # fmt: skip
    assert compared([a, replace(b, manifest=other)]).noise_floor is None


# -- rulers ------------------------------------------------------------------------------


def test_sides_with_two_rulers_are_compared_by_whole_turns() -> None:
    """GIVEN a side whose steps look half as long as they are WHEN rulers differ THEN its turns
    tell the truth, it is said, and more steps are counted in steps."""
    a, b = race([noisy(5, 1, 0.3), noisy(5.02, 4, 0.3)])
    short = replace(with_steps(b, completed=b.steps.completed / 2), ruler="event")
    comparison = compared([a, short])
    assert comparison.measure == "throughput"
    verdict = comparison.verdict
    assert verdict is not None
    assert verdict.ratio.estimate == pytest.approx(1.0, abs=0.1)
    assert verdict.finding is Finding.NOT_DISTINGUISHABLE
    ruler = next(line for line in comparison.fairness if line.code == "ruler")
    assert ruler.answer == "no"
    text = list(lines(comparison))
    assert any("not timed with one ruler" in line for line in text)
    assert any("ms by stretches" in line for line in text)
    assert as_json(comparison)["sides"][1]["by_throughput_ms"]["estimate"] == pytest.approx(
        5, rel=0.1
    )


def test_more_steps_are_steps_also_where_turns_are_compared() -> None:
    a, b = race([constant(5), constant(6)], rounds=4)
    for ruler in ("fence", "event"):
        verdict = compared([a, replace(b, ruler=ruler)]).verdict
        assert verdict is not None
        assert verdict.finding is Finding.TOO_SHORT
        assert verdict.more_steps == 2 * 2 * 9


def test_stretches_that_say_the_opposite_are_named() -> None:
    a, b = race([noisy(5, 1), noisy(6, 2)])
    slow_turns = tuple(
        replace(turn, start=turn.start - 1 * MS) if turn.round >= 0 else turn for turn in a.turns
    )
    comparison = compared([replace(a, turns=slow_turns), b])
    assert not any("opposite" in line for line in lines(comparison))
    spread = race([noisy(5, 1), noisy(5.2, 2)])
    slow_turns = tuple(replace(t, start=t.start - int(1.9 * MS)) for t in spread[0].turns)
    comparison = compared([replace(spread[0], turns=slow_turns), spread[1]])
    assert finding(comparison) is Finding.A_FASTER
    check = comparison.check[1]
    assert check is not None
    assert (check.finding is Finding.B_FASTER) == any(
        "opposite" in line for line in lines(comparison)
    )


# -- batches and rates -------------------------------------------------------------------


def test_other_batches_are_compared_by_sample_too() -> None:
    a, b = race([noisy(5, 1), noisy(8, 2)])
    comparison = compared([with_batch(a, 32), with_batch(b, 64)])
    assert finding(comparison) is Finding.A_FASTER
    by_sample = comparison.by_sample[1]
    assert by_sample is not None
    assert by_sample.finding is Finding.B_FASTER
    assert by_sample.ratio.estimate == pytest.approx(0.8, rel=0.02)
    text = sentence(comparison)
    assert text.startswith("per sample other is 1.2")
    assert "per step, of another batch, one is 1.6" in text
    data = as_json(comparison)["verdicts"][0]
    assert data["by_sample"]["estimate"] == pytest.approx(0.8, rel=0.02)
    assert data["by_sample_verdict"] == "b_faster"
    assert compared([a, b]).by_sample == (None, None)


def test_a_smaller_last_batch_leaves_the_rate_as_it_is() -> None:
    a, b = race([constant(5), constant(5)])
    samples = a.steps.samples.copy()
    samples[20::21] = 7
    rates = [compared([with_steps(a, samples=s), b]).sides[0].rate for s in (samples, samples * 0)]
    assert rates[0] is not None
    assert rates[0].estimate == pytest.approx(32 / 0.005)
    assert rates[1] is None
    samples[::2] = 16
    assert compared([with_steps(a, samples=samples), b]).sides[0].rate is None
    samples[:] = np.nan
    assert compared([with_steps(a, samples=samples), b]).sides[0].rate is None


# -- what is missing ---------------------------------------------------------------------


def test_runs_that_were_not_made_for_it_say_which_guarantees_they_lack() -> None:
    first = run("first", [noisy(5, 1)(n) for n in range(200)])
    second = run("second", [noisy(6, 2)(n) for n in range(200)], t0=10**14)
    comparison = compare_runs([first, second])
    answers = {line.code: line.answer for line in comparison.fairness}
    assert (answers["order"], answers["numbers"]) == ("no", "unknown")
    assert not comparison.together
    text = "\n".join(lines(comparison))
    assert "No side was run twice" in text
    assert "did not take turns" in text
    assert finding(comparison) is Finding.A_FASTER
    at_once = compare_runs([first, replace(second, steps=replace(
        second.steps, start=first.steps.start, end=first.steps.end))])  # fmt: skip
    order = next(line for line in at_once.fairness if line.code == "order")
    assert "at the same time" in order.evidence


def test_sides_without_a_time_that_counts_are_not_compared() -> None:
    a, b = race([constant(5), constant(5)])
    nothing = with_steps(b, completed=np.full(len(b.steps), np.nan))
    comparison = compared([a, nothing])
    assert comparison.verdicts[1] is None
    assert "cannot be compared" in sentence(comparison)
    assert as_json(comparison)["ratio"] is None
    no_round = compared([replace(a, turns=a.turns[:3]), b])
    assert no_round.verdicts[1] is None
    order = no_round.fairness[0]
    assert (order.code, order.answer) == ("order", "unknown")
    assert list(lines(no_round))
    compiled = with_steps(b, flags=np.full(len(b.steps), StepFlag.COMPILING, np.uint8))
    assert compared([a, compiled]).verdicts[1] is None


def test_sides_of_no_length_at_all_are_not_divided_by() -> None:
    a, b = race([constant(5), constant(5)])
    zero = with_steps(b, completed=np.zeros(len(b.steps)))
    assert compared([a, zero]).verdicts[1] is None
    assert compared([zero, a]).verdicts[1] is None


# -- tails -------------------------------------------------------------------------------


def test_a_tail_of_few_steps_has_no_interval() -> None:
    few, many = (compared(race([noisy(5, 1), noisy(5, 2)], turn=turn)) for turn in (5, 40))
    for quantile, steps in ((0.95, 64), (0.99, 624)):
        for comparison in (few, many):
            found = comparison.sides[0].quantiles[quantile]
            assert found is not None
            assert found.estimate > 5 * MS
            enough = len(comparison.sides[0].timed.rows) * (1 - quantile) >= 5
            assert (found.low is not None) == enough
        assert steps


def test_intervals_of_the_95th_percentile_hold_it() -> None:
    """Coverage over races with rounds of different speed; 95 % is promised for medians."""
    inside = 0
    truth = 5 * np.exp(np.sqrt(0.05**2 + 0.02**2) * 1.6449)
    for seed in range(40):
        shift = np.exp(np.random.default_rng(seed + 500).normal(0, 0.02, 100))
        usual = noisy(5, seed, 0.05)

        def times(n: int, usual: Any = usual, shift: Any = shift) -> float:
            return float(usual(n) * shift[max(n - 13, 0) // 40])

        side = compared(race([times, constant(5)], rounds=12, turn=20)).sides[0]
        found = side.quantiles[0.95]
        assert found is not None
        assert found.low is not None
        assert found.high is not None
        inside += found.low <= truth * MS <= found.high
    assert inside >= 34


# -- more steps --------------------------------------------------------------------------


def test_as_many_steps_as_were_asked_for_settle_it() -> None:
    """GIVEN 2 % under much noise WHEN the steps that are asked for are made THEN 4 of 5 races, in
    which the estimate was about right, find it."""
    first = [_judged(seed, 12) for seed in range(30)]
    right = [v for v in first if abs(np.log(v.ratio.estimate / 1.02)) < 0.006]
    more = [v.more_steps for v in right if v.more_steps]
    assert more
    rounds = 12 + int(np.ceil(np.median(more) / 40))
    found = [_judged(1_000 + seed, rounds).finding is Finding.A_FASTER for seed in range(40)]
    assert np.mean(found) >= 0.55


def _judged(seed: int, rounds: int) -> Any:
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(rounds), 40)
    shared = rng.normal(0, 0.03, rounds)[of]
    a, b = (10e6 * np.exp(shared + rng.normal(0, 0.15, len(of))) for _ in range(2))
    found = judge(Side(a, of, rounds), Side(b * 1.02, of, rounds), together=True)
    assert found is not None
    return found


# -- JSON --------------------------------------------------------------------------------

KEYS = (
    "sides ratio verdict noise_floor warmup parity fairness families matched_share measure in_turns"
    " verdicts sentence more_steps id why_not"
)


def test_the_json_has_the_keys_that_scripts_read_and_no_number_that_is_none() -> None:
    curve = np.linspace(2, 1, 20)
    a, b, again = race([noisy(5, 1), noisy(6, 2), noisy(5, 3)])
    data = as_json(compared([a, b], noise=again, parity=parity(curve, curve * 1.01, "fp32")))
    assert set(data) == set(KEYS.split())
    assert set(data["ratio"]) == {"estimate", "low", "high"}
    assert data["warmup"] == [13, 13]
    assert len(data["sides"]) == 2
    found = data["parity"]
    assert found["status"] == "different"
    assert found["first_step_beyond"] == 0
    assert found["max_rel_diff"] == pytest.approx(0.01, rel=0.1)
    assert len(found["tolerance"]) == len(found["difference"]) == found["compared"] == 20
    assert found["tolerance"][0] == pytest.approx(64 * 2**-23)
    json.loads(json.dumps(data, allow_nan=False))
    assert as_json(compared([a, b]))["parity"]["status"] == "not_compared"


def test_a_parity_without_numbers_is_json_too() -> None:
    a, b = race([constant(5), constant(5)])
    none = parity(np.full(20, np.nan), np.full(20, np.nan), "fp32")
    data = as_json(compared([a, b], parity=none))
    assert data["parity"]["status"] == "unknown"
    json.dumps(data, allow_nan=False)
