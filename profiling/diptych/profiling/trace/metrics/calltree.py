"""The calls of the host as one tree, merged by the path of their names, with what each node costs.

Calls of all threads are merged; all steps are one node, whatever their numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.trace.metrics import trees
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
    """Every slice that was counted, node by node, thread by thread; ``node`` is its node."""
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
    from diptych.profiling.trace.metrics import calltree_loops as loops

    slices, order = table.slices, found.threads.order
    names = _names(table)
    path, count = trees.stacks(
        replace(found.threads, slices=replace(slices, name=names)), found.wanted
    )
    first, calls = np.full(count, -1, np.int32), np.zeros(count, np.int64)
    sums = np.zeros((count, 4), np.int64)
    times = (found.total_ns, found.self_ns, found.device_ns, found.device_self_ns)
    loops.tally(order, found.wanted, found.counted, path, *times, first, calls, sums)
    first = np.where(first < -1, -2 - first, first)
    # A parent lasts as long as its children and has all that they started: it stays with them.
    kept = (calls > 0) | (sums[:, 2] > 0)
    parent = _parents(found, path, first, kept)
    rows = np.empty(int(calls.sum()), np.int32)
    loops.place(order, found.counted, path, np.cumsum(calls) - calls, rows)
    first, calls, sums = first[kept], calls[kept], sums[kept]
    depth = np.empty(len(parent), np.int32)
    loops.depths(parent, depth)
    return CallTree(
        name=names[first],
        kind=slices.kind[first],
        parent=parent,
        depth=depth,
        calls=calls,
        total_ns=sums[:, 0],
        self_ns=sums[:, 1],
        device_ns=sums[:, 2],
        device_self_ns=sums[:, 3],
        first=first,
        rows=rows,
        node=np.repeat(np.arange(len(calls), dtype=np.int32), calls),
        untied=found.untied,
        untied_ns=found.untied_ns,
    )


def _parents(found: Costs, path: Int32, first: Int32, kept: Mask) -> Int32:
    """Return the parent of every node that is kept, by the numbers of those that are."""
    number = np.cumsum(kept, dtype=np.int32) - 1
    up = found.above[first[kept]]
    return np.where(up >= 0, number[path[up]], -1).astype(np.int32)


def _names(table: TraceTable) -> Int32:
    """Return the names by which calls are merged: all steps have that of the first."""
    slices = table.slices
    steps = np.flatnonzero(slices.kind == Kind.STEP)
    if not len(steps):
        return slices.name
    names: Int32 = slices.name.copy()
    names[steps] = names[steps[np.argmin(slices.start[steps])]]
    return names
