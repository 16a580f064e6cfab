"""Starts runs and steers them: the face of the package for windows and commands."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path

import msgspec

from diptych.profiling.records.layout import RunPaths, new_run_id
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner import control, locks
from diptych.profiling.runner import home as places
from diptych.profiling.runner.command import shell_command
from diptych.profiling.runner.control import ask_capture
from diptych.profiling.runner.errors import LaunchError, RequestError
from diptych.profiling.runner.locks import is_live
from diptych.profiling.runner.output import tail
from diptych.profiling.runner.request import Settings, request_for_script, request_for_workload

__all__ = [
    "LaunchError",
    "RequestError",
    "Settings",
    "ask_capture",
    "ask_stop",
    "is_live",
    "is_starting",
    "new_run",
    "request_for_script",
    "request_for_workload",
    "shell_command",
    "start",
]

READY = b"ready\n"
"""What the runner says on its standard output when the manifest stands."""

_PATIENCE = 60.0
_RUNNER = (sys.executable, "-m", "diptych.profiling.cli", "_runner")


def new_run(request: RunRequest) -> str:
    """Return an id for a run of ``request``, unlike all others."""
    subject = request.workload or Path(request.script or "run").stem
    # The local time, as a person looks for it.
    return new_run_id(request.framework, subject, datetime.now().astimezone())


def start(
    request: RunRequest,
    *,
    home: Path | None = None,
    stdin: int | None = None,
    run: str | None = None,
) -> Path:
    """Start a run and return its directory, in which the manifest stands.

    The runner is in a session of its own and outlives this process. Takes as
    long as the facts of the manifest do: usually half a second. ``stdin`` is a
    descriptor that the workload is to read from; without one its input is empty.
    ``run`` is an id of `new_run`. Its directory appears when the runner has all
    that it needs: where there is one, the run comes, even if this process is
    killed; until then ``.<id>`` is live, see `is_starting`.

    Raises:
        LaunchError: the run could not be started; nothing of it is left.
    """
    hidden, lock = _make(run or new_run(request), home)
    directory = hidden.with_name(hidden.name[1:])
    try:
        process = _spawn(hidden, request, lock, stdin)
    except OSError as error:
        shutil.rmtree(hidden, ignore_errors=True)
        raise LaunchError(f"the runner cannot be started: {error.strerror}") from None
    finally:
        os.close(lock)
    try:
        _await(process, directory)
    except LaunchError:
        for path in (hidden, directory):
            shutil.rmtree(path, ignore_errors=True)
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()
    return directory


def is_starting(directory: Path) -> bool:
    """Say whether somebody is about to give this directory to a runner."""
    return is_live(directory.with_name(f".{directory.name}"))


def appear(hidden: Path) -> Path:
    """Give a directory its name, as its runner does that knows what to run.

    Whoever lists the runs never sees one that might not start.

    Raises:
        OSError: it cannot be renamed.
    """
    return hidden.rename(hidden.with_name(hidden.name.removeprefix(".")))


def ask_stop(directory: Path, by: str, *, kill: bool = False) -> None:
    """Ask for the end of a run; with ``kill`` without waiting for anybody.

    A second request while the run is being stopped goes one stage further. A
    worker whose runner was killed gets a stand-in that ends it.

    Raises:
        OSError: the directory cannot be written.
    """
    # Here, and below: what looks at processes takes longest to import, and the window
    # imports this module before it stands.
    from diptych.profiling.runner.takeover import is_orphaned
    from diptych.profiling.runner.tree import TOKEN

    control.ask_stop(directory, by, kill=kill)
    if is_orphaned(directory):
        command = [*_RUNNER, str(directory), "--take-over"]
        with RunPaths(directory).runner_log.open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=directory,
                env={name: v for name, v in os.environ.items() if name != TOKEN},
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=log,
                start_new_session=True,
            )
        process.wait()  # it leaves its first process at once


def _make(identity: str, home: Path | None) -> tuple[Path, int]:
    """Make the directory, locked from its first moment, and return both. It is hidden yet."""
    runs = places.runs_dir(home).absolute()
    hidden = runs / f".{identity}"
    try:
        runs.mkdir(parents=True, exist_ok=True, mode=0o700)
        _sweep(runs)
        for folder in (hidden, *map(hidden.joinpath, ("events", "logs", "traces", "traces/raw"))):
            folder.mkdir(mode=0o700)
        lock = locks.take(RunPaths(hidden).runner_lock)
    except OSError as error:
        shutil.rmtree(hidden, ignore_errors=True)
        raise LaunchError(
            f"no run can be kept in {runs}: {error.strerror}; DIPTYCH_HOME moves it"
        ) from None
    return hidden, lock


def _sweep(runs: Path) -> None:
    """Remove what was left by launchers that were killed before they had a runner."""
    for left in runs.glob(".[0-9]*T[0-9]*-*"):
        lock = RunPaths(left).runner_lock
        with contextlib.suppress(OSError):
            # One that is made right now has no lock yet, or has only just got it.
            if time.time() - left.stat().st_mtime > _PATIENCE and not locks.is_held(lock):
                shutil.rmtree(left, ignore_errors=True)


def _spawn(
    directory: Path, request: RunRequest, lock: int, stdin: int | None
) -> subprocess.Popen[bytes]:
    command = [*_RUNNER, str(directory), "--lock-fd", str(lock)]
    with _above_standard(stdin) as passed:
        for descriptor in passed:
            command += ["--stdin-fd", str(descriptor)]
        process = _popen(command, directory, (lock, *passed))
    with contextlib.suppress(BrokenPipeError), process.stdin or contextlib.nullcontext() as pipe:
        if pipe is not None:
            pipe.write(msgspec.json.encode(request))
    return process


@contextlib.contextmanager
def _above_standard(descriptor: int | None) -> Iterator[tuple[int, ...]]:
    """Give out a copy that is not 0, 1 or 2: the runner's own take those places."""
    if descriptor is None:
        yield ()
        return
    copy = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 3)
    try:
        yield (copy,)
    finally:
        os.close(copy)


def _popen(
    command: Sequence[str], directory: Path, passed: tuple[int, ...]
) -> subprocess.Popen[bytes]:
    from diptych.profiling.runner.tree import TOKEN

    # In the run directory: `-m` puts the working folder on the module path, and
    # a user's random.py must not become the runner's.
    with RunPaths(directory).runner_log.open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=directory,
            env={**os.environ, TOKEN: directory.name.removeprefix(".")},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            pass_fds=passed,
            start_new_session=True,
        )


def _await(process: subprocess.Popen[bytes], directory: Path) -> None:
    """Wait until the runner is ready; it says so, or its end of the pipe closes."""
    deadline = time.monotonic() + _PATIENCE
    said = b""
    pipe = process.stdout
    while pipe is not None and not said.endswith(READY):
        if not select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))[0]:
            process.kill()
            control.ask_stop(directory, "the launcher", kill=True)
            raise LaunchError(f"the runner was not ready within {_PATIENCE:g} s")
        chunk = os.read(pipe.fileno(), 4096)
        if not chunk:
            process.wait()
            raise LaunchError(_why(directory, said))
        said += chunk
    process.wait()


def _why(directory: Path, said: bytes) -> str:
    hidden = directory.with_name(f".{directory.name}")
    logs = (RunPaths(path).runner_log for path in (directory, hidden))
    text = said.decode(errors="replace") or next((t for log in logs if (t := tail(log))), "")
    lines = text.strip().splitlines() or ["the runner ended early"]
    return f"the run could not be started: {lines[-1]}"
