"""What stands in the plots besides curves: warm-up, captures, validation, stalls."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stretch:
    """A stretch of one run on the shared axis, with a name for people.

    ``key`` says what it is to whoever put it there, where it can be chosen;
    ``tip`` is what a tooltip says of it.
    """

    low: float
    high: float
    name: str
    colour: str
    key: Hashable = None
    tip: str = ""


@dataclass(frozen=True, slots=True)
class Marks:
    """The marks of all shown runs; ``warmup_text`` is said once."""

    warmup: tuple[Stretch, ...] = ()
    warmup_text: str = ""
    captures: tuple[Stretch, ...] = ()
    evals: tuple[Stretch, ...] = ()
    limits: tuple[tuple[float, str], ...] = ()
    """Levels drawn across one plot: value and name."""
    stalls: tuple[Stretch, ...] = ()
