"""What a reader knows of one run at one moment: immutable, shared freely.

A snapshot is made by :class:`diptych.profiling.runs.session.RunSession` on the
reader's thread and handed to whoever draws. Arrays are read-only views of
columns that only grow: taking one costs nothing per step.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntFlag
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from diptych.profiling.records.kinds import Framework, GpuInfo, Model, Operators, Ruler, Trace
from diptych.profiling.records.manifest import Manifest
from diptych.profiling.records.summary import Losses
from diptych.profiling.runs.notes import RunNotes

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Bytes = NDArray[np.uint8]


_NO_NOTES = RunNotes()


class RunState(Enum):
    """Where a run stands."""

    STARTING = "starting"
    RUNNING = "running"
    STOPPING = "stopping"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    TIMEOUT = "timeout"
    INTERRUPTED = "interrupted"
    """The runner is gone and did not say how the worker ended."""
    DAMAGED = "damaged"
    """The manifest cannot be read, or is of another major version."""

    @property
    def live(self) -> bool:
        """Whether more records may come."""
        return self in (RunState.STARTING, RunState.RUNNING, RunState.STOPPING)


class StepFlag(IntFlag):
    """Bits of :attr:`StepColumns.flags`."""

    PROFILED = 1
    FENCED = 2
    INFERENCE = 4
    COMPILING = 8
    """The agent saw work that belongs to warm-up (first step, compilation)."""
    LOSS_NAN = 16
    """The loss was read and is NaN; without it a NaN in the column is a loss not known."""


@dataclass(frozen=True, slots=True)
class StepColumns:
    """One row a step, in order of dispatch. Unknown floats are NaN.

    ``start`` and ``end`` are ns of CLOCK_MONOTONIC (dispatch); ``dispatched``
    and ``completed`` ns; ``completed_at`` the instant of completion in ns;
    ``phases`` has shape (5, steps), ns, in the order of ``PHASES``.
    """

    n: Ints
    start: Ints
    end: Ints
    dispatched: Ints
    completed: Floats
    completed_at: Floats
    phases: Ints
    samples: Floats
    loss: Floats
    cost: Floats
    flags: Bytes

    def __len__(self) -> int:
        return len(self.n)


@dataclass(frozen=True, slots=True)
class Series:
    """Samples over time: ``t`` in ns of CLOCK_MONOTONIC, one float column a name.

    A value that was not known is NaN; ``reasons`` has the latest reason by
    column name.
    """

    t: Ints
    columns: dict[str, Floats]
    reasons: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WindowState:
    """One profile window, put together from everything said about it."""

    id: int
    rank: int
    state: str
    """open, active, captured (trace is being written), ready or failed."""
    origin: str
    first: int | None
    last: int | None
    start: int | None
    end: int | None
    pause: int | None
    options: tuple[str, ...]
    text: str | None
    operators: Operators | None
    trace: Trace | None


@dataclass(frozen=True, slots=True)
class EvalSpan:
    """A stretch of validation, ns of CLOCK_MONOTONIC."""

    start: int
    end: int
    batches: int


@dataclass(frozen=True, slots=True)
class TurnSpan:
    """A turn of a race: steps ``first`` to ``last``, ns of CLOCK_MONOTONIC, see `kinds.Turn`."""

    number: int
    round: int
    first: int
    last: int
    start: int
    end: int
    waited: int

    @property
    def steps(self) -> int:
        """How many steps were made."""
        return self.last - self.first + 1


class OddLosses(msgspec.Struct, frozen=True):
    """Steps whose loss was no finite number: the first ones, and since when it is NaN for good."""

    first_nan: int | None = None
    nan_since: int | None = None
    first_inf: int | None = None


@dataclass(frozen=True, slots=True)
class Pauses:
    """When Python's garbage collector ran, from ``start`` to ``end``, ns of CLOCK_MONOTONIC.

    ``since`` is from when on it was watched, ``None`` where it was not. Only
    pauses of all generations, and those of 1 ms or more, are there.
    """

    since: int | None
    start: Ints
    end: Ints


@dataclass(frozen=True, slots=True)
class LogTimes:
    """How long a log was when: at ``t`` (ns of CLOCK_MONOTONIC) ``size`` bytes, both rising."""

    t: Ints
    size: Ints


_NOTHING = np.empty(0, np.int64)
_NOT_WATCHED = Pauses(None, _NOTHING, _NOTHING)
_NO_ODD_LOSSES = OddLosses()


@dataclass(frozen=True, slots=True)
class Notice:
    """A warning of the runner, sampler, agent or reader. ``code`` is stable."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class RunSnapshot:
    """Everything known of one run.

    ``origin`` is the zero of its time axis: the start of the worker in ns of
    CLOCK_MONOTONIC. ``warmup`` counts the steps found to be warm-up (``None``:
    too few steps to tell). ``total_steps`` is how many were asked for, where
    that is known. ``lag`` is the age in ns of the newest record when read.
    """

    id: str
    directory: Path
    version: int
    state: RunState
    state_text: str
    exit_code: int | None
    manifest: Manifest | None
    framework: Framework | None
    model: Model | None
    origin: int
    ended: int | None
    total_steps: int | None
    steps: StepColumns
    warmup: int | None
    evals: tuple[EvalSpan, ...]
    memory: dict[str, Series]
    """By device name: columns allocated, reserved, peak (bytes)."""
    host: Series
    """Columns cpu (%), mem_used, mem_total, swap_used (bytes), load1."""
    process: Series
    """Columns cpu (% of one core), rss (bytes), count, minor_faults, major_faults (1/s)."""
    gpus: dict[int, Series]
    """By index: the fields of the ``gpu`` record as columns (util, mem_used, power, ...).

    ``throttle`` holds bits, see ``runs.series.THROTTLE``.
    """
    gpu_info: dict[int, GpuInfo]
    nvml_state: str | None
    nvml_text: str | None
    windows: tuple[WindowState, ...]
    notices: tuple[Notice, ...]
    losses: Losses
    lag: int | None
    ruler: Ruler | None = None
    """How the newest completion was seen; ``None`` until there is one."""
    notes: RunNotes = _NO_NOTES
    """Name, note and tags that a person gave it."""
    read: float = 1.0
    """Share of what is on disk that has been read; below 1 while a long run is opened."""
    odd_losses: OddLosses = _NO_ODD_LOSSES
    pauses: Pauses = _NOT_WATCHED
    logs: dict[str, LogTimes] = field(default_factory=dict)
    """By stream, ``stdout`` and ``stderr``; without an entry nothing is known of its times."""

    turns: tuple[TurnSpan, ...] = ()
    """Where it was a side of a race: when it was its turn."""

    @property
    def aside(self) -> tuple[EvalSpan, ...]:
        """Stretches in which no step was meant to be made: validation, others' turns."""
        parked = (EvalSpan(t.start - t.waited, t.start, 0) for t in self.turns)
        return (*self.evals, *parked)

    @property
    def name(self) -> str | None:
        """What a person called it: when it was started, or since."""
        return self.notes.name or (self.manifest.request.name if self.manifest else None)
