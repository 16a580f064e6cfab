"""Numbers onto lines: ticks that people like, and as many digits as tell values apart."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

MINUS = "\N{MINUS SIGN}"


@dataclass(frozen=True, slots=True)
class Axis:
    """Values from ``low`` to ``high`` on pixels from ``start`` to ``end``."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the place of a value."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return self.start + share * (self.end - self.start)

    def ticks(self, about: int = 5) -> list[tuple[float, str]]:
        """Return places between the ends and what stands there."""
        step = _step((self.high - self.low) / max(about, 1))
        first = math.ceil(self.low / step - 1e-9)
        last = math.floor(self.high / step + 1e-9)
        digits = max(0, -math.floor(math.log10(step) + 1e-9))
        return [(self(n * step), fixed(n * step, digits)) for n in range(first, last + 1)]


def _step(wanted: float) -> float:
    """Return 1, 2 or 5 times a power of ten, at least ``wanted``."""
    if not wanted > 0:
        return 1.0
    power = 10.0 ** math.floor(math.log10(wanted))
    return power * next(n for n in (1, 2, 5, 10) if n * power >= wanted * (1 - 1e-9))


def digits_for(values: Iterable[float | None], significant: int = 3) -> int:
    """Return how many decimals a column needs for its smallest value to be told."""
    sizes = [abs(v) for v in values if v is not None and math.isfinite(v) and v]
    if not sizes:
        return 0
    return min(max(0, significant - 1 - math.floor(math.log10(min(sizes)))), 6)


def fixed(value: float, digits: int, *, sign: bool = False) -> str:
    """Return a value with so many decimals, a true minus, and thousands apart."""
    text = f"{value:{'+' if sign else ''},.{digits}f}"
    if not float(text.replace(",", "")):
        text = text.lstrip("+-")
    return text.replace("-", MINUS)
