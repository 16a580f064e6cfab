"""A `TraceTable` as one file of arrays that can be mapped into memory.

The file: a line that names the format and its version, the length of a JSON
header, the header, the arrays. The header has the place, type and CRC of each
array. A file that is not whole, or was changed, is refused.
"""

from __future__ import annotations

import json
import mmap
from dataclasses import asdict, fields, replace
from pathlib import Path
from typing import IO, Any

import numpy as np
from isal import isal_zlib

from diptych.profiling.trace.strings import Strings
from diptych.profiling.trace.table import (
    Counter,
    Flows,
    Instants,
    MemoryEvents,
    Slices,
    TraceTable,
    Track,
    Truncation,
)

VERSION = 3
"""Changes with the format, and with what the reader makes of a file."""
_MAGIC = b"DIPTYCH TRACE %d\n" % VERSION
_ALIGNED = 64
_GROUPS: dict[str, Any] = {
    "slices": Slices, "instants": Instants, "memory": MemoryEvents, "flows": Flows,
}  # fmt: skip
_PLAIN = (
    "source", "origin_ns", "absolute", "duration_ns", "events", "dropped", "properties", "used",
)  # fmt: skip


class DamagedError(Exception):
    """The file is not one of ours, or not as it was written."""


def write(file: IO[bytes], table: TraceTable) -> None:
    """Write a table."""
    arrays = _arrays(table)
    places: list[list[Any]] = []
    at = 0
    for name, array in arrays.items():
        places.append([name, array.dtype.str, at, len(array), isal_zlib.crc32(_bytes(array))])
        at += -(-array.nbytes // _ALIGNED) * _ALIGNED
    header = {name: getattr(table, name) for name in _PLAIN} | {
        "tracks": [asdict(track) for track in table.tracks],
        "counters": [[c.name, c.pid, c.process] for c in table.counters],
        "truncated": None if table.truncated is None else asdict(table.truncated),
        "arrays": places,
        "length": at,
    }
    raw = json.dumps(header, separators=(",", ":")).encode("utf-8", "replace")
    head = _MAGIC + len(raw).to_bytes(8, "little") + isal_zlib.crc32(raw).to_bytes(8, "little")
    file.write(head + raw + b"\0" * (-(len(head) + len(raw)) % _ALIGNED))
    for array in arrays.values():
        file.write(_bytes(array))
        file.write(b"\0" * (-array.nbytes % _ALIGNED))


def _bytes(array: Any) -> memoryview:
    return np.ascontiguousarray(array).data.cast("B") if len(array) else memoryview(b"")


def _arrays(table: TraceTable) -> dict[str, Any]:
    arrays: dict[str, Any] = {}
    for name in _GROUPS:
        group = getattr(table, name)
        arrays.update({f"{name}.{f.name}": getattr(group, f.name) for f in fields(group)})
    for number, counter in enumerate(table.counters):
        arrays[f"counter.{number}.time"] = counter.time
        arrays[f"counter.{number}.value"] = counter.value
    texts = table.strings
    if not isinstance(texts, Strings):
        texts = Strings.of(texts)
    return {**arrays, "texts.begins": texts.begins, "texts.data": texts.data}


def read(
    path: Path, asked: Path, stamp: tuple[int, ...] = (), *, verify: bool = True
) -> TraceTable:
    """Map a file.

    Args:
        path: what `write` wrote.
        asked: becomes the path of the table.
        stamp: becomes its stamp.
        verify: whether to read all of it and compare the sums.

    Raises:
        DamagedError: when it is not whole, or of another version.
        OSError: when it cannot be read.
    """
    with path.open("rb") as file:
        try:
            data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        except ValueError:
            raise DamagedError("it is empty") from None
    header, base = _header(data)
    if len(data) < base + header["length"]:
        raise DamagedError("it is not whole")
    arrays = {}
    for name, kind, at, count, crc in header["arrays"]:
        array = np.frombuffer(data, np.dtype(kind), count, base + at) if count else _none(kind)
        if verify and isal_zlib.crc32(_bytes(array)) != crc:
            raise DamagedError(f"{name} is not as it was written")
        arrays[name] = array
    return replace(_table(header, arrays, asked), stamp=stamp)


def _none(kind: str) -> Any:
    return np.zeros(0, np.dtype(kind))


def _header(data: mmap.mmap) -> tuple[dict[str, Any], int]:
    start = len(_MAGIC) + 16
    if data[: len(_MAGIC)] != _MAGIC:
        raise DamagedError("it is of another version")
    length = int.from_bytes(data[len(_MAGIC) : len(_MAGIC) + 8], "little")
    raw = data[start : start + length]
    if isal_zlib.crc32(raw) != int.from_bytes(data[start - 8 : start], "little"):
        raise DamagedError("its header is not as it was written")
    header: dict[str, Any] = json.loads(raw)
    return header, -(-(start + length) // _ALIGNED) * _ALIGNED


def _table(header: dict[str, Any], arrays: dict[str, Any], asked: Path) -> TraceTable:
    groups = {
        name: kind(**{f.name: arrays[f"{name}.{f.name}"] for f in fields(kind)})
        for name, kind in _GROUPS.items()
    }
    tracks = [Track(**{**t, "order": tuple(t["order"])}) for t in header["tracks"]]
    counters = [
        Counter(name, pid, process, arrays[f"counter.{n}.time"], arrays[f"counter.{n}.value"])
        for n, (name, pid, process) in enumerate(header["counters"])
    ]
    broken = header["truncated"]
    return TraceTable(
        path=asked,
        strings=Strings(arrays["texts.begins"], arrays["texts.data"]),
        tracks=tracks,
        counters=counters,
        truncated=None if broken is None else Truncation(**broken),
        **groups,
        **{name: header[name] for name in _PLAIN},
    )
