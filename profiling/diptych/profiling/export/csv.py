"""Steps as CSV: one row a step, units in the headers, RFC 4180.

An unknown value is an empty field. Times of the day are left to the reader:
``start_s`` counts from the start of the worker.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from typing import Any, TextIO

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.records.kinds import PHASES
from diptych.profiling.runs.snapshot import Floats, Ints, RunSnapshot, StepFlag
from diptych.profiling.runs.statistics import counted_steps

_ROWS = 4096

HEADER = (
    "step",
    "start_s",
    "dispatched_ms",
    "completed_ms",
    "completed_at_s",
    *(f"{phase}_ms" for phase in PHASES),
    "samples",
    "loss",
    "agent_cost_us",
    "mode",
    "warmup",
    "profiled",
    "counted",
)
"""``counted`` marks the rows that the summary's numbers are made of."""


def write_steps(snapshot: RunSnapshot, out: TextIO) -> int:
    """Write all steps of ``snapshot`` to ``out`` and return how many there were.

    ``out`` must not translate line ends (``newline=""``).

    Raises:
        OSError: it cannot be written.
    """
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(HEADER)
    counted = counted_steps(snapshot.steps, snapshot.warmup)
    for start in range(0, len(snapshot.steps), _ROWS):
        writer.writerows(_rows(snapshot, counted, slice(start, start + _ROWS)))
    return len(snapshot.steps)


def _rows(
    snapshot: RunSnapshot, counted: NDArray[np.bool_], part: slice
) -> Iterator[tuple[Any, ...]]:
    steps, origin = snapshot.steps, snapshot.origin
    flags = steps.flags[part]
    columns: Iterable[Iterable[Any]] = (
        steps.n[part].tolist(),
        _fixed((steps.start[part] - origin) / 1e9, 9),
        _fixed(steps.dispatched[part] / 1e6, 6),
        _fixed(steps.completed[part] / 1e6, 6),
        _fixed((steps.completed_at[part] - origin) / 1e9, 9),
        *(_fixed(phase / 1e6, 6) for phase in steps.phases[:, part]),
        _whole(steps.samples[part]),
        _exact(steps.loss[part]),
        _fixed(steps.cost[part] / 1e3, 3),
        ["infer" if flag else "train" for flag in flags & StepFlag.INFERENCE],
        _warmup(snapshot, part),
        _bits(flags & StepFlag.PROFILED),
        _bits(counted[part]),
    )
    return zip(*columns, strict=True)


def _warmup(snapshot: RunSnapshot, part: slice) -> list[int]:
    """Return what is warm-up: by its place, or because the agent saw it compile."""
    steps = snapshot.steps
    first = np.arange(*part.indices(len(steps))) < (snapshot.warmup or 0)
    return _bits(first | ((steps.flags[part] & StepFlag.COMPILING) != 0))


def _bits(values: NDArray[Any]) -> list[int]:
    return [int(value) for value in (values != 0).tolist()]


def _fixed(values: Floats | Ints, digits: int) -> list[str]:
    return ["" if value != value else f"{value:.{digits}f}" for value in values.tolist()]


def _whole(values: Floats) -> list[str]:
    return ["" if value != value else str(int(value)) for value in values.tolist()]


def _exact(values: Floats) -> list[str]:
    return ["" if value != value else repr(value) for value in values.tolist()]
