"""Step times in blocks: what the statistics of a comparison are made from.

A block is what is drawn as a whole when the bootstrap draws: in a race the
steps of one round of turns (A B B A), in which whatever drifts hits all sides
alike; of a run on its own a stretch long enough for its ends to know little
of one another.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

MIN_BLOCKS = 6
"""Fewer say nothing about a spread: an interval from them is a guess."""
MAX_BLOCKS = 1_000
"""A run on its own is cut into no more: its stretches are longer then."""


@dataclass(frozen=True, slots=True)
class Side:
    """Step times of one side, ns, with the number of the block that each belongs to.

    ``times`` and ``block`` have shape (steps,); blocks are numbered from 0.
    Unknown times must be left out before.
    """

    times: Floats
    block: Ints
    blocks: int

    def __post_init__(self) -> None:
        if len(self.times) != len(self.block):
            raise ValueError("a block number for every time")


def in_turns(times: Floats, round_of: Ints, rounds: int) -> Side:
    """Return the side of a race: ``round_of`` says in which round each step was made."""
    known = np.isfinite(times)
    return Side(times[known], round_of[known].astype(np.int64), rounds)


def alone(times: Floats, length: int | None = None) -> Side:
    """Return a run on its own, cut into stretches of ``length`` steps.

    Without a length it is chosen from the autocorrelation (`block_length`).
    Steps that do not fill the last stretch belong to the one before it.
    """
    known = times[np.isfinite(times)]
    if not len(known):
        return Side(known, np.empty(0, np.int64), 0)
    # Longer stretches are as good, and so many draws of so many blocks take gigabytes.
    least = -(-len(known) // MAX_BLOCKS)
    size = min(max(length or block_length(known), least), len(known))
    count = len(known) // size
    block = np.minimum(np.arange(len(known)) // size, count - 1)
    return Side(known, block, count)


def autocorrelation(values: Floats, lags: int) -> Floats:
    """Return the sample autocorrelation at lags 0 to ``lags``; zeros where nothing varies."""
    centred = values - values.mean()
    size = 1 << (2 * len(centred) - 1).bit_length()
    power = np.abs(np.fft.rfft(centred, size)) ** 2
    found = np.fft.irfft(power, size)[: lags + 1]
    return found / found[0] if found[0] > 0 else np.zeros(lags + 1)


def block_length(times: Floats) -> int:
    """Return how many steps a stretch needs for the bootstrap to keep what neighbours share.

    Politis and White (2004), corrected by Patton, Politis and White (2009), for
    the circular block bootstrap of a mean, on the ranks of the times, so that one
    outlier does not hide the correlation of the others.
    """
    n = len(times)
    if n < 8:
        return 1
    ranks = _ranks(times)
    quiet = max(5, math.ceil(math.sqrt(math.log10(n))))
    most = min(n - 1, math.ceil(math.sqrt(n)) + quiet)
    rho = autocorrelation(ranks, most)
    reach = min(2 * _last_significant(rho, n, quiet), most)
    lags = np.arange(-reach, reach + 1)
    window = _flat_top(np.abs(lags) / max(reach, 1))
    around = rho[np.abs(lags)] * window
    spread = float(np.sum(around))
    slope = float(np.sum(around * np.abs(lags)))
    if spread <= 0 or slope <= 0:
        return 1
    best = math.pow(1.5 * (slope / spread) ** 2 * n, 1 / 3)
    return max(1, min(math.ceil(best), math.ceil(min(3 * math.sqrt(n), n / 3))))


def _ranks(values: Floats) -> Floats:
    """Return the rank of each value; equal ones share theirs."""
    _, which, count = np.unique(values, return_inverse=True, return_counts=True)
    middle = np.cumsum(count) - (count - 1) / 2
    return np.asarray(middle[which], np.float64)


def _last_significant(rho: Floats, n: int, quiet: int) -> int:
    """Return the lag after which ``quiet`` lags in a row are noise."""
    limit = 2 * math.sqrt(math.log10(n) / n)
    loud = np.abs(rho[1:]) >= limit
    for lag in range(len(loud) - quiet + 1):
        if not loud[lag : lag + quiet].any():
            return max(lag, 1)
    return int(np.flatnonzero(loud)[-1]) + 1 if loud.any() else 1


def _flat_top(t: Floats) -> Floats:
    """Return the trapezoid window of Politis and Romano (1995)."""
    return np.clip(2 * (1 - t), 0.0, 1.0)
