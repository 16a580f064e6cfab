"""Keeps the worker's raw output within bounds without standing in its way.

The worker writes to plain files opened for append, never to a pipe: nobody's
death can hurt it. The runner looks at each file a few times a second.

* Past ``limit`` bytes the middle is given back to the disk by punching a hole;
  the beginning (a quarter) and the latest output (half) stay, and the writer
  notices nothing. While the run lasts the hole reads as NUL bytes; at the end
  the file is rewritten with one line in the hole's place that says how much
  was left out. A file system that cannot punch is cut behind the beginning
  instead, so the latest output starts anew each time.
* Some room is always reserved beyond the end, so that a script that prints
  goes on when somebody else fills the disk; when the reserve cannot be
  renewed, the log lives on its own older middle.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from diptych.profiling.runner.files import punch, reserve

LIMIT = 64 << 20
"""Bytes of disk that one log may take; ``DIPTYCH_LOG_LIMIT`` overrides it."""

_BLOCK = 4096
_HEADROOM = 256 << 10
_FULL_DISK_KEEP = 64 << 10


def limit_from_environment() -> int:
    """Return ``DIPTYCH_LOG_LIMIT`` in bytes where it is a sane number, else `LIMIT`."""
    try:
        wanted = int(os.environ.get("DIPTYCH_LOG_LIMIT", ""))
    except ValueError:
        return LIMIT
    return max(wanted, 16 * _BLOCK)


class LogKeeper:
    """One log file that another process appends to.

    Raises:
        OSError: the file cannot be made.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self._limit = limit
        self._head = limit // 4 // _BLOCK * _BLOCK
        self._tail = limit // 2
        self._hole = (0, 0)
        self._cut = 0
        self._noted = 0
        self._reserved: int | None = 0
        self.moved: tuple[int, int, int] | None = None
        """What was last left out, see the ``log`` record; whoever has told of it sets ``None``."""
        flags = os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._fd = os.open(path, flags, 0o600)
        self._renew()

    @property
    def descriptor(self) -> int:
        """Descriptor that the worker inherits, open for append."""
        return self._fd

    @property
    def left_out(self) -> int:
        """Bytes that are no longer there."""
        return self._cut + self._hole[1] - self._hole[0]

    @property
    def size(self) -> int:
        """How long the log is, its hole included; 0 where that cannot be told."""
        try:
            return os.fstat(self._fd).st_size if self._fd >= 0 else self.path.stat().st_size
        except OSError:
            return 0

    def look(self) -> None:
        """Take the file's size into account; cheap, never raises."""
        with contextlib.suppress(OSError):
            size = os.fstat(self._fd).st_size
            if size < self._hole[1]:  # the script truncated its own output
                self._hole = (0, 0)
            if size - (self._hole[1] - self._hole[0]) > self._limit:
                self._drop(self._head, size - self._tail)
            self._renew()

    def finish(self) -> None:
        """Bring the file into its lasting form; its writers are gone."""
        with contextlib.suppress(OSError):
            size = os.fstat(self._fd).st_size
            os.ftruncate(self._fd, size)  # gives the reserve back
            if self._hole[1]:
                self._rewrite(size)
        with contextlib.suppress(OSError):
            os.close(self._fd)
        self._fd = -1

    def _renew(self) -> None:
        size = os.fstat(self._fd).st_size
        if self._reserved is None or self._reserved - size > _HEADROOM // 2:
            return
        try:
            done = reserve(self._fd, size, _HEADROOM)
        except OSError:
            self._drop(min(self._head, _FULL_DISK_KEEP), size - _FULL_DISK_KEEP)
            return
        self._reserved = size + _HEADROOM if done else None

    def _drop(self, start: int, end: int) -> None:
        end = end // _BLOCK * _BLOCK
        if self._hole[1]:
            start = min(start, self._hole[0])
        if end <= max(start, self._hole[1]):
            return
        if punch(self._fd, start, end - start):
            self._hole = (start, end)
            return
        size = os.fstat(self._fd).st_size
        os.ftruncate(self._fd, start)
        self._cut += size - start - self._noted
        self._noted = os.write(self._fd, _note(self._cut))
        self.moved = (start, size, self._noted)
        self._reserved = 0

    def _rewrite(self, size: int) -> None:
        start, end = self._hole
        temporary = self.path.with_name(f".{self.path.name}.tmp")
        try:
            with open(temporary, "xb", 0, opener=_private) as out:
                _copy(self._fd, 0, start, out.fileno())
                note = out.write(_note(end - start))
                _copy(self._fd, end, size, out.fileno())
            temporary.replace(self.path)
            self.moved = (start, end, note)
        except OSError:
            with contextlib.suppress(OSError):
                temporary.unlink()
            raise


def _note(count: int) -> bytes:
    return f"\n[diptych: {count:,} bytes of output left out]\n".encode()


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _copy(source: int, start: int, end: int, target: int) -> None:
    while start < end:
        chunk = os.pread(source, min(end - start, 1 << 20), start)
        if not chunk:
            return
        start += len(chunk)
        view = memoryview(chunk)
        while view:
            view = view[os.write(target, view) :]


def tail(path: Path, limit: int = 16 << 10) -> str:
    """Return the last ``limit`` bytes of a log as text, whole lines, no NULs."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(0, size - limit))
            data = file.read(limit)
    except OSError:
        return ""
    if size > limit:
        data = data.partition(b"\n")[2] or data
    return data.replace(b"\0", b"").decode("utf-8", "replace")
