"""Ask an interpreter what it holds, in a subprocess that cannot hurt or hold us up.

One process looks, then one per framework imports it: a framework that hangs,
crashes or floods its output costs its own line only.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from diptych.profiling.runner.runtimes import diagnose
from diptych.profiling.runner.runtimes.answer import Answer
from diptych.profiling.runner.runtimes.discover import Candidate, interpreter
from diptych.profiling.runner.runtimes.model import FrameworkInfo, Problem, RuntimeInfo

_INSIDE = Path(__file__).with_name("inside.py")
_COMPAT = Path(__file__).parents[2] / "agent" / "compat.py"

# Also Python 2 must be able to read this.
_BOOT = """
import sys
sys.path = [p for p in sys.path if p]
if sys.version_info < (3, 8):
    import json
    with open(sys.argv[3], "w") as f:
        json.dump({"python_version": "%d.%d.%d" % tuple(sys.version_info[:3])}, f)
    raise SystemExit(0)
source, sys.argv = sys.argv[1], sys.argv[1:]
with open(source, "rb") as f:
    code = compile(f.read(), source, "exec")
exec(code, {"__name__": "__main__", "__file__": source})
"""
# Of our own environment; in another interpreter they would lead astray.
_NOT_PASSED_ON = ("PYTHONHOME", "PYTHONSTARTUP", "PYTHONINSPECT", "__PYVENV_LAUNCHER__")


@dataclass(frozen=True, slots=True)
class Probed:
    """A probe's result, and the folders whose change makes it stale."""

    info: RuntimeInfo
    sites: tuple[str, ...]


def probe(python: str | Path, timeout: float = 20.0) -> RuntimeInfo:
    """Return what the interpreter (or environment folder) ``python`` holds.

    Never raises for what is wrong there: that is in ``problems``. ``timeout``
    is in seconds, for each import on its own.
    """
    return examine(Candidate(interpreter(python), "path"), timeout).info


def examine(candidate: Candidate, timeout: float = 20.0) -> Probed:
    """Probe ``candidate``, keeping its name and source."""
    python = candidate.python
    info = RuntimeInfo(python=python, name=candidate.name, source=candidate.source)
    if broken := diagnose.before_start(info):
        return Probed(msgspec.structs.replace(info, problems=(broken,)), ())
    answer = ask(python, "look", timeout)
    report = answer.report
    if report is None or "error" in report:
        problem = diagnose.not_started(info, answer)
        return Probed(msgspec.structs.replace(info, problems=(problem,)), ())
    info = msgspec.structs.replace(info, python_version=report["python_version"])
    if "frameworks" not in report:
        return Probed(msgspec.structs.replace(info, problems=(diagnose.too_old(info),)), ())
    return Probed(_with_frameworks(info, report, timeout), tuple(report["sites"]))


def _with_frameworks(info: RuntimeInfo, look: dict[str, Any], timeout: float) -> RuntimeInfo:
    frameworks: dict[str, FrameworkInfo] = {}
    problems: list[Problem] = []
    for name, known in look["frameworks"].items():
        answer = ask(info.python, name, timeout)
        looked = {**known, "numpy_version": look["numpy_version"]}
        frameworks[name] = diagnose.framework(name, looked, answer)
        problems += diagnose.problems(info, name, frameworks[name], answer)
    return msgspec.structs.replace(info, frameworks=frameworks, problems=tuple(problems))


def ask(python: str, mode: str, timeout: float) -> Answer:
    """Run one mode of ``inside.py`` under ``python``; whatever it started is killed."""
    with tempfile.TemporaryDirectory(prefix="diptych-probe-") as folder:
        report = Path(folder, "report.json")
        command = [python, "-c", _BOOT, str(_INSIDE), mode, str(report), str(_COMPAT)]
        with Path(folder, "stderr").open("w+b") as stderr:
            try:
                returncode = _run(command, folder, stderr.fileno(), timeout)
            except OSError as error:
                return Answer(None, 127, error.strerror or str(error), timeout)
            stderr.seek(0)
            text = stderr.read(65536).decode("utf-8", "replace")
        return Answer(_read(report), returncode, text, timeout)


def _run(command: list[str], folder: str, stderr: int, timeout: float) -> int | None:
    environment = {k: v for k, v in os.environ.items() if k not in _NOT_PASSED_ON}
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        cwd=folder,
        env=environment,
        start_new_session=True,
    )
    try:
        ended = ends_within(process, timeout)
    finally:
        kill_group(process)
    return process.returncode if ended else None


def ends_within(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Wait without reaping, so that the process keeps its number for `kill_group`."""
    descriptor = os.pidfd_open(process.pid)
    try:
        poll = select.poll()
        poll.register(descriptor, select.POLLIN)
        return bool(poll.poll(seconds * 1000))
    finally:
        os.close(descriptor)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """Kill a process that leads its own session, with what stayed in its group; reap it."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _read(report: Path) -> dict[str, Any] | None:
    try:
        read: dict[str, Any] = msgspec.json.decode(report.read_bytes(), type=dict)
    except (OSError, msgspec.DecodeError):
        return None
    return read
