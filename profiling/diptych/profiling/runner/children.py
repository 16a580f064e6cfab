"""The runner's helpers: the sampler, which may die at any time, and the tracer."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from diptych.profiling.records.layout import RunPaths

Warn = Callable[[str, str], None]

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_SILENCE = 10.0
_TRACER_STARTS = 2


def _start(
    name: str, directory: Path, *args: str, env: Mapping[str, str], **options: int
) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "diptych.profiling.cli", name, str(directory), *args]
    with RunPaths(directory).runner_log.open("ab") as log:
        return subprocess.Popen(
            command,
            cwd=directory,
            env=dict(env),
            stdin=options.get("stdin", subprocess.DEVNULL),
            stdout=subprocess.DEVNULL,
            stderr=log,
        )


def _end(process: subprocess.Popen[bytes], seconds: float) -> bool:
    """Kill and collect; a process that hangs in the kernel is left to it."""
    with contextlib.suppress(OSError):
        process.kill()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(seconds)
    return process.returncode is not None


class SamplerGuard:
    """Keeps a sampler alive: restarts it with back-off when it dies or falls silent.

    Silence is a journal that does not grow; a full disk is not its fault, so
    the pause between restarts doubles up to half a minute.
    """

    def __init__(
        self, directory: Path, pid: int, hz: float, env: Mapping[str, str], warn: Warn
    ) -> None:
        self._directory = directory
        self._args = (str(pid), "--hz", f"{hz:g}")
        self._env = env
        self._warn = warn
        self._journal = RunPaths(directory).system_journal
        self._process: subprocess.Popen[bytes] | None = None
        self._due: float | None = 0.0
        self._pause = _FIRST_PAUSE
        self._size = -1
        self._grown = 0.0
        self._started = 0.0
        self._lost: list[subprocess.Popen[bytes]] = []

    @property
    def pids(self) -> list[int]:
        """Pids of the sampler, and of those that could not be ended."""
        processes = [*self._lost, *([self._process] if self._process else [])]
        return [p.pid for p in processes]

    def look(self, now: float) -> None:
        """Start, restart or judge; returns at once."""
        if self._process is None:
            if self._due is not None and now >= self._due:
                self._launch(now)
        elif self._process.poll() is not None:
            code = self._process.returncode
            # It ends by itself, with 0, when it sees the worker's end before we do.
            self._retire(now, f"the sampler ended with code {code}" if code else None)
        elif self._silent(now):
            self._give_up_process()
            self._retire(now, f"the sampler was silent for {_SILENCE:g} s and was ended")

    def stop(self) -> None:
        """End it; it has nothing to save."""
        self._due = None
        if self._process is not None:
            self._process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(1.0)
            self._give_up_process()

    def _launch(self, now: float) -> None:
        try:
            self._process = _start("_sampler", self._directory, *self._args, env=self._env)
        except OSError as error:
            self._due = now + self._pause
            self._pause = min(2 * self._pause, _LONGEST_PAUSE)
            self._warn("sampler_failed", f"the sampler cannot be started: {error.strerror}")
            return
        self._started = self._grown = now

    def _silent(self, now: float) -> bool:
        with contextlib.suppress(OSError):
            size = self._journal.stat().st_size
            if size != self._size:
                self._size, self._grown = size, now
        return now - self._grown > _SILENCE

    def _give_up_process(self) -> None:
        process = self._process
        if process is not None and not _end(process, 0.5):
            self._lost.append(process)

    def _retire(self, now: float, text: str | None) -> None:
        self._process = None
        if now - self._started > 2 * _LONGEST_PAUSE:
            self._pause = _FIRST_PAUSE
        self._due = now + self._pause
        if text is not None:
            self._warn("sampler_restarted", f"{text}; restarting in {self._pause:g} s")
        self._pause = min(2 * self._pause, _LONGEST_PAUSE)


class TracerGuard:
    """Starts the tracer when windows are to come, once more when it crashes."""

    def __init__(self, directory: Path, env: Mapping[str, str], warn: Warn) -> None:
        self._directory = directory
        self._raw = RunPaths(directory).raw_traces
        self._env = env
        self._warn = warn
        self._process: subprocess.Popen[bytes] | None = None
        self._starts = 0
        self._failed = False

    @property
    def pids(self) -> list[int]:
        """The tracer's pid while there is one."""
        return [self._process.pid] if self._process else []

    def want(self) -> None:
        """Start it unless it runs already; it waits for windows by itself."""
        if self._process is None and not self._failed:
            self._launch()

    def look(self) -> None:
        """Restart it after a crash."""
        if self._process is None or self._process.poll() is None:
            return
        code = self._process.returncode
        self._close()
        self._warn("tracer_crashed", f"the tracer ended early with code {code}")
        self.want()

    def finish(self, going_on: Callable[[], bool]) -> None:
        """Tell it that no more windows come and wait until it has done its work.

        ``going_on`` sleeps a little and says whether waiting is still wanted.
        """
        if self._process is None and self._waiting_files():
            self.want()
        while self._process is not None:
            self._close_stdin()
            if self._process.poll() is None:
                if not going_on():
                    _end(self._process, 1.0)
                    self._close()
                    self._warn("tracer_ended", "the tracer was ended before it had finished")
                continue
            code = self._process.returncode
            self._close()
            if code != 0:
                self._warn("tracer_crashed", f"the tracer ended with code {code}")
                self.want()

    def _waiting_files(self) -> bool:
        try:
            return any(self._raw.iterdir())
        except OSError:
            return False

    def _launch(self) -> None:
        if self._starts >= _TRACER_STARTS:
            self._failed = True
            self._warn("tracer_failed", "the tracer crashed again: raw profiles are kept")
            return
        self._starts += 1
        try:
            self._process = _start("_tracer", self._directory, env=self._env, stdin=subprocess.PIPE)
        except OSError as error:
            self._failed = True
            self._warn("tracer_failed", f"the tracer cannot be started: {error.strerror}")
            return

    def _close_stdin(self) -> None:
        if self._process is not None and self._process.stdin is not None:
            with contextlib.suppress(OSError):
                self._process.stdin.close()

    def _close(self) -> None:
        self._close_stdin()
        self._process = None
