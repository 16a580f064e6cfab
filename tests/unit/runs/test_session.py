"""A session follows a run from its first record to its end."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.fake_parts import MS
from tests.helpers.fake_run import LiveRun, make_run

from diptych.profiling.records import kinds
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runs import session as session_module
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot, RunState, StepFlag


def read(directory: Path) -> RunSnapshot:
    with RunSession(directory) as session:
        return session.drain()


def poll_until(session: RunSession, holds: Callable[[RunSnapshot], bool]) -> RunSnapshot:
    deadline = time.monotonic() + 10
    while True:
        session.poll()
        snapshot = session.snapshot()
        if holds(snapshot):
            return snapshot
        assert time.monotonic() < deadline, f"still {snapshot.state}"
        time.sleep(0.01)


@pytest.fixture(autouse=True)
def _no_grace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A directory without a runner is not taken for one that is about to have one."""
    monkeypatch.setattr(session_module, "_GRACE", 0.0)


@pytest.mark.parametrize("framework", ["torch", "mxnet"])
@pytest.mark.parametrize("gpu", [False, True])
def test_finished_run(tmp_path: Path, framework: str, gpu: bool) -> None:
    snapshot = read(make_run(tmp_path, framework=framework, steps=60, gpu=gpu))
    steps = snapshot.steps
    assert snapshot.state is RunState.DONE
    assert snapshot.exit_code == 0
    assert len(steps) == snapshot.total_steps == 60
    assert steps.n.tolist() == list(range(60))
    assert not np.isnan(steps.completed).any()
    assert (steps.phases.sum(axis=0) == steps.dispatched).all()
    assert np.allclose(steps.completed_at, steps.start + steps.completed)
    assert ((steps.flags & StepFlag.PROFILED) != 0).nonzero()[0].tolist() == [20, 21, 22, 23, 24]
    assert snapshot.warmup == 3
    assert snapshot.ruler == ("sync" if framework == "torch" else "loss")
    assert set(snapshot.gpus) == ({0} if gpu else set())
    assert (snapshot.nvml_state, len(snapshot.gpu_info)) == (("ok", 1) if gpu else ("absent", 0))
    assert snapshot.framework is not None
    assert snapshot.framework.name == framework
    assert snapshot.lag is None
    (window,) = snapshot.windows
    assert (window.state, window.first, window.last) == ("ready", 20, 24)
    assert (window.start, window.end) == (steps.start[20], steps.completed_at[24])
    assert window.operators is not None
    assert window.trace is not None


def test_unknown_values_are_nan_with_their_reason(tmp_path: Path) -> None:
    memory = read(make_run(tmp_path, framework="mxnet", steps=40)).memory["cpu"]
    assert len(memory.t) > 0
    assert np.isnan(memory.columns["allocated"]).all()
    assert memory.reasons["allocated"] == "not_supported"


def test_live_run_from_start_to_end(tmp_path: Path) -> None:
    with LiveRun(tmp_path, framework="mxnet") as run, RunSession(run.directory) as session:
        first = poll_until(session, lambda s: s.state is RunState.RUNNING)
        assert first.state_text == "running, no step yet"
        run.step(7)
        assert session.poll()
        second = session.snapshot()
        assert len(second.steps) == 7
        assert len(first.steps) == 0, "a snapshot does not grow"
        assert second.lag is not None
        run.runner.put(kinds.Stopping, run.now, stage="ask", why="asked by the window")
        run.flush()
        poll_until(session, lambda s: s.state is RunState.STOPPING)
        run.finish("stopped", code=0, text="stopped by the window")
        last = poll_until(session, lambda s: s.state is RunState.STOPPED)
        assert last.ended is not None
        deadline = time.monotonic() + 10
        while session.live:
            session.poll()
            assert time.monotonic() < deadline
        assert not session.behind


def test_a_quiet_run_costs_nothing(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run, RunSession(run.directory) as session:
        run.step(5)
        while session.poll():
            pass
        snapshot = session.snapshot()
        assert not session.poll()
        assert session.snapshot() is snapshot
        run.step()
        assert session.poll()
        assert session.snapshot().version > snapshot.version


def test_views_are_read_only(tmp_path: Path) -> None:
    snapshot = read(make_run(tmp_path, steps=12, window_at=None))
    with pytest.raises(ValueError, match="read-only"):
        snapshot.steps.n[0] = 7
    with pytest.raises(ValueError, match="read-only"):
        snapshot.host.columns["cpu"][0] = 7


def test_bounded_polls_see_the_same_as_one_drain(tmp_path: Path) -> None:
    directory = make_run(tmp_path, framework="mxnet", steps=6_000, window_at=None, ms=1.0)
    whole = read(directory)
    polls = 0
    with RunSession(directory) as session:
        while session.behind:
            session.poll(1)
            polls += 1
        session.poll()
        piecewise = session.snapshot()
    assert polls > 3
    assert (piecewise.steps.completed == whole.steps.completed).all()
    assert (piecewise.warmup, piecewise.losses) == (whole.warmup, whole.losses)


def test_everything_killed_is_interrupted(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run, RunSession(run.directory) as session:
        run.step(5)
        poll_until(session, lambda s: s.state is RunState.RUNNING)
        run.kill()
        snapshot = poll_until(session, lambda s: not s.state.live)
        assert snapshot.state is RunState.INTERRUPTED
        assert "5 steps" in snapshot.state_text
        assert len(snapshot.steps) == 5


def test_worker_outlives_its_runner(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run, RunSession(run.directory) as session:
        run.step(5)
        run.drop("runner")
        snapshot = poll_until(session, lambda s: "runner is gone" in s.state_text)
        assert snapshot.state is RunState.RUNNING


def test_torn_last_line_of_a_dead_run_is_counted(tmp_path: Path) -> None:
    directory = make_run(tmp_path, steps=12, window_at=None, status=None)
    with RunPaths(directory).worker_journal(0).open("ab") as file:
        file.write(b'{"k":"step","seq":99')
    snapshot = read(directory)
    assert snapshot.losses.malformed == 1
    assert len(snapshot.steps) == 12


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not valid JSON"),
        ('{"format": "diptych.run", "version": [9, 0]}', "use a newer Diptych"),
        ('{"format": "diptych.run"}', "no format version"),
        ('{"format": "diptych.run", "version": [1, 0]}', "missing required field"),
        ('{"format": "wandb"}', "not a Diptych run"),
        (None, "it has no manifest.json"),
    ],
)
def test_damaged_manifest(tmp_path: Path, text: str | None, says: str) -> None:
    directory = make_run(tmp_path, steps=5, window_at=None)
    manifest = RunPaths(directory).manifest
    manifest.unlink() if text is None else manifest.write_text(text)
    snapshot = read(directory)
    assert snapshot.state is RunState.DAMAGED
    assert says in snapshot.state_text
    assert snapshot.id == directory.name
    assert len(snapshot.steps) == 5, "what can be read is shown all the same"


def test_no_directory_at_all(tmp_path: Path) -> None:
    assert read(tmp_path / "nowhere").state is RunState.DAMAGED


def test_journal_of_another_version_is_told(tmp_path: Path) -> None:
    directory = make_run(tmp_path, steps=5, window_at=None)
    path = RunPaths(directory).worker_journal(0)
    path.write_bytes(path.read_bytes().replace(b'"version":[1,0]', b'"version":[2,0]', 1))
    snapshot = read(directory)
    assert len(snapshot.steps) == 0
    assert [n.code for n in snapshot.notices] == ["journal_version"]


def test_a_replaced_journal_is_read_from_its_start(tmp_path: Path) -> None:
    directory = make_run(tmp_path, steps=30, window_at=None)
    other = make_run(tmp_path, steps=12, window_at=None, seed=5)
    with RunSession(directory) as session:
        assert len(session.drain().steps) == 30
        RunPaths(other).worker_journal(0).replace(RunPaths(directory).worker_journal(0))
        session.poll()
        assert len(session.drain().steps) == 12


def test_sleep_of_the_machine_is_told_once(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(1)
        for boot in (5 * MS, 5 * MS, 42_005 * MS, 42_005 * MS):
            run.worker.put(kinds.Clock, run.now, boot=run.now + boot, real=1)
        run.finish()
        (notice,) = read(run.directory).notices
        assert "slept for 42 s" in notice.text


def test_a_window_that_failed_is_a_warning(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(3)
        for number in range(2):
            run.worker.put(
                kinds.Window, run.now, id=number, state="failed", origin="schedule", text="no room"
            )
        run.window(2)
        run.tracer.put(
            kinds.Trace, run.now, window=2, rank=0, path=None, events=0, bytes=0, error="not JSON"
        )
        notices = [n.text for n in read(run.finish()).notices if n.code == "window"]
    assert sorted(notices) == [
        "a profile window failed: no room",
        "a profile window failed: not JSON",
    ]


def test_a_run_in_which_no_step_was_found_says_how_steps_are_found(tmp_path: Path) -> None:
    with LiveRun(tmp_path, seed=1) as run:
        assert read(run.directory).notices == ()
        (notice,) = read(run.finish()).notices
    assert notice.code == "no_steps"
    assert "optimizer.step" in notice.text
    with LiveRun(tmp_path, seed=2) as run:
        run.step(1)
        assert read(run.finish()).notices == ()
    with LiveRun(tmp_path, seed=3) as run:
        assert read(run.finish("failed", code=1)).notices == (), "its traceback says why"
