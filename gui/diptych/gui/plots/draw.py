"""A series reduced to one picture: from its rows, or from blocks of them. No Qt here."""

from __future__ import annotations

import numpy as np

from diptych.gui.plots import blocks, rows
from diptych.gui.plots.pyramid import NotYetError, level_for, store
from diptych.gui.plots.reduce import buckets
from diptych.gui.plots.series import Drawn, Kind, Series

_BAR_PIXELS = 2
_RATIO_NS = 500_000_000
"""A rate is taken over half a second at least: of one step it would only flicker."""
_SECOND = 1e9

_FROM_ROWS = {
    Kind.LINE: rows.line,
    Kind.MEDIAN: rows.median,
    Kind.STACK: rows.stack,
    Kind.RATE: rows.rate,
}
_FROM_BLOCKS = {
    Kind.LINE: blocks.line,
    Kind.MEDIAN: blocks.median,
    Kind.STACK: blocks.stack,
    Kind.RATE: blocks.rate,
}


def draw(series: Series, low: float, high: float, pixels: int) -> Drawn:
    """Reduce ``series`` to the picture from ``low`` to ``high``, ``pixels`` wide."""
    begin = series.origin + int(low * series.per)
    end = series.origin + int(high * series.per)
    least = _RATIO_NS if series.kind is Kind.RATE and series.per == _SECOND else 0
    if series.kind is Kind.STACK:
        pixels = max(1, pixels // _BAR_PIXELS)
    first, stop = np.searchsorted(series.t, (begin, end))
    if series.key is not None and level_for(int(stop - first), pixels):
        pyramid = store.of(series.key, series.t, series.sure)
        try:
            return _FROM_BLOCKS[series.kind](series, pyramid, (begin, end, pixels, least))
        except NotYetError as error:
            return Drawn(np.empty(0), np.empty(0), whole=False, part=error.part)
    cut = buckets(series.t, begin, end, pixels, least)
    return _FROM_ROWS[series.kind](series, cut, pixels)
