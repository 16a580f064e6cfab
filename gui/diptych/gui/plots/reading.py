"""What a crosshair reads of one series. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

from diptych.gui.plots.series import Series


@dataclass(frozen=True, slots=True)
class Reading:
    """The value of one series under the crosshair; ``parts`` of a stack.

    ``lost`` says since when it is NaN, where it is.
    """

    series: Series
    value: float
    parts: tuple[float, ...] = ()
    lost: str = ""
