"""The shared axis by time and by step, the brush on it, the pause, and what is remembered."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QAction
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from tests.gui.live_helpers import latest, settled, showing
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.models.brush import brushed
from diptych.gui.models.hub import RunHub
from diptych.gui.models.placing import Placing
from diptych.gui.models.selection import Selection
from diptych.gui.plots.row import Row
from diptych.gui.views.live import LiveView
from diptych.gui.views.live_tools import LiveTools
from diptych.gui.views.now import NowPanel


@pytest.fixture
def pair(tmp_path: Path) -> list[Path]:
    runs = tmp_path / "runs"
    return [
        make_run(runs, framework="torch", steps=200, ms=10.0, seed=1, done_later=True),
        make_run(runs, framework="mxnet", steps=150, ms=20.0, seed=2),
    ]


def drawn(view: LiveView, qtbot: QtBot, key: str = "step") -> Row:
    return settled(qtbot, view, key)


def by_step(view: LiveView, qtbot: QtBot) -> Row:
    view.selection.set_axis("step")
    row = drawn(view, qtbot)
    qtbot.waitUntil(lambda: row.charts[0].pairs[0][0].per != 1e9, timeout=5000)
    return row


def test_by_step_the_same_steps_stand_together(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        row = by_step(view, qtbot)
        assert view.time.extent == (0.0, 199.0)
        last = {s.group: d.x[np.isfinite(d.y)][-1] for s, d in row.charts[0].pairs if not s.dashed}
        assert last == {"torch": 199.0, "mxnet": 149.0}
        view.time.set_cross(100.0)
        assert view.stack.foot.flag() == "step 100"
        for run, name in zip(pair, ("torch", "mxnet"), strict=True):
            steps = latest(view.hub, run.name).steps
            near = steps.completed[96:105] / 1e6
            value = next(
                r.value
                for r in row.charts[0].readings(100.0)
                if r.series.group == name and not r.series.dashed
            )
            assert near.min() <= value <= near.max()


@pytest.mark.parametrize("count", [2, 60, 4000])
def test_by_step_each_step_has_its_bar_of_phases(qtbot: QtBot, tmp_path: Path, count: int) -> None:
    with showing(qtbot, LiveView, [make_run(tmp_path, steps=count, ms=2.0)]) as view:
        by_step(view, qtbot)
        chart = drawn(view, qtbot, "phases").charts[0]
        steps = latest(view.hub, view.selection.shown[0]).steps
        ((_, bars),) = chart.pairs
        assert (bars.right > bars.x).all()
        assert (bars.x[0], bars.right[-1]) == (-0.5, count - 0.5)
        assert int(bars.steps.sum()) == count
        for place in (0, count // 2, count - 1):
            bar = int(np.searchsorted(bars.x, place, "right")) - 1
            first = int(bars.x[bar] + 0.5)
            rows = steps.phases[:, first : first + int(bars.steps[bar])]
            assert first <= place < first + int(bars.steps[bar])
            parts = chart.readings(float(place))[0].parts
            assert parts == pytest.approx(rows.mean(axis=1) / 1e6)


def test_samples_stand_between_the_steps_in_which_they_were_taken(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with showing(qtbot, LiveView, [make_run(tmp_path, steps=300)]) as view:
        snapshot = latest(view.hub, view.selection.shown[0])
        place = Placing(snapshot, "step")
        t, part = place.samples(snapshot.process.t, "process")
        done = snapshot.steps.end
        assert len(t) == part.stop - part.start > 5
        for at, where in zip(snapshot.process.t[part], t / place.per, strict=True):
            n = int(np.searchsorted(done, at))
            assert n - 1 - 1e-6 <= where <= n + 1e-6
        by_step(view, qtbot)
        cpu = drawn(view, qtbot, "cpu").charts[0]
        view.time.set_cross(150.0)
        assert cpu.readings(150.0)[0].value > 300


def test_a_key_changes_the_axis_and_the_picture_stays_on_the_same_steps(
    qtbot: QtBot, pair: list[Path]
) -> None:
    with showing(qtbot, LiveView, pair[:1]) as view:
        drawn(view, qtbot)
        place = Placing(latest(view.hub, pair[0].name), "time")
        low, high = place.place_of_row(50), place.place_of_row(100)
        view.time.set_range(low, high)
        view.selection.set_range((low, high))
        QTest.keyClick(view.stack, Qt.Key.Key_X)
        assert view.selection.axis == "step"
        assert view.time.range == pytest.approx((50, 100), abs=0.01)
        assert view.selection.range == pytest.approx((50, 100), abs=0.01)
        assert view.time.brush == view.selection.range
        QTest.keyClick(view.stack, Qt.Key.Key_X)
        assert view.time.range == pytest.approx((low, high), abs=0.02)
        assert view.selection.range == pytest.approx((low, high), abs=0.02)


def test_the_axis_and_what_is_folded_are_remembered(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        view.selection.set_axis("step")
        view.rows["loss"].toggle()
        state = view.save_state()
    with showing(qtbot, LiveView, pair) as view:
        view.restore_state({"axis": "nonsense", "folded": ["nothing"]})
        assert view.selection.axis == "time"
        view.restore_state(state)
        assert view.save_state()["axis"] == "step"
        assert view.rows["loss"].folded


def test_a_brush_is_a_stretch_of_each_run(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        torch, mxnet = (latest(view.hub, run.name) for run in pair)
        part = brushed((100.0, 110.0), "step", torch)
        assert part is not None
        assert (part.first, part.last, len(part.rows)) == (100, 110, 11)
        assert part.low == torch.steps.completed_at[99]
        assert part.high == torch.steps.completed_at[110]
        beyond = brushed((160.0, 170.0), "step", mxnet)
        assert beyond is not None
        assert beyond.first is None
        assert len(beyond.rows) == 0
        same = brushed((0.0, 1e6), "time", mxnet)
        assert same is not None
        assert (same.first, same.last) == (0, 149)
        assert brushed(None, "time", mxnet) is None
        window = torch.windows[0]
        assert window.first is not None
        inside = brushed((window.first + 1.0, window.first + 2.0), "step", torch)
        assert inside is not None
        assert inside.holds(window)
        assert not part.holds(window)


def test_the_numbers_follow_a_brush_of_steps(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, NowPanel, pair) as panel:
        qtbot.waitUntil(lambda: len(panel.columns) == 2, timeout=5000)
        panel.selection.set_axis("step")
        panel.selection.set_range((100.0, 119.0))
        qtbot.waitUntil(lambda: panel.title.text() == "Selection", timeout=5000)
        assert panel.counts.text() == "20 torch steps, 20 mxnet steps"
        assert panel.stretch.text() == "steps 100 – 119"
        numbers = panel.columns[0][1]
        steps = latest(panel.hub, pair[0].name).steps
        times = steps.completed[100:120] / 1e6
        assert float(numbers["", "p95"].text) == pytest.approx(np.percentile(times, 95), rel=0.01)
        shares = [
            float(cell.share.split("\N{NO-BREAK SPACE}")[0])
            for (section, _), cell in numbers.items()
            if cell.share and section
        ]
        assert len(shares) == 5
        assert sum(shares) == pytest.approx(100, abs=2)


def test_a_stretch_is_brushed_by_keyboard(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        by_step(view, qtbot)
        control, shift = Qt.KeyboardModifier.ControlModifier, Qt.KeyboardModifier.ShiftModifier
        QTest.keyClick(view.stack, Qt.Key.Key_Right, control)
        start = view.time.cross
        assert start is not None
        for _ in range(5):
            QTest.keyClick(view.stack, Qt.Key.Key_Right, shift)
        low, high = view.selection.range or (0.0, 0.0)
        assert low == start
        assert high == view.time.cross
        assert high - low == 10.0
        for _ in range(7):
            QTest.keyClick(view.stack, Qt.Key.Key_Left, shift)
        assert view.selection.range == (start - 4.0, start)
        QTest.keyClick(view.stack, Qt.Key.Key_Escape)
        assert view.selection.range is None


def test_letters_home_and_end_steer_too(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair[:1]) as view:
        drawn(view, qtbot)
        whole = view.time.range
        QTest.keyClick(view.stack, Qt.Key.Key_W)
        near = view.time.range
        assert near[1] - near[0] == pytest.approx(0.7 * whole[1])
        QTest.keyClick(view.stack, Qt.Key.Key_Home)
        assert view.time.range[0] == 0.0
        QTest.keyClick(view.stack, Qt.Key.Key_D)
        assert view.time.range[0] > 0.0
        QTest.keyClick(view.stack, Qt.Key.Key_A)
        assert view.time.range[0] == pytest.approx(0.0)
        QTest.keyClick(view.stack, Qt.Key.Key_End)
        assert view.time.range[1] == pytest.approx(whole[1])
        QTest.keyClick(view.stack, Qt.Key.Key_S)
        assert view.time.range[1] - view.time.range[0] == pytest.approx(whole[1])


def test_a_paused_picture_stands_still_while_reading_goes_on(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(60)
        with showing(qtbot, LiveView, [run.directory]) as view:
            row = drawn(view, qtbot)
            tools = LiveTools(view.hub, view.selection, QAction("Follow", view))
            qtbot.addWidget(tools)
            tools.show()
            assert not tools.pause.isHidden()
            QTest.keyClick(view.stack, Qt.Key.Key_H)
            assert view.selection.held is not None
            held, extent = len(row.charts[0].pairs[0][0].t), view.time.extent
            run.step(400)
            qtbot.waitUntil(lambda: len(latest(view.hub, run.id).steps) == 460, timeout=5000)
            view.refresh()
            assert len(row.charts[0].series[0].t) == held
            assert view.time.extent == extent
            qtbot.waitUntil(
                lambda: tools.paused.text() == "Paused, 5\N{NO-BREAK SPACE}s behind", timeout=5000
            )
            tools.paused.click()
            assert view.selection.held is None
            qtbot.waitUntil(lambda: len(row.charts[0].series[0].t) == 460, timeout=5000)
            assert view.time.extent[1] > extent[1]


def test_the_pause_is_offered_to_a_run_that_was_chosen_before_it_was_read(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with LiveRun(tmp_path) as run:
        run.step(20)
        hub, selection = RunHub(tmp_path), Selection()
        tools = LiveTools(hub, selection, QAction("Follow"))
        qtbot.addWidget(tools)
        tools.show()
        try:
            selection.show([run.id])
            assert tools.pause.isHidden()
            qtbot.waitUntil(lambda: not tools.pause.isHidden(), timeout=10_000)
            run.finish()
            qtbot.waitUntil(tools.pause.isHidden, timeout=10_000)
        finally:
            hub.close()


def test_the_paused_numbers_are_those_of_the_picture(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path, ms=10.0) as run:
        run.step(600)
        with showing(qtbot, NowPanel, [run.directory]) as panel:
            qtbot.waitUntil(lambda: len(panel.columns) == 1, timeout=5000)
            panel.selection.hold({run.id: latest(panel.hub, run.id)})
            qtbot.waitUntil(lambda: panel.title.text() == "Paused", timeout=5000)
            run.ms = 50.0
            run.step(200)
            qtbot.waitUntil(lambda: len(latest(panel.hub, run.id).steps) == 800, timeout=5000)
            panel.refresh()
            assert float(panel.columns[0][1]["", "ms/step, median"].text) < 12


def test_showing_other_runs_ends_the_pause(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        view.toggle_pause()
        assert view.selection.held is not None
        view.selection.show([pair[0].name])
        assert view.selection.held is None


def test_the_tools_say_what_holds_and_make_do_with_little_room(
    qtbot: QtBot, pair: list[Path]
) -> None:
    with showing(qtbot, LiveView, pair) as view:
        tools = LiveTools(view.hub, view.selection, QAction("Follow", view))
        qtbot.addWidget(tools)
        tools.show()
        QTest.mouseClick(tools.axis.button("step"), Qt.MouseButton.LeftButton)
        assert view.selection.axis == "step"
        view.selection.set_range((10.0, 20.0))
        assert tools.brush.text() == "steps 10 – 20"
        tools.fit(120)
        assert tools.axis.isHidden()
        assert not tools.brush.isHidden()
        tools.brush.click()
        assert view.selection.range is None
        tools.fit(1000)
        assert not tools.axis.isHidden()
        tools.show_plots(False)
        assert tools.axis.isHidden()


@pytest.mark.parametrize("steps", [0, 1, 2])
@pytest.mark.parametrize("axis", ["time", "step"])
def test_runs_of_hardly_any_steps_can_be_shown(
    qtbot: QtBot, tmp_path: Path, steps: int, axis: str
) -> None:
    with LiveRun(tmp_path) as run:
        run.step(steps)
        run.finish("failed", code=1, text="ended with exit code 1")
    other = make_run(tmp_path, steps=60, run_id="other")
    with showing(qtbot, LiveView, [run.directory, other]) as view:
        view.selection.set_axis(axis)
        row = drawn(view, qtbot)
        view.time.set_cross(0.5)
        view.selection.set_range((0.0, 1.0))
        view.toggle_axis()
        view.chooser.go_to_unusual(1)
        qtbot.waitUntil(lambda: bool(row.charts[0].pairs), timeout=5000)
        groups = {s.group for s, _ in row.charts[0].pairs}
        assert len(groups) == (2 if steps else 1)


def test_a_run_that_vanishes_takes_nothing_down(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        row = by_step(view, qtbot)
        shutil.rmtree(pair[0])
        view.hub.refresh()
        qtbot.waitUntil(lambda: view.hub.entry(pair[0].name) is None, timeout=5000)
        view.selection.show([pair[1].name])
        qtbot.waitUntil(lambda: {s.group for s, _ in row.charts[0].pairs} == {"mxnet"})


def test_a_clock_that_was_set_back_does_not_turn_the_curves_around(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with LiveRun(tmp_path) as run:
        run.step(100)
        run.now -= 500_000_000
        run.step(100)
        run.finish()
    with showing(qtbot, LiveView, [run.directory]) as view:
        row = drawn(view, qtbot)
        for series, made in row.charts[0].pairs:
            assert (np.diff(series.t) >= 0).all()
            assert (np.diff(made.x) >= 0).all()
        phases = drawn(view, qtbot, "phases").charts[0].series[0]
        assert (np.diff(phases.t) >= 0).all()


def test_selection_without_a_view_keeps_no_brush_across_axes(qtbot: QtBot) -> None:
    selection = Selection()
    selection.set_range((1.0, 2.0))
    with qtbot.waitSignal(selection.axis_changed):
        selection.set_axis("step")
    assert selection.range is None
    hub = RunHub(Path("/nonexistent"))
    try:
        assert selection.seen("nothing", hub.latest("nothing")) is None
    finally:
        hub.close()
        hub.deleteLater()
        selection.deleteLater()
