"""From the call on the host to the work on the device: delays, and how many wait."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from diptych.profiling.trace.metrics.kernels import by_stream, device_of
from diptych.profiling.trace.metrics.trees import kinds_mask
from diptych.profiling.trace.table import DEVICE_WORK, Int32, Int64, TraceTable

QUEUE_LIMIT = 1024
"""Launches that a CUDA stream holds before the host has to wait (as HTA counts)."""


@dataclass(frozen=True, slots=True)
class Launches:
    """One row a piece of device work whose launch is known, by start of the work."""

    work: Int32
    """Slice of the work, and of the call that launched it."""
    call: Int32
    device: Int32
    delay_ns: Int64
    """From the end of the call to the start of the work; 0 if it started before the call ended."""
    early: int
    """Pieces of work that start before their call does: clocks that do not agree."""


@dataclass(frozen=True, slots=True)
class Queue:
    """How many pieces of work of one stream were asked for and not begun, over time."""

    device: int
    stream: int | None
    time: Int64
    length: Int32
    """From ``time`` on."""
    longest: int
    mean: float
    """Weighted by time, from the first call to the last start."""
    full_ns: int
    """How long at ``QUEUE_LIMIT`` or above."""


def launches(table: TraceTable) -> Launches:
    """Return the delay of every launch that the file ties to its work."""
    slices = table.slices
    work = np.flatnonzero(kinds_mask(slices, *DEVICE_WORK) & (slices.launch >= 0))
    work = work[np.argsort(slices.start[work], kind="stable")]
    call = slices.launch[work]
    after = slices.start[work] - (slices.start[call] + slices.duration[call])
    return Launches(
        work=work.astype(np.int32),
        call=call,
        device=device_of(table)[slices.track[work]],
        delay_ns=np.maximum(after, 0),
        early=int(np.count_nonzero(slices.start[work] < slices.start[call])),
    )


def queues(table: TraceTable) -> list[Queue]:
    """Return the queue of every stream of which a launch is known."""
    slices = table.slices
    work = kinds_mask(slices, *DEVICE_WORK) & (slices.launch >= 0)
    return [
        _queue(stream.device, stream.stream, slices.start[slices.launch[rows]], slices.start[rows])
        for stream, rows in by_stream(table, work)
        if stream.device is not None
    ]


def _queue(device: int, stream: int | None, asked: Any, begun: Any) -> Queue:
    times = np.concatenate([asked, begun])
    change = np.repeat(np.array([1, -1], np.int32), len(asked))
    # At the same instant a launch counts before a start.
    order = np.lexsort((-change, times))
    times = times[order]
    length = np.cumsum(change[order], dtype=np.int32)
    lasts = np.diff(times)
    span = int(times[-1] - times[0])
    return Queue(
        device=device,
        stream=stream,
        time=times,
        length=length,
        longest=int(length.max()),
        mean=float((length[:-1] * lasts).sum() / span) if span else float(length.max()),
        full_ns=int(lasts[length[:-1] >= QUEUE_LIMIT].sum()),
    )
