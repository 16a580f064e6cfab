"""Races of real workers: turns, one side at a time, and what becomes of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from diptych.profiling.compare import conduct, saved
from diptych.profiling.compare.race import WARM
from diptych.profiling.compare.sides import parse, workload_sides
from diptych.profiling.records.experiment import Experiment
from diptych.profiling.runner import launch
from diptych.profiling.runner.request import Settings

SMALL = {"features": 16, "batch_size": 8, "threads": 1}


def _until(look: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.05)


def _experiment(home: Path, *specs: str, **fields: object) -> Path:
    wanted = [parse(spec) for spec in specs]
    settings = Settings(fenced=True, schedule=None)
    sides = workload_sides("mlp", wanted, SMALL, settings=settings, home=home)
    chosen = {"rounds": 6, "turn": 4, "warm": 3, "noise": False, "why": False, **fields}
    return conduct.create(
        Experiment(id=conduct.new_id(sides), created=time.time_ns(), sides=sides, **chosen),  # type: ignore[arg-type]  # fields by name
        home,
    )


@pytest.mark.torch
@pytest.mark.mxnet
def test_sides_take_turns_and_never_run_at_once(home_with_runtimes: Path) -> None:
    directory = _experiment(home_with_runtimes, "torch", "mxnet", noise=True)
    state = conduct.conduct(directory)
    assert state.status == "done", state.text

    assert state.noise is not None
    runs = [home_with_runtimes / "runs" / str(run) for run in (*state.runs, state.noise)]
    snapshots = [saved.read_run(run) for run in runs]
    assert [run.state.value for run in snapshots] == ["done"] * 3
    turns = sorted((turn for run in snapshots for turn in run.turns), key=lambda t: t.number)
    assert [turn.number for turn in turns] == list(range(2 * 3 + 2 * 3 * 6))
    for before, after in pairwise(turns):
        assert before.end <= after.start
    for run in snapshots:
        rounds = [turn.round for turn in run.turns]
        assert rounds == [WARM, WARM, *(n for n in range(6) for _ in range(2))]
        inside = [range(turn.first, turn.last + 1) for turn in run.turns]
        assert [n for turn in inside for n in turn] == run.steps.n.tolist()
        assert all(len(turn) == 4 for turn in inside[2:])
        for turn in run.turns:
            rows = (run.steps.n >= turn.first) & (run.steps.n <= turn.last)
            assert run.steps.start[rows].min() >= turn.start
            assert run.steps.end[rows].max() <= turn.end

    comparison = saved.open_comparison(directory)
    assert comparison.together
    assert comparison.noise_floor is None or comparison.noise_floor >= 1
    assert [side.label for side in comparison.sides] == ["PyTorch eager", "MXNet imperative"]
    # Of each turn all but the first step count.
    for side in comparison.sides:
        assert len(side.timed.rows) == 3 * 2 * side.timed.rounds
    order = comparison.fairness[0]
    assert (order.code, order.answer) == ("order", "yes")


@pytest.mark.torch
def test_how_long_a_turn_is_can_be_found_out(home_with_runtimes: Path) -> None:
    directory = _experiment(home_with_runtimes, "torch", "torch,batch_size=4096", rounds=1)
    experiment = msgspec_replaced(directory, turn=None)
    assert experiment.turn is None
    state = conduct.conduct(directory)
    assert state.status == "done", state.text
    assert state.turn is not None
    assert state.turn >= 4
    runs = [saved.read_run(home_with_runtimes / "runs" / str(run)) for run in state.runs]
    assert {run.state.value for run in runs} == {"stopped"}
    assert all(len(run.steps) == 6 + 2 * state.turn for run in runs)
    assert all(run.total_steps is None for run in runs)


def msgspec_replaced(directory: Path, **fields: object) -> Experiment:
    """Change what is asked for."""
    import msgspec

    experiment, _ = conduct.load(directory)
    changed = msgspec.structs.replace(experiment, **fields)
    (directory / conduct.EXPERIMENT).write_bytes(msgspec.json.encode(changed))
    return changed


@pytest.mark.torch
def test_a_race_that_is_cancelled_ends_all_sides(home_with_runtimes: Path) -> None:
    directory = _experiment(home_with_runtimes, "torch", "torch", rounds=5_000)
    seen: list[int] = []
    state = conduct.conduct(directory, lambda s: seen.append(s.done), lambda: max(seen) > 8)
    assert state.status == "cancelled"
    runs = [home_with_runtimes / "runs" / str(run) for run in state.runs]
    _until(lambda: not any(map(launch.is_live, runs)), 30, "the end of both sides")
    assert saved.read(directory)[1].status == "cancelled"


@pytest.mark.torch
def test_a_side_that_fails_ends_the_race(home_with_runtimes: Path, tmp_path: Path) -> None:
    script = tmp_path / "fails.py"
    script.write_text(
        "import torch\n"
        "p = torch.nn.Linear(2, 2)\n"
        "o = torch.optim.SGD(p.parameters(), lr=0.1)\n"
        "for n in range(8):\n"
        "    p(torch.ones(1, 2)).sum().backward(); o.step()\n"
        "raise SystemExit('no more')\n"
    )
    directory = _experiment(home_with_runtimes, "torch", "torch", rounds=50)
    experiment, _ = conduct.load(directory)
    import msgspec

    first, second = experiment.sides
    request = msgspec.structs.replace(
        second.request, workload=None, knobs={}, script=str(script), cwd=str(tmp_path)
    )
    msgspec_replaced(
        directory, sides=(first, msgspec.structs.replace(second, request=request, label="mine"))
    )
    state = conduct.conduct(directory)
    assert state.status == "failed"
    assert "mine ended before its turns did" in state.text
    run = home_with_runtimes / "runs" / str(state.runs[0])
    _until(lambda: not launch.is_live(run), 30, "the end of the other side")


@pytest.mark.torch
def test_sides_go_on_alone_when_the_conductor_is_killed(home_with_runtimes: Path) -> None:
    directory = _experiment(home_with_runtimes, "torch", "torch", rounds=30, turn=5)
    command = [sys.executable, "-m", "diptych.profiling.cli", "_conduct", str(directory)]
    conductor = subprocess.Popen(command, env={**os.environ})

    def racing() -> bool:
        state = json.loads((directory / "state.json").read_text())
        return bool(state["stage"] == "race" and state["done"] > 6)

    _until(racing, 60, "the race")
    conductor.kill()
    conductor.wait()
    experiment, state = saved.read(directory)
    assert state.status == "failed"
    assert "interrupted" in state.text
    runs = [home_with_runtimes / "runs" / str(run) for run in state.runs]
    _until(lambda: not any(map(launch.is_live, runs)), 60, "the ends of both sides")
    total = experiment.warm + 3 + 2 * 30 * 5
    assert [len(saved.read_run(run).steps) for run in runs] == [total, total]


@pytest.mark.torch
@pytest.mark.mxnet
def test_the_command_prints_one_json_object(home_with_runtimes: Path) -> None:
    words = "compare --workload mlp --features 16 --batch-size 8 --threads 1 --rounds 9 --turn 3"
    words += " --warm 3 --parity --json"
    done = subprocess.run(
        [sys.executable, "-m", "diptych.profiling.cli", *words.split()],
        capture_output=True,
        text=True,
        timeout=170,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [side["label"] for side in found["sides"]] == ["PyTorch eager", "MXNet imperative"]
    assert found["ratio"]["low"] <= found["ratio"]["estimate"] <= found["ratio"]["high"]
    assert found["verdict"] in (
        "a_faster", "b_faster", "same", "not_distinguishable",
    )  # fmt: skip
    assert found["noise_floor"] >= 1
    assert len(found["warmup"]) == 2
    assert found["parity"]["status"] == "same", found["parity"]
    assert found["parity"]["max_rel_diff"] < 1e-3
    assert {"order", "parameters", "ruler", "numbers"} <= {x["code"] for x in found["fairness"]}
    assert found["matched_share"] >= 0.95
    bars = {(x["family"], x["phase"]): x for x in found["families"]}
    assert bars["matmul", "forward"]["a_ms"] > 0
    assert bars["matmul", "forward"]["b_ms"] > 0
