"""Sides as they are asked for, and what they are called."""

from __future__ import annotations

import pytest

from diptych.profiling.compare.sides import Wanted, labels_of, parse, swept
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner.errors import RequestError


@pytest.mark.parametrize(
    ("text", "framework", "knobs"),
    [
        ("torch", "torch", {}),
        ("torch:compile", "torch", {"execution": "compile"}),
        ("mxnet:hybridize,threads=1", "mxnet", {"execution": "hybridize", "threads": "1"}),
        (" torch , batch-size = 8 ", "torch", {"batch_size": "8"}),
    ],
)
def test_a_side_is_read(text: str, framework: str, knobs: dict[str, str]) -> None:
    assert parse(text) == Wanted(framework, knobs)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("jax", "unknown framework 'jax'; allowed: torch, mxnet"),
        ("", "unknown framework ''"),
        ("torch:hybridize", "torch has no 'hybridize'; allowed: eager, compile"),
        ("mxnet:fast", "mxnet has no 'fast'; allowed: imperative, hybridize"),
        ("torch,threads", "'threads' is no KNOB=VALUE"),
        ("torch,=3", "'=3' is no KNOB=VALUE"),
    ],
)
def test_what_is_no_side_is_refused_in_one_line(text: str, words: str) -> None:
    with pytest.raises(RequestError) as caught:
        parse(text)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_sweep_gives_each_side_each_value() -> None:
    sides = swept([parse("torch"), parse("mxnet,threads=1")], "batch_size", ["8", "16"])
    assert [(side.framework, dict(side.knobs)) for side in sides] == [
        ("torch", {"batch_size": "8"}), ("mxnet", {"threads": "1", "batch_size": "8"}),
        ("torch", {"batch_size": "16"}), ("mxnet", {"threads": "1", "batch_size": "16"}),
    ]  # fmt: skip


def _asked(framework: str, **knobs: str | int | float | bool) -> RunRequest:
    return RunRequest(framework=framework, python="python", workload="mlp", knobs=knobs)


def test_labels_name_what_differs_and_are_all_different() -> None:
    labels = labels_of([
        _asked("torch", execution="eager", batch_size=8, steps=10),
        _asked("torch", execution="eager", batch_size=16, steps=20),
        _asked("torch", execution="eager", batch_size=8, steps=10),
        _asked("mxnet", execution="hybridize", batch_size=8, steps=10),
    ])  # fmt: skip
    assert labels == [
        "PyTorch eager, batch size 8", "PyTorch eager, batch size 16",
        "PyTorch eager, batch size 8 (2)", "MXNet hybridize, batch size 8",
    ]  # fmt: skip
    twice = labels_of([_asked("torch", execution="eager")] * 3)
    assert twice == ["PyTorch eager", "PyTorch eager (2)", "PyTorch eager (3)"]
    scripts = [RunRequest(framework="torch", python="python", script=f"/a/{name}.py")
               for name in ("first", "second")]  # fmt: skip
    assert labels_of(scripts) == ["PyTorch first.py", "PyTorch second.py"]
