"""What is said of steps that a loop dispatched long before they were completed."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.models.completion import completed_at, completed_count, progress
from diptych.gui.text import format as fmt
from diptych.gui.text.format import UNKNOWN
from diptych.gui.text.runs import describe, latest_step_ns
from diptych.gui.views.live_series import last_second, seconds_to_go
from diptych.gui.views.now_numbers import PHASES, Cell, Stretch, rows, whole
from diptych.profiling.records import kinds
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.statistics import counted_steps
from diptych.profiling.runs.store import read_entry
from diptych.profiling.runs.summary import summarise

S, MS = 10**9, 10**6


def read(run: LiveRun) -> RunSnapshot:
    run.flush()
    with RunSession(run.directory) as session:
        session.poll()
        return session.snapshot()


def dispatch(run: LiveRun, count: int, at: float, each: float = 0.01, **fields: Any) -> None:
    """Dispatch ``count`` steps from ``at`` s on, ``each`` s apart."""
    for _ in range(count):
        start = run.started + int(at * S)
        length = int(each * S)
        run.worker.put(
            kinds.Step,
            start + length,
            n=run.steps,
            t0=start,
            dispatched=length,
            phases=(0, length // 2, length // 4, length // 8, length // 8),
            samples=run.batch,
            **fields,
        )
        run.steps += 1
        at += each


def complete(run: LiveRun, numbers: range, at: float, each: float) -> None:
    """Let the device complete steps from ``at`` s on, one every ``each`` s."""
    for n in numbers:
        end = run.started + int(at * S)
        run.worker.put(kinds.Done, end, n=n, completed=int(each * S), ruler="event")
        at += each


def stretch(snapshot: RunSnapshot, low: float, high: float) -> Stretch:
    return Stretch(snapshot, snapshot.origin + int(low * S), snapshot.origin + int(high * S))


def said(snapshot: RunSnapshot, low: float, high: float) -> dict[tuple[str, str], Cell]:
    return rows(stretch(snapshot, low, high))


@pytest.fixture
def ahead(tmp_path: Path) -> Any:
    """Yield a live run that dispatched 40 steps in 6–6.4 s; 24 are completed, in 8–19.5 s."""
    with LiveRun(tmp_path, framework="mxnet", total_steps=100) as run:
        dispatch(run, 40, at=6.0)
        complete(run, range(24), at=8.0, each=0.5)
        run.flush()
        yield run


def test_a_brush_speaks_of_the_steps_that_are_drawn_there(ahead: LiveRun) -> None:
    snapshot = read(ahead)
    assert stretch(snapshot, 12.1, 18.1).count == 12
    numbers = said(snapshot, 12.1, 18.1)
    assert numbers["", "ms/step, median"].text == "500"
    assert numbers["", "samples/s"].text == "64.0"
    assert stretch(snapshot, 6.0, 7.0).count == 0
    early = said(snapshot, 6.0, 7.0)
    assert early["", "ms/step, median"] == Cell(UNKNOWN, "no step was completed in this stretch")


def test_phases_are_those_of_the_bars_that_are_drawn_there(ahead: LiveRun) -> None:
    early = said(read(ahead), 6.0, 7.0)
    assert early[PHASES, "forward"].text == "5.00"
    assert "40 steps dispatched" in early[PHASES, "forward"].hint
    assert "add up to dispatched" in early[PHASES, "forward"].hint
    assert early["Run-ahead, mean", "dispatched"].text == "10.0\N{NO-BREAK SPACE}ms"
    late = said(read(ahead), 12.1, 18.1)
    assert late[PHASES, "forward"] == Cell(UNKNOWN, "no step was dispatched in this stretch")
    # Both of the same steps.
    assert late["Run-ahead, mean", "gap"].text == "490\N{NO-BREAK SPACE}ms"


def test_progress_and_the_time_to_go_are_those_of_completed_steps(ahead: LiveRun) -> None:
    snapshot = read(ahead)
    assert completed_count(snapshot) == progress(snapshot) == 24
    assert seconds_to_go(snapshot) == pytest.approx((100 - 24) * 0.5)
    assert describe(read_entry(ahead.directory), snapshot).fraction == pytest.approx(0.24)
    assert last_second(snapshot) == pytest.approx(19.5)
    assert latest_step_ns(snapshot) == 500 * MS
    ahead.finish("stopped")
    # Its summary counts what was recorded.
    assert progress(read(ahead)) == 40


def test_a_run_far_ahead_still_has_a_step_time(tmp_path: Path) -> None:
    with LiveRun(tmp_path, framework="mxnet", total_steps=1000) as run:
        dispatch(run, 400, at=1.0, each=0.001)
        complete(run, range(20), at=2.0, each=0.1)
        assert latest_step_ns(read(run)) == 100 * MS


def test_instants_of_completion_only_rise_and_follow_a_growing_run(tmp_path: Path) -> None:
    with (
        LiveRun(tmp_path, framework="mxnet", total_steps=1000) as run,
        RunSession(run.directory) as session,
    ):
        for part in range(5):
            dispatch(run, 20, at=1.0 + part)
            complete(run, range(part * 20, part * 20 + 10), at=1.5 + part, each=0.01)
            # Step 3 of each part is never heard of again; the rest comes late.
            complete(run, range(max(0, part * 20 - 9), part * 20), at=1.45 + part, each=0.001)
            run.flush()
            session.poll()
            snapshot = session.snapshot()
            at = completed_at(snapshot)
            assert at is completed_at(snapshot)
            steps = snapshot.steps
            known = np.isfinite(steps.completed_at)
            wanted = np.where(known, steps.completed_at, steps.end).astype(np.int64)
            assert (at == np.maximum.accumulate(wanted)).all()


def test_another_journal_in_the_same_place_is_another_run(tmp_path: Path) -> None:
    for at in (1.0, 2.0):
        with LiveRun(tmp_path / str(at), framework="mxnet", run_id="same", t0=5 * S) as run:
            dispatch(run, 20, at=at)
            complete(run, range(20), at=at + 1, each=0.1)
            snapshot = read(run)
        moved = replace(snapshot, directory=tmp_path / "one")
        assert completed_at(moved)[0] == snapshot.origin + int((at + 1) * S)


def test_fenced_phases_add_up_to_completed_and_say_so(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        for n in range(20):
            dispatch(run, 1, at=1 + n, each=0.1, completed=300 * MS, ruler="fence")
        snapshot = read(run)
    hint = said(snapshot, 0, 100)[PHASES, "other"].hint
    assert "add up to the mean completed time" in hint
    assert completed_at(snapshot)[0] - snapshot.steps.start[0] == 300 * MS
    assert completed_count(snapshot) == 20


def test_energy_per_sample_counts_the_samples_between_its_readings(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=800, gpu=True, ms=5.0, window_at=None, seed=3)
    with RunSession(run) as session:
        snapshot = session.drain()
    for length in (0.5, 1.0, 2.0):
        text = said(snapshot, 2.0, 2.0 + length)["Device", "energy/sample"].text
        assert float(text.split("\N{NO-BREAK SPACE}")[0]) == pytest.approx(320 * 5 / 32, rel=0.03)
    alone = said(snapshot, 2.0, 2.2)["Device", "energy/sample"]
    assert alone == Cell(UNKNOWN, "only one reading in this stretch")


def test_the_whole_of_an_ended_run_is_its_summary(tmp_path: Path) -> None:
    with RunSession(make_run(tmp_path, steps=200, framework="mxnet", seed=4)) as session:
        snapshot = session.drain()
    summary, numbers = summarise(snapshot), rows(whole(snapshot))
    assert numbers["", "ms/step, median"].text == fmt.number(summary.step_ms.median)
    assert numbers["", "mean"].text == fmt.number(summary.step_ms.mean)
    assert numbers["", "p99"].text == fmt.number(summary.step_ms.p99)
    assert numbers["", "samples/s"].text == fmt.number(summary.samples_per_s)
    assert numbers["Can I trust this?", "overhead"].text == fmt.at_least_percent(
        summary.overhead_percent
    )
    dispatched = summary.dispatched_ms.mean or 0.0
    assert numbers["Run-ahead, mean", "dispatched"].text == fmt.duration(dispatched * 1e6)
    assert sum(mean or 0.0 for mean in summary.phases_ms.values()) == pytest.approx(dispatched)
    for name, mean in summary.phases_ms.items():
        assert numbers[PHASES, name].text == fmt.number(mean)


def test_what_counts_is_a_matter_of_the_whole_run(tmp_path: Path) -> None:
    with LiveRun(tmp_path, framework="mxnet", total_steps=100) as run:
        dispatch(run, 1, at=1.0, warm=True)
        dispatch(run, 30, at=1.01)
        complete(run, range(1), at=3.0, each=2.0)
        # The device catches up with what was queued, then waits for the loop.
        complete(run, range(1, 31), at=3.002, each=0.002)
        dispatch(run, 40, at=3.1, each=0.05)
        complete(run, range(31, 71), at=3.152, each=0.05)
        snapshot = read(run)
    everywhere = counted_steps(snapshot.steps, snapshot.warmup)
    assert not everywhere[1:31].any()
    part = stretch(snapshot, 3.02, 4.0)
    completed, _ = part.counted()
    assert completed.mask.sum() < len(completed.steps)
    assert rows(part)["", "ms/step, median"].text == "50.0"
