"""NVIDIA GPUs as ``nvidia-smi`` names them: in a process of its own, with a time limit."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

_FIELDS = "index,uuid,name,compute_cap,memory.total"


@dataclass(frozen=True, slots=True)
class Gpu:
    """One GPU of this machine. ``memory`` in bytes, ``capability`` as (major, minor)."""

    index: str
    uuid: str
    name: str
    capability: tuple[int, int] | None
    memory: int | None


def visible() -> list[Gpu]:
    """Return the GPUs that CUDA_VISIBLE_DEVICES leaves, in its order."""
    found = installed()
    chosen = os.environ.get("CUDA_VISIBLE_DEVICES")
    if chosen is None:
        return found
    wanted = [part.strip() for part in chosen.split(",") if part.strip()]
    return [gpu for want in wanted for gpu in found if _matches(gpu, want)]


def _matches(gpu: Gpu, want: str) -> bool:
    return gpu.index == want or (want.startswith("GPU-") and gpu.uuid.startswith(want))


def installed(timeout: float = 10.0) -> list[Gpu]:
    """Return all GPUs; none where there is no driver or it does not answer."""
    program = shutil.which("nvidia-smi")
    if program is None:
        return []
    try:
        done = subprocess.run(
            [program, f"--query-gpu={_FIELDS}", "--format=csv,noheader,nounits"],
            capture_output=True,
            timeout=timeout,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired):
        return []
    lines = done.stdout.decode("utf-8", "replace").splitlines() if done.returncode == 0 else []
    return [gpu for gpu in map(_parse, lines) if gpu]


def _parse(line: str) -> Gpu | None:
    parts = [part.strip() for part in line.split(",")]
    if len(parts) != 5:
        return None
    index, uuid, name, capability, memory = parts
    return Gpu(index, uuid, name, _capability(capability), _mebibytes(memory))


def _capability(text: str) -> tuple[int, int] | None:
    major, _, minor = text.partition(".")
    return (int(major), int(minor)) if major.isdigit() and minor.isdigit() else None


def _mebibytes(text: str) -> int | None:
    return int(text) * 1024 * 1024 if text.isdigit() else None


def driver() -> str:
    """Return what identifies the loaded NVIDIA driver; empty without one. Opens a file only."""
    try:
        return Path("/proc/driver/nvidia/version").read_text(errors="replace").split("\n")[0]
    except OSError:
        return ""
