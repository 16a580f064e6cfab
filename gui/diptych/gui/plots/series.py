"""What one curve shows, and what of it one picture shows. No Qt here."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import Enum
from math import ceil, isfinite

import numpy as np

from diptych.gui.plots.reduce import Floats, Ints, Numbers

_LATELY = 4096
"""Rows that are looked through for a known value before all are."""


class Kind(Enum):
    """How rows become a picture."""

    LINE = "line"
    """Every value; least and greatest of a bucket."""
    MEDIAN = "median"
    """A line of medians, over a faint band of the raw values unless it is dashed beside another."""
    STACK = "stack"
    """Means of several columns, one upon the other."""
    RATE = "rate"
    """Sum of ``values`` over sum of ``under``."""


@dataclass(frozen=True, slots=True)
class Series:
    """One curve of one run.

    ``t`` is int64 and rising, ``origin`` its zero, ``per`` how much of it is 1
    on the shared axis (ns: 1e9 for seconds); ``values`` has shape (n,), or
    (rows, n) for a stack; shown is ``values * scale``. ``gap`` is the longest
    time between two rows that a line may bridge. ``begin`` is where each row
    began, where a row lasts for a while. A ``dashed`` line goes with a solid one
    of its run unless it is ``alone``: then its single values count too. ``group``
    names the run in the legend, ``mark`` is ``dot`` or ``square``. ``key`` names
    the column in all pictures, so that what was reduced is kept; the first ``settled`` rows
    (``None``: all) will never change. ``odd`` are places (like ``t``) of values
    that are no finite number, with what they are; from the place ``lost`` on
    all of them are such, which its words say. ``why`` says why a value that is
    not known is not.
    """

    group: str
    label: str
    colour: str
    mark: str
    t: Ints
    values: Numbers
    origin: int
    scale: float = 1.0
    kind: Kind = Kind.LINE
    dashed: bool = False
    under: Numbers | None = None
    begin: Ints | None = None
    gap: int | None = None
    colours: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    per: float = 1e9
    key: Hashable = None
    settled: int | None = None
    odd: tuple[tuple[int, str], ...] = ()
    lost: tuple[int, str] | None = None
    why: str = ""
    alone: bool = False

    @property
    def banded(self) -> bool:
        """Whether raw values are seen behind the line of medians."""
        return self.alone or not self.dashed

    @property
    def sure(self) -> int:
        """How many of the first rows will never change."""
        return len(self.t) if self.settled is None else min(self.settled, len(self.t))

    def places(self, t: Ints) -> Floats:
        """Return where on the shared axis values of ``t`` are."""
        return (t - self.origin) / self.per

    def value_at(self, place: float) -> float:
        """Return the value of the row nearest to ``place``; NaN beyond all rows, and in gaps."""
        wanted = place * self.per + self.origin
        row = nearest(self.t, wanted)
        if row is None or (self.gap is not None and abs(float(self.t[row]) - wanted) > self.gap):
            return float("nan")
        value = float(self.values[row]) * self.scale
        return value if isfinite(value) else float("nan")

    def newest(self, high: float) -> float:
        """Return the place of the last known value up to the place ``high``, NaN without one."""
        stop = int(np.searchsorted(self.t, round(high * self.per) + self.origin, "right"))
        for first in (max(0, stop - _LATELY), 0):
            known = np.flatnonzero(np.isfinite(self.values[first:stop]))
            if len(known):
                return float(self.t[first + known[-1]] - self.origin) / self.per
        return float("nan")

    def lost_at(self, place: float) -> str:
        """Return since when every value is NaN, if ``place`` lies in that stretch."""
        span = self.span()
        if self.lost is None or span is None:
            return ""
        begun = (self.lost[0] - self.origin) / self.per
        return self.lost[1] if begun <= place <= span[1] else ""

    def span(self) -> tuple[float, float] | None:
        """Return first and last place on the axis, ``None`` without rows."""
        if not len(self.t):
            return None
        first, last = int(self.t[0]) - self.origin, int(self.t[-1]) - self.origin
        return first / self.per, last / self.per


@dataclass(frozen=True, slots=True)
class Drawn:
    """A curve reduced to one picture: ``x`` in s, ``y`` in the unit of the plot.

    ``low`` and ``high`` over ``band_x`` are the raw band. ``areas`` has one row
    more than the stack has columns, the first being 0; each of its bars reaches
    from ``x`` to ``right``, over ``steps`` rows. ``peak`` is the greatest value of each bucket at
    ``peak_x``, for outliers.
    """

    x: Floats
    y: Floats
    band_x: Floats = field(default_factory=lambda: np.empty(0))
    low: Floats = field(default_factory=lambda: np.empty(0))
    high: Floats = field(default_factory=lambda: np.empty(0))
    areas: Floats | None = None
    right: Floats = field(default_factory=lambda: np.empty(0))
    steps: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    whole: bool = True
    """Whether everything was worked out; if not, drawing again goes on with it."""
    part: float = 1.0
    """How much of what it takes to draw anything was worked out."""

    @property
    def peak_x(self) -> Floats:
        """Where `peak` stands."""
        return self.band_x if len(self.band_x) else self.x

    @property
    def peak(self) -> Floats:
        """The greatest value that is to be seen at each place."""
        return self.high if len(self.band_x) else self.y

    def at(self, x: float) -> float:
        """Return the value drawn nearest to ``x``, NaN beyond the ends of the curve.

        Of a stack it is that of the bar at ``x``.
        """
        index = self._index(x)
        return float("nan") if index is None else float(self.y[index])

    def parts_at(self, x: float) -> list[float]:
        """Return each column of the bar of a stack at ``x``."""
        index = self._index(x)
        if self.areas is None or index is None:
            return []
        parts: list[float] = np.diff(self.areas[:, index]).tolist()
        return parts

    def _index(self, x: float) -> int | None:
        if self.areas is None:
            return nearest(self.x, x)
        index = int(np.searchsorted(self.x, x, "right")) - 1
        return index if index >= 0 and x <= self.right[index] else None


def nearest(x: Floats | Ints, at: float) -> int | None:
    """Return the index of the entry of rising ``x`` nearest to ``at``, within its ends."""
    if not len(x) or not x[0] <= at <= x[-1]:
        return None
    # A float among integers would make floats of all of them, which takes long.
    right = int(np.searchsorted(x, ceil(at) if x.dtype.kind == "i" else at))
    left = max(0, right - 1)
    return left if at - x[left] <= x[min(right, len(x) - 1)] - at else right
