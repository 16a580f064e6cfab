"""A trace as columns: what every reader of traces makes and every view of them reads.

Times are int64 nanoseconds since ``TraceTable.origin_ns``. Texts are numbers
into ``TraceTable.strings``. A number that is not known is −1 in a column whose
true values are never negative, and each column says so. Arrays may be memory
maps of a cache file: nobody writes into them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Int64 = NDArray[np.int64]
Int32 = NDArray[np.int32]
Float64 = NDArray[np.float64]


class Kind(IntEnum):
    """What a slice is, told from its category and name whatever tool wrote it."""

    OTHER = 0
    OPERATOR = 1
    """An operator of a framework on the host (Kineto ``cpu_op``, MXNet ``operator``)."""
    KERNEL = 2
    """Work on a device, communication excepted."""
    COMMUNICATION = 3
    """A collective on a device (NCCL, RCCL)."""
    MEMCPY = 4
    MEMSET = 5
    RUNTIME = 6
    """A call of the device's runtime or driver on the host."""
    SYNC = 7
    """The host, or a stream, waits for a device."""
    PYTHON = 8
    """A Python frame."""
    MODULE = 9
    """A call of a module of the network (``nn.Module: Linear_0``, a Gluon block)."""
    ANNOTATION = 10
    """A range named by the user or the framework on the host."""
    DEVICE_ANNOTATION = 11
    """The same range as seen on a device (``gpu_user_annotation``): not work."""
    STEP = 12
    """One step of training (``ProfilerStep#N``)."""
    OVERHEAD = 13
    """The profiler's own cost."""
    ENGINE = 14
    """Book-keeping of MXNet's engine (``DeleteVariable``, ``WaitForVar``, …)."""
    DATA = 15
    """Loading of data on the host (``enumerate(DataLoader)``, …)."""


DEVICE_WORK = (Kind.KERNEL, Kind.COMMUNICATION, Kind.MEMCPY, Kind.MEMSET)
"""What keeps a device busy."""


@dataclass(frozen=True, slots=True)
class Track:
    """One lane group: a thread of the host or a stream of a device.

    Its rows in `Slices` are ``first:first + count``, sorted by start.
    """

    pid: str
    tid: str
    """As written (numbers above 2^63 and texts occur)."""
    process: str
    """Name of the process, "" where the file has none."""
    thread: str
    first: int
    count: int
    depth: int
    """Levels of nesting; 0 without rows."""
    device: int | None = None
    """Index of the device whose stream this is; ``None`` on the host."""
    stream: int | None = None
    order: tuple[int, ...] = ()
    """What the file asks to sort by (process, thread); smaller is higher."""
    asynchronous: bool = False
    """Pairs with ids of their own, of one process and category: they may overlap."""


@dataclass(frozen=True, slots=True)
class Slices:
    """One row per complete event: ``X``, a ``B``/``E`` pair, an async pair of its own track.

    Rows are sorted by track, then start, then longest first, so that a parent
    stands before its children and each track is one stretch. All arrays have
    the same length.
    """

    start: Int64
    duration: Int64
    """Never negative."""
    name: Int32
    category: Int32
    kind: NDArray[np.uint8]
    """`Kind`."""
    track: Int32
    """Index into ``TraceTable.tracks``."""
    depth: NDArray[np.uint16]
    parent: Int32
    """Row that contains this one on the same track; −1 at the top."""
    correlation: Int64
    """Ties a runtime call to the work that it launched; −1 without."""
    launch: Int32
    """On device work: the row of the runtime call that launched it; on a runtime call: the first
    row of device work that it launched; −1 without."""
    operator: Int32
    """On device work and runtime calls: the innermost operator row they belong to; −1 without."""
    partner: Int32
    """On a backward operator: its forward operator; on a forward operator: the first backward
    operator of its; −1 without."""
    shape: Int32
    """Text of ``Input Dims`` as written; −1 without."""
    args_at: Int64
    """Byte offset of the ``args`` object in the (inflated) file; −1 without."""
    args_length: Int32

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.start)


@dataclass(frozen=True, slots=True)
class Instants:
    """Marks without a length (``i``, ``I``, ``R``, ``n``), sorted by time; memory events apart."""

    time: Int64
    name: Int32
    category: Int32
    track: Int32
    args_at: Int64
    args_length: Int32


@dataclass(frozen=True, slots=True)
class Counter:
    """One curve: a counter's one value over time, sorted by time."""

    name: str
    """Name of the counter, and of its value where it has several (``Memory: gpu/0``)."""
    pid: str
    process: str
    time: Int64
    value: Float64


@dataclass(frozen=True, slots=True)
class MemoryEvents:
    """What allocators said (``[memory]``), sorted by time."""

    time: Int64
    size: Int64
    """Bytes; negative where memory was freed."""
    address: NDArray[np.uint64]
    device_type: NDArray[np.int16]
    """0 CPU, 1 CUDA, … as torch counts them; −1 not known."""
    device: NDArray[np.int16]
    allocated: Int64
    """Bytes in use after the event, as the allocator counts; −1 not known."""
    reserved: Int64
    """Bytes held by the allocator; −1 not known."""
    track: Int32


@dataclass(frozen=True, slots=True)
class Flows:
    """Arrows between slices; ``source`` and ``target`` are rows."""

    source: Int32
    target: Int32
    category: Int32


@dataclass(frozen=True, slots=True)
class Truncation:
    """Where a file broke off."""

    at: int
    """Byte (of the inflated file) up to which everything was read."""
    why: str


@dataclass(frozen=True, slots=True)
class TraceTable:
    """One opened trace file."""

    path: Path
    source: str
    """``kineto``, ``mxnet`` or ``chrome``."""
    origin_ns: int
    """Zero of all times: nanoseconds since 1970 if ``absolute``, else of a clock not known."""
    absolute: bool
    duration_ns: int
    """From the first start to the last end."""
    events: int
    """Events in the file, of every kind, the unusable ones too."""
    strings: Sequence[str]
    tracks: Sequence[Track]
    slices: Slices
    instants: Instants
    counters: Sequence[Counter]
    memory: MemoryEvents
    flows: Flows
    dropped: Mapping[str, int] = field(default_factory=dict)
    """Why events could not be used → how many."""
    truncated: Truncation | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
    """Top-level keys of the file, ``traceEvents`` excepted (``deviceProperties``, …); values
    that are larger than 1 MiB are left out, and named in ``dropped``."""
    used: Mapping[str, int] = field(default_factory=dict)
    """How many events became what (``slices``, ``pairs``, ``instants``, ``memory``, ``counters``,
    ``metadata``, ``flows``); with those that were dropped these are all, see `accounting`."""
    stamp: tuple[int, ...] = ()
    """Size and time of change (ns) of the file when it was read."""

    def text(self, number: int) -> str:
        """Return a text of the table; "" for −1."""
        return self.strings[number] if number >= 0 else ""


NO_EVENT = "property left out: "
"""Begins the reasons in ``TraceTable.dropped`` that are about no event."""
NO_SLICE, NO_OTHER_END = "flow without a slice", "flow without its other end"
"""Reasons that are about arrows: they lead to what was not recorded, nothing else is lost."""


def loose_arrows(table: TraceTable) -> int:
    """Return how many arrows could not be drawn, since an end of them is not in the file."""
    return sum(table.dropped.get(why, 0) for why in (NO_SLICE, NO_OTHER_END))


def lost(table: TraceTable) -> dict[str, int]:
    """Return what of a file could not be used though it is in it: reason, how many."""
    arrows = (NO_SLICE, NO_OTHER_END)
    return {why: count for why, count in table.dropped.items() if why not in arrows}


def accounting(table: TraceTable) -> dict[str, int]:
    """Return how many events were used as what, and ``dropped``: they add up to all events."""
    dropped = sum(n for why, n in table.dropped.items() if not why.startswith(NO_EVENT))
    return {**table.used, "dropped": dropped}
