"""Why one side's step takes longer: a waterfall from A's step to B's.

Everything is whole nanoseconds a step, so the bars add up to the difference of
the steps exactly. What no operator explains is the last bar: gaps, the
framework and Python. It is negative where operators ran at the same time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace

from diptych.profiling.compare.breakdown import PHASES, Behind, Breakdown, FamilyRow, comparable
from diptych.profiling.compare.families import UNMATCHED

REST = "rest"
"""Family and phase of the last bar: not in operators."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a family, a phase, or both; ``None`` where it is over all of them."""

    family: str | None
    phase: str | None
    a: int
    b: int

    @property
    def delta(self) -> int:
        """Nanoseconds a step that B needs more than A."""
        return self.b - self.a


@dataclass(frozen=True, slots=True)
class Difference:
    """A bar and the operators behind it on both sides, longest first."""

    bar: Bar
    a: tuple[Behind, ...]
    b: tuple[Behind, ...]


@dataclass(frozen=True, slots=True)
class Why:
    """From A's step (``a`` ns) to B's (``b`` ns).

    ``families``, ``phases`` and ``cells`` (both together) each add up to
    ``b - a``; the first two are sorted by size (phases in their order), with the rest last.
    ``top`` are the cells that differ most. ``cautions`` say what the bars do not
    show, as ``(code, text)``. With ``comparable`` false there are no bars, and
    ``what`` says why; else it says what is compared.
    """

    a: int
    b: int
    comparable: bool
    what: str
    families: tuple[Bar, ...] = ()
    phases: tuple[Bar, ...] = ()
    cells: tuple[Bar, ...] = ()
    top: tuple[Difference, ...] = ()
    matched_share: float | None = None
    """The smaller of both sides' shares."""
    cautions: tuple[tuple[str, str], ...] = ()

    def with_cautions(self, more: Iterable[tuple[str, str]]) -> Why:
        """Return the same with further cautions."""
        return replace(self, cautions=(*self.cautions, *more))


def why(a: Breakdown, b: Breakdown, a_step: int, b_step: int, top: int = 10) -> Why:
    """Explain the difference of two steps (ns) by their windows' operators.

    The step times should be those of the windows' own steps: with the profiler
    on, operators take longer than without.
    """
    can, what = comparable((a, b))
    if not can:
        return Why(a_step, b_step, False, what)
    left, right = _cells(a.rows), _cells(b.rows)
    keys = sorted({*left, *right})
    cells = [Bar(f, p, _ns(left.get((f, p))), _ns(right.get((f, p)))) for f, p in keys]
    rest = Bar(REST, REST, a_step - a.total, b_step - b.total)
    families = sorted(_summed(cells, "family"), key=_size)
    phases = sorted(_summed(cells, "phase"), key=lambda bar: PHASES.index(bar.phase or "other"))
    cells.sort(key=_size)
    differing = [bar for bar in cells if bar.delta][:top]
    shares = [s for s in (a.matched_share, b.matched_share) if s is not None]
    return Why(
        a_step, b_step, True, what,
        (*families, Bar(REST, None, rest.a, rest.b)),
        (*phases, Bar(None, REST, rest.a, rest.b)),
        (*cells, rest),
        tuple(_difference(bar, left, right) for bar in differing),
        min(shares) if shares else None,
        tuple(_cautions(a, b, rest)),
    )  # fmt: skip


_Cells = dict[tuple[str, str], FamilyRow]


def _cells(rows: Iterable[FamilyRow]) -> _Cells:
    return {(row.family, row.phase): row for row in rows}


def _ns(row: FamilyRow | None) -> int:
    return row.ns if row else 0


def _size(bar: Bar) -> tuple[int, str, str]:
    return -abs(bar.delta), bar.family or "", bar.phase or ""


def _summed(cells: Iterable[Bar], by: str) -> list[Bar]:
    sums: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for bar in cells:
        both = sums[bar.family or "" if by == "family" else bar.phase or ""]
        both[0] += bar.a
        both[1] += bar.b
    family = by == "family"
    return [Bar(k if family else None, None if family else k, a, b) for k, (a, b) in sums.items()]


def _difference(bar: Bar, left: _Cells, right: _Cells) -> Difference:
    key = (bar.family or "", bar.phase or "")
    a, b = left.get(key), right.get(key)
    return Difference(bar, a.operators if a else (), b.operators if b else ())


_WRITTEN_OUT = {
    "attention": "attention is one operator on one side; on the other it is matrix products,"
    " softmax and copies",
    "recurrent": "the recurrent layers are operators of their own on one side; on the other they"
    " are matrix products and activations",
    "embedding": "the embedding is an operator of its own on one side only; on the other it is"
    " a copy",
}


def _cautions(a: Breakdown, b: Breakdown, rest: Bar) -> Iterable[tuple[str, str]]:
    has = [{row.family for row in side.rows} for side in (a, b)]
    for family, text in _WRITTEN_OUT.items():
        if (family in has[0]) != (family in has[1]):
            yield f"written_out_{family}", text
    for name, side, left in (("A", a, rest.a), ("B", b, rest.b)):
        if left < 0:
            yield "at_once", f"{name}: operators ran at the same time; their sum exceeds the step"
        if side.hidden:
            share = side.hidden / side.total
            more = f"; {side.hint}" if side.hint else ""
            yield "hidden", f"{name}: {share:.0%} ran under names that tell no operator{more}"
        if side.shared:
            share = side.shared / side.total
            yield "shared", f"{name}: {share:.0%} is divided among operators that ran as one"
        unknown = 1 - (side.matched_share or 0)
        if unknown > 0.05 and any(r.family == UNMATCHED for r in side.rows):
            yield "unmatched", f"{name}: {unknown:.0%} is in no family"
