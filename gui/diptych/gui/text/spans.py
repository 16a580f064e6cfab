"""A stretch of the shared axis in words; no Qt here."""

from __future__ import annotations

from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr


def span_words(span: tuple[float, float], axis: str) -> str:
    """Return such as ``56.0 – 68.0 s`` or ``steps 1,200 – 1,400``."""
    low, high = span
    if axis == "step":
        return tr("steps {low} – {high}", low=f"{max(0, round(low)):,}", high=f"{round(high):,}")
    decimals = 1 if high - low >= 1 else 3
    return tr(
        "{low} – {high}\N{NO-BREAK SPACE}s",
        low=fmt.fixed(low, decimals),
        high=fmt.fixed(high, decimals),
    )
