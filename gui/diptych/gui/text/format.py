"""Numbers for people: three significant digits, a no-break space, a unit.

Unknown (``None`` or NaN) is `UNKNOWN`, never 0. Minus is a true minus. Times
are given in nanoseconds, memory in bytes.
"""

from __future__ import annotations

import math

from diptych.gui.text.tr import tr

UNKNOWN = "—"
NBSP = "\N{NO-BREAK SPACE}"
MINUS = "\N{MINUS SIGN}"

REASONS = {
    "not_supported": tr("not supported here"),
    "lost": tr("lost"),
    "unknown": tr("not known"),
    "no_permission": tr("no permission to read it"),
    "not_measured": tr("not measured"),
}


def known(value: float | None) -> bool:
    """Say whether there is a number to show."""
    return value is not None and math.isfinite(value)


def number(value: float | None, digits: int = 3) -> str:
    """Return ``value`` with ``digits`` significant digits; whole numbers are never cut.

    ``2581.4`` becomes ``2,581``, ``12.43`` ``12.4``, ``0.0412`` ``0.0412``.
    """
    if value is None or not math.isfinite(value):
        return UNKNOWN
    if value == 0:
        return "0"
    magnitude = math.floor(math.log10(abs(value)))
    decimals = max(0, digits - 1 - magnitude)
    # 9.996 rounds up into the next power of ten and then has a digit too many.
    if abs(round(value, decimals)) >= 10 ** (magnitude + 1):
        decimals = max(0, decimals - 1)
    return true_minus(f"{value:,.{min(decimals, 9)}f}")


def fixed(value: float | None, decimals: int) -> str:
    """Return ``value`` with that many decimals, for a column of a table."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return true_minus(f"{value:,.{decimals}f}")


def true_minus(text: str) -> str:
    """Return ``text`` with the minus that typesetters use."""
    return text.replace("-", MINUS)


def with_unit(value: float | None, unit: str) -> str:
    """Return such as ``312 W``; without a unit when the value is not known."""
    return f"{number(value)}{NBSP}{unit}" if known(value) else UNKNOWN


def count(value: int | None) -> str:
    """Return a whole number with thousands apart."""
    return UNKNOWN if value is None else true_minus(f"{value:,}")


def duration(ns: float | None) -> str:
    """Return a time of a step or an operator: ``890 µs``, ``12.4 ms``, ``1.04 s``."""
    if ns is None or not math.isfinite(ns):
        return UNKNOWN
    size = abs(ns)
    if not size:
        return f"0{NBSP}ms"
    # Rounded to three digits first: 999.7 µs is 1.00 ms.
    if size < 999.5:
        return with_unit(ns, "ns")
    if size < 999_500:
        return with_unit(ns / 1e3, "µs")
    if size < 999_500_000:
        return _three(ns / 1e6, "ms")
    return _three(ns / 1e9, "s")


def _three(value: float, unit: str) -> str:
    return f"{number(value)}{NBSP}{unit}"


def milliseconds(ns: float | None) -> str:
    """Return ``ns`` in milliseconds without the unit, for a place that names it."""
    return number(ns / 1e6) if ns is not None and math.isfinite(ns) else UNKNOWN


def elapsed(seconds: float | None) -> str:
    """Return how long something has run: ``44 s``, ``3 min 12 s``, ``2 h 05 min``."""
    if seconds is None or not math.isfinite(seconds):
        return UNKNOWN
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole}{NBSP}s"
    if whole < 3600:
        return f"{whole // 60}{NBSP}min {whole % 60:02d}{NBSP}s"
    return f"{whole // 3600}{NBSP}h {whole % 3600 // 60:02d}{NBSP}min"


def memory(size: float | None) -> str:
    """Return bytes in GiB or MiB: ``2.38 GiB``, ``512 MiB``."""
    if size is None or not math.isfinite(size):
        return UNKNOWN
    if abs(size) >= 1023.5 * 2**20:
        return with_unit(size / 2**30, "GiB")
    return with_unit(size / 2**20, "MiB")


def file_size(size: int) -> str:
    """Return bytes of a file or a folder: ``14 B``, ``3.20 KiB``, ``1.24 GiB``."""
    if size >= 2**20:
        return memory(size)
    return with_unit(size / 1024, "KiB") if size >= 1024 else f"{size}{NBSP}B"


def percent(value: float | None) -> str:
    """Return such as ``97 %``: whole from 10 on, one decimal below."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    text = f"{value:,.0f}" if abs(value) >= 9.95 or value == 0 else f"{value:.1f}"
    return f"{true_minus(text)}{NBSP}%"


def at_least_percent(value: float | None) -> str:
    """Return such as ``≥ 0.13 %``: a rough lower bound, never rounded to nothing."""
    if value is None or not math.isfinite(value):
        return UNKNOWN
    return f"≥{NBSP}{float(f'{value:.2g}'):g}{NBSP}%"


def ratio(value: float | None) -> str:
    """Return such as ``1.21×``."""
    return f"{number(value)}×" if known(value) else UNKNOWN


def rate(value: float | None, what: str = "samples/s") -> str:
    """Return such as ``2,581 samples/s``."""
    return with_unit(value, what)


def plural(n: int, one: str, many: str | None = None) -> str:
    """Return such as ``1 run`` and ``3 runs``."""
    return f"{n:,} {one if n == 1 else many or one + 's'}"


def reason(code: str | None) -> str:
    """Return in words why a value is not known; an empty text when nobody said."""
    return "" if code is None else REASONS.get(code, code.replace("_", " "))
