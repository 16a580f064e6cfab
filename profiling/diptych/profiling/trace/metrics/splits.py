"""What the time of each step went to, by subtraction in order of priority.

The idea is that of TensorBoard's profiler plugin; ``docs/metrics.md`` has our
definition. The parts of a step add up to it exactly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diptych.profiling.trace.metrics import intervals
from diptych.profiling.trace.metrics.kernels import device_of
from diptych.profiling.trace.metrics.operators import operator_kinds
from diptych.profiling.trace.metrics.steps import Steps, find_steps
from diptych.profiling.trace.metrics.trees import kinds_mask
from diptych.profiling.trace.table import Int64, Kind, TraceTable

PARTS = (
    "kernel",
    "memcpy",
    "memset",
    "communication",
    "runtime",
    "data",
    "host",
    "idle",
)
"""In order of priority: an instant belongs to the first that goes on in it."""


@dataclass(frozen=True, slots=True)
class StepSplit:
    """Time of each step by part, ns."""

    steps: Steps
    parts: Int64
    """Shape (steps, len(PARTS)); a row adds up to the step's duration."""


def split_steps(table: TraceTable, device: int | None = None) -> StepSplit:
    """Split each step; ``device`` counts the work of that device only (``None``: of all)."""
    steps = find_steps(table)
    end = steps.start + steps.duration
    parts = np.zeros((len(steps), len(PARTS)), np.int64)
    covered, before = intervals.joined(), np.zeros(len(steps), np.int64)
    for column, spans in enumerate(_spans(table, device)):
        covered = intervals.joined(covered, spans)
        upto = intervals.within(covered, steps.start, end)
        parts[:, column] = upto - before
        before = upto
    parts[:, -1] = steps.duration - before
    return StepSplit(steps, parts)


def _spans(table: TraceTable, device: int | None) -> list[intervals.Spans]:
    """Return when each part but the last goes on, in order of priority."""
    on = device_of(table)[table.slices.track]
    here = on >= 0 if device is None else on == device
    host = on < 0
    operators = (*operator_kinds(table), Kind.ENGINE)
    wanted = (
        ((Kind.KERNEL,), here),
        ((Kind.MEMCPY,), here),
        ((Kind.MEMSET,), here),
        ((Kind.COMMUNICATION,), here),
        ((Kind.RUNTIME, Kind.SYNC), host),
        ((Kind.DATA,), host),
        (operators, np.ones(len(on), np.bool_)),
    )
    slices = table.slices
    found = []
    for kinds, where in wanted:
        rows = np.flatnonzero(kinds_mask(slices, *kinds) & where)
        start = slices.start[rows]
        found.append(intervals.union(start, start + slices.duration[rows]))
    return found
