"""The Timeline tab under mouse and keys."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication
from pytestqt.qtbot import QtBot
from tests.gui.timeline_helpers import MS, Timeline, training
from tests.helpers.tables import S, build

from diptych.gui import theme
from diptych.gui.plots.timeline.glyphs import Glyphs
from diptych.gui.plots.timeline.strip import margin
from diptych.gui.text.timeline import hit_words
from diptych.profiling.trace.table import Kind

Key = Qt.Key
LEFT_BUTTON, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def timeline(qtbot: QtBot, tmp_path: Path) -> Iterator[Timeline]:
    made = Timeline(qtbot, tmp_path / "runs")
    yield made
    made.close()


@pytest.fixture
def shown(timeline: Timeline) -> Timeline:
    timeline.show(training())
    timeline.canvas.setFocus()
    return timeline


def press(shown: Timeline, key: Qt.Key, held: Qt.KeyboardModifier | None = None) -> None:
    modifier = held or Qt.KeyboardModifier.NoModifier
    QTest.keyClick(shown.canvas, key, modifier)


def drag(
    shown: Timeline, start: QPoint, end: QPoint, held: Qt.KeyboardModifier | None = None
) -> None:
    modifier = held or Qt.KeyboardModifier.NoModifier
    QTest.mousePress(shown.canvas, LEFT_BUTTON, modifier, start)
    QTest.mouseMove(shown.canvas, (start + end) / 2)
    QTest.mouseMove(shown.canvas, end)
    QTest.mouseRelease(shown.canvas, LEFT_BUTTON, modifier, end)


# -- looking around -----------------------------------------------------------------


def test_without_a_trace_it_says_what_to_do(timeline: Timeline) -> None:
    view = timeline.view
    assert view.pages.currentWidget() is view.empty
    assert "drop it here" in view.empty.text.text()
    assert view.empty.open.isVisible()


def test_w_s_a_d_and_the_other_keys_move(shown: Timeline) -> None:
    span = shown.view.span
    whole = span.length
    press(shown, Key.Key_W)
    assert span.length < whole
    near = span.length
    low = span.low
    press(shown, Key.Key_D)
    assert span.low > low
    press(shown, Key.Key_A)
    assert span.low == pytest.approx(low)
    press(shown, Key.Key_S)
    assert span.length > near
    press(shown, Key.Key_Plus)
    press(shown, Key.Key_Home)
    assert span.low < 0.03 * whole
    press(shown, Key.Key_End)
    assert span.high > 29 * MS
    press(shown, Key.Key_F)
    assert span.length == pytest.approx(whole)


def test_the_wheel_zooms_at_the_mouse(shown: Timeline) -> None:
    at = QPointF(600, 40)
    time = shown.canvas.time(600)
    none, still = Qt.KeyboardModifier.NoModifier, Qt.ScrollPhase.NoScrollPhase
    event = QWheelEvent(
        at, at, QPoint(), QPoint(0, 120), Qt.MouseButton.NoButton, none, still, False
    )
    before = shown.view.span.length
    QApplication.sendEvent(shown.canvas, event)
    assert shown.view.span.length < before
    assert shown.canvas.time(600) == pytest.approx(time)


def test_dragging_pans_and_picks_nothing(shown: Timeline) -> None:
    press(shown, Key.Key_W)
    low = shown.view.span.low
    drag(shown, QPoint(700, 60), QPoint(500, 60))
    assert shown.view.span.low > low
    assert shown.canvas.selected == -1


def test_the_overview_moves_the_view(shown: Timeline) -> None:
    for _ in range(4):
        press(shown, Key.Key_W)
    overview = shown.pane.overview
    far = QPoint(overview.width() - 40, 12)
    QTest.mouseClick(overview, LEFT_BUTTON, NONE, far)
    assert shown.view.span.low < overview.time(far.x()) < shown.view.span.high


# -- slices ---------------------------------------------------------------------------


def test_a_click_tells_all_about_a_kernel_and_its_links_jump(shown: Timeline) -> None:
    kernel = shown.row("void sm80_conv_fprop<64>(int)")
    QTest.mouseClick(shown.canvas, LEFT_BUTTON, NONE, shown.middle(kernel))
    shown.settle()
    details = shown.view.details.shown
    assert details is not None
    facts = {fact.name: fact for fact in details.facts}
    assert facts["duration"].value == "2.00\N{NO-BREAK SPACE}ms"
    assert facts["launch delay"].value == "991\N{NO-BREAK SPACE}µs"
    assert facts["launched by"].row == shown.row("aten::convolution")
    assert facts["call"].row == shown.row("cudaLaunchKernel")
    call = shown.row("cudaLaunchKernel")
    assert [(link.source, link.target) for link in shown.canvas.links] == [(call, kernel)]
    shown.view.details.jump_wanted.emit(facts["call"].row)
    shown.settle()
    assert shown.canvas.selected == call
    again = shown.view.details.shown
    assert again is not None
    assert {f.name: f.row for f in again.facts}["launches"] == kernel


def test_the_panel_shows_the_names_as_they_are(shown: Timeline) -> None:
    row = shown.row("aten::<b>relu</b>")
    shown.view.jump(row)
    shown.settle()
    assert shown.view.details.title.whole == "aten::<b>relu</b>"
    lane = shown.pane.scene.lod.lanes.of(shown.pane.scene.table, row)
    at = shown.pane.scene.lod.lanes.members(lane).tolist().index(row)
    words = hit_words(shown.pane.scene, shown.canvas.placed()[0].band, lane, (at, at + 1))
    assert "&lt;b&gt;relu" in words
    assert "<b>" not in words


def test_arrows_walk_along_up_and_down(shown: Timeline) -> None:
    conv = shown.row("aten::conv2d")
    shown.view.jump(conv)
    press(shown, Key.Key_Down)
    assert shown.canvas.selected == shown.row("aten::convolution")
    press(shown, Key.Key_Up)
    press(shown, Key.Key_Up)
    assert shown.canvas.selected == shown.row("ProfilerStep#0")
    press(shown, Key.Key_Right)
    assert shown.canvas.selected == shown.row("ProfilerStep#1")
    press(shown, Key.Key_Tab)
    assert shown.canvas.selected == shown.row("ProfilerStep#2")
    assert shown.canvas.hasFocus()
    press(shown, Key.Key_Left)
    assert shown.canvas.selected == shown.row("ProfilerStep#1")


def test_f_shows_the_selected_slice_then_everything(shown: Timeline) -> None:
    whole = shown.view.span.length
    shown.view.jump(shown.row("aten::<b>relu</b>"))
    press(shown, Key.Key_F)
    assert shown.view.span.length < 2 * MS
    press(shown, Key.Key_F)
    assert shown.view.span.length == pytest.approx(whole)


def test_a_folded_box_counts_its_slices_and_a_click_comes_closer(shown: Timeline) -> None:
    span = shown.view.span
    span.set_extent(0, 1e12, fit=True)
    hit = shown.canvas.hit(QPointF(shown.canvas.x_of(1.0), shown.middle(0).y()))
    assert hit is not None
    assert hit.count == 3
    words = hit_words(shown.pane.scene, hit.band.band, hit.lane, hit.rows)
    assert "3 slices folded here" in words
    QTest.mouseClick(
        shown.canvas,
        LEFT_BUTTON,
        NONE,
        QPoint(int(shown.canvas.x_of(1.0)), shown.middle(0).y()),
    )
    assert span.length < 1e12
    assert shown.canvas.selected == -1


# -- stretches ---------------------------------------------------------------------------


def test_shift_drag_lists_what_is_in_the_stretch(shown: Timeline) -> None:
    x0, x1 = (int(shown.canvas.x_of(at * MS)) for at in (-0.2, 9.9))
    drag(shown, QPoint(x0, 30), QPoint(x1, 30), Qt.KeyboardModifier.ShiftModifier)
    assert shown.view.span.brush is not None
    model = shown.view.stretch.model
    shown.qtbot.waitUntil(
        lambda: shown.view.stretch.what.text() == "Selection" and model.rowCount() == 1
    )
    shown.settle()
    cells = [str(model.index(0, column).data()) for column in range(model.columnCount())]
    assert cells[:2] == ["sm80_conv_fprop", "1"]
    assert cells[-1] == "100.0"
    QTest.mouseClick(shown.view.stretch.tabs.button("operators"), LEFT_BUTTON)
    shown.qtbot.waitUntil(lambda: model.rowCount() > 3)
    names = {str(model.index(row, 0).data()) for row in range(model.rowCount())}
    assert {"conv2d", "convolution", "relu"} <= names
    press(shown, Key.Key_Escape)
    assert shown.view.span.brush is None


def test_rows_sort_jump_and_are_copied(shown: Timeline) -> None:
    stretch = shown.view.stretch
    stretch.tabs.button("operators").click()
    shown.qtbot.waitUntil(lambda: stretch.model.rowCount() > 3)
    shown.settle()
    totals = [c.key for c in stretch.model.rows.columns].index("total")
    stretch.model.turn(totals)
    shown_totals = [
        float(str(stretch.model.index(r, totals).data()).replace(",", ""))
        for r in range(stretch.model.rowCount())
    ]
    assert shown_totals == sorted(shown_totals, reverse=True)
    stretch.model.turn(totals)
    assert stretch.model.sorted_by()[1] is Qt.SortOrder.AscendingOrder
    stretch.model.turn(0)
    name = str(stretch.model.index(0, 0).data())
    stretch.table.clicked.emit(stretch.model.index(0, 0))
    row = shown.canvas.selected
    assert row >= 0
    assert name in shown.pane.scene.table.text(int(shown.pane.scene.table.slices.name[row]))
    stretch.table.selectRow(0)
    stretch.copy_rows()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert len(lines) == 2
    assert lines[0].startswith("Operator\tCount")


def test_gaps_and_memory_of_a_stretch(shown: Timeline) -> None:
    stretch = shown.view.stretch
    shown.view.span.set_brush((0.0, 30.0 * MS))
    stretch.tabs.button("idle").click()
    shown.qtbot.waitUntil(lambda: "gap" in [c.key for c in stretch.model.rows.columns])
    shown.settle()
    gap = [c.key for c in stretch.model.rows.columns].index("gap")
    cause = [c.key for c in stretch.model.rows.columns].index("cause")
    assert [str(stretch.model.index(r, gap).data()) for r in range(2)] == ["8.000", "8.000"]
    assert str(stretch.model.index(0, cause).data()) == "waits for the host"
    stretch.tabs.button("memory").click()
    shown.qtbot.waitUntil(lambda: "size0" in [c.key for c in stretch.model.rows.columns])
    cells = [str(stretch.model.index(0, c).data()) for c in range(stretch.model.columnCount())]
    assert cells == ["GPU 0", "30", "30.00", "0.00", "30.00", "30.00"]


def test_a_click_on_a_step_of_the_ruler_selects_it(shown: Timeline) -> None:
    ruler = shown.pane.ruler
    at = QPoint(int(ruler.x_at(15.0 * MS)), 8)
    QTest.mouseClick(ruler, LEFT_BUTTON, NONE, at)
    assert shown.view.span.brush == (10.0 * MS, 20.0 * MS)


# -- search and marks ----------------------------------------------------------------------


def test_search_counts_marks_and_goes_from_hit_to_hit(shown: Timeline) -> None:
    press(shown, Key.Key_Slash)
    field = shown.view.bar.search
    assert field.hasFocus()
    QTest.keyClicks(field, "conv2")
    shown.qtbot.waitUntil(lambda: shown.view.bar.count.text() == "3 hits")
    assert len(shown.pane.overview.hits) == 3
    QTest.keyClick(field, Key.Key_Return)
    assert shown.canvas.selected == shown.row("aten::conv2d", 0)
    QTest.keyClick(field, Key.Key_Return)
    assert shown.canvas.selected == shown.row("aten::conv2d", 1)
    assert shown.view.bar.count.text() == "2 of 3"
    QTest.keyClick(field, Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert shown.canvas.selected == shown.row("aten::conv2d", 0)
    QTest.keyClick(field, Key.Key_Return, Qt.KeyboardModifier.ShiftModifier)
    assert shown.canvas.selected == shown.row("aten::conv2d", 2)
    QTest.keyClick(field, Key.Key_Escape)
    assert field.text() == ""
    assert shown.canvas.hasFocus()
    shown.qtbot.waitUntil(lambda: shown.pane.found is None)


def test_marks_are_made_named_gone_to_and_deleted(shown: Timeline) -> None:
    shown.view.span.show(0, 2 * MS)
    shown.view.span.set_cross(1.0 * MS)
    press(shown, Key.Key_M)
    shown.view.span.set_cross(None)
    marks = shown.canvas.marks
    assert [(m.time, m.name) for m in marks.all] == [(MS, "Mark 1")]
    named = shown.pane.canvas.marks.rename(marks.all[0], "warm")
    shown.view.span.show(20 * MS, 22 * MS)
    press(shown, Key.Key_Comma)
    assert shown.view.span.low < MS < shown.view.span.high
    assert marks.all == (named,)
    shown.pane.remove_mark(named)
    assert len(marks) == 0
    assert shown.pane.ruler.marks == ()


# -- lanes ------------------------------------------------------------------------------------


def test_lanes_collapse_pin_and_move_by_keys(shown: Timeline) -> None:
    shown.view.jump(shown.row("aten::conv2d"))
    layout = shown.canvas.layout_
    key = shown.canvas.current
    high = layout.find(key)
    assert high is not None
    press(shown, Key.Key_C)
    low = layout.find(key)
    assert low is not None
    assert low.height < high.height
    press(shown, Key.Key_C)
    before = [band.key for band in layout.shown()]
    press(shown, Key.Key_Down, Qt.KeyboardModifier.AltModifier)
    after = [band.key for band in layout.shown()]
    assert after.index(key) == before.index(key) + 1
    assert sorted(after) == sorted(before)
    press(shown, Key.Key_P)
    assert layout.shown()[0].key == key
    shown.canvas.scroll_to(10_000)
    assert shown.canvas.placed()[0].y == 0


def test_a_band_is_dragged_and_collapsed_by_mouse(shown: Timeline) -> None:
    layout = shown.canvas.layout_
    first, second = shown.canvas.placed()[:2]
    drag(shown, QPoint(60, first.y + 10), QPoint(60, second.bottom - 2))
    assert [band.key for band in layout.shown()][:2] == [second.band.key, first.band.key]
    top = shown.canvas.placed()[0]
    QTest.mouseClick(shown.canvas, LEFT_BUTTON, NONE, QPoint(12, top.y + 10))
    folded = layout.find(top.band.key)
    assert folded is not None
    assert folded.collapsed


def test_lanes_that_are_empty_in_sight_hide(shown: Timeline) -> None:
    shown.view.span.show(0, MS / 2)
    press(shown, Key.Key_H)
    titles = [band.title for band in shown.canvas.layout_.shown() if band.track >= 0]
    assert titles == ["thread 1"] or titles == ["main thread"]
    press(shown, Key.Key_H)
    assert len([b for b in shown.canvas.layout_.shown() if b.track >= 0]) == 3


# -- two traces --------------------------------------------------------------------------------


def test_two_traces_are_aligned_at_a_step(timeline: Timeline) -> None:
    timeline.show(training(3, "first.json"))
    timeline.show(training(2, "second.json", first=7), "lower")
    view = timeline.view
    assert view.align.isVisible()
    below = view.below
    assert below is not None
    assert below.canvas.offset == 0
    view.align.above.setCurrentIndex(3)
    view.align.above.activated.emit(3)
    assert below.canvas.offset == 20 * MS
    assert view.span.extent == (0, 40 * MS)
    step = below.scene.steps[0]
    assert below.canvas.x_of(step.start) == timeline.canvas.x_of(20.0 * MS)
    below.pick(0)
    timeline.settle()
    assert view.active is below
    view.traces.close_lower()
    assert view.below is None
    assert not view.align.isVisible()


# -- pixels --------------------------------------------------------------------------------------


@pytest.mark.parametrize("choice", ["light", "dark"])
def test_slices_have_the_colours_of_the_theme(shown: Timeline, choice: theme.Choice) -> None:
    theme.manager().choose(choice)
    tokens = theme.current()
    picture: QImage = shown.canvas.draw()
    kernel = shown.row("void sm80_conv_fprop<64>(int)")
    box = shown.canvas.box(kernel)
    assert box is not None
    at = QPoint(int(box.right() - margin() - 6), int(box.center().y()))
    assert picture.pixelColor(at).name().upper() == tokens.families["conv"]
    blank = QPoint(int(box.right() - margin() + 30), int(box.center().y()))
    assert picture.pixelColor(blank).name().upper() in (tokens.bg1, tokens.grid)


def test_python_frames_are_left_out_and_come_back(timeline: Timeline) -> None:
    frame = S("train.py(3): step", 0, 10 * MS, Kind.PYTHON)
    timeline.show(build(frame, S("aten::mm", MS, 2 * MS), S("aten::add", 3 * MS, 4 * MS)))
    timeline.canvas.setFocus()
    timeline.view.span.show(0, 5 * MS)
    timeline.view.jump(timeline.row("aten::mm"))
    timeline.pane.add_mark("here")
    seen = (timeline.view.span.low, timeline.view.span.high)
    press(timeline, Key.Key_Y)
    timeline.qtbot.waitUntil(lambda: not timeline.pane.scene.frames, timeout=10_000)
    timeline.settle()
    assert timeline.canvas.layout_.bands[0].lanes == 1
    assert timeline.canvas.selected == timeline.row("aten::mm")
    assert [mark.name for mark in timeline.canvas.marks.all] == ["here"]
    assert (timeline.view.span.low, timeline.view.span.high) == seen
    timeline.canvas.setFocus()
    press(timeline, Key.Key_Right)
    assert timeline.canvas.selected == timeline.row("aten::add")
    press(timeline, Key.Key_Up)
    assert timeline.canvas.selected == timeline.row("aten::add")
    press(timeline, Key.Key_Y)
    timeline.qtbot.waitUntil(lambda: timeline.pane.scene.frames, timeout=10_000)
    timeline.settle()
    assert timeline.canvas.layout_.bands[0].lanes == 2


def test_no_label_loses_its_last_letter(shown: Timeline) -> None:
    names = ["ProfilerStep#1011", "ProfilerStep#101", "WWWWWWWWWWWWWWWWWWWWWWWW", "iiiiiiiii1"]
    glyphs = Glyphs(names, 1.0)
    for number, name in enumerate(names):
        glyphs.add(number, name)
    first, second = glyphs.length[:2].tolist()
    assert first > second
    for number in range(len(names)):
        at, wide = int(glyphs.offset[number]), int(glyphs.length[number])
        # The last column holds ink, the one behind it none: nothing was cut off.
        assert glyphs.atlas[:, at + wide - 1].any()
        assert not glyphs.atlas[:, at + wide].any()
        assert wide < 420
