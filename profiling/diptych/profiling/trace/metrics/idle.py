"""Why a stream or a device stood idle between two pieces of work.

Causes as HolisticTraceAnalysis has them; ``docs/metrics.md`` says where we differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from diptych.profiling.trace.lod import UInt8
from diptych.profiling.trace.metrics.kernels import by_stream, device_of
from diptych.profiling.trace.metrics.trees import kinds_mask
from diptych.profiling.trace.table import DEVICE_WORK, Int64, TraceTable

BETWEEN_NS = 30
"""Gaps shorter than this come with starting one kernel after another (HTA's default)."""


@dataclass(frozen=True, slots=True)
class Idle:
    """Gaps between the first and the last piece of work of a stream or device, ns."""

    device: int
    stream: int | None
    """``None``: the device as a whole, idle when none of its streams works."""
    host_ns: int
    """The host had not asked for the next piece yet when the one before ended."""
    between_ns: int
    other_ns: int
    """The next piece was waiting already: for another stream, an event, the device."""
    unknown_ns: int
    """The file does not say when the next piece was asked for."""

    @property
    def total_ns(self) -> int:
        """All gaps."""
        return self.host_ns + self.between_ns + self.other_ns + self.unknown_ns


CAUSES = ("host", "between", "other", "unknown")
"""What `Gaps.cause` counts, in the words of `Idle`."""


@dataclass(frozen=True, slots=True)
class Gaps:
    """The gaps of a stream or a device one by one, in order of time; columns of one length."""

    device: int
    stream: int | None
    start: Int64
    duration: Int64
    after: Int64
    """Slice that ends the gap."""
    cause: UInt8
    """Place in `CAUSES`."""

    def within(self, low: int, high: int) -> Gaps:
        """Return what of them lies between two times; the cause is that of the whole gap."""
        end = self.start + self.duration
        here = (end > low) & (self.start < high)
        start = np.maximum(self.start[here], low)
        cut = np.minimum(end[here], high) - start
        return Gaps(self.device, self.stream, start, cut, self.after[here], self.cause[here])


def idle_by_stream(table: TraceTable, between_ns: int = BETWEEN_NS) -> list[Idle]:
    """Return the gaps of every stream that worked."""
    work = kinds_mask(table.slices, *DEVICE_WORK)
    return [
        _summed(_gaps(table, rows, between_ns, stream.device, stream.stream))
        for stream, rows in by_stream(table, work)
        if stream.device is not None
    ]


def idle_by_device(table: TraceTable, between_ns: int = BETWEEN_NS) -> list[Idle]:
    """Return the gaps of every device: stretches in which none of its streams worked."""
    return [_summed(gaps) for gaps in gaps_by_device(table, between_ns)]


def gaps_by_device(table: TraceTable, between_ns: int = BETWEEN_NS) -> list[Gaps]:
    """Return the gaps of every device one by one: what `idle_by_device` adds up."""
    rows = np.flatnonzero(kinds_mask(table.slices, *DEVICE_WORK))
    device = device_of(table)[table.slices.track[rows]]
    return [
        _gaps(table, rows[device == number], between_ns, int(number), None)
        for number in np.unique(device[device >= 0])
    ]


def _gaps(table: TraceTable, rows: Any, between_ns: int, device: int, stream: int | None) -> Gaps:
    slices = table.slices
    rows = rows[np.argsort(slices.start[rows], kind="stable")]
    start = slices.start[rows]
    reach = np.maximum.accumulate(start + slices.duration[rows])
    there = start[1:] > reach[:-1]
    begin, after = reach[:-1][there], rows[1:][there]
    gap = slices.start[after] - begin
    call = slices.launch[after]
    late = (call >= 0) & (slices.start[call] > begin)
    cause = np.select([late, gap < between_ns, call >= 0], [0, 1, 2], 3).astype(np.uint8)
    return Gaps(device, stream, begin, gap, after, cause)


def _summed(gaps: Gaps) -> Idle:
    host, between, other, unknown = (
        int(gaps.duration[gaps.cause == cause].sum()) for cause in range(len(CAUSES))
    )
    return Idle(gaps.device, gaps.stream, host, between, other, unknown)
