"""How often which duration occurs: bins on a linear or a logarithmic axis. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, log10, sqrt

import numpy as np
from numpy.typing import NDArray

from diptych.gui.plots.scale import axis

Floats = NDArray[np.float64]
_MOST = 60
_FEWEST = 8
SPREAD = 30.0
"""Durations that differ by more than this factor are seen better on a logarithmic axis."""


@dataclass(frozen=True, slots=True, eq=False)
class Bins:
    """``edges`` has one entry more than ``counts``; ns."""

    edges: Floats
    counts: NDArray[np.int64]
    log: bool
    ticks: tuple[float, ...]
    """Round durations, ns."""

    def place(self, value: float) -> float:
        """Return where a duration lies, 0 at the left end and 1 at the right."""
        low, high = float(self.edges[0]), float(self.edges[-1])
        if self.log:
            low, high, value = log10(low), log10(high), log10(max(value, 1e-9))
        return (value - low) / (high - low) if high > low else 0.5


def wants_log(values: NDArray[np.int64]) -> bool:
    """Say whether durations are so far apart that a linear axis would show one bar."""
    known = values[values > 0]
    return bool(len(known)) and float(known.max()) > SPREAD * float(known.min())


def make_bins(values: NDArray[np.int64], *, log: bool) -> Bins:
    """Return the histogram of durations (ns, at least one).

    A logarithmic axis has no place for durations of 0: they are left out, unless all are.
    """
    log = log and bool((values > 0).any())
    shown = (values[values > 0] if log else values).astype(np.float64)
    low, high = float(shown.min()), float(shown.max())
    count = int(min(_MOST, max(_FEWEST, 2 * sqrt(len(values)))))
    if high <= low:
        low, high = (low / 1.6, high * 1.6) if log else (low * 0.9, high * 1.1 + 1)
        count = 9
    spread = np.geomspace if log else np.linspace
    edges: Floats = spread(low, high, count + 1)
    edges[0], edges[-1] = low, high
    counts, _ = np.histogram(shown, edges)
    return Bins(edges, counts.astype(np.int64), log, _ticks(low, high, log=log))


def _ticks(low: float, high: float, *, log: bool) -> tuple[float, ...]:
    if not log:
        return tuple(tick for tick in axis(low, high, 4).ticks if low <= tick <= high)
    first, last = floor(log10(low)), ceil(log10(high))
    steps = (1, 2, 5) if high / low < 50 else (1,)
    every = [m * 10.0**e for e in range(first, last + 1) for m in steps]
    return tuple(tick for tick in every if low <= tick <= high)
