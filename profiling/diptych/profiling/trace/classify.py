"""What a slice is, from its category and its name, whatever tool wrote it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from diptych.profiling.trace.table import Kind

NOISE = frozenset({"DeleteVariable", "WaitForVar", "SetValueOp", "CopyCPU2CPU"})
"""Names of MXNet's book-keeping."""

_OTHER, _RANGE, _DEVICE_SYNC, _DEVICE_OTHER = -1, -2, -3, -4

_CATEGORIES: dict[str, int] = {
    "cpu_op": Kind.OPERATOR,
    "operator": Kind.OPERATOR,
    "kernel": Kind.KERNEL,
    "concurrent_kernel": Kind.KERNEL,
    "gpu_memcpy": Kind.MEMCPY,
    "memcpy": Kind.MEMCPY,
    "gpu_memset": Kind.MEMSET,
    "memset": Kind.MEMSET,
    "communication": Kind.COMMUNICATION,
    "runtime": Kind.RUNTIME,
    "driver": Kind.RUNTIME,
    "cuda_sync": _DEVICE_SYNC,
    "cuda_event": _DEVICE_OTHER,
    "python_function": Kind.PYTHON,
    "python": Kind.PYTHON,
    "module": Kind.MODULE,
    "user_annotation": Kind.ANNOTATION,
    "gpu_user_annotation": Kind.DEVICE_ANNOTATION,
    "overhead": Kind.OVERHEAD,
    "engine_noise": Kind.ENGINE,
    "dataloader": Kind.DATA,
}
_ON_DEVICE = {
    Kind.KERNEL, Kind.COMMUNICATION, Kind.MEMCPY, Kind.MEMSET, Kind.DEVICE_ANNOTATION,
    _DEVICE_SYNC, _DEVICE_OTHER,
}  # fmt: skip
_PLAIN, _STEP, _DATA, _COLLECTIVE, _WAIT, _MODULE, _NOISE = range(7)

KINETO = frozenset(_CATEGORIES) - {"operator", "engine_noise", "module", "python", "communication"}
"""Categories that tell a file of Kineto from others, in lower case."""


def category_code(category: str) -> int:
    """Return a code of a category for `kinds`."""
    known = category.lower()
    if known.endswith(("_runtime", "_driver")):
        return Kind.RUNTIME
    return _CATEGORIES.get(known, _OTHER)


def is_device(code: int) -> bool:
    """Say whether events of that category happen on a device."""
    return code in _ON_DEVICE


def name_code(name: str) -> int:
    """Return a code of a name for `kinds`."""
    if name.startswith("ProfilerStep"):
        return _STEP
    if name.startswith("enumerate(DataLoader)"):
        return _DATA
    if name.startswith("nn.Module: "):
        return _MODULE
    if name in NOISE:
        return _NOISE
    if name.endswith("Synchronize"):
        return _WAIT
    lower = name.lower()
    return _COLLECTIVE if "nccl" in lower or "rccl" in lower else _PLAIN


_BY_NAME: dict[tuple[int, int], Kind] = {
    (Kind.KERNEL, _COLLECTIVE): Kind.COMMUNICATION,
    (Kind.PYTHON, _MODULE): Kind.MODULE,
    (Kind.RUNTIME, _WAIT): Kind.SYNC,
    (Kind.OPERATOR, _NOISE): Kind.ENGINE,
    (Kind.OPERATOR, _STEP): Kind.STEP,
    (Kind.ANNOTATION, _STEP): Kind.STEP,
    (Kind.OPERATOR, _DATA): Kind.DATA,
    (Kind.ANNOTATION, _DATA): Kind.DATA,
}


def _kind(category: int, name: int, other: Kind) -> Kind:
    if category == _DEVICE_SYNC:
        return Kind.SYNC
    if category < 0:
        return other if category == _OTHER else Kind.OTHER
    return _BY_NAME.get((category, name), Kind(category))


def kinds(categories: Any, names: Any, *, other: Kind = Kind.OTHER) -> Any:
    """Return the `Kind` of each pair of codes; ``other`` is for categories that nobody knows."""
    codes = range(_DEVICE_OTHER, max(Kind) + 1)
    table = np.array([[_kind(c, n, other) for n in range(_NOISE + 1)] for c in codes], np.uint8)
    return table[categories - _DEVICE_OTHER, names]


def source_of(properties: Any, categories: Iterable[str], *, pairs: bool) -> str:
    """Return which tool wrote a file; ``pairs``: it has operators as begin and end."""
    own = properties.get("diptych")
    if isinstance(own, dict) and ("pids" in own or "framework" in own):
        return "mxnet" if own.get("framework", "mxnet") == "mxnet" else "kineto"
    known = {category.lower() for category in categories}
    if "schemaVersion" in properties or known & KINETO:
        return "kineto"
    return "mxnet" if pairs and known & {"operator", "mxnet_c_api", "device storage"} else "chrome"
