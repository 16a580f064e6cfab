"""What is kept of blocks of rows: nothing is lost, nothing invented, and it grows with its run."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from diptych.gui.plots import blocks, rows
from diptych.gui.plots.draw import draw
from diptych.gui.plots.pyramid import FACTOR, Pyramid, Store, level_for
from diptych.gui.plots.reduce import buckets
from diptych.gui.plots.series import Kind, Series

PIXELS = 40
MANY = 2 * PIXELS * 4 * FACTOR * FACTOR


def series(v: np.ndarray, kind: Kind = Kind.MEDIAN, **more: object) -> Series:
    t = np.arange(1, v.shape[-1] + 1, dtype=np.int64) * 1000
    return Series("torch", "x", "#FF0000", "dot", t, v, 0, kind=kind, **more)  # type: ignore[arg-type] # options of one call


spikes = st.lists(
    st.tuples(st.integers(0, MANY - 1), st.floats(-1e9, 1e9)), min_size=1, max_size=12
)
views = st.tuples(st.floats(0.0, 0.4), st.floats(0.5, 1.0))


@given(spikes, views, st.lists(st.integers(0, MANY), max_size=4))
@settings(max_examples=60, deadline=None)
def test_no_spike_is_lost_however_the_run_grew(
    found: list[tuple[int, float]], view: tuple[float, float], grown: list[int]
) -> None:
    v = np.full(MANY, 5.0)
    v[1::97] = np.nan
    for row, value in found:
        v[row] = value
    whole = series(v)
    pyramid = Pyramid()
    for count in sorted(grown):
        pyramid.extremes(v[:count].__getitem__, count, count, 1)
    begin, end = (int(share * whole.t[-1]) for share in view)
    level = level_for(int(((whole.t >= begin) & (whole.t < end)).sum()), PIXELS)
    if level:
        drawn = blocks.median(whole, pyramid, (begin, end, PIXELS, 0))
        inside = v[(whole.t >= begin) & (whole.t <= end)]
        assert np.nanmax(drawn.high) >= np.nanmax(inside)
        assert np.nanmin(drawn.low) <= np.nanmin(inside)
        known = v[~np.isnan(v)]
        assert set(drawn.high[np.isfinite(drawn.high)].tolist()) <= set(known.tolist())


def test_blocks_and_rows_draw_the_same_picture() -> None:
    rng = np.random.default_rng(3)
    v = rng.normal(12.0, 1.0, MANY)
    v[MANY // 2] = 500.0
    one = series(v, key=("same", "v"))
    from_blocks = draw(one, 0.0, MANY / 1e6, PIXELS)
    from_rows = rows.median(one, buckets(one.t, 0, MANY * 1000, PIXELS), PIXELS)
    assert len(from_blocks.band_x) == pytest.approx(len(from_rows.band_x), abs=2)
    assert_allclose(from_blocks.y, from_rows.y)
    assert from_blocks.high.max() == from_rows.high.max() == 500.0


def test_bars_of_blocks_have_the_means_of_their_rows_and_long_rows_their_own() -> None:
    phases = np.full((2, MANY), 400)
    t = np.arange(1, MANY + 1, dtype=np.int64) * 1000
    long = MANY // 3
    t[long:] += 40_000_000
    begin = t - 900
    begin[long] = t[long] - 40_000_000
    phases[1, long] = 39_000_000
    one = series(phases, Kind.STACK, begin=begin, key=("bars", "p"), colours=("#111111",) * 2)
    one = Series(**{**{f: getattr(one, f) for f in one.__slots__}, "t": t})
    drawn = draw(one, 0.0, t[-1] / 1e9, PIXELS * 2)
    assert drawn.areas is not None
    assert (drawn.areas[-1] * drawn.steps).sum() == pytest.approx(phases.sum())
    assert drawn.y.max() == 39_000_400
    assert (drawn.y == 39_000_400).sum() == 1
    assert drawn.y.min() == 800


def test_rates_of_blocks_leave_out_what_is_not_known() -> None:
    over, under = np.full(MANY, 32.0), np.full(MANY, 1000.0)
    under[::7] = np.nan
    one = series(over, Kind.RATE, under=under, key=("rate", "r"))
    drawn = draw(one, 0.0, MANY / 1e6, PIXELS)
    assert_allclose(drawn.y, 0.032)


def test_a_pyramid_grows_with_its_run_and_late_completions_are_seen() -> None:
    v = np.full(MANY, 5.0)
    v[MANY - 300 :] = np.nan
    for settled, last in ((MANY - 300, 5.0), (MANY, 77.0)):
        if last == 77.0:
            v[MANY - 300 :] = 77.0
        one = series(v, key=("late", "v"), settled=settled)
        drawn = draw(one, 0.0, MANY / 1e6, PIXELS)
        assert np.nanmax(drawn.high) == last


def test_a_replaced_journal_gets_a_new_pyramid() -> None:
    store, t = Store(), np.arange(100, dtype=np.int64)
    first = store.of("run", t, 100)
    assert store.of("run", np.arange(120, dtype=np.int64), 120) is first
    assert store.of("run", t + 7, 100) is not first
    assert store.of("run", t[:50] + 7, 50) is not first


def test_medians_of_very_many_rows_come_over_several_pictures(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("diptych.gui.plots.pyramid._MEDIAN_ROWS", MANY // 4)
    one = series(np.full(MANY, 5.0), key=("several", "v"))
    known, pictures = 0.0, 0
    while known < 1.0 and pictures < 20:
        drawn = draw(one, 0.0, MANY / 1e6, PIXELS)
        share = float(np.isfinite(drawn.y).mean())
        assert share > known
        known, pictures = share, pictures + 1
    assert drawn.whole
    assert pictures > 2


@pytest.mark.parametrize("kind", [Kind.MEDIAN, Kind.STACK])
def test_a_long_column_is_worked_through_bit_by_bit(
    monkeypatch: pytest.MonkeyPatch, kind: Kind
) -> None:
    v = np.full(MANY, 5.0) if kind is Kind.MEDIAN else np.full((2, MANY), 5)
    at_once = draw(series(v, kind, key=(kind, "once")), 0.0, MANY / 1e6, PIXELS)
    monkeypatch.setattr("diptych.gui.plots.pyramid._AT_ONCE", MANY // 3)
    pictures = [draw(series(v, kind, key=(kind, "bits")), 0.0, MANY / 1e6, PIXELS)]
    while not pictures[-1].whole and len(pictures) < 30:
        pictures.append(draw(series(v, kind, key=(kind, "bits")), 0.0, MANY / 1e6, PIXELS))
    assert 2 < len(pictures) < 30
    assert all(len(p.x) == 0 for p in pictures[:-1])
    parts = [p.part for p in pictures]
    assert parts == sorted(set(parts))
    assert parts[0] > 0
    assert parts[-1] == 1
    assert_allclose(pictures[-1].y, at_once.y)


def test_infinite_values_are_neither_drawn_nor_hide_their_neighbours() -> None:
    v = np.full(MANY, 5.0)
    v[100], v[101], v[5000] = np.inf, 9.0, -np.inf
    for key in (None, ("inf", "v")):
        drawn = draw(series(v, key=key), 0.0, MANY / 1e6, PIXELS)
        assert np.nanmax(drawn.high) == 9.0
        assert np.nanmin(drawn.low) == 5.0
        assert not np.isinf(drawn.y).any()
