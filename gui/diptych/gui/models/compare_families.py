"""What each family takes of a step, on every side, by phase. No Qt here."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from diptych.profiling.compare.breakdown import PHASES
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.why import REST, Bar, Why

MOST = 10
"""Families that are shown one by one."""


@dataclass(frozen=True, slots=True)
class FamilyBars:
    """``sides[i]`` is ns a step by phase, in the order of `PHASES`; ``None`` where not known.

    ``family`` is `REST` for what is not in operators, whose one value stands under
    the last phase, and ``None`` for the sum of ``folded`` smaller families.
    """

    family: str | None
    sides: tuple[tuple[int, ...] | None, ...]
    folded: int = 0

    @property
    def most(self) -> int:
        """The longest bar, ns."""
        return max((sum(one) for one in self.sides if one is not None), default=0)


def comparable(comparison: Comparison) -> list[Why | None]:
    """Return the waterfalls that have bars, by side."""
    return [w if w is not None and w.comparable else None for w in comparison.why]


def families_of(comparison: Comparison) -> tuple[FamilyBars, ...]:
    """Return the families, the longest first, and last what is not in operators."""
    found = comparable(comparison)
    first = next((why for why in found if why is not None), None)
    if first is None:
        return ()
    sides: list[dict[str, list[int]] | None] = [_sums(first.cells, b=False)]
    sides += [None if why is None else _sums(why.cells, b=True) for why in found[1:]]
    names = {name for side in sides if side for name in side}
    nothing = [0] * len(PHASES)
    made = [
        FamilyBars(
            name,
            tuple(None if side is None else tuple(side.get(name, nothing)) for side in sides),
        )
        for name in names
    ]
    rest = [one for one in made if one.family == REST]
    known = sorted((one for one in made if one.family != REST), key=_order)
    if len(known) > MOST + 1:
        known = [*known[:MOST], _folded(known[MOST:])]
    return (*known, *rest)


def _order(one: FamilyBars) -> tuple[int, str]:
    return -one.most, one.family or ""


def _sums(cells: tuple[Bar, ...], *, b: bool) -> dict[str, list[int]]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0] * len(PHASES))
    for bar in cells:
        at = PHASES.index(bar.phase) if bar.phase in PHASES else len(PHASES) - 1
        sums[bar.family or ""][at] += bar.b if b else bar.a
    return {name: one for name, one in sums.items() if any(one) or name == REST}


def _folded(small: list[FamilyBars]) -> FamilyBars:
    count = len(small[0].sides)
    sides = []
    for at in range(count):
        rows = [one.sides[at] for one in small]
        known = [row for row in rows if row is not None]
        sides.append(tuple(map(sum, zip(*known, strict=True))) if known else None)
    return FamilyBars(None, tuple(sides), len(small))
