"""From the raw answers of a probe to facts, and to problems with their cures."""

from __future__ import annotations

import os
import re
import shlex
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec

from diptych.profiling.runner.runtimes import gpus
from diptych.profiling.runner.runtimes.answer import Answer
from diptych.profiling.runner.runtimes.model import (
    TITLES,
    DeviceInfo,
    FrameworkInfo,
    Problem,
    RuntimeInfo,
)

# The newest GPU that a wheel of MXNet 1.9.1 holds machine code for is 8.6, and
# it holds no PTX: code of one major version does not run on the next.
MXNET_NEWEST = (8, 6)
INSTALLING = ".installing"

_NUMPY_CLASH = re.compile(
    r"module 'numpy' has no attribute|was removed in the NumPy 2|numpy\.\w+ was removed"
    r"|_ARRAY_API not found|compiled using NumPy 1|numpy\.core\.multiarray failed"
    r"|numpy\.dtype size changed|Numpy is not available|numpy\.ndarray size changed"
)
_CUDA_LIBRARY = re.compile(
    r"(lib(?:cuda|cudart|cudnn\w*|cublas\w*|cufft|curand|cusolver|cusparse|nccl|nvrtc|nvToolsExt)"
    r"\.so[.\d]*): cannot open"
)
_LIBRARY = re.compile(r"(lib[\w+.-]+\.so[.\d]*): cannot open shared object")
_SYMBOL = re.compile(r"undefined symbol|version `(?:GLIBC|GLIBCXX|CXXABI)\w*[\d.]+' not found")
_DEBIAN = {
    "libgomp.so.1": "libgomp1",
    "libgfortran.so.5": "libgfortran5",
    "libquadmath.so.0": "libquadmath0",
}


def before_start(info: RuntimeInfo) -> Problem | None:
    """Say why there is no use in starting this interpreter."""
    path = Path(info.python)
    if info.source == "managed" and (path.parent.parent / INSTALLING).exists():
        return Problem(
            code="half_installed",
            what="its installation has not finished",
            cure=f"wait for it, or run it again: diptych runtimes install {info.name}",
        )
    if not os.path.lexists(path):
        return Problem(code="gone", what=f"{path} is no longer there", cure=_replace(info))
    if not path.exists():
        base = path.readlink()
        what = f"it points at {base}, which is no longer there"
        return Problem(code="gone", what=what, cure=_replace(info))
    if not path.is_file() or not os.access(path, os.X_OK):
        what = f"{path} is not a program that can be run"
        return Problem(code="not_executable", what=what, cure="name a Python interpreter")
    return None


def not_started(info: RuntimeInfo, answer: Answer) -> Problem:
    """Say why the interpreter itself gave no answer."""
    if answer.timed_out:
        what = f"it did not answer within {answer.timeout:g} s"
        return Problem(code="hangs", what=what, cure="start it by hand and see what it waits for")
    detail = _last_line(answer.stderr) or _ending(answer)
    return Problem(code="does_not_start", what=f"it does not start: {detail}", cure=_replace(info))


def too_old(info: RuntimeInfo) -> Problem:
    """Say that this Python is older than the agent can be."""
    return Problem(
        code="python_too_old",
        what=f"Python {info.python_version} is older than 3.8",
        cure="use an interpreter from 3.8 on",
    )


def framework(name: str, known: dict[str, Any], answer: Answer) -> FrameworkInfo:
    """Put together what the look and the import said about one framework."""
    report = answer.report if answer.report and "error" not in answer.report else {}
    merged = {**known, **{key: value for key, value in report.items() if value is not None}}
    merged.pop("numpy_error", None)
    info = msgspec.convert(merged, FrameworkInfo)
    if name == "mxnet" and report:
        return _mxnet_cuda(info)
    if info.cuda is None and report and not info.cuda_available:
        return msgspec.structs.replace(info, cuda_reason="this is a CPU build")
    return info


def _mxnet_cuda(info: FrameworkInfo) -> FrameworkInfo:
    if "CUDA" not in info.features:
        return msgspec.structs.replace(info, cuda_reason="this is a CPU build")
    match = re.search(r"cu(\d+)(\d)$", info.distribution or "")
    cuda = f"{match[1]}.{match[2]}" if match else "unknown"
    named = [_named(device, gpu) for device, gpu in zip(info.devices, gpus.visible(), strict=False)]
    devices = tuple(named) or info.devices
    info = msgspec.structs.replace(info, cuda=cuda, devices=devices, archs=_MXNET_ARCHS)
    if not info.devices and info.cuda_reason is None:
        return msgspec.structs.replace(info, cuda_reason="MXNet sees no GPU")
    return info


_MXNET_ARCHS = ("sm_50", "sm_52", "sm_60", "sm_61", "sm_70", "sm_75", "sm_80", "sm_86")


def _named(device: DeviceInfo, gpu: gpus.Gpu) -> DeviceInfo:
    memory = gpu.memory if device.memory is None else device.memory
    return DeviceInfo(name=gpu.name, capability=gpu.capability, memory=memory)


def problems(
    info: RuntimeInfo, name: str, found: FrameworkInfo, answer: Answer
) -> tuple[Problem, ...]:
    """Return what is wrong with one framework, with the cure."""
    if answer.report is None:
        return (_no_report(info, name, answer),)
    if "error" in answer.report:
        return (_import_error(info, name, answer.report["error"]),)
    checks = (_torch_numpy(info, name, answer.report), _too_new(info, name, found))
    return tuple(problem for problem in checks if problem)


def _no_report(info: RuntimeInfo, name: str, answer: Answer) -> Problem:
    title = TITLES[name]
    if answer.timed_out:
        return Problem(
            code="import_hangs",
            what=f"importing {title} did not end within {answer.timeout:g} s",
            cure="check the disk (a network folder?) and the GPU driver (nvidia-smi), then "
            f"run: diptych runtimes check {shlex.quote(info.python)}",
            framework=name,
        )
    if answer.returncode is not None and answer.returncode < 0:
        frame = re.search(r'File "([^"]+)", line (\d+)', answer.stderr)
        where = f" in {frame[1]}:{frame[2]}" if frame else ""
        what = f"importing {title} crashes Python ({_ending(answer)}{where})"
        return Problem(code="import_crashes", what=what, cure=_again(info, name), framework=name)
    what = f"importing {title} ended Python ({_ending(answer)})"
    return Problem(code="import_exits", what=what, cure=_again(info, name), framework=name)


def _import_error(info: RuntimeInfo, name: str, error: dict[str, Any]) -> Problem:
    text = str(error["text"])
    missing = str(error["missing"] or "").partition(".")[0]
    for rule in (_distutils, _numpy_gone, _numpy_clash, _cuda_library, _library, _module):
        if found := rule(info, name, text, missing):
            return found
    if _SYMBOL.search(text):
        what = f"{TITLES[name]} does not fit this system: {text}"
        return _problem("binary_mismatch", what, _again(info, name), name)
    what = f"importing {TITLES[name]} fails: {error['type']}: {text}"
    return _problem("import_fails", what, _again(info, name), name)


Rule = Callable[[RuntimeInfo, str, str, str], "Problem | None"]


def _distutils(info: RuntimeInfo, name: str, _text: str, missing: str) -> Problem | None:
    if missing != "distutils":
        return None
    what = f"{TITLES[name]} needs distutils, which Python {info.python_version} does not have"
    return _problem("no_distutils", what, _pip(info, "setuptools"), name)


def _numpy_gone(info: RuntimeInfo, name: str, _text: str, missing: str) -> Problem | None:
    if missing != "numpy":
        return None
    wanted = "numpy<1.24" if name == "mxnet" and _minor(info) < 12 else "numpy"
    return _problem("no_numpy", f"{TITLES[name]} needs numpy", _pip(info, wanted), name)


def _numpy_clash(info: RuntimeInfo, name: str, text: str, _missing: str) -> Problem | None:
    if not _NUMPY_CLASH.search(text):
        return None
    what = f"{TITLES[name]} does not work with the numpy beside it: {text}"
    if name == "mxnet" and _minor(info) >= 12:
        return _problem("numpy_clash", what, "diptych runtimes install mxnet", name)
    wanted = "numpy<1.24" if name == "mxnet" else "numpy<2"
    return _problem("numpy_clash", what, _pip(info, wanted), name)


def _cuda_library(_info: RuntimeInfo, name: str, text: str, _missing: str) -> Problem | None:
    match = _CUDA_LIBRARY.search(text)
    if not match:
        return None
    what = f"{TITLES[name]} is a GPU build and cannot find {match[1]}"
    if match[1].startswith("libcuda.so"):
        cure = "install the NVIDIA driver, or use a CPU build: diptych runtimes install " + name
    else:
        cure = (
            f"install the CUDA version it was built for, with its lib64 folder in LD_LIBRARY_PATH,"
            f" or use a CPU build: diptych runtimes install {name}"
        )
    return _problem("no_cuda_library", what, cure, name)


def _library(_info: RuntimeInfo, name: str, text: str, _missing: str) -> Problem | None:
    match = _LIBRARY.search(text)
    if not match:
        return None
    package = _DEBIAN.get(match[1])
    cure = f"sudo apt-get install {package}" if package else f"install the library {match[1]}"
    return _problem("no_library", f"{TITLES[name]} cannot find {match[1]}", cure, name)


def _module(info: RuntimeInfo, name: str, _text: str, missing: str) -> Problem | None:
    if not missing or missing == name:
        return None
    what = f"{TITLES[name]} needs the module {missing}, which is not there"
    return _problem("no_module", what, _pip(info, missing), name)


def _torch_numpy(info: RuntimeInfo, name: str, report: dict[str, Any]) -> Problem | None:
    if not report.get("numpy_error"):
        return None
    what = f"tensors cannot become arrays: {report['numpy_error']}"
    return Problem(
        code="no_numpy", what=what, cure=_pip(info, "numpy"), framework=name, fatal=False
    )


def _too_new(_info: RuntimeInfo, name: str, found: FrameworkInfo) -> Problem | None:
    strange = [d for d in found.devices if d.capability and not _runs_on(found.archs, d.capability)]
    if not strange:
        return None
    first = strange[0]
    major, minor = first.capability or (0, 0)
    what = (
        f"{first.name} has compute capability {major}.{minor}; this {TITLES[name]} holds "
        f"code up to {found.archs[-1] if found.archs else 'none'} only"
    )
    cure = f"run {TITLES[name]} on the CPU (device=cpu), or use a build for this GPU"
    return _problem("gpu_too_new", what, cure, name, fatal=False)


def _runs_on(archs: tuple[str, ...], capability: tuple[int, int]) -> bool:
    """Machine code runs on its own major version, from its minor on; PTX on all newer."""
    if not archs:
        return True
    for arch in archs:
        match = re.fullmatch(r"(sm|compute)_(\d+)(\d)[a-z]?", arch)
        if match is None:
            continue
        built = (int(match[2]), int(match[3]))
        if built <= capability and (match[1] == "compute" or built[0] == capability[0]):
            return True
    return False


def _problem(code: str, what: str, cure: str, name: str, *, fatal: bool = True) -> Problem:
    return Problem(code=code, what=what, cure=cure, framework=name, fatal=fatal)


def _minor(info: RuntimeInfo) -> int:
    return int((info.python_version or "3.0").split(".")[1])


def _pip(info: RuntimeInfo, wanted: str) -> str:
    return f"{shlex.quote(info.python)} -m pip install {shlex.quote(wanted)}"


def _again(info: RuntimeInfo, name: str) -> str:
    if info.source == "managed":
        return f"diptych runtimes install {name} --again"
    ours = f"diptych runtimes install {name}"
    return f"install {TITLES[name]} there again, or use a runtime of ours: {ours}"


def _replace(info: RuntimeInfo) -> str:
    if info.source == "managed":
        return f"diptych runtimes install {info.name}"
    if info.source == "named":
        return f"put it back, or forget it: diptych runtimes forget {shlex.quote(info.python)}"
    return "install it again, or name another Python"


def _ending(answer: Answer) -> str:
    if answer.returncode is not None and answer.returncode < 0:
        try:
            return signal.Signals(-answer.returncode).name
        except ValueError:
            return f"signal {-answer.returncode}"
    return f"exit status {answer.returncode}"


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1][:400] if lines else ""
