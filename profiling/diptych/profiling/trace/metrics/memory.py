"""Memory over time and its peak, from what the allocators said."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from diptych.profiling.trace.metrics import groups
from diptych.profiling.trace.table import Counter, Int64, TraceTable

_COUNTERS = re.compile(r"(Memory: |allocated since profiling began, )(?P<device>.+)")
"""How MXNet names the counters of its storage, and Diptych those of its traces of MXNet."""


@dataclass(frozen=True, slots=True)
class MemoryCurve:
    """Bytes of one device over time; each value holds from its time on."""

    device: str
    """``cpu``, ``gpu 0``, …"""
    time: Int64
    allocated: Int64
    reserved: Int64 | None
    """``None`` where the file does not say (on the CPU, say)."""
    peak: int
    peak_time: int
    peak_reserved: int | None
    since: Literal["allocator", "trace"]
    """``trace``: the file has no totals, so that what was there before it counts as 0."""


def memory_curves(table: TraceTable) -> list[MemoryCurve]:
    """Return a curve for each device of which memory was recorded, the CPU first."""
    events = table.memory
    group, count = groups.numbered(events.device_type, events.device)
    curves = [_curve(table, np.flatnonzero(group == number)) for number in range(count)]
    counted = ((c, _COUNTERS.fullmatch(c.name)) for c in table.counters)
    return curves + [
        _counted(counter, match["device"])
        for counter, match in counted
        if match and np.isfinite(counter.value).any()
    ]


def _curve(table: TraceTable, rows: Int64) -> MemoryCurve:
    events = table.memory
    total, reserved = events.allocated[rows], events.reserved[rows]
    known = bool(np.all(total >= 0))
    allocated = total if known else np.cumsum(events.size[rows])
    has_reserved = len(rows) > 0 and bool(np.all(reserved >= 0)) and bool(np.any(reserved > 0))
    top = int(np.argmax(allocated))
    return MemoryCurve(
        device=_named(int(events.device_type[rows[0]]), int(events.device[rows[0]])),
        time=events.time[rows],
        allocated=allocated,
        reserved=reserved if has_reserved else None,
        peak=int(allocated[top]),
        peak_time=int(events.time[rows[top]]),
        peak_reserved=int(reserved.max()) if has_reserved else None,
        since="allocator" if known else "trace",
    )


def _named(kind: int, number: int) -> str:
    if kind == 0:
        return "cpu"
    return f"gpu {number}" if number >= 0 else "unknown device"


def _counted(counter: Counter, device: str) -> MemoryCurve:
    known = np.isfinite(counter.value)
    time, allocated = counter.time[known], counter.value[known].astype(np.int64)
    top = int(np.argmax(allocated))
    return MemoryCurve(
        device=device.replace("/", " "),
        time=time,
        allocated=allocated,
        reserved=None,
        peak=int(allocated[top]),
        peak_time=int(time[top]),
        peak_reserved=None,
        since="trace",
    )
