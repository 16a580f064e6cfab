"""Who contains whom on a thread, and what follows from it, in one pass over the rows.

A thread may have several tracks: slices that overlap without one containing
the other lie on tracks of their own. For operators, modules and frames the
thread counts, so that a Python frame that is off by a microsecond does not
hide an operator from its caller.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.trace.table import Int32, Int64, Slices, TraceTable, Track

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Threads:
    """The rows of a table thread by thread, by start, the longest first."""

    slices: Slices
    order: Int32
    """All rows."""
    thread: Int32
    """Thread of each row."""


def kinds_mask(slices: Slices, *kinds: int) -> Mask:
    """Tell which rows are of one of these kinds."""
    table = np.zeros(256, np.bool_)
    table[list(kinds)] = True
    mask: Mask = table[slices.kind]
    return mask


def lanes(tracks: Sequence[Track]) -> Int32:
    """Return the thread of each track: the first track of the same process and thread."""
    first: dict[tuple[str, str, bool, bool], int] = {}
    keys = ((t.pid, t.tid, t.device is None, t.asynchronous) for t in tracks)
    return np.array([first.setdefault(key, n) for n, key in enumerate(keys)], np.int32)


def threads(table: TraceTable) -> Threads:
    """Put the tracks of each thread together."""
    slices, tracks = table.slices, table.tracks
    of_track = lanes(tracks)
    order = np.arange(len(slices), dtype=np.int32)
    thread = of_track[slices.track] if len(tracks) else order
    several = np.flatnonzero(np.bincount(of_track, minlength=1) > 1)
    if not len(several):
        return Threads(slices, order, thread)
    parts = [order[~np.isin(thread, several)]]
    for number in several:
        rows = order[thread == number]
        parts.append(rows[np.lexsort((rows, -slices.duration[rows], slices.start[rows]))])
    return Threads(slices, np.concatenate(parts), thread)


def containers(threads: Threads, wanted: Mask) -> Int32:
    """Return for each row the innermost wanted row of its thread that contains it, −1 without."""
    from diptych.profiling.trace.metrics import loops

    slices = threads.slices
    above = np.empty(len(slices), np.int32)
    loops.containers(threads.order, threads.thread, slices.start, slices.duration, wanted, above)
    return above


def self_ns(threads: Threads, above: Int32) -> Int64:
    """Return each row's length without what rows below it (as ``above`` says) cover, ns.

    Where rows below one overlap, what they cover counts once.
    """
    from diptych.profiling.trace.metrics import loops

    slices = threads.slices
    left, reach = slices.duration.astype(np.int64), slices.start.astype(np.int64)
    loops.uncovered(threads.order, slices.start, slices.duration, above, left, reach)
    return left


def slices_self_ns(slices: Slices) -> Int64:
    """Return each slice's length without what slices inside it on its track cover, ns."""
    from diptych.profiling.trace.metrics import loops

    left, reach = slices.duration.astype(np.int64), slices.start.astype(np.int64)
    order = np.arange(len(slices), dtype=np.int32)
    loops.uncovered(order, slices.start, slices.duration, slices.parent, left, reach)
    return left


def inclusive(threads: Threads, above: Int32, own: Int64) -> Int64:
    """Return each row's own value plus those of all rows below it."""
    from diptych.profiling.trace.metrics import loops

    values: Int64 = own.copy()
    loops.add_up(threads.order, above, values)
    return values


def inside_same(threads: Threads, rows: Int32, key: Int32, keys: int) -> Mask:
    """Tell which of ``rows`` (in the threads' order) lie inside another of their key and thread."""
    from diptych.profiling.trace.metrics import loops

    found = np.zeros(len(rows), np.bool_)
    slices = threads.slices
    loops.inside_same(rows, threads.thread, slices.start, slices.duration, key, keys, found)
    return found


def stacks(threads: Threads, wanted: Mask) -> tuple[Int32, int]:
    """Give each chain of wanted rows a number.

    Returns the chain that ends in, or stands around, each row (−1: none), and how many there are.
    """
    from diptych.profiling.trace.metrics import loops

    slices = threads.slices
    path = np.empty(len(slices), np.int32)
    slots = np.full(1 << int(2 * np.count_nonzero(wanted) + 1).bit_length(), -1, np.int32)
    above = containers(threads, wanted)
    count = loops.stacks(threads.order, above, slices.name, wanted, path, slots)
    return path, int(count)


def beside(table: TraceTable, track: int) -> list[Track]:
    """Return the tracks of a track's thread, itself among them."""
    of_track = lanes(table.tracks)
    return [t for t, own in zip(table.tracks, of_track, strict=True) if own == of_track[track]]


def around(table: TraceTable, row: int, kinds: Sequence[int] | None = None) -> list[int]:
    """Return the slices (of some kinds) of its thread that contain a slice, the outermost first.

    Each contains the next one, whatever lanes they lie on: the chain of `containers`.
    """
    tracks = beside(table, int(table.slices.track[row]))
    found: list[int] = []
    while (row := _around(table, tracks, row, kinds)) >= 0:
        found.append(row)
    return found[::-1]


def _around(
    table: TraceTable, tracks: Sequence[Track], row: int, kinds: Sequence[int] | None
) -> int:
    slices = table.slices
    own = _rank(slices, row)
    start, end = own[0], own[0] - own[1]
    best: tuple[int, int, int] | None = None
    for track in tracks:
        starts = slices.start[track.first : track.first + track.count]
        at = track.first + int(np.searchsorted(starts, start, side="right")) - 1
        at = at if at >= track.first else -1
        while at >= 0:
            other = _rank(slices, at)
            contains = other < own and other[0] - other[1] >= max(end, start + 1)
            if contains and (kinds is None or slices.kind[at] in kinds):
                best = other if best is None else max(best, other)
                break
            at = int(slices.parent[at])
    return best[2] if best else -1


def _rank(slices: Slices, row: int) -> tuple[int, int, int]:
    """Return the place of a row in its thread: by start, the longest first."""
    return int(slices.start[row]), -int(slices.duration[row]), row


def overlapping(table: TraceTable) -> Mask:
    """Tell which rows overlap others of their thread without one containing the other.

    Readers give such slices, and what lies inside them, tracks of their own: of
    each thread all but the first. What only lies inside is not told, and
    asynchronous pairs may overlap: they are of no thread.
    """
    aside = lanes(table.tracks) != np.arange(len(table.tracks))
    aside &= ~np.array([track.asynchronous for track in table.tracks], np.bool_)
    mask: Mask = aside[table.slices.track] & (table.slices.parent < 0)
    return mask


def unfinished(table: TraceTable, wanted: Mask) -> Mask:
    """Tell which wanted rows begin before an earlier one of their thread has ended."""
    ordered = threads(table)
    rows = ordered.order[wanted[ordered.order]]
    found = np.zeros(len(table.slices), np.bool_)
    for number in np.unique(ordered.thread[rows]):
        own = rows[ordered.thread[rows] == number]
        start = table.slices.start[own]
        reach = np.maximum.accumulate(start + table.slices.duration[own])
        found[own[1:]] = start[1:] < reach[:-1]
    return found
