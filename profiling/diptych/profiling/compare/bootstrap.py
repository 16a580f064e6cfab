"""How sure a ratio of medians is: block bootstrap with expanded percentiles.

Whole blocks are drawn with replacement (Künsch 1989; in a race the same rounds
for both sides, so that what hits both cancels). The interval is the percentile
interval, expanded as Hesterberg (2015, "What Teachers Should Know about the
Bootstrap", section 5.3) gives it: with few blocks the plain one is too narrow.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np

from diptych.profiling.compare.samples import MIN_BLOCKS, Floats, Ints, Side

DRAWS = 2_000
_MOST_RANKS = 4_096
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Interval:
    """An estimate and the interval that holds the true value at ``level``.

    ``low`` and ``high`` are ``None`` where there are fewer than `MIN_BLOCKS`
    blocks. ``error`` is the standard error of the logarithm of a ratio.
    """

    estimate: float
    low: float | None
    high: float | None
    level: float = LEVEL
    error: float | None = None
    blocks: int = 0

    @property
    def excludes_one(self) -> bool:
        """Whether a ratio of 1 is outside."""
        return self.low is not None and self.high is not None and not self.low <= 1 <= self.high


def ratio_of_medians(
    a: Side, b: Side, *, together: bool, draws: int = DRAWS, seed: int = 0, level: float = LEVEL
) -> Interval | None:
    """Return median of ``b`` over median of ``a``: above 1, b needs longer.

    ``together`` says that block i of one side and block i of the other are one
    round. ``None`` if a side has no time. The same input gives the same result.
    """
    if not len(a.times) or not len(b.times):
        return None
    estimate = float(np.median(b.times) / np.median(a.times))
    blocks = min(a.blocks, b.blocks)
    if blocks < MIN_BLOCKS or estimate <= 0:
        return Interval(estimate, None, None, level, None, blocks)
    generator = np.random.default_rng(seed)
    drawn_a = draw(generator, a.blocks, draws)
    drawn_b = drawn_a if together else draw(generator, b.blocks, draws)
    ratios = np.log(resampled_medians(b, drawn_b) / resampled_medians(a, drawn_a))
    ratios = ratios[np.isfinite(ratios)]
    low, high = expanded_percentiles(ratios, blocks, level)
    scale = math.sqrt(blocks / (blocks - 1))
    return Interval(
        estimate, math.exp(low), math.exp(high), level, float(ratios.std()) * scale, blocks
    )


def median_interval(side: Side, quantile: float = 0.5, *, seed: int = 0) -> Interval | None:
    """Return a quantile of one side's times with its interval, ns."""
    if not len(side.times):
        return None
    estimate = float(np.quantile(side.times, quantile))
    if side.blocks < MIN_BLOCKS:
        return Interval(estimate, None, None, blocks=side.blocks)
    drawn = draw(np.random.default_rng(seed), side.blocks, DRAWS)
    found = resampled_medians(side, drawn, quantile)
    low, high = expanded_percentiles(found[np.isfinite(found)], side.blocks, LEVEL)
    return Interval(estimate, low, high, blocks=side.blocks)


def draw(generator: np.random.Generator, blocks: int, draws: int) -> Ints:
    """Return how often each block is drawn, shape (draws, blocks)."""
    return generator.multinomial(blocks, [1 / blocks] * blocks, size=draws).astype(np.int64)


def resampled_medians(side: Side, drawn: Ints, quantile: float = 0.5) -> Floats:
    """Return the median (or ``quantile``) of each resample, shape (draws,); NaN of an empty one.

    Weighted quantile of the sorted times: no resample is ever written out. Of many
    times, neighbours in their order are taken together, `_MOST_RANKS` groups of
    as many: a quantile is then off by less than the next group.
    """
    order = np.argsort(side.times, kind="stable")
    count = len(order)
    groups = min(count, _MOST_RANKS)
    edges = np.linspace(0, count, groups + 1).astype(np.int64)
    group = np.repeat(np.arange(groups), np.diff(edges))
    times = side.times[order][(edges[:-1] + edges[1:] - 1) // 2]
    # How many of a block's times are in each group.
    held = np.zeros((side.blocks, groups), np.float32)
    np.add.at(held, (side.block[order], group), 1)
    result = np.empty(len(drawn))
    rows = max(1, 4_000_000 // max(groups, 1))
    for first in range(0, len(drawn), rows):
        weight = np.cumsum(drawn[first : first + rows].astype(np.float32) @ held, axis=1,
                           dtype=np.float64)  # fmt: skip
        total = weight[:, -1:]
        at = np.argmax(weight > (total - 1) * quantile, axis=1)
        result[first : first + rows] = np.where(total[:, 0] > 0, times[at], np.nan)
    return result


def expanded_percentiles(found: Floats, blocks: int, level: float) -> tuple[float, float]:
    """Return the ends of the expanded percentile interval of bootstrap results."""
    freedom = max(blocks - 1, 1)
    reach = math.sqrt(blocks / freedom) * student_quantile((1 + level) / 2, freedom)
    tail = 1 - NormalDist().cdf(reach)
    low, high = np.quantile(found, (tail, 1 - tail))
    return float(low), float(high)


def student_quantile(probability: float, freedom: int) -> float:
    """Return a quantile of Student's t (Hill 1970, Algorithm 396), for probability > 0.5."""
    if freedom == 1:
        return math.tan(math.pi * (probability - 0.5))
    if freedom == 2:
        two = 2 * (1 - probability)
        return math.sqrt(2 / (two * (2 - two)) - 2)
    return _hill(2 * (1 - probability), freedom)


def _hill(two_tailed: float, n: int) -> float:
    a = 1 / (n - 0.5)
    b = 48 / a**2
    c = ((20700 * a / b - 98) * a - 16) * a + 96.36
    d = ((94.5 / (b + c) - 3) / b + 1) * math.sqrt(a * math.pi / 2) * n
    y = (d * two_tailed) ** (2 / n)
    if y > 0.05 + a:
        x = NormalDist().inv_cdf(two_tailed / 2)
        y = x * x
        if n < 5:
            c += 0.3 * (n - 4.5) * (x + 0.6)
        c = (((0.05 * d * x - 5) * x - 7) * x - 2) * x + b + c
        y = (((((0.4 * y + 6.3) * y + 36) * y + 94.5) / c - y - 3) / b + 1) * x
        y = a * y * y
        y = math.expm1(y) if y > 0.002 else y + 0.5 * y * y
    else:
        y = (
            (1 / (((n + 6) / (n * y) - 0.089 * d - 0.822) * (n + 2) * 3) + 0.5 / (n + 4)) * y - 1
        ) * (n + 1) / (n + 2) + 1 / y
    return math.sqrt(n * y)
