"""Who is alive, told by file locks: the kernel drops them with the process."""

from __future__ import annotations

import errno
import fcntl
import os
from pathlib import Path

from diptych.profiling.records.layout import RunPaths


def take(path: Path) -> int:
    """Create ``path`` if need be, lock it and return its descriptor.

    Waits for a probe of `is_held` to pass, which takes microseconds.

    Raises:
        BlockingIOError: another process holds it for good.
        OSError: the file cannot be opened.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        _take(descriptor)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _take(descriptor: int) -> None:
    for _ in range(50):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            # A probe holds a shared lock for an instant; a runner an exclusive one.
            try:
                fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                break
        else:
            return
    raise BlockingIOError(errno.EAGAIN, "another process holds the lock")


def is_held(path: Path) -> bool:
    """Say whether a process holds an exclusive lock on ``path``.

    A file that is not there, or cannot be read, is held by nobody we can name.
    """
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        # Shared, so that two probes at once do not take each other for a holder.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return False


def is_live(directory: Path) -> bool:
    """Say whether more records may come: the runner or a worker is at work."""
    paths = RunPaths(directory)
    if is_held(paths.runner_lock):
        return True
    return any(is_held(journal) for journal in sorted(paths.events.glob("worker-r*.jsonl")))
