"""What a side used is what was used in its own turns: no parked time, no validation."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.helpers.fake_run import make_run
from tests.helpers.race_snapshots import MS, constant, race, run, with_steps, with_validation

from diptych.profiling.compare.order import order_lines
from diptych.profiling.compare.resources import parked_cpu, resources, stretches
from diptych.profiling.compare.saved import read_run
from diptych.profiling.compare.timed import Timed, timed
from diptych.profiling.records.manifest import Manifest
from diptych.profiling.runs.snapshot import RunSnapshot, Series

QUICK = settings(max_examples=25, deadline=None)
LONG = 200
"""ms a step: turns are long enough to be sampled."""


@pytest.fixture(scope="module")
def gpu_manifest(tmp_path_factory: pytest.TempPathFactory) -> Manifest:
    """Of a run on the first GPU."""
    path = make_run(tmp_path_factory.mktemp("runs"), steps=20, window_at=None)
    found = read_run(path).manifest
    assert found is not None
    knobs = {**found.request.knobs, "device": "cuda:0"}
    return msgspec.structs.replace(
        found, request=msgspec.structs.replace(found.request, knobs=knobs)
    )


def busy(side: RunSnapshot, working: float, parked: float, every: int = 200 * MS) -> RunSnapshot:
    """Return a side that uses ``working`` % of a core in its turns, else ``parked``."""
    t = np.arange(side.turns[0].start, side.turns[-1].end + 2 * every, every)
    own = np.zeros(len(t), bool)
    for turn in side.turns:
        own |= (t >= turn.start) & (t <= turn.end)
    columns = {"cpu": np.where(own, working, parked), "rss": np.linspace(1e9, 2e9, len(t))}
    return replace(side, process=Series(t, columns))


def on_gpu(
    side: RunSnapshot, manifest: Manifest, watts: float, until: int | None = None
) -> RunSnapshot:
    """Return a side whose GPU takes ``watts`` all the time, by its counter of energy (mJ)."""
    t = np.arange(side.steps.start[0] - 10 * MS, until or side.steps.end[-1] + 500 * MS, 100 * MS)
    energy = (t - t[0]) / 1e9 * watts * 1e3
    series = Series(t, {"energy": energy, "power": np.full(len(t), watts)})
    return replace(side, manifest=manifest, gpus={0: series})


@QUICK
@given(
    sides=st.integers(2, 3),
    rounds=st.integers(2, 5),
    at=st.lists(st.integers(14, 40), max_size=4, unique=True),
    raced=st.booleans(),
)
def test_stretches_never_overlap_a_parked_time_or_a_validation(
    sides: int, rounds: int, at: list[int], raced: bool
) -> None:
    runs = race([constant(5 + n) for n in range(sides)], rounds=rounds)
    first = runs[0]
    for after in sorted(at):
        if after < len(first.steps) - 1:
            first = with_validation(first, after, 7)
    others = runs[1:] if raced else [run("alone", [5.0] * 60)]
    part = timed([first, *others])[0]
    spans = stretches(part)
    assert (spans[:, 0] < spans[:, 1]).all()
    for aside in first.aside:
        assert not ((spans[:, 0] < aside.end) & (spans[:, 1] > aside.start)).any()
    if not at:
        turns = [(t.start, t.end) for t in part.turns]
        assert spans.tolist() == [list(span) for span in turns]


def test_the_processor_is_read_in_the_own_turns_and_while_parked() -> None:
    a, b = race([constant(LONG), constant(LONG)])
    parts = timed([busy(a, 180, 1.5), busy(b, 95, 0.0)])
    used = [resources(part) for part in parts]
    assert [each.cpu for each in used] == [180, 95]
    assert [each.process_memory for each in used] == [2e9, 2e9]
    assert [parked_cpu(part) for part in parts] == [1.5, 0.0]
    lines = {line.code: line for line in order_lines(parts, ["one", "other"])}
    assert lines["parked"].answer == "yes"
    spinning = timed([busy(a, 180, 60), b])
    line = order_lines(spinning, ["one", "other"])[1]
    assert line.answer == "no"
    assert "60.0 % of a core (one" in line.evidence


def test_turns_too_short_to_be_sampled_are_not_guessed() -> None:
    a, b = race([constant(3), constant(3)])
    part = timed([busy(a, 100, 0), b])[0]
    assert resources(part).cpu is None


@QUICK
@given(watts=st.floats(20, 700), ms=st.floats(60, 90))
def test_energy_is_the_integral_of_power_over_the_own_turns(
    gpu_manifest: Manifest, watts: float, ms: float
) -> None:
    """GIVEN constant power WHEN 32 samples take so long THEN a sample has its share."""
    a, b = race([constant(ms), constant(70)])
    used = resources(timed([on_gpu(a, gpu_manifest, watts), b])[0])
    assert used.energy == pytest.approx(watts * ms / 1e3 / 32, rel=1e-3)
    assert used.power == pytest.approx(watts)


def test_the_turn_after_the_last_sample_does_not_take_the_energy_of_all(
    gpu_manifest: Manifest,
) -> None:
    a, b = race([constant(LONG), constant(LONG)])
    ended = int(a.turns[-1].end - 100 * MS)
    used = resources(timed([on_gpu(a, gpu_manifest, 100, until=ended), b])[0])
    assert used.energy == pytest.approx(100 * LONG / 1e3 / 32, rel=1e-3)


def test_energy_needs_a_counter_and_batches(gpu_manifest: Manifest) -> None:
    a, b = race([constant(LONG), constant(LONG)])
    known = on_gpu(a, gpu_manifest, 100)
    unknown = with_steps(known, samples=np.full(len(a.steps), np.nan))
    bare = replace(
        known, gpus={0: Series(known.gpus[0].t, {"power": np.full(len(known.gpus[0].t), 9)})}
    )
    none = replace(known, gpus={0: Series(known.gpus[0].t[:1], {"energy": np.ones(1)})})
    for side in (unknown, bare, none, a):
        assert resources(timed([side, b])[0]).energy is None


def test_the_frameworks_own_peak_is_that_of_the_device() -> None:
    one = np.ones(3)
    t = np.arange(3)
    memory = {
        "cpu": Series(t, {"allocated": one * 5}),
        "cuda:0": Series(t, {"peak": one * 9, "allocated": one * 8}),
    }
    side = replace(run("one", [5.0] * 40), memory=memory)
    part: Timed = timed([side, run("two", [5.0] * 40)])[0]
    used = resources(part)
    assert (used.memory_device, used.framework_memory) == ("cuda:0", 9)
    nothing = {"cpu": Series(t, {"peak": one * np.nan})}
    assert resources(timed([replace(side, memory=nothing), side])[0]).framework_memory is None


def test_the_order_says_how_the_sides_were_run() -> None:
    a, b = race([constant(5), constant(6)], rounds=9, turn=12)
    line = order_lines(timed([a, b]), ["one", "other"])[0]
    assert (line.code, line.answer) == ("order", "yes")
    assert line.evidence == "9 rounds of turns, 12 steps each, one side at a time"
    one, two = run("one", [5.0] * 50), run("two", [5.0] * 50, t0=10**13)
    (apart,) = order_lines(timed([one, two]), ["one", "two"])
    assert apart.answer == "no"
    assert apart.evidence.startswith("one after the other")
    (at_once,) = order_lines(timed([one, run("two", [5.0] * 50)]), ["one", "two"])
    assert "at the same time" in at_once.evidence
