"""The bytes of a trace file, compressed or not, read from front to back.

`opened` looks at the first bytes, not at the name. A gzip file may have
several members. What inflates beyond `Limits` is refused.
"""

from __future__ import annotations

import os
from collections import deque
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol

import numpy as np
from isal import isal_zlib

from diptych.profiling.trace.errors import TraceError

GZIP = b"\x1f\x8b"
_PIECE = 1 << 20
_DAMAGED: Any = (isal_zlib.error, ValueError)


@dataclass(frozen=True, slots=True)
class Limits:
    """What a file may ask of the machine; more is refused, or counted as unreadable."""

    inflated: int = 1 << 36
    """Bytes that a compressed file may become."""
    ratio: int = 500
    """Times its size that a compressed file may become, once it is larger than `free`."""
    free: int = 1 << 28
    event: int = 1 << 24
    """Bytes of the largest event."""
    value: int = 1 << 20
    """Bytes of the largest top-level value that is kept."""


class Source(Protocol):
    """Bytes that are read from front to back, a little of them again."""

    size: int
    """Size of the file."""
    failure: str | None
    """Why the bytes end before they should."""

    def fill(self, buffer: Any, at: int, length: int) -> int:
        """Copy ``length`` bytes from ``at`` into a uint8 array; return how many there were."""

    def forget(self, before: int) -> None:
        """Say that nothing before that place is read again."""

    def done(self, at: int) -> int:
        """Return how many bytes of the file have been read when those up to ``at`` have."""

    def close(self) -> None:
        """Close the file."""


class PlainSource:
    """A file that is what it is."""

    failure: str | None = None

    def __init__(self, handle: int, size: int) -> None:
        self._handle = handle
        self.size = size

    def fill(self, buffer: Any, at: int, length: int) -> int:
        """Copy bytes of the file."""
        got = 0
        while got < length:
            more = os.preadv(self._handle, [memoryview(buffer)[got:length]], at + got)
            if more == 0:
                break
            got += more
        return got

    def forget(self, before: int) -> None:
        """Nothing is kept."""

    def done(self, at: int) -> int:
        """Return the place itself."""
        return min(at, self.size)

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)


class GzipSource:
    """The content of a gzip file, inflated as it is asked for."""

    def __init__(self, handle: int, size: int, limits: Limits) -> None:
        self._handle = handle
        self.size = size
        self.failure: str | None = None
        self._limits = limits
        self._pieces: deque[tuple[int, bytes]] = deque()
        self._read = 0
        self._made = 0
        self._inflater: Any = isal_zlib.decompressobj(wbits=31)
        self._rest = b""
        self._over = False

    def fill(self, buffer: Any, at: int, length: int) -> int:
        """Inflate up to ``at + length`` and copy.

        Raises:
            TraceError: when the file becomes larger than the limits allow.
        """
        while self._made < at + length and not self._over:
            self._inflate()
        target, got = memoryview(buffer), 0
        for begin, piece in self._pieces:
            if begin + len(piece) <= at + got:
                continue
            part = piece[at + got - begin : at + length - begin]
            target[got : got + len(part)] = part
            got += len(part)
            if got >= length:
                break
        return got

    def _inflate(self) -> None:
        raw = self._rest or os.pread(self._handle, _PIECE, self._read)
        if not self._rest:
            self._read += len(raw)
        if not raw:
            self._end(None if self._inflater is None else "the compressed data ends too early")
            return
        try:
            self._step(raw)
        except _DAMAGED as error:
            self._end(f"the compressed data is damaged ({error})")

    def _step(self, raw: bytes) -> None:
        if self._inflater is None:
            raw = raw.lstrip(b"\0")
            self._rest = b""
            if not raw:
                return
            if not raw.startswith(GZIP):
                self._end("something that is not compressed follows the compressed data")
                return
            self._inflater = isal_zlib.decompressobj(wbits=31)
        piece = self._inflater.decompress(raw, 4 * _PIECE)
        self._rest = self._inflater.unconsumed_tail
        if self._inflater.eof:
            self._rest = self._inflater.unused_data
            self._inflater = None
        if piece:
            self._pieces.append((self._made, piece))
            self._made += len(piece)
            self._check()

    def _check(self) -> None:
        many = self._made > self._limits.free and self._made > self._limits.ratio * self.size
        if many or self._made > self._limits.inflated:
            raise TraceError(
                f"the file holds {self.size:,} bytes that become more than {self._made:,}: "
                "not opened, this is no trace that a profiler wrote"
            )

    def _end(self, failure: str | None) -> None:
        self._over, self.failure = True, failure

    def forget(self, before: int) -> None:
        """Drop what stands before."""
        while self._pieces and self._pieces[0][0] + len(self._pieces[0][1]) <= before:
            self._pieces.popleft()

    def done(self, at: int) -> int:
        """Return about how far in the file that is: what was inflated, told by share."""
        if self._over and at >= self._made:
            return self.size
        read = self._read - len(self._rest)
        return min(self.size, int(read * min(1.0, at / max(1, self._made))))

    def close(self) -> None:
        """Close the file."""
        os.close(self._handle)


class Opened:
    """A source that is closed at the end of a ``with`` block."""

    def __init__(self, path: Path, limits: Limits) -> None:
        handle = _handle(path)
        try:
            size = os.fstat(handle).st_size
            zipped = os.pread(handle, 2, 0) == GZIP
        except OSError as error:
            os.close(handle)
            raise TraceError(f"{path} cannot be read: {error.strerror}") from None
        self.compressed = zipped
        self.source: Source = (
            GzipSource(handle, size, limits) if zipped else PlainSource(handle, size)
        )

    def __enter__(self) -> Source:
        return self.source

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self.source.close()


def _handle(path: Path) -> int:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise TraceError(f"{path} cannot be opened: {error.strerror}") from None
    if not _regular(handle):
        os.close(handle)
        raise TraceError(f"{path} is not a file")
    return handle


def _regular(handle: int) -> bool:
    from stat import S_ISREG

    return S_ISREG(os.fstat(handle).st_mode)


def opened(path: Path, limits: Limits) -> Opened:
    """Open a file for reading from front to back.

    Raises:
        TraceError: when there is no such file, or it is none.
    """
    return Opened(path, limits)


def buffer_of(size: int) -> Any:
    """Return a uint8 array of ``size`` bytes, not written yet."""
    return np.empty(size, np.uint8)
