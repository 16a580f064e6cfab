"""Axes: round ticks, ranges that one outlier cannot blow up, labels of time. No Qt here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import ceil, floor, log10

import numpy as np

from diptych.gui.plots.reduce import Floats, Ints
from diptych.gui.text.format import MINUS, NBSP

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_TIME_STEPS = (
    *(m * 10.0**e for e in range(-6, 1) for m in (1, 2, 5)),
    *(10.0, 15.0, 30.0, 60.0, 120.0, 300.0, 600.0, 900.0, 1800.0),
    *(3600.0 * hours for hours in (1, 2, 3, 6, 12, 24, 48, 120, 240)),
)
_OUTLIER = 2.0
"""A peak beyond this many times the 98th percentile is cut off and marked."""
_ROUNDING = 1e-4
"""So small a part of the range below 0 (a loss of −2e-7) is a rounding error."""
_FAR = 3.0
"""A bar beyond this many times what three of four steps stay below is cut off and marked."""


@dataclass(frozen=True, slots=True)
class Axis:
    """Range and labelled ticks of one y axis."""

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int

    def label(self, value: float) -> str:
        """Return ``value`` as it stands beside the plot."""
        if abs(value) >= 100_000:
            text = _large(value, self.ticks[-1])
        else:
            text = f"{value:,.{self.decimals}f}" if value else "0"
        return text.replace("-", MINUS)


def _large(value: float, most: float) -> str:
    for least, one, letter in (
        (1e16, 0.0, ""),
        (1e13, 1e12, "T"),
        (1e10, 1e9, "G"),
        (1e7, 1e6, "M"),
    ):
        if most >= least:
            return f"{value / one:g}{letter}" if one else f"{value:.0e}"
    return f"{value / 1e3:,.0f}k"


def axis(low: float, high: float, count: int) -> Axis:
    """Return an axis over ``low`` to ``high`` with about ``count`` round ticks (3 to 5)."""
    if not (np.isfinite(low) and np.isfinite(high)):
        low, high = 0.0, 1.0
    if high <= low:
        high = low + (abs(low) or 1.0)
    step = round_step((high - low) / max(1, count - 1))
    first, last = floor(low / step + 1e-9), ceil(high / step - 1e-9)
    ticks = tuple(i * step for i in range(first, last + 1))
    decimals = max(0, -floor(log10(step) + 1e-9))
    if decimals and round(step, decimals) != round(step, decimals + 2):
        decimals += 1
    elif not decimals and step != round(step):
        decimals = 1
    return Axis(ticks[0], ticks[-1], ticks, decimals)


def round_step(step: float) -> float:
    """Return the next 1, 2, 2.5 or 5 times a power of ten."""
    power = 10.0 ** floor(log10(step))
    return next(m * power for m in _STEPS if m * power >= step * (1 - 1e-9))


def robust_range(values: list[Floats], *, zero: bool) -> tuple[float, float]:
    """Return the range that shows every one of ``values`` well, without what stands far out.

    Each is judged by itself: a slow run beside a fast one is no outlier.
    (NaN, NaN) when nothing is known. ``zero`` makes it begin at 0.
    """
    known = [part for part in (v[np.isfinite(v)] for v in values) if len(part)]
    if not known:
        return float("nan"), float("nan")
    low = min(float(part.min()) for part in known)
    high = max(float(part.max()) for part in known)
    base = min(0.0, low) if zero else low
    if base < 0 < high and -base < _ROUNDING * high:
        base = 0.0
    return base, max(_top(part, base) if zero else float(part.max()) for part in known)


def _top(known: Floats, base: float) -> float:
    high = float(known.max())
    rank = min(len(known) - 1, int(0.98 * len(known)))
    usual = float(np.partition(known, rank)[rank])
    if high - base > _OUTLIER * (usual - base) > 0:
        return base + 1.25 * (usual - base)
    return high


def usual_top(bars: Floats, steps: Ints) -> float:
    """Return the highest of ``bars`` that is not far above most of the ``steps`` in them.

    Steps are what is counted, not bars: a loop that waits for a second in
    every twentieth step shows few bars besides the waits. NaN without bars.
    """
    known = np.isfinite(bars)
    bars, steps = bars[known], steps[known]
    if not len(bars):
        return float("nan")
    order = np.argsort(bars)
    upto = np.cumsum(steps[order])
    usual = float(bars[order][np.searchsorted(upto, 0.75 * upto[-1])])
    near = bars[bars <= _FAR * usual] if usual > 0 else bars
    return float(near.max())


def time_ticks(low: float, high: float, room: int) -> list[float]:
    """Return at most ``room`` round instants between ``low`` and ``high`` s."""
    span = max(high - low, 1e-9)
    step = next((s for s in _TIME_STEPS if span / s <= room), _TIME_STEPS[-1])
    return [i * step for i in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def time_label(seconds: float, span: float) -> str:
    """Return an instant with the digits that a picture of ``span`` s needs."""
    if abs(seconds) < 1e-12:
        return "0"
    if span >= 7200 or abs(seconds) >= 7200:
        whole = round(seconds)
        return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"
    decimals = max(0, min(6, 1 - floor(log10(max(span, 1e-9) / 4))))
    text = f"{seconds:.{decimals}f}".replace("-", MINUS)
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text}{NBSP}s"


def step_ticks(low: float, high: float, room: int) -> list[float]:
    """Return at most ``room`` round step numbers between ``low`` and ``high``."""
    step = max(1.0, round_step(max(high - low, 1.0) / max(1, room)))
    step = 5.0 if step == 2.5 else step
    return [i * step for i in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def step_label(place: float, _span: float) -> str:
    """Return a step number; between two of them that of the nearer one."""
    return f"{round(place):,}".replace("-", MINUS)


@dataclass(frozen=True, slots=True)
class Unit:
    """What the shared axis counts: its ticks, its labels, and the least that can be shown."""

    key: str
    ticks: Callable[[float, float, int], list[float]]
    label: Callable[[float, float], str]
    least: float
    grain: float
    """What cannot be divided: 1 where whole numbers are counted."""


SECONDS = Unit("time", time_ticks, time_label, 1e-4, 0.0)
STEPS = Unit("step", step_ticks, step_label, 2.0, 1.0)
