"""The reduction of curves to pixels, the axes, and the time that plots share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose
from PySide6.QtCore import QRectF
from PySide6.QtGui import QFontMetricsF
from pytestqt.qtbot import QtBot

from diptych.gui.plots import paint
from diptych.gui.plots.chart import Chart
from diptych.gui.plots.draw import draw
from diptych.gui.plots.marks import Marks, Stretch
from diptych.gui.plots.reduce import break_gaps, buckets, extremes, means, medians, ratios, zigzag
from diptych.gui.plots.scale import axis, robust_range, time_label, time_ticks, usual_top
from diptych.gui.plots.series import Kind, Series, nearest
from diptych.gui.plots.timeview import TimeView
from diptych.gui.theme import font, manager

values = st.floats(-1e12, 1e12) | st.just(float("nan"))
columns = st.lists(st.tuples(st.integers(0, 10**9), values), min_size=1, max_size=300)


def rows(pairs: list[tuple[int, float]]) -> tuple[np.ndarray, np.ndarray]:
    t = np.cumsum([gap for gap, _ in pairs]).astype(np.int64)
    v = np.array([value for _, value in pairs])
    for column in (t, v):
        column.flags.writeable = False
    return t, v


@given(columns, st.integers(1, 200), st.data())
@settings(max_examples=200, deadline=None)
def test_no_value_in_sight_is_lost_and_none_is_invented(
    pairs: list[tuple[int, float]], pixels: int, data: st.DataObject
) -> None:
    t, v = rows(pairs)
    low = data.draw(st.integers(0, int(t[-1])))
    high = data.draw(st.integers(low, int(t[-1]) + 10))
    cut = buckets(t, low, high, pixels)
    least, most = extremes(v, cut)
    for first, count, a, b in zip(cut.starts, cut.counts, least, most, strict=True):
        known = v[first : first + count]
        known = known[~np.isnan(known)]
        if len(known):
            assert a == known.min()
            assert b == known.max()
        else:
            assert np.isnan(a)
            assert np.isnan(b)
    covered = range(int(cut.starts[0]), cut.stop) if len(cut) else range(0)
    inside = np.flatnonzero((t >= low) & (t <= high))
    assert set(inside.tolist()) <= set(covered)


@given(columns, st.integers(1, 200))
@settings(max_examples=100, deadline=None)
def test_the_whole_picture_keeps_the_global_extremes(
    pairs: list[tuple[int, float]], pixels: int
) -> None:
    t, v = rows(pairs)
    cut = buckets(t, 0, int(t[-1]), pixels)
    _, y = zigzag(t, *extremes(v, cut), cut)
    known = v[~np.isnan(v)]
    if len(known):
        assert np.nanmin(y) == known.min()
        assert np.nanmax(y) == known.max()
    else:
        assert np.isnan(y).all()


def test_a_million_points_become_about_two_a_pixel() -> None:
    t = np.arange(1_000_000) * 1000
    v = np.zeros(len(t))
    v[777_777] = 5.0
    cut = buckets(t, 0, int(t[-1]), 1200)
    assert 1200 <= len(cut) <= 2402
    assert extremes(v, cut)[1].max() == 5.0


def test_buckets_stand_still_while_the_picture_is_scrolled() -> None:
    t = np.arange(10_000) * 1000
    one = buckets(t, 1_000_000, 3_000_000, 500)
    two = buckets(t, 1_200_000, 3_200_000, 500)
    assert one.width == two.width
    assert set(one.starts[1:-1].tolist()) & set(two.starts[1:-1].tolist())
    shared = [s for s in two.starts[1:-1] if s < one.stop - 1 - one.counts[-1]]
    assert set(shared) <= set(one.starts.tolist())


def test_unknown_values_are_a_gap_and_never_a_zero() -> None:
    t = np.arange(100) * 10**6
    v = np.full(100, 7.0)
    v[40:60] = np.nan
    drawn = draw(series(t, v), 0, 0.1, 400)
    inside = (drawn.x >= 0.0405) & (drawn.x <= 0.0585)
    assert inside.any()
    assert np.isnan(drawn.y[inside]).all()
    assert set(drawn.y[~np.isnan(drawn.y)]) == {7.0}


def test_a_single_known_value_between_gaps_is_still_a_stroke() -> None:
    t = np.arange(5) * 10**9
    v = np.array([np.nan, np.nan, 3.0, np.nan, np.nan])
    drawn = draw(series(t, v), 0, 4, 100)
    at = np.flatnonzero(drawn.y == 3.0)
    assert len(at) == 2
    assert drawn.x[at[1]] > drawn.x[at[0]]


def test_a_hole_in_the_samples_breaks_the_line() -> None:
    t = np.array([0, 1, 2, 10, 11]) * 10**9
    x, y = break_gaps(t, np.ones(5), 3 * 10**9)
    assert len(x) == 6
    assert np.isnan(y[3])
    assert np.isnan(y).sum() == 1


@pytest.mark.parametrize("count", [30, 5000])
def test_the_median_line_ignores_spikes_and_what_is_not_known(count: int) -> None:
    t = np.arange(count) * 10**6
    v = np.full(count, 12.0)
    v[::11] = 100.0
    v[3::11] = np.nan
    x, y = medians(t, v, buckets(t, 0, int(t[-1]), 400), 100)
    assert (np.diff(x) > 0).all()
    assert set(y[~np.isnan(y)]) == {12.0}


def test_means_and_rates_are_those_of_the_rows() -> None:
    t = np.arange(64) * 10**6
    cut = buckets(t, 0, int(t[-1]), 8)
    parts = np.vstack([np.arange(64), np.ones(64)])
    assert_allclose((means(parts, cut) * cut.counts).sum(axis=1), parts.sum(axis=1))
    over, under = np.full(64, 32.0), np.full(64, 2.0)
    under[5] = np.nan
    assert_allclose(ratios(over, under, cut), 16.0)
    assert np.isnan(ratios(over, np.full(64, np.nan), cut)).all()


def test_bars_of_a_stack_end_where_a_pause_begins() -> None:
    begin = np.array([0, 10, 20, 500, 510]) * 10**6
    end = begin + 9 * 10**6
    phases = np.full((2, 5), 4 * 10**6)
    stack = series(end, phases, kind=Kind.STACK, begin=begin, scale=1e-6, colours=("a", "b"))
    drawn = draw(stack, 0, 0.52, 2000)
    assert_allclose(drawn.right[0], drawn.x[1])
    assert_allclose(drawn.right[2], 0.029)
    assert drawn.parts_at(0.005) == [4.0, 4.0]


def series(t: np.ndarray, v: np.ndarray, **more: object) -> Series:
    return Series("torch", "x", "#FF0000", "dot", t.astype(np.int64), v, 0, **more)  # type: ignore[arg-type] # options of one call


@given(st.floats(-1e9, 1e9), st.floats(1e-9, 1e9), st.sampled_from([3, 5]))
def test_an_axis_has_a_few_round_ticks_and_holds_its_values(
    low: float, span: float, count: int
) -> None:
    high = low + span
    made = axis(low, high, count)
    slack = 1e-6 * max(abs(low), abs(high))
    assert made.low <= low + slack
    assert made.high >= high - slack
    if high > low:
        assert 2 <= len(made.ticks) <= 8


def test_axis_labels_have_the_decimals_that_tell_them_apart() -> None:
    assert [axis(0, 20, 5).label(t) for t in axis(0, 20, 5).ticks] == ["0", "5", "10", "15", "20"]
    small = axis(0, 0.004, 3)
    labels = [small.label(t) for t in small.ticks]
    assert len(set(labels)) == len(labels)
    assert axis(-5, 5, 3).label(-5.0).startswith("\N{MINUS SIGN}")


def test_one_outlier_does_not_flatten_the_rest() -> None:
    v = np.full(1000, 12.0)
    v[500] = 900.0
    assert robust_range([v], zero=True) == (0.0, 15.0)
    assert robust_range([np.array([1.0, 1.5])], zero=True) == (0.0, 1.5)
    assert np.isnan(robust_range([np.array([np.nan])], zero=True)).all()


def test_time_labels() -> None:
    assert time_ticks(0, 80, 9) == [0, 10, 20, 30, 40, 50, 60, 70, 80]
    assert time_label(63.2, 8.0) == "63.2\N{NO-BREAK SPACE}s"
    assert time_label(0, 80) == "0"
    assert time_label(7260, 9000) == "2:01:00"


def test_nearest() -> None:
    x = np.array([0.0, 1.0, 2.0])
    assert nearest(x, 1.4) == 1
    assert nearest(x, 1.6) == 2
    assert nearest(x, -0.1) is None
    assert nearest(np.empty(0), 0.0) is None


# -- the time that plots share ------------------------------------------------


def test_following_stays_at_the_newest_and_a_drag_leaves_it(qtbot: QtBot) -> None:
    time = TimeView()
    time.set_extent(10.0)
    assert time.range == (0.0, 10.0)
    time.zoom(0.5)
    time.set_extent(20.0)
    assert time.range == (15.0, 20.0)
    time.pan(-5.0)
    assert not time.following
    time.set_extent(30.0)
    assert time.range == (10.0, 15.0)
    with qtbot.waitSignal(time.follow_changed):
        time.set_follow(True)
    assert time.range == (25.0, 30.0)
    time.fit()
    assert time.range == (0.0, 30.0)


def test_zooming_keeps_what_is_under_the_mouse() -> None:
    time = TimeView()
    time.set_extent(100.0)
    time.set_range(20.0, 60.0)
    time.zoom(0.5, at=30.0)
    assert time.range == (25.0, 45.0)
    for _ in range(200):
        time.zoom(0.5, at=30.0)
    low, high = time.range
    assert 0 < high - low < 1e-3


def test_some_data_stays_in_sight() -> None:
    time = TimeView()
    time.set_extent(100.0)
    time.set_range(20.0, 60.0)
    time.pan(1e6)
    assert time.range[0] <= 100.0
    time.pan(-1e6)
    assert time.range[1] >= 0.0


def test_an_empty_brush_is_none() -> None:
    time = TimeView()
    time.set_brush((3.0, 1.0))
    assert time.brush == (1.0, 3.0)
    time.set_brush((2.0, 2.0))
    assert time.brush is None


# -- a chart --------------------------------------------------------------------


@pytest.fixture
def chart(qtbot: QtBot) -> Chart:
    manager().apply()
    time = TimeView()
    made = Chart(time)
    qtbot.addWidget(made)
    time.setParent(made)
    made.resize(800, 200)
    made.show()
    qtbot.waitExposed(made)
    time.set_extent(10.0)
    return made


def test_a_chart_draws_what_it_was_given(chart: Chart) -> None:
    t = np.arange(1000) * 10**7
    v = np.full(1000, 12.0)
    v[500] = 200.0
    v[700:] = np.nan
    chart.set_series([series(t, v, kind=Kind.MEDIAN)], Marks())
    chart.redraw()
    _, drawn = chart.pairs[0]
    assert drawn.high.max() == pytest.approx(200.0) or np.nanmax(drawn.high) == 200.0
    assert chart.y_axis.high < 30
    assert [o.place for o in chart.outliers()] == [pytest.approx(5.0, abs=0.05)]
    assert chart.readings(3.0)[0].value == 12.0
    assert np.isnan(chart.readings(9.0)[0].value)
    assert chart.readings(None)[0].value == 12.0


@pytest.mark.parametrize("every", [2, 40, 300])
def test_values_without_a_neighbour_are_seen(chart: Chart, every: int) -> None:
    """As of a run of one step, or a loss that is not read in each step."""
    t = np.arange(400) * 10**7 * 2
    v = np.full(400, np.nan)
    v[100::every] = 6.0
    chart.set_series([series(t, v, kind=Kind.MEDIAN)], Marks())
    chart.redraw()
    picture, frame = chart.grab().toImage(), chart.frame()
    for place in t[100::every] / 1e9:
        x, y = round(frame.x(place)), round(frame.y(6.0))
        near = [picture.pixelColor(x, row) for row in (y - 1, y, y + 1)]
        assert any(c.red() > 200 and c.green() < 160 for c in near)


def test_without_a_crosshair_the_newest_row_is_read_not_the_median_around_it(chart: Chart) -> None:
    for count in (40, 200_000):  # of rows that can be told apart, and not
        t = np.arange(count) * (9 * 10**9 // count)
        v = np.full(count, 5.0)
        v[-2:] = 7.5, np.nan
        made = series(t, v, kind=Kind.MEDIAN)
        chart.set_series([made], Marks())
        chart.redraw()
        assert chart.readings(None)[0].value == 7.5
        assert made.newest(made.places(t)[-3]) == pytest.approx(made.places(t)[-3])
        assert np.isnan(made.newest(-1.0))


def test_a_hidden_chart_is_not_reduced(chart: Chart) -> None:
    chart.hide()
    chart.set_series([series(np.arange(10) * 10**9, np.ones(10))], Marks())
    chart.redraw()
    assert chart.pairs == []
    chart.show()
    chart.redraw()
    assert len(chart.pairs) == 1


def test_the_grid_follows_the_range(
    chart: Chart, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pyqtgraph caches backgrounds; ours holds the grid."""
    ranges: list[tuple[float, float]] = []
    monkeypatch.setattr(paint, "grid", lambda _p, frame, *_: ranges.append((frame.low, frame.high)))
    chart.set_series([series(np.arange(10) * 10**9, np.arange(10.0))], Marks())
    chart.redraw()
    qtbot.waitUntil(lambda: (0.0, 10.0) in ranges, timeout=5000)
    chart._time.set_range(2.0, 2.5)
    chart.redraw()
    qtbot.waitUntil(lambda: (2.0, 2.5) in ranges, timeout=5000)


def waiting_loop(steps: int, every: int, quick: float, wait: float) -> tuple[np.ndarray, ...]:
    """Return begin, end (ns) and phases of a loop that waits in every ``every``-th step."""
    length = np.full(steps, quick)
    length[every - 1 :: every] += wait
    end = (np.cumsum(length) * 1e9).astype(np.int64)
    begin = end - (length * 1e9).astype(np.int64)
    phases = np.zeros((5, steps))
    phases[1], phases[4] = quick * 1e9, (length - quick) * 1e9
    return begin, end, phases


@pytest.mark.parametrize("every", [5, 10, 20])
def test_waits_of_a_loop_do_not_flatten_the_phases_of_its_other_steps(
    chart: Chart, every: int
) -> None:
    begin, end, phases = waiting_loop(100, every, 0.005, 1.5)
    whole = end[-1] / 1e9
    chart._time.set_extent(whole)
    chart._time.set_range(0.0, whole)
    five = ("#111111",) * 5
    made = series(end, phases, kind=Kind.STACK, begin=begin, scale=1e-6, colours=five)
    for low, high in ((0.0, whole), (0.0, 0.2)):
        chart._time.set_range(low, high)
        chart.set_series([made], Marks())
        chart.refresh()
        assert 5.0 <= chart.y_axis.high <= 10.0
        # A wait is a bar of its own: its mean with its neighbours is true of neither.
        heights = np.unique(np.round(chart.pairs[0][1].y, 6))
        assert set(heights.tolist()) <= {5.0, 1505.0}


def test_waits_are_marked_where_the_phases_are_cut_off(chart: Chart) -> None:
    begin, end, phases = waiting_loop(100, 20, 0.05, 2.0)
    chart._time.set_extent(end[-1] / 1e9)
    five = ("#111111",) * 5
    made = series(end, phases, kind=Kind.STACK, begin=begin, scale=1e-6, colours=five)
    chart.set_series([made], Marks())
    chart.refresh()
    assert 50.0 <= chart.y_axis.high <= 100.0
    assert len(chart.outliers()) == 5
    # What is read anywhere over a bar is that bar.
    first = begin[19] / 1e9
    for at in (first + 0.01, first + 1.0, first + 2.0):
        assert chart.readings(at)[0].parts[4] == pytest.approx(2000.0)
        assert chart.readings(at)[0].value == pytest.approx(2050.0)


def test_dispatched_times_do_not_blow_up_the_axis_of_completed_ones(chart: Chart) -> None:
    t = np.arange(1, 201) * 5 * 10**7
    completed, dispatched = np.full(200, 12.0), np.full(200, 1.0)
    # It waits in every second step, so that medians jump too.
    dispatched[::2] = 900.0
    pair = [
        series(t, completed, kind=Kind.MEDIAN),
        series(t, dispatched, kind=Kind.MEDIAN, dashed=True),
    ]
    chart.set_series(pair[::-1], Marks())
    chart.refresh()
    chart.set_series([pair[0], series(t, dispatched / 100, kind=Kind.MEDIAN, dashed=True)], Marks())
    chart.refresh()
    assert 12.0 <= chart.y_axis.high <= 15.0


def test_a_slow_run_beside_a_fast_one_is_no_outlier() -> None:
    fast, slow = np.full(1000, 12.0), np.full(10, 300.0)
    assert robust_range([fast, slow], zero=True) == (0.0, 300.0)


def test_the_usual_top_is_counted_in_steps() -> None:
    bars, steps = np.array([5.0, 900.0, 6.0, 910.0]), np.array([19, 1, 19, 1])
    assert usual_top(bars, steps) == 6.0
    assert usual_top(np.array([55.0, 60.0]), np.array([20, 20])) == 60.0
    assert np.isnan(usual_top(np.array([np.nan]), np.array([1])))


def test_a_rounding_error_below_zero_is_zero() -> None:
    loss = np.array([-2.4e-07, 7.3])
    assert robust_range([loss], zero=False) == (0.0, 7.3)
    assert robust_range([np.array([-0.5, 7.3])], zero=False) == (-0.5, 7.3)


def test_names_of_marks_never_lie_on_each_other() -> None:
    frame = paint.Frame(QRectF(48, 6, 700, 150), 0.0, 10.0, axis(0.0, 1.0, 3))
    metrics = QFontMetricsF(font(11))
    warm = (Stretch(0.5, 4.0, "warm-up", "#000000"),)
    trace = (Stretch(1.0, 1.2, "trace w000", "#000000"),)
    ((text, places),) = paint._warmup_name(frame, Marks(warm, "warm-up, 9 steps", trace), metrics)
    width = metrics.horizontalAdvance(text)
    # In its band, beside the lines of the window.
    assert frame.x(1.2) < places[0] < places[0] + width < frame.x(4.0)
    first = QRectF(100, 0, 80, 16)
    one = paint._room(frame, [first], [])
    assert one is not None
    other = paint._room(frame, [first], [one])
    assert other is not None
    assert not other.intersects(one)
    third = paint._room(frame, [first], [one, other])
    assert third is not None
    assert not third.intersects(other)
    assert paint._room(frame, [first], [one, other, third]) is None
