"""Why two runs differ, from what they recorded: their newest windows and the steps in these."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diptych.profiling.compare.breakdown import Breakdown, breakdown
from diptych.profiling.compare.families import Classifier, active
from diptych.profiling.compare.why import Why, why
from diptych.profiling.runs.snapshot import RunSnapshot, WindowState
from diptych.profiling.runs.statistics import counted_steps

SLOWED = 1.1
"""A window's steps are said to be slowed down when they take this many times the others."""


@dataclass(frozen=True, slots=True)
class Profiled:
    """A window that can be explained: its operators, and the mean time of its steps in ns.

    The mean, since the operators are summed over the steps and divided by their
    number. ``slower`` is that over the median of the steps outside, where both are known.
    """

    window: int
    operators: Breakdown
    step: int
    slower: float | None


class NoWindowError(ValueError):
    """A run has no window that can be explained; the text says why."""


def profiled(run: RunSnapshot, classifier: Classifier | None = None) -> Profiled:
    """Return the newest window of ``run`` that has operators and steps of known length.

    Raises `NoWindowError`, and `FamiliesError` for a bad file of the user's.
    """
    if run.framework is None:
        raise NoWindowError("no framework was seen")
    windows = [w for w in run.windows if w.operators is not None and w.rank == 0]
    if not windows:
        raise NoWindowError("no profile window was recorded")
    for window in reversed(windows):
        step = _mean_step(run, window)
        if window.operators is not None and step is not None:
            found = breakdown(window.operators, run.framework.name, classifier)
            return Profiled(window.id, found, step, _slower(run, step))
    raise NoWindowError("when the steps of its window were complete is not known")


def explain(a: RunSnapshot, b: RunSnapshot, classifier: Classifier | None = None) -> Why:
    """Return the waterfall between the newest windows of two runs; raises as `profiled`."""
    rules = classifier or active()
    sides = []
    for name, run in (("A", a), ("B", b)):
        try:
            sides.append(profiled(run, rules))
        except NoWindowError as error:
            raise NoWindowError(f"{name}: {error}") from None
    left, right = sides
    found = why(left.operators, right.operators, left.step, right.step)
    slowed = [
        ("slowed", f"{name}: under the profiler a step took {side.slower:.2f} times the usual")
        for name, side in (("A", left), ("B", right))
        if side.slower is not None and side.slower > SLOWED
    ]
    return found.with_cautions(slowed)


def _mean_step(run: RunSnapshot, window: WindowState) -> int | None:
    if window.first is None or window.last is None:
        return None
    inside = (run.steps.n >= window.first) & (run.steps.n <= window.last)
    times = run.steps.completed[inside]
    if not len(times) or not np.isfinite(times).all():
        return None
    return round(float(times.mean()))


def _slower(run: RunSnapshot, step: int) -> float | None:
    times = run.steps.completed[counted_steps(run.steps, run.warmup)]
    times = times[np.isfinite(times)]
    middle = float(np.median(times)) if len(times) else 0.0
    return step / middle if middle > 0 else None
