"""The operators of a real window are in families, as they come out of a run."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from diptych.profiling.compare.breakdown import breakdown
from diptych.profiling.compare.families import WHOLE_NAMES
from diptych.profiling.compare.why import why
from diptych.profiling.records.kinds import Operators
from diptych.profiling.runs.session import RunSession


def window(framework: str, python: str, home: Path) -> Operators:
    variables = [part for k, v in WHOLE_NAMES[framework].items() for part in ("--env", f"{k}={v}")]
    done = subprocess.run(
        [
            *(sys.executable, "-m", "diptych.profiling.cli", "run", "--framework", framework),
            *("--python", python, "--workload", "transformer", "--batch-size", "2"),
            *("--seq-len", "8", "--steps", "9", "--threads", "1", "--json"),
            *("--skip", "3", "--warmup", "1", "--active", "3", *variables),
        ],
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
        env={**os.environ, "DIPTYCH_HOME": str(home), "OMP_NUM_THREADS": "1"},
    )
    assert done.returncode == 0, done.stderr
    session = RunSession(Path(json.loads(done.stdout)["dir"]))
    snapshot = session.drain()
    session.close()
    operators = snapshot.windows[0].operators
    assert operators is not None
    return operators


@pytest.mark.torch
@pytest.mark.mxnet
def test_real_windows_are_in_families_and_explain_a_difference(
    torch_python: str, mxnet_python: str, home: Path
) -> None:
    torch = breakdown(window("torch", torch_python, home), "torch")
    mxnet = breakdown(window("mxnet", mxnet_python, home), "mxnet")

    for side in (torch, mxnet):
        assert (side.matched_share or 0) >= 0.95, side.rows[-1]
        assert {"matmul", "normalisation", "softmax_loss"} <= {row.family for row in side.rows}
    found = why(torch, mxnet, 2 * torch.total, 2 * mxnet.total)
    assert found.comparable
    assert sum(bar.delta for bar in found.families) == found.b - found.a
