"""What lies in a stretch of time: one row a name, for the table under the timeline."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diptych.profiling.trace.metrics import groups
from diptych.profiling.trace.table import Float64, Int32, Int64, TraceTable


@dataclass(frozen=True, slots=True)
class SelectionRows:
    """One row a name and category, most self time first; slices that only touch the ends count.

    Times are what lies within the stretch: a slice that reaches beyond it is cut.
    """

    start_ns: int
    end_ns: int
    name: Int32
    category: Int32
    calls: Int64
    total_ns: Int64
    self_ns: Int64
    """Without what slices inside cover (of any kind); over all rows it adds up to the time in
    which anything went on, track by track."""
    mean_ns: Float64
    share: Float64
    """``self_ns`` as a part of that of all rows."""
    first: Int32
    """The first slice of each row within the stretch."""


def select(
    table: TraceTable, start_ns: int, end_ns: int, tracks: Sequence[int] | None = None
) -> SelectionRows:
    """Sum up the slices of some tracks (``None``: all) between two times of the table."""
    from diptych.profiling.trace.metrics import loops

    slices, stretch = table.slices, (start_ns, end_ns)
    found = [(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0, np.int64))]
    for number in range(len(table.tracks)) if tracks is None else sorted(set(tracks)):
        track = table.tracks[number]
        starts = slices.start[track.first : track.first + track.count]
        last = track.first + int(np.searchsorted(starts, end_ns, side="left"))
        columns = (slices.start, slices.duration, slices.parent)
        found.append(loops.cut(*columns, track.first, last, *stretch))
    rows, lengths, own = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return _summed(table, stretch, rows, lengths, own)


def _summed(
    table: TraceTable, stretch: tuple[int, int], rows: Int32, lengths: Int64, own: Int64
) -> SelectionRows:
    name, category = table.slices.name[rows], table.slices.category[rows]
    group, count = groups.numbered(name, category)
    self_ns = groups.sums(group, own, count)
    order = np.argsort(-self_ns, kind="stable")
    total = groups.sums(group, lengths, count)[order]
    calls = groups.counts(group, count)[order]
    first = groups.firsts(group, np.arange(len(rows), dtype=np.int32), count)[order]
    whole = int(self_ns.sum())
    return SelectionRows(
        start_ns=stretch[0],
        end_ns=stretch[1],
        name=name[first],
        category=category[first],
        calls=calls,
        total_ns=total,
        self_ns=self_ns[order],
        mean_ns=total / calls,
        share=self_ns[order] / whole if whole else np.zeros(count),
        first=rows[first],
    )
