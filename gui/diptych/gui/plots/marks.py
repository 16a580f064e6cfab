"""What stands in the plots besides curves: warm-up, captures, validation."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one run's time in s, with a name for people."""

    low: float
    high: float
    name: str
    colour: str


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of all shown runs; ``warmup_text`` is said once."""

    warmup: tuple[Stretch, ...] = ()
    warmup_text: str = ""
    captures: tuple[Stretch, ...] = ()
    evals: tuple[Stretch, ...] = ()
    limits: tuple[tuple[float, str], ...] = ()
    """Levels drawn across one plot: value and name."""
