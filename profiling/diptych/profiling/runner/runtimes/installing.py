"""Managed runtimes: a virtual environment each, with the pinned packages of one framework.

All or nothing: an installation that fails, is cancelled or is killed leaves
what was there before. Until it is finished a marker file stands in the folder,
and a lock beside it is held, by pip too, so that nobody takes it for a runtime.
"""

from __future__ import annotations

import contextlib
import importlib.resources
import os
import shutil
import subprocess
import threading
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from diptych.profiling.runner.home import runtimes_dir
from diptych.profiling.runner.locks import take
from diptych.profiling.runner.runtimes import bases, service
from diptych.profiling.runner.runtimes.diagnose import INSTALLING
from diptych.profiling.runner.runtimes.discover import Candidate, interpreter
from diptych.profiling.runner.runtimes.model import (
    FRAMEWORKS,
    TITLES,
    InstallCancelled,
    InstallError,
    InstallProgress,
    RuntimeInfo,
)
from diptych.profiling.runner.runtimes.pip_output import STAGES, PipOutput, explain_failure
from diptych.profiling.runner.runtimes.probe import ends_within, examine, kill_group

Report = Callable[[InstallProgress], None]

# The first import reads the whole framework from a cold disk.
_CHECK_TIMEOUT = 180.0
_POLL = 0.1


@dataclass(frozen=True, slots=True)
class _Job:
    framework: str
    target: Path
    lock: int
    report: Report
    cancel: threading.Event
    log: Path

    @property
    def python(self) -> str:
        return str(self.target / "bin" / "python")

    @property
    def temporary(self) -> Path:
        return self.target / ".tmp"

    @property
    def previous(self) -> Path:
        return self.target.with_name(f".{self.target.name}.previous")

    def say(self, stage: str, text: str, fraction: float | None) -> None:
        self.report(InstallProgress(stage=stage, text=text, fraction=fraction))

    def stop_if_cancelled(self) -> None:
        if self.cancel.is_set():
            raise InstallCancelled(f"installing {TITLES[self.framework]} was cancelled")


def install(
    framework: str,
    home: Path | None = None,
    progress: Report = lambda _: None,
    cancel: threading.Event | None = None,
    *,
    again: bool = False,
) -> RuntimeInfo:
    """Make the managed runtime of ``framework`` and return its probe.

    One that is there and works is returned as it is, unless ``again``.
    ``progress`` is called in this thread, a few times a second at most.

    Raises:
        InstallCancelled: ``cancel`` was set.
        InstallError: it could not be made; the message says why and what next.
    """
    if framework not in FRAMEWORKS:
        raise InstallError(f"unknown framework {framework!r}: use {' or '.join(FRAMEWORKS)}")
    folder = runtimes_dir(home)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock = take(folder / f".{framework}.lock")
    except BlockingIOError:
        raise InstallError(f"{TITLES[framework]} is being installed already: wait for it") from None
    except OSError as error:
        raise InstallError(_cannot_write(folder, error)) from error
    try:
        job = _Job(
            framework,
            folder / framework,
            lock,
            progress,
            cancel or threading.Event(),
            folder / f".{framework}.log",
        )
        return _install(job, home, again=again)
    finally:
        os.close(lock)


def _cannot_write(folder: Path, error: OSError) -> str:
    return f"{folder} cannot be written ({error.strerror}): set DIPTYCH_HOME to another folder"


def _install(job: _Job, home: Path | None, *, again: bool) -> RuntimeInfo:
    _sweep(job)
    if job.target.exists() and not again:
        info = service.get(Candidate(job.python, "managed", job.framework), home)
        if info.ok(job.framework):
            job.say("done", _ready(info, job), 1.0)
            return info
    base = bases.pick(job.framework)
    try:
        with _all_or_nothing(job):
            _build(job, base)
    except OSError as error:
        raise InstallError(_cannot_write(job.target.parent, error)) from error
    info = service.check(interpreter(job.target), home)[0]
    job.say("done", _ready(info, job), 1.0)
    return info


def _ready(info: RuntimeInfo, job: _Job) -> str:
    version = info.frameworks[job.framework].version
    return f"{TITLES[job.framework]} {version} on Python {info.python_version} is ready"


def _sweep(job: _Job) -> None:
    """Remove what a killed installation left; put back what it had replaced."""
    if (job.target / INSTALLING).exists():
        _remove(job.target)
    if os.path.lexists(job.previous):
        if os.path.lexists(job.target):
            _remove(job.previous)
        else:
            job.previous.rename(job.target)


@contextlib.contextmanager
def _all_or_nothing(job: _Job) -> Iterator[None]:
    if os.path.lexists(job.target):
        job.target.rename(job.previous)
    try:
        job.target.mkdir()
        (job.target / INSTALLING).touch()
        yield
        _remove(job.temporary)
        (job.target / INSTALLING).unlink()
    except BaseException:
        _remove(job.target)
        if os.path.lexists(job.previous):
            job.previous.rename(job.target)
        raise
    _remove(job.previous)
    job.log.unlink(missing_ok=True)


def _remove(path: Path) -> None:
    if path.is_symlink():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path, ignore_errors=True)


def _build(job: _Job, base: bases.Base) -> None:
    version = ".".join(map(str, base.version))
    job.say("venv", f"making an environment with Python {version}", 0.0)
    job.temporary.mkdir()
    job.log.unlink(missing_ok=True)
    _run(job, [base.python, "-m", "venv", str(job.target)])
    job.say("resolve", "looking for packages", STAGES["venv"])
    _run(job, [job.python, "-u", "-m", "pip", *_pip_arguments(job.framework, base)], PipOutput())
    job.say("check", f"importing {TITLES[job.framework]}", STAGES["install"])
    # Under its real name it would be refused as half installed.
    candidate = Candidate(job.python, "path", job.framework)
    info = examine(candidate, _CHECK_TIMEOUT).info
    job.stop_if_cancelled()
    if not info.ok(job.framework):
        fatal = info.fatal(job.framework)
        why = fatal[0].what if fatal else f"{TITLES[job.framework]} is not in it"
        raise InstallError(f"{TITLES[job.framework]} was installed but does not work: {why}")


def _pip_arguments(framework: str, base: bases.Base) -> list[str]:
    options = ["install", "--no-input", "--no-color", "--progress-bar", "off"]
    options.append("--disable-pip-version-check")
    modern = framework == "mxnet" and base.version >= bases.MXNET_MODERN[0]
    if modern:
        options.append("--no-deps")
    return [*options, "-r", str(requirements("mxnet-modern" if modern else framework))]


def requirements(name: str) -> Path:
    """Return the file that pins the packages of a runtime."""
    folder = importlib.resources.files("diptych.resources")
    return Path(str(folder.joinpath("requirements").joinpath(f"{name}.txt")))


def _run(job: _Job, command: list[str], output: PipOutput | None = None) -> None:
    """Run one command of the installation, killed as a whole when it is cancelled."""
    environment = {**os.environ, "PYTHONUNBUFFERED": "1", "TMPDIR": str(job.temporary)}
    for variable in ("PYTHONHOME", "PYTHONPATH", "PIP_PREFIX", "PIP_TARGET", "PIP_USER"):
        environment.pop(variable, None)
    with job.log.open("ab") as log:
        start = log.tell()
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            env=environment,
            cwd=job.target,
            start_new_session=True,
            pass_fds=(job.lock,),
        )
    try:
        follower = _Follower(job, output, start)
        while not ends_within(process, _POLL):
            follower.look()
        follower.look()
    finally:
        kill_group(process)
    if process.returncode != 0:
        why = explain_failure(follower.output, list(follower.tail))
        raise InstallError(
            f"installing {TITLES[job.framework]} failed: {why}; all of its output is in {job.log}"
        )


class _Follower:
    """Reads the log of a command as it grows and reports what it tells."""

    def __init__(self, job: _Job, output: PipOutput | None, start: int) -> None:
        self.output = output or PipOutput()
        self.tail: deque[str] = deque(maxlen=30)
        self._job = job
        self._silent = output is None
        self._offset = start
        self._last: InstallProgress | None = None
        self._there_before = _packages_in_place(job)

    def look(self) -> None:
        """Take in whole new lines, report progress.

        Raises:
            InstallCancelled: that was asked for.
        """
        self._job.stop_if_cancelled()
        for line in self._new_lines():
            self.output.feed(line)
            if line.strip():
                self.tail.append(line)
        if not self._silent:
            self._report()

    def _new_lines(self) -> list[str]:
        with self._job.log.open("rb") as log:
            log.seek(self._offset)
            data = log.read()
        whole = data[: data.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.decode("utf-8", "replace").splitlines()

    def _report(self) -> None:
        installed = 0
        if self.output.packages:
            installed = _packages_in_place(self._job) - self._there_before
        now = self.output.progress(_downloaded(self._job, self.output.current), installed)
        if now != self._last:
            self._job.report(now)
            self._last = now


def _downloaded(job: _Job, name: str | None) -> int:
    """Return how many bytes of the file ``name`` pip has on disk."""
    if name is None:
        return 0
    with contextlib.suppress(OSError):
        return max((f.stat().st_size for f in job.temporary.glob(f"pip-*/{name}")), default=0)
    return 0


def _packages_in_place(job: _Job) -> int:
    # pip writes RECORD when all else of a package is there.
    return sum(1 for _ in job.target.glob("lib/python*/site-packages/*.dist-info/RECORD"))
