"""Where the operators of a profile window spent their time: by family and by phase.

Whole nanoseconds a step, so that sums are exact. Only self time is counted,
and only where it is time of execution: what that is, and whether another
window's may be held against it, stands in `Breakdown.what` and `comparable`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from diptych.profiling.compare.families import (
    UNMATCHED,
    WHOLE_NAMES,
    Classified,
    Classifier,
    active,
)
from diptych.profiling.records.kinds import Operator, Operators

PHASES = ("forward", "backward", "optimizer", "data", "other")
"""Order of the phases of `FamilyRow`."""

Clock = Literal["cpu", "gpu", "gpu_waiting", "none"]
"""What the times are: execution on the CPU, kernels on the GPU, or MXNet's with its waits."""

WHAT: dict[Clock, str] = {
    "cpu": "time of execution on the CPU, without operators inside",
    "gpu": "time of kernels on the GPU, by the operator that launched them",
    "gpu_waiting": "intervals of MXNet's engine on a GPU: they contain waiting for the stream",
    "none": "no operator has a time",
}

_BULK = "ImperativeBulk"
_GRAPH = "CompiledFxGraph"


@dataclass(frozen=True, slots=True)
class Behind:
    """An operator, or a part of one, that stands behind a row. ``ns`` and ``calls`` a step."""

    name: str
    ns: int
    calls: float
    of: str | None = None
    """The whole name, where this is a part of several that ran as one."""


@dataclass(frozen=True, slots=True)
class FamilyRow:
    """One family in one phase, ns a step; what is behind it, longest first."""

    family: str
    phase: str
    ns: int
    operators: tuple[Behind, ...]

    @property
    def ms(self) -> float:
        """Milliseconds a step."""
        return self.ns / 1e6


@dataclass(frozen=True, slots=True)
class Breakdown:
    """One window. ``rows`` are sorted by time; the family of the rest is `UNMATCHED`.

    ``total`` is the sum of the rows. ``shared`` of it was divided among the
    parts of names that stand for several operators: by what the parts took
    elsewhere in the window where all are known there, else equally. ``hidden``
    ran under names that tell no parts; it is unmatched. All ns a step.
    Operators of several threads run at the same time, so the total may be more
    than a step takes.
    """

    framework: str
    steps: int
    rows: tuple[FamilyRow, ...]
    total: int
    shared: int
    hidden: int
    clock: Clock
    hint: str | None = None
    """What would give the hidden operators their names."""

    @property
    def matched_share(self) -> float | None:
        """Part of the time that is in a family, 0 to 1; ``None`` without any time."""
        if not self.total:
            return None
        return 1 - sum(row.ns for row in self.rows if row.family == UNMATCHED) / self.total

    @property
    def comparable(self) -> bool:
        """Whether the times may be held against another window's of the same clock."""
        return self.clock in ("cpu", "gpu")

    @property
    def what(self) -> str:
        """What the times are, in words."""
        return WHAT[self.clock]


def comparable(sides: Iterable[Breakdown]) -> tuple[bool, str]:
    """Say whether windows may be compared with each other, and what is compared, or why not."""
    clocks = sorted({side.clock for side in sides})
    if clocks in (["cpu"], ["gpu"]):
        return True, WHAT[clocks[0]]
    if len(clocks) == 1:
        return False, WHAT[clocks[0]]
    return False, "not the same: " + "; ".join(WHAT[clock] for clock in clocks)


def breakdown(
    operators: Operators,
    framework: str,
    classifier: Classifier | None = None,
    costs: Mapping[str, float] | None = None,
) -> Breakdown:
    """Sum a window up by family and phase.

    ``costs`` are ns a call by name, from a window in which the operators ran one by
    one; they say how the time of bulked names is divided. Raises `FamiliesError`.
    """
    rules = classifier or active()
    clock = clock_of(operators)
    rows: dict[tuple[str, str], dict[tuple[str, str | None], list[int]]] = defaultdict(dict)
    known = {**_single(operators, clock), **(costs or {})}
    steps = max(operators.steps, 1)
    compiled = any(rules.classify(o.name, framework="torch").parts for o in operators.ops)
    shared = hidden = 0
    for operator in operators.ops:
        spent = _time(operator, clock)
        if not spent:
            continue
        found = rules.classify(operator.name, operator.phase, framework)
        if _hides(operator.name, compiled):
            hidden += spent
            phase = operator.phase or ("backward" if operator.name == _BULK else found.phase)
            _add(rows[UNMATCHED, phase], operator.name, None, spent, operator.calls)
            continue
        shared += spent if found.parts else 0
        for family, phase, name, time in _divided(operator.name, found, spent, known):
            whole = operator.name if found.parts else None
            _add(rows[family, phase], name, whole, time, operator.calls)
    made = sorted((_row(f, p, inside, steps) for (f, p), inside in rows.items()), key=_order)
    hint = _hint(framework) if hidden else None
    return Breakdown(
        framework, operators.steps, tuple(made), sum(row.ns for row in made),
        shared // steps, hidden // steps, clock, hint,
    )  # fmt: skip


def clock_of(operators: Operators) -> Clock:
    """Return what the times of a window are."""
    if any(o.engine_self is not None for o in operators.ops):
        waiting = any("gpu" in (o.device or "") and o.engine_self for o in operators.ops)
        return "gpu_waiting" if waiting else "cpu"
    if any(o.device_self for o in operators.ops):
        return "gpu"
    return "cpu" if any(o.host_self for o in operators.ops) else "none"


def single_costs(operators: Operators) -> dict[str, float]:
    """Return ns a call of the operators that ran one by one, for `breakdown`."""
    return _single(operators, clock_of(operators))


def _time(operator: Operator, clock: Clock) -> int:
    if clock == "gpu":
        return operator.device_self or 0
    own = operator.host_self if operator.engine_self is None else operator.engine_self
    return max(own or 0, 0)


def _single(operators: Operators, clock: Clock) -> dict[str, float]:
    sums: dict[str, list[int]] = {}
    for operator in operators.ops:
        if "," not in operator.name:
            both = sums.setdefault(operator.name, [0, 0])
            both[0] += _time(operator, clock)
            both[1] += operator.calls
    return {name: time / calls for name, (time, calls) in sums.items() if calls}


def _hides(name: str, compiled: bool) -> bool:
    """Say whether a name stands for operators that it does not tell."""
    return name == _BULK or (_GRAPH in name and not compiled)


def _hint(framework: str) -> str | None:
    variables = WHOLE_NAMES.get(framework)
    if not variables:
        return None
    text = " ".join(f"{name}={value}" for name, value in variables.items())
    return f"run it with {text} to see them by name"


def _divided(
    name: str, found: Classified, spent: int, known: Mapping[str, float]
) -> list[tuple[str, str, str, int]]:
    """Return family, phase, name and ns of the parts; they add up to ``spent``."""
    if not found.parts:
        return [(found.family, found.phase, name, spent)]
    weights = [known.get(part.name, 0.0) for part in found.parts]
    if found.cut or not all(weights):
        weights = [part.share for part in found.parts]
    sums = [0.0]
    for weight in weights:
        sums.append(sums[-1] + weight)
    edges = [round(spent * s / sums[-1]) for s in sums]
    return [
        (part.family, part.phase, part.name, end - begin)
        for part, (begin, end) in zip(found.parts, pairwise(edges), strict=True)
    ]


def _add(
    inside: dict[tuple[str, str | None], list[int]], name: str, of: str | None, ns: int, calls: int
) -> None:
    both = inside.setdefault((name, of), [0, 0])
    both[0] += ns
    both[1] += calls


def _row(
    family: str, phase: str, inside: Mapping[tuple[str, str | None], list[int]], steps: int
) -> FamilyRow:
    behind = [
        Behind(name, round(ns / steps), calls / steps, of)
        for (name, of), (ns, calls) in inside.items()
    ]
    behind.sort(key=lambda item: (-item.ns, item.name))
    return FamilyRow(family, phase, sum(item.ns for item in behind), tuple(behind))


def _order(row: FamilyRow) -> tuple[bool, int, str, str]:
    return row.family == UNMATCHED, -row.ns, row.family, row.phase
