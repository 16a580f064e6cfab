"""All events of a file as columns with one numbering of texts and of threads.

What the workers of a scan found is put one behind the other, a column at a
time, and let go of as it is taken, so that nothing is held twice.
"""

from __future__ import annotations

import ctypes
from dataclasses import dataclass
from typing import Any

import numpy as np

from diptych.profiling.trace import scan_block as sb
from diptych.profiling.trace.intern import Lanes, Texts, merged
from diptych.profiling.trace.scan import Columns, Found


@dataclass(slots=True)
class Threads:
    """The pairs of pid and tid that occur, as numbers of texts."""

    pids: Any
    tids: Any
    devices: Any
    """``device`` of an event of the thread that says it, −1 without."""
    streams: Any

    def __len__(self) -> int:
        """Return the number of pairs."""
        return len(self.pids)


@dataclass(slots=True)
class Raw:
    """Events in the order of the file; what the columns mean stands in `scan_block`."""

    columns: dict[str, Any]
    counters: Any
    memories: Any
    sequences: Any
    texts: Texts
    threads: Threads
    malformed: int

    def __len__(self) -> int:
        """Return the number of events that could be read."""
        return len(self.columns["phase"])

    def take(self, name: str, rows: Any) -> Any:
        """Return a column at some rows; the column is gone after that."""
        return self.columns.pop(name)[rows]


def gathered(found: Found) -> Raw:
    """Join what was found, and empty it."""
    texts, numbers = merged(found.texts)
    threads, lanes = _threads(found.lanes, numbers)
    parts = found.parts
    firsts = np.cumsum([0, *map(len, parts)])
    counters = _moved([p.counters for p in parts], firsts, sb.COUNTER)
    _renumber_keys(counters, parts, numbers)
    memories = _moved([p.memories for p in parts], firsts, sb.MEMORY)
    sequences = [p.sequences + np.array([[first], [0], [0]]) for p, first in _with(parts, firsts)]
    columns = {
        name: _column(parts, name, numbers, lanes, np.dtype(sb.ROW[name]))
        for name in (parts[0].rows if parts else _NO_COLUMNS)
    }
    malformed, found.parts = found.malformed, []
    del parts
    _return_memory()
    joined = np.concatenate(sequences, axis=1) if sequences else np.zeros((3, 0), np.int64)
    return Raw(columns, counters, memories, joined, texts, threads, malformed)


def _return_memory() -> None:
    """Give the operating system back what the parts took; where that can be asked for."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


_NO_COLUMNS = tuple(name for name in sb.ROW.names or () if name not in ("sequence", "forward"))
_TEXTS = ("name", "category", "extra")


def _with(parts: list[Columns], firsts: Any) -> Any:
    return zip(parts, firsts[:-1], strict=True)


def _column(
    parts: list[Columns], name: str, numbers: list[Any], lanes: list[Any], kind: Any
) -> Any:
    total = sum(len(p.rows[name]) for p in parts)
    whole, at = np.empty(total, kind), 0
    for part in parts:
        piece = part.rows[name]
        target = whole[at : at + len(piece)]
        at += len(piece)
        if name == "lane":
            np.take(lanes[part.worker], piece, out=target)
        elif name in _TEXTS:
            # Without a text the number is −1, and so is the last of the table.
            np.take(numbers[part.worker], piece, out=target, mode="wrap")
        else:
            target[:] = piece
        # The number of events is asked of the phase until the end.
        part.rows[name] = piece if name == "phase" else None
    return whole


def _moved(pieces: list[Any], firsts: Any, kind: Any) -> Any:
    for piece, first in zip(pieces, firsts[:-1], strict=True):
        piece["row"] += first
    return np.concatenate(pieces) if pieces else np.zeros(0, kind)


def _renumber_keys(counters: Any, parts: list[Columns], numbers: list[Any]) -> None:
    at = 0
    for part in parts:
        piece = counters[at : at + len(part.counters)]
        piece["key"] = numbers[part.worker][piece["key"]]
        at += len(piece)


def _threads(tables: list[Lanes], numbers: list[Any]) -> tuple[Threads, list[Any]]:
    """Join the threads that the workers saw; return them and each worker's numbers of them."""
    whole = Lanes()
    own = []
    for table, texts in zip(tables, numbers, strict=True):
        pids, tids = texts[table.pids[: len(table)]], texts[table.tids[: len(table)]]
        lanes = np.array([_joined(whole, *pair) for pair in zip(pids, tids, strict=True)], np.int32)
        for lane, device, stream in zip(lanes, table.devices, table.streams, strict=False):
            if whole.devices[lane] < 0:
                whole.devices[lane], whole.streams[lane] = device, stream
        own.append(lanes if len(lanes) else np.zeros(1, np.int32))
    count = len(whole)
    columns = (whole.pids, whole.tids, whole.devices, whole.streams)
    return Threads(*(column[:count] for column in columns)), own


def _joined(whole: Lanes, pid: int, tid: int) -> int:
    from diptych.profiling.trace.intern import FULL, lane_of

    lane = lane_of(int(pid), int(tid), whole.view)
    if lane == FULL:
        whole.grow()
        lane = lane_of(int(pid), int(tid), whole.view)
    return lane
