"""Ties between slices: device work and its launch and operator, backward and forward."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from diptych.profiling.trace.jit import jit
from diptych.profiling.trace.nest import innermost
from diptych.profiling.trace.table import DEVICE_WORK, Kind


@dataclass(slots=True)
class Rows:
    """What ties are made from: columns of the slices, sorted, and their raw events."""

    start: Any
    kind: Any
    track: Any
    parent: Any
    correlation: Any
    external: Any
    on_device: Any
    """bool, whether the row's track is a stream of a device."""


@dataclass(slots=True)
class Links:
    """Columns of the table."""

    launch: Any
    operator: Any
    partner: Any


def lookup(keys: Any, rows: Any, wanted: Any) -> Any:
    """Return for each wanted key the first row that has it, −1 without one."""
    result = np.full(len(wanted), -1, np.int32)
    if not len(keys) or not len(wanted):
        return result
    low, high = int(keys.min()), int(keys.max())
    inside = np.flatnonzero((wanted >= low) & (wanted <= high))
    if high - low < 8 * (len(keys) + len(wanted)) + (1 << 16):
        table = np.full(high - low + 1, -1, np.int32)
        table[keys[::-1] - low] = rows[::-1]
        result[inside] = table[wanted[inside] - low]
        return result
    order = np.argsort(keys, kind="stable")
    places = np.minimum(np.searchsorted(keys[order], wanted[inside]), len(keys) - 1)
    hit = keys[order][places] == wanted[inside]
    result[inside[hit]] = rows[order][places[hit]]
    return result


def work_mask(kind: Any) -> Any:
    """Say of each row whether it keeps a device busy."""
    table = np.zeros(256, bool)
    table[list(DEVICE_WORK)] = True
    return table[kind]


def linked(rows: Rows) -> Links:
    """Tie launches and operators; partners are still −1."""
    count = len(rows.start)
    launch = np.full(count, -1, np.int32)
    work = work_mask(rows.kind)
    call = ((rows.kind == Kind.RUNTIME) | (rows.kind == Kind.SYNC)) & ~rows.on_device
    tied = rows.correlation > 0
    calls = np.flatnonzero(call & tied)
    device = np.flatnonzero((work | (rows.on_device & (rows.kind == Kind.SYNC))) & tied)
    found = lookup(rows.correlation[calls], calls, rows.correlation[device])
    launch[device] = found
    launched = device[(found >= 0) & work[device]]
    _first_work(launch, launch[launched], launched, rows.start)
    operator = _operators(rows, launch, np.flatnonzero(call), np.flatnonzero(work))
    return Links(launch, operator, np.full(count, -1, np.int32))


@jit
def _first_work(launch: Any, calls: Any, device: Any, start: Any) -> None:
    for number in range(len(calls)):
        call, row = calls[number], device[number]
        if launch[call] < 0 or start[row] < start[launch[call]]:
            launch[call] = row


def _operators(rows: Rows, launch: Any, calls: Any, work: Any) -> Any:
    """Return the operator column.

    What contains a call of the runtime on its thread decides; device work has
    that of its launch. Only without one does ``External id`` count, and only
    where it means operators: old files repeat the correlation there.
    """
    operator = np.full(len(rows.start), -1, np.int32)
    is_operator = rows.kind == Kind.OPERATOR
    operator[calls] = innermost(rows.parent, is_operator)[calls]
    by_launch = np.where(launch[work] >= 0, operator[launch[work]], -1)
    operator[work] = by_launch
    told = (rows.external[calls] > 0) & (rows.external[calls] != rows.correlation[calls])
    if not np.any(told) and np.any(rows.external[calls] > 0):
        return operator
    named = np.flatnonzero(is_operator & (rows.external > 0))
    for group in (calls, work):
        open_ = group[(operator[group] < 0) & (rows.external[group] > 0)]
        operator[open_] = lookup(rows.external[named], named, rows.external[open_])
    return operator


def tie_partners(rows: Rows, partner: Any, row: Any, sequence: Any, forward: Any) -> None:
    """Tie backward operators to their forward one by ``Sequence number``.

    Args:
        rows: the slices.
        partner: the column to write.
        row: rows that have a sequence number.
        sequence: theirs.
        forward: their ``Fwd thread id``: above 0 on backward operators only.

    The number is that of the next node of the graph when an operator begins,
    so of several forward operators with one number the last that began before
    the backward pass made the node; those around it with the same number
    are its callers. Threads count for themselves: where forward operators of
    several threads share a number it ties nothing.
    """
    operators = rows.kind[row] == Kind.OPERATOR
    row, sequence, forward = row[operators], sequence[operators], forward[operators]
    order = np.lexsort((row, rows.start[row], sequence))
    _tie(
        row[order], sequence[order], forward[order] > 0, rows.track, rows.parent, rows.kind,
        int(Kind.OPERATOR), partner,
    )  # fmt: skip


@jit
def _tie(
    row: Any, sequence: Any, backward: Any, track: Any, parent: Any, kind: Any, operator: int,
    partner: Any,
) -> None:  # fmt: skip
    first, count = 0, len(row)
    while first < count:
        stop = first
        thread, clear = -1, True
        while stop < count and sequence[stop] == sequence[first]:
            if not backward[stop]:
                clear &= thread < 0 or track[row[stop]] == thread
                thread = track[row[stop]]
            stop += 1
        maker = -1
        for place in range(first, stop):
            if not backward[place]:
                maker = place
            elif clear and maker >= 0:
                partner[row[place]] = row[maker]
                if partner[row[maker]] < 0:
                    partner[row[maker]] = row[place]
        for place in range(first, stop):
            if not backward[place] and partner[row[place]] >= 0:
                _tie_callers(place, first, row, backward, parent, kind, operator, partner)
        first = stop


@jit
def _tie_callers(
    place: int, first: int, row: Any, backward: Any, parent: Any, kind: Any, operator: int,
    partner: Any,
) -> None:  # fmt: skip
    above, before = parent[row[place]], place - 1
    while before >= first:
        while above >= 0 and kind[above] != operator:
            above = parent[above]
        if above < 0 or backward[before] or row[before] != above:
            return
        if partner[above] < 0:
            partner[above] = partner[row[place]]
        above = parent[above]
        before -= 1
