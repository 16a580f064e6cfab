"""Bytes of JSON: ends of strings and values, exact numbers, all compiled.

Positions are offsets into a `Memory` that has at least `PADDING` zero
bytes behind ``end``, so that eight bytes can be looked at wherever one may be.
A position below 0 says why there is none: `MORE`, the bytes end before the
value does; `BAD`, this is not JSON.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from diptych.profiling.trace.jit import byte, jit, trailing_zeros, word

Bytes = Any
"""A `Memory`, as compiled code sees it."""

PADDING = 16
MORE = -1
BAD = -2

_ONES = np.uint64(0x0101010101010101)
_HIGHS = np.uint64(0x8080808080808080)
_QUOTES = np.uint64(0x2222222222222222)
_SLASHES = np.uint64(0x5C5C5C5C5C5C5C5C)

QUOTE, BACKSLASH, COLON, COMMA = 34, 92, 58, 44
OPEN, CLOSE, OPEN_LIST, CLOSE_LIST = 123, 125, 91, 93
MINUS, PLUS, POINT, ZERO, NINE, NEWLINE = 45, 43, 46, 48, 57, 10

EXACT, WHOLE, NOT_A_NUMBER, TOO_LARGE = 0, 1, 2, 3
"""What `number` found: a value; a value too, and an integer; none that fits."""


@jit
def spaces(buffer: Bytes, at: int, end: int) -> int:
    """Return the first position from ``at`` that is no white space, or ``end``."""
    while at < end and byte(buffer, at) <= 32:
        at += 1
    return at


@jit
def string_end(buffer: Bytes, at: int, end: int) -> int:
    """Return the place of the quotation mark that closes the string whose text begins at ``at``."""
    while at < end:
        eight = word(buffer, at)
        quotes, slashes = eight ^ _QUOTES, eight ^ _SLASHES
        found = (((quotes - _ONES) & ~quotes) | ((slashes - _ONES) & ~slashes)) & _HIGHS
        if found == 0:
            at += 8
            continue
        at += trailing_zeros(found) >> 3
        if at >= end:
            return MORE
        if byte(buffer, at) == QUOTE:
            return at
        at += 2
    return MORE


@jit
def line_end_of_string(buffer: Bytes, at: int, end: int) -> int:
    """Return the quotation mark that ends a string which is not escaped.

    MXNet writes names as they are, one key a line: the string ends at the last
    quotation mark of its line, before a comma if there is one.
    """
    last = MORE
    while at < end and byte(buffer, at) != NEWLINE:
        if byte(buffer, at) == QUOTE:
            last = at
        at += 1
    if at >= end:
        return MORE
    return last if last >= 0 else BAD


@jit
def scalar_end(buffer: Bytes, at: int, end: int) -> int:
    """Return the end of a number or of a bare word such as ``true`` or ``NaN``."""
    begin = at
    while at < end:
        c = byte(buffer, at)
        if c <= 32 or c in (COMMA, CLOSE, CLOSE_LIST):
            return at if at > begin else BAD
        if c in (QUOTE, COLON, OPEN, OPEN_LIST):
            return BAD
        at += 1
    return MORE


@jit
def nest_end(buffer: Bytes, at: int, end: int) -> int:
    """Return the end of the object or list that opens at ``at``, however deep it is."""
    depth = 0
    while at < end:
        c = byte(buffer, at)
        if c == QUOTE:
            at = string_end(buffer, at + 1, end)
            if at < 0:
                return at
        elif c in (OPEN, OPEN_LIST):
            depth += 1
        elif c in (CLOSE, CLOSE_LIST):
            depth -= 1
            if depth == 0:
                return at + 1
        at += 1
    return MORE


@jit
def value_end(buffer: Bytes, at: int, end: int) -> int:
    """Return the end of any value that begins at ``at``."""
    if at >= end:
        return MORE
    c = byte(buffer, at)
    if c == QUOTE:
        close = string_end(buffer, at + 1, end)
        return close + 1 if close >= 0 else close
    if c in (OPEN, OPEN_LIST):
        return nest_end(buffer, at, end)
    return scalar_end(buffer, at, end)


@jit
def _scaled(mantissa: Any, power: int) -> tuple[Any, bool]:
    """Return ``mantissa × 10^power``, rounded half up, and whether it fits 63 bits."""
    limit = np.uint64(0x7FFFFFFFFFFFFFFF)
    if mantissa == 0 or power < -20:
        return np.uint64(0), True
    while power > 0:
        if mantissa > limit // np.uint64(10):
            return mantissa, False
        mantissa *= np.uint64(10)
        power -= 1
    last = np.uint64(0)
    while power < 0:
        last = mantissa % np.uint64(10)
        mantissa //= np.uint64(10)
        power += 1
    if last >= 5:
        mantissa += np.uint64(1)
    return mantissa, mantissa <= limit


@jit
def _exponent(buffer: Bytes, at: int, stop: int) -> tuple[int, bool]:
    """Read the digits behind ``e``; the value is held within ±10,000."""
    negative = at < stop and byte(buffer, at) == MINUS
    if at < stop and byte(buffer, at) in (MINUS, PLUS):
        at += 1
    value, digits = 0, 0
    while at < stop and ZERO <= byte(buffer, at) <= NINE:
        value = min(10_000, value * 10 + (byte(buffer, at) - ZERO))
        at += 1
        digits += 1
    return (-value if negative else value), at == stop and digits > 0


@jit
def number(buffer: Bytes, at: int, stop: int, power: int) -> tuple[int, int]:
    """Read the decimal number in ``[at, stop)`` times ``10^power`` as an integer.

    Never by way of a float. Returns the value and `EXACT`, `WHOLE` (nothing
    but digits, ``power`` aside); else `NOT_A_NUMBER`, or `TOO_LARGE` for 63
    bits. Up to 2^64 are taken as they are where ``power`` is 0, so that hashes
    and addresses keep all bits.
    """
    negative = at < stop and byte(buffer, at) == MINUS
    if negative:
        at += 1
    if stop - at > 18:
        return _long_number(buffer, at, stop, power, negative)
    # Nearly all numbers: few digits, perhaps a point, nothing to be rounded.
    value, place, point = 0, at, -1
    while place < stop:
        digit = byte(buffer, place) - ZERO
        if 0 <= digit <= 9:
            value = value * 10 + digit
        elif digit == POINT - ZERO and point < 0 and place > at:
            point = place
        else:
            return _long_number(buffer, at, stop, power, negative)
        place += 1
    what = WHOLE
    if point >= 0:
        power -= stop - point - 1
        what = EXACT
    if at == stop or power < 0 or power > 3 or (power > 0 and value > _SAFE):
        return _long_number(buffer, at, stop, power + _digits(point, stop), negative)
    while power > 0:
        value *= 10
        power -= 1
    return (-value if negative else value), what


_SAFE = 9 * 10**15


@jit
def _digits(point: int, stop: int) -> int:
    """Return how many digits stand behind the point."""
    return stop - point - 1 if point >= 0 else 0


@jit
def _long_number(buffer: Bytes, at: int, stop: int, power: int, negative: bool) -> tuple[int, int]:
    """Do what `number` does for any number; the sign was read."""
    mantissa, digits, kept, whole = np.uint64(0), 0, 0, WHOLE
    while at < stop:
        c = byte(buffer, at)
        if ZERO <= c <= NINE:
            digits += 1
            digit = np.uint64(c - ZERO)
            if kept < 19 or (
                kept == 19 and whole == WHOLE and power == 0 and _fits(mantissa, digit)
            ):
                mantissa = mantissa * np.uint64(10) + digit
                kept += 1 if mantissa else 0
                power -= 1 if whole == EXACT else 0
            elif whole == WHOLE:
                power += 1
        elif c == POINT and whole == WHOLE and digits:
            whole = EXACT
        elif c in (101, 69) and digits:
            shift, good = _exponent(buffer, at + 1, stop)
            if not good:
                return 0, NOT_A_NUMBER
            power += shift
            whole = EXACT
            break
        else:
            return 0, NOT_A_NUMBER
        at += 1
    if digits == 0:
        return 0, NOT_A_NUMBER
    if power == 0 and not negative:
        return np.int64(mantissa), whole
    value, fits = _scaled(mantissa, power)
    if not fits:
        return 0, TOO_LARGE
    return (-np.int64(value) if negative else np.int64(value)), whole


@jit
def _fits(mantissa: Any, digit: Any) -> bool:
    most = np.uint64(1844674407370955161)
    return bool(mantissa < most or (mantissa == most and digit <= 5))


@jit
def real(buffer: Bytes, at: int, stop: int) -> tuple[float, bool]:
    """Read a number as a float (values of counters); says whether it is one."""
    negative = at < stop and byte(buffer, at) == MINUS
    if negative:
        at += 1
    value, scale, digits, point = 0.0, 0, 0, False
    while at < stop:
        c = byte(buffer, at)
        if ZERO <= c <= NINE:
            digits += 1
            value = value * 10.0 + np.float64(c - ZERO)
            scale -= 1 if point else 0
        elif c == POINT and not point:
            point = True
        elif c in (101, 69) and digits:
            shift, good = _exponent(buffer, at + 1, stop)
            if not good:
                return 0.0, False
            scale += shift
            break
        else:
            return 0.0, False
        at += 1
    value = value * 10.0**scale if scale >= 0 else value / 10.0**-scale
    return (-value if negative else value), digits > 0 and np.isfinite(value)
