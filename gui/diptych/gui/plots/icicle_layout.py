"""Where the boxes of an icicle lie: children under their parent, as wide as their share. No Qt."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diptych.gui.models.trace_operators_order import levels
from diptych.profiling.trace.table import Int32

Floats = NDArray[np.float64]
Order = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Left and right ends of each node, 0–1 of the whole; a node without time has no width."""

    left: Floats
    right: Floats
    parent: Int32
    levels: list[Order]
    """The nodes of each depth that have a width, from left to right."""

    @property
    def deepest(self) -> int:
        """How many levels there are."""
        return len(self.levels)

    def at(self, depth: int, place: float) -> int:
        """Return the node of a level that covers a place of the whole; −1 without one."""
        if not 0 <= depth < len(self.levels):
            return -1
        level = self.levels[depth]
        found = int(np.searchsorted(self.left[level], place, side="right")) - 1
        node = int(level[found]) if found >= 0 else -1
        return node if node >= 0 and place < self.right[node] else -1

    def beside(self, node: int, depth: int, by: int) -> int:
        """Return the node ``by`` places further right (or left) on the level; −1 at the end."""
        level = self.levels[depth]
        found = np.flatnonzero(level == node)
        place = int(found[0]) + by if len(found) else -1
        return int(level[place]) if 0 <= place < len(level) else -1

    def widest_below(self, node: int, depth: int) -> int:
        """Return the widest child of a node; −1 without one."""
        if depth + 1 >= len(self.levels):
            return -1
        level = self.levels[depth + 1]
        children = level[self.parent[level] == node]
        if not len(children):
            return -1
        return int(children[np.argmax(self.right[children] - self.left[children])])


def lay_out(parent: Int32, depth: Int32, values: NDArray[np.int64], order: Floats) -> Boxes:
    """Return the boxes of nodes; those below the same node stand by ``order``.

    Where children sum up to more than their parent (they overlapped) they are
    made narrower, so that each stays under it.
    """
    left, right = np.zeros(len(parent)), np.zeros(len(parent))
    whole = max(float(values[parent < 0].sum()), 1.0)
    made = []
    for number, nodes in enumerate(levels(depth)):
        timed = nodes[values[nodes] > 0]
        level = timed[np.lexsort((order[timed], parent[timed]))]
        if not len(level):
            break
        up, own = parent[level], values[level].astype(np.float64)
        group = np.cumsum(np.diff(up, prepend=-2) != 0) - 1
        totals = np.bincount(group, weights=own)
        before = np.cumsum(own) - own
        before -= before[np.flatnonzero(np.diff(up, prepend=-2))][group]
        if number:
            scale = (right - left)[up] / np.maximum(values[up], totals[group])
            begin = left[up] + before * scale
        else:
            scale = np.full(len(level), 1 / whole)
            begin = before * scale
        left[level], right[level] = begin, begin + own * scale
        made.append(level[np.argsort(left[level], kind="stable")])
    return Boxes(left, right, parent, made)
