"""Lines of the fairness list that only the order of the runs decides."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from diptych.profiling.compare.fairness_side import Answer, Line
from diptych.profiling.compare.resources import parked_cpu
from diptych.profiling.compare.timed import Timed

STILL = 5.0
"""A parked side that uses more of a core than this, in percent, is no longer parked."""


def order_lines(parts: Sequence[Timed], labels: Sequence[str]) -> tuple[Line, ...]:
    """Return whether the sides took turns, and whether those parked stood still."""
    if not all(part.raced for part in parts):
        return (_not_in_turns(parts),)
    rounds = parts[0].rounds
    if not rounds:
        text = "no round of turns was completed when every side was warm"
        return Line("order", "taken in turns", "unknown", text), _parked(parts, labels)
    steps = parts[0].turns[0].steps if parts[0].turns else 0
    text = f"{rounds} rounds of turns, {steps} steps each, one side at a time"
    return Line("order", "taken in turns", "yes", text), _parked(parts, labels)


def _not_in_turns(parts: Sequence[Timed]) -> Line:
    spans = sorted(_span(part) for part in parts if len(part.run.steps))
    at_once = any(first[1] > second[0] for first, second in pairwise(spans))
    text = "they ran at the same time and slowed each other down" if at_once else (
        "one after the other: heat, drift and other programs may have hit one side only"
    )  # fmt: skip
    return Line("order", "taken in turns", "no", text)


def _span(part: Timed) -> tuple[int, int]:
    steps = part.run.steps
    return int(steps.start[0]), int(steps.end[-1])


def _parked(parts: Sequence[Timed], labels: Sequence[str]) -> Line:
    found = [
        (label, used)
        for label, part in zip(labels, parts, strict=False)
        if (used := parked_cpu(part)) is not None
    ]
    title = "the others stand still"
    if not found:
        return Line("parked", title, "unknown", "no turn was long enough to be sampled")
    worst = max(found, key=lambda one: one[1])
    answer: Answer = "yes" if worst[1] <= STILL else "no"
    text = f"a parked side used up to {worst[1]:.1f} % of a core ({worst[0]}, median)"
    if not np.isfinite(worst[1]):
        return Line("parked", title, "unknown", "not sampled")
    return Line("parked", title, answer, text)
