"""What stands around the list of events: the top level of a trace file.

A file is an object with ``traceEvents`` among its keys, or nothing but the
list. Several such values one after the other are read too: the agent puts a
line of its own before what MXNet wrote.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from diptych.profiling.trace import scan_bytes
from diptych.profiling.trace.errors import TraceError
from diptych.profiling.trace.jit import byte, get, jit, memory, put
from diptych.profiling.trace.scan import Ending
from diptych.profiling.trace.scan_bytes import BACKSLASH, PADDING, QUOTE, value_end
from diptych.profiling.trace.source import Limits, Source, buffer_of
from diptych.profiling.trace.table import Truncation

_WINDOW = 1 << 16
_SPACES = b" \t\r\n,\x00"
_MARK = b"\xef\xbb\xbf"


@dataclass(slots=True)
class Outer:
    """The top level of a file, without its events."""

    properties: dict[str, Any] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    """Keys whose values are too large to keep, or are not JSON."""
    lists: int = 0
    """Lists of events that were read."""
    truncated: Truncation | None = None


class _Window:
    """A part of the source, moved on as it is read."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.base, self.length = 0, 0
        self.buffer = buffer_of(_WINDOW + PADDING)

    def move(self, at: int, size: int = _WINDOW) -> bool:
        """Hold the bytes from ``at`` on; say whether the source ends with them."""
        if len(self.buffer) < size + PADDING:
            self.buffer = buffer_of(size + PADDING)
        self.length = self._source.fill(self.buffer, at, size)
        self.buffer[self.length : self.length + PADDING] = 0
        self.base = at
        return self.length < size

    def visible(self, at: int) -> int:
        """Return the first place from ``at`` that is no space or comma; −1 at the end."""
        while True:
            if not self.base <= at < self.base + self.length:
                self.move(at)
                if self.length == 0:
                    return -1
            held = self.buffer[at - self.base : self.length].tobytes()
            rest = held.lstrip(_SPACES)
            if rest:
                return at + len(held) - len(rest)
            at = self.base + self.length

    def at(self, place: int) -> str:
        """Return the character there, "" behind the end."""
        if not self.base <= place < self.base + self.length:
            self.move(place)
        return chr(self.buffer[place - self.base]) if place < self.base + self.length else ""


class OuterReader:
    """Walks over the top level and hands each list of events to ``events``."""

    def __init__(self, source: Source, limits: Limits, events: Callable[[int], Ending]) -> None:
        self._source, self._limits, self._events = source, limits, events
        self._window = _Window(source)
        self.outer = Outer()

    def read(self) -> Outer:
        """Read the whole file.

        Raises:
            TraceError: when it is no trace.
        """
        at: int | None = self._after_mark()
        first = self._window.visible(at or 0)
        if first < 0:
            raise TraceError("the file is empty")
        if self._window.at(first) not in ("{", "["):
            raise TraceError("the file is not JSON")
        while at is not None:
            at = self._top(at)
        if self.outer.lists == 0:
            raise TraceError(self._why_not())
        if self._source.failure and self.outer.truncated is None:
            self._broken(self._window.base + self._window.length, "")
        return self.outer

    def _why_not(self) -> str:
        if self._source.failure:
            return f"the file holds no list of trace events: {self._source.failure}"
        if self.outer.truncated:
            return "the file breaks off before its list of trace events"
        return "the file is JSON, but holds no list of trace events"

    def _after_mark(self) -> int:
        self._window.move(0)
        return 3 if self._window.buffer[:3].tobytes() == _MARK else 0

    def _broken(self, at: int, why: str) -> None:
        if self.outer.truncated is None:
            self.outer.truncated = Truncation(at, self._source.failure or why)

    def _top(self, at: int) -> int | None:
        """Read one value of the top level; return the place behind it, ``None`` at the end."""
        at = self._window.visible(at)
        if at < 0:
            return None
        opening = self._window.at(at)
        if opening == "[":
            return self._list(at + 1)
        if opening == "{":
            return self._object(at + 1)
        self._broken(at, "something that is no JSON follows")
        return None

    def _list(self, at: int) -> int | None:
        self.outer.lists += 1
        ending = self._events(at)
        if ending.broken:
            self._broken(ending.at, ending.broken)
            return None
        return ending.at

    def _object(self, at: int) -> int | None:
        """Read keys and values up to the brace that ends the object."""
        place: int | None = at
        while place is not None:
            at = self._window.visible(place)
            if at < 0:
                self._broken(place, "the file breaks off behind its events")
                return None
            if self._window.at(at) == "}":
                return at + 1
            place = self._member(at)
        return None

    def _member(self, at: int) -> int | None:
        """Read a key and its value; return the place behind them, ``None`` where it breaks off."""
        key, colon = self._value(at)
        found = self._window.visible(colon) if isinstance(key, str) and colon > 0 else -1
        value = self._window.visible(found + 1) if found > 0 else -1
        if value < 0 or self._window.at(found) != ":":
            self._broken(at, "the file breaks off, or is damaged, between its keys")
            return None
        if key == "traceEvents" and self._window.at(value) == "[":
            return self._list(value + 1)
        kept, stop = self._value(value)
        if stop < 0:
            self._broken(at, f"the file breaks off in {str(key)[:80]!r}")
            return None
        if kept is _LEFT_OUT:
            self.outer.left_out.append(str(key)[:80])
        else:
            self.outer.properties[str(key)] = kept
        return stop

    def _value(self, at: int) -> tuple[Any, int]:
        """Decode the value at ``at``, if it is not too large; return it and the place behind it."""
        size = _WINDOW
        while True:
            ended = self._window.move(at, size)
            stop = value_end(memory(self._window.buffer), 0, self._window.length)
            if stop > self._limits.value:
                return _LEFT_OUT, at + stop
            if stop > 0:
                return _decoded(self._window.buffer[:stop].tobytes()), at + stop
            if stop == scan_bytes.BAD or ended:
                return _LEFT_OUT, -1
            if size > self._limits.value:
                return _LEFT_OUT, self._skipped(at)
            size = min(4 * size, self._limits.value + 1)

    def _skipped(self, at: int) -> int:
        """Return the place behind a value of any size; −1 where the file ends before it does."""
        state = memory_state()
        while not self._window.move(at, 16 * _WINDOW) or self._window.length:
            stop = skip(memory(self._window.buffer), self._window.length, memory(state))
            if stop >= 0:
                return at + stop
            at += self._window.length
            self._source.forget(at)
        return -1


_LEFT_OUT = object()


def _decoded(raw: bytes) -> Any:
    try:
        return json.loads(raw, strict=False)
    except (ValueError, RecursionError):
        return _LEFT_OUT


def memory_state() -> Any:
    """Return the memory of `skip` between two windows: depth, in a string, behind a backslash."""
    import numpy as np

    return np.zeros(3, np.int64)


@jit
def skip(buffer: Any, end: int, state: Any) -> int:
    """Go over a value that spreads over several windows; return its end, −1 if it is not here."""
    depth, inside, escaped = get(state, 0), get(state, 1), get(state, 2)
    for at in range(end):
        c = byte(buffer, at)
        if inside:
            if escaped:
                escaped = 0
            elif c == BACKSLASH:
                escaped = 1
            elif c == QUOTE:
                inside = 0
        elif c == QUOTE:
            inside = 1
        elif c == 123 or c == 91:
            depth += 1
        elif c == 125 or c == 93:
            depth -= 1
        if depth == 0 and not inside and not escaped:
            return at + 1
    put(state, 0, depth)
    put(state, 1, inside)
    put(state, 2, escaped)
    return -1
