"""The steps of all sides as one Arrow table: one row for each that counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.compare.comparison import Compared, Comparison
from diptych.profiling.records.kinds import PHASES
from diptych.profiling.report.markup import clean
from diptych.profiling.runs.snapshot import StepFlag

if TYPE_CHECKING:
    import pyarrow as pa


def steps_table(comparison: Comparison) -> pa.Table:
    """Return the counted steps, side after side.

    Columns: side, run, framework (texts); step (the step's number); round and turn
    (null where the sides took no turns); start_ns on CLOCK_MONOTONIC;
    dispatched_ns, completed_ns (null where not known); samples, loss; one
    column a phase, ns. Rounds count from 0 over those that count; turns as they
    were taken by all sides.
    """
    import pyarrow as pa

    return pa.concat_tables([_of(side) for side in comparison.sides])


def _of(side: Compared) -> pa.Table:
    import pyarrow as pa

    rows, steps = side.timed.rows, side.run.steps
    count = len(rows)
    framework = side.run.framework.name if side.run.framework else None
    columns: dict[str, Any] = {
        "side": pa.array([clean(side.label)] * count, "string"),
        "run": pa.array([side.run.id] * count, "string"),
        "framework": pa.array([framework] * count, "string"),
        "step": pa.array(steps.n[rows], "int64"),
        "round": _whole(side.timed.round.astype(np.float64), known=bool(side.timed.turns)),
        "turn": _whole(_turn(side)),
        "start_ns": pa.array(steps.start[rows], "int64"),
        "dispatched_ns": pa.array(steps.dispatched[rows], "int64"),
        "completed_ns": _whole(steps.completed[rows]),
        "samples": _whole(steps.samples[rows]),
        "loss": _loss(side),
    }
    for place, phase in enumerate(PHASES):
        columns[f"{phase}_ns"] = pa.array(steps.phases[place, rows], "int64")
    return pa.table(columns)


def _whole(values: NDArray[np.float64], *, known: bool = True) -> Any:
    """Return whole numbers, null where they are not known."""
    import pyarrow as pa

    missing = ~np.isfinite(values) | (not known)
    return pa.array(np.where(missing, 0, values).astype(np.int64), "int64", mask=missing)


def _loss(side: Compared) -> Any:
    """Return the losses: NaN is one that was read, null one that was not."""
    import pyarrow as pa

    rows = side.timed.rows
    values = side.run.steps.loss[rows]
    read = (side.run.steps.flags[rows] & int(StepFlag.LOSS_NAN)) != 0
    return pa.array(values, "float64", mask=np.isnan(values) & ~read, from_pandas=False)


def _turn(side: Compared) -> NDArray[np.float64]:
    found = np.full(len(side.timed.rows), np.nan)
    numbers = side.run.steps.n[side.timed.rows]
    for turn in side.timed.turns:
        found[(numbers >= turn.first) & (numbers <= turn.last)] = turn.number
    return found


def for_spreadsheets(table: pa.Table) -> pa.Table:
    """Return the table with no text in it that a spreadsheet takes for a formula."""
    import pyarrow as pa

    for name in ("side", "run"):
        texts = [_plain(text) for text in table.column(name).to_pylist()]
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, pa.array(texts, "string"))
    return table


def _plain(text: str) -> str:
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text
