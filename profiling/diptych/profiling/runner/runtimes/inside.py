"""Runs inside the interpreter that is probed: says what is there, as JSON.

Called by file location through `diptych.profiling.runner.runtimes.probe` with
``<mode> <report file> <compat.py>``. Mode ``look`` imports no framework; modes
``torch`` and ``mxnet`` import that one. Standard library only, Python 3.8+.
"""

from __future__ import annotations

import contextlib
import faulthandler
import importlib
import importlib.util
import json
import os
import re
import site
import sys
import traceback
import warnings
from pathlib import Path
from typing import Any

_TORCH_BACKENDS = ("mkl", "mkldnn", "openmp", "cudnn")


def look() -> dict[str, Any]:
    """Say what can be told without importing a framework."""
    return {
        "python_version": ".".join(str(part) for part in sys.version_info[:3]),
        "prefix": sys.prefix,
        "sites": _sites(),
        "numpy_version": _distribution("numpy")[1],
        "frameworks": {
            name: {"distribution": _distribution(name)[0], "version": _distribution(name)[1]}
            for name in ("torch", "mxnet")
            if _is_installed(name)
        },
    }


def _sites() -> list[str]:
    folders = [entry for entry in sys.path if "-packages" in entry]
    with contextlib.suppress(AttributeError):  # virtualenv < 20 brought a site module of its own
        folders += [*site.getsitepackages(), site.getusersitepackages()]
    return sorted({str(Path(folder).absolute()) for folder in folders})


def _is_installed(name: str) -> bool:
    try:
        spec = importlib.util.find_spec(name)
    except (ImportError, ValueError):
        return False
    # A folder that an uninstallation left behind has a spec without an origin.
    return spec is not None and spec.origin is not None


def _distribution(name: str) -> tuple[str | None, str | None]:
    """Return name and version of the distribution that brought the module ``name``."""
    pattern = re.compile(rf"({name}(?:[-_.]?cu\d+\w*)?)-([^-]+)\.(?:dist|egg)-info$", re.IGNORECASE)
    for folder in sys.path:
        if not Path(folder).is_dir():
            continue
        for entry in Path(folder).iterdir():
            match = pattern.match(entry.name)
            if match:
                return match.group(1).lower().replace("_", "-"), match.group(2)
    return None, None


def torch() -> dict[str, Any]:
    """Import PyTorch and say what it can do."""
    module = importlib.import_module("torch")
    report = {
        "version": str(module.__version__),
        "cuda": module.version.cuda or getattr(module.version, "hip", None),
        "threads": module.get_num_threads(),
        "features": _torch_features(module),
        "bf16": _works(lambda: module.ones(2, 2).bfloat16().mm(module.ones(2, 2).bfloat16())),
        "numpy_error": _error_of(lambda: module.zeros(1).numpy()),
    }
    report.update(_torch_cuda(module))
    return report


def _torch_features(module: Any) -> list[str]:
    parts = {name: getattr(module.backends, name, None) for name in _TORCH_BACKENDS}
    parts["distributed"] = module.distributed
    found = [name for name, part in parts.items() if part is not None and part.is_available()]
    return [*found, "compile"] if hasattr(module, "compile") else found


def _torch_cuda(module: Any) -> dict[str, Any]:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        available = bool(module.cuda.is_available())
        reason = None
        if module.version.cuda and not available:
            reason = _error_of(module.cuda.init)
    if not available:
        text = reason or "; ".join(str(warning.message) for warning in caught)
        return {"cuda_available": False, "cuda_reason": _line(text) if text else None}
    devices = [_torch_device(module, index) for index in range(module.cuda.device_count())]
    return {"cuda_available": True, "devices": devices, "archs": list(module.cuda.get_arch_list())}


def _torch_device(module: Any, index: int) -> dict[str, Any]:
    properties = module.cuda.get_device_properties(index)
    capability = [int(properties.major), int(properties.minor)]
    return {
        "name": str(properties.name),
        "capability": capability,
        "memory": int(properties.total_memory),
        "bf16": capability >= [8, 0],
    }


def mxnet(compat: str) -> dict[str, Any]:
    """Import MXNet, with the compatibility shim where it is needed."""
    shimmed, module = import_mxnet(compat)
    features = sorted(str(f.name) for f in module.runtime.feature_list() if f.enabled)
    module.nd.ones((2,)).asnumpy()
    report = {
        "version": str(module.__version__),
        "features": features,
        "shimmed": shimmed,
        "bf16": "MKLDNN" in features,
        "cuda_available": False,
    }
    if "CUDA" in features:
        report.update(_mxnet_cuda(module))
    return report


def import_mxnet(compat: str) -> tuple[list[str], Any]:
    """Return what the shim had to restore, and the module."""
    spec = importlib.util.spec_from_file_location("_diptych_compat", compat)
    if spec is None or spec.loader is None or not Path(compat).exists():
        return [], importlib.import_module("mxnet")
    shim = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(shim)
    shimmed = list(shim.prepare())
    try:
        return shimmed, importlib.import_module("mxnet")
    finally:
        shim.finish()


def _mxnet_cuda(module: Any) -> dict[str, Any]:
    try:
        count = int(module.context.num_gpus())
    except Exception as error:  # MXNet raises what the driver makes it raise
        return {"cuda": "unknown", "cuda_reason": _line(str(error))}
    devices = []
    for index in range(count):
        try:
            memory = int(module.context.gpu_memory_info(index)[1])
        except Exception:  # not known is an answer
            memory = None
        devices.append({"name": f"GPU {index}", "memory": memory})
    return {"cuda": "unknown", "cuda_available": count > 0, "devices": devices}


def _works(function: Any) -> bool:
    return _error_of(function) is None


def _error_of(function: Any) -> str | None:
    try:
        function()
    except Exception as error:  # the text is the answer
        return _line(str(error) or type(error).__name__)
    return None


def _line(text: str) -> str:
    """Return the first line that says something, cut to what a person reads."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[0][:400] if lines else ""


def _explain(error: BaseException) -> dict[str, Any]:
    frames = traceback.extract_tb(error.__traceback__)
    where = f"{frames[-1].filename}:{frames[-1].lineno}" if frames else ""
    missing = getattr(error, "name", None) if isinstance(error, ImportError) else None
    return {
        "error": {
            "type": type(error).__name__,
            "text": _line(str(error)),
            "where": where,
            "missing": missing,
        }
    }


def main(mode: str, report_file: str, compat: str) -> None:
    """Write the report of ``mode``; an exception becomes part of it."""
    faulthandler.enable()
    try:
        report = mxnet(compat) if mode == "mxnet" else {"look": look, "torch": torch}[mode]()
    except BaseException as error:  # SystemExit on import is a finding too
        report = _explain(error)
    part = Path(report_file + ".part")
    part.write_text(json.dumps(report), encoding="utf-8")
    part.replace(report_file)
    # The report is written: whatever hangs or crashes at interpreter exit does not matter.
    os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:4])
