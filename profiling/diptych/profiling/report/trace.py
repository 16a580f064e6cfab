"""All sides of a comparison as one Chrome trace: profile windows, steps, turns, counters.

On real time it holds the whole race and the profiled runs after it. With the
first steps one above the other it holds the profiled runs alone (the races
where there is none). The runs of a comparison share a machine and therefore a
clock, which is taken from the first of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.report.errors import ReportError
from diptych.profiling.report.journal_table import journal_table
from diptych.profiling.runs.snapshot import RunSnapshot, WindowState
from diptych.profiling.runs.summary import trace_files
from diptych.profiling.trace.errors import TraceError
from diptych.profiling.trace.joining import Given
from diptych.profiling.trace.merge import Merged, write_chrome
from diptych.profiling.trace.metrics.steps import marked_steps
from diptych.profiling.trace.table import TraceTable

Opener = Callable[[Path], TraceTable]
"""Opens a trace file."""


@dataclass(frozen=True, slots=True)
class _Part:
    """One table. ``zero`` is where its times begin on CLOCK_MONOTONIC, ns."""

    label: str
    run: RunSnapshot
    table: TraceTable
    zero: int


def write_trace(
    comparison: Comparison,
    out: Path,
    *,
    align: Literal["steps", "time"] = "time",
    force: bool = False,
    opener: Opener | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Merged:
    """Write the trace to ``out``, compressed if it ends in ``.gz``.

    Raises:
        ReportError: no run says what its clock is.
        TraceError: a trace cannot be read, or ``out`` not written.
        TraceCancelledError: ``cancel`` said so.
    """
    open_ = opener or _open
    parts = list(_by_steps(comparison, open_) if align == "steps" else _by_time(comparison, open_))
    tables = [part.table for part in parts]
    given = Given(
        tuple(part.label for part in parts),
        _first_steps(parts) if align == "steps" else _real(comparison, parts),
        unix=align == "time",
    )
    return write_chrome(tables, out, given=given, force=force, cancel=cancel)


def _open(path: Path) -> TraceTable:
    from diptych.profiling.trace.store import open_trace

    return open_trace(path)


# -- what is in it ----------------------------------------------------------------------


def _by_time(comparison: Comparison, open_: Opener) -> Iterator[_Part]:
    for at, side in enumerate(comparison.sides):
        yield from _of_run(side.label, side.run, "race" if side.timed.raced else "run", open_)
        profiled = _profiled(comparison, at)
        if profiled is not None:
            yield from _of_run(side.label, profiled, "profiled run", open_)
    noise = comparison.noise_run
    if noise is not None:
        label = f"{comparison.sides[0].label}, once more"
        yield from _of_run(label, noise, "race", open_)


def _by_steps(comparison: Comparison, open_: Opener) -> Iterator[_Part]:
    for at, side in enumerate(comparison.sides):
        profiled = _profiled(comparison, at)
        if profiled is not None:
            yield from _of_run(side.label, profiled, "profiled run", open_)
        else:
            yield from _of_run(side.label, side.run, "run", open_)


def _profiled(comparison: Comparison, at: int) -> RunSnapshot | None:
    return comparison.profiled[at] if at < len(comparison.profiled) else None


def _of_run(label: str, run: RunSnapshot, what: str, open_: Opener) -> Iterator[_Part]:
    yield _Part(label, run, journal_table(run, what), 0)
    found = _window(run)
    if found is not None:
        window, path = found
        try:
            table = open_(path)
        except TraceError as error:
            raise ReportError(f"the trace of {run.id} ({path.name}): {error}") from None
        yield _Part(label, run, table, _zero(run, window, table))


def _window(run: RunSnapshot) -> tuple[WindowState, Path] | None:
    """Return the newest window with a finished trace, and the trace."""
    files = {str(path.relative_to(run.directory.absolute())): path for path in trace_files(run)}
    for window in reversed(run.windows):
        path = files.get(window.trace.path or "") if window.trace is not None else None
        if path is not None and path.is_file():
            return window, path
    return None


# -- clocks -----------------------------------------------------------------------------


def _zero(run: RunSnapshot, window: WindowState, table: TraceTable) -> int:
    """Return the zero of a trace on CLOCK_MONOTONIC: by the clock in the file, else by a step."""
    said = table.properties.get("diptych")
    clock: Any = said.get("clock") if isinstance(said, dict) else None
    if table.absolute:
        try:
            return table.origin_ns - int(clock["unix_ns"]) + int(clock["monotonic_ns"])
        except (KeyError, TypeError, ValueError):
            pass
    at = np.flatnonzero(run.steps.n == window.first)
    marked = marked_steps(table).start
    if len(at) and len(marked):
        return int(run.steps.start[at[0]] - marked[0])
    raise ReportError(f"the trace of {run.id} does not say when it was recorded")


def _unix(run: RunSnapshot) -> int:
    if run.manifest is None:
        raise ReportError(f"{run.id} does not say when it was: use --align steps")
    return run.manifest.created - run.manifest.started


def _real(comparison: Comparison, parts: list[_Part]) -> tuple[int, ...]:
    """Return each table's zero in Unix time; the runs of one experiment share one clock."""
    if comparison.id and comparison.together:
        offset = _unix(comparison.sides[0].run)
        return tuple(part.zero + offset for part in parts)
    return tuple(part.zero + _unix(part.run) for part in parts)


def _first_steps(parts: list[_Part]) -> tuple[int, ...]:
    """Return each table's zero, so that the first profiled steps of all sides are at 0."""
    moment: dict[str, int] = {}
    for part in parts:
        steps = marked_steps(part.table)
        if len(steps):
            moment[part.run.id] = part.zero + int(steps.start[0])
        elif part.run.id not in moment:
            moment[part.run.id] = _first_step(part.run)
    return tuple(part.zero - moment[part.run.id] for part in parts)


def _first_step(run: RunSnapshot) -> int:
    """Return where the first step after the warm-up begins."""
    start = run.steps.start
    return int(start[min(run.warmup or 0, len(start) - 1)]) if len(start) else run.origin
