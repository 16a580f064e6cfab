"""The words of a sweep. No Qt here."""

from __future__ import annotations

from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr
from diptych.profiling.compare.bootstrap import Interval

_KNOBS = {
    "batch_size": tr("batch size"),
    "batch": tr("batch size"),
    "threads": tr("threads"),
    "workers": tr("workers"),
}


def knob_title(knob: str) -> str:
    """Return what people call a knob."""
    return _KNOBS.get(knob, knob.replace("_", " "))


def value_text(value: float) -> str:
    """Return a value of a knob."""
    return f"{value:,.6g}"


def with_interval(found: Interval | None, per: float, unit: str) -> str:
    """Return such as ``12.4 ms (12.1 to 12.9)``."""
    if found is None:
        return fmt.UNKNOWN
    text = fmt.with_unit(found.estimate / per, unit)
    if found.low is None or found.high is None:
        return tr("{value}, no interval", value=text)
    low, high = fmt.number(found.low / per), fmt.number(found.high / per)
    level = f"{found.level * 100:g}{fmt.NBSP}%"
    return tr("{value} ({level} interval {low} to {high})", value=text, level=level, low=low,
              high=high)  # fmt: skip
