"""Both frameworks compute the same from the same weights, for every workload, over 20 steps."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from diptych.profiling.compare.parity import parity, write_drifted
from diptych.workloads.catalogue import WORKLOADS, command

STEPS = 20
SMALL: dict[str, dict[str, object]] = {
    "mlp": {"features": 32, "batch_size": 16},
    "resnet18": {"image_size": 40, "batch_size": 8},
    "mobilenet_v2": {"image_size": 64, "batch_size": 8},
    "lstm": {"seq_len": 5, "batch_size": 3},
    "transformer": {"seq_len": 6, "batch_size": 3},
    "gpt": {"seq_len": 6, "batch_size": 3},
}


def losses(python: str, framework: str, name: str, *extra: str, **knobs: object) -> list[float]:
    argv = command(name, framework, {**SMALL[name], "steps": STEPS, **knobs})
    done = subprocess.run(
        [python, *argv, "--log-every", "1", *extra],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONWARNINGS": ""},
    )
    assert done.returncode == 0, done.stderr
    found = [float(value) for value in re.findall(r"^step .* loss (\S+)", done.stdout, re.M)]
    assert len(found) == STEPS
    return found


@pytest.mark.torch
@pytest.mark.mxnet
@pytest.mark.parametrize("name", list(WORKLOADS))
def test_every_workload_computes_the_same(
    torch_python: str, mxnet_python: str, tmp_path: Path, name: str
) -> None:
    start = str(tmp_path / "start.npz")

    torch = losses(torch_python, "torch", name, "--save-init", start)
    mxnet = losses(mxnet_python, "mxnet", name, "--init-from", start)

    found = parity(torch, mxnet, "fp32")
    assert found.status == "same", found.text
    assert found.compared == STEPS
    assert len(set(torch)) > STEPS // 2


@pytest.mark.torch
@pytest.mark.mxnet
def test_adam_is_the_same_adam(torch_python: str, mxnet_python: str, tmp_path: Path) -> None:
    # Most of the embedding's gradients are far below what Adam's ε is under the root.
    start = tmp_path / "start.npz"
    torch = losses(torch_python, "torch", "lstm", "--save-init", str(start), optimizer="adam")

    mxnet = losses(mxnet_python, "mxnet", "lstm", "--init-from", str(start), optimizer="adam")

    found = parity(torch, mxnet, "fp32")
    assert found.status == "same", found.text
    # Without the mending of ε they are 1e-2 apart.
    assert found.max_rel_diff is not None
    assert found.max_rel_diff < 1e-4


@pytest.mark.torch
@pytest.mark.mxnet
def test_another_learning_rate_is_told_by_the_measured_drift(
    torch_python: str, mxnet_python: str, tmp_path: Path
) -> None:
    start, drifted = tmp_path / "start.npz", tmp_path / "drifted.npz"
    torch = losses(torch_python, "torch", "mlp", "--save-init", str(start))
    write_drifted(start, drifted)
    again = losses(torch_python, "torch", "mlp", "--init-from", str(drifted))

    right = losses(mxnet_python, "mxnet", "mlp", "--init-from", str(start))
    wrong = losses(mxnet_python, "mxnet", "mlp", "--init-from", str(start), lr=0.0101)

    assert parity(torch, right, "fp32", again).status == "same"
    found = parity(torch, wrong, "fp32", again)
    assert found.status == "different"
    assert found.first_step_beyond is not None
    assert 1 <= found.first_step_beyond <= 5


@pytest.mark.torch
def test_weights_can_be_had_without_training(torch_python: str, tmp_path: Path) -> None:
    start = tmp_path / "start.npz"
    argv = command("mlp", "torch", {"features": 32})
    argv += ["--describe", "--save-init", str(start)]

    done = subprocess.run(
        [torch_python, *argv], capture_output=True, text=True, timeout=60, check=True
    )

    assert '"model": "mlp"' in done.stdout
    assert start.stat().st_size > 4 * 2_000_000
