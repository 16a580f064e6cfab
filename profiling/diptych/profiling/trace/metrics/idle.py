"""Why a stream or a device stood idle between two pieces of work.

Causes as HolisticTraceAnalysis has them; ``docs/metrics.md`` says where we differ.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from diptych.profiling.trace.metrics.kernels import device_of
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


def idle_by_stream(table: TraceTable, between_ns: int = BETWEEN_NS) -> list[Idle]:
    """Return the gaps of every stream that worked."""
    work = kinds_mask(table.slices, *DEVICE_WORK)
    found = []
    for track in table.tracks:
        rows = track.first + np.flatnonzero(work[track.first : track.first + track.count])
        if track.device is not None and len(rows):
            found.append(_idle(table, rows, between_ns, track.device, track.stream))
    return found


def idle_by_device(table: TraceTable, between_ns: int = BETWEEN_NS) -> list[Idle]:
    """Return the gaps of every device: stretches in which none of its streams worked."""
    rows = np.flatnonzero(kinds_mask(table.slices, *DEVICE_WORK))
    device = device_of(table)[table.slices.track[rows]]
    return [
        _idle(table, rows[device == number], between_ns, int(number), None)
        for number in np.unique(device[device >= 0])
    ]


def _idle(table: TraceTable, rows: Any, between_ns: int, device: int, stream: int | None) -> Idle:
    slices = table.slices
    rows = rows[np.argsort(slices.start[rows], kind="stable")]
    start = slices.start[rows]
    reach = np.maximum.accumulate(start + slices.duration[rows])
    gap = np.maximum(start[1:] - reach[:-1], 0)
    call = slices.launch[rows[1:]]
    known = call >= 0
    late = known & (slices.start[call] > reach[:-1])
    near = ~late & (gap < between_ns)

    def total(where: Any) -> int:
        chosen: Int64 = gap[where]
        return int(chosen.sum())

    return Idle(
        device=device,
        stream=stream,
        host_ns=total(late),
        between_ns=total(near),
        other_ns=total(~late & ~near & known),
        unknown_ns=total(~late & ~near & ~known),
    )
