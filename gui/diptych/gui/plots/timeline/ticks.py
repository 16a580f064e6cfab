"""Round instants for a ruler of nanoseconds, and how they are written. No Qt here."""

from __future__ import annotations

from math import ceil, floor, log10

from diptych.gui.text.format import MINUS, NBSP

_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"), (1.0, "ns"))


def ticks(low: float, high: float, room: int) -> list[float]:
    """Return at most ``room`` (≥ 1) round instants between ``low`` and ``high`` ns."""
    span = max(high - low, 1e-3)
    power = 10.0 ** floor(log10(span / room))
    step = next(m * power for m in (1, 2, 5, 10, 20) if span / (m * power) <= room)
    return [i * step for i in range(ceil(low / step - 1e-9), floor(high / step + 1e-9) + 1)]


def label(at: float, span: float) -> str:
    """Return an instant with the digits that a picture of ``span`` ns needs."""
    if abs(at) < 1e-6:
        return "0"
    size, unit = next((u for u in _UNITS if max(abs(at), span / 50) >= u[0]), _UNITS[-1])
    fine = floor(log10(max(span, 1e-3) / 12 / size))
    text = f"{at / size:,.{min(9, max(0, -fine))}f}"
    text = text.rstrip("0").rstrip(".") if "." in text else text
    return f"{text.replace('-', MINUS)}{NBSP}{unit}"


def exact(at: float, span: float) -> str:
    """Return an instant for the flag of the crosshair: one digit finer than the ruler."""
    return label(at, span / 30)
