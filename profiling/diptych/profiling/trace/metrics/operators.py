"""Operators summed up: calls, time on the host, time of the device work they started.

See "Traces" in ``docs/metrics.md`` for what each number means.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from diptych.profiling.trace.metrics import groups, trees
from diptych.profiling.trace.metrics.trees import Mask, Threads, kinds_mask
from diptych.profiling.trace.table import DEVICE_WORK, Int32, Int64, Kind, Slices, TraceTable

By = Literal["name", "shape", "stack", "module"]

_CALLS = (Kind.RUNTIME, Kind.SYNC)
_FRAMES = (Kind.PYTHON, Kind.MODULE)


@dataclass(frozen=True, slots=True)
class OperatorRows:
    """One row an operator (and shape, or stack) or a module, most self time first.

    All columns have the same length; ``rows`` and ``group`` have one entry a call.
    """

    by: By
    name: Int32
    """Text of the table, as are ``category`` and ``shape`` (−1 unless by shape)."""
    category: Int32
    shape: Int32
    calls: Int64
    total_ns: Int64
    """Sum of the durations: total ÷ calls is the mean."""
    outer_ns: Int64
    """The same without calls inside another call of the row."""
    self_ns: Int64
    runtime_ns: Int64
    """The part of ``self_ns`` inside calls of the device's runtime."""
    device_ns: Int64
    """Device work started inside, by operators inside too, each piece once."""
    device_self_ns: Int64
    backward_ns: Int64
    """By module: self time of its operators' backward; else 0."""
    min_ns: Int64
    max_ns: Int64
    first: Int32
    """First slice of the row."""
    rows: Int32
    """Every slice that was counted, and in ``group`` the row above that counts it."""
    group: Int32
    untied: int
    """Pieces of device work that no row counts."""
    untied_ns: int


@dataclass(frozen=True, slots=True)
class _Own:
    """What each slice has of its own (the wanted ones have numbers)."""

    wanted: Mask
    above: Int32
    """The next wanted slice outwards, of wanted slices; −1 of others."""
    self_ns: Int64
    runtime: Int64
    device: Int64
    backward: Int64
    untied: Int32


def operator_kinds(table: TraceTable) -> tuple[Kind, ...]:
    """Return what counts as an operator: those of a framework, or in foreign files every slice."""
    if table.source == "chrome" and not np.any(table.slices.kind == Kind.OPERATOR):
        return (Kind.OTHER, Kind.ANNOTATION, Kind.PYTHON, Kind.MODULE)
    return (Kind.OPERATOR,)


def by_operator(
    table: TraceTable, by: By = "name", kinds: tuple[Kind, ...] | None = None
) -> OperatorRows:
    """Sum operators up by name, by name and shape, or by name and Python stack; or modules.

    ``kinds`` asks for slices of other kinds (runtime calls, Python frames, …).
    """
    slices, threads = table.slices, trees.threads(table)
    kinds = kinds or ((Kind.MODULE,) if by == "module" else operator_kinds(table))
    wanted = kinds_mask(slices, *kinds)
    rows = threads.order[wanted[threads.order]]
    group, count = _keys(threads, rows, by)
    return _summed(threads, by, _owned(threads, wanted), rows, group, count)


def _keys(threads: Threads, rows: Int32, by: By) -> tuple[Int32, int]:
    slices = threads.slices
    keys = [slices.name[rows], slices.category[rows]]
    if by == "shape":
        keys.append(slices.shape[rows])
    if by == "stack":
        path, _ = trees.stacks(threads, kinds_mask(slices, *_FRAMES))
        keys.append(path[rows])
    return groups.numbered(*keys)


def _owned(threads: Threads, wanted: Mask) -> _Own:
    slices = threads.slices
    up = trees.containers(threads, wanted)
    above = np.where(wanted, up, np.int32(-1))
    work = np.flatnonzero(kinds_mask(slices, *DEVICE_WORK))
    owner = starters(slices, work, wanted, up)
    device = _given(slices, owner, slices.duration[work])
    backward = np.zeros(len(slices), np.int64)
    if np.any(slices.kind[wanted] == Kind.MODULE):
        backward, more, owner = _backward(threads, wanted, up, work, owner)
        device += more
    calls = kinds_mask(slices, *_CALLS)
    outermost = np.flatnonzero(calls & (trees.containers(threads, calls) < 0))
    return _Own(
        wanted=wanted,
        above=above,
        self_ns=trees.self_ns(threads, above),
        runtime=_given(slices, up[outermost], slices.duration[outermost]),
        device=device,
        backward=backward,
        untied=work[owner < 0].astype(np.int32),
    )


def _given(slices: Slices, owner: Int32, values: Int64) -> Int64:
    """Add ``values`` to their owners' slices."""
    known = owner >= 0
    return groups.sums(owner[known], values[known], len(slices))


def starters(slices: Slices, work: Int64, wanted: Mask, up: Int32) -> Int32:
    """Return the innermost wanted slice that started each piece of device work; −1 without."""
    found = np.full(len(work), -1, np.int32)
    # What contains the call says more than the file (``External id``).
    for tie in (slices.launch[work], slices.operator[work]):
        tied = np.where(tie < 0, -1, np.where(wanted[tie], tie, up[tie]))
        found = np.where(found < 0, tied, found).astype(np.int32)
    return found


def _backward(
    threads: Threads, modules: Mask, up: Int32, work: Int64, owner: Int32
) -> tuple[Int64, Int64, Int32]:
    """Give what backward operators did to the modules of their forward operators.

    Returns self time and device time by slice, and the owners of ``work`` completed.
    """
    slices = threads.slices
    operators = kinds_mask(slices, Kind.OPERATOR)
    module = module_of_forward(threads, modules, up)
    rows = np.flatnonzero(operators & (module >= 0))
    around = trees.containers(threads, operators)
    alone = trees.self_ns(threads, np.where(operators, around, np.int32(-1)))
    starter = slices.operator[work]
    late = (owner < 0) & (starter >= 0)
    given = np.where(late, module[starter], -1).astype(np.int32)
    return (
        _given(slices, module[rows], alone[rows]),
        _given(slices, given, slices.duration[work]),
        np.where(late, given, owner).astype(np.int32),
    )


def module_of_forward(threads: Threads, modules: Mask, up: Int32) -> Int32:
    """Return for each slice that belongs to a backward operator the module of its forward one.

    ``up`` is the innermost module around each slice; −1 where nothing is known.
    """
    slices = threads.slices
    behind = np.flatnonzero(kinds_mask(slices, Kind.OPERATOR) & (slices.partner >= 0))
    behind = behind[slices.start[slices.partner[behind]] < slices.start[behind]]
    is_backward = np.zeros(len(slices), np.bool_)
    is_backward[behind] = True
    outer = trees.containers(threads, is_backward)
    head = np.where(is_backward, np.arange(len(slices), dtype=np.int32), outer)
    forward = np.where(head >= 0, slices.partner[head], -1)
    module = np.where(forward >= 0, np.where(modules[forward], forward, up[forward]), -1)
    return module.astype(np.int32)


def _summed(
    threads: Threads, by: By, own: _Own, rows: Int32, group: Int32, count: int
) -> OperatorRows:
    slices = threads.slices
    lengths = slices.duration[rows]
    outer = ~trees.inside_same(threads, rows, group, count)
    inside = trees.inclusive(threads, own.above, own.device)
    own_time = groups.sums(group, own.self_ns[rows], count)
    order = np.argsort(-own_time, kind="stable")
    place = np.empty(count, np.int32)
    place[order] = np.arange(count, dtype=np.int32)
    place_of = place[group]
    first = groups.firsts(place_of, rows, count)
    low, high = groups.extremes(place_of, lengths, count)
    nothing = np.full(count, -1, np.int32)

    def added(values: Int64) -> Int64:
        return groups.sums(place_of, values, count)

    return OperatorRows(
        by=by,
        name=slices.name[first],
        category=slices.category[first],
        shape=slices.shape[first] if by == "shape" else nothing,
        calls=groups.counts(place_of, count),
        total_ns=added(lengths),
        outer_ns=added(np.where(outer, lengths, 0)),
        self_ns=own_time[order],
        runtime_ns=added(own.runtime[rows]),
        device_ns=added(np.where(outer, inside[rows], 0)),
        device_self_ns=added(own.device[rows]),
        backward_ns=added(own.backward[rows]),
        min_ns=low,
        max_ns=high,
        first=first,
        rows=rows,
        group=place_of,
        untied=len(own.untied),
        untied_ns=int(slices.duration[own.untied].sum()),
    )


def stack_of(table: TraceTable, row: int) -> list[str]:
    """Return the Python frames and modules around a slice, the outermost first.

    The chain that rows *by stack* are told apart by: that of the thread, whatever lanes it lies on.
    """
    around = trees.around(table, row, _FRAMES)
    return [table.text(int(table.slices.name[at])) for at in around]
