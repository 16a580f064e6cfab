"""The steps of a trace, or what stands in for them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

import numpy as np

from diptych.profiling.trace.metrics.trees import containers, kinds_mask, threads
from diptych.profiling.trace.table import Int32, Int64, Kind, TraceTable

_DIGITS = re.compile(r"\d+")
_CALLS = "MXNET_C_API"
"""Category of the calls of MXNet's interface: the loop's, but nobody's ranges."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Stretches of the host's time, sorted by start."""

    origin: Literal["step", "annotation", "trace"]
    """Marked steps; a range of the user's that comes again and again; or the whole trace."""
    names: tuple[str, ...]
    start: Int64
    duration: Int64
    rows: Int32
    """Their slices; −1 for the whole trace."""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.names)


def marked_steps(table: TraceTable) -> Steps:
    """Return the steps that the file marks (``ProfilerStep#N``); there may be none."""
    rows = np.flatnonzero(kinds_mask(table.slices, Kind.STEP)).astype(np.int32)
    return _of(table, rows, "step")


def find_steps(table: TraceTable) -> Steps:
    """Return marked steps, else the ranges that stand in for them, else the whole trace."""
    steps = marked_steps(table)
    if len(steps):
        return steps
    rows = _recurring(table)
    if len(rows):
        return _of(table, rows, "annotation")
    return Steps(
        "trace",
        ("whole trace",),
        np.array([_first(table)], np.int64),
        np.array([table.duration_ns], np.int64),
        np.array([-1], np.int32),
    )


def _first(table: TraceTable) -> int:
    return int(table.slices.start.min(initial=np.iinfo(np.int64).max)) if len(table.slices) else 0


def _of(table: TraceTable, rows: Int32, origin: Literal["step", "annotation"]) -> Steps:
    slices = table.slices
    rows = rows[np.argsort(slices.start[rows], kind="stable")]
    names = tuple(table.text(int(number)) for number in slices.name[rows])
    return Steps(origin, names, slices.start[rows], slices.duration[rows], rows)


def _recurring(table: TraceTable) -> Int32:
    """Return the outermost ranges of one name (numbers apart) that make up half of the trace.

    They must come at least twice, one after the other.
    """
    slices = table.slices
    calls = [n for n in np.unique(slices.category).tolist() if table.text(n) == _CALLS]
    ranges = kinds_mask(slices, Kind.ANNOTATION) & ~np.isin(slices.category, calls)
    rows = np.flatnonzero(ranges & (containers(threads(table), ranges) < 0)).astype(np.int32)
    families: dict[tuple[int, str], list[int]] = {}
    for row in rows[:100_000]:
        name = _DIGITS.sub("#", table.text(int(slices.name[row])))
        families.setdefault((int(slices.track[row]), name), []).append(int(row))
    best = max(families.values(), key=lambda f: int(slices.duration[f].sum()), default=[])
    found = np.array(best, np.int32)
    if len(found) < 2 or 2 * int(slices.duration[found].sum()) < table.duration_ns:
        return found[:0]
    ends = slices.start[found] + slices.duration[found]
    return found if np.all(slices.start[found][1:] >= ends[:-1]) else found[:0]
