"""What MXNet and a model say of themselves, for the records ``framework`` and ``model``."""

from __future__ import annotations

import ctypes
import os
from typing import Any, Dict, Iterable, Optional

_CUDA_WHEELS = ("101", "102", "110", "112", "113", "114", "115", "116", "117")


def describe(mx: Any) -> Dict[str, Any]:
    """Return the fields of the ``framework`` record; ``device`` is null where there are several."""
    on = sorted(name for name, feature in mx.runtime.Features().items() if feature.enabled)
    cuda = _cuda_version() if "CUDA" in on else None
    settings = ("MXNET_", "OMP_", "KMP_")
    details = {name: os.environ[name] for name in sorted(os.environ) if name.startswith(settings)}
    details["engine"] = os.environ.get("MXNET_ENGINE_TYPE") or "ThreadedEnginePerDevice"
    details["features"] = ", ".join(on)
    return {
        "name": "mxnet",
        "version": str(mx.__version__),
        "cuda": cuda,
        "device": None if cuda else "cpu",
        "threads": _threads(mx),
        "details": details,
    }


def device_name(context: Any) -> str:
    """Return a context's name as everywhere in Diptych: cpu, cuda:0."""
    if context.device_type == "gpu":
        return "cuda:%d" % context.device_id
    return "cpu"


def _cuda_version() -> str:
    from importlib import metadata

    for wheel in _CUDA_WHEELS:
        try:
            metadata.version("mxnet-cu" + wheel)
        except metadata.PackageNotFoundError:
            continue
        return "%s.%s" % (wheel[:-1], wheel[-1])
    return "unknown"


def _threads(mx: Any) -> Optional[int]:
    """Return how many OpenMP threads an operator may use."""
    try:
        return int(ctypes.CDLL(mx.base._LIB._name).omp_get_max_threads())
    except (AttributeError, OSError):
        return None


def count_block(block: Any) -> Optional[int]:
    """Return how many trainable numbers a Gluon block holds; None while shapes are open."""
    parameters = block.collect_params().values()
    return _count(_shape(p) for p in parameters if p.grad_req != "null")


def _shape(parameter: Any) -> Any:
    """Return a parameter's shape; one of a loaded ``SymbolBlock`` knows it only by its array."""
    if parameter.shape is None and parameter._data is not None:
        return parameter._data[0].shape
    return parameter.shape


def count_module(module: Any) -> Optional[int]:
    """Return how many trainable numbers a bound ``Module`` holds; None where that is not known."""
    try:
        executor = module._exec_group.execs[0]
        fixed = set(module._fixed_param_names or ())
        names = [name for name in module._param_names if name not in fixed]
        return _count(executor.arg_dict[name].shape for name in names)
    except (AttributeError, IndexError, KeyError):
        return None


def _count(shapes: Iterable[Any]) -> Optional[int]:
    total = 0
    for shape in shapes:
        if shape is None or any(size <= 0 for size in shape):
            return None
        product = 1
        for size in shape:
            product *= int(size)
        total += product
    return total
