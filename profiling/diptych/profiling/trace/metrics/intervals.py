"""Sets of intervals: unions, their lengths, and how much of them lies in a stretch.

All times are int64 nanoseconds, ends are exclusive.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from diptych.profiling.trace.table import Int64


class Spans(NamedTuple):
    """Intervals that neither overlap nor touch, sorted."""

    start: Int64
    end: Int64

    @property
    def total(self) -> int:
        """Length of all of them, ns."""
        return int((self.end - self.start).sum())


def union(start: Int64, end: Int64) -> Spans:
    """Return what the intervals cover together; those without a length cover nothing."""
    real = end > start
    if not real.all():
        start, end = start[real], end[real]
    if len(start) == 0:
        return Spans(np.zeros(0, np.int64), np.zeros(0, np.int64))
    if np.any(start[1:] < start[:-1]):
        order = np.argsort(start, kind="stable")
        start, end = start[order], end[order]
    reach = np.maximum.accumulate(end)
    first = np.empty(len(start), np.bool_)
    first[0] = True
    np.greater(start[1:], reach[:-1], out=first[1:])
    last = np.append(first[1:], True)
    return Spans(start[first], reach[last])


def joined(*sets: Spans) -> Spans:
    """Return the union of several sets."""
    return union(
        np.concatenate([s.start for s in sets]) if sets else np.zeros(0, np.int64),
        np.concatenate([s.end for s in sets]) if sets else np.zeros(0, np.int64),
    )


def common(first: Spans, second: Spans) -> int:
    """Return the length that two sets have in common, ns."""
    return first.total + second.total - joined(first, second).total


def within(spans: Spans, start: Int64, end: Int64) -> Int64:
    """Return for each stretch how much of it the spans cover, ns."""
    return _until(spans, end) - _until(spans, start)


def _until(spans: Spans, time: Int64) -> Int64:
    """Return how much of the spans lies before each time."""
    before = np.zeros(len(spans.start) + 1, np.int64)
    np.cumsum(spans.end - spans.start, out=before[1:])
    begun = np.searchsorted(spans.start, time, side="right")
    ends = np.concatenate([np.full(1, np.iinfo(np.int64).min), spans.end])
    past: Int64 = before[begun] - np.maximum(ends[begun], time) + time
    return past
