"""Sides that differ in one number: what comes of it, line by line."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from diptych.profiling.compare.bootstrap import Interval
from diptych.profiling.compare.comparison import Compared, Comparison

_NO_KNOBS = ("seed", "steps")
"""What is asked for, and no property of the work."""
_FAR = 8.0
"""Where the largest value is so many times the smallest, the axis is logarithmic."""


@dataclass(frozen=True, slots=True)
class Point:
    """A side: the knob's ``value``, samples a second and ns a step, each with its interval."""

    side: int
    value: float
    throughput: Interval | None
    latency: Interval | None


@dataclass(frozen=True, slots=True)
class Line:
    """Points in order of the knob. ``first`` is the side whose look the line has."""

    label: str
    framework: str | None
    points: tuple[Point, ...]

    @property
    def first(self) -> int:
        """The side with the lowest number."""
        return min(point.side for point in self.points)


@dataclass(frozen=True, slots=True)
class Scaling:
    """``knob`` was swept over ``values``."""

    knob: str
    values: tuple[float, ...]
    lines: tuple[Line, ...]
    log: bool


def scaling_of(comparison: Comparison | None) -> Scaling | None:
    """Return what a sweep shows; ``None`` where there was none: no, or more than one number."""
    knobs = [_knobs(side) for side in comparison.sides] if comparison else []
    if comparison is None or len(knobs) < 2 or not all(knobs):
        return None
    names = sorted({name for one in knobs for name in one})
    differing = [name for name in names if len({str(one.get(name)) for one in knobs}) > 1]
    swept = [name for name in differing if all(_number(one.get(name)) for one in knobs)]
    if len(swept) != 1:
        return None
    knob = swept[0]
    others = [name for name in differing if name != knob]
    lines = _lines(comparison, knobs, knob, others)
    if not any(len(line.points) > 1 for line in lines):
        return None
    values = tuple(sorted({point.value for line in lines for point in line.points}))
    return Scaling(knob, values, lines, values[0] > 0 and values[-1] / values[0] >= _FAR)


_Knobs = dict[str, str | int | float | bool]


def _knobs(side: Compared) -> _Knobs:
    request = side.run.manifest.request if side.run.manifest is not None else None
    if request is None:
        return {}
    return {name: value for name, value in request.knobs.items() if name not in _NO_KNOBS}


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _lines(
    comparison: Comparison, knobs: list[_Knobs], knob: str, others: list[str]
) -> tuple[Line, ...]:
    points: dict[tuple[str, ...], list[Point]] = defaultdict(list)
    labels: dict[tuple[str, ...], tuple[str, str | None]] = {}
    for at, (side, known) in enumerate(zip(comparison.sides, knobs, strict=True)):
        framework = side.run.framework.name if side.run.framework is not None else None
        key = (str(framework), *(str(known.get(name, "")) for name in others))
        value = float(known[knob])
        points[key].append(Point(at, value, side.rate, side.quantiles.get(0.5)))
        labels.setdefault(key, (_without(side.label, knob, known[knob]), framework))
    made = []
    for key, found in points.items():
        label, framework = labels[key]
        ordered = tuple(sorted(found, key=lambda point: (point.value, point.side)))
        made.append(Line(label, framework, ordered))
    return tuple(made)


def _without(label: str, knob: str, value: object) -> str:
    """Return a side's name without the knob that the axis shows."""
    said = f"{knob.replace('_', ' ')} {value}"
    head, comma, tail = label.partition(", ")
    kept = [word for word in tail.split(", ") if word and word != said]
    return f"{head}{comma}{', '.join(kept)}" if kept else head
