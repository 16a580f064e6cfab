"""Every process of a run: descendants, and strangers that carry its token.

A process that called setsid and was orphaned is still found: the runner is a
subreaper, so orphans become its children, and ``DIPTYCH_RUN`` stands in the
environment that they were started with.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Callable, Collection
from pathlib import Path

import psutil

TOKEN = "DIPTYCH_RUN"  # noqa: S105 - the name of a variable, not a secret

_PR_SET_CHILD_SUBREAPER = 36


def become_subreaper() -> bool:
    """Let orphaned descendants become children of this process (Linux)."""
    if not sys.platform.startswith("linux"):
        return False
    return bool(ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0)


class ProcessTree:
    """The processes of one run, apart from the runner's own helpers.

    ``helpers`` gives the pids of the sampler and the tracer at the time of
    asking; they and their descendants are never part of the tree.
    """

    def __init__(self, run: str, helpers: Callable[[], Collection[int]]) -> None:
        self._token = f"{TOKEN}={run}".encode()
        self._helpers = helpers
        self._me = os.getpid()

    def find(self) -> list[psutil.Process]:
        """Return the living processes of the tree (no zombies), in no order."""
        spared = self._spared()
        found = {p.pid: p for p in _descendants(self._me) if p.pid not in spared}
        for pid in psutil.pids():
            if pid not in found and pid not in spared and self._carries_token(pid):
                with contextlib.suppress(psutil.Error):
                    found[pid] = psutil.Process(pid)
        return [p for p in found.values() if _alive(p)]

    def signal(self, number: signal.Signals) -> list[psutil.Process]:
        """Send ``number`` to all of the tree; return who was there."""
        processes = self.find()
        for process in processes:
            with contextlib.suppress(psutil.Error):
                process.send_signal(number)
        return processes

    def reap(self, own: int) -> None:
        """Collect orphans that ended after they were handed to this process.

        ``own`` is the worker's pid, whose exit code belongs to somebody else.
        """
        for pid in _children() - {own, *self._helpers()}:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, os.WNOHANG)

    def _spared(self) -> set[int]:
        spared = {self._me}
        for pid in self._helpers():
            spared.add(pid)
            spared.update(p.pid for p in _descendants(pid))
        return spared

    def _carries_token(self, pid: int) -> bool:
        try:
            environment = Path(f"/proc/{pid}/environ").read_bytes()
        except OSError:
            return False
        return self._token in environment.split(b"\0")


def _descendants(pid: int) -> list[psutil.Process]:
    try:
        return list(psutil.Process(pid).children(recursive=True))
    except psutil.Error:
        return []


def _children() -> set[int]:
    """Return our children, zombies included; from one small file a thread, not all of /proc."""
    found: set[int] = set()
    try:
        for task in Path("/proc/self/task").iterdir():
            found.update(map(int, (task / "children").read_text().split()))
    except (OSError, ValueError):  # a kernel without that file
        with contextlib.suppress(psutil.Error):
            return {p.pid for p in psutil.Process().children()}
    return found


def _alive(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
