"""One event of a trace, out of bytes into a row of numbers, compiled.

`read_event` takes an event apart: what it finds goes into ``ev``, a memory of
int64 numbers indexed by the constants below; texts as positions in the buffer.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diptych.profiling.trace.jit import byte, get, jit, put, word
from diptych.profiling.trace.scan_bytes import (
    BAD,
    CLOSE,
    CLOSE_LIST,
    COLON,
    COMMA,
    MORE,
    NEWLINE,
    NOT_A_NUMBER,
    OPEN,
    OPEN_LIST,
    QUOTE,
    TOO_LARGE,
    Bytes,
    line_end_of_string,
    nest_end,
    number,
    scalar_end,
    spaces,
    string_end,
    value_end,
)

(
    PHASE, FLAGS, TIME, DURATION, NAME, NAME_END, CATEGORY, CATEGORY_END, PID, PID_END, TID,
    TID_END, ID, ID_END, ARGS, ARGS_END, DIMS, DIMS_END, CORRELATION, EXTERNAL, SEQUENCE, FORWARD,
    DEVICE, STREAM, SIZE, ADDRESS, ALLOCATED, RESERVED, DEVICE_TYPE, DEVICE_ID, LOOSE, READ,
) = range(32)  # fmt: skip
FIELDS = 32

HAS_TIME, BAD_TIME, HAS_DURATION, BAD_DURATION, HAS_SIZE, HAS_ID, TEXT_ID, ENCLOSING = (
    1, 2, 4, 8, 16, 32, 64, 128,
)  # fmt: skip
"""Bits of ``FLAGS``. ``ENCLOSING``: a flow that binds to the slice around it (``bp: "e"``)."""

BEYOND = np.int64(2**62)
"""A time that 63 bits do not hold."""

DEEPEST = np.int64(-(2**63))
"""An argument that is not there."""


def _word(text: str, last: bool = False) -> Any:
    raw = text.encode()
    return np.uint64(int.from_bytes(raw[-8:] if last else raw[:8], "little"))


_PH, _TS, _DUR, _NAME, _CAT = map(_word, ("ph", "ts", "dur", "name", "cat"))
_PID, _TID, _ID, _ID2, _ARGS, _BP, _S = map(_word, ("pid", "tid", "id", "id2", "args", "bp", "s"))
_STREAM, _DEVICE, _BYTES, _ADDR = map(_word, ("stream", "device", "Bytes", "Addr"))
_CORRELATION, _RELATION = _word("correlation"), _word("correlation", last=True)
_EXTERNAL, _OLD_EXTERNAL, _ERNAL_ID = (
    _word("External id"), _word("external id"), _word("External id", last=True),
)  # fmt: skip
_SEQUENCE, _E_NUMBER = _word("Sequence number"), _word("Sequence number", last=True)
_FORWARD, _READ_ID = _word("Fwd thread id"), _word("Fwd thread id", last=True)
_INPUT, _DIMS, _OLD_DIMS = (
    _word("Input Dims"), _word("Input Dims", last=True), _word("Input dims", last=True),
)  # fmt: skip
_TOTAL_AL, _LOCATED = _word("Total Allocated"), _word("Total Allocated", last=True)
_TOTAL_RE, _SERVED = _word("Total Reserved"), _word("Total Reserved", last=True)
_DEVICE_T, _CE_TYPE = _word("Device Type"), _word("Device Type", last=True)
_DEVICE_I, _ICE_ID = _word("Device Id"), _word("Device Id", last=True)


@jit
def _first(buffer: Bytes, at: int, length: int) -> Any:
    """Return the first eight bytes of a key, zeros behind a shorter one."""
    eight = word(buffer, at)
    if length >= 8:
        return eight
    return eight & ((np.uint64(1) << np.uint64(8 * length)) - np.uint64(1))


@jit
def _scalar(buffer: Bytes, at: int, end: int) -> tuple[int, int, int]:
    """Return begin and end of a number or text, quoted or not, and the end of the value.

    Of a list or object begin and end are the same; of ``null`` too.
    """
    if at >= end:
        return 0, 0, MORE
    c = byte(buffer, at)
    if c == QUOTE:
        close = string_end(buffer, at + 1, end)
        return at + 1, close, (close + 1 if close >= 0 else close)
    if c in (OPEN, OPEN_LIST):
        return 0, 0, nest_end(buffer, at, end)
    stop = scalar_end(buffer, at, end)
    if stop - at == 4 and c == 110:
        return at, at, stop
    return at, stop, stop


@jit
def _integer(buffer: Bytes, at: int, end: int, ev: Any, field: int) -> int:
    """Read an argument that ought to be an integer; anything else leaves it unset."""
    begin, close, stop = _scalar(buffer, at, end)
    if stop > 0 and close > begin:
        value, what = number(buffer, begin, close, 0)
        if what < NOT_A_NUMBER:
            put(ev, field, value)
            if field == SIZE:
                put(ev, FLAGS, get(ev, FLAGS) | HAS_SIZE)
    return stop


@jit
def _time(buffer: Bytes, begin: int, close: int, ev: Any, which: int) -> None:
    """Read microseconds into nanoseconds: 0, the time; 1, the duration. ``null`` is none."""
    good, bad = HAS_TIME << (2 * which), BAD_TIME << (2 * which)
    flags = get(ev, FLAGS) & ~(good | bad)
    if begin > 0 and close == begin:
        put(ev, FLAGS, flags)
        return
    value, what = number(buffer, begin, close, 3)
    if what == NOT_A_NUMBER:
        put(ev, FLAGS, flags | bad)
    else:
        put(ev, TIME + which, BEYOND if what == TOO_LARGE else value)
        put(ev, FLAGS, flags | good)


@jit
def _loose_text(buffer: Bytes, at: int, end: int, ev: Any, field: int) -> int:
    """Note where a text stands that is not escaped, and ends with its line."""
    close = line_end_of_string(buffer, at, end)
    if close < 0:
        return close
    put(ev, field, at)
    put(ev, field + 1, close)
    return close + 1


@jit
def _second_identity(buffer: Bytes, at: int, end: int, ev: Any) -> int:
    """Note the first value of an ``id2`` object."""
    stop = value_end(buffer, at, end)
    if stop < 0 or byte(buffer, at) != OPEN:
        return stop
    _, close, place = _key(buffer, at + 1, stop)
    if close > 0 and place > 0:
        begin, last, inner = _scalar(buffer, place, stop)
        if inner > 0:
            put(ev, ID, begin)
            put(ev, ID_END, last)
    return stop


@jit
def _argument_of(buffer: Bytes, key: int, close: int) -> int:
    """Return the field of the argument whose name stands in ``[key, close)``; −1: not wanted."""
    length = close - key
    if length < 4 or length > 15:
        return -1
    first = _first(buffer, key, length)
    if length < 8:
        if first == _STREAM:
            return STREAM
        if first == _DEVICE:
            return DEVICE
        if first == _BYTES:
            return SIZE
        return ADDRESS if first == _ADDR else -1
    last = word(buffer, close - 8)
    if length == 11 and last == _ERNAL_ID and first in (_EXTERNAL, _OLD_EXTERNAL):
        return EXTERNAL
    if length == 11 and last == _RELATION and first == _CORRELATION:
        return CORRELATION
    if length == 11 and last == _CE_TYPE and first == _DEVICE_T:
        return DEVICE_TYPE
    if length == 10 and first == _INPUT and last in (_DIMS, _OLD_DIMS):
        return DIMS
    if length == 15 and last == _E_NUMBER and first == _SEQUENCE:
        return SEQUENCE
    if length == 13 and last == _READ_ID and first == _FORWARD:
        return FORWARD
    if length == 15 and last == _LOCATED and first == _TOTAL_AL:
        return ALLOCATED
    if length == 14 and last == _SERVED and first == _TOTAL_RE:
        return RESERVED
    return DEVICE_ID if length == 9 and last == _ICE_ID and first == _DEVICE_I else -1


@jit
def _no_arguments(ev: Any) -> None:
    for field in range(CORRELATION, LOOSE):
        put(ev, field, DEEPEST)
    for field in range(ARGS, CORRELATION):
        put(ev, field, 0)
    put(ev, FLAGS, get(ev, FLAGS) & ~HAS_SIZE)


@jit
def _arguments(buffer: Bytes, at: int, end: int, ev: Any) -> int:
    """Read ``args``; the object's place is noted, known arguments are read."""
    _no_arguments(ev)
    if at < end and byte(buffer, at) != OPEN:
        return value_end(buffer, at, end)
    begin = at
    at += 1
    while True:
        key, close, at = _key(buffer, at, end)
        if close == 0:
            put(ev, ARGS, begin)
            put(ev, ARGS_END, at)
            return at
        if at < 0:
            return at
        field = _argument_of(buffer, key, close)
        if field > DIMS:
            at = _integer(buffer, at, end, ev, field)
        else:
            value, at = at, value_end(buffer, at, end)
            if field == DIMS:
                put(ev, DIMS, value)
                put(ev, DIMS_END, at)
        if at < 0:
            return at


@jit
def _key(buffer: Bytes, at: int, end: int) -> tuple[int, int, int]:
    """Read the next key of an object, from behind ``{`` or a value on.

    Returns begin and end of the key and the place of its value; at the end of
    the object 0, 0 and the place behind it; else, last, why there is none.
    """
    at = spaces(buffer, at, end)
    while at < end and byte(buffer, at) == COMMA:
        at = spaces(buffer, at + 1, end)
    if at >= end:
        return 0, 1, MORE
    if byte(buffer, at) == CLOSE:
        return 0, 0, at + 1
    if byte(buffer, at) != QUOTE:
        return 0, 1, BAD
    close = string_end(buffer, at + 1, end)
    if close < 0:
        return 0, 1, close
    colon = spaces(buffer, close + 1, end)
    if colon >= end:
        return 0, 1, MORE
    if byte(buffer, colon) != COLON:
        return 0, 1, BAD
    value = spaces(buffer, colon + 1, end)
    if value >= end:
        return 0, 1, MORE
    return at + 1, max(1, close), value


@jit
def _loose_arguments(buffer: Bytes, at: int, end: int, ev: Any) -> int:
    """Note the place of ``args`` whose texts are not escaped: one line, or lines up to a ``}``."""
    _no_arguments(ev)
    begin, close, alone = at, BAD, True
    while at < end:
        c = byte(buffer, at)
        if c == NEWLINE:
            if close > 0:
                break
            alone = True
        elif c == CLOSE and (alone or close > 0 or _ends_line(buffer, at + 1, end)):
            close = at + 1
            if alone:
                break
        elif c > 32:
            alone = False
        at += 1
    if at >= end:
        return MORE
    put(ev, ARGS, begin)
    put(ev, ARGS_END, close)
    return close


@jit
def _ends_line(buffer: Bytes, at: int, end: int) -> bool:
    while (
        at < end
        and byte(buffer, at) != NEWLINE
        and (byte(buffer, at) <= 32 or byte(buffer, at) == COMMA)
    ):
        at += 1
    return at < end and byte(buffer, at) == NEWLINE


@jit
def _field(buffer: Bytes, key: int, close: int, at: int, end: int, ev: Any) -> int:
    """Read the value of an event's key; return its end."""
    loose = get(ev, LOOSE) != 0
    length = close - key
    first = _first(buffer, key, length) if 0 < length < 5 else np.uint64(0)
    if first == _ARGS:
        return _loose_arguments(buffer, at, end, ev) if loose else _arguments(buffer, at, end, ev)
    if loose and first in (_NAME, _CAT) and byte(buffer, at) == QUOTE:
        return _loose_text(buffer, at + 1, end, ev, NAME if first == _NAME else CATEGORY)
    if first == _ID2:
        return _second_identity(buffer, at, end, ev)
    begin, last, stop = _scalar(buffer, at, end)
    if stop < 0:
        return stop
    field = -1
    if first == _NAME:
        field = NAME
    elif first == _CAT:
        field = CATEGORY
    elif first == _PID:
        field = PID
    elif first == _TID:
        field = TID
    elif first == _ID:
        field = ID
    elif first in (_TS, _DUR):
        _time(buffer, begin, last, ev, 0 if first == _TS else 1)
    elif first == _PH:
        put(ev, PHASE, byte(buffer, begin) if last == begin + 1 else 0)
    elif first == _BP and last == begin + 1 and byte(buffer, begin) == 101:
        put(ev, FLAGS, get(ev, FLAGS) | ENCLOSING)
    if field >= 0:
        put(ev, field, begin)
        put(ev, field + 1, last)
    return stop


@jit
def read_event(buffer: Bytes, at: int, end: int, loose: bool, ev: Any) -> int:
    """Take apart the event that opens at ``at``; return the place behind it.

    Of keys that stand twice the last counts, as everywhere. ``ev[READ]`` is
    how far it came.
    """
    for field in range(CORRELATION):
        put(ev, field, 0)
    _no_arguments(ev)
    put(ev, LOOSE, loose)
    at += 1
    while True:
        put(ev, READ, at)
        key, close, at = _key(buffer, at, end)
        if close == 0 or at < 0:
            return at
        at = _field(buffer, key, close, at, end, ev)
        if at < 0:
            return at
        put(ev, READ, at)
        at = spaces(buffer, at, end)
        if at >= end:
            return MORE
        if byte(buffer, at) not in (COMMA, CLOSE):
            return BAD


@jit
def event_start(buffer: Bytes, at: int, end: int, floor: int) -> int:
    """Return the first place from ``at`` where an event seems to open, `MORE` without.

    That is a brace behind a comma or a bracket and before a key of events.
    """
    while at < end:
        if byte(buffer, at) == OPEN and _opens(buffer, at, end, floor):
            return at
        at += 1
    return MORE


@jit
def _opens(buffer: Bytes, at: int, end: int, floor: int) -> bool:
    before = at - 1
    while before >= floor and byte(buffer, before) <= 32:
        before -= 1
    if before >= floor and byte(buffer, before) not in (COMMA, OPEN_LIST, CLOSE, CLOSE_LIST):
        return False
    key = spaces(buffer, at + 1, end)
    if key >= end or byte(buffer, key) != QUOTE:
        return False
    length = 1
    while length < 6 and key + length < end and byte(buffer, key + length) != QUOTE:
        length += 1
    first = _first(buffer, key + 1, length - 1)
    return first in (_PH, _TS, _DUR, _NAME, _CAT, _PID, _TID, _ID, _ARGS, _BP, _S)
