"""Samples a second, and who is faster a sample where the sides' batches differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from diptych.profiling.compare.bootstrap import Interval, median_interval
from diptych.profiling.compare.samples import Side
from diptych.profiling.compare.timed import Timed
from diptych.profiling.compare.verdict import Verdict, judge

_MOST = 0.9
"""Share of the steps that must have the usual batch: the last of an epoch may be smaller."""


def usual_batch(part: Timed) -> float | None:
    """Return how many samples nearly all of the steps that count have."""
    samples = part.run.steps.samples[part.rows]
    known = samples[np.isfinite(samples) & (samples > 0)]
    if not len(known):
        return None
    sizes, counts = np.unique(known, return_counts=True)
    return float(sizes[counts.argmax()]) if counts.max() >= _MOST * len(samples) else None


def rate(part: Timed, side: Side) -> Interval | None:
    """Return samples a second: the usual batch over the median time of a step."""
    batch, found = usual_batch(part), median_interval(side)
    if batch is None or found is None or found.estimate <= 0:
        return None
    scale = batch * 1e9
    low, high = found.low, found.high
    return Interval(
        scale / found.estimate,
        scale / high if high else None,
        scale / low if low else None,
        found.level,
        blocks=found.blocks,
    )


def by_sample(
    parts: Sequence[Timed], sides: Sequence[Side], *, together: bool, floor: float | None
) -> tuple[Verdict | None, ...]:
    """Return the verdicts on the time of a sample, against the first side.

    ``None`` where the batches are equal, so that it is the verdict on the step, or
    not known.
    """
    batches = [usual_batch(part) for part in parts]
    found: list[Verdict | None] = []
    for batch, part, side in zip(batches, parts, sides, strict=False):
        if batch is None or batches[0] is None or batch == batches[0]:
            found.append(None)
            continue
        each = [replace(one, times=one.times / of) for one, of in
                ((sides[0], batches[0]), (side, batch))]  # fmt: skip
        steps = min(len(parts[0].rows), len(part.rows))
        found.append(judge(*each, together=together, noise_floor=floor, steps=steps))
    return tuple(found)
