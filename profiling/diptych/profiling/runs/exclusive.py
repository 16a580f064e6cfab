"""One at a time in a folder, across threads, windows and the command line.

The folder itself is locked (flock), so nothing is left behind and the kernel
lets go when a process dies. A file system that cannot lock folders, as some
network ones, is used without: then the newest of two writers wins.
"""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE = 5.0
_PAUSE = 0.01


class BusyError(OSError):
    """Somebody else has held the folder for long."""


@contextmanager
def hold(folder: Path) -> Iterator[None]:
    """Be alone in ``folder`` for as long as the block lasts.

    Raises:
        BusyError: it was not let go of within a few seconds.
        OSError: there is no such folder, or it cannot be read.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _lock(descriptor, folder)
        yield
    finally:
        os.close(descriptor)


def _lock(descriptor: int, folder: Path) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise BusyError(f"{folder} is held by another program") from None
            time.sleep(_PAUSE)
        except OSError:
            return
        else:
            return
