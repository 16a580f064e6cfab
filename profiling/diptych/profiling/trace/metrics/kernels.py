"""Work of the devices by kernel."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from diptych.profiling.trace.metrics import groups, trees
from diptych.profiling.trace.metrics.trees import kinds_mask
from diptych.profiling.trace.table import (
    DEVICE_WORK,
    Float64,
    Int32,
    Int64,
    Kind,
    TraceTable,
    Track,
)


@dataclass(frozen=True, slots=True)
class KernelRows:
    """One row a kernel and device, the one with the most time first."""

    name: Int32
    """Text of the table."""
    device: Int32
    """−1 where the file does not say which."""
    kind: Int32
    """`Kind`."""
    calls: Int64
    total_ns: Int64
    min_ns: Int64
    mean_ns: Float64
    max_ns: Int64
    rows: Int32
    """Every slice that was counted, and in ``group`` the row above that counts it."""
    group: Int32


def device_of(table: TraceTable) -> Int32:
    """Return the device of each track; −1 on the host."""
    devices = [-1 if track.device is None else track.device for track in table.tracks]
    return np.array(devices, np.int32)


def by_stream(table: TraceTable, wanted: trees.Mask) -> Iterator[tuple[Track, Int64]]:
    """Yield each stream (or thread) that has wanted rows, and these.

    Work that overlaps lies on several tracks, which are one stream all the same.
    """
    rows = np.flatnonzero(wanted)
    stream = trees.lanes(table.tracks)[table.slices.track[rows]] if len(rows) else rows
    for number in np.unique(stream):
        yield table.tracks[int(number)], rows[stream == number]


def has_device_work(table: TraceTable) -> bool:
    """Say whether any work on a device was recorded; else its times are not known, and not 0."""
    return bool(kinds_mask(table.slices, *DEVICE_WORK).any())


def by_kernel(
    table: TraceTable, kinds: tuple[Kind, ...] = (Kind.KERNEL, Kind.COMMUNICATION)
) -> KernelRows:
    """Add up device work by name and device; ``kinds`` may name copies and memsets too."""
    slices = table.slices
    rows = np.flatnonzero(kinds_mask(slices, *kinds)).astype(np.int32)
    device = device_of(table)[slices.track[rows]]
    group, count = groups.numbered(slices.name[rows], device, slices.kind[rows])
    lengths = slices.duration[rows]
    total, calls = groups.sums(group, lengths, count), groups.counts(group, count)
    low, high = groups.extremes(group, lengths, count)
    first = groups.firsts(group, np.arange(len(rows)), count)
    order = np.argsort(-total, kind="stable")
    place = np.empty(count, np.int32)
    place[order] = np.arange(count, dtype=np.int32)
    first = first[order]
    return KernelRows(
        name=slices.name[rows][first],
        device=device[first],
        kind=slices.kind[rows][first].astype(np.int32),
        calls=calls[order],
        total_ns=total[order],
        min_ns=low[order],
        mean_ns=total[order] / calls[order],
        max_ns=high[order],
        rows=rows,
        group=place[group],
    )
