"""Profile windows, put together from the worker's and the tracer's records."""

from __future__ import annotations

from dataclasses import dataclass

from diptych.profiling.records.kinds import Operators, Trace, Window
from diptych.profiling.runs.snapshot import WindowState

_Key = tuple[int, int]


@dataclass(slots=True)
class WindowParts:
    """All that was said of one window."""

    latest: Window | None = None
    opened: int | None = None
    closed: int | None = None
    operators: Operators | None = None
    trace: Trace | None = None


class WindowTable:
    """All windows of a run, by rank and number."""

    def __init__(self) -> None:
        self._parts: dict[_Key, WindowParts] = {}

    def window(self, rank: int, record: Window) -> None:
        """Take what the worker of ``rank`` said."""
        parts = self._of(rank, record.id)
        parts.latest = record
        if record.state == "active":
            parts.opened = record.t
        elif record.state == "captured":
            parts.closed = record.t

    def operators(self, record: Operators) -> None:
        """Take the operator summary of a window."""
        self._of(record.rank, record.window).operators = record

    def trace(self, record: Trace) -> None:
        """Take the news that a window's trace is finished, or why there is none."""
        self._of(record.rank, record.window).trace = record

    def states(self) -> tuple[WindowState, ...]:
        """Return every window, by number."""
        keys = sorted(self._parts, key=lambda key: (key[1], key[0]))
        return tuple(_state(key, self._parts[key]) for key in keys)

    def parts(self) -> list[tuple[int, int, WindowParts]]:
        """Return (rank, number, all that was said) of every window."""
        return [(*key, parts) for key, parts in self._parts.items()]

    def restore(self, parts: list[tuple[int, int, WindowParts]]) -> None:
        """Become the table of which ``parts`` were taken."""
        self._parts = {(rank, number): said for rank, number, said in parts}

    def _of(self, rank: int, window: int) -> WindowParts:
        return self._parts.setdefault((rank, window), WindowParts())


def _state(key: _Key, parts: WindowParts) -> WindowState:
    latest = parts.latest
    steps = latest.steps if latest else ()
    return WindowState(
        id=key[1],
        rank=key[0],
        state=_stage(parts),
        origin=latest.origin if latest else "",
        first=latest.first if latest else None,
        last=latest.last if latest else None,
        start=steps[0][1] if steps else parts.opened,
        end=steps[-1][2] if steps else parts.closed,
        pause=latest.pause if latest else None,
        options=latest.options if latest else (),
        text=_text(parts),
        operators=parts.operators,
        trace=parts.trace,
    )


def _stage(parts: WindowParts) -> str:
    if parts.trace is not None:
        return "ready" if parts.trace.path is not None else "failed"
    if parts.latest is not None:
        return parts.latest.state
    return "captured"


def _text(parts: WindowParts) -> str | None:
    if parts.trace is not None and parts.trace.error:
        return parts.trace.error
    return parts.latest.text if parts.latest else None
