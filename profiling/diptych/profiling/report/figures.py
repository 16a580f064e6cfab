"""Numbers and sizes as every command of the command line writes them."""

from __future__ import annotations

UNKNOWN = "-"


def number(value: float | None) -> str:
    """Return about three significant digits, thousands apart, never in powers of ten."""
    if value is None:
        return UNKNOWN
    if value == 0:
        return "0"
    amount = abs(value)
    if amount >= 100:
        return f"{value:,.0f}"
    if amount >= 10:
        return f"{value:.1f}"
    if amount >= 1:
        return f"{value:.2f}"
    return f"{value:#.3g}" if amount >= 0.001 else f"{value:.6f}"


def size(count: float) -> str:
    """Return bytes in binary units."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{number(count)} {unit}"
        count /= 1024
    return f"{number(count)} GiB"
