"""A thread's sleep that ends as soon as a watched folder changes, or when it is rung for.

No Qt here. On Linux the kernel tells (inotify). Where it cannot, because the
system has none or its limit of watches is reached, the sleep only ends in
time: whoever sleeps must look again now and then in any case, for nobody tells
of changes that another machine makes on a shared disk.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import struct
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_MODIFIED, _MOVED_IN, _CREATED, _DELETED = 0x2, 0x80, 0x100, 0x200
_MASK = _MODIFIED | _MOVED_IN | _CREATED | _DELETED
_ONLY_FOLDERS = 0x0100_0000
_GONE = 0x8000
_EVENT = struct.Struct("iIII")
_BLOCK = 64 << 10


class Wake:
    """Belongs to the thread that sleeps; only `ring` may be called by others."""

    def __init__(self) -> None:
        self._rung, self._ring = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        self._libc, self._notify = _inotify()
        self._watched: dict[Path, int] = {}
        self._bell = select.poll()
        self._both = select.poll()
        for poll in (self._bell, self._both):
            poll.register(self._rung, select.POLLIN)
        if self._notify >= 0:
            self._both.register(self._notify, select.POLLIN)

    def ring(self) -> None:
        """End the sleep, or the next one. May be called on any thread."""
        with contextlib.suppress(OSError):  # full: it rings already; closed: nobody sleeps
            os.write(self._ring, b"!")

    def watch(self, folders: Iterable[Path]) -> set[Path]:
        """Watch these folders and no others; return those that are, which had to exist."""
        wanted = set(folders)
        for folder in set(self._watched) - wanted:
            self._libc.inotify_rm_watch(self._notify, self._watched.pop(folder))
        for folder in wanted - set(self._watched) if self._notify >= 0 else ():
            mask = _MASK | _ONLY_FOLDERS
            number = self._libc.inotify_add_watch(self._notify, os.fsencode(folder), mask)
            if number >= 0:
                self._watched[folder] = number
        return set(self._watched)

    def pause(self, seconds: float) -> bool:
        """Sleep, whatever changes, until somebody rings; return whether somebody did."""
        if self._bell.poll(_milliseconds(seconds)):
            self._hush()
            return True
        return False

    def wait(self, seconds: float) -> set[Path]:
        """Sleep until a folder changes or somebody rings; return the folders that changed."""
        ready = {fd for fd, _ in self._both.poll(_milliseconds(seconds))}
        if self._rung in ready:
            self._hush()
        return self._changed() if self._notify in ready else set()

    def close(self) -> None:
        """Let go of everything; it cannot sleep any more."""
        for fd in (self._rung, self._ring, self._notify):
            if fd >= 0:
                os.close(fd)
        self._rung = self._ring = self._notify = -1
        self._watched.clear()

    def _hush(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while os.read(self._rung, 64):
                pass

    def _changed(self) -> set[Path]:
        """Take all that the kernel has told; each folder once."""
        numbers: set[int] = set()
        with contextlib.suppress(BlockingIOError):
            while block := os.read(self._notify, _BLOCK):
                at = 0
                while at < len(block):
                    number, mask, _, length = _EVENT.unpack_from(block, at)
                    at += _EVENT.size + length
                    numbers.add(number)
                    if mask & _GONE:
                        self._forget(number)
        return {folder for folder, number in self._watched.items() if number in numbers}

    def _forget(self, number: int) -> None:
        """Let go of a folder that is no more; one of the same name is watched anew."""
        self._watched = {folder: n for folder, n in self._watched.items() if n != number}


def _inotify() -> tuple[Any, int]:
    """Return the C library and a descriptor, -1 where there is no inotify."""
    try:
        libc = ctypes.CDLL(None)
        return libc, libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, AttributeError):
        return None, -1


def _milliseconds(seconds: float) -> int:
    # Upwards: a sleep of less than a millisecond must not become none at all.
    return max(0, -int(-seconds * 1e3 // 1))
