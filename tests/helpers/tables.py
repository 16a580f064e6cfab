"""Makes small trace tables by hand, so that a metric can be tried on a few slices.

Times are in nanoseconds. ``build`` sorts, nests and numbers the slices like a
reader does; what ties slices together (launches, partners) is given by label.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from diptych.profiling.trace import nesting
from diptych.profiling.trace.table import (
    Counter,
    Flows,
    Instants,
    Kind,
    MemoryEvents,
    Slices,
    TraceTable,
    Track,
)

CATEGORIES = {
    Kind.OTHER: "Trace",
    Kind.OPERATOR: "cpu_op",
    Kind.KERNEL: "kernel",
    Kind.COMMUNICATION: "kernel",
    Kind.MEMCPY: "gpu_memcpy",
    Kind.MEMSET: "gpu_memset",
    Kind.RUNTIME: "cuda_runtime",
    Kind.SYNC: "cuda_sync",
    Kind.PYTHON: "python_function",
    Kind.MODULE: "python_function",
    Kind.ANNOTATION: "user_annotation",
    Kind.DEVICE_ANNOTATION: "gpu_user_annotation",
    Kind.STEP: "user_annotation",
    Kind.OVERHEAD: "overhead",
    Kind.ENGINE: "operator",
    Kind.DATA: "user_annotation",
}


@dataclass(frozen=True, slots=True)
class S:
    """One slice; ``end`` is exclusive. ``lane`` is "cpu:THREAD" or "gpu:DEVICE:STREAM"."""

    name: str
    start: int
    end: int
    kind: Kind = Kind.OPERATOR
    lane: str = "cpu:1"
    launch: int = -1
    """On device work: correlation of its launch; on a runtime call: its own."""
    partner: str = ""
    """Name of the forward operator (which must be the only one of that name)."""
    shape: str = ""


class _Strings:
    def __init__(self) -> None:
        self.texts: list[str] = []
        self._number: dict[str, int] = {}

    def __call__(self, text: str) -> int:
        if text not in self._number:
            self._number[text] = len(self.texts)
            self.texts.append(text)
        return self._number[text]


def build(
    *slices: S,
    memory: Sequence[tuple[int, int, int, int]] = (),
    counters: Mapping[str, Sequence[tuple[int, float]]] | None = None,
    **fields: Any,
) -> TraceTable:
    """Return a table of these slices.

    ``memory`` holds (time, bytes, allocated, device), device −1 being the CPU.
    """
    strings = _Strings()
    lanes = sorted({s.lane for s in slices})
    ordered = sorted(slices, key=lambda s: (lanes.index(s.lane), s.start, s.start - s.end))
    parents, depths = _nest(ordered)
    tracks, track_of = _tracks(lanes, ordered, depths)
    rows = range(len(ordered))
    runtime = {s.launch: r for r, s in enumerate(ordered) if s.kind is Kind.RUNTIME}
    launched = {s.launch: r for r, s in reversed(list(enumerate(ordered))) if _device(s)}
    launch = [_launch(s, runtime, launched) for s in ordered]
    operator = [-1] * len(ordered)
    for row in rows:
        if ordered[row].kind is Kind.RUNTIME:
            operator[row] = _above(row, parents, ordered)
    for row in rows:
        if _device(ordered[row]) and launch[row] >= 0:
            operator[row] = operator[launch[row]]
    ends = max((s.end for s in ordered), default=0)
    table: dict[str, Any] = {
        "path": Path("made-by-hand.json"),
        "source": "kineto",
        "origin_ns": 1_700_000_000_000_000_000,
        "absolute": True,
        "duration_ns": ends - min((s.start for s in ordered), default=0),
        "events": len(ordered),
        "tracks": tracks,
        "slices": Slices(
            start=np.array([s.start for s in ordered], np.int64),
            duration=np.array([s.end - s.start for s in ordered], np.int64),
            name=np.array([strings(s.name) for s in ordered], np.int32),
            category=np.array([strings(CATEGORIES[s.kind]) for s in ordered], np.int32),
            kind=np.array([s.kind for s in ordered], np.uint8),
            track=np.array(track_of, np.int32),
            depth=np.array(depths, np.uint16),
            parent=np.array(parents, np.int32),
            correlation=np.array([s.launch for s in ordered], np.int64),
            launch=np.array(launch, np.int32),
            operator=np.array(operator, np.int32),
            partner=np.array(_partners(ordered), np.int32),
            shape=np.array([strings(s.shape) if s.shape else -1 for s in ordered], np.int32),
            args_at=np.full(len(ordered), -1, np.int64),
            args_length=np.zeros(len(ordered), np.int32),
        ),
        "instants": _no_instants(),
        "counters": [_counter(name, points) for name, points in (counters or {}).items()],
        "memory": _memory(memory),
        "flows": Flows(*(np.zeros(0, np.int32) for _ in range(3))),
        "strings": strings.texts,
    }
    return TraceTable(**{**table, **fields})


def _device(piece: S) -> bool:
    return piece.kind in (Kind.KERNEL, Kind.COMMUNICATION, Kind.MEMCPY, Kind.MEMSET)


def _launch(piece: S, runtime: Mapping[int, int], launched: Mapping[int, int]) -> int:
    if piece.launch < 0:
        return -1
    found = runtime if _device(piece) else launched if piece.kind is Kind.RUNTIME else {}
    return found.get(piece.launch, -1)


def _nest(ordered: Sequence[S]) -> tuple[list[int], list[int]]:
    parents, depths = [-1] * len(ordered), [0] * len(ordered)
    for lane in {s.lane for s in ordered}:
        rows = [r for r, s in enumerate(ordered) if s.lane == lane]
        above = nesting.parents([(ordered[r].start, ordered[r].end) for r in rows])
        for row, parent in zip(rows, above, strict=True):
            if parent >= 0:
                parents[row] = rows[parent]
                depths[row] = depths[rows[parent]] + 1
    return parents, depths


def _above(row: int, parents: Sequence[int], ordered: Sequence[S]) -> int:
    row = parents[row]
    while row >= 0 and ordered[row].kind is not Kind.OPERATOR:
        row = parents[row]
    return row


def _partners(ordered: Sequence[S]) -> list[int]:
    names = {s.name: r for r, s in enumerate(ordered)}
    partners = [names[s.partner] if s.partner else -1 for s in ordered]
    for row in range(len(ordered)):
        forward = partners[row]
        if forward >= 0 and partners[forward] < 0 and ordered[row].partner:
            partners[forward] = row
    return partners


def _tracks(
    lanes: Sequence[str], ordered: Sequence[S], depths: Sequence[int]
) -> tuple[list[Track], list[int]]:
    tracks, track_of = [], [lanes.index(s.lane) for s in ordered]
    for number, lane in enumerate(lanes):
        where, *ids = lane.split(":")
        rows = [r for r, track in enumerate(track_of) if track == number]
        on_device = where == "gpu"
        tracks.append(
            Track(
                pid=ids[0] if on_device else "4242",
                tid=ids[-1],
                process="python3",
                thread=f"stream {ids[-1]}" if on_device else f"thread {ids[-1]}",
                first=rows[0] if rows else 0,
                count=len(rows),
                depth=max((depths[r] for r in rows), default=-1) + 1,
                device=int(ids[0]) if on_device else None,
                stream=int(ids[1]) if on_device else None,
            )
        )
    return tracks, track_of


def _no_instants() -> Instants:
    small = [np.zeros(0, np.int32) for _ in range(4)]
    return Instants(np.zeros(0, np.int64), small[0], small[1], small[2], _none(), small[3])


def _none() -> Any:
    return np.zeros(0, np.int64)


def _counter(name: str, points: Sequence[tuple[int, float]]) -> Counter:
    times, values = zip(*points, strict=True) if points else ((), ())
    return Counter(name, "1", "", np.array(times, np.int64), np.array(values, np.float64))


def _memory(events: Sequence[tuple[int, int, int, int]]) -> MemoryEvents:
    time, size, allocated, device = (
        (list(c) for c in zip(*events, strict=True))
        if events
        else (
            [],
            [],
            [],
            [],
        )
    )
    return MemoryEvents(
        time=np.array(time, np.int64),
        size=np.array(size, np.int64),
        address=np.zeros(len(time), np.uint64),
        device_type=np.array([0 if d < 0 else 1 for d in device], np.int16),
        device=np.array(device, np.int16),
        allocated=np.array(allocated, np.int64),
        reserved=np.full(len(time), -1, np.int64),
        track=np.zeros(len(time), np.int32),
    )
