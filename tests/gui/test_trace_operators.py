"""The operators of an open trace in the window: one selection, brush, timeline, files, keys."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from tests.gui.test_timeline_window import timeline, wait_open, write_trace
from tests.gui.timeline_helpers import MS, training

from diptych.gui.models import jobs
from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.models.trace_scene import make_scene
from diptych.gui.plots.icicle import ROW
from diptych.gui.views.main_window import MainWindow
from diptych.gui.views.operators import OperatorsView
from diptych.gui.views.trace_operators import menus
from diptych.gui.views.trace_operators.switch import SUMMARY, TRACE
from diptych.gui.views.trace_operators.view import TraceOperatorsView

Open = Callable[[], MainWindow]


class View:
    """The view with a small training of three steps, and what tests ask of it."""

    def __init__(self, qtbot: QtBot, runs: Path) -> None:
        self.qtbot, self.hub, self.selection = qtbot, RunHub(runs), Selection()
        self.view = TraceOperatorsView(self.hub, self.selection)
        self.view.resize(1100, 760)
        self.view.show()
        qtbot.waitExposed(self.view)
        self.traces = self.view.traces
        self.traces.show(make_scene(training()))
        self.settle()

    def settle(self) -> None:
        self.qtbot.waitUntil(lambda: not jobs.busy(), timeout=20_000)

    def group(self, by: str, tree: str = "flat", measure: str = "host") -> None:
        bar = self.view.bar
        bar.by.button(by).click()
        bar.tree.button(tree).click()
        bar.measure.button(measure).click()
        self.settle()

    def names(self) -> list[str]:
        model = self.view.model
        return [model.index(row, 0).data() for row in range(model.rowCount())]

    def pick(self, name: str) -> None:
        self.view.table.selectRow(self.names().index(name))

    def box(self, name: str) -> int:
        forest = self.view.icicle.forest
        assert forest is not None
        return list(forest.names).index(name)

    def close(self) -> None:
        self.settle()
        self.view.close()
        self.view.head.deleteLater()  # in the window it stands beside the switch
        self.view.deleteLater()
        self.hub.close()
        self.hub.deleteLater()
        self.selection.deleteLater()


@pytest.fixture
def shown(qtbot: QtBot, tmp_path: Path) -> Iterator[View]:
    made = View(qtbot, tmp_path / "runs")
    yield made
    made.close()


def test_table_icicle_and_histogram_hold_one_selection(shown: View) -> None:
    view = shown.view
    shown.group("operator")
    shown.pick("conv2d")
    assert view.side.title.whole == "conv2d"
    assert view.side.calls.text() == "3 calls"
    assert view.icicle.icicle.current == shown.box("conv2d")
    view.icicle.picked.emit(shown.box("convolution"))
    assert view.side.title.whole == "convolution"
    assert view.model.node_of(view.table.currentIndex().row()) == view.side.chosen.node  # type: ignore[union-attr]  # chosen a line above
    assert view.side.histogram.quantiles[0] == 2 * MS
    view.icicle.picked.emit(shown.box("steps"))
    assert view.side.title.whole == "steps"
    assert not view.table.selectionModel().hasSelection()


def test_what_is_chosen_stays_when_rows_are_grouped_otherwise(shown: View) -> None:
    shown.group("operator")
    shown.pick("relu")
    shown.group("operator", "tree")
    assert shown.view.side.title.whole == "relu"
    assert shown.view.table.node == shown.view.side.chosen.node  # type: ignore[union-attr]  # chosen above
    shown.group("shape")
    assert "no input shapes" in shown.view.nothing.text()
    assert not shown.view.side.isVisible()


def test_the_icicle_is_zoomed_by_click_and_keys(shown: View) -> None:
    shown.group("operator")
    icicle = shown.view.icicle.icicle
    step = shown.box("steps")
    at = icicle.box(shown.box("conv2d")).center().toPoint()
    QTest.mouseClick(icicle, Qt.MouseButton.LeftButton, pos=at)
    assert icicle.root == shown.box("conv2d")
    assert icicle.box(icicle.root).width() == pytest.approx(icicle.width(), abs=1)
    assert icicle.node_at(QPointF(5, ROW / 2)) == step
    assert shown.view.icicle.back.isVisible()
    icicle.setFocus()
    QTest.keyClick(icicle, Qt.Key.Key_Backspace)
    assert icicle.root in (step, -1)
    QTest.keyClick(icicle, Qt.Key.Key_Home)
    assert icicle.root == -1
    QTest.keyClick(icicle, Qt.Key.Key_Up)
    QTest.keyClick(icicle, Qt.Key.Key_Up)
    QTest.keyClick(icicle, Qt.Key.Key_Down)
    QTest.keyClick(icicle, Qt.Key.Key_Return)
    assert icicle.root == icicle.current
    assert icicle.accessibleDescription()


def test_device_time_makes_other_boxes(shown: View) -> None:
    shown.group("operator", measure="device")
    panel = shown.view.icicle
    boxes = panel.icicle.boxes
    assert boxes is not None
    relu, conv = shown.box("relu"), shown.box("convolution")
    assert boxes.right[relu] == boxes.left[relu]
    assert boxes.right[conv] - boxes.left[conv] == pytest.approx(1)
    assert "cudaLaunchKernel" not in {panel.forest.names[n] for n in boxes.levels[-1]}  # type: ignore[union-attr]  # shown above
    assert shown.names()[0] == "convolution"


def test_the_filter_dims_boxes_and_leaves_rows(shown: View) -> None:
    shown.group("operator")
    view = shown.view
    view.bar.filter.setText("relu")
    assert shown.names() == ["relu"]
    found = view.icicle.icicle.found
    assert found is not None
    assert np.flatnonzero(found).tolist() == [shown.box("relu")]
    view.bar.filter.setFocus()
    QTest.keyClick(view.bar.filter, Qt.Key.Key_Escape)
    assert view.icicle.icicle.found is None
    assert len(shown.names()) > 1


def test_it_follows_the_brush_and_says_so(shown: View) -> None:
    shown.group("operator")
    shown.pick("conv2d")
    shown.traces.set_brush((0, 10 * MS))
    shown.settle()
    view = shown.view
    assert not view.head.stretch.isHidden()
    assert "ProfilerStep#0" in view.head.stretch.text()
    assert view.side.title.whole == "conv2d"
    assert view.side.calls.text() == "1 call"
    view.head.stretch.click()
    shown.settle()
    assert shown.traces.brush is None
    assert view.head.stretch.isHidden()
    assert view.side.calls.text() == "3 calls"


def test_from_call_to_call_and_into_the_timeline(shown: View, qtbot: QtBot) -> None:
    shown.group("operator")
    shown.pick("conv2d")
    view = shown.view
    rows = shown.traces.occurrences.tolist()
    assert len(rows) == 3
    view.table.setFocus()
    QTest.keyClick(view.table, Qt.Key.Key_BracketRight)
    QTest.keyClick(view.table, Qt.Key.Key_BracketRight)
    assert shown.traces.occurrence == 1
    assert view.side.where.whole.startswith("2 of 3")
    assert view.side.histogram.present == 3 * MS
    with qtbot.waitSignal(shown.traces.jump_wanted) as jumped:
        QTest.keyClick(view.table, Qt.Key.Key_Return)
    assert jumped.args == [rows[1]]
    with qtbot.waitSignal(shown.traces.jump_wanted) as jumped:
        shown.traces.go(-1)
    assert jumped.args == [rows[0]]
    with qtbot.waitSignal(shown.traces.jump_wanted) as jumped:
        shown.traces.go(-1)
    assert jumped.args == [rows[2]]


def test_rows_are_copied_and_written(shown: View, qtbot: QtBot, tmp_path: Path) -> None:
    shown.group("operator")
    shown.pick("relu")
    shown.view.copy_rows()
    lines = QGuiApplication.clipboard().text().splitlines()
    assert lines[0].startswith("Operator\tCalls")
    assert lines[1].startswith("aten::<b>relu</b>\t3")
    file = tmp_path / "rows.csv"
    shown.view.export_csv(file)
    qtbot.waitUntil(lambda: "rows written" in shown.view.head.summary.whole)
    with file.open(encoding="utf-8") as text:
        rows = {row["name"]: row for row in csv.DictReader(text)}
    assert rows["aten::conv2d"]["total_ns"] == str(9 * MS)
    assert rows["aten::conv2d"]["device_ns"] == str(6 * MS)
    shown.view.export_csv(tmp_path)
    qtbot.waitUntil(lambda: "cannot be written" in shown.view.head.summary.whole)


def test_columns_go_where_there_is_no_room_and_can_be_hidden(shown: View, qtbot: QtBot) -> None:
    shown.group("operator")
    view = shown.view
    view.hide_column("calls", hidden=True)
    assert "calls" not in [column.key for column in view.model.columns]
    view.resize(720, 760)
    qtbot.waitUntil(lambda: "mean" in view.model.crowded)
    view.resize(1700, 760)
    qtbot.waitUntil(lambda: not view.model.crowded)
    view.restore_state({"by": "kernel", "tree": "tree", "hidden": ["mean"], "sort": "name"})
    assert view.wish.by == "kernel"
    assert view.save_state()["sort"] == "name"


def test_the_menus_do_what_they_say(shown: View) -> None:
    shown.group("operator", "tree")
    view = shown.view
    menus.fill_columns(view)
    acts = {action.text(): action for action in view.bar.columns_menu.actions()}
    acts["Unfold all"].trigger()
    assert view.model.rowCount() == len(view.model.forest or ())
    acts["Calls"].trigger()
    assert "calls" in view.model.hidden
    shown.view.icicle.picked.emit(shown.box("conv2d"))
    menu = menus.call_menu(view)
    words = {action.text().partition("\t")[0]: action for action in menu.actions()}
    words["Next occurrence"].trigger()
    assert shown.traces.occurrence == 0
    words["Copy name"].trigger()
    assert QGuiApplication.clipboard().text() == "aten::conv2d"
    menu.close()
    menu.deleteLater()


def test_everything_has_a_name_for_those_who_do_not_see_it(shown: View) -> None:
    view = shown.view
    for widget in (view.table, view.icicle.icicle, view.side.histogram, view.bar.filter):
        assert widget.accessibleName()
    for button in (view.side.before, view.side.after, view.bar.sql, view.bar.export):
        assert button.accessibleName()
        assert button.toolTip()


def operators(window: MainWindow) -> OperatorsView:
    window.stage.choose(1)
    window.stage.build_current()
    view = window.stage.view("Operators")
    assert isinstance(view, OperatorsView)
    return view


def test_a_file_in_the_window(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    window = open_window()
    window.context.traces.open(write_trace(tmp_path / "run.json"))
    wait_open(qtbot, window)
    view = operators(window)
    qtbot.waitUntil(lambda: not jobs.busy(), timeout=20_000)
    assert view.switch.value == TRACE
    trace = view.switch.trace
    qtbot.waitUntil(lambda: trace.model.rowCount() == 2, timeout=20_000)
    trace.table.selectRow(0)
    assert trace.side.title.whole == "mm"
    trace.show_in_timeline()
    assert window.stage.current == 2
    pane = timeline(window).above
    assert pane is not None
    assert pane.canvas.selected == trace.side.chosen.rows[0]  # type: ignore[union-attr]  # chosen above
    timeline(window).span.set_brush((0, 20_000))
    assert window.context.traces.brush == (0, 20_000)
    window.stage.choose(1)
    qtbot.waitUntil(lambda: trace.model.rowCount() == 1, timeout=20_000)
    trace.head.stretch.click()
    assert timeline(window).span.brush is None
    view.switch.segments.button(SUMMARY).click()
    assert view.switch.value == SUMMARY
    assert not trace.head.isVisible()
    view.switch.segments.button(TRACE).click()
    assert view.switch.value == TRACE


def test_without_a_trace_there_is_no_switch(qtbot: QtBot, open_window: Open) -> None:
    view = operators(open_window())
    assert view.switch.value == SUMMARY
    assert view.switch.line.isHidden()
