"""Profile windows of a run whose runner was killed are finished afterwards."""

from __future__ import annotations

import gzip
import json
import os
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.faults.conftest import wait_for

from diptych.profiling.cli import main
from diptych.profiling.records.kinds import Caution
from diptych.profiling.records.manifest import Schedule
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.runner.locks import is_held, is_live, take
from diptych.profiling.runner.recover import helpers, recover, unfinished
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunState
from diptych.profiling.runs.summary import read_summary, write_summary

RunScript = Callable[..., Any]

_SAMPLE = Path(__file__).parents[1] / "data" / "mxnet" / "first.json"

_TRAINS_LATER = """
import os, sys, time
import torch
print("ready", flush=True)
while not os.path.exists(sys.argv[1]):
    time.sleep(0.02)
net = torch.nn.Linear(8, 8)
optimizer = torch.optim.SGD(net.parameters(), lr=0.1)
for _ in range(30):
    optimizer.zero_grad()
    net(torch.ones(4, 8)).sum().backward()
    optimizer.step()
print("finished by itself", flush=True)
"""

_GOES_ON = "print('ready', flush=True)\nimport sys\nwhile True:\n  import time; time.sleep(0.05)\n"


def _kill_the_runner(run: Any) -> None:
    os.kill(run.runner(), signal.SIGKILL)
    wait_for(lambda: not is_held(run.paths.runner_lock), "the runner's end")


@pytest.fixture
def abandoned(run_script: RunScript, torch_python: str, tmp_path: Path) -> Any:
    """Return a run of torch whose runner and tracer were gone before its two windows opened."""
    gate = tmp_path / "go"
    schedule = Schedule(skip=5, wait=2, warmup=1, active=3, repeat=2)
    run = run_script(_TRAINS_LATER, str(gate), python=torch_python, schedule=schedule)
    run.wait_for_output("ready")
    _kill_the_runner(run)
    wait_for(lambda: not helpers(run.directory, "_tracer"), "the tracer's end")
    gate.touch()
    run.wait_for_output("finished by itself")
    wait_for(lambda: not is_live(run.directory), "the worker's end")
    return run


@pytest.mark.torch
def test_windows_of_a_killed_runner_are_finished_and_summed_up(abandoned: Any) -> None:
    paths = abandoned.paths
    assert [path.name for path in unfinished(abandoned.directory)] == [
        "r0-w000.json",
        "r0-w001.json",
    ]
    assert read_summary(abandoned.directory) is None
    assert recover(abandoned.directory, on_finish=write_summary) == 2
    assert unfinished(abandoned.directory) == []
    assert not list(paths.raw_traces.iterdir())
    assert not is_live(abandoned.directory)
    with RunSession(abandoned.directory) as session:
        snapshot = session.drain()
    assert snapshot.state is RunState.INTERRUPTED
    assert [window.id for window in snapshot.windows] == [0, 1]
    for number in (0, 1):
        (ops,) = (r for r in abandoned.of_kind("ops", "tracer") if r["window"] == number)
        assert ops["steps"] == 3
        assert any("mm" in op["name"] for op in ops["ops"])
        trace = json.loads(gzip.decompress(paths.trace(0, number).read_bytes()))
        assert any(event.get("name") == "aten::linear" for event in trace["traceEvents"])
    summary = read_summary(abandoned.directory)
    assert summary is not None
    assert (summary.steps, len(summary.traces)) == (30, 2)
    # There is nothing left to do, and nothing is done.
    assert recover(abandoned.directory, on_finish=lambda _: pytest.fail("called")) == 0


def _leave_a_window(run: Any) -> Path:
    raw: Path = run.paths.raw_trace(0, 0)
    raw.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(_SAMPLE, raw)
    return raw


def test_showing_a_run_finishes_its_windows(
    run_script: RunScript, capsys: pytest.CaptureFixture[str]
) -> None:
    run = run_script("print(1)")
    run.exited()
    _leave_a_window(run)
    assert main(["runs", "show", str(run.directory), "--json"]) == 0
    out, err = capsys.readouterr()
    assert err == "finishing a profile window that the run's killed runner left ...\n"
    assert json.loads(out)["id"] == run.directory.name
    assert run.paths.trace(0, 0).exists()


def test_a_run_that_is_live_is_left_alone(run_script: RunScript) -> None:
    run = run_script(_GOES_ON)
    run.wait_for_output("ready")
    raw = _leave_a_window(run)
    assert unfinished(run.directory) == []
    _kill_the_runner(run)
    assert unfinished(run.directory) == []
    assert recover(run.directory, on_finish=write_summary) == 0
    assert raw.exists()
    os.kill(run.worker(), signal.SIGKILL)
    wait_for(lambda: not is_live(run.directory), "the worker's end")
    assert unfinished(run.directory) == [raw]


def test_two_do_not_recover_at_once(tmp_path: Path, run_script: RunScript) -> None:
    run = run_script("print(1)")
    run.exited()
    raw = _leave_a_window(run)
    lock = take(run.paths.runner_lock)
    try:
        assert recover(run.directory, on_finish=write_summary) == 0
    finally:
        os.close(lock)
    assert raw.exists()
    assert recover(run.directory, on_finish=write_summary) == 1


def test_a_window_that_cannot_be_read_is_tried_once(run_script: RunScript) -> None:
    run = run_script("print(1)")
    run.exited()
    raw = _leave_a_window(run)
    raw.write_text("this is no trace")
    assert recover(run.directory, on_finish=write_summary) == 0
    (trace,) = run.of_kind("trace", "tracer")
    assert trace["error"]
    assert raw.exists()
    assert unfinished(run.directory) == []


def test_a_tracer_that_crashes_is_not_started_for_ever(run_script: RunScript) -> None:
    run = run_script("print(1)")
    run.exited()
    _leave_a_window(run)
    with JournalWriter(run.paths.runner_journal, "runner") as journal:
        journal.write(Caution, code="tracer_failed", text="it crashed again")
    assert unfinished(run.directory) == []
