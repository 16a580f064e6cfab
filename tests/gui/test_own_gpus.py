"""Which GPU is the run's own: never another one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.models.own_gpus import gpus_of, own_gpus
from diptych.gui.text.format import UNKNOWN
from diptych.gui.views.now_numbers import Stretch, rows
from diptych.profiling.records import kinds
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot

A100, T4 = "NVIDIA A100", "Tesla T4"


def gpus(
    root: Path,
    tree: tuple[int | None, ...],
    device: str = "cuda:0",
    names: tuple[str, ...] = (),
    **environment: str,
) -> RunSnapshot:
    """Return a run on a machine with a GPU for each of ``tree``, the memory its processes have."""
    with LiveRun(root) as run:
        run.worker.put(kinds.Framework, run.now, name="torch", version="2", device=device)
        for index, memory in enumerate(tree):
            info: dict[str, Any] = {"mem_total": 1 << 34, "driver": "570"}
            name = names[index] if names else A100
            uuid = f"GPU-{index}{index}-ab"
            run.system.put(kinds.GpuInfo, run.now, index=index, name=name, uuid=uuid, **info)
            run.system.put(
                kinds.Gpu, run.now, index=index, util=50.0, mem_used=1 << 30, tree_mem=memory
            )
        run.flush()
        with RunSession(run.directory) as session:
            session.poll()
            snapshot = session.snapshot()
    assert snapshot.manifest is not None
    manifest = msgspec.structs.replace(snapshot.manifest, environment=environment)
    return replace(snapshot, manifest=manifest)


def test_where_its_processes_have_memory(tmp_path: Path) -> None:
    assert gpus_of(gpus(tmp_path, (0, 0, 1 << 30), CUDA_VISIBLE_DEVICES="1")) == [2]


@pytest.mark.parametrize(
    ("visible", "device", "own"),
    [
        ("2", "cuda:0", [2]),
        ("2,0", "cuda:1", [0]),
        ("GPU-11-ab", "cuda:0", [1]),
        ("GPU-00,GPU-22", "cuda:1", [2]),
        ("2", "cuda", [2]),
        ("2", "cuda:1", []),
        ("MIG-11", "cuda:0", []),
        ("GPU-", "cuda:0", []),
        ("9", "cuda:0", []),
        ("", "cuda:0", []),
    ],
)
def test_else_where_cuda_visible_devices_puts_it(
    tmp_path: Path, visible: str, device: str, own: list[int]
) -> None:
    nobody = (None, None, None)
    assert gpus_of(gpus(tmp_path, nobody, device, CUDA_VISIBLE_DEVICES=visible)) == own


def test_numbers_of_unlike_gpus_count_only_in_the_order_of_the_bus(tmp_path: Path) -> None:
    unlike = {"names": (A100, T4), "CUDA_VISIBLE_DEVICES": "1"}
    assert gpus_of(gpus(tmp_path / "a", (None, None), **unlike)) == []  # type: ignore[arg-type] # mixed keywords
    ordered = gpus(tmp_path / "b", (None, None), CUDA_DEVICE_ORDER="PCI_BUS_ID", **unlike)  # type: ignore[arg-type] # mixed keywords
    assert gpus_of(ordered) == [1]


def test_else_the_only_one(tmp_path: Path) -> None:
    assert gpus_of(gpus(tmp_path, (None,), "cuda:0")) == [0]


def test_else_none_and_the_panel_says_why(tmp_path: Path) -> None:
    snapshot = gpus(tmp_path, (None, None))
    indices, why = own_gpus(snapshot)
    assert indices == []
    assert why == (
        "which of the 2 GPUs is the run's is not known: "
        "CUDA_VISIBLE_DEVICES does not tell which is cuda:0"
    )
    whole = Stretch(snapshot, snapshot.origin, np.iinfo(np.int64).max)
    cell = rows(whole)["Device", "GPU"]
    assert (cell.text, cell.hint) == (UNKNOWN, why)


def test_a_run_on_the_cpu_has_none(tmp_path: Path) -> None:
    assert gpus_of(gpus(tmp_path, (0, 0), "cpu")) == []
    run = make_run(tmp_path, steps=5, seed=9)
    with RunSession(run) as session:
        assert own_gpus(session.drain()) == ([], "the run works on the CPU")
