"""What of the curves decides the y axis, and what stands beyond it. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diptych.gui.plots.reduce import Floats
from diptych.gui.plots.scale import Axis, usual_top
from diptych.gui.plots.series import Drawn, Kind, Series

_NOISE = 4.0
"""Band heights from the line within which a raw value is no outlier."""

_APART = 10
"""Pixels in which one mark says that there is more beyond."""

Pairs = list[tuple[Series, Drawn]]


@dataclass(frozen=True, slots=True)
class Outlier:
    """The farthest value beyond the axis within some pixels: ``above`` or below."""

    place: float
    value: float
    colour: str
    name: str
    above: bool = True


def outliers_of(
    pairs: Pairs, axis: Axis, span: tuple[float, float], pixels: float
) -> list[Outlier]:
    """Return what stands beyond ``axis`` in ``span``, drawn ``pixels`` wide."""
    apart = (span[1] - span[0]) * _APART / max(1.0, pixels)
    found: list[Outlier] = []
    for series, drawn in pairs:
        found += _beyond(series, drawn, drawn.peak, span, apart, drawn.peak > axis.high)
        if len(drawn.band_x):
            found += _beyond(series, drawn, drawn.low, span, apart, drawn.low < axis.low)
    return found


def _beyond(
    series: Series,
    drawn: Drawn,
    values: Floats,
    span: tuple[float, float],
    apart: float,
    far: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
) -> list[Outlier]:
    last = drawn.right if drawn.areas is not None else drawn.peak_x
    rows = np.flatnonzero(far & (last >= span[0]) & (drawn.peak_x <= span[1]))
    if not len(rows):
        return []
    above = values is not drawn.low
    cell = (np.maximum(drawn.peak_x[rows], span[0]) // apart).astype(np.int64)
    order = np.lexsort((-values[rows] if above else values[rows], cell))
    _, first = np.unique(cell[order], return_index=True)
    name = series.group if series.label in ("", series.group) else f"{series.group} {series.label}"
    return [
        Outlier(
            max(float(drawn.peak_x[row]), span[0]), float(values[row]), series.colour, name, above
        )
        for row in rows[order[first]].tolist()
    ]


def decisive(pairs: Pairs, low: float, high: float, *, band: bool) -> list[Floats]:
    """Return the values, of each series by itself, that the y axis is to show."""
    seen = []
    # Beside completed times, dispatched ones only say how far the loop is ahead.
    solid = any(s.kind is Kind.MEDIAN and s.banded and _any(d.y) for s, d in pairs)
    for series, drawn in pairs:
        inside = (drawn.peak_x >= low) & (drawn.peak_x <= high)
        values = drawn.peak[inside]
        if band and len(drawn.band_x):
            seen += _near_line(drawn, inside)
            continue
        if series.kind is Kind.STACK:
            inside = (drawn.right >= low) & (drawn.x <= high)
            values = np.array([usual_top(drawn.y[inside], drawn.steps[inside])])
        elif solid and series.kind is Kind.MEDIAN and not series.banded and _any(values):
            values = np.array([np.nanmedian(values)])
        seen.append(values)
    return seen


def _near_line(
    drawn: Drawn, inside: np.ndarray[tuple[int, ...], np.dtype[np.bool_]]
) -> list[Floats]:
    """Return the raw values that are not far from where the line goes.

    The line may climb high, as a loss does at its start; a single value may not.
    """
    low, high = drawn.low[inside], drawn.high[inside]
    line = drawn.y[np.isfinite(drawn.y)]
    if not len(line) or not _any(high):
        return [low, high]
    least, most = float(line.min()), float(line.max())
    slack = max(most - least, _NOISE * float(np.nanmedian(high - low)), 1e-9 * abs(most))
    near = [part[(part >= least - slack) & (part <= most + slack)] for part in (low, high)]
    return [*near, np.array([least, most])]


def _any(values: Floats) -> bool:
    return bool(np.isfinite(values).any())


def newest(drawn: Drawn) -> float:
    """Return where the last known value is; NaN where there is none."""
    if len(drawn.y) and np.isfinite(drawn.y[-1]):
        return float(drawn.x[-1])
    known = np.flatnonzero(np.isfinite(drawn.y))
    return float(drawn.x[known[-1]]) if len(known) else float("nan")
