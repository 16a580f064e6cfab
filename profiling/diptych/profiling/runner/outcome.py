"""How a worker ended, in words that say what happened and what to do."""

from __future__ import annotations

import re
import signal
from dataclasses import dataclass
from typing import Literal

Status = Literal["done", "failed", "stopped", "timeout"]

_MEANINGS = {
    "SIGSEGV": "segmentation fault",
    "SIGABRT": "aborted by native code",
    "SIGBUS": "bus error, often a full /dev/shm or a file that shrank",
    "SIGILL": "illegal instruction: the binary was built for another processor",
    "SIGFPE": "arithmetic error in native code",
    "SIGXFSZ": "a file grew past its size limit",
    "SIGXCPU": "processor time limit reached",
}

# Order matters: the first that fits the end of stderr is used.
_EXPLANATIONS = (
    (
        r"module 'numpy' has no attribute|np\.PZERO|`np\.\w+` was (removed|a deprecated)",
        "the runtime's numpy is too new for the framework: see `diptych runtimes check`",
    ),
    (
        r"No module named 'distutils'",
        "MXNet needs distutils, which this Python no longer has: `diptych runtimes check`",
    ),
    (
        r"no kernel image is available|cudaErrorNoKernelImageForDevice",
        "the framework has no code for this GPU (MXNet 1.9.1 ends at sm_86): use the CPU",
    ),
    (
        r"CUDA out of memory|OutOfMemoryError|cudaMalloc.*out of memory|CUDA_ERROR_OUT_OF_MEMORY",
        "the GPU's memory was full: a smaller batch helps",
    ),
    (r"std::bad_alloc|MemoryError", "no memory was left: a smaller batch helps"),
    (r"No space left on device", "a disk is full"),
    (
        r"CUDA driver version is insufficient|no CUDA-capable device|Found no NVIDIA driver",
        "no usable NVIDIA driver: run on the CPU, or `diptych doctor`",
    ),
)

_EXCEPTION = re.compile(r"^(?:[A-Za-z_][\w.]*(?:Error|Exception|Interrupt|Exit|Warning)\b.*)$")


@dataclass(frozen=True, slots=True)
class Ending:
    """What the ``exited`` record says."""

    status: Status
    code: int | None
    signal: str | None
    text: str


def describe(
    returncode: int,
    *,
    stopped: str | None = None,
    timeout: float | None = None,
    stderr: str = "",
    memory: str | None = None,
    stacks: bool = False,
) -> Ending:
    """Put a worker's end into words.

    ``returncode`` as in `subprocess` (negative: a signal). ``stopped`` says who
    asked for the end, ``timeout`` the seconds that were up, ``memory`` what
    speaks for a lack of memory, ``stacks`` that faulthandler wrote something.
    """
    name = _signal_name(-returncode) if returncode < 0 else None
    code = returncode if returncode >= 0 else None
    if timeout is not None:
        return Ending("timeout", code, name, f"stopped: the time limit of {timeout:g} s was up")
    if stopped is not None:
        return Ending("stopped", code, name, _stopped(stopped, code, name))
    if code == 0:
        return Ending("done", 0, None, "finished")
    text = _exited(returncode, stderr) if name is None else _signalled(name, stderr, memory, stacks)
    return Ending("failed", code, name, text)


def not_started(error: OSError, python: str, cwd: str) -> Ending:
    """Put into words why the worker could not be executed at all."""
    if error.filename == cwd:
        text = f"not started: the working folder {cwd} cannot be entered ({error.strerror})"
    else:
        text = (
            f"not started: the interpreter {python} cannot be run ({error.strerror}); "
            "`diptych runtimes list` shows those that can"
        )
    return Ending("failed", None, None, text)


def _stopped(by: str, code: int | None, name: str | None) -> str:
    how = f"ended by {name}" if name else f"exit code {code}"
    return f"stopped by {by} ({how})"


def _exited(code: int, stderr: str) -> str:
    text = f"exited with code {code}"
    last = last_exception(stderr)
    if last:
        text += f": {last}"
    return _explained(text, stderr)


def _signalled(name: str, stderr: str, memory: str | None, stacks: bool) -> str:
    if name == "SIGKILL":
        if memory:
            return f"killed by SIGKILL, likely out of memory ({memory})"
        return "killed by SIGKILL from outside (no sign that memory ran out)"
    meaning = _MEANINGS.get(name)
    text = f"crashed with {name} ({meaning})" if meaning else f"ended by {name}"
    if stacks:
        text += "; the Python stacks are in logs/faults.log"
    return _explained(text, stderr)


def _explained(text: str, stderr: str) -> str:
    end = stderr[-8192:]
    for pattern, cure in _EXPLANATIONS:
        if re.search(pattern, end):
            return f"{text}. {cure[0].upper()}{cure[1:]}"
    return text


def last_exception(stderr: str) -> str | None:
    """Return the line of a traceback that names the exception, shortened."""
    for line in reversed(stderr.splitlines()[-60:]):
        if _EXCEPTION.match(line):
            return line if len(line) <= 300 else line[:299] + "…"
    return None


def _signal_name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
