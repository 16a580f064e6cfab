"""A block of a trace's bytes into rows of columns, compiled.

`scan` reads the events that open in a block one after the other and writes a
row for each. What cannot be read is counted, and reading goes on at the next
place where an event seems to open.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from diptych.profiling.trace.intern import FULL, LanesView, TextsView, intern, lane_of, text_hash
from diptych.profiling.trace.jit import (
    Memory,
    byte,
    get,
    jit,
    put,
    put8,
    put32,
    put64,
    put_real,
    word,
)
from diptych.profiling.trace.scan_bytes import (
    BAD,
    CLOSE_LIST,
    COLON,
    COMMA,
    MORE,
    NOT_A_NUMBER,
    OPEN,
    QUOTE,
    Bytes,
    number,
    real,
    scalar_end,
    spaces,
    string_end,
    value_end,
)
from diptych.profiling.trace.scan_event import (
    ADDRESS,
    ALLOCATED,
    ARGS,
    ARGS_END,
    CATEGORY,
    CATEGORY_END,
    CORRELATION,
    DEVICE,
    DEVICE_ID,
    DEVICE_TYPE,
    DIMS,
    DIMS_END,
    DURATION,
    EXTERNAL,
    FLAGS,
    FORWARD,
    HAS_ID,
    HAS_SIZE,
    ID,
    ID_END,
    LOOSE,
    NAME,
    NAME_END,
    PHASE,
    PID,
    PID_END,
    RESERVED,
    SEQUENCE,
    SIZE,
    STREAM,
    TEXT_ID,
    TID,
    TID_END,
    TIME,
    event_start,
    read_event,
)

ROW = np.dtype(
    [
        ("time", "i8"), ("duration", "i8"), ("ident", "i8"), ("external", "i8"),
        ("sequence", "i8"), ("args_at", "i8"), ("name", "i4"), ("category", "i4"),
        ("lane", "i4"), ("extra", "i4"), ("args_length", "i4"), ("forward", "i4"),
        ("phase", "u1"), ("flags", "u1"), ("", "u1", 6),
    ]
)  # fmt: skip
"""One event. Texts are numbers of the worker's `Texts`, −1 without one. ``ident`` is
``correlation`` of an ``X``, else ``id``; ``extra`` the text of ``Input Dims``, of metadata that of
``args``."""
COUNTER = np.dtype([("row", "i8"), ("key", "i8"), ("value", "f8")])
"""One value of a counter, with the row of its event."""
MEMORY = np.dtype(
    [
        ("row", "i8"), ("size", "i8"), ("address", "i8"), ("allocated", "i8"), ("reserved", "i8"),
        ("device_type", "i8"), ("device", "i8"),
    ]
)  # fmt: skip
"""What an allocator said, with the row of its event; `DEEPEST` where it said nothing."""


class Target(NamedTuple):
    """Where `scan` writes: the memories of a worker."""

    state: Memory
    """int64, see below."""
    ev: Memory
    """Scratch, for `read_event`."""
    rows: Memory
    counters: Memory
    memories: Memory
    texts: TextsView
    lanes: LanesView


(AT, ROWS, COUNTERS, MEMORIES, MALFORMED, STATUS, WASTE, NEED) = range(8)
STATE = 8
"""Length of ``Target.state``; the names above are its indices."""

AGAIN, END, MISSING, LOST, NO_ROWS, NO_TEXTS, NO_LANES = range(1, 8)
"""What ``state[STATUS]`` says: the block is done; the list of events ended at ``AT``; the bytes
end inside the event at ``AT``; what stands before ``AT`` could not be read, and no event opens up
to there; there is no room for the event at ``AT``, which needs ``NEED`` bytes."""

PATIENCE = 1 << 28
"""Bytes that may be read in vain before events are no longer believed to be large."""
SUSPECTED = 1 << 12
"""Largest event, from then on."""

_MEMORY = np.uint64(int.from_bytes(b"[memory]", "little"))
ROW_SIZE, COUNTER_SIZE, MEMORY_SIZE = ROW.itemsize, COUNTER.itemsize, MEMORY.itemsize


@jit
def scan(
    buffer: Bytes, at: int, stop: int, end: int, base: int, final: bool, limit: int, out: Target
) -> None:
    """Read the events that open in ``[at, stop)``; they may reach up to ``end``.

    ``base`` is the place of byte 0 of ``buffer`` in the file; ``final`` says
    that no more bytes follow ``end``; ``limit`` is the size of the largest
    event. ``out.state`` says on return how far it came, and why no further.
    """
    state = out.state
    while True:
        while at < end and (byte(buffer, at) <= 32 or byte(buffer, at) == COMMA):
            at += 1
        put(state, AT, at)
        if at >= stop:
            put(state, STATUS, AGAIN)
            return
        if byte(buffer, at) == CLOSE_LIST:
            put(state, STATUS, END)
            return
        behind = BAD
        most = limit if get(state, WASTE) < PATIENCE else min(limit, SUSPECTED)
        if byte(buffer, at) == OPEN:
            behind = _read(buffer, at, min(end, at + most), out.ev)
        if behind > 0:
            full = _write(buffer, base, out)
            if full:
                put(state, STATUS, full)
                put(state, NEED, behind - at)
                return
            at = behind
            continue
        put(state, WASTE, get(state, WASTE) + min(end - at, most))
        if behind == MORE and at + most > end and not final:
            put(state, STATUS, MISSING)
            return
        following = event_start(buffer, at + 1, end, 0)
        balanced = _balanced(buffer, at, min(end, at + most))
        if balanced > 0 and (following < 0 or following > balanced):
            following = balanced
        if following < 0 and final and behind == MORE:
            put(state, STATUS, MISSING)
            return
        put(state, MALFORMED, get(state, MALFORMED) + 1)
        if following < 0:
            put(state, AT, end)
            put(state, STATUS, LOST)
            return
        at = following


@jit
def _balanced(buffer: Bytes, at: int, end: int) -> int:
    """Return the end of a value that is no event, if the list goes on or ends behind it."""
    stop = value_end(buffer, at, end)
    if stop < 0:
        return stop
    after = spaces(buffer, stop, end)
    if after < end and byte(buffer, after) in (COMMA, CLOSE_LIST):
        return stop
    return BAD


@jit
def _read(buffer: Bytes, at: int, end: int, ev: Memory) -> int:
    """Read an event; where it is not valid, once more as unescaped lines."""
    behind = read_event(buffer, at, end, False, ev)
    if behind > 0:
        return behind
    loose = read_event(buffer, at, end, True, ev)
    if loose > 0 and get(ev, PHASE) != 0:
        return loose
    return behind


@jit
def _write(buffer: Bytes, base: int, out: Target) -> int:
    """Write the event in ``ev`` as a row; without room for it nothing is written.

    Returns 0, or what there is no room for.
    """
    ev, texts = out.ev, out.texts
    row = get(out.state, ROWS)
    if row * ROW_SIZE >= out.rows[1]:
        return NO_ROWS
    name, category, extra = -1, -1, -1
    if get(ev, NAME_END) > 0:
        name = intern(buffer, get(ev, NAME), get(ev, NAME_END), texts)
    if get(ev, CATEGORY_END) > 0:
        category = intern(buffer, get(ev, CATEGORY), get(ev, CATEGORY_END), texts)
    if get(ev, PHASE) == 77 and get(ev, ARGS_END) > 0:
        extra = intern(buffer, get(ev, ARGS), get(ev, ARGS_END), texts)
    elif get(ev, DIMS_END) > 0:
        extra = intern(buffer, get(ev, DIMS), get(ev, DIMS_END), texts)
    pid = intern(buffer, get(ev, PID), get(ev, PID_END), texts)
    tid = intern(buffer, get(ev, TID), get(ev, TID_END), texts)
    if min(name, category, extra, pid, tid) == FULL:
        return NO_TEXTS
    lane = lane_of(pid, tid, out.lanes)
    if lane == FULL:
        return NO_LANES
    if get(out.lanes.devices, lane) < 0 and get(ev, DEVICE) >= 0 and get(ev, STREAM) >= 0:
        put(out.lanes.devices, lane, get(ev, DEVICE))
        put(out.lanes.streams, lane, get(ev, STREAM))
    full = _write_aside(buffer, out, row)
    if full:
        return full
    _write_row(out.rows, row * ROW_SIZE, base, ev, _ident(buffer, ev))
    at = row * ROW_SIZE + 48
    put32(out.rows, at, name)
    put32(out.rows, at + 4, category)
    put32(out.rows, at + 8, lane)
    put32(out.rows, at + 12, extra)
    put(out.state, ROWS, row + 1)
    return 0


@jit
def _write_row(rows: Memory, at: int, base: int, ev: Memory, ident: int) -> None:
    has_args = get(ev, ARGS_END) > 0
    put64(rows, at, get(ev, TIME))
    put64(rows, at + 8, get(ev, DURATION))
    put64(rows, at + 16, ident)
    put64(rows, at + 24, max(-1, get(ev, EXTERNAL)))
    put64(rows, at + 32, max(-1, get(ev, SEQUENCE)))
    put64(rows, at + 40, base + get(ev, ARGS) if has_args else -1)
    put32(rows, at + 64, get(ev, ARGS_END) - get(ev, ARGS))
    put32(rows, at + 68, min(max(-1, get(ev, FORWARD)), 0x7FFFFFFF))
    put8(rows, at + 72, get(ev, PHASE))
    put8(rows, at + 73, get(ev, FLAGS))


@jit
def _ident(buffer: Bytes, ev: Memory) -> int:
    """Return ``correlation`` or the ``id`` as a number; a text becomes a hash of it."""
    if get(ev, PHASE) == 88:
        return max(-1, get(ev, CORRELATION))
    begin, close = get(ev, ID), get(ev, ID_END)
    if close <= begin:
        return -1
    put(ev, FLAGS, get(ev, FLAGS) | HAS_ID)
    value, what = number(buffer, begin, close, 0)
    if what < NOT_A_NUMBER:
        return value
    put(ev, FLAGS, get(ev, FLAGS) | TEXT_ID)
    return int(np.int64(text_hash(buffer, begin, close)))


@jit
def _write_aside(buffer: Bytes, out: Target, row: int) -> int:
    """Write values of a counter, and what an allocator said; return what has no room, or 0."""
    ev, phase = out.ev, get(out.ev, PHASE)
    if phase == 67 and get(ev, ARGS_END) > 0:
        before = get(out.state, COUNTERS)
        full = _loose_counter(buffer, out, row) if get(ev, LOOSE) else _counter(buffer, out, row)
        if full:
            put(out.state, COUNTERS, before)
        return full
    instant = phase == 105 or phase == 73 or phase == 82 or phase == 110
    sized = get(ev, NAME_END) - get(ev, NAME) == 8 and get(ev, FLAGS) & HAS_SIZE
    if instant and sized and word(buffer, get(ev, NAME)) == _MEMORY:
        return _write_memory(out, row)
    return 0


@jit
def _write_memory(out: Target, row: int) -> int:
    place = get(out.state, MEMORIES)
    at = place * MEMORY_SIZE
    if at >= out.memories[1]:
        return NO_ROWS
    put64(out.memories, at, row)
    for number_, field in enumerate((SIZE, ADDRESS, ALLOCATED, RESERVED, DEVICE_TYPE, DEVICE_ID)):
        put64(out.memories, at + 8 + 8 * number_, get(out.ev, field))
    put(out.state, MEMORIES, place + 1)
    return 0


@jit
def _value(row: int, key: int, value: float, out: Target) -> int:
    place = get(out.state, COUNTERS)
    at = place * COUNTER_SIZE
    if key == FULL:
        return NO_TEXTS
    if at >= out.counters[1]:
        return NO_ROWS
    put64(out.counters, at, row)
    put64(out.counters, at + 8, key)
    put_real(out.counters, at + 16, value)
    put(out.state, COUNTERS, place + 1)
    return 0


@jit
def _counter(buffer: Bytes, out: Target, row: int) -> int:
    """Write each number of the counter's ``args``; the event was read before, so it is whole."""
    at, end = get(out.ev, ARGS) + 1, get(out.ev, ARGS_END) - 1
    while True:
        while at < end and byte(buffer, at) != QUOTE:
            at += 1
        close = string_end(buffer, at + 1, end) if at < end else MORE
        if close < 0:
            return 0
        begin = spaces(buffer, spaces(buffer, close + 1, end) + 1, end)
        stop = value_end(buffer, begin, end + 1)
        if stop < 0:
            return 0
        quoted = 1 if byte(buffer, begin) == QUOTE else 0
        value, good = real(buffer, begin + quoted, stop - quoted)
        if good:
            full = _value(row, intern(buffer, at + 1, close, out.texts), value, out)
            if full:
                return full
        at = stop


@jit
def _loose_counter(buffer: Bytes, out: Target, row: int) -> int:
    """Write the one number of ``args`` whose name is not escaped: it is behind the last colon."""
    ev = out.ev
    at, end = get(ev, ARGS_END) - 1, get(ev, ARGS_END)
    while at > get(ev, ARGS) and byte(buffer, at) != COLON:
        at -= 1
    at = spaces(buffer, at + 1, end)
    stop = scalar_end(buffer, at, end)
    if stop < 0:
        return 0
    value, good = real(buffer, at, stop)
    if not good:
        return 0
    return _value(row, intern(buffer, get(ev, NAME), get(ev, NAME_END), out.texts), value, out)
