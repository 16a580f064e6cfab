"""Waiting runs on disk, so that a window that ends does not lose them.

``<home>/waiting/<name>.json`` belongs to the window that holds a lock on it.
A file that nobody holds was left by a window that is no more, however it ended:
another window takes it over. Nothing here raises: at worst what waits is forgotten.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import secrets
from collections.abc import Sequence
from pathlib import Path

import msgspec

from diptych.profiling.records.manifest import RunRequest

_LARGEST = 4 << 20


class Left(msgspec.Struct, frozen=True, kw_only=True):
    """What waits in one batch, and behind which run directory.

    ``attempt`` is the id under which the first of ``requests`` is being started.
    """

    before: str | None
    requests: tuple[RunRequest, ...]
    attempt: str | None = None


class QueueFile:
    """The file of one window; it exists only while something waits."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "waiting"
        self._path = self._folder / f"{os.getpid()}-{secrets.token_hex(4)}.json"
        self._fd: int | None = None

    def keep(self, batches: Sequence[Left]) -> None:
        """Let the file say ``batches``; without any it goes away."""
        if not batches:
            self.close()
            return
        with contextlib.suppress(OSError):
            if self._fd is None:
                self._fd = self._open()
            # In place: a new file under this name would not be the locked one.
            data = msgspec.json.encode(batches)
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, data, 0)

    def close(self) -> None:
        """Forget what waits."""
        if self._fd is not None:
            with contextlib.suppress(OSError):
                self._path.unlink()
            os.close(self._fd)
            self._fd = None

    def leave(self) -> None:
        """Let go of what waits, so that another window takes it over."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def adopt(self) -> list[Left]:
        """Take over what windows left that are no more."""
        found: list[Left] = []
        with contextlib.suppress(OSError):
            for path in sorted(self._folder.glob("*.json")):
                if path != self._path:
                    found += _take(path)
        return found

    def _open(self) -> int:
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        fd = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return fd


def _take(path: Path) -> list[Left]:
    fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(fd).st_nlink == 0:
            return []  # another window was faster
        data = os.pread(fd, _LARGEST, 0)
        path.unlink()
        return msgspec.json.decode(data, type=list[Left])
    except (OSError, ValueError, RecursionError):
        return []
    finally:
        os.close(fd)
