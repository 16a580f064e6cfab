"""However a comparison ends, its runs end too, and what was measured till then is right."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest

from diptych.profiling.compare import conduct, saved
from diptych.profiling.compare.sides import parse, script_sides, workload_sides
from diptych.profiling.records.experiment import Experiment, ExperimentState, SideSpec
from diptych.profiling.runner import launch
from diptych.profiling.runner.request import Settings

SMALL = {"features": 16, "batch_size": 8, "threads": 1}
COMMAND = [sys.executable, "-m", "diptych.profiling.cli"]
SCRIPT = """\
import sys, torch
p = torch.nn.Linear(64, 64)
o = torch.optim.SGD(p.parameters(), lr=0.001)
for n in range(int(sys.argv[1])):
    o.zero_grad(); p(torch.ones(8, 64)).sum().backward(); o.step()
"""


def until(look: Callable[[], object], seconds: float, what: str) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.02)


def sides_of(home: Path, *specs: str, **knobs: str | int | float) -> tuple[SideSpec, ...]:
    settings = Settings(fenced=True, schedule=None)
    wanted = [parse(spec) for spec in specs]
    return workload_sides("mlp", wanted, {**SMALL, **knobs}, settings=settings, home=home)


def create(home: Path, sides: tuple[SideSpec, ...], **fields: object) -> Path:
    chosen = {"rounds": 6, "turn": 4, "warm": 3, "noise": False, "why": False, **fields}
    experiment = Experiment(id=conduct.new_id(sides), created=time.time_ns(), sides=sides, **chosen)  # type: ignore[arg-type]  # fields by name
    return conduct.create(experiment, home)


def live(home: Path) -> list[Path]:
    """Return the runs that go on, those for parity among them."""
    folders = [home / "runs", *home.glob("comparisons/*/parity/runs")]
    return [run for folder in folders if folder.is_dir() for run in folder.iterdir()
            if launch.is_live(run)]  # fmt: skip


def state_of(directory: Path) -> ExperimentState:
    return conduct.load(directory)[1]


@pytest.mark.torch
@pytest.mark.parametrize("stage", ["parity", "starting", "race", "profile"])
def test_ctrl_c_ends_everything_at_every_stage(home_with_runtimes: Path, stage: str) -> None:
    home = home_with_runtimes
    words = "compare --workload mlp --features 16 --batch-size 8 --threads 1 --side torch --aa"
    words += " --warm 2 --turn 2"
    words += {"parity": " --parity", "profile": " --rounds 2"}.get(stage, " --rounds 5000")
    command = subprocess.Popen([*COMMAND, *words.split()], stdout=subprocess.DEVNULL)

    def reached() -> bool:
        assert command.poll() is None, "it ended by itself"
        for state in home.glob("comparisons/*/state.json"):
            known = json.loads(state.read_text())
            begun = bool(known["done"]) or stage != "race"
            return known["stage"] == stage and begun and bool(list((home / "runs").glob("[0-9]*"))
                or live(home) or stage == "starting")  # fmt: skip
        return False

    until(reached, 60, stage)
    command.send_signal(signal.SIGINT)
    assert command.wait(60) == 130
    until(lambda: not live(home), 30, "the end of all runs")
    (directory,) = saved.listed(home)
    assert state_of(directory).status == "cancelled"
    assert not (directory / "lanes").exists()
    assert not list(directory.glob("parity/*.npz"))
    assert not list((home / "runs").glob(".*")), "a run that was never begun"


@pytest.mark.torch
def test_sides_without_an_end_stop_when_their_conductor_is_killed(home_with_runtimes: Path) -> None:
    home = home_with_runtimes
    directory = create(home, sides_of(home, "torch", "torch"), turn=None, rounds=100)
    conductor = subprocess.Popen([*COMMAND, "_conduct", str(directory)], env={**os.environ})
    until(lambda: state_of(directory).turn is not None, 60, "the first turn")
    conductor.kill()
    conductor.wait()
    until(lambda: not live(home), 30, "the ends of both sides")
    runs = [saved.read_run(home / "runs" / str(run)) for run in state_of(directory).runs]
    assert {run.state.value for run in runs} == {"stopped"}
    assert all("conductor is gone" in run.state_text for run in runs)


@pytest.mark.torch
def test_scripts_race_until_one_has_no_more_steps(home_with_runtimes: Path, tmp_path: Path) -> None:
    home = home_with_runtimes
    script = tmp_path / "work.py"
    script.write_text(SCRIPT)
    settings = Settings(fenced=True, schedule=None)
    long, short = (
        script_sides([script, script], [str(count)], settings=settings, home=home)[at]
        for at, count in enumerate((100_000, 6 + 8 * 8 + 5))
    )
    directory = create(home, (long, short), rounds=50, turn=4)
    state = conduct.conduct(directory)
    assert state.status == "done"
    assert state.text == "PyTorch work.py (2) made its last step after 8 of 50 rounds"
    assert not live(home)
    comparison = saved.open_comparison(directory)
    assert comparison.together
    assert comparison.sides[0].timed.rounds == comparison.sides[1].timed.rounds <= 8
    assert len(comparison.sides[0].run.steps) < 200


@pytest.mark.torch
def test_one_after_the_other_makes_as_many_steps_as_asked_for(home_with_runtimes: Path) -> None:
    home = home_with_runtimes
    sides = sides_of(home, "torch", "torch", steps=40)
    directory = create(home, sides, order="sequence", turn=None, noise=True)
    state = conduct.conduct(directory)
    assert state.status == "done", state.text
    comparison = saved.open_comparison(directory)
    assert [len(side.run.steps) for side in comparison.sides] == [40, 40]
    assert not comparison.together
    assert comparison.noise_run is not None
    runs = [side.run for side in comparison.sides]
    assert runs[0].steps.end[-1] < comparison.noise_run.steps.start[0] < runs[1].steps.start[0]
    order = comparison.fairness[0]
    assert (order.code, order.answer) == ("order", "no")


@pytest.mark.torch
def test_a_side_that_fails_in_a_sequence_is_named(home_with_runtimes: Path, tmp_path: Path) -> None:
    home = home_with_runtimes
    script = tmp_path / "fails.py"
    script.write_text(SCRIPT + "raise SystemExit('no more')\n")
    settings = Settings(fenced=True, schedule=None)
    sides = script_sides([script, script], ["5"], settings=settings, home=home)
    state = conduct.conduct(create(home, sides, order="sequence"))
    assert state.status == "failed"
    assert state.text.startswith("PyTorch fails.py failed: ")


@pytest.mark.torch
@pytest.mark.mxnet
def test_a_fenced_and_an_unfenced_side_are_flagged_and_compared_by_turns(
    home_with_runtimes: Path,
) -> None:
    """GIVEN MXNet without a fence against PyTorch with one THEN the list says so, whole turns
    are compared, and no step of MXNet holds a time in which it was parked."""
    home = home_with_runtimes
    torch, mxnet = sides_of(home, "torch", "mxnet")
    unfenced = msgspec.structs.replace(mxnet.request, fenced=False)
    directory = create(
        home, (torch, msgspec.structs.replace(mxnet, request=unfenced)), rounds=8, turn=8
    )
    state = conduct.conduct(directory)
    assert state.status == "done", state.text
    comparison = saved.open_comparison(directory)
    rulers = [side.run.ruler for side in comparison.sides]
    assert rulers == ["fence", "event"]
    assert comparison.measure == "throughput"
    assert comparison.together
    line = next(line for line in comparison.fairness if line.code == "ruler")
    assert line.answer == "no"
    assert comparison.verdict is not None
    turns = [np.median([(t.end - t.start) / t.steps for t in side.timed.turns])
             for side in comparison.sides]  # fmt: skip
    assert comparison.verdict.ratio.estimate == pytest.approx(turns[1] / turns[0], rel=1e-6)

    part = comparison.sides[1].timed
    steps = part.run.steps
    assert np.isfinite(steps.completed).all()
    for turn in part.turns:
        inside = (steps.n[part.rows] >= turn.first) & (steps.n[part.rows] <= turn.last)
        assert part.times[inside].sum() <= turn.end - turn.start


@pytest.mark.torch
@pytest.mark.mxnet
def test_inference_takes_turns_though_its_first_steps_are_held_back(
    home_with_runtimes: Path,
) -> None:
    home = home_with_runtimes
    directory = create(home, sides_of(home, "torch", "mxnet", mode="infer"), warm=1, turn=5)
    state = conduct.conduct(directory)
    assert state.status == "done", state.text
    comparison = saved.open_comparison(directory)
    assert comparison.together
    assert comparison.fairness[0].answer == "yes"
    for side in comparison.sides:
        assert side.timed.rounds >= 3
        assert len(side.timed.rows) == side.timed.rounds * 2 * 4
