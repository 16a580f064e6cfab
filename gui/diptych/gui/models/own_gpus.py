"""Which of the machine's GPUs a run works on, or why that cannot be told. No Qt here.

A framework counts its devices anew: ``cuda:0`` is the first of those that
CUDA_VISIBLE_DEVICES leaves, NVML's 0 the first in the machine.
"""

from __future__ import annotations

import numpy as np

from diptych.gui.text.tr import tr
from diptych.profiling.runs.snapshot import Floats, RunSnapshot

_VISIBLE, _ORDER = "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER"


def gpus_of(snapshot: RunSnapshot) -> list[int]:
    """Return NVML's indices of the GPUs that the run works on; none where not known."""
    return own_gpus(snapshot)[0]


def own_gpus(snapshot: RunSnapshot) -> tuple[list[int], str]:
    """Return the GPUs that the run works on, and why there is none."""
    mine = [i for i, gpu in snapshot.gpus.items() if used(gpu.columns.get("tree_mem"))]
    if mine:
        return mine, ""
    device = snapshot.framework.device if snapshot.framework else None
    if not snapshot.gpus or device == "cpu":
        return [], tr("the run works on the CPU") if device == "cpu" else tr("no GPU was seen")
    if len(snapshot.gpus) == 1:
        return list(snapshot.gpus), ""
    return _mapped(snapshot, device)


def used(memory: Floats | None) -> bool:
    """Whether any of the samples is above 0."""
    return memory is not None and bool((np.nan_to_num(memory) > 0).any())


def _mapped(snapshot: RunSnapshot, device: str | None) -> tuple[list[int], str]:
    """Return the GPU that the framework's device is by CUDA_VISIBLE_DEVICES."""
    count, number = len(snapshot.gpus), _number(device)
    if number is None:
        return [], tr(
            "which of the {count} GPUs is the run's is not known: no process of it is seen on one",
            count=count,
        )
    environment = _environment(snapshot)
    names = [part.strip() for part in environment.get(_VISIBLE, "").split(",") if part.strip()]
    if number >= len(names):
        return [], tr(
            "which of the {count} GPUs is the run's is not known: "
            "{variable} does not tell which is {device}",
            count=count,
            variable=_VISIBLE,
            device=device,
        )
    found = _named(snapshot, names[number], environment)
    if found:
        return found, ""
    return [], tr(
        "which of the {count} GPUs is the run's is not known: {variable} says {name}",
        count=count,
        variable=_VISIBLE,
        name=names[number],
    )


def _number(device: str | None) -> int | None:
    """Return the number in ``cuda:1``; ``cuda`` alone is the first."""
    kind, _, number = (device or "").partition(":")
    if kind != "cuda":
        return None
    return int(number) if number.isdecimal() else 0


def _environment(snapshot: RunSnapshot) -> dict[str, str]:
    manifest = snapshot.manifest
    return {**manifest.environment, **manifest.request.env} if manifest else {}


def _named(snapshot: RunSnapshot, name: str, environment: dict[str, str]) -> list[int]:
    if not name.isdecimal():
        infos = snapshot.gpu_info.items()
        same = [i for i, info in infos if (info.uuid or "").startswith(name)]
        return same if len(same) == 1 and name.startswith("GPU-") else []
    # CUDA puts the fastest first unless told otherwise; equal ones stay in NVML's order.
    models = {info.name for info in snapshot.gpu_info.values()}
    ordered = environment.get(_ORDER) == "PCI_BUS_ID" or (len(models) == 1 and None not in models)
    return [int(name)] if ordered and int(name) in snapshot.gpus else []
