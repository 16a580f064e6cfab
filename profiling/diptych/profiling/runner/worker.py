"""The worker process: started in a session of its own, its end seen by pidfd."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence


class Worker:
    """A started worker.

    ``stdin`` is the descriptor that it reads from, None for an empty input; it
    stays open here.

    Raises:
        OSError: the interpreter or the working folder is not there; `filename`
            tells which.
    """

    def __init__(
        self,
        argv: Sequence[str],
        *,
        cwd: str,
        env: Mapping[str, str],
        stdout: int,
        stderr: int,
        stdin: int | None = None,
    ) -> None:
        self._popen = subprocess.Popen(
            list(argv),
            cwd=cwd,
            env=dict(env),
            stdin=subprocess.DEVNULL if stdin is None else stdin,
            stdout=stdout,
            stderr=stderr,
            start_new_session=True,
        )
        self.pid = self._popen.pid
        self._pidfd = _pidfd(self.pid)
        self._thread: threading.Thread | None = None

    def wait(self, seconds: float) -> int | None:
        """Wait up to ``seconds`` for the end; return the return code, None if it lives."""
        if self._popen.returncode is None:
            self._sleep_until_end(seconds)
            self._popen.poll()
        if self._popen.returncode is not None and self._pidfd is not None:
            os.close(self._pidfd)
            self._pidfd = None
        return self._popen.returncode

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the worker alone; nothing happens when it is gone."""
        with contextlib.suppress(ProcessLookupError):
            self._popen.send_signal(number)

    def _sleep_until_end(self, seconds: float) -> None:
        if self._pidfd is not None:
            poll = select.poll()
            poll.register(self._pidfd, select.POLLIN)
            poll.poll(max(0.0, seconds) * 1000)
            return
        if self._thread is None:
            self._thread = threading.Thread(target=self._popen.wait, daemon=True)
            self._thread.start()
        self._thread.join(seconds)


def _pidfd(pid: int) -> int | None:
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):  # an old kernel, or a sandbox that forbids it
        return None
