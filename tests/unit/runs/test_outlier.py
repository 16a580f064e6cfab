"""What is said to have been different in a step, on runs whose story is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.helpers.fake_run import LiveRun

from diptych.profiling.records import kinds
from diptych.profiling.runs.outlier import CODES, Explanation, Fact, explain, throttle_words
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot

MS, S = 1_000_000, 1_000_000_000


def read(run: LiveRun) -> RunSnapshot:
    run.flush()
    with RunSession(run.directory) as session:
        while session.poll() or session.behind:
            pass
        return session.snapshot()


def fact(found: Explanation, code: str) -> Fact:
    return next(f for f in found.facts if f.code == code)


def one_slow(run: LiveRun, times: float = 9.0) -> int:
    usual, run.ms = run.ms, run.ms * times
    run.step(1)
    run.ms = usual
    return run.steps - 1


def test_a_slow_step_stands_beside_its_neighbours(tmp_path: Path) -> None:
    with LiveRun(tmp_path, ms=10.0) as run:
        run.step(80)
        row = one_slow(run)
        run.step(80)
        found = explain(read(run), row)
    assert found.n == row
    assert found.neighbours == 100
    assert found.completed
    assert found.length.here == pytest.approx(90 * MS, rel=0.15)
    assert found.length.usual == pytest.approx(10 * MS, rel=0.03)
    more = {line.name: line.more or 0.0 for line in found.phases}
    assert max(more, key=lambda name: more[name]) == "backward"
    assert sum(more.values()) == pytest.approx(found.dispatched.more or 0.0, rel=0.02)


def test_nothing_else_is_made_up(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(120)
        found = explain(read(run), 60)
    assert {f.code for f in found.facts} == set(CODES)
    assert not [f.code for f in found.facts if f.found]
    for code in ("gc", "faults"):
        assert fact(found, code) == Fact(code, None, why="not_recorded")
    assert fact(found, "throttle").why == "no_gpu"


def test_validation_before_it_is_told_with_its_length(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(60)
        start = run.now
        run.now += 2 * S
        run.worker.put(kinds.Eval, run.now, t0=start, batches=7)
        run.step(60)
        found = explain(read(run), 60)
    assert fact(found, "validation").values["length"] == pytest.approx(2 * S, rel=0.01)
    assert (found.gap.more or 0) == pytest.approx(2 * S, rel=0.01)


def test_a_profiled_step_and_the_step_after_a_window_say_so(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(60)
        run.window(5)
        run.step(60)
        snapshot = read(run)
    assert fact(explain(snapshot, 62), "window") == Fact("window", True, {"window": 0})
    edge = fact(explain(snapshot, 60), "window_edge")
    assert edge.found
    assert edge.values["window"] == 0
    assert edge.values["pause"] == 8 * MS
    assert fact(explain(snapshot, 90), "window_edge").found is False


def test_warm_up_and_compilation_are_told(tmp_path: Path) -> None:
    with LiveRun(tmp_path, warmup=5) as run:
        run.step(100)
        found = explain(read(run), 0)
    assert fact(found, "warmup").found
    assert fact(found, "compiling").found
    assert fact(explain(read(run), 50), "warmup").found is False


def test_another_number_of_samples_is_told(tmp_path: Path) -> None:
    with LiveRun(tmp_path, batch=32) as run:
        run.step(50)
        run.batch = 7
        run.step(1)
        run.batch = 32
        run.step(50)
        found = explain(read(run), 50)
    assert fact(found, "samples") == Fact("samples", True, {"here": 7.0, "usual": 32.0})


def busy(run: LiveRun, **values: Any) -> None:
    """Let the sampler see something else during the next step, which lasts for a second."""
    usual, run.ms = run.ms, 1000.0
    start = run.now
    run.step(1)
    run.ms = usual
    for at in range(start + 100 * MS, run.now, 200 * MS):
        run.system.put(kinds.Host, at, **{"cpu": 41.0, "mem_used": 1, "mem_total": 2, **values})
    run.flush()


def test_other_programs_that_took_the_processors_are_told(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(100)
        busy(run, cpu=100.0)
        run.step(100)
        found = explain(read(run), 100)
    others = fact(found, "others")
    assert others.found
    assert float(others.values["here"]) > float(others.values["usual"]) + 50


def test_a_gpu_that_was_held_back_is_told(tmp_path: Path) -> None:
    with LiveRun(tmp_path, gpu=True) as run:
        run.step(100)
        start = run.now
        usual, run.ms = run.ms, 1000.0
        run.step(1)
        run.ms = usual
        for at in range(start + 50 * MS, run.now, 50 * MS):
            run.system.put(
                kinds.Gpu,
                at,
                index=0,
                util=90.0,
                mem_used=1,
                sm_clock=900,
                throttle=("power cap", "something new"),
            )
        run.step(100)
        found = explain(read(run), 100)
    throttle = fact(found, "throttle")
    assert throttle.found
    assert throttle.values["reasons"] == "power cap, another reason"
    assert fact(found, "clock").found
    assert throttle_words(0) == []


def test_what_the_driver_does_not_tell_is_not_known(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(100)
        run.system.put(
            kinds.Gpu,
            run.now,
            index=0,
            util=None,
            mem_used=None,
            reasons={"throttle": "not_supported", "sm_clock": "not_supported"},
        )
        found = explain(read(run), 99)
    assert fact(found, "throttle") == Fact("throttle", None, {"gpu": 0}, "not_supported")
    assert fact(found, "clock").found is None


@pytest.mark.parametrize("count", [1, 2])
def test_a_run_of_one_step_can_be_asked_too(tmp_path: Path, count: int) -> None:
    with LiveRun(tmp_path) as run:
        run.step(count)
        found = explain(read(run), 0)
    assert found.neighbours == count - 1
    assert (found.length.usual is None) == (count == 1)
    assert found.gap.here is None


def test_a_step_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(3)
        snapshot = read(run)
    with pytest.raises(IndexError):
        explain(snapshot, 3)


def test_a_garbage_collection_in_it_is_told(tmp_path: Path) -> None:
    with LiveRun(tmp_path, ms=10.0) as run:
        run.worker.put(kinds.Collected, run.now, t0=run.now)
        for n in range(60):
            # The script collects at each step; at the slow one it takes long.
            run.worker.put(kinds.Collected, run.now + 3 * MS, t0=run.now + 2 * MS, generation=2)
            if n == 30:
                run.worker.put(
                    kinds.Collected, run.now + 70 * MS, t0=run.now + 4 * MS, generation=2
                )
                one_slow(run)
            else:
                run.step(1)
        snapshot = read(run)
    found = fact(explain(snapshot, 30), "gc")
    assert found.found
    assert found.values == {"here": 67 * MS, "usual": 1 * MS}
    assert not fact(explain(snapshot, 50), "gc").found


def test_a_collection_before_it_was_watched_is_not_known(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(20)
        run.worker.put(kinds.Collected, run.now, t0=run.now)
        run.step(20)
        snapshot = read(run)
    assert fact(explain(snapshot, 10), "gc").found is None
    assert fact(explain(snapshot, 30), "gc").found is False


@pytest.mark.parametrize(
    ("minor", "major", "told"),
    [(900.0, 0.0, False), (90_000.0, 0.0, True), (1_000.0, 400.0, True)],
)
def test_page_faults_around_it(tmp_path: Path, minor: float, major: float, told: bool) -> None:
    with LiveRun(tmp_path, ms=100.0) as run:
        whole = run.system.put
        faults = {"minor_faults": 1_000.0, "major_faults": 0.0}

        def put(kind: type, t: int, **fields: Any) -> None:
            whole(kind, t, **{**fields, **(faults if kind is kinds.Process else {})})

        run.system.put = put  # type: ignore[method-assign] # with what the sampler adds
        run.step(40)
        faults.update(minor_faults=minor, major_faults=major)
        row = one_slow(run)
        faults.update(minor_faults=1_000.0, major_faults=0.0)
        run.step(40)
        found = fact(explain(read(run), row), "faults")
    assert found.found is told
    assert found.values["usual"] == 1_000.0
