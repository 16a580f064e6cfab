"""Sides that differ in one number, such as the batch size: what they scale with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

from diptych.profiling.compare.comparison import Comparison

_LENGTHS = ("steps",)
"""Knobs that say how long a run is, not what it does."""


@dataclass(frozen=True, slots=True)
class Curve:
    """Sides alike in all but the swept knob; ``points`` are (value, side), by value."""

    label: str
    points: tuple[tuple[float, int], ...]


@dataclass(frozen=True, slots=True)
class Sweep:
    """The knob, and one curve for each kind of side."""

    knob: str
    curves: tuple[Curve, ...]


def sweep_of(comparison: Comparison) -> Sweep | None:
    """Return how the sides make curves; ``None`` where no knob was swept.

    A knob was swept if every side has another side that differs from it in
    that number alone.
    """
    knobs = [_knobs(comparison, at) for at in range(len(comparison.sides))]
    if any(found is None for found in knobs):
        return None
    known = [found or {} for found in knobs]
    names = sorted({name for found in known for name in found} - set(_LENGTHS))
    for name in names:
        if (found := _along(comparison, known, name)) is not None:
            return found
    return None


def _knobs(comparison: Comparison, at: int) -> dict[str, str | int | float | bool] | None:
    manifest = comparison.sides[at].run.manifest
    if manifest is None or manifest.request.workload is None:
        return None
    request = manifest.request
    return {**request.knobs, " framework": request.framework, " workload": request.workload or ""}


def _along(
    comparison: Comparison, knobs: list[dict[str, str | int | float | bool]], name: str
) -> Sweep | None:
    if not all(_is_number(found.get(name)) for found in knobs):
        return None
    groups: dict[tuple[tuple[str, str], ...], list[tuple[float, int]]] = defaultdict(list)
    for at, found in enumerate(knobs):
        rest = tuple(
            sorted((k, str(v)) for k, v in found.items() if k != name and k not in _LENGTHS)
        )
        groups[rest].append((float(found[name]), at))
    curves = []
    for points in groups.values():
        if len({value for value, _ in points}) < max(len(points), 2):
            return None
        curves.append(Curve(_label(comparison, points, name), tuple(sorted(points))))
    return Sweep(name, tuple(curves))


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _label(comparison: Comparison, points: list[tuple[float, int]], name: str) -> str:
    """Return what the labels of the sides have in common, without the knob."""
    label = comparison.sides[points[0][1]].label
    words = [w.strip() for w in label.split(",")]
    shown = name.replace("_", " ")
    kept = [w for w in words if not w.replace("_", " ").startswith(shown)]
    return ", ".join(kept) or label
