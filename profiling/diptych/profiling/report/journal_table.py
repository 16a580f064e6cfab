"""A run's journals as a trace: steps and turns on lanes, what was sampled as counters.

Times are nanoseconds of CLOCK_MONOTONIC, so zero is that clock's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from diptych.profiling.runs.snapshot import RunSnapshot, Series
from diptych.profiling.trace.table import (
    Counter,
    Float64,
    Flows,
    Instants,
    Int64,
    Kind,
    MemoryEvents,
    Slices,
    TraceTable,
    Track,
)

_EXACT = ("sync", "fence")
_PROCESS = {"cpu": "CPU of its processes, %", "rss": "memory of its processes, bytes"}
_HOST = {"cpu": "CPU of the machine, %", "mem_used": "memory of the machine, bytes"}
_GPU = {
    "util": "busy, %",
    "mem_used": "memory, bytes",
    "tree_mem": "memory of its processes, bytes",
    "power": "power, W",
    "temperature": "temperature, °C",
    "sm_clock": "clock, MHz",
}
_FRAMEWORK = {"allocated": "allocated by the framework, bytes", "reserved": "reserved, bytes"}


@dataclass(frozen=True, slots=True)
class _Lane:
    name: str
    category: str
    names: Sequence[str]
    start: Int64
    end: Int64


def journal_table(run: RunSnapshot, process: str) -> TraceTable:
    """Return the steps, turns and samples of a run; its process is called ``process``."""
    lanes = [lane for lane in _lanes(run) if len(lane.names)]
    counters = list(_counters(run, process))
    strings = list(dict.fromkeys(t for lane in lanes for t in (lane.category, *lane.names)))
    slices = _slices(lanes, {text: number for number, text in enumerate(strings)})
    first = np.cumsum([0, *(len(lane.names) for lane in lanes)])
    tracks = [
        Track(run.id, str(n + 1), process, lane.name, int(first[n]), len(lane.names), 1)
        for n, lane in enumerate(lanes)
    ]
    ends = [int((slices.start + slices.duration).max(initial=0))]
    events = len(slices) + sum(len(counter.time) for counter in counters)
    return TraceTable(
        path=run.directory, source="chrome", origin_ns=0, absolute=False, duration_ns=max(ends),
        events=events, strings=strings, tracks=tracks, slices=slices, instants=_no_instants(),
        counters=counters, memory=_no_memory(), flows=_no_flows(),
    )  # fmt: skip


def _lanes(run: RunSnapshot) -> Iterator[_Lane]:
    yield from _turns(run)
    steps = run.steps
    names = [f"step {n}" for n in steps.n.tolist()]
    complete = np.isfinite(steps.completed_at)
    if run.ruler in _EXACT:
        done = np.where(complete, steps.completed_at, 0).astype(np.int64)
        yield _Lane("steps", "step", names, steps.start, np.maximum(steps.end, done))
        return
    yield _Lane("steps, as Python makes them", "step", names, steps.start, steps.end)
    known = np.flatnonzero(complete & np.isfinite(steps.completed))
    end = steps.completed_at[known].astype(np.int64)
    start = end - steps.completed[known].astype(np.int64)
    yield _Lane("steps, as the device completes them", "step",
                [names[row] for row in known.tolist()], start, end)  # fmt: skip


def _turns(run: RunSnapshot) -> Iterator[_Lane]:
    names: list[str] = []
    spans: list[tuple[int, int]] = []
    for turn in run.turns:
        if turn.waited > 0:
            names.append("parked")
            spans.append((turn.start - turn.waited, turn.start))
        where = "warm-up" if turn.round < 0 else f"round {turn.round}"
        names.append(f"turn {turn.number}, {where}")
        spans.append((turn.start, turn.end))
    both = np.array(spans, np.int64).reshape(-1, 2)
    yield _Lane("turns", "turn", names, both[:, 0], both[:, 1])


def _slices(lanes: Sequence[_Lane], number: Mapping[str, int]) -> Slices:
    """Return all lanes; a slice ends where the next one of its lane begins at the latest."""
    count = sum(len(lane.names) for lane in lanes)
    start = _joined([lane.start for lane in lanes])
    track = np.repeat(np.arange(len(lanes)), [len(lane.names) for lane in lanes])
    end = _joined([np.minimum(lane.end, np.append(lane.start[1:], lane.end[-1:]))
                   for lane in lanes])  # fmt: skip
    names = [number[name] for lane in lanes for name in lane.names]
    categories = [number[lane.category] for lane in lanes for _ in lane.names]
    none = np.full(count, -1, np.int32)
    nowhere = np.full(count, -1, np.int64)
    return Slices(
        start=start, duration=np.maximum(end - start, 0), name=np.array(names, np.int32),
        category=np.array(categories, np.int32), kind=np.full(count, Kind.OTHER, np.uint8),
        track=track.astype(np.int32), depth=np.zeros(count, np.uint16), parent=none,
        correlation=nowhere, launch=none, operator=none, partner=none, shape=none,
        args_at=nowhere, args_length=np.zeros(count, np.int32),
    )  # fmt: skip


def _joined(parts: Sequence[Int64]) -> Int64:
    return np.concatenate([np.empty(0, np.int64), *parts]).astype(np.int64)


def _counters(run: RunSnapshot, process: str) -> Iterator[Counter]:
    def curve(name: str, t: Int64, values: Float64) -> Iterator[Counter]:
        known = np.isfinite(values)
        if known.any():
            yield Counter(name, run.id, process, t[known], values[known])

    found: list[tuple[Series, Mapping[str, str], str]] = [
        (run.process, _PROCESS, ""),
        (run.host, _HOST, ""),
        *((series, _GPU, f"GPU {index}: ") for index, series in sorted(run.gpus.items())),
        *((series, _FRAMEWORK, f"{device}: ") for device, series in sorted(run.memory.items())),
    ]
    for series, names, before in found:
        for column, name in names.items():
            if column in series.columns:
                yield from curve(f"{before}{name}", series.t, series.columns[column])
    steps = run.steps
    known = np.isfinite(steps.loss)
    yield from curve("loss", steps.end[known], steps.loss[known])


def _no_instants() -> Instants:
    time, number = np.empty(0, np.int64), np.empty(0, np.int32)
    return Instants(time, number, number, number, time, number)


def _no_memory() -> MemoryEvents:
    long, small = np.empty(0, np.int64), np.empty(0, np.int16)
    address = np.empty(0, np.uint64)
    return MemoryEvents(long, long, address, small, small, long, long, np.empty(0, np.int32))


def _no_flows() -> Flows:
    none = np.empty(0, np.int32)
    return Flows(none, none, none)
