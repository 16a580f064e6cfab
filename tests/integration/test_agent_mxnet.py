"""The agent in real MXNet processes, around scripts that know nothing of it."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest

from diptych.profiling.records.kinds import (
    AnyRecord,
    Caution,
    Done,
    Eval,
    Framework,
    Model,
    Record,
    Step,
    Window,
)

pytestmark = pytest.mark.mxnet

ROOT = Path(__file__).parents[2]
SCRIPTS = ROOT / "tests" / "scripts"
BOOT = ROOT / "profiling" / "diptych" / "profiling" / "agent" / "boot.py"
SCHEDULE = {"skip": 3, "wait": 0, "warmup": 1, "active": 2, "repeat": 2}

R = TypeVar("R", bound=Record)


@dataclass
class Result:
    """What came out of a run."""

    folder: Path
    code: int
    out: str
    err: str

    def all(self, kind: type[R]) -> list[R]:
        """Return the records of one kind, each checked against its struct."""
        lines = (self.folder / "events" / "worker-r0.jsonl").read_bytes().splitlines()
        records = [msgspec.json.decode(line, type=AnyRecord) for line in lines]
        assert [record.seq for record in records] == list(range(len(records)))
        return [record for record in records if isinstance(record, kind)]

    @property
    def done(self) -> dict[int, Done]:
        return {record.n: record for record in self.all(Done)}

    def captured(self) -> list[Window]:
        return [window for window in self.all(Window) if window.state == "captured"]


Run = Callable[..., Result]


def environment(**more: str) -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1", **more}


def prepare(folder: Path, **config: Any) -> Path:
    (folder / "events").mkdir(parents=True)
    options = {"shapes": False, "stacks": False, "memory": False}
    base = {"run": "t", "dir": str(folder), "rank": 0, "framework": "auto", "fenced": False}
    file = folder / "agent.json"
    file.write_text(json.dumps({**base, "schedule": None, "options": options, **config}))
    return file


@pytest.fixture
def run(tmp_path: Path, mxnet_python: str) -> Run:
    """Run a script of tests/scripts under the agent."""

    def go(
        script: str, *args: str, python: str = mxnet_python, env: Any = None, **config: Any
    ) -> Result:
        folder = tmp_path / f"run{len(list(tmp_path.iterdir()))}"
        agent = prepare(folder, **config)
        argv = [python, str(BOOT), str(agent), str(SCRIPTS / script), *args]
        done = _run(argv, **(env or {}))
        return Result(folder, done.returncode, done.stdout, done.stderr)

    return go


def bare(python: str, script: str, *args: str) -> subprocess.CompletedProcess[str]:
    return _run([python, str(SCRIPTS / script), *args])


def _run(argv: list[str], **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv, capture_output=True, text=True, timeout=120, env=environment(**env), check=False
    )


def test_a_loop_without_synchronisation_shows_the_truth(run: Run, mxnet_python: str) -> None:
    # GIVEN a loop that is dispatched in a fraction of the time that it takes
    args = ("--hybridize", "--hidden", "1024", "--batch", "512", "--steps", "20")
    result = run("mxnet_mlp.py", *args)
    assert result.code == 0, result.err
    wall = float(result.err.split()[-1]) * 1e9
    steps, done = result.all(Step), result.done
    # THEN every step has both times, and the completed ones make up the whole loop
    assert [step.n for step in steps] == list(range(20))
    assert sorted(done) == list(range(20))
    assert {record.ruler for record in done.values()} == {"event"}
    completed = sum(record.completed for record in done.values())
    assert sum(step.dispatched for step in steps) < 0.6 * completed
    assert 0.8 * wall < completed < 1.1 * wall
    # AND each step is timed by its own end: no step is a shade of its neighbour
    times = sorted(record.completed for n, record in done.items() if n)
    assert times[0] > 0.2 * times[len(times) // 2]
    # AND the rest of what a step says
    assert all(sum(step.phases) == step.dispatched for step in steps)
    assert {step.samples for step in steps} == {512}
    assert all(record.loss is not None and 2 < record.loss < 2.4 for record in done.values())
    assert [model.parameters for model in result.all(Model)] == [33 * 1024 + 1025 * 1024 + 10250]
    # AND the training came out as it does without us
    assert result.out == bare(mxnet_python, "mxnet_mlp.py", *args).stdout


def test_profile_windows_hold_what_mxnet_wrote(run: Run) -> None:
    options = {"shapes": True, "stacks": False, "memory": True}
    result = run("mxnet_mlp.py", "--hybridize", "--steps", "14", schedule=SCHEDULE, options=options)
    windows = result.captured()
    assert [(w.id, w.first, w.last, w.format) for w in windows] == [
        (0, 4, 5, "mxnet"),
        (1, 7, 8, "mxnet"),
    ]
    for window in windows:
        assert window.pause is not None
        assert window.pause > 0
        assert [n for n, _, _ in window.steps] == [window.first, window.last]
        assert window.raw is not None
        head, _, raw = (result.folder / window.raw).read_bytes().partition(b"\n")
        known = json.loads(head)["diptych"]
        assert known["version"] == "1.9.1"
        assert known["pids"]["0"] == "cpu/0"
        assert raw.startswith(b'{\n    "traceEvents": [')
        assert raw.rstrip().endswith(b'"displayTimeUnit": "ms"\n}')
        # Two steps, two updates: nothing of the steps before or after.
        begun = b'"name": "multi_sgd_update",\n        "cat": "operator",\n        "ph": "B"'
        assert raw.count(begun) % 2 == 0
        assert b"Memory: cpu/0" in raw
    said = [(w.code, w.text) for w in result.all(Caution)]
    assert said == [("options", "MXNet's profiler records no shapes")]
    assert {step.window for step in result.all(Step) if step.n in (4, 5)} == {0}
    # the steps beside a pause, before which the engine has drained, have a time like others
    times = [record.completed for _, record in sorted(result.done.items())][2:]
    assert len(times) == 12
    assert min(times) > 0
    assert not list((result.folder / "traces" / "raw").glob("*.part"))


def test_fenced_steps_are_complete_when_they_end(run: Run) -> None:
    result = run("mxnet_mlp.py", "--steps", "8", "--accumulate", "2", fenced=True)
    steps = result.all(Step)
    assert len(steps) == 8
    assert {step.ruler for step in steps} == {"fence"}
    assert all(step.completed and step.completed >= step.dispatched for step in steps)
    assert all(sum(step.phases) == step.completed for step in steps)
    assert {step.samples for step in steps} == {128}
    assert all(step.loss is not None for step in steps)
    assert not result.done


def test_the_synchronous_engine_needs_no_other_clock(run: Run) -> None:
    result = run("mxnet_mlp.py", "--steps", "5", env={"MXNET_ENGINE_TYPE": "NaiveEngine"})
    steps = result.all(Step)
    assert [(s.ruler, s.completed == s.dispatched) for s in steps] == [("sync", True)] * 5
    assert all(step.loss is not None for step in steps)
    assert result.all(Framework)[-1].details["engine"] == "NaiveEngine"


@pytest.mark.parametrize("args", [(), ("--workers", "2"), ("--workers", "1", "--threads")])
def test_loaders_and_validation_between_epochs(
    run: Run, mxnet_python: str, args: tuple[str, ...]
) -> None:
    result = run("mxnet_loader.py", *args)
    assert result.code == 0, result.err
    steps = result.all(Step)
    assert [step.samples for step in steps] == [16, 16, 16, 16, 16, 16, 4] * 2
    assert {step.mode for step in steps} == {"train"}
    assert all(step.phases[0] > 0 for step in steps)
    assert [(e.batches, e.samples) for e in result.all(Eval)] == [(2, 40), (2, 40)]
    # Nobody saw when the validation before step 7 was complete: its time is not known.
    assert sorted(result.done) == [n for n in range(14) if n != 7]
    assert result.out == bare(mxnet_python, "mxnet_loader.py", *args).stdout


def test_two_trainers_make_one_step(run: Run) -> None:
    result = run("mxnet_gan.py")
    assert result.code == 0, result.err
    steps = result.all(Step)
    assert len(steps) == 10
    assert {step.samples for step in steps} == {12}
    assert sorted(model.parameters or 0 for model in result.all(Model)) == [97, 212]
    assert len(result.done) == 10


def test_inference_makes_a_step_of_each_call(run: Run) -> None:
    result = run("mxnet_infer.py")
    steps = result.all(Step)
    assert len(steps) == 21
    assert {step.mode for step in steps} == {"infer"}
    assert [step.samples for step in steps] == [1] + [5] * 20
    assert [record.loss for record in result.done.values()] == [None] * 21
    assert [model.name for model in result.all(Model)] == ["HybridSequential", "SymbolBlock"]
    assert {model.parameters for model in result.all(Model)} == {1994}


def test_module_fit_with_validation_and_predict(run: Run, mxnet_python: str) -> None:
    result = run("mxnet_module.py")
    assert result.code == 0, result.err
    steps = result.all(Step)
    assert [step.samples for step in steps] == [20, 20, 20, 20, 10] * 3
    assert sum(e.batches for e in result.all(Eval)) == 3 * 2 + 2
    assert [model.parameters for model in result.all(Model)] == [13 * 32 + 33 * 10]
    # Nobody saw when the validations before steps 5 and 10 were complete.
    assert sorted(result.done) == [n for n in range(15) if n not in (5, 10)]
    assert {record.loss for record in result.done.values()} == {None}
    assert all(min(step.phases[1:4]) > 0 for step in steps)
    assert result.out == bare(mxnet_python, "mxnet_module.py").stdout


def test_an_updater_called_by_hand(run: Run) -> None:
    result = run("mxnet_updater.py")
    assert result.code == 0, result.err
    steps = result.all(Step)
    assert [step.samples for step in steps] == [16] * 12
    assert sorted(result.done) == list(range(12))


@pytest.mark.parametrize(
    ("script", "args", "steps", "completed"),
    [
        ("mxnet_raises.py", (), 3, 3),
        ("mxnet_raises.py", ("exit",), 0, 0),
        ("mxnet_async_error.py", (), 5, 3),
        ("mxnet_manners.py", (), 5, 5),
    ],
)
def test_a_script_cannot_tell_that_it_is_watched(
    run: Run, mxnet_python: str, script: str, args: tuple[str, ...], steps: int, completed: int
) -> None:
    result = run(script, *args)
    alone = bare(mxnet_python, script, *args)
    assert (result.code, result.out, result.err) == (alone.returncode, alone.stdout, alone.stderr)
    assert len(result.all(Step)) == steps
    assert len(result.done) == completed


def test_an_error_that_the_fence_meets_reaches_the_script(run: Run) -> None:
    result = run("mxnet_async_error.py", fenced=True)
    assert result.code == 1
    assert "scale parameter in gaussian has to be positive" in result.err
    assert "trainer.step(2)" in result.err
    assert "agent" not in result.err


def test_a_script_that_profiles_itself_is_left_alone(run: Run, tmp_path: Path) -> None:
    mine = tmp_path / "mine.json"
    schedule = {"skip": 1, "wait": 0, "warmup": 1, "active": 6, "repeat": 3}
    result = run("mxnet_own_profiler.py", str(mine), schedule=schedule)
    assert (result.code, result.out) == (0, "True\n"), result.err
    assert not result.captured()
    failed = [w.text for w in result.all(Window) if w.state == "failed"]
    assert failed
    assert all(text and "uses mx.profiler itself" in text for text in failed)
    assert len(result.all(Step)) == 12


def test_capture_while_it_runs(tmp_path: Path, mxnet_python: str) -> None:
    folder, stop = tmp_path / "run", tmp_path / "stop"
    agent = prepare(folder)
    argv = [mxnet_python, str(BOOT), str(agent), str(SCRIPTS / "mxnet_mlp.py")]
    worker = subprocess.Popen(
        [*argv, "--until", str(stop)], env=environment(), stderr=subprocess.PIPE, text=True
    )
    journal = folder / "events" / "worker-r0.jsonl"
    try:
        _await(lambda: journal.exists() and b'"k":"step"' in journal.read_bytes(), worker)
        with (folder / "control.jsonl").open("a") as control:
            control.write('{"k":"capture","id":"a","steps":3,"options":[]}\n')
        _await(lambda: b'"captured"' in journal.read_bytes(), worker)
    finally:
        stop.touch()
        _, err = worker.communicate(timeout=60)
    assert worker.returncode == 0, err
    result = Result(folder, 0, "", err)
    [window] = result.captured()
    assert (window.origin, len(window.steps)) == ("capture", 3)
    assert (folder / str(window.raw)).stat().st_size > 1000


def test_many_windows_leave_nothing_behind(run: Run) -> None:
    schedule = {"skip": 0, "wait": 0, "warmup": 0, "active": 1, "repeat": 0}
    result = run("mxnet_mlp.py", "--steps", "80", "--hidden", "16", schedule=schedule)
    assert result.code == 0, result.err
    ids = [window.id for window in result.captured()]
    assert ids == list(range(79)) or ids == list(range(80))
    sizes = [(result.folder / str(w.raw)).stat().st_size for w in result.captured()[10:]]
    assert max(sizes) < 2 * min(sizes)


def test_an_interpreter_that_mxnet_was_not_made_for(run: Run, newest_mxnet_python: str) -> None:
    result = run("mxnet_loader.py", "--workers", "2", python=newest_mxnet_python)
    assert result.code == 0, result.err
    assert len(result.all(Step)) == 14
    said = [w.text for w in result.all(Caution) if w.code == "compat"]
    assert len(said) == 2
    assert "lacks" in said[0]
    assert "distutils" in said[1]


@pytest.fixture(scope="session")
def newest_mxnet_python() -> str:
    """Interpreter of a cached environment: Python 3.13, numpy 2, MXNet."""
    cache = Path(os.environ.get("DIPTYCH_TEST_CACHE") or Path.home() / ".cache" / "diptych-tests")
    python = cache / "mxnet-3.13" / "bin" / "python"
    if python.exists():
        return str(python)
    newest = _python_3_13()
    if newest is None:
        pytest.skip("no Python 3.13 on this machine")
    subprocess.run([newest, "-m", "venv", str(python.parents[1])], check=True)
    pip = [str(python), "-m", "pip", "install", "-q", "--disable-pip-version-check"]
    try:
        subprocess.run([*pip, "--no-deps", "mxnet==1.9.1"], check=True, timeout=170)
        subprocess.run([*pip, "numpy>=2", "graphviz<0.9", "requests"], check=True, timeout=170)
    except (subprocess.CalledProcessError, subprocess.TimeoutExpired) as error:
        python.unlink()
        pytest.skip(f"MXNet could not be installed for Python 3.13: {error}")
    return str(python)


def _python_3_13() -> str | None:
    places = [*Path.home().glob(".pyenv/versions/3.13*/bin/python3.13")]
    places += [Path(folder) / "python3.13" for folder in os.get_exec_path()]
    for place in places:
        if place.exists() and "pyenv/shims" not in str(place):
            return str(place)
    return None


def _await(condition: Callable[[], bool], worker: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert worker.poll() is None, "the worker has ended"
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
