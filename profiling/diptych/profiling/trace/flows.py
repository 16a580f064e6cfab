"""Arrows: flow events tied to the slices that they start and end at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from diptych.profiling.trace.jit import jit
from diptych.profiling.trace.table import Flows


@dataclass(slots=True)
class Ends:
    """Flow events, one entry each."""

    event: Any
    phase: Any
    time: Any
    thread: Any
    ident: Any
    category: Any
    name: Any
    enclosing: Any
    by_call: Any
    """Row of the runtime call whose correlation is ``ident``, −1 without; of launches only."""
    by_work: Any
    """Row of the device work whose correlation is ``ident``, −1 without; of launches only."""


@dataclass(slots=True)
class Places:
    """Where slices are: columns of the table, and the tracks of each thread."""

    start: Any
    duration: Any
    parent: Any
    track: Any
    first: Any
    """First row of each track."""
    count: Any
    thread_of: Any
    """Thread of each track."""
    tracks_at: Any
    """``tracks[tracks_at[t]:tracks_at[t + 1]]`` are the tracks of thread t."""
    tracks: Any


def bound(ends: Ends, places: Places) -> Any:
    """Return the slice of each flow event, −1 without one."""
    return _bind(
        ends.time, ends.thread, (ends.phase == 102) & ~ends.enclosing, ends.by_call, ends.by_work,
        places.start, places.duration, places.parent, places.track, places.first, places.count,
        places.thread_of, places.tracks_at, places.tracks,
    )  # fmt: skip


@jit
def _bind(
    time: Any, thread: Any, following: Any, by_call: Any, by_work: Any, start: Any, duration: Any,
    parent: Any, track: Any, first: Any, count: Any, thread_of: Any, tracks_at: Any, tracks: Any,
) -> Any:  # fmt: skip
    rows = np.full(len(time), -1, np.int32)
    for event in range(len(time)):
        at, lane = time[event], thread[event]
        for known in (by_call[event], by_work[event]):
            here = known >= 0 and rows[event] < 0 and thread_of[track[known]] == lane
            if here and start[known] <= at <= start[known] + duration[known]:
                rows[event] = known
        if rows[event] >= 0:
            continue
        best, after = -1, -1
        for place in range(tracks_at[lane], tracks_at[lane + 1]):
            number = tracks[place]
            low, high = first[number], first[number] + count[number]
            while low < high:
                middle = (low + high) // 2
                if start[middle] <= at:
                    low = middle + 1
                else:
                    high = middle
            row = low - 1 if low > first[number] else -1
            while row >= 0 and start[row] + duration[row] < at:
                row = parent[row]
            if row >= 0 and (best < 0 or start[row] > start[best]):
                best = row
            later = low < first[number] + count[number]
            if later and (after < 0 or start[low] < start[after]):
                after = low
        rows[event] = after if best < 0 and following[event] else best
    return rows


def arrows(ends: Ends, rows: Any) -> tuple[Flows, Any, Any]:
    """Join ends of one category, name and id into arrows.

    Returns the arrows, the entries without a slice, and those without another end.
    """
    rank = np.zeros(256, np.int64)
    rank[[115, 116, 102]] = 0, 1, 2
    ranks = rank[ends.phase]
    order = np.argsort(ends.ident, kind="stable")
    if not _small_groups(order, ends.ident, ends.category, ends.name, ends.time, ranks):
        keys = (ranks, ends.time, ends.name, ends.category, ends.ident)
        order = np.lexsort(keys)
    source, target, entry, used = _join(order, ends.ident, ends.category, ends.name, ranks, rows)
    lost = np.flatnonzero(rows < 0)
    lonely = np.flatnonzero((rows >= 0) & ~used)
    flows = Flows(source, target, ends.category[entry].astype(np.int32))
    return flows, lost, lonely


@jit
def _before(a: int, b: int, category: Any, name: Any, time: Any, rank: Any) -> bool:
    if category[a] != category[b]:
        return bool(category[a] < category[b])
    if name[a] != name[b]:
        return bool(name[a] < name[b])
    if time[a] != time[b]:
        return bool(time[a] < time[b])
    return bool(rank[a] < rank[b])


@jit
def _small_groups(order: Any, ident: Any, category: Any, name: Any, time: Any, rank: Any) -> bool:
    """Sort each group of one id; False where one is too large to do it like that."""
    first = 0
    for at in range(1, len(order)):
        if ident[order[at]] != ident[order[at - 1]]:
            first = at
            continue
        if at - first > 64:
            return False
        entry, place = order[at], at
        while place > first and _before(entry, order[place - 1], category, name, time, rank):
            order[place] = order[place - 1]
            place -= 1
        order[place] = entry
    return True


@jit
def _join(
    order: Any, ident: Any, category: Any, name: Any, rank: Any, rows: Any
) -> tuple[Any, Any, Any, Any]:
    count = len(order)
    source, target = np.empty(count, np.int32), np.empty(count, np.int32)
    entry, used = np.empty(count, np.int64), np.zeros(count, np.bool_)
    made, first = 0, 0
    while first < count:
        head, stop, starts, start = order[first], first, 0, -1
        while stop < count:
            at = order[stop]
            if ident[at] != ident[head] or category[at] != category[head] or name[at] != name[head]:
                break
            if rank[at] == 0:
                starts += 1
                start = at
            stop += 1
        # Clocks of devices differ a little: an only start counts wherever it stands.
        origin = start if starts == 1 else -1
        for place in range(first, stop):
            at = order[place]
            if rank[at] == 0:
                origin = at
                continue
            if origin >= 0 and rows[origin] >= 0 and rows[at] >= 0:
                source[made], target[made], entry[made] = rows[origin], rows[at], at
                used[origin] = used[at] = True
                made += 1
            if rank[at] == 1 and rows[at] >= 0:
                origin = at
        first = stop
    return source[:made], target[:made], entry[:made], used
