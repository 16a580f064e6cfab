"""The formulas count what torch's own counter counts."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

import pytest

from diptych.profiling.compare.flops import step_flops
from diptych.workloads.catalogue import WORKLOADS, script_path

SCRIPT = Path(__file__).parents[2] / "scripts" / "torch_flops.py"
SMALL: dict[str, dict[str, object]] = {
    "mlp": {"features": 16, "batch_size": 8},
    "resnet18": {"image_size": 40, "batch_size": 2},
    "mobilenet_v2": {"image_size": 40, "batch_size": 2},
    "lstm": {"seq_len": 5, "batch_size": 3},
    "transformer": {"seq_len": 6, "batch_size": 3},
    "gpt": {"seq_len": 6, "batch_size": 3},
}


@pytest.fixture(scope="module")
def counted(torch_python: str) -> dict[str, list[int]]:
    """Forward, and forward with backward, by workload."""
    folder = str(script_path("mlp", "torch").parent)
    done = subprocess.run(
        [torch_python, str(SCRIPT), folder, json.dumps(SMALL)],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, list[int]] = json.loads(done.stdout)
    return found


@pytest.mark.torch
@pytest.mark.parametrize("workload", list(WORKLOADS))
def test_a_step_counts_as_torch_counts_it(counted: dict[str, list[int]], workload: str) -> None:
    forward, both = counted[workload]
    assert step_flops(workload, {**SMALL[workload], "mode": "infer"}) == forward
    trained = step_flops(workload, SMALL[workload])
    if workload == "mobilenet_v2":
        # torch counts the gradients of a depthwise convolution as if it were a dense
        # one. They are as large as the convolution itself, but for the first layer.
        first = 2 * 2 * 20 * 20 * 32 * 3 * 9
        assert trained == 3 * forward - first
        assert both > trained
    else:
        assert trained == both


def test_defaults_and_unknown_workloads() -> None:
    full = step_flops("resnet18", {})
    assert full == step_flops("resnet18", WORKLOADS["resnet18"].defaults("torch"))
    assert step_flops("resnet18", {"batch_size": 32}) == 2 * (full or 0)
    assert step_flops("of_my_own", {}) is None
