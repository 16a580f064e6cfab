"""What a run stands on: the machine, its GPUs, the script's repository, variables."""

from __future__ import annotations

import os
import platform
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import msgspec

from diptych.profiling.records.manifest import GitState, GpuDescription, HostInfo

_GPU_SECONDS = 5.0
_GIT_SECONDS = 3.0

HIDDEN = "(not recorded)"

_ALLOWED = re.compile(
    r"(OMP|GOMP|KMP|MKL|OPENBLAS|BLIS|VECLIB|NUMEXPR|MXNET|TORCH|PYTORCH|TORCHINDUCTOR|TRITON"
    r"|CUDA|CUDNN|CUBLAS|NVIDIA|NCCL|GLOO|DMLC|PS|ATEN|MALLOC)_[A-Z0-9_]+"
    r"|PYTHON(UNBUFFERED|HASHSEED|PATH|MALLOC|OPTIMIZE|DEVMODE)"
    r"|LD_(PRELOAD|LIBRARY_PATH)|LOCAL_RANK|RANK|WORLD_SIZE|LANG|LC_ALL|TZ"
)
_SECRET = re.compile(r"TOKEN|SECRET|PASSW|CREDENTIAL|_KEY|AUTH")


def may_record(name: str) -> bool:
    """Say whether the value of a variable may stand in a run directory."""
    return bool(_ALLOWED.fullmatch(name)) and not _SECRET.search(name)


def recorded_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that influence a run and hold no secrets."""
    return {k: environment[k] for k in sorted(environment) if may_record(k)}


def host() -> HostInfo:
    """Describe the machine."""
    # Here, because the window imports this module before it stands.
    import psutil

    return HostInfo(
        name=socket.gethostname(),
        system=platform.platform(),
        cpu=_cpu_name(),
        cores_logical=psutil.cpu_count(),
        cores_physical=psutil.cpu_count(logical=False),
        memory=int(psutil.virtual_memory().total),
    )


def _cpu_name() -> str | None:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return platform.processor() or None
    match = re.search(r"^(?:model name|Model)\s*:\s*(.+)$", text, re.MULTILINE)
    return match.group(1).strip() if match else platform.processor() or None


class _Answer(msgspec.Struct):
    gpus: tuple[GpuDescription, ...] = ()
    reason: str | None = None


def gpus() -> tuple[tuple[GpuDescription, ...], str | None]:
    """Return the GPUs, or none and why; asked in a child that may hang or crash."""
    command = [sys.executable, "-m", "diptych.profiling.sampling.describe"]
    try:
        done = subprocess.run(command, capture_output=True, timeout=_GPU_SECONDS, check=False)
        answer = msgspec.json.decode(done.stdout, type=_Answer)
    except subprocess.TimeoutExpired:
        return (), f"the GPU library did not answer within {_GPU_SECONDS:g} s"
    except (OSError, msgspec.MsgspecError):
        return (), "the GPU library crashed while it was asked"
    return answer.gpus, answer.reason


def git(script: str) -> GitState | None:
    """Return the state of the repository in which ``script`` lies, if it does."""
    folder = str(Path(script).parent)
    found = _git(folder, "rev-parse", "--show-toplevel", "HEAD")
    lines = found.splitlines() if found else []
    if len(lines) != 2:
        return None
    changes = _git(folder, "status", "--porcelain", "--untracked-files=no")
    dirty = None if changes is None else bool(changes)
    return GitState(root=lines[0], revision=lines[1], dirty=dirty)


def _git(folder: str, *args: str) -> str | None:
    # fsmonitor is a program named by the repository's own configuration.
    program = shutil.which("git")
    if program is None:
        return None
    command = [program, "-C", folder, "-c", "core.fsmonitor=false", *args]
    environment = {**os.environ, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"}
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_GIT_SECONDS,
            env=environment,
            check=False,
            encoding="utf-8",
            errors="replace",
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() if done.returncode == 0 else None
