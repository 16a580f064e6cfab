"""The calls of the host as one tree, merged by the path of their names, with what each node costs.

Calls of all threads are merged; all steps are one node, whatever their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.trace.metrics import groups, trees
from diptych.profiling.trace.metrics.costs import Costs, Stretch, costs, on_host
from diptych.profiling.trace.metrics.operators import operator_kinds
from diptych.profiling.trace.metrics.trees import Mask, kinds_mask
from diptych.profiling.trace.table import Int32, Int64, Kind, TraceTable

Of = Literal["calls", "modules", "stacks"]

_CALLS = (
    Kind.OPERATOR,
    Kind.STEP,
    Kind.ANNOTATION,
    Kind.DATA,
    Kind.RUNTIME,
    Kind.SYNC,
    Kind.ENGINE,
)
KINDS: dict[Of, tuple[Kind, ...]] = {
    "calls": _CALLS,
    "modules": (Kind.MODULE, Kind.OPERATOR),
    "stacks": (Kind.PYTHON, Kind.MODULE, Kind.OPERATOR),
}
"""What the nodes of each tree are."""


@dataclass(frozen=True, slots=True)
class CallTree:
    """One entry a node, a parent before its children; ``rows`` and ``node`` have one a call."""

    name: Int32
    """Text of the table; of steps that of the first."""
    kind: NDArray[np.uint8]
    parent: Int32
    """Node; −1 at the top."""
    depth: Int32
    calls: Int64
    total_ns: Int64
    self_ns: Int64
    """Without what nodes below cover."""
    device_ns: Int64
    """Device work within the stretch that was started here or below, whenever it was."""
    device_self_ns: Int64
    first: Int32
    """First slice of the node."""
    rows: Int32
    """Every slice that was counted, sorted by node and then by start; ``node`` is its node."""
    node: Int32
    untied: int
    """Pieces of device work within the stretch that no node has."""
    untied_ns: int

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.name)


def wanted_rows(table: TraceTable, of: Of) -> Mask:
    """Tell which rows are calls of a tree."""
    kinds = set(KINDS[of])
    if table.source == "chrome":
        kinds |= set(operator_kinds(table))
    return kinds_mask(table.slices, *kinds) & on_host(table)


def call_tree(table: TraceTable, of: Of = "calls", stretch: Stretch | None = None) -> CallTree:
    """Merge calls by name path: all, or within a stretch (cut at its ends).

    ``of`` says what calls are: operators with the steps, ranges and runtime
    calls around and inside them; modules with their operators; or Python's
    frames with the operators.
    """
    return merged(table, costs(table, wanted_rows(table, of), stretch))


def merged(table: TraceTable, found: Costs) -> CallTree:
    """Merge the calls of ``found`` by name path."""
    slices = table.slices
    named = replace(found.threads, slices=replace(slices, name=_names(table)))
    path, count = trees.stacks(named, found.wanted)
    rows = found.threads.order[found.wanted[found.threads.order]]
    node = path[rows]
    first = groups.firsts(node, rows, count)
    counted = found.counted[rows]
    calls = groups.counts(node[counted], count)
    device = groups.sums(node, found.device_ns[rows], count)
    # A parent lasts as long as its children and has all that they started: it stays with them.
    kept = (calls > 0) | (device > 0)
    number = np.cumsum(kept, dtype=np.int32) - 1
    up = found.above[first]
    parent = np.where(up >= 0, path[up], -1)[kept]
    first[node[counted][::-1]] = rows[counted][::-1]
    calls_of, real = _by_node(number[node[counted]], rows[counted])

    def added(values: Int64) -> Int64:
        sums: Int64 = groups.sums(node, values[rows], count)[kept]
        return sums

    parent = np.where(parent >= 0, number[parent], -1).astype(np.int32)
    return CallTree(
        name=named.slices.name[first][kept],
        kind=slices.kind[first][kept],
        parent=parent,
        depth=_depths(parent),
        calls=calls[kept],
        total_ns=added(found.total_ns),
        self_ns=added(found.self_ns),
        device_ns=device[kept],
        device_self_ns=added(found.device_self_ns),
        first=first[kept],
        rows=real,
        node=calls_of,
        untied=found.untied,
        untied_ns=found.untied_ns,
    )


def _names(table: TraceTable) -> Int32:
    """Return the names by which calls are merged: all steps have that of the first."""
    slices = table.slices
    steps = np.flatnonzero(slices.kind == Kind.STEP)
    if not len(steps):
        return slices.name
    names: Int32 = slices.name.copy()
    names[steps] = names[steps[np.argmin(slices.start[steps])]]
    return names


def _by_node(node: Int32, rows: Int32) -> tuple[Int32, Int32]:
    # Rows come thread by thread: within a node they are sorted by start later, where it matters.
    order = np.argsort(node, kind="stable")
    return node[order], rows[order]


def _depths(parent: Int32) -> Int32:
    """Return how deep each node lies, a parent standing before its children."""
    depth = np.zeros(len(parent), np.int32)
    level = np.flatnonzero(parent < 0)
    below = np.argsort(parent, kind="stable")
    starts = np.searchsorted(parent[below], np.arange(len(parent) + 1))
    at = 0
    while len(level):
        depth[level] = at
        counts = starts[level + 1] - starts[level]
        steps = np.arange(int(counts.sum())) - np.repeat(np.cumsum(counts) - counts, counts)
        level = below[np.repeat(starts[level], counts) + steps]
        at += 1
    return depth
