"""What a reader made of a long run, kept beside it: ``columns.cache`` in its directory.

A cache and nothing else: it may be deleted at any time, and is made again. It
is used only if it was made of exactly the journals that are there: same names,
sizes, times of change, and the same bytes at both ends. What is damaged, of
another version, or cannot be read or written is not used, without a word.

The file: a magic line, the length of the head (8 bytes, little-endian), the
head as JSON, then the columns as they lie in memory, each at a multiple of 8.
The head holds a checksum of the columns; the magic line one of the head.
"""

from __future__ import annotations

import contextlib
import os
import sys
import zlib
from collections.abc import Mapping
from hashlib import blake2b
from pathlib import Path
from typing import Any, BinaryIO, Generic, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

FILE = "columns.cache"

LAYOUT = 3
"""Grows whenever the same journals would give other columns or another head."""

_MAGIC = b"diptych.columns %08x\n"
_LONGEST_HEAD = 256 << 20
_ENDS = 64 << 10
_TYPES = ("int64", "float64", "uint8")

Arrays = dict[str, NDArray[Any]]
State = TypeVar("State", bound=msgspec.Struct)


class Stamp(msgspec.Struct, frozen=True):
    """One journal as it was read: bytes, time of change in ns, digest of both ends."""

    size: int
    changed: int
    ends: str


class _Column(msgspec.Struct, frozen=True):
    name: str
    type: str
    rows: int
    count: int


class _Head(msgspec.Struct, Generic[State], frozen=True):
    layout: int
    order: str
    journals: dict[str, Stamp]
    columns: list[_Column]
    checksum: int
    state: State


def stamp(journal: Path) -> Stamp | None:
    """Return what tells this journal from another one; ``None`` if it cannot be read."""
    try:
        with journal.open("rb") as file:
            status = os.fstat(file.fileno())
            digest = blake2b(file.read(_ENDS), digest_size=16)
            file.seek(max(0, status.st_size - _ENDS))
            digest.update(file.read(_ENDS))
    except OSError:
        return None
    return Stamp(status.st_size, status.st_mtime_ns, digest.hexdigest())


def save(
    directory: Path, journals: Mapping[str, Stamp], state: msgspec.Struct, arrays: Arrays
) -> bool:
    """Keep ``state`` and ``arrays`` in ``directory``; return whether that was possible."""
    ordered = {name: np.ascontiguousarray(values) for name, values in arrays.items()}
    columns = [_column(name, values) for name, values in ordered.items()]
    checksum = 0
    for values in ordered.values():
        checksum = zlib.crc32(_bytes(values), checksum)
    head = msgspec.json.encode(
        _Head(LAYOUT, sys.byteorder, dict(journals), columns, checksum, state)
    )
    head += b" " * (-len(head) % 8)
    target, draft = directory / FILE, directory / f".{FILE}.{os.getpid()}"
    try:
        with draft.open("xb") as file:
            file.write(_MAGIC % zlib.crc32(head))
            file.write(len(head).to_bytes(8, "little"))
            file.write(head)
            for values in ordered.values():
                file.write(_bytes(values))
                file.write(bytes(-values.nbytes % 8))
        draft.replace(target)
    except OSError:
        with contextlib.suppress(OSError):
            draft.unlink()
        return False
    return True


def load(
    directory: Path, journals: Mapping[str, Stamp], kind: type[State]
) -> tuple[State, Arrays] | None:
    """Return what was kept of exactly these journals, ``None`` if nothing is of use.

    The arrays are writable and belong to the caller.
    """
    try:
        with (directory / FILE).open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            head = _read_head(file, size, kind)
            if head is None or head.journals != dict(journals):
                return None
            arrays = _read_columns(file, head.columns, size)
    except (OSError, ValueError, RecursionError, MemoryError):
        return None
    checksum = 0
    for values in arrays.values():
        checksum = zlib.crc32(_bytes(values), checksum)
    return (head.state, arrays) if checksum == head.checksum else None


def _read_head(file: BinaryIO, size: int, kind: type[State]) -> _Head[State] | None:
    magic = file.readline(64)
    length = int.from_bytes(file.read(8), "little")
    if not length <= min(size, _LONGEST_HEAD):
        return None
    data = file.read(length)
    if magic != _MAGIC % zlib.crc32(data):
        return None
    head = msgspec.json.decode(data, type=_Head[kind])  # type: ignore[valid-type] # made here
    return head if (head.layout, head.order) == (LAYOUT, sys.byteorder) else None


def _read_columns(file: BinaryIO, columns: list[_Column], size: int) -> Arrays:
    """Read the columns into arrays of their own.

    Raises:
        ValueError: they cannot be what was written.
    """
    arrays: Arrays = {}
    for column in columns:
        if column.type not in _TYPES or column.count < 0 or not 0 <= column.rows <= 64:
            raise ValueError(column.name)
        shape = (column.rows, column.count) if column.rows else (column.count,)
        if max(1, column.rows) * column.count > size:
            raise ValueError(column.name)
        values = np.empty(shape, column.type)
        if file.readinto(_bytes(values)) != values.nbytes:  # type: ignore[attr-defined] # a file
            raise ValueError(column.name)
        file.seek(-values.nbytes % 8, os.SEEK_CUR)
        arrays[column.name] = values
    return arrays


def _column(name: str, values: NDArray[Any]) -> _Column:
    rows = values.shape[0] if values.ndim == 2 else 0
    return _Column(name, values.dtype.name, rows, values.shape[-1])


def _bytes(values: NDArray[Any]) -> memoryview:
    return values.reshape(-1).view(np.uint8).data
