"""What tells one content of a file from another, fast."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from isal import isal_zlib

from diptych.profiling.trace.errors import TraceError

_PIECE = 1 << 16
_READ = 1 << 22


@dataclass(frozen=True, slots=True)
class Stamp:
    """What the file system says of a file; another stamp may mean another content."""

    size: int
    modified: int
    """Nanoseconds."""
    changed: int
    """Nanoseconds; no program can set this back."""
    device: int
    inode: int


def stamp(path: Path) -> Stamp:
    """Return the stamp of a file.

    Raises:
        TraceError: when there is no such file.
    """
    try:
        status = path.stat()
    except OSError as error:
        raise TraceError(f"{path} cannot be opened: {error.strerror}") from None
    return Stamp(
        status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_dev, status.st_ino
    )


def unchanged(path: Path, opened: tuple[int, ...]) -> Stamp:
    """Return the stamp of a file of which ``opened`` was size and modification time (ns).

    Raises:
        TraceError: when it is gone, or has changed since.
    """
    now = stamp(path)
    if opened and opened != (now.size, now.modified):
        raise TraceError(f"{path} has changed since it was opened")
    return now


def digest(path: Path) -> str:
    """Return a digest of all bytes of a file: a hash of the CRCs of its 64-KiB pieces.

    It tells files apart that differ by accident, not by intent.

    Raises:
        OSError: when it cannot be read.
    """
    whole = hashlib.blake2b(digest_size=16)
    with path.open("rb", buffering=0) as file:
        os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_SEQUENTIAL)
        buffer = memoryview(bytearray(_READ))
        while got := file.readinto(buffer):
            for at in range(0, got, _PIECE):
                crc = isal_zlib.crc32(buffer[at : min(at + _PIECE, got)])
                whole.update(crc.to_bytes(4, "little"))
            whole.update(got.to_bytes(4, "little"))
    return whole.hexdigest()
