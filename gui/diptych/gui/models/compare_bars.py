"""The bars of a waterfall, placed one behind the other. No Qt here.

Whole nanoseconds: the first bar begins at side A's step, each begins where the
one before it ends, and the last ends at side B's step.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from diptych.profiling.compare.families import UNMATCHED
from diptych.profiling.compare.why import REST, Bar, Difference, Why

By = Literal["family", "phase", "both"]

MOST = 14
"""Bars by family and phase that are shown one by one; smaller ones are summed up."""


@dataclass(frozen=True, slots=True)
class Step:
    """A bar from ``begin`` to ``end`` (ns); ``parts`` are the small ones that it sums up."""

    bar: Bar
    begin: int
    end: int
    parts: tuple[Bar, ...] = ()

    @property
    def summed(self) -> bool:
        """Whether it stands for several."""
        return bool(self.parts)


def steps_of(why: Why, by: By) -> tuple[Step, ...]:
    """Return the bars in the order in which they are drawn."""
    bars = {"family": why.families, "phase": why.phases, "both": why.cells}[by]
    if not bars:
        return ()
    rest = [bar for bar in bars if REST in (bar.family, bar.phase)]
    known = [bar for bar in bars if bar not in rest]
    unmatched = [bar for bar in known if bar.family == UNMATCHED]
    if by == "family" and not unmatched:
        unmatched = [Bar(UNMATCHED, None, 0, 0)]
    known = [bar for bar in known if bar.family != UNMATCHED]
    small = tuple(known[MOST:]) if by == "both" and len(known) > MOST + 1 else ()
    shown = known[: len(known) - len(small)]
    folded = [Bar(None, None, sum(b.a for b in small), sum(b.b for b in small))] if small else []
    return _placed(why.a, [*shown, *folded, *unmatched, *rest], small)


def _placed(begin: int, bars: Sequence[Bar], small: tuple[Bar, ...]) -> tuple[Step, ...]:
    placed = []
    for bar in bars:
        folded = bar.family is None and bar.phase is None
        placed.append(Step(bar, begin, begin + bar.delta, small if folded else ()))
        begin += bar.delta
    return tuple(placed)


def behind(why: Why, bar: Bar) -> Difference | None:
    """Return the operators behind a bar of one family and phase, where they are known."""
    return next((found for found in why.top if found.bar == bar), None)


def unit_of(most: int) -> tuple[str, float]:
    """Return ms or µs and how many ns it has, for values up to ``most`` ns."""
    return ("ms", 1e6) if abs(most) >= 999_500 else ("µs", 1e3)


def decimals_of(values: Sequence[int], per: float) -> int:
    """Return so many decimals that the largest value has four digits, three at the most."""
    most = max((abs(value) for value in values), default=0) / per
    whole = len(str(int(most)))
    return max(0, min(3, 4 - whole))
