"""The scripts in their runtimes: both sides of a pair compute the same, every knob works."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from diptych.workloads.catalogue import WORKLOADS, command, script_path, workload

TINY: dict[str, dict[str, object]] = {
    "mlp": {"features": 16, "batch_size": 8},
    "resnet18": {"image_size": 40, "batch_size": 8},
    "mobilenet_v2": {"image_size": 40, "batch_size": 8},
    "lstm": {"seq_len": 5, "batch_size": 3},
    "transformer": {"seq_len": 6, "batch_size": 3},
    "gpt": {"seq_len": 6, "batch_size": 3},
}
# Batch normalisation and ReLU amplify rounding: disturb the input of these two by 1e-7 in
# float64, and the gradient moves by a hundredth (a ReLU changes sides). Wrong architecture,
# loss or optimizer is far off. An ε that Adam adds elsewhere in one of the two shows in mlp.
TOLERANCE = {"resnet18": 0.02, "mobilenet_v2": 0.02, "mlp": 5e-5}


def execute(python: str, argv: list[str], ok: bool = True) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(
        [python, *argv],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": ""},
    )
    if ok:
        assert done.returncode == 0, done.stderr
    return done


def run(
    python: str, framework: str, name: str, knobs: dict[str, object], *extra: str
) -> tuple[int, list[float]]:
    """Run a workload at its smallest; (parameters, loss of each step)."""
    argv = command(name, framework, {**TINY[name], "steps": 5, **knobs})
    lines = execute(python, [*argv, "--log-every", "1", *extra]).stdout.splitlines()
    headline = re.search(r"\): ([\d,]+) parameters, ", lines[0])
    assert headline is not None
    losses = [float(found[1]) for line in lines if (found := re.match(r"step .* loss (\S+)", line))]
    assert len(losses) == int(str(argv[argv.index("--steps") + 1]))
    assert lines[-1].startswith(f"finished {len(losses)} steps in ")
    return int(headline[1].replace(",", "")), losses


@pytest.mark.torch
@pytest.mark.mxnet
@pytest.mark.parametrize(
    ("name", "knobs", "execution"),
    [
        ("mlp", {"optimizer": "adam"}, "imperative"),
        ("resnet18", {"data": "loader", "workers": 1}, "hybridize"),
        ("mobilenet_v2", {"seed": 3}, "imperative"),
        ("lstm", {"data": "loader", "lr": 1.0}, "hybridize"),
        ("transformer", {"optimizer": "adam"}, "hybridize"),
        ("gpt", {"data": "loader", "workers": 1, "lr": 0.1}, "imperative"),
    ],
)
def test_both_sides_train_alike_from_the_same_weights(
    torch_python: str,
    mxnet_python: str,
    tmp_path: Path,
    name: str,
    knobs: dict[str, object],
    execution: str,
) -> None:
    init = str(tmp_path / "init.npz")

    torch = run(torch_python, "torch", name, knobs, "--save-init", init)
    mxnet = run(mxnet_python, "mxnet", name, {**knobs, "execution": execution}, "--init-from", init)

    # The shapes of all parameters, in order, agree as well: --init-from refuses any other.
    features = int(str(TINY[name].get("features", 784)))
    expected = workload(name).parameters - (784 - features) * 1024
    assert torch[0] == mxnet[0] == expected
    assert mxnet[1][0] == pytest.approx(torch[1][0], rel=2e-5)
    assert mxnet[1] == pytest.approx(torch[1], rel=TOLERANCE.get(name, 2e-4))
    assert len(set(torch[1])) == 5


@pytest.mark.torch
@pytest.mark.mxnet
def test_weights_travel_from_mxnet_to_torch(
    torch_python: str, mxnet_python: str, tmp_path: Path
) -> None:
    init = str(tmp_path / "init.npz")
    knobs: dict[str, object] = {"mode": "infer"}

    mxnet = run(mxnet_python, "mxnet", "resnet18", knobs, "--save-init", init)
    torch = run(torch_python, "torch", "resnet18", knobs, "--init-from", init)

    assert torch[1] == pytest.approx(mxnet[1], rel=1e-4)


@pytest.mark.torch
@pytest.mark.parametrize(
    ("name", "knobs"),
    [
        ("gpt", {"mode": "infer", "precision": "bf16", "data": "loader"}),
        ("resnet18", {"precision": "bf16", "threads": 1}),
        ("transformer", {"mode": "infer", "data": "loader", "workers": 1}),
    ],
)
def test_torch_modes(torch_python: str, name: str, knobs: dict[str, object]) -> None:
    _, losses = run(torch_python, "torch", name, knobs)

    assert losses == pytest.approx(plausible(name), rel=0.5)


@pytest.mark.mxnet
@pytest.mark.parametrize(
    ("name", "knobs"),
    [
        ("gpt", {"precision": "bf16", "execution": "hybridize"}),
        ("lstm", {"precision": "bf16", "mode": "infer"}),
        ("mobilenet_v2", {"mode": "infer", "precision": "bf16", "execution": "hybridize"}),
        ("transformer", {"mode": "infer", "data": "loader", "workers": 2}),
    ],
)
def test_mxnet_modes(mxnet_python: str, name: str, knobs: dict[str, object]) -> None:
    _, losses = run(mxnet_python, "mxnet", name, knobs)

    assert losses == pytest.approx(plausible(name), rel=0.5)


def plausible(name: str) -> list[float]:
    """The loss of a model that knows nothing: the logarithm of the number of classes."""
    guess = {"gpt": 9.01, "lstm": 9.21, "transformer": 2.77}.get(name, 6.91)
    return [guess] * 5


@pytest.mark.torch
def test_torch_compiled_computes_what_eager_does(torch_python: str, tmp_path: Path) -> None:
    init = str(tmp_path / "init.npz")

    _, eager = run(torch_python, "torch", "mlp", {}, "--save-init", init)
    _, compiled = run(torch_python, "torch", "mlp", {"execution": "compile"}, "--init-from", init)

    assert compiled == pytest.approx(eager, rel=1e-4)


@pytest.mark.torch
@pytest.mark.mxnet
@pytest.mark.parametrize("framework", ["torch", "mxnet"])
def test_a_script_describes_itself(
    request: pytest.FixtureRequest, framework: str, tmp_path: Path
) -> None:
    python = request.getfixturevalue(f"{framework}_python")
    argv = command("mobilenet_v2", framework, {"threads": 2})

    told = json.loads(execute(python, [*argv, "--describe"]).stdout)

    assert told["trainable"] == told["parameters"] == 3_504_872
    assert told["framework"] == framework
    assert told["threads"] == told["arguments"]["threads"] == 2
    assert told["layers"][0][1:] == [[32, 3, 3, 3], True]


@pytest.mark.torch
@pytest.mark.mxnet
@pytest.mark.parametrize(
    ("framework", "wrong", "message"),
    [
        ("torch", ["--device", "cuda:99"], "--device cuda:99: this PyTorch sees "),
        ("mxnet", ["--device", "cuda:99"], "--device cuda:99: this MXNet sees "),
        ("mxnet", ["--threads", "many"], "argument --threads: invalid int value: 'many'"),
    ],
)
def test_wrong_arguments_end_with_usage_and_status_2(
    request: pytest.FixtureRequest, framework: str, wrong: list[str], message: str
) -> None:
    python = request.getfixturevalue(f"{framework}_python")

    done = execute(python, [str(script_path("mlp", framework)), *wrong], ok=False)

    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.mxnet
def test_weights_of_another_model_end_with_one_line(mxnet_python: str, tmp_path: Path) -> None:
    init = str(tmp_path / "mlp.npz")
    run(mxnet_python, "mxnet", "mlp", {}, "--save-init", init)

    gpt = [str(script_path("gpt", "mxnet")), "--init-from", init]
    done = execute(mxnet_python, gpt, ok=False)

    assert done.returncode == 1
    assert done.stderr.startswith(f"--init-from: {init} is of another model: p0000 is (1024, 16)")
    assert len(done.stderr.splitlines()) == 1


def test_every_workload_is_tried_here() -> None:
    assert set(TINY) == set(WORKLOADS)
