"""What real scripts do besides: losses that are no numbers, garbage collections."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.integration.agent_runs import SCRIPTS, AgentRun, interpreters

_COLLECTS = """
import gc
rings = [[] for _ in range(300_000)]
for ring in rings:
    ring.append(ring)
del rings, ring
gc.collect()
gc.collect(0)
"""


def _odd(run: AgentRun) -> dict[int, str]:
    return {r["n"]: r["loss_is"] for r in run.records("step", "done") if "loss_is" in r}


def _check(run: AgentRun) -> None:
    assert run.records("step")[-1]["n"] == 29
    assert _odd(run) == {8: "inf", **dict.fromkeys(range(12, 30), "nan")}
    records = run.records("step", "done")
    assert all(r.get("loss") is None for r in records if r["n"] == 8 or r["n"] >= 12)
    assert sum(r.get("loss") is not None for r in records) >= 8
    step = next(r for r in run.records("step") if r["n"] == 20)
    pauses = [r for r in run.records("gc") if r["generation"] == 2]
    inside = [r for r in pauses if step["t0"] <= r["t0"] <= r["t"] <= step["t"]]
    assert any(r["t"] - r["t0"] > 1_000_000 for r in inside)


@pytest.mark.torch
def test_a_loss_that_becomes_nan_under_torch(tmp_path: Path, torch_python: str) -> None:
    run = AgentRun.make(tmp_path / "run", torch_python)
    assert run.run(SCRIPTS / "torch_nan_loss.py").code == 0
    _check(run)


@pytest.mark.mxnet
def test_a_loss_that_becomes_nan_under_mxnet(tmp_path: Path, mxnet_python: str) -> None:
    run = AgentRun.make(tmp_path / "run", mxnet_python)
    assert run.run(SCRIPTS / "mxnet_nan_loss.py").code == 0
    _check(run)


@pytest.mark.parametrize("version", sorted(interpreters()))
def test_only_large_collections_are_told(tmp_path: Path, version: str) -> None:
    script = tmp_path / "collects.py"
    script.write_text(_COLLECTS)
    run = AgentRun.make(tmp_path / "run", interpreters()[version])
    assert run.run(script).code == 0
    first, *pauses = run.records("gc")
    assert (first["generation"], first["t0"]) == (None, first["t"])
    assert pauses
    assert all(r["generation"] == 2 or r["t"] - r["t0"] >= 1_000_000 for r in pauses)
    assert any(r["generation"] == 2 and r["t"] - r["t0"] > 1_000_000 for r in pauses)
    assert all(first["t"] <= r["t0"] <= r["t"] for r in pauses)
