"""What every slice of some kinds costs within a stretch of time, and sums over groups of them.

With the whole trace for a stretch the sums are those of `operators.by_operator`;
here they can be cut, and every call keeps its own numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from diptych.profiling.trace.metrics import groups, trees
from diptych.profiling.trace.metrics.kernels import device_of
from diptych.profiling.trace.metrics.operators import module_of_forward, starters
from diptych.profiling.trace.metrics.trees import Mask, Threads, kinds_mask
from diptych.profiling.trace.table import DEVICE_WORK, Float64, Int32, Int64, Kind, TraceTable

Stretch = tuple[int, int]
"""From one time of the table until another, ns."""


@dataclass(frozen=True, slots=True)
class Costs:
    """Each array has a place for every row of the table; what is not wanted has 0."""

    threads: Threads
    """With the true times, nothing cut."""
    wanted: Mask
    counted: Mask
    """Wanted rows that lie, in part at least, within the stretch."""
    above: Int32
    """The innermost wanted row around a wanted row; −1 without one and for other rows."""
    total_ns: Int64
    """What of the row lies within the stretch."""
    self_ns: Int64
    """The same without what wanted rows inside cover."""
    device_self_ns: Int64
    """Work within the stretch that the row itself started, whenever it did."""
    device_ns: Int64
    """That, and what rows inside started."""
    untied: int
    """Pieces of device work within the stretch that no wanted row started."""
    untied_ns: int


@dataclass(frozen=True, slots=True)
class Sums:
    """One entry a group."""

    calls: Int64
    total_ns: Int64
    self_ns: Int64
    device_ns: Int64
    """Without calls inside another call of the group: each piece once."""
    device_self_ns: Int64
    low_ns: Int64
    """Shortest call, as far as it lies within the stretch; 0 without calls, as the next ones."""
    high_ns: Int64
    median_ns: Float64
    p99_ns: Float64
    first: Int32
    """First row of the group that is counted; one that only started work if there is none."""


def on_host(table: TraceTable) -> Mask:
    """Tell which rows lie on a thread of the host."""
    if not table.tracks:
        return np.ones(len(table.slices), np.bool_)
    mask: Mask = device_of(table)[table.slices.track] < 0
    return mask


def within(table: TraceTable, stretch: Stretch | None) -> tuple[Int64, Int64, Mask]:
    """Return each row's start and length cut to the stretch, and which rows lie in it at all.

    A slice without length lies in it from its first instant on, not at its end.
    """
    start, duration = table.slices.start, table.slices.duration
    if stretch is None:
        return start, duration, np.ones(len(start), np.bool_)
    low, high = stretch
    end = start + duration
    inside: Mask = (start < high) & ((end > low) | (start >= low))
    begin = np.clip(start, low, high)
    return begin, np.clip(end, low, high) - begin, inside


def costs(table: TraceTable, wanted: Mask, stretch: Stretch | None = None) -> Costs:
    """Return what the wanted rows (of the host) cost."""
    threads = trees.threads(table)
    begin, length, inside = within(table, stretch)
    cut = replace(threads, slices=replace(table.slices, start=begin, duration=length))
    up = trees.containers(threads, wanted)
    above = np.where(wanted, up, np.int32(-1))
    work = np.flatnonzero(kinds_mask(table.slices, *DEVICE_WORK) & inside)
    owner = starters(table.slices, work, wanted, up)
    self_ns = trees.self_ns(cut, above)
    if np.any(table.slices.kind[wanted] == Kind.MODULE) and not np.any(
        table.slices.kind[wanted] == Kind.OPERATOR
    ):
        owner = _backward_work(threads, wanted, up, work, owner)
    known = owner >= 0
    device = groups.sums(owner[known], length[work[known]], len(begin))
    return Costs(
        threads=threads,
        wanted=wanted,
        counted=wanted & inside,
        above=above,
        total_ns=np.where(wanted, length, 0),
        self_ns=np.where(wanted, self_ns, 0),
        device_self_ns=device,
        device_ns=trees.inclusive(threads, above, device),
        untied=int(np.count_nonzero(~known)),
        untied_ns=int(length[work[~known]].sum()),
    )


def _backward_work(threads: Threads, modules: Mask, up: Int32, work: Int64, owner: Int32) -> Int32:
    """Give what backward operators started to the module of their forward operator."""
    module = module_of_forward(threads, modules, up)
    starter = threads.slices.operator[work]
    late = (owner < 0) & (starter >= 0)
    return np.where(late, module[starter], owner).astype(np.int32)


def members(found: Costs) -> Int32:
    """Return the wanted rows that cost anything, in the threads' order."""
    taking = found.counted | (found.wanted & (found.device_ns > 0))
    rows: Int32 = found.threads.order[taking[found.threads.order]]
    return rows


def summed(found: Costs, rows: Int32, group: Int32, count: int) -> Sums:
    """Add up ``rows`` (of `members`) by group; every group has a row."""
    counted = found.counted[rows]
    outer = ~trees.inside_same(found.threads, rows, group, count)
    mine, real = group[counted], rows[counted]
    length = found.total_ns[real]
    calls = groups.counts(mine, count)
    low, high = groups.extremes(mine, length, count)
    median, p99 = quantiles(mine, length, calls, (0.5, 0.99))
    first = groups.firsts(group, rows, count)
    first[mine[::-1]] = real[::-1]

    def added(values: Int64) -> Int64:
        return groups.sums(group, values[rows], count)

    return Sums(
        calls=calls,
        total_ns=added(found.total_ns),
        self_ns=added(found.self_ns),
        device_ns=groups.sums(group, np.where(outer, found.device_ns[rows], 0), count),
        device_self_ns=added(found.device_self_ns),
        low_ns=np.where(calls > 0, low, 0),
        high_ns=np.where(calls > 0, high, 0),
        median_ns=median,
        p99_ns=p99,
        first=first,
    )


def quantiles(group: Int32, values: Int64, counts: Int64, shares: Sequence[float]) -> list[Float64]:
    """Return quantiles of the values of each group, between two values as NumPy has them."""
    order = np.lexsort((values, group))
    ranked = values[order]
    ends = np.cumsum(counts)
    starts = ends - counts
    some = counts > 0
    made = []
    for share in shares:
        result = np.zeros(len(counts))
        place = (counts[some] - 1) * share
        lower = np.floor(place).astype(np.int64)
        upper = np.minimum(lower + 1, counts[some] - 1)
        under, over = ranked[starts[some] + lower], ranked[starts[some] + upper]
        result[some] = under + (over - under) * (place - lower)
        made.append(result)
    return made
