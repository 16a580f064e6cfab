"""Search in a trace: which slices have a name that holds all words. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diptych.gui.models.trace_scene import Scene
from diptych.profiling.trace.table import Int32, Int64


@dataclass(frozen=True, slots=True)
class Found:
    """The hits of a search, by start."""

    text: str
    rows: Int32
    starts: Int64

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.rows)

    def beside(self, row: int, time: float, *, forward: bool) -> int:
        """Return the number of the hit after or before ``row`` (−1: an instant), around the end."""
        known = np.flatnonzero(self.rows == row)
        if len(known):
            return int(known[0] + (1 if forward else -1)) % len(self.rows)
        at = int(np.searchsorted(self.starts, int(time), side="left"))
        return (at if forward else at - 1) % len(self.rows)


def search(scene: Scene, text: str) -> Found:
    """Return every slice whose name holds all words of ``text``, whatever their case.

    Ten million slices take about 50 ms.
    """
    words = text.casefold().split()
    table = scene.table
    hit = np.fromiter(
        (all(word in name.casefold() for word in words) for name in table.strings),
        bool,
        len(table.strings),
    )
    rows = np.flatnonzero(hit[table.slices.name]) if words and hit.any() else np.empty(0, np.int64)
    starts = table.slices.start[rows]
    order = np.argsort(starts, kind="stable")
    return Found(text, rows[order].astype(np.int32), starts[order])
