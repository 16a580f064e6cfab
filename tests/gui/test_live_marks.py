"""What can be chosen in the plots: windows, stalls, unusual steps; and pictures of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from tests.gui.live_helpers import latest, settled, showing
from tests.helpers.fake_run import LiveRun

from diptych.gui.plots.chart import Chart
from diptych.gui.plots.legend import Entry, fitting
from diptych.gui.plots.marks import Marks
from diptych.gui.plots.series import Kind, Series
from diptych.gui.plots.timeview import TimeView
from diptych.gui.theme import manager
from diptych.gui.views.live import LiveView
from diptych.gui.views.operators import OperatorsView
from diptych.profiling.records import kinds

SLOW = 60
S = 1_000_000_000


@pytest.fixture
def told(tmp_path: Path) -> Path:
    """Return a run with a slow step, a profile window, and a stall of 2.4 s, in this order."""
    with LiveRun(tmp_path, ms=10.0, warmup=2) as run:
        run.step(SLOW)
        run.ms = 90.0
        run.step(1)
        run.ms = 10.0
        run.step(60)
        run.window(5)
        run.step(60)
        run.now += int(2.4 * S)
        run.step(60)
        return run.finish()


def step_chart(view: LiveView, qtbot: QtBot) -> Chart:
    return settled(qtbot, view).charts[0]


def place_of(view: LiveView, row: int) -> float:
    return view.shown()[0].placing.place_of_row(row)


def click(chart: Chart, place: float) -> None:
    at = QPoint(int(chart.frame().x(place)), int(chart.frame().rect.center().y()))
    QTest.mouseClick(chart, Qt.MouseButton.LeftButton, pos=at)


def test_a_stall_is_marked_with_its_length(qtbot: QtBot, told: Path) -> None:
    with showing(qtbot, LiveView, [told]) as view:
        (stall,) = step_chart(view, qtbot).marks.stalls
        assert stall.name == "stall 2.41\N{NO-BREAK SPACE}s"
        assert stall.high - stall.low == pytest.approx(2.41, abs=0.02)
        # No line claims to know a step time in between.
        middle = (stall.low + stall.high) / 2
        for _, drawn in step_chart(view, qtbot).pairs:
            after = int(np.searchsorted(drawn.x, middle))
            assert np.isnan(drawn.y[after - 1 : after + 1]).any()


def test_a_stall_is_told_while_it_lasts(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path, ms=10.0) as run:
        run.step(100)
        with showing(qtbot, LiveView, [run.directory]) as view:
            chart = step_chart(view, qtbot)
            run.system.put(kinds.Process, run.now + 3 * S, cpu=1.0, rss=1, count=1)
            run.flush()
            qtbot.waitUntil(lambda: bool(chart.marks.stalls), timeout=5000)
            assert chart.marks.stalls[0].name == "stall 3.00\N{NO-BREAK SPACE}s so far"
            run.finish()


def test_a_click_on_a_profile_window_asks_for_its_operators(qtbot: QtBot, told: Path) -> None:
    with showing(qtbot, LiveView, [told]) as view:
        chart = step_chart(view, qtbot)
        (window,) = chart.marks.captures
        with qtbot.waitSignal(view.selection.window_wanted) as wanted:
            click(chart, (window.low + window.high) / 2)
        assert wanted.args == [told.name, 0, 0]


def test_windows_are_reached_by_keyboard(qtbot: QtBot, told: Path) -> None:
    with showing(qtbot, LiveView, [told]) as view:
        chart = step_chart(view, qtbot)
        (window,) = chart.marks.captures
        QTest.keyClick(view.stack, Qt.Key.Key_N)
        assert view.time.cross == pytest.approx(window.low)
        with qtbot.waitSignal(view.selection.window_wanted) as wanted:
            QTest.keyClick(view.stack, Qt.Key.Key_Return)
        assert wanted.args == [told.name, 0, 0]
        view.time.set_cross(view.time.range[1])
        QTest.keyClick(view.stack, Qt.Key.Key_P)
        assert view.time.cross == pytest.approx(window.low)


def test_a_click_on_a_slow_step_says_what_was_different(qtbot: QtBot, told: Path) -> None:
    with showing(qtbot, LiveView, [told]) as view:
        chart, card = step_chart(view, qtbot), view.chooser.card
        click(chart, place_of(view, SLOW))
        assert card.isVisible()
        assert card.title.text() == f"Step {SLOW}, torch"
        said = "\n".join(card.words())
        assert "the median of the 9" in said or "the median of the 100" in said
        assert "Python's garbage collector, page faults (not recorded)" in said
        assert view.rect().contains(card.geometry())
        QTest.keyClick(card, Qt.Key.Key_Escape)
        assert not card.isVisible()
        click(chart, place_of(view, 30))
        assert not card.isVisible()


def test_unusual_steps_are_reached_by_keyboard(qtbot: QtBot, told: Path) -> None:
    with showing(qtbot, LiveView, [told]) as view:
        step_chart(view, qtbot)
        view.time.set_range(0.0, 0.9)
        shift, found = Qt.KeyboardModifier.ShiftModifier, []
        for key in (Qt.Key.Key_N, Qt.Key.Key_N, Qt.Key.Key_P):
            QTest.keyClick(view.stack, key, shift)
            explained = view.chooser.card.found
            assert explained is not None
            found.append(explained.n)
        # The step that ended the stall is the 187th.
        assert found == [SLOW, 186, SLOW]
        low, high = view.time.range
        assert low <= (view.time.cross or 0.0) <= high
        QTest.keyClick(view.stack, Qt.Key.Key_Escape)
        assert not view.chooser.card.isVisible()


def test_the_card_moves_with_its_step_and_selects_around_it(qtbot: QtBot, told: Path) -> None:
    with showing(qtbot, LiveView, [told]) as view:
        step_chart(view, qtbot)
        view.chooser.show_step(told.name, SLOW)
        card = view.chooser.card
        view.chooser.card.brush_wanted.emit()
        low, high = view.selection.range or (0.0, 0.0)
        assert low < place_of(view, SLOW) < high
        view.time.set_range(high, high + 0.5)
        assert not card.isVisible()
        view.time.fit()
        assert card.isVisible()
        view.selection.show([])
        assert not card.isVisible()


def test_a_stalls_mark_opens_the_step_that_ended_it(qtbot: QtBot, told: Path) -> None:
    with showing(qtbot, LiveView, [told]) as view:
        chart = step_chart(view, qtbot)
        (stall,) = chart.marks.stalls
        click(chart, (stall.low + stall.high) / 2)
        found = view.chooser.card.found
        assert found is not None
        assert found.n == 186
        assert (found.gap.more or 0) == pytest.approx(2.4 * S, rel=0.01)


def test_what_stands_beyond_the_axis_says_its_value(qtbot: QtBot, told: Path) -> None:
    with showing(qtbot, LiveView, [told]) as view:
        chart = step_chart(view, qtbot)
        qtbot.waitUntil(lambda: bool(chart.outliers()), timeout=5000)
        frame = chart.frame()
        slow = min(chart.outliers(), key=lambda o: abs(o.place - place_of(view, SLOW)))
        completed = latest(view.hub, told.name).steps.completed[SLOW] / 1e6
        assert slow.value == pytest.approx(completed)
        tip = chart.tip_at(QPointF(frame.x(slow.place), frame.rect.top()))
        assert f"{completed:.0f}" in tip
        assert "beyond the axis" in tip


def test_a_slow_dispatched_step_is_marked_where_no_completion_is_known(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LiveRun(tmp_path, ms=10.0, warmup=2) as run:
        put = run.worker.put

        def dispatched_only(kind: type, *args: object, **fields: object) -> None:
            for name in ("completed", "ruler"):
                fields.pop(name, None)
            put(kind, *args, **fields)  # type: ignore[arg-type] # handed through

        monkeypatch.setattr(run.worker, "put", dispatched_only)
        run.step(SLOW)
        run.ms = 90.0
        run.step(1)
        run.ms = 10.0
        run.step(120)
        directory = run.finish()
    with showing(qtbot, LiveView, [directory]) as view:
        chart = step_chart(view, qtbot)
        assert [s.label for s in chart.series] == ["dispatched"]
        steps = latest(view.hub, directory.name).steps
        assert np.isnan(steps.completed).all()
        qtbot.waitUntil(lambda: bool(chart.outliers()), timeout=5000)
        slow = min(chart.outliers(), key=lambda o: abs(o.place - place_of(view, SLOW)))
        assert slow.value == pytest.approx(steps.dispatched[SLOW] / 1e6)
        assert slow.place == pytest.approx(place_of(view, SLOW), abs=0.02)
        click(chart, place_of(view, SLOW))
        found = view.chooser.card.found
        assert found is not None
        assert (found.n, found.completed) == (SLOW, False)


def test_the_crosshair_reads_the_step_itself_not_the_median(qtbot: QtBot, told: Path) -> None:
    with showing(qtbot, LiveView, [told]) as view:
        chart, row = step_chart(view, qtbot), view.rows["step"]
        steps = latest(view.hub, told.name).steps
        for axis in ("time", "step"):
            view.selection.set_axis(axis)
            settled(qtbot, view)
            view.time.set_cross(place_of(view, SLOW))
            (read,) = chart.readings(view.time.cross)
            assert read.value == steps.completed[SLOW] / 1e6
        view.selection.set_axis("time")
        settled(qtbot, view)
        (stall,) = chart.marks.stalls
        view.time.set_cross((stall.low + stall.high) / 2)
        assert "—" in row.legend.entries[0].text
        assert row.legend.entries[0].why


def test_the_operators_follow_the_brush(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        for _ in range(2):
            run.step(40)
            run.window(5)
        run.step(10)
        run.finish()
    with showing(qtbot, OperatorsView, [run.directory]) as view:
        qtbot.waitUntil(lambda: view.windows.count() == 2, timeout=5000)
        view.selection.set_axis("step")
        view.selection.set_range((35.0, 50.0))
        assert view.windows.count() == 1
        assert view.windows.itemData(0)[2] == 0
        view.selection.set_range((1.0, 5.0))
        assert view.empty_title.text() == "No profile window in the selected stretch"
        view.show_window(run.id, 0, 1)
        assert view.selection.range is None
        assert view.windows.currentData()[2] == 1


def test_plots_become_a_picture(qtbot: QtBot, told: Path, tmp_path: Path) -> None:
    with showing(qtbot, LiveView, [told]) as view:
        step_chart(view, qtbot)
        whole = tmp_path / "whole.png"
        assert view.menu.save(whole)
        made = QImage(str(whole))
        assert made.width() == 2 * view.rows["step"].width()
        assert made.height() > 2 * sum(row.height() - 4 for row in view.menu.rows())
        colours = {made.pixelColor(x, y).name() for x in range(0, 400, 3) for y in range(200)}
        assert len(colours) > 5
        view.menu.copy([view.rows["loss"]])
        copied = QGuiApplication.clipboard().image()
        assert 0 < copied.height() < made.height()
        assert not view.menu.save(tmp_path / "nowhere" / "x.png")
        words = [action.text() for action in view.menu.make(view.rows["step"]).actions()]
        assert "Save this plot as PNG…" in words
        assert "Copy all plots" in words


def test_losses_that_are_no_number_are_marked_and_leave_the_axis_alone(qtbot: QtBot) -> None:
    manager().apply()
    time = TimeView()
    chart = Chart(time, zero=False)
    qtbot.addWidget(chart)
    time.setParent(chart)
    chart.resize(600, 120)
    chart.show()
    time.set_extent(10.0)
    t = np.arange(1000, dtype=np.int64) * 10**7
    loss = np.linspace(2.3, 0.3, 1000)
    loss[500], loss[700:720] = np.inf, np.nan
    odd = ((int(t[500]), "+∞"),)
    one = Series("torch", "loss", "#123456", "dot", t, loss, 0, kind=Kind.MEDIAN, odd=odd)
    loss[900] = 1e12
    chart.set_series([one], Marks())
    chart.redraw()
    assert 2.3 <= chart.y_axis.high <= 5.0
    assert [round(o.place, 1) for o in chart.outliers()] == [9.0]
    assert np.isnan(chart.readings(7.1)[0].value)
    image = chart.grab().toImage()
    x, top = int(chart.frame().x(5.0)), int(chart.frame().rect.top())
    near = {image.pixelColor(x + i, top + 5 + j).name() for i in range(-3, 4) for j in range(-3, 4)}
    assert "#123456" in near


def test_narrow_legends_keep_the_names_of_phases() -> None:
    values = (("0.15", None), ("0.18", None))
    names = ("data", "forward", "backward", "optimizer", "other")
    short = {"forward": "fwd", "backward": "bwd", "optimizer": "opt"}
    entries = [Entry("swatch", "#000000", n, values, 1, short.get(n, "")) for n in names]
    for room in (900.0, 520.0, 330.0, 240.0):
        shown, _ = fitting(entries, room, pointing=False)
        assert len(shown) == 5
        assert all(entry.name for entry in shown)
    pointed, _ = fitting(entries, 360.0, pointing=True)
    assert all(entry.values for entry in pointed)
