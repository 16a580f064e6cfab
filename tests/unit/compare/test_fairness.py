"""Each line of the list says yes, no or unknown for the right reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.helpers.fake_run import make_run

from diptych.profiling.compare.fairness import fair, fairness
from diptych.profiling.compare.fairness_side import Line
from diptych.profiling.compare.parity import parity
from diptych.profiling.runs.series import THROTTLE
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot, Series
from diptych.workloads.catalogue import validate

CODES = (
    "work parameters batch shapes dtype optimizer flops ruler threads layout tf32 autotune"
    " execution bulk machine device load swap throttling gpu_alone numbers"
)
Change = Callable[[RunSnapshot], RunSnapshot]


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunSnapshot, RunSnapshot]:
    """A torch and an mxnet run of one workload with the same knobs, and quiet."""
    folder = tmp_path_factory.mktemp("runs")
    made = []
    for seed, framework in enumerate(("torch", "mxnet")):
        path = make_run(folder, framework=framework, steps=60, ms=40, seed=seed, t0=10**12)
        session = RunSession(path)
        snapshot = session.drain()
        session.close()
        made.append(quiet(knobs(batch_size=32)(replace(snapshot, ruler="fence"))))
    return made[0], made[1]


def knobs(**changed: Any) -> Change:
    def change(run: RunSnapshot) -> RunSnapshot:
        assert run.manifest is not None
        request = run.manifest.request
        framework = request.framework
        known = {k: v for k, v in request.knobs.items() if k != "batch"}
        allowed = validate("resnet18", framework, {**known, **changed})
        asked = msgspec.structs.replace(request, knobs=allowed)
        return replace(run, manifest=msgspec.structs.replace(run.manifest, request=asked))

    return change


def details(**changed: str) -> Change:
    def change(run: RunSnapshot) -> RunSnapshot:
        assert run.framework is not None
        framework = msgspec.structs.replace(run.framework, details=changed)
        return replace(run, framework=framework)

    return change


def series(run: RunSnapshot, **columns: float) -> Series:
    t = np.linspace(run.steps.start[0], run.steps.end[-1], 20).astype(np.int64)
    return Series(t, {name: np.full(20, float(value)) for name, value in columns.items()})


def quiet(run: RunSnapshot) -> RunSnapshot:
    assert run.manifest is not None
    cores = run.manifest.host.cores_logical or 1
    host = series(run, cpu=100 / cores, swap_used=5)
    return replace(run, host=host, process=series(run, cpu=50))


def on_gpu(**columns: float) -> Change:
    def change(run: RunSnapshot) -> RunSnapshot:
        moved = knobs(device="cuda:0")(run)
        return replace(moved, gpus={0: series(run, **columns)})

    return change


def listed(*runs: RunSnapshot, **options: Any) -> dict[str, Line]:
    return {line.code: line for line in fairness(runs, **options)}


def test_a_fair_pair_is_fair_but_for_what_nobody_knows(
    pair: tuple[RunSnapshot, RunSnapshot],
) -> None:
    lines = listed(*pair)
    assert list(lines) == CODES.split()
    unknown = {code for code, line in lines.items() if line.answer != "yes"}
    assert unknown == {"throttling", "numbers"}
    assert fair(tuple(lines.values())) == "unknown"
    assert all(line.title and line.evidence for line in lines.values())
    assert lines["flops"].evidence.endswith("GFLOP by formula")


def first(run: RunSnapshot) -> RunSnapshot:
    return run


@pytest.mark.parametrize(
    ("code", "change", "evidence"),
    [
        ("batch", lambda run: replace(run, steps=replace(run.steps, samples=run.steps.samples * 2)),
         "A: 32, B: 64 samples"),
        ("shapes", knobs(image_size=96), "A: image_size 64, B: image_size 96"),
        ("flops", knobs(image_size=96), "GFLOP"),
        ("dtype", knobs(precision="bf16"), "A: fp32, B: bf16"),
        ("optimizer", knobs(optimizer="adam"), "B: adam, learning rate 0.001"),
        ("optimizer", knobs(lr=0.1), "learning rate 0.01, momentum 0.9"),
        ("execution", knobs(execution="hybridize"), "A: operator by operator, B: compiled"),
        ("ruler", lambda run: replace(run, ruler="event"), "--fenced"),
        ("threads", lambda run: replace(
            run, framework=msgspec.structs.replace(run.framework, threads=2)), "A: 8, B: 2"),
        ("threads", details(MXNET_CPU_WORKER_NTHREADS="4"), "up to 4 operators at once"),
        ("device", knobs(device="cuda:0"), "A: cpu, B: cuda:0"),
        ("parameters", lambda run: replace(
            run, model=msgspec.structs.replace(run.model, parameters=5)), "11,689,512, B: 5"),
        ("load", lambda run: replace(run, host=series(run, cpu=100)), "of a core"),
        ("swap", lambda run: replace(run, host=Series(
            run.host.t, {**run.host.columns, "swap_used": np.linspace(0, 9e6, 20)})), "9 MiB"),
    ],
)  # fmt: skip
def test_what_differs_is_said(
    pair: tuple[RunSnapshot, RunSnapshot], code: str, change: Change, evidence: str
) -> None:
    lines = listed(pair[0], change(pair[1]))
    assert lines[code].answer == "no", lines[code]
    assert evidence in lines[code].evidence
    assert fair(tuple(lines.values())) == "no"


@pytest.mark.parametrize(
    ("code", "change"),
    [
        ("parameters", lambda run: replace(run, model=None)),
        ("ruler", lambda run: replace(run, ruler=None)),
        ("threads", lambda run: replace(run, framework=None)),
        ("load", lambda run: replace(run, process=Series(run.host.t[:0], {}))),
        ("machine", lambda run: replace(run, manifest=None)),
        ("flops", lambda run: replace(run, manifest=None)),
        ("layout", lambda run: replace(run, manifest=None)),
    ],
)
def test_what_is_not_known_is_unknown(
    pair: tuple[RunSnapshot, RunSnapshot], code: str, change: Change
) -> None:
    line = listed(pair[0], change(pair[1]))[code]
    assert line.answer == "unknown", line
    assert line.evidence


def test_exact_rulers_are_as_good_as_each_other(pair: tuple[RunSnapshot, RunSnapshot]) -> None:
    line = listed(replace(pair[0], ruler="sync"), pair[1])["ruler"]
    assert line.answer == "yes"
    assert "A: complete when Python is; B: a fence" in line.evidence


def test_bf16_is_not_the_same_in_both_frameworks(pair: tuple[RunSnapshot, RunSnapshot]) -> None:
    both = [knobs(precision="bf16")(run) for run in pair]
    assert listed(*both)["dtype"].answer == "no"
    assert listed(both[0], both[0])["dtype"].answer == "yes"


def test_switches_of_a_gpu(pair: tuple[RunSnapshot, RunSnapshot]) -> None:
    torch, mxnet = (on_gpu(mem_used=5e9, tree_mem=2.4e9, throttle=0)(run) for run in pair)
    told = details(matmul_tf32="False", cudnn_tf32="True", cudnn_benchmark="True")(torch)
    lines = listed(told, mxnet)
    assert lines["tf32"].answer == "unknown"
    assert "A: on for convolutions, B: not known" in lines["tf32"].evidence
    assert lines["autotune"].answer == "yes"
    off = details(NVIDIA_TF32_OVERRIDE="0", MXNET_CUDNN_AUTOTUNE_DEFAULT="0")(mxnet)
    lines = listed(told, off)
    assert (lines["tf32"].answer, lines["autotune"].answer) == ("no", "no")
    assert lines["throttling"].answer == "yes"
    assert lines["gpu_alone"].answer == "yes"


def test_a_gpu_that_is_shared_or_held_back(pair: tuple[RunSnapshot, RunSnapshot]) -> None:
    bit = 1 << THROTTLE.index("power cap")
    runs = [on_gpu(mem_used=9e9, tree_mem=2e9, throttle=bit)(run) for run in pair]
    lines = listed(*runs)
    assert lines["gpu_alone"].answer == "no"
    assert lines["throttling"].answer == "no"
    assert "power cap" in lines["throttling"].evidence


def test_bulking_is_said_and_compared_within_mxnet(pair: tuple[RunSnapshot, RunSnapshot]) -> None:
    line = listed(*pair)["bulk"]
    assert line.evidence == "MXNet: up to 15 operators as one; PyTorch has none"
    off = details(MXNET_EXEC_BULK_EXEC_MAX_NODE_TRAIN="0")(pair[1])
    assert listed(pair[1], off)["bulk"].answer == "no"
    assert listed(pair[0], pair[0])["bulk"].evidence == "PyTorch has none"


def test_parity_is_the_last_line(pair: tuple[RunSnapshot, RunSnapshot]) -> None:
    curve = np.linspace(2, 1, 20)
    assert listed(*pair, parity=parity(curve, curve, "fp32"))["numbers"].answer == "yes"
    other = listed(*pair, parity=parity(curve, curve * 1.01, "fp32"))["numbers"]
    assert other.answer == "no"
    assert "at step 1" in other.evidence


def test_more_than_two_sides_and_names(pair: tuple[RunSnapshot, RunSnapshot]) -> None:
    small = knobs(image_size=32)(pair[0])
    line = listed(pair[0], pair[1], small, labels=["eager", "mxnet"])["shapes"]
    assert line.evidence == "eager: image_size 64, mxnet: image_size 64, C: image_size 32"


def test_scripts_are_not_known(pair: tuple[RunSnapshot, RunSnapshot], tmp_path: Path) -> None:
    def script(run: RunSnapshot) -> RunSnapshot:
        assert run.manifest is not None
        request = msgspec.structs.replace(
            run.manifest.request, workload=None, knobs={}, script=f"{tmp_path}/{run.id}.py"
        )
        return replace(run, manifest=msgspec.structs.replace(run.manifest, request=request))

    lines = listed(*(script(run) for run in pair))
    for code in ("work", "shapes", "dtype", "optimizer", "flops", "layout", "execution"):
        assert lines[code].answer == "unknown", code
    assert lines["batch"].answer == lines["parameters"].answer == "yes"
