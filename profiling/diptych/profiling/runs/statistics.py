"""The numbers of a stretch of steps: what is counted, and what comes of it.

Used by the summary and by whoever shows numbers of a run, so that both show
the same. Definitions and formulas are explained in ``docs/metrics.md``.
"""

from __future__ import annotations

from math import ceil

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.records.kinds import PHASES
from diptych.profiling.records.summary import StepTimes
from diptych.profiling.runs.snapshot import Floats, Ints, StepColumns, StepFlag

_MS = 1e6


_PART = 16_384
"""Steps that are looked through at once for the first that is not marked."""


def counted_steps(steps: StepColumns, warmup: int | None) -> NDArray[np.bool_]:
    """Return which steps count: neither warm-up nor in a profile window.

    ``warmup`` is the number of first steps that are warm-up; steps that the
    agent marked as compiling are left out wherever they are, and so are those
    in which the device only caught up with the warm-up. Shape (steps,).
    """
    # One byte a step: with a flag as it is, eight bytes a step would be made.
    apart = np.uint8(StepFlag.PROFILED | StepFlag.COMPILING)
    counted: NDArray[np.bool_] = (steps.flags & apart) == 0
    counted[: warmup or 0] = False
    first = max(warmup or 0, _marked_at_start(steps))
    counted[first : _caught_up(steps, first, counted)] = False
    return counted


def _marked_at_start(steps: StepColumns) -> int:
    """Return how many first steps the agent marked: all that is known of a very short run."""
    for first in range(0, len(steps), _PART):
        marked = (steps.flags[first : first + _PART] & StepFlag.COMPILING) != 0
        if not marked.all():
            return first + int(np.argmin(marked))
    return len(steps)


def _caught_up(steps: StepColumns, first: int, counted: NDArray[np.bool_]) -> int:
    """Return where the steps end that were queued behind the warm-up's ``first`` steps.

    Python may be dozens of steps ahead when the last warm-up step is complete.
    What was queued by then is done at the device's own pace. If Python cannot
    keep up with that, it is no pace of this run; while these steps are done
    Python queues a few more, and so on until the queue is empty. If Python can,
    the device sets the pace, and these steps are as good as any.
    """
    end = first
    while 0 < end < len(steps) and not np.isnan(steps.completed_at[end - 1]):
        # As an integer: else all beginnings were made floats of.
        stop = int(np.searchsorted(steps.start, ceil(steps.completed_at[end - 1]), "left"))
        known = np.flatnonzero(counted[end:stop] & ~np.isnan(steps.completed[end:stop])) + end
        if not _faster_than_asked(steps.completed[known], steps.dispatched[known]):
            break
        end = stop
    return end


def _faster_than_asked(completed: Floats, dispatched: Ints) -> bool:
    """Return whether the device did these steps in less time than Python needed to ask.

    Without the step that took Python longest: if the script reads a loss there, it
    waits for all that is queued, and that wait is the device's time.
    """
    if not len(dispatched):
        return False
    others = np.arange(len(dispatched)) != np.argmax(dispatched)
    return float(completed[others].sum()) < float(dispatched[others].sum())


def step_times(times_ns: Floats, ruler: str | None) -> StepTimes:
    """Return the milliseconds of ``times_ns``; unknown ones (NaN) are not counted."""
    known = times_ns[~np.isnan(times_ns)] / _MS
    if not len(known):
        return StepTimes(median=None, p95=None, p99=None, mean=None, ruler=ruler, counted=0)
    median, p95, p99 = (float(value) for value in np.percentile(known, (50, 95, 99)))
    return StepTimes(
        median=median,
        p95=p95,
        p99=p99,
        mean=float(known.mean()),
        ruler=ruler,
        counted=len(known),
    )


def phase_means(steps: StepColumns, counted: NDArray[np.bool_]) -> dict[str, float | None]:
    """Return each phase's mean in ms, by its name.

    They add up to the mean dispatched time; to the completed one of fenced steps.
    """
    if not counted.any():
        return dict.fromkeys(PHASES)
    means = steps.phases[:, counted].mean(axis=1) / _MS
    return dict(zip(PHASES, means.tolist(), strict=True))


def samples_per_second(steps: StepColumns, counted: NDArray[np.bool_]) -> float | None:
    """Return samples over completed time, of the steps of which both are known."""
    known = counted & ~np.isnan(steps.samples) & ~np.isnan(steps.completed)
    time = float(steps.completed[known].sum())
    return float(steps.samples[known].sum()) / time * 1e9 if time > 0 else None


def overhead_percent(steps: StepColumns, counted: NDArray[np.bool_]) -> float | None:
    """Return the agent's own time in the training thread, in percent of the steps' time.

    That is the completed time where it is known: Python may run ahead, and
    then the dispatched time is a small part of what a step takes.
    """
    length = np.where(np.isnan(steps.completed), steps.dispatched, steps.completed)
    known = counted & ~np.isnan(steps.cost)
    time = float(length[known].sum())
    return float(steps.cost[known].sum()) / time * 100 if time > 0 else None
