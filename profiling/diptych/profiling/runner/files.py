"""Small file operations that must hold when a process or the disk fails."""

from __future__ import annotations

import contextlib
import ctypes
import errno
import os
import sys
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

_KEEP_SIZE = 1
_PUNCH_HOLE = 2


def write_atomically(path: Path, data: bytes) -> None:
    """Put ``data`` at ``path``: a reader sees the old file or the new one.

    Raises:
        OSError: the folder is gone, the disk is full, no permission.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink()
        raise


def append_line(path: Path, line: bytes) -> None:
    """Append one line in a single write, as any number of writers may.

    Raises:
        OSError: also when the disk took only a part of it.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        if os.write(descriptor, line + b"\n") != len(line) + 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
    finally:
        os.close(descriptor)


@lru_cache(maxsize=1)
def _fallocate() -> Callable[[int, int, int, int], int] | None:
    if not sys.platform.startswith("linux"):
        return None
    library = ctypes.CDLL(None, use_errno=True)
    function = getattr(library, "fallocate64", None) or getattr(library, "fallocate", None)
    if function is None:
        return None
    function.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
    call: Callable[[int, int, int, int], int] = function
    return call


def reserve(descriptor: int, offset: int, length: int) -> bool:
    """Give the file ``length`` bytes of disk at ``offset`` without growing it.

    Returns whether it has them; a file system that cannot reserve says no.

    Raises:
        OSError: ENOSPC or EDQUOT, the disk is full.
    """
    function = _fallocate()
    if function is None:
        return False
    if function(descriptor, _KEEP_SIZE, offset, length) == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.ENOSPC, errno.EDQUOT):
        raise OSError(code, os.strerror(code))
    return False


def punch(descriptor: int, offset: int, length: int) -> bool:
    """Give the disk of a stretch back; it reads as NUL bytes from now on.

    The size and all other offsets stay, so a process that appends is not
    disturbed. Returns whether the file system could.
    """
    function = _fallocate()
    if function is None:
        return False
    return function(descriptor, _PUNCH_HOLE | _KEEP_SIZE, offset, length) == 0
