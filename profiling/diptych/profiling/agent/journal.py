"""The worker's journal: records out of a training without making it wait.

``emit`` only appends to a queue, from any thread. The side thread calls
``drain`` which formats what is queued and hands it to the kernel in one
unbuffered write. Records that cannot be written (full disk, file size limit,
queue overrun) are counted; ``seq`` goes on counting over them, so the hole
shows, and a ``lost`` record follows as soon as writing works again.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import math
import os
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, List, Optional, Tuple

SCHEMA = "diptych.journal"
VERSION = (1, 0)
LIMIT = 200_000
"""Records that may wait; beyond it they are counted as lost."""
_CHUNK = 64 * 1024
_RESERVE = 4096
"""Bytes kept free beyond the end of the file: on a full disk the last words, how
many records are lost, still find room."""
_KEEP_SIZE = 1
_FULL = (errno.ENOSPC, errno.EDQUOT)

Formatter = Callable[[int, int, Any], str]
"""``(seq, t, payload)`` to one line without its newline."""


def generic(kind: str, seq: int, t: int, fields: Dict[str, Any]) -> str:
    """Return one line of valid JSON; numbers that JSON does not know become null."""
    record = {"k": kind, "seq": seq, "t": t}
    record.update(fields)
    try:
        return json.dumps(record, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError):
        return json.dumps(_plain(record), separators=(",", ":"), ensure_ascii=False)


def _plain(value: Any) -> Any:
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if value is None or isinstance(value, (str, int)):
        return value
    return str(value)


class Journal:
    """One append-only JSON Lines file, locked for as long as its writer lives.

    Raises:
        OSError: when the file cannot be opened, or another writer has it.
    """

    def __init__(self, path: str, writer: str) -> None:
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC
        self._fd = os.open(path, flags, 0o600)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._fd)
            raise
        self._queue: Deque[Tuple[int, Any, Any]] = deque()
        self._seq = 0
        self._lost = 0
        self._why = ""
        self._dropped = 0
        self._torn = False
        self._allocate = getattr(ctypes.CDLL(None, use_errno=True), "fallocate", None)
        if self._allocate is not None:
            self._allocate.argtypes = [ctypes.c_int, ctypes.c_int, ctypes.c_int64, ctypes.c_int64]
        self.wake: Callable[[], None] = lambda: None
        """Called when a record was queued while nobody was known to be awake."""
        self.awake = False
        opening = {"schema": SCHEMA, "version": VERSION, "writer": writer, "pid": os.getpid()}
        self.emit("open", opening)
        self.drain()

    def emit(self, kind: str, fields: Dict[str, Any], t: Optional[int] = None) -> None:
        """Queue one record; ``t`` (monotonic ns) defaults to now."""
        self.put(time.monotonic_ns() if t is None else t, kind, fields)

    def put(self, t: int, what: Any, payload: Any) -> None:
        """Queue one record: ``what`` is a kind with its fields, or a formatter."""
        if len(self._queue) >= LIMIT:
            self._dropped += 1
            return
        if self._fd < 0:
            return
        self._queue.append((t, what, payload))
        if not self.awake:
            self.rouse()

    def rouse(self) -> None:
        """Have somebody awake to drain: a record is queued, or will be as soon as they are."""
        self.awake = True
        self.wake()

    def drain(self) -> int:
        """Write everything that is queued; returns how many records that were.

        Only ever called by one thread at a time.
        """
        queue = self._queue
        done = 0
        while queue and self._fd >= 0:
            done += self._write_some()
        return done

    def _write_some(self) -> int:
        self._count_dropped()
        lines: List[bytes] = []
        size = 0
        if self._lost:
            notice = {"count": self._lost, "why": self._why}
            lines.append(self._line(time.monotonic_ns(), "lost", notice))
        ahead = len(lines)
        while self._queue and size < _CHUNK:
            lines.append(self._line(*self._queue.popleft()))
            size += len(lines[-1])
        written = self._write(lines)
        if written >= ahead:
            self._lost -= self._lost if ahead else 0
        self._lost += len(lines) - max(written, ahead)
        return len(lines) - ahead

    def _count_dropped(self) -> None:
        if self._dropped:
            dropped, self._dropped = self._dropped, 0
            self._seq += dropped
            self._lost += dropped
            self._why = "the queue was full"

    def _line(self, t: int, what: Any, payload: Any) -> bytes:
        seq = self._seq
        self._seq += 1
        text = what(seq, t, payload) if callable(what) else generic(what, seq, t, payload)
        return text.encode("utf-8", "replace") + b"\n"

    def _write(self, lines: List[bytes]) -> int:
        """Hand ``lines`` to the kernel; returns how many it has taken whole."""
        data = b"".join(lines)
        if not self._room(len(data)):
            self._why = os.strerror(errno.ENOSPC)
            return 0
        lead = 1 if self._torn else 0
        try:
            taken = os.write(self._fd, b"\n" + data if lead else data) - lead
        except OSError as error:
            self._why = error.strerror or str(error)
            return 0
        if taken == len(data):
            self._torn = False
            return len(lines)
        self._why = "short write"
        whole = 0
        for line in lines:
            if taken < len(line):
                break
            taken -= len(line)
            whole += 1
        self._torn = taken > 0
        return whole

    def _room(self, size: int) -> bool:
        """Return whether ``size`` bytes can be written and the reserve kept."""
        if self._allocate is None:
            return True
        end = os.fstat(self._fd).st_size
        if self._allocate(self._fd, _KEEP_SIZE, end, size + _RESERVE) == 0:
            return True
        if ctypes.get_errno() in _FULL:
            return False
        self._allocate = None  # this file system cannot reserve; a write will tell
        return True

    def _last_words(self) -> None:
        """Say what is lost, in the room that was kept for it, and give back the rest."""
        if self._fd < 0:
            return
        if self._lost:
            self._allocate = None
            notice = {"count": self._lost, "why": self._why}
            self._write([self._line(time.monotonic_ns(), "lost", notice)])
        try:
            os.ftruncate(self._fd, os.fstat(self._fd).st_size)
        except OSError:
            pass  # a few kilobytes stay reserved

    def close(self) -> None:
        """Write what is queued and let go of the file."""
        self.drain()
        self._count_dropped()
        self._last_words()
        self.abandon()

    def abandon(self) -> None:
        """Let go of the file at once (in a forked child: the parent's lock stays)."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
        self._queue.clear()
