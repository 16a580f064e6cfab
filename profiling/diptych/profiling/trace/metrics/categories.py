"""Slices by category, and the kinds of work by device."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diptych.profiling.trace.metrics import groups
from diptych.profiling.trace.table import Int32, Int64, TraceTable


@dataclass(frozen=True, slots=True)
class CategoryRows:
    """One row a category, the one with the most time first."""

    category: Int32
    """Text of the table."""
    calls: Int64
    total_ns: Int64
    """Sum of the durations, nested ones included."""


def by_category(table: TraceTable) -> CategoryRows:
    """Count slices and add up their durations by category."""
    slices = table.slices
    group, count = groups.numbered(slices.category)
    first = groups.firsts(group, np.arange(len(slices), dtype=np.int32), count)
    total = groups.sums(group, slices.duration, count)
    order = np.argsort(-total, kind="stable")
    return CategoryRows(
        category=slices.category[first][order],
        calls=groups.counts(group, count)[order],
        total_ns=total[order],
    )
