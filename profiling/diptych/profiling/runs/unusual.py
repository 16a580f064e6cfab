"""Which steps of a run took unusually long, and where no step ended for long.

Definitions stand in ``docs/metrics.md``. The search keeps up with a run that
grows: rows whose surroundings are complete are judged once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from diptych.profiling.runs.columns import Column
from diptych.profiling.runs.snapshot import EvalSpan, Floats, Ints, StepColumns

STALL_TIMES, STALL_LEAST = 10.0, 500_000_000
"""A stall is so many times the usual time between two steps, and so many ns, at least."""

SLOW_TIMES, SLOW_SIGMAS = 1.5, 6.0
"""A step is slow beyond so many times its neighbours' median and so many robust sigmas above."""

_BLOCK = 128
"""Rows that are judged together, by themselves and the block before and after them."""

_AT_ONCE = 512 * _BLOCK
"""Rows that one update looks through: some milliseconds."""


@dataclass(frozen=True, slots=True)
class Stall:
    """No step ended after ``start`` until ``end`` (ns); ``row`` is the one that ended it.

    ``row`` is ``None`` while it lasts; then ``end`` is the newest that is known.
    ``validation`` is how much of it was validation, which is not in ``length``.
    """

    row: int | None
    start: int
    end: int
    validation: int = 0

    @property
    def length(self) -> int:
        """How long no step ended, in ns, without validation."""
        return self.end - self.start - self.validation


@dataclass(frozen=True, slots=True)
class Unusual:
    """``slow``: rows of steps that took unusually long, rising; and the stalls, in order.

    While not ``whole``, more may be found by the next update.
    """

    slow: Ints
    stalls: tuple[Stall, ...]
    whole: bool = True


class UnusualSearch:
    """Looks through the steps of one run as they come."""

    def __init__(self) -> None:
        self._forget()

    def _forget(self) -> None:
        self._judged = 0
        self._slow = Column(np.int64)
        self._gaps = Column(np.int64)
        self._last: int | None = None

    def update(
        self,
        steps: StepColumns,
        done: Ints,
        *,
        settled: int,
        warmup: int | None,
        evals: Sequence[EvalSpan] = (),
        newest: int | None = None,
    ) -> Unusual:
        """Return what is unusual among the first ``len(done)`` of ``steps``.

        ``done`` is when they were completed (ns, rising). The first ``settled``
        of them are known for good. Of the first ``warmup`` nothing is said.
        ``newest`` is the newest instant known of a run that goes on: a stall
        may last at it.
        """
        if self._begins_anew(steps):
            self._forget()
        count = len(done)
        lengths, aside = step_lengths(steps)[:count], steps.dispatched[:count]
        ready = max(0, (min(settled, count) // _BLOCK - 1) * _BLOCK)
        ready = min(ready, self._judged + _AT_ONCE)
        if ready > self._judged:
            slow, gaps = _judge(lengths, aside, done, self._judged, ready)
            self._slow.extend(slow)
            self._gaps.extend(gaps)
            self._judged, self._last = ready, int(steps.start[ready - 1])
        first = max(self._judged, count - _AT_ONCE)
        slow, gaps = _judge(lengths, aside, done, first, count)
        least = max(1, warmup or 0)
        slow = np.concatenate((self._slow.values, slow))
        gaps = np.concatenate((self._gaps.values, gaps))
        slow, gaps = slow[np.searchsorted(slow, least) :], gaps[np.searchsorted(gaps, least) :]
        stalls = [_stall(int(row), done, evals) for row in gaps.tolist()]
        stalls = [stall for stall in stalls if stall.length >= STALL_LEAST]
        whole = count - self._judged <= _AT_ONCE
        return Unusual(slow, (*stalls, *_lasting(done, least, newest, evals)), whole)

    def _begins_anew(self, steps: StepColumns) -> bool:
        """Whether this is another journal: nothing of the old one holds."""
        if not self._judged:
            return False
        return len(steps) < self._judged or int(steps.start[self._judged - 1]) != self._last


def step_lengths(steps: StepColumns) -> Floats | Ints:
    """Return each step's completed time in ns; dispatched where no completion is known at all."""
    tail = steps.completed[-4096:]
    return steps.completed if np.isfinite(tail).any() else steps.dispatched


def _judge(
    lengths: Floats | Ints, dispatched: Ints, done: Ints, first: int, stop: int
) -> tuple[Ints, Ints]:
    """Return the slow rows and the rows after a gap, among ``first`` (a block's) to ``stop``.

    A step whose completion is not known is held against the dispatched times around it.
    """
    if stop <= first:
        return np.empty(0, np.int64), np.empty(0, np.int64)
    low, high = max(0, first - _BLOCK), min(len(done), stop + _BLOCK)
    times = np.asarray(lengths[low:high], np.float64)
    apart = np.diff(done[low:high], prepend=done[max(0, low - 1)]).astype(np.float64)
    slow = times > _limit(times, SLOW_TIMES, SLOW_SIGMAS)
    unknown = ~np.isfinite(times)
    if unknown.any():
        others = np.asarray(dispatched[low:high], np.float64)
        slow |= unknown & (others > _limit(others, SLOW_TIMES, SLOW_SIGMAS))
    far = apart > np.fmax(STALL_LEAST, _limit(apart, STALL_TIMES, 0.0))
    part = slice(first - low, stop - low)
    return first + np.flatnonzero(slow[part]), first + np.flatnonzero(far[part])


def _limit(values: Floats, times: float, sigmas: float) -> Floats:
    """Return what each value must be beyond: by its own block, the one before and the one after.

    The highest of the three counts: where a run changes its pace no single step is unusual.
    """
    whole = -(-len(values) // _BLOCK)
    padded = np.full(whole * _BLOCK, np.nan)
    padded[: len(values)] = values
    blocks = padded.reshape(whole, _BLOCK)
    middle = _medians(blocks)
    sigma = 1.4826 * _medians(np.abs(blocks - middle[:, np.newaxis]))
    limit = np.fmax(times * middle, middle + sigmas * sigma)
    near = np.pad(limit, 1, constant_values=np.nan)
    limit = np.fmax(np.fmax(near[:-2], near[2:]), limit)
    return np.repeat(limit, _BLOCK)[: len(values)]


def _medians(blocks: Floats) -> Floats:
    """Return the median of the known values of each row; NaN where there are none."""
    known = np.isfinite(blocks).sum(axis=1)
    ordered = np.sort(blocks, axis=1) if (known < blocks.shape[1]).any() else None
    if ordered is None:
        whole: Floats = np.partition(blocks, _BLOCK // 2, axis=1)[:, _BLOCK // 2]
        return whole
    # NaN sorts last.
    middle: Floats = ordered[np.arange(len(blocks)), np.minimum(known // 2, _BLOCK - 1)]
    return middle


def _stall(row: int, done: Ints, evals: Sequence[EvalSpan]) -> Stall:
    start, end = int(done[row - 1]), int(done[row])
    return Stall(row, start, end, _overlap(start, end, evals))


def _overlap(start: int, end: int, evals: Sequence[EvalSpan]) -> int:
    return sum(max(0, min(end, e.end) - max(start, e.start)) for e in evals)


def _lasting(
    done: Ints, least: int, newest: int | None, evals: Sequence[EvalSpan]
) -> tuple[Stall, ...]:
    """Return the stall that goes on now, if one does."""
    if newest is None or len(done) <= max(least, 2):
        return ()
    lately = np.diff(done[-3 * _BLOCK :])
    start = int(done[-1])
    stall = Stall(None, start, newest, _overlap(start, newest, evals))
    usual = STALL_TIMES * float(np.median(lately))
    return (stall,) if stall.length > max(STALL_LEAST, usual) else ()
