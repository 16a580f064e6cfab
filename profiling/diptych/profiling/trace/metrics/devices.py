"""How busy each device was, and how far computing hides communication."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from diptych.profiling.trace.metrics import intervals, trees
from diptych.profiling.trace.metrics.kernels import device_of
from diptych.profiling.trace.metrics.trees import Mask, kinds_mask
from diptych.profiling.trace.table import DEVICE_WORK, Kind, Slices, TraceTable


@dataclass(frozen=True, slots=True)
class Device:
    """One device; times in ns, unions over its streams unless said otherwise."""

    id: int
    name: str | None
    """``None`` where the file does not say."""
    streams: int
    kernels: int
    """Kernels, those of collectives among them."""
    kernel_ns: int
    """Sum of the kernels' durations."""
    first_ns: int
    """Start of its first piece of work."""
    span_ns: int
    """From there to the end of its last."""
    busy_ns: int
    """Any work: kernels, copies, memsets, collectives."""
    compute_ns: int
    """Kernels, collectives excepted."""
    communication_ns: int
    overlap_ns: int
    """Communication and computing at once."""

    @property
    def idle_ns(self) -> int:
        """Within ``span_ns``, no work at all."""
        return self.span_ns - self.busy_ns

    @property
    def exposed_ns(self) -> int:
        """Communication that no computing hides."""
        return self.communication_ns - self.overlap_ns


def busy_spans(table: TraceTable, device: int) -> intervals.Spans:
    """Return when a device did any work."""
    return _spans(table.slices, _rows(table, device, kinds_mask(table.slices, *DEVICE_WORK)))


def by_device(table: TraceTable) -> list[Device]:
    """Return every device that did something in the trace, by number."""
    work = kinds_mask(table.slices, *DEVICE_WORK)
    numbers = {
        track.device
        for track in table.tracks
        if track.device is not None and work[track.first : track.first + track.count].any()
    }
    names = device_names(table)
    return [_device(table, number, names.get(number), work) for number in sorted(numbers)]


def _device(table: TraceTable, number: int, name: str | None, work: Mask) -> Device:
    slices = table.slices
    rows = _rows(table, number, work)
    kind = slices.kind[rows]
    collective = kind == Kind.COMMUNICATION
    kernels = rows[(kind == Kind.KERNEL) | collective]
    busy = _spans(slices, rows)
    compute = _spans(slices, rows[kind == Kind.KERNEL])
    communication = _spans(slices, rows[collective])
    first = int(slices.start[rows].min())
    return Device(
        id=number,
        name=name,
        streams=len(np.unique(trees.lanes(table.tracks)[slices.track[rows]])),
        kernels=len(kernels),
        kernel_ns=int(slices.duration[kernels].sum()),
        first_ns=first,
        span_ns=int((slices.start[rows] + slices.duration[rows]).max()) - first,
        busy_ns=busy.total,
        compute_ns=compute.total,
        communication_ns=communication.total,
        overlap_ns=intervals.common(compute, communication),
    )


def _rows(table: TraceTable, device: int, work: Mask) -> Any:
    return np.flatnonzero(work & (device_of(table)[table.slices.track] == device))


def _spans(slices: Slices, rows: Any) -> intervals.Spans:
    start = slices.start[rows]
    return intervals.union(start, start + slices.duration[rows])


def device_names(table: TraceTable) -> dict[int, str]:
    """Return the names of devices that the file says (``deviceProperties``), by number."""
    listed = table.properties.get("deviceProperties")
    names = {}
    for entry in listed if isinstance(listed, list) else []:
        if isinstance(entry, dict) and isinstance(entry.get("id"), int):
            name = entry.get("name")
            if isinstance(name, str) and name:
                names[entry["id"]] = name
    return names
