"""A reduction and its tails as plain data and columns, and back: what `kept` keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from numpy.typing import NDArray

from diptych.profiling.records.kinds import (
    Exited,
    Framework,
    GpuInfo,
    Launched,
    Model,
    Nvml,
    Stopping,
)
from diptych.profiling.records.reader import TailState
from diptych.profiling.runs import series
from diptych.profiling.runs.moments import LogTable, PauseTable
from diptych.profiling.runs.reduce import Reduction
from diptych.profiling.runs.series import SeriesState, SeriesTable
from diptych.profiling.runs.snapshot import EvalSpan, Notice, TurnSpan
from diptych.profiling.runs.steps import StepsState
from diptych.profiling.runs.windows import WindowParts

Arrays = dict[str, NDArray[Any]]


class ReductionState(msgspec.Struct, frozen=True, kw_only=True):
    """Everything of a `Reduction` that is no column."""

    framework: Framework | None
    model: Model | None
    nvml: Nvml | None
    launched: Launched | None
    stopping: Stopping | None
    exited: dict[int, Exited] | None
    evals: list[EvalSpan]
    turns: list[TurnSpan]
    notices: list[Notice]
    windows: list[tuple[int, int, WindowParts]]
    gpu_info: dict[int, GpuInfo]
    newest: int | None
    oldest: int | None
    rejected: int
    asleep: int | None
    steps: StepsState
    paused_since: int | None
    logs: list[str]
    tables: dict[str, SeriesState]


class SessionState(msgspec.Struct, frozen=True):
    """A reduction, and where each of its journals stands, by the writer's name."""

    reduction: ReductionState
    tails: dict[str, TailState]


def state_of(known: Reduction) -> ReductionState:
    """Return what is no column."""
    facts = known.facts
    return ReductionState(
        framework=known.framework,
        model=known.model,
        nvml=known.nvml,
        launched=facts.launched,
        stopping=facts.stopping,
        exited=facts.exited,
        evals=list(known.evals),
        turns=list(known.turns),
        notices=list(known.notices),
        windows=known.windows.parts(),
        gpu_info=dict(known.gpu_info),
        newest=known.newest,
        oldest=known.oldest,
        rejected=known.own_rejected,
        asleep=known.asleep,
        steps=known.steps.state(),
        paused_since=known.pauses.since,
        logs=list(known.logs),
        tables={name: table.state() for name, table in _tables(known).items()},
    )


def arrays_of(known: Reduction) -> Arrays:
    """Return the columns of all tables, by table and name."""
    found = {("steps", name): values for name, values in known.steps.arrays().items()}
    for table, rows in _tables(known).items():
        found |= {(table, name): values for name, values in rows.arrays().items()}
    for moments, pair in _moments(known).items():
        found |= {(moments, name): values for name, values in pair.arrays().items()}
    return {"/".join(key): values for key, values in found.items()}


def reduction_of(state: ReductionState, arrays: Mapping[str, NDArray[Any]]) -> Reduction:
    """Return the reduction of which these were taken.

    Raises:
        ValueError: they cannot be of one reduction.
    """
    made = Reduction()
    made.framework, made.model, made.nvml = state.framework, state.model, state.nvml
    made.facts.launched, made.facts.stopping = state.launched, state.stopping
    made.facts.exited = state.exited
    made.evals = list(state.evals)
    made.turns = list(state.turns)
    made.notices = dict.fromkeys(state.notices)
    made.windows.restore(state.windows)
    made.gpu_info = dict(state.gpu_info)
    made.newest, made.oldest = state.newest, state.oldest
    made.own_rejected, made.asleep = state.rejected, state.asleep
    made.steps.restore(state.steps, _part(arrays, "steps"))
    for name in state.tables:
        _make(made, name)
    tables = _tables(made)
    if set(tables) != set(state.tables):
        raise ValueError("other tables")
    for name, table in tables.items():
        table.restore(state.tables[name], _part(arrays, name))
    made.pauses.since = state.paused_since
    made.logs = {stream: LogTable() for stream in state.logs}
    for name, moments in _moments(made).items():
        moments.restore(_part(arrays, name))
    return made


def _moments(known: Reduction) -> dict[str, PauseTable | LogTable]:
    logs = {f"log {stream}": table for stream, table in known.logs.items()}
    return {"pauses": known.pauses, **logs}


def _tables(known: Reduction) -> dict[str, SeriesTable]:
    tables = {"host": known.host, "process": known.process}
    tables |= {f"gpu {index}": table for index, table in known.gpus.items()}
    return tables | {f"memory {device}": table for device, table in known.memory.items()}


def _make(known: Reduction, table: str) -> None:
    """Make the table of a device; those of the host are there."""
    kind, _, device = table.partition(" ")
    if kind == "gpu":
        known.gpus[int(device)] = SeriesTable(series.GPU)
    elif kind == "memory":
        known.memory[device] = SeriesTable(series.MEMORY)


def _part(arrays: Mapping[str, NDArray[Any]], table: str) -> Arrays:
    # The name of a device may hold anything; that of a column no slash.
    split = {tuple(name.rsplit("/", 1)): values for name, values in arrays.items()}
    return {name: values for (owner, name), values in split.items() if owner == table}
