"""What is refused before anything is created, and the command that says the same."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from diptych.profiling.cli import Parser
from diptych.profiling.cli import run as run_command
from diptych.profiling.records.manifest import ProfileOptions, RunRequest, Schedule
from diptych.profiling.runner import runtimes
from diptych.profiling.runner.command import default_schedule, shell_command, worker_argv
from diptych.profiling.runner.errors import RequestError
from diptych.profiling.runner.request import (
    Settings,
    request_for_script,
    request_for_workload,
)
from diptych.profiling.runner.runtimes import (
    FrameworkInfo,
    RuntimeBroken,
    RuntimeInfo,
    RuntimeNotFound,
)

_HOLDS: dict[str, tuple[str, ...]] = {
    "torch": ("torch",),
    "mxnet": ("mxnet",),
    "/envs/both/bin/python": ("torch", "mxnet"),
    "/envs/mx/bin/python": ("mxnet",),
}


def _find(framework: str, name: str | None = None, home: Path | None = None) -> RuntimeInfo:
    wanted = name or framework
    if wanted not in _HOLDS:
        raise RuntimeNotFound(f"no runtime {wanted!r}")
    if framework not in _HOLDS[wanted]:
        raise RuntimeBroken(f"{framework} is not in {wanted}")
    managed = "/" not in wanted
    return RuntimeInfo(
        python=f"/runtimes/{wanted}/bin/python" if managed else wanted,
        name=wanted if managed else None,
        source="managed" if managed else "named",
        frameworks={f: FrameworkInfo(version="1", bf16=False) for f in _HOLDS[wanted]},
    )


@pytest.fixture(autouse=True)
def _runtimes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runtimes, "find", _find)


def _script(folder: Path, text: str, name: str = "train.py") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_a_workload_with_everything_unsaid() -> None:
    request = request_for_workload("torch", "mlp", {})
    assert (request.python, request.runtime) == ("/runtimes/torch/bin/python", "torch")
    assert request.knobs["steps"] == 200
    assert request.schedule == Schedule(skip=10, wait=0, warmup=1, active=5, repeat=1)


def test_the_usual_window_only_where_it_fits() -> None:
    assert request_for_workload("torch", "mlp", {"steps": 15}).schedule is None
    assert request_for_workload("torch", "mlp", {"steps": "16"}).schedule == default_schedule(16)


@pytest.mark.parametrize(
    ("arguments", "field", "text"),
    [
        (("torch", "resnet81", {}), "workload", "resnet18"),
        (("tensorflow", "mlp", {}), "framework", "torch, mxnet"),
        (("torch", "mlp", {"batchsize": 3}), "batchsize", "batch_size"),
        (("torch", "mlp", {"batch_size": 0}), "batch_size", "from 1 to"),
        (("torch", "mlp", {"execution": "hybridize"}), "execution", "eager, compile"),
        (("torch", "mlp", {"device": "cuda:0"}), "device", "allowed: cpu"),
        (("torch", "mlp", {"precision": "bf16"}), "precision", "allowed: fp32"),
    ],
)
def test_a_workload_is_refused_by_name(arguments: Any, field: str, text: str) -> None:
    with pytest.raises(RequestError, match=text) as caught:
        request_for_workload(*arguments)
    assert caught.value.field == field
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        (Settings(timeout=0), "timeout"),
        (Settings(timeout=float("nan")), "timeout"),
        (Settings(sample_hz=1000), "sample_hz"),
        (Settings(env={"A=B": "1"}), "env"),
        (Settings(schedule=Schedule(active=0)), "schedule"),
        (Settings(schedule=Schedule(skip=-1)), "schedule"),
    ],
)
def test_impossible_settings(settings: Settings, field: str) -> None:
    with pytest.raises(RequestError) as caught:
        request_for_workload("torch", "mlp", {}, settings=settings)
    assert caught.value.field == field


def test_unknown_runtime() -> None:
    with pytest.raises(RequestError, match="no runtime 'nope'") as caught:
        request_for_workload("torch", "mlp", {}, runtime="nope")
    assert caught.value.field == "runtime"


@pytest.mark.parametrize(
    ("source", "runtime", "framework"),
    [
        ("import torch", None, "torch"),
        ("from mxnet import nd", None, "mxnet"),
        ("import torchvision.models as m", None, "torch"),
        ("def f():\n    import mxnet as mx", None, "mxnet"),
        ("import mine", "mxnet", "mxnet"),
        ("import mine", "/envs/mx/bin/python", "mxnet"),
        ("import mine", "/envs/both/bin/python", "auto"),
        ("import torch, mxnet", "/envs/both/bin/python", "auto"),
        ("from . import torch", "mxnet", "mxnet"),
        ("match x:  # newer than the app\n  case 1: pass\nthis is odd", "torch", "torch"),
    ],
)
def test_the_framework_of_a_script(
    tmp_path: Path, source: str, runtime: str | None, framework: str
) -> None:
    request = request_for_script(_script(tmp_path, source), runtime=runtime)
    assert request.framework == framework


def test_a_script_that_does_not_tell(tmp_path: Path) -> None:
    with pytest.raises(RequestError, match="name it") as caught:
        request_for_script(_script(tmp_path, "import mine"))
    assert caught.value.field == "framework"


def test_a_script_keeps_its_spelling_for_argv(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _script(tmp_path, "import torch")
    monkeypatch.chdir(tmp_path)
    request = request_for_script("train.py", ["--epochs", "3"])
    assert request.script == "train.py"
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    # where the worker would not find it by that spelling, it is absolute
    assert request_for_script("train.py", cwd=elsewhere).script == str(tmp_path / "train.py")
    monkeypatch.chdir(elsewhere)
    assert request_for_script("train.py", cwd=tmp_path).script == "train.py"
    assert request.cwd == str(tmp_path)
    assert worker_argv(request, Path("/run/agent.json"))[2:] == [
        "/run/agent.json",
        "train.py",
        "--epochs",
        "3",
    ]


@pytest.mark.parametrize(
    ("make", "field", "text"),
    [
        (lambda f: f / "gone.py", "script", "there is no script"),
        (lambda f: f, "script", "is not a file"),
        (
            lambda f: _bytes(f / "x.py", b"\x7fELF\0\0"),
            "script",
            "not a Python script: it is a bin",
        ),
        (lambda f: _bytes(f / "x.py", b"# coding: klingon\n"), "script", "encoding"),
        (lambda f: _bytes(f / "x.sh", b"echo 'hi' | cat"), "script", "not a Python script"),
    ],
)
def test_scripts_that_cannot_be(
    tmp_path: Path, make: Callable[[Path], Path], field: str, text: str
) -> None:
    with pytest.raises(RequestError, match=text) as caught:
        request_for_script(make(tmp_path), framework="torch")
    assert caught.value.field == field


def _bytes(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_working_folder_that_is_not_there(tmp_path: Path) -> None:
    script = _script(tmp_path, "import torch")
    with pytest.raises(RequestError, match="no folder") as caught:
        request_for_script(script, cwd=tmp_path / "gone")
    assert caught.value.field == "cwd"


_ALL = Settings(
    fenced=True,
    schedule=Schedule(skip=1, wait=2, warmup=3, active=4, repeat=0),
    options=ProfileOptions(shapes=True, stacks=True, memory=True),
    timeout=12.5,
    sample_hz=8.0,
    name="a name with 'quotes' and $HOME",
    env={"A": "b c", "EMPTY": ""},
)


def _parse(line: str) -> RunRequest:
    """Read a shown command as a shell and the command line would."""
    program, *words = shlex.split(line)
    assert program == "diptych"
    place = words.index("--") if "--" in words else len(words)
    parser: argparse.ArgumentParser = Parser(prog="diptych", allow_abbrev=False)
    run_command.add_parser(parser.add_subparsers())
    args = parser.parse_args(words[:place])
    args.unknown, args.rest = [], words[place + 1 :]
    return run_command.make_request(args)


@pytest.mark.parametrize("settings", [Settings(), _ALL, Settings(schedule=None)])
def test_the_shown_command_asks_for_the_same(tmp_path: Path, settings: Settings) -> None:
    script = _script(tmp_path, "import mxnet", "my train.py")
    requests = (
        request_for_workload("torch", "mlp", {}, settings=settings),
        request_for_workload("mxnet", "resnet18", {"batch_size": 3, "steps": 4}, settings=settings),
        request_for_script(script, ["--a", "b c", "--", "*"], settings=settings, cwd="/"),
        request_for_script(script, runtime="/envs/both/bin/python", settings=settings),
    )
    for request in requests:
        assert _parse(shell_command(request)) == request


def test_a_plain_request_has_a_short_command() -> None:
    request = request_for_workload("torch", "resnet18", {"batch_size": "32"})
    line = shell_command(request)
    assert (
        line == "diptych run --framework torch --workload resnet18 --batch-size 32 --runtime torch"
    )
