"""What is wrong with a trace, and what was lost: for people who have to trust it.

Each finding says how much there is of it and gives a few examples. ``docs/metrics.md``
has the exact conditions.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from diptych.profiling.trace.metrics import intervals, trees
from diptych.profiling.trace.metrics.kernels import device_of
from diptych.profiling.trace.metrics.steps import marked_steps
from diptych.profiling.trace.metrics.trees import kinds_mask
from diptych.profiling.trace.table import DEVICE_WORK, Kind, TraceTable, loose_arrows, lost

_EXAMPLES = 5
_GAP_PART = 0.05
_GAP_NS = 1_000_000
_LAUNCHES = re.compile(r"Launch.*Kernel|LaunchKernel|Memcpy.*Async|Memset.*Async|MemcpyWithStream")
_NUMBER = re.compile(r"#(\d+)$")
_TOLD_TWICE = ("second copy of an operator", "call counter of MXNet's interface")
"""What MXNet says a second time in every file: not used, and not lost."""


@dataclass(frozen=True, slots=True)
class Example:
    """One case of a finding."""

    name: str
    start_ns: int
    duration_ns: int
    row: int | None
    """Its slice, where there is one."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong, or worth knowing."""

    what: str
    """Short and stable, for scripts: ``orphan_correlation``, ``gap``, …"""
    level: Literal["lost", "wrong", "note"]
    """Data that is not there; data that contradicts itself; worth knowing."""
    text: str
    """One sentence."""
    count: int
    examples: tuple[Example, ...] = ()


def check(table: TraceTable) -> list[Finding]:
    """Return everything found; nothing if the trace is sound and whole."""
    return [finding for look in _LOOKS for finding in look(table)]


def _examples(table: TraceTable, rows: Any) -> tuple[Example, ...]:
    slices = table.slices
    return tuple(
        Example(
            table.text(int(slices.name[row])),
            int(slices.start[row]),
            int(slices.duration[row]),
            int(row),
        )
        for row in rows[:_EXAMPLES]
    )


def _of_rows(
    table: TraceTable, what: str, level: Literal["lost", "wrong", "note"], text: str, rows: Any
) -> Iterator[Finding]:
    if len(rows):
        yield Finding(what, level, text, len(rows), _examples(table, rows))


def _broken_off(table: TraceTable) -> Iterator[Finding]:
    if table.truncated is not None:
        at, why = table.truncated.at, table.truncated.why
        yield Finding("truncated", "lost", f"the file breaks off at byte {at:,}: {why}", 1)


def _dropped(table: TraceTable) -> Iterator[Finding]:
    for why, count in lost(table).items():
        if why in _TOLD_TWICE:
            yield Finding("repeated", "note", f"events that only repeat others: {why}", count)
        else:
            yield Finding("dropped", "lost", f"events that could not be used: {why}", count)
    # Most Kineto traces have such arrows; launches that lead nowhere are looked for below.
    if arrows := loose_arrows(table):
        yield Finding("arrows", "note", "arrows that lead outside the recording", arrows)


def _nothing(table: TraceTable) -> Iterator[Finding]:
    if not len(table.slices):
        yield Finding("empty", "lost", "there is no slice in the file", 1)


def _orphans(table: TraceTable) -> Iterator[Finding]:
    slices = table.slices
    work = kinds_mask(slices, *DEVICE_WORK)
    yield from _of_rows(
        table,
        "orphan_correlation",
        "lost",
        "device work whose launch is not in the file (its correlation leads nowhere)",
        np.flatnonzero(work & (slices.correlation >= 0) & (slices.launch < 0)),
    )
    yield from _of_rows(
        table,
        "no_correlation",
        "lost",
        "device work without a correlation: nothing says who launched it",
        np.flatnonzero(work & (slices.correlation < 0)),
    )
    calls = np.flatnonzero(kinds_mask(slices, Kind.RUNTIME) & (slices.launch < 0))
    names = {n for n in np.unique(slices.name[calls]) if _LAUNCHES.search(table.text(int(n)))}
    lost = calls[np.isin(slices.name[calls], np.array(sorted(names), np.int32))]
    if work.any():
        text = "launches whose work is not in the file"
        yield from _of_rows(table, "launch_without_work", "lost", text, lost)


def _early(table: TraceTable) -> Iterator[Finding]:
    slices = table.slices
    work = np.flatnonzero(kinds_mask(slices, *DEVICE_WORK) & (slices.launch >= 0))
    early = work[slices.start[work] < slices.start[slices.launch[work]]]
    text = "device work that starts before its launch: the clocks of host and device disagree"
    yield from _of_rows(table, "before_launch", "wrong", text, early)


def _overlaps(table: TraceTable) -> Iterator[Finding]:
    found = np.flatnonzero(trees.overlapping(table))
    host = found[device_of(table)[table.slices.track[found]] < 0]
    text = "slices of one thread that overlap without one containing the other"
    yield from _of_rows(table, "overlap", "wrong", text, host)
    work = trees.unfinished(table, kinds_mask(table.slices, *DEVICE_WORK))
    text = "device work that begins before what its stream does has ended"
    yield from _of_rows(table, "stream_overlap", "wrong", text, np.flatnonzero(work))


def _gaps(table: TraceTable) -> Iterator[Finding]:
    """Find long stretches in which nothing at all was recorded; ranges do not count as such."""
    slices = table.slices
    ranges = (Kind.STEP, Kind.ANNOTATION, Kind.DEVICE_ANNOTATION, Kind.MODULE, Kind.PYTHON)
    ignored = ranges if table.source == "chrome" else (*ranges, Kind.OTHER)
    rows = np.flatnonzero(~kinds_mask(slices, *ignored))
    start = slices.start[rows]
    spans = intervals.union(start, start + slices.duration[rows])
    gaps = spans.start[1:] - spans.end[:-1]
    long = np.flatnonzero(gaps >= max(_GAP_NS, _GAP_PART * table.duration_ns))
    if len(long):
        long = long[np.argsort(-gaps[long], kind="stable")]
        examples = tuple(
            Example("nothing recorded", int(spans.end[g]), int(gaps[g]), None)
            for g in long[:_EXAMPLES]
        )
        text = "long stretches without any operator, call or device work"
        yield Finding("gap", "note", text, len(long), examples)


def _missing_steps(table: TraceTable) -> Iterator[Finding]:
    steps = marked_steps(table)
    found = [_NUMBER.search(name) for name in steps.names]
    numbers = sorted({int(match[1]) for match in found if match})
    missing = (numbers[-1] - numbers[0] + 1 - len(numbers)) if numbers else 0
    if missing:
        text = f"steps missing between {numbers[0]} and {numbers[-1]}"
        yield Finding("missing_steps", "lost", text, missing)


def _overhead(table: TraceTable) -> Iterator[Finding]:
    slices = table.slices
    rows = np.flatnonzero(kinds_mask(slices, Kind.OVERHEAD))
    start = slices.start[rows]
    spent = intervals.union(start, start + slices.duration[rows]).total
    if spent > 0.01 * table.duration_ns:
        part = 100 * spent / max(table.duration_ns, 1)
        text = f"the profiler's own work takes {part:.1f} % of the trace"
        yield Finding("overhead", "note", text, len(rows), _examples(table, rows))


_LOOKS: tuple[Callable[[TraceTable], Iterator[Finding]], ...] = (
    _broken_off,
    _dropped,
    _nothing,
    _orphans,
    _early,
    _overlaps,
    _gaps,
    _missing_steps,
    _overhead,
)
