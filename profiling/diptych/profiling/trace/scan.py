"""Reads the list of events of a trace, block by block, on every core.

Each block is read by itself, from the first place in it where an event seems
to open. That guess is checked against where the block before ended, and a
block whose guess was wrong is read again from there: the result is that of
reading from front to back.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any

import numpy as np

from diptych.profiling.trace import scan_block as sb
from diptych.profiling.trace.intern import Lanes, Texts
from diptych.profiling.trace.jit import memory
from diptych.profiling.trace.scan_bytes import PADDING
from diptych.profiling.trace.scan_event import FIELDS, event_start
from diptych.profiling.trace.source import Limits, Source, buffer_of

BLOCK = 1 << 23
_OVERLAP = 1 << 18
_BEFORE = 1 << 8
_ROWS = 1 << 15


@dataclass(slots=True)
class Columns:
    """Rows of one worker, one array a column; see `scan_block`."""

    worker: int
    rows: dict[str, Any]
    counters: Any
    memories: Any
    sequences: Any
    """(row, sequence, forward) of the rows that have a sequence number."""

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.rows["phase"])


@dataclass(slots=True)
class Found:
    """Every event that was read, in the order of the file."""

    parts: list[Columns] = field(default_factory=list)
    malformed: int = 0
    texts: list[Texts] = field(default_factory=list)
    lanes: list[Lanes] = field(default_factory=list)


class Worker:
    """The tables and the room that one thread writes into."""

    def __init__(self, number: int, limits: Limits) -> None:
        self.number = number
        self.texts, self.lanes = Texts(), Lanes()
        self._limit = limits.event
        self._state = np.zeros(sb.STATE, np.int64)
        self._ev = np.zeros(FIELDS, np.int64)
        self._rows = np.zeros(_ROWS, sb.ROW)
        self._counters = np.zeros(_ROWS, sb.COUNTER)
        self._memories = np.zeros(_ROWS, sb.MEMORY)

    def scan(self, piece: Piece, at: int) -> Part:
        """Read the events that open in a piece of the file from ``at`` on."""
        part, view = Part(piece, at), memory(piece.buffer)
        self._state[:] = 0
        place, stop = at - piece.base, piece.stop - piece.base
        while True:
            out = self._target()
            sb.scan(view, place, stop, piece.length, piece.base, piece.final, self._limit, out)
            status, place = int(self._state[sb.STATUS]), int(self._state[sb.AT])
            if status == sb.NO_TEXTS:
                self.texts.grow(int(self._state[sb.NEED]))
            elif status == sb.NO_LANES:
                self.lanes.grow()
            else:
                part.columns.append(self._columns())
                if status != sb.NO_ROWS:
                    break
        part.status, part.at = status, piece.base + place
        part.malformed = int(self._state[sb.MALFORMED])
        return part

    def _target(self) -> sb.Target:
        return sb.Target(
            memory(self._state),
            memory(self._ev),
            memory(self._rows),
            memory(self._counters),
            memory(self._memories),
            self.texts.view,
            self.lanes.view,
        )

    def _columns(self) -> Columns:
        count, counters, memories = self._state[[sb.ROWS, sb.COUNTERS, sb.MEMORIES]].tolist()
        rows = self._rows[:count]
        has = np.flatnonzero(rows["sequence"] >= 0)
        sequences = np.stack([has, rows["sequence"][has], rows["forward"][has]])
        kept = {name: rows[name].copy() for name in _COLUMNS}
        self._state[[sb.ROWS, sb.COUNTERS, sb.MEMORIES]] = 0
        return Columns(
            self.number,
            kept,
            self._counters[:counters].copy(),
            self._memories[:memories].copy(),
            sequences,
        )


_COLUMNS = (
    "time", "duration", "ident", "external", "args_at", "name", "category", "lane", "extra",
    "args_length", "phase", "flags",
)  # fmt: skip


@dataclass(slots=True)
class Piece:
    """Bytes of the file: those from ``base`` on, of which events may open up to ``stop``."""

    buffer: Any
    base: int
    begin: int
    stop: int
    length: int
    final: bool
    """Whether the file ends with these bytes."""


@dataclass(slots=True)
class Part:
    """What a piece held."""

    piece: Piece
    start: int
    """Where reading began, −1 where no event seemed to open."""
    at: int = 0
    status: int = 0
    malformed: int = 0
    columns: list[Columns] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Ending:
    """Where a list of events ended: behind its bracket, or why it has none."""

    at: int
    broken: str | None = None


class Scanner:
    """Reads lists of events out of a source, with as many threads as there are cores."""

    def __init__(
        self,
        source: Source,
        limits: Limits,
        look: Callable[[int], None],
        threads: int | None = None,
        block: int = BLOCK,
    ) -> None:
        self._source, self._limits, self._look, self._block = source, limits, look, block
        count = threads or len(os.sched_getaffinity(0))
        self._workers = [Worker(number, limits) for number in range(count)]
        self._free: SimpleQueue[Worker] = SimpleQueue()
        for worker in self._workers:
            self._free.put(worker)
        self._buffers: list[Any] = []
        self._pool = ThreadPoolExecutor(count, "trace")
        self.found = Found(
            texts=[w.texts for w in self._workers], lanes=[w.lanes for w in self._workers]
        )

    def close(self) -> None:
        """End the threads."""
        self._pool.shutdown(cancel_futures=True)

    def events(self, begin: int) -> Ending:
        """Read the events from ``begin`` up to the bracket that ends their list.

        Raises:
            TraceCancelledError: when ``look`` says so.
        """
        waiting: deque[Future[Part]] = deque()
        following: int | None = begin
        expected: int | None = begin
        try:
            while True:
                while following is not None and len(waiting) <= len(self._workers):
                    piece = self._piece(following, self._block)
                    first = begin if following == begin else None
                    waiting.append(self._pool.submit(self._read, piece, first))
                    following = None if piece.final else piece.stop
                part = waiting.popleft().result()
                stop = part.piece.stop
                expected, ending = self._take(part, expected)
                self._buffers.append(part.piece.buffer)
                if ending:
                    return ending
                if not waiting and following is None:
                    return Ending(stop, "the list of events is not closed")
                self._source.forget(min(stop, expected or stop) - _BEFORE)
                self._look(self._source.done(stop))
        finally:
            for future in waiting:
                future.cancel()

    def _take(self, part: Part, expected: int | None) -> tuple[int | None, Ending | None]:
        """Accept what a block held if it began where the one before ended.

        Returns where the next one has to begin (``None``: wherever it finds an
        event), or how the list ended.
        """
        whole = part.piece
        if expected is None and part.start < 0:
            return None, None
        if expected is not None and part.start != expected:
            if expected >= whole.stop:
                return expected, None
            part = self._again(whole, expected)
        while True:
            self.found.parts += part.columns
            self.found.malformed += part.malformed
            if part.status == sb.END:
                return None, Ending(part.at + 1)
            if part.status == sb.MISSING:
                if part.piece.final:
                    return None, Ending(part.at, "the file breaks off inside an event")
                large = self._piece(part.at, 1, self._limits.event)
                part = self._again(large, part.at)
            elif part.status == sb.LOST:
                return None, None
            elif part.at >= whole.stop:
                return part.at, None
            else:
                part = self._again(whole, part.at)

    def _again(self, piece: Piece, at: int) -> Part:
        worker = self._free.get()
        try:
            return worker.scan(piece, at)
        finally:
            self._free.put(worker)

    def _piece(self, begin: int, size: int, overlap: int = _OVERLAP) -> Piece:
        base = max(0, begin - _BEFORE)
        wanted = begin - base + size + overlap
        room = wanted + PADDING
        buffer = self._buffers.pop() if self._buffers else buffer_of(room)
        if len(buffer) < room:
            buffer = buffer_of(room)
        length = self._source.fill(buffer, base, wanted)
        buffer[length : length + PADDING] = 0
        final = length < wanted
        stop = base + length if final else begin + size
        return Piece(buffer, base, begin, stop, length, final)

    def _read(self, piece: Piece, first: int | None) -> Part:
        if first is None:
            begin, stop = piece.begin - piece.base, piece.stop - piece.base
            place = event_start(memory(piece.buffer), begin, stop, 0)
            if place < 0:
                return Part(piece, -1)
            first = piece.base + place
        return self._again(piece, first)
