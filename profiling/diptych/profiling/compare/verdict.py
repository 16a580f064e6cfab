"""What may be said of a ratio: which side is faster, or that nobody can tell yet.

A difference is claimed only if its interval excludes 1 **and** it is larger
than what the machine shows between two runs of one and the same side. What is not
distinguishable is said to be so, with the number of steps that would settle it.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum

import numpy as np

from diptych.profiling.compare.bootstrap import Interval, ratio_of_medians
from diptych.profiling.compare.samples import MIN_BLOCKS, Side

POWER_Z = 1.959964 + 0.841621
"""Normal quantiles of a two-sided 5 % test that finds a difference in 80 % of cases."""

SAME_WITHIN = 0.01
"""An interval inside 1 ± this is more than "not distinguishable": it is the same."""


class Finding(Enum):
    """What a comparison of two sides ends in."""

    A_FASTER = "a_faster"
    B_FASTER = "b_faster"
    SAME = "same"
    """Equal within `SAME_WITHIN`."""
    NOT_DISTINGUISHABLE = "not_distinguishable"
    TOO_SHORT = "too_short"
    """Fewer than `MIN_BLOCKS` blocks: an estimate, and no interval."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """The finding and what it rests on.

    ``ratio`` is the step time of b over that of a. ``noise_floor`` is the
    largest difference, as a ratio above 1, that one side run twice shows on this
    machine; ``None`` where that was not measured.
    ``more_steps`` says how many further steps of each side would be needed to
    tell a difference of the estimated size; ``None`` where that is not the
    question, or where no number of steps would do (the noise floor).
    """

    finding: Finding
    ratio: Interval
    noise_floor: float | None
    more_steps: int | None = None

    @property
    def times_as_fast(self) -> Interval:
        """The ratio as people say it, 1 or above: the faster side is so many times as fast."""
        if self.ratio.estimate >= 1:
            return self.ratio
        low, high = self.ratio.low, self.ratio.high
        return Interval(
            1 / self.ratio.estimate,
            1 / high if high else None,
            1 / low if low else None,
            self.ratio.level,
            self.ratio.error,
            self.ratio.blocks,
        )


def judge(
    a: Side,
    b: Side,
    *,
    together: bool,
    noise_floor: float | None = None,
    steps: int | None = None,
) -> Verdict | None:
    """Return what can be said of two sides; ``None`` if one has no time at all.

    ``noise_floor`` is that of an A/A experiment on this machine (`noise_of`).
    ``steps`` are those of the shorter side, where a time is that of several.
    """
    ratio = ratio_of_medians(a, b, together=together)
    if ratio is None:
        return None
    finding = _finding(ratio, noise_floor)
    count = min(len(a.times), len(b.times)) if steps is None else steps
    return Verdict(finding, ratio, noise_floor, _more_steps(finding, ratio, noise_floor, count))


def noise_of(a: Side, b: Side, *, together: bool) -> float | None:
    """Return the largest ratio that an A/A experiment (one side twice) leaves possible.

    Two processes of the same work differ by more than their turns do (memory
    layout, placement of threads), which no interval of one race contains.
    ``None`` if the experiment is too short for an interval.
    """
    found = ratio_of_medians(a, b, together=together)
    if found is None or found.low is None or found.high is None:
        return None
    return max(found.high, 1 / found.low)


def _finding(ratio: Interval, floor: float | None) -> Finding:
    if ratio.low is None or ratio.high is None:
        return Finding.TOO_SHORT
    size = abs(math.log(ratio.estimate))
    if ratio.excludes_one and size > math.log(floor or 1.0):
        small = max(abs(math.log(ratio.low)), abs(math.log(ratio.high))) < math.log1p(SAME_WITHIN)
        if small:
            return Finding.SAME
        return Finding.A_FASTER if ratio.estimate > 1 else Finding.B_FASTER
    inside = ratio.low >= 1 / (1 + SAME_WITHIN) and ratio.high <= 1 + SAME_WITHIN
    return Finding.SAME if inside else Finding.NOT_DISTINGUISHABLE


def _more_steps(finding: Finding, ratio: Interval, floor: float | None, steps: int) -> int | None:
    """Scale the standard error with the root of the number of steps."""
    if finding is Finding.TOO_SHORT:
        blocks = max(ratio.blocks, 1)
        return math.ceil(steps / blocks * (MIN_BLOCKS - blocks)) if blocks < MIN_BLOCKS else None
    size = abs(math.log(ratio.estimate))
    beyond_reach = size <= math.log(floor or 1.0)
    if finding is not Finding.NOT_DISTINGUISHABLE or ratio.error is None or beyond_reach:
        return None
    needed = steps * (POWER_Z * ratio.error / size) ** 2
    return max(math.ceil(needed) - steps, 1) if np.isfinite(needed) else None
