"""Step records into columns: a batch at a time, joined with their completions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from diptych.profiling.records.kinds import PHASES, Done, LossIs, Ruler, Step
from diptych.profiling.runs.columns import Column
from diptych.profiling.runs.odd_losses import OddLossWatch
from diptych.profiling.runs.snapshot import (
    Bytes,
    Floats,
    Ints,
    OddLosses,
    StepColumns,
    StepFlag,
)

_MAX_WAITING = 100_000
"""Completions kept for steps that have not come; more than ever are in flight."""

_SEARCHED = 65_536
"""Newest rows searched for a completion when the step numbers do not count up."""


_INTS = ("n", "start", "end", "dispatched")
_FLOATS = ("completed", "completed_at", "samples", "loss", "cost")

_ODD = {"inf": float("inf"), "-inf": float("-inf"), "nan": float("nan")}

_Batch = dict[str, NDArray[Any]]
_Kind = TypeVar("_Kind", Step, Done)


class StepsState(msgspec.Struct, frozen=True):
    """What a `StepTable` knows besides its columns."""

    rejected: int
    ruler: Ruler | None
    rising: bool
    waiting: list[Done]


class StepTable:
    """The steps of one worker.

    ``rejected`` counts records whose numbers cannot be true (negative times,
    integers beyond 64 bits). ``ruler`` is the newest ruler that was named.
    A row's completion is filled in place when its ``done`` arrives; nothing
    else of a row ever changes.
    """

    def __init__(self) -> None:
        self.rejected = 0
        self.ruler: Ruler | None = None
        self._columns = {name: Column(np.int64) for name in _INTS}
        self._columns |= {name: Column(np.float64) for name in _FLOATS}
        self._columns["phases"] = Column(np.int64, rows=len(PHASES))
        self._columns["flags"] = Column(np.uint8)
        self._waiting: dict[int, Done] = {}
        self._rising = True
        self._odd = OddLossWatch()

    @property
    def odd_losses(self) -> OddLosses:
        """Which losses were no finite number."""
        return self._odd.found

    def __len__(self) -> int:
        return len(self._columns["flags"])

    def add(self, steps: Sequence[Step]) -> None:
        """Append ``steps`` in the order in which they were written."""
        usable, batch = _sound(steps, _step_arrays, _step_is_sound)
        self.rejected += len(steps) - len(usable)
        if not usable:
            return
        first = len(self)
        for name, column in self._columns.items():
            column.extend(batch[name])
        n = self._columns["n"].values[max(0, first - 1) :]
        self._rising = self._rising and bool((n[1:] > n[:-1]).all())
        self._note_ruler(usable)
        self._odd.see(batch["n"], batch["loss"], _is_nan(batch["flags"]))
        if self._waiting:
            self.complete(list(self._waiting.values()))

    def complete(self, dones: Sequence[Done]) -> None:
        """Fill in completions; one whose step has not come yet waits for it."""
        usable, batch = _sound(dones, _done_arrays, _done_is_sound)
        self.rejected += len(dones) - len(usable)
        if not usable:
            return
        self.ruler = usable[-1].ruler
        rows = self._rows_of(batch["n"])
        found = rows >= 0
        hit = rows[found]
        self._columns["completed"].values[hit] = batch["completed"][found]
        self._columns["completed_at"].values[hit] = batch["completed_at"][found]
        self._take_losses(batch, rows)
        self._wait(usable, found)

    def columns(self) -> StepColumns:
        """Return read-only views of all rows."""
        return StepColumns(**{name: column.view() for name, column in self._columns.items()})

    def state(self) -> StepsState:
        """Return what `restore` needs besides the columns."""
        return StepsState(self.rejected, self.ruler, self._rising, list(self._waiting.values()))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Return all columns by name; they must not be changed."""
        return {name: column.view() for name, column in self._columns.items()}

    def restore(self, state: StepsState, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Become the table of which ``state`` and ``arrays`` were taken.

        Raises:
            ValueError: they cannot be of one table.
        """
        if len({values.shape[-1] for values in arrays.values()}) != 1:
            raise ValueError("columns of different lengths")
        if set(arrays) != set(self._columns):
            raise ValueError("other columns")
        for name, column in self._columns.items():
            column.adopt(arrays[name])
        self.rejected, self.ruler, self._rising = state.rejected, state.ruler, state.rising
        self._waiting = {done.n: done for done in state.waiting}
        columns = self.columns()
        self._odd = OddLossWatch()
        self._odd.see(columns.n, columns.loss, _is_nan(columns.flags))

    def _note_ruler(self, steps: Sequence[Step]) -> None:
        for step in reversed(steps):
            if step.ruler is not None:
                self.ruler = step.ruler
                return

    def _take_losses(self, batch: _Batch, rows: Ints) -> None:
        """Fill in the losses that came with completions; ``rows`` are -1 where there is none."""
        loss, nan = batch["loss"], batch["nan"] & (rows >= 0)
        known = (rows >= 0) & ~np.isnan(loss)
        self._columns["loss"].values[rows[known]] = loss[known]
        if nan.any():
            self._columns["flags"].values[rows[nan]] |= np.uint8(StepFlag.LOSS_NAN)
        there = rows >= 0
        self._odd.see(batch["n"][there], loss[there], nan[there])

    def _wait(self, dones: Sequence[Done], found: NDArray[np.bool_]) -> None:
        if found.all() and not self._waiting:
            return
        for done, there in zip(dones, found.tolist(), strict=True):
            if there:
                self._waiting.pop(done.n, None)
            elif len(self._waiting) < _MAX_WAITING:
                self._waiting[done.n] = done
            else:
                self.rejected += 1

    def _rows_of(self, numbers: Ints) -> Ints:
        """Return the row of each step number, -1 where there is none."""
        n: Ints = self._columns["n"].values
        if self._rising:
            return _search(n, numbers)
        first = max(0, len(n) - _SEARCHED)
        order = np.argsort(n[first:], kind="stable")
        found = _search(n[first:][order], numbers)
        return np.where(found >= 0, order[found] + first, -1)


def _search(rising: Ints, numbers: Ints) -> Ints:
    if not len(rising):
        return np.full(len(numbers), -1)
    rows = np.minimum(np.searchsorted(rising, numbers), len(rising) - 1)
    return np.where(rising[rows] == numbers, rows, -1)


def _sound(
    records: Sequence[_Kind],
    arrays: Callable[[Sequence[_Kind]], _Batch],
    is_sound: Callable[[_Kind], bool],
) -> tuple[Sequence[_Kind], _Batch]:
    """Return the records whose numbers can be true, and their columns."""
    try:
        batch = arrays(records)
        if not any((values < 0).any() for name, values in batch.items() if name != "loss"):
            return records, batch
    except OverflowError:
        pass
    sound = [record for record in records if is_sound(record)]
    return sound, arrays(sound)


def _step_arrays(steps: Sequence[Step]) -> _Batch:
    start = _ints([s.t0 for s in steps])
    odd = [s.loss_is for s in steps]
    completed = _lengths([s.completed for s in steps])
    return {
        "n": _ints([s.n for s in steps]),
        "start": start,
        "end": _ints([s.t for s in steps]),
        "dispatched": _ints([s.dispatched for s in steps]),
        "completed": completed,
        "completed_at": start + completed,
        "samples": _floats([s.samples for s in steps]),
        "loss": _loss([s.loss for s in steps], odd),
        "cost": _floats([s.cost for s in steps]),
        "phases": _phases(steps),
        "flags": _flags(steps) | _nan(odd) * np.uint8(StepFlag.LOSS_NAN),
    }


def _done_arrays(dones: Sequence[Done]) -> _Batch:
    odd = [d.loss_is for d in dones]
    return {
        "n": _ints([d.n for d in dones]),
        "completed": _lengths([d.completed for d in dones]),
        "completed_at": _floats([d.t for d in dones]),
        "loss": _loss([d.loss for d in dones], odd),
        "nan": _nan(odd),
    }


def _ints(values: list[int]) -> Ints:
    return np.array(values, np.int64)


def _floats(values: list[Any]) -> Floats:
    """Null becomes NaN."""
    return np.array(values, np.float64)


def _loss(values: list[float | None], odd: Sequence[LossIs | None]) -> Floats:
    """Return the losses; NaN is one that is not known, and also one that is NaN."""
    if any(odd):
        values = [v if o is None else _ODD[o] for v, o in zip(values, odd, strict=True)]
    return _floats(values)


def _nan(odd: Sequence[LossIs | None]) -> NDArray[np.bool_]:
    if any(odd):
        return np.array([one == "nan" for one in odd], np.bool_)
    return np.zeros(len(odd), np.bool_)


def _is_nan(flags: Bytes) -> NDArray[np.bool_]:
    nan: NDArray[np.bool_] = (flags & np.uint8(StepFlag.LOSS_NAN)) != 0
    return nan


def _lengths(values: list[Any]) -> Floats:
    """No step takes no time: 0 says that the ruler could not tell."""
    lengths = _floats(values)
    lengths[lengths == 0] = np.nan
    return lengths


def _phases(steps: Sequence[Step]) -> Ints:
    flat = chain.from_iterable([s.phases for s in steps])
    phases: Ints = np.fromiter(flat, np.int64, count=len(PHASES) * len(steps))
    by_phase: Ints = phases.reshape(-1, len(PHASES)).T
    return by_phase


def _flags(steps: Sequence[Step]) -> Bytes:
    profiled = np.array([s.window is not None for s in steps], np.uint8)
    fenced = np.array([s.ruler == "fence" for s in steps], np.uint8)
    inference = np.array([s.mode == "infer" for s in steps], np.uint8)
    compiling = np.array([s.warm for s in steps], np.uint8)
    return (
        profiled * StepFlag.PROFILED
        + fenced * StepFlag.FENCED
        + inference * StepFlag.INFERENCE
        + compiling * StepFlag.COMPILING
    ).astype(np.uint8)


_LIMIT = 1 << 62


def _in_range(*values: int | None) -> bool:
    return all(value is None or 0 <= value < _LIMIT for value in values)


def _step_is_sound(step: Step) -> bool:
    return _in_range(
        step.n, step.t, step.t0, step.dispatched, step.completed, step.samples, step.cost
    ) and _in_range(*step.phases)


def _done_is_sound(done: Done) -> bool:
    return _in_range(done.n, done.t, done.completed)
