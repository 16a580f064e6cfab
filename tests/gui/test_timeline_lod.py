"""Levels of detail: whatever the zoom, no slice is lost and every count adds up."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.helpers.tables import S, build

from diptych.profiling.trace import lod
from diptych.profiling.trace.lod import EDGE, FOLDED, SMALL, Lod, make_lod
from diptych.profiling.trace.table import TraceTable

QUICK = settings(
    deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def _made(table: TraceTable) -> Lod:
    return make_lod(table, (np.arange(len(table.slices)) % 9).astype(np.uint8))


@pytest.fixture
def _pyramids_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    """Fold even lanes of a few slices, so that small examples have levels."""
    monkeypatch.setattr(lod, "_FEW", 2)


@st.composite
def _tables(draw: st.DrawFn) -> TraceTable:
    """Return one thread of up to 150 slices, side by side, nested, or overlapping."""
    steps = st.tuples(st.integers(0, 4000), st.sampled_from([0, 1, 7, 90, 1200, 40_000]))
    at, slices = 0, []
    for pause, length in draw(st.lists(steps, min_size=1, max_size=150)):
        slices.append(S("op", at, at + length))
        # Some begin before the one before them has ended.
        at += pause if draw(st.booleans()) else length + pause
    return build(*slices)


@pytest.mark.usefixtures("_pyramids_for_all")
@QUICK
@given(table=_tables(), low=st.floats(-5000, 50_000), zoom=st.floats(0.01, 4000))
def test_at_any_zoom_every_slice_has_a_pixel(table: TraceTable, low: float, zoom: float) -> None:
    made, width = _made(table), 300
    starts, durations = table.slices.start, table.slices.duration
    for lane in range(len(made.lanes)):
        code = made.picture(lane, low, zoom, width).code
        for row in made.lanes.members(lane).tolist():
            x0, x1 = ((float(v) - low) / zoom for v in (starts[row], starts[row] + durations[row]))
            first, last = int(np.floor(x0)), max(int(np.floor(x0)) + 1, int(np.ceil(x1)))
            if x1 > 0.5 and x0 < width - 0.5 and last > 0 and first < width:
                assert code[max(first, 0) : min(last, width)].any(), (row, x0, x1)


@pytest.mark.usefixtures("_pyramids_for_all")
@QUICK
@given(table=_tables(), low=st.floats(-5000, 50_000), zoom=st.floats(0.01, 4000))
def test_marks_and_runs_hold_each_slice_in_sight_once(
    table: TraceTable, low: float, zoom: float
) -> None:
    made, width = _made(table), 300
    for lane in range(len(made.lanes)):
        picture = made.picture(lane, low, zoom, width)
        numbers = picture.marks[:, 2].tolist()
        for first, end in picture.runs[:, 2:].tolist():
            numbers += range(first, end)
        assert sorted(numbers) == list(range(min(numbers), max(numbers) + 1)) if numbers else True
        inside = made.between(lane, low, low + zoom * width)
        expected = set(inside.tolist())
        found = {int(made.lanes.members(lane)[number]) for number in numbers}
        # A coarse box may reach a pixel beyond what is in sight; it never lacks anything.
        assert expected <= found


@pytest.mark.usefixtures("_pyramids_for_all")
@QUICK
@given(table=_tables(), low=st.floats(0, 50_000), zoom=st.floats(0.01, 4000))
def test_levels_paint_what_the_slices_themselves_paint(
    table: TraceTable, low: float, zoom: float
) -> None:
    made, width = _made(table), 200
    bare = Lod(table, made.lanes, made.colour, [() for _ in range(len(made.lanes))])
    for lane in range(len(made.lanes)):
        with_levels = made.picture(lane, low, zoom, width)
        without = bare.picture(lane, low, zoom, width)
        assert ((with_levels.code > 0) == (without.code > 0)).all()
        assert with_levels.marks.tolist() == without.marks.tolist()


def test_all_slices_are_on_exactly_one_lane() -> None:
    table = build(S("a", 0, 100), S("b", 10, 20), S("c", 60, 160), S("k", 5, 9, lane="gpu:0:7"))
    made = _made(table)
    assert sorted(made.lanes.rows.tolist()) == [0, 1, 2, 3]
    for row in range(4):
        assert row in made.lanes.members(made.lanes.of(table, row)).tolist()


def test_slices_that_overlap_lie_on_lanes_of_their_own() -> None:
    table = build(*(S("op", at, at + 100) for at in range(0, 300, 10)))
    made = _made(table)
    for lane in range(len(made.lanes)):
        rows = made.lanes.members(lane)
        ends = table.slices.start[rows] + table.slices.duration[rows]
        assert (ends[:-1] <= table.slices.start[rows][1:]).all()


def test_touching_small_slices_are_one_folded_box_with_their_count() -> None:
    table = build(*(S("op", at, at + 9) for at in range(0, 1000, 10)), S("op", 5000, 5009))
    picture = _made(table).picture(0, 0.0, 20.0, 400)
    assert picture.marks.tolist() == []
    assert picture.runs.tolist() == [[0, 50, 0, 100], [250, 251, 100, 101]]
    assert (picture.code[:50] & FOLDED).all()
    # One slice alone is shown as itself, however short it is.
    assert picture.code[250] > 0
    assert not picture.code[250] & FOLDED


def test_long_slices_are_marked_and_set_apart() -> None:
    table = build(S("a", 0, 100), S("b", 100, 200))
    picture = _made(table).picture(0, 0.0, 1.0, 300)
    assert picture.marks.tolist() == [[0, 100, 0], [100, 200, 1]]
    assert picture.code[99] & EDGE
    assert picture.code[199] & EDGE
    assert not picture.code[200:].any()
    assert SMALL <= 100


def test_a_box_has_the_colour_of_its_longest_slice() -> None:
    table = build(S("a", 0, 2), S("b", 2, 10), S("c", 10, 13))
    made = make_lod(table, np.array([1, 2, 3], np.uint8))
    picture = made.picture(0, 0.0, 100.0, 4)
    assert int(picture.code[0]) == (2 + 1) | FOLDED


def test_many_slices_make_few_boxes_and_keep_their_count() -> None:
    table = build(*(S("op", at, at + 6) for at in range(0, 200_000, 10)))
    made = _made(table)
    levels = made.levels[0]
    assert levels
    sizes = [len(level.begins) for level in levels]
    assert sizes[0] * 2 <= 20_000
    assert sizes == sorted(sizes, reverse=True)
    picture = made.picture(0, 0.0, 200_000 / 100, 100)
    assert picture.runs[:, 3].max() == 20_000
    assert int((picture.runs[:, 3] - picture.runs[:, 2]).sum()) == 20_000


def test_hidden_rows_are_on_no_lane_and_what_they_contain_moves_up() -> None:
    table = build(S("frame", 0, 100), S("op", 10, 90), S("frame2", 20, 80), S("mm", 30, 40))
    hidden = np.array([True, False, True, False])
    made = make_lod(table, np.zeros(4, np.uint8), hidden)
    assert len(made.lanes) == 2
    assert [made.lanes.of(table, row) for row in range(4)] == [-1, 0, -1, 1]
    assert made.lanes.rows.tolist() == [1, 3]
