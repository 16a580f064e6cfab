"""The brushed stretch, for each run by itself. No Qt here.

Whoever shows something of a run asks `brushed` when ``Selection.range_changed``
was emitted, and speaks of that stretch only.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diptych.gui.models.completion import completed_at, completed_count
from diptych.gui.models.placing import Axis, Placing
from diptych.profiling.runs.snapshot import RunSnapshot, WindowState


@dataclass(frozen=True, slots=True)
class Brushed:
    """A stretch of one run: after ``low`` and up to ``high``, in ns of CLOCK_MONOTONIC.

    ``first`` and ``last`` are the numbers of the steps completed in it,
    ``None`` where there is none; ``rows`` are theirs in the step columns.
    """

    run: str
    low: int
    high: int
    first: int | None
    last: int | None
    rows: range

    def holds(self, window: WindowState) -> bool:
        """Whether a profile window lies in the stretch, even in part."""
        if window.first is not None and window.last is not None and self.first is not None:
            return window.first <= (self.last or 0) and window.last >= self.first
        if window.start is None:
            return False
        return window.start <= self.high and (window.end or window.start) >= self.low


def brushed(span: tuple[float, float] | None, axis: Axis, snapshot: RunSnapshot) -> Brushed | None:
    """Return what ``span`` on ``axis`` is of a run; ``None`` without a brush."""
    if span is None:
        return None
    placing = Placing(snapshot, axis)
    low, high = (placing.instant(place) for place in span)
    done = completed_at(snapshot)[: completed_count(snapshot)]
    if axis == "step":
        # Step 10 to step 20 is with both of them.
        first, stop = placing.row_at(span[0] - 1e-6) + 1, placing.row_at(span[1]) + 1
        first, stop = min(first, len(done)), min(stop, len(done))
        low = int(done[first - 1]) if first else _begin(snapshot, low)
    else:
        first = int(np.searchsorted(done, low, "right"))
        stop = int(np.searchsorted(done, high, "right"))
    n, there = snapshot.steps.n, stop > first
    return Brushed(
        snapshot.id,
        low,
        high,
        int(n[first]) if there else None,
        int(n[stop - 1]) if there else None,
        range(first, max(first, stop)),
    )


def _begin(snapshot: RunSnapshot, else_: int) -> int:
    return int(snapshot.steps.start[0]) - 1 if len(snapshot.steps) else else_
