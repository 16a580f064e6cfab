"""A comparison on disk as a conductor would have left it, without running anything."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from tests.helpers.fake_run import LiveRun

from diptych.profiling.compare import conduct
from diptych.profiling.records.experiment import Experiment, ExperimentState, SideSpec
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runs.session import RunSession

ID = "20261123T101502-compare-resnet18-k3f9"
CREATED = 1_790_000_000_000_000_000
T0 = 5_000_000_000_000


def make_race(
    home: Path,
    sides: Mapping[str, float] | None = None,
    *,
    rounds: int = 10,
    turn: int = 6,
    noise: bool = True,
    done: bool = True,
    identity: str = ID,
) -> Path:
    """Write runs that took turns, and their comparison below ``home``; return its folder.

    ``sides`` maps a framework (with anything after a blank as its label) to its
    steady ms. With ``noise`` the first side runs twice. With ``done`` false it goes on.
    """
    sides = sides or {"torch eager": 10.0, "mxnet imperative": 12.0}
    named = list(sides.items()) + ([next(iter(sides.items()))] if noise else [])
    with contextlib.ExitStack() as stack:
        runs = [
            stack.enter_context(_run(home, label, ms, seed, identity))
            for seed, (label, ms) in enumerate(named)
        ]
        _race(runs, rounds, turn)
        for run in runs:
            run.finish()
    ids = [run.id for run in runs]
    specs = tuple(
        SideSpec(label=label, request=_request(home, run))
        for label, run in zip(sides, ids, strict=False)
    )
    folder = conduct.create(
        Experiment(id=identity, created=CREATED, sides=specs, rounds=rounds, turn=turn, why=False),
        home,
    )
    state = ExperimentState(
        status="done" if done else "running",
        stage="done" if done else "race",
        done=0 if done else 3,
        total=0 if done else 20,
        runs=tuple(ids[: len(sides)]),
        noise=ids[-1] if noise else None,
    )
    conduct.write_state(folder, state)
    return folder


def _run(home: Path, label: str, ms: float, seed: int, identity: str) -> LiveRun:
    framework: Literal["torch", "mxnet"] = "mxnet" if label.startswith("mxnet") else "torch"
    return LiveRun(
        home / "runs",
        framework=framework,
        ms=ms,
        seed=seed,
        created=CREATED + seed,
        t0=T0,
        done_later=False,
        lock=False,
        pair=identity,
        run_id=f"20261123T1015{seed:02d}-{framework}-resnet18-{identity[-4:]}",
    )


def _race(runs: list[LiveRun], rounds: int, turn: int) -> None:
    """Let them take turns: all warm up, then A B B A, nobody while another does."""
    number, now = 0, 0
    for run in runs:
        now = run.turn(number, -1, 8, now)
        number += 1
    for round_ in range(rounds):
        for run in (*runs, *reversed(runs)):
            now = run.turn(number, round_, turn, now + 1_000_000)
            number += 1


def _request(home: Path, run: str) -> RunRequest:
    with RunSession(home / "runs" / run) as session:
        manifest = session.drain().manifest
    assert manifest is not None
    return manifest.request
