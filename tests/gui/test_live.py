"""The live view and the Now panel on synthetic run directories, read by the real hub."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt, QTimer
from PySide6.QtGui import QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from tests.gui.live_helpers import latest, settled, show, showing
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.plots.chart import Chart
from diptych.gui.plots.row import Row
from diptych.gui.text.format import UNKNOWN
from diptych.gui.text.runs import lost_of
from diptych.gui.theme import current, manager
from diptych.gui.views.details_facts import groups
from diptych.gui.views.live import LiveView
from diptych.gui.views.now import NowPanel
from diptych.profiling.records import kinds
from diptych.profiling.records.summary import Losses


@pytest.fixture
def pair(tmp_path: Path) -> list[Path]:
    runs = tmp_path / "runs"
    return [
        make_run(runs, framework="torch", steps=200, ms=12.0, seed=1, done_later=True),
        make_run(runs, framework="mxnet", steps=150, ms=15.0, seed=2),
    ]


def drawn(view: LiveView, qtbot: QtBot, key: str = "step") -> Row:
    return settled(qtbot, view, key)


def shown_rows(view: LiveView) -> list[str]:
    return [key for key, row in view.rows.items() if not row.isHidden()]


def middle(chart: Chart) -> QPoint:
    return chart.frame().rect.center().toPoint()


def test_both_runs_stand_in_every_plot_on_time_since_each_began(
    qtbot: QtBot, pair: list[Path]
) -> None:
    with showing(qtbot, LiveView, pair) as view:
        row = drawn(view, qtbot)
        labels = [(s.group, s.label, s.dashed) for s, _ in row.charts[0].pairs]
        assert labels == [
            ("torch", "completed", False),
            ("torch", "dispatched", True),
            ("mxnet", "completed", False),
            ("mxnet", "dispatched", True),
        ]
        medians = [np.nanmedian(d.y) for s, d in row.charts[0].pairs if not s.dashed]
        assert medians == pytest.approx([12.0, 15.0], rel=0.05)
        assert all(d.x[0] >= 0 for _, d in row.charts[0].pairs)
        assert len(view.rows["phases"].charts) == 2
        colours = {s.group: s.colour for s, _ in row.charts[0].pairs}
        assert colours == {"torch": current().torch[0], "mxnet": current().mxnet[0]}


def test_the_phases_add_up_to_the_dispatched_time(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        row = drawn(view, qtbot, "phases")
        steps = latest(view.hub, pair[0].name).steps
        _, made = row.charts[0].pairs[0]
        assert made.y.max() == pytest.approx(steps.dispatched.max() / 1e6, rel=0.5)
        assert sum(row.charts[0].readings(1.5)[0].parts) == pytest.approx(
            row.charts[0].readings(1.5)[0].value
        )
        # One scale, or the two could not be compared.
        one, other = row.charts
        qtbot.waitUntil(lambda: one.y_axis == other.y_axis, timeout=5000)
        assert one.y_axis.high >= 2.4


def test_what_is_not_known_is_not_there(qtbot: QtBot, tmp_path: Path) -> None:
    with showing(qtbot, LiveView, [make_run(tmp_path, steps=60)]) as view:
        drawn(view, qtbot)
        # No GPU, and the framework does not say what it has of the memory.
        assert shown_rows(view) == ["step", "phases", "throughput", "loss", "cpu", "memory"]
        # On the CPU PyTorch works synchronously: one line says it.
        assert [s.label for s, _ in view.rows["step"].charts[0].pairs] == ["completed"]


def test_a_gpu_has_its_plots_and_its_power_limit(qtbot: QtBot, tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=60, gpu=True)
    with showing(qtbot, LiveView, [run], (1000, 1400)) as view:
        drawn(view, qtbot, "gpu_power")
        assert {"gpu_util", "gpu_mem", "gpu_power", "gpu_temp"} <= set(shown_rows(view))
        words = [entry.text for entry in view.rows["gpu_power"].current_entries()]
        assert words[0] == "limit 700"


def test_the_crosshair_reads_every_series_of_every_run(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        row = drawn(view, qtbot)
        view.time.set_cross(1.6)
        assert view.selection.cursor == 1.6
        said = [(entry.name, [v for v, _ in entry.values]) for entry in row.legend.entries]
        names = [name for name, _ in said]
        assert names == ["torch", "completed", "dispatched", "mxnet", "completed", "dispatched"]
        values = [float(v[0]) for _, v in said if v]
        assert values == pytest.approx([12.0, 2.4, 15.0, 3.0], rel=0.2)
        assert view.stack.foot.flag() == "1.6\N{NO-BREAK SPACE}s"
        # Beyond the end of the shorter run it has no value, the other one has.
        last = latest(view.hub, pair[1].name).steps.end[-1]
        view.time.set_cross((last - latest(view.hub, pair[1].name).origin) / 1e9 + 0.05)
        values_there = {r.series.group: r.value for r in row.charts[0].readings(view.time.cross)}
        assert np.isnan(values_there["mxnet"])
        view.selection.set_cursor(None)
        assert view.stack.foot.flag() == ""


def test_without_a_crosshair_the_legend_says_the_newest(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        row = drawn(view, qtbot)
        qtbot.waitUntil(lambda: len(row.legend.entries) == 6, timeout=5000)
        assert float(row.legend.entries[1].values[0][0]) == pytest.approx(12.0, rel=0.1)
        assert "completed" in row.legend.accessibleName()


def test_warm_up_windows_and_validation_are_marked(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path, warmup=6) as run:
        run.step(40)
        run.window(5)
        start = run.now
        run.now += 10**9
        run.worker.put(kinds.Eval, run.now, t0=start, batches=7)
        run.step(60)
        run.finish()
        with showing(qtbot, LiveView, [run.directory]) as view:
            marks = drawn(view, qtbot).charts[0].marks
            assert marks.warmup_text == "warm-up, 6 steps"
            assert [c.name for c in marks.captures] == ["trace w000"]
            assert marks.captures[0].high > marks.captures[0].low
            assert [round(e.high - e.low, 3) for e in marks.evals] == [1.0]


def test_dragging_moves_and_shift_dragging_selects(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        chart = drawn(view, qtbot).charts[0]
        view.time.set_range(0.5, 1.5)
        view.selection.set_follow(True)
        at = middle(chart)
        port = chart
        QTest.mousePress(port, Qt.MouseButton.LeftButton, pos=at)
        QTest.mouseMove(port, at + QPoint(-100, 0))
        QTest.mouseRelease(port, Qt.MouseButton.LeftButton, pos=at + QPoint(-100, 0))
        assert not view.selection.follow
        shift = Qt.KeyboardModifier.ShiftModifier
        QTest.mousePress(port, Qt.MouseButton.LeftButton, shift, at)
        QTest.mouseMove(port, at + QPoint(80, 0))
        QTest.mouseRelease(port, Qt.MouseButton.LeftButton, shift, at + QPoint(80, 0))
        low, high = view.selection.range or (0.0, 0.0)
        seconds = 80 / chart.frame().rect.width() * (view.time.range[1] - view.time.range[0])
        assert high - low == pytest.approx(seconds, rel=0.1)
        view.stack.setFocus()
        QTest.keyClick(view.stack, Qt.Key.Key_Escape)
        assert view.selection.range is None


def test_the_wheel_zooms_around_the_mouse(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        chart = drawn(view, qtbot).charts[0]
        view.time.set_range(0.5, 1.5)
        at = QPointF(middle(chart))
        event = QWheelEvent(
            at,
            chart.mapToGlobal(at),
            QPoint(),
            QPoint(0, 120),
            Qt.MouseButton.NoButton,
            Qt.KeyboardModifier.NoModifier,
            Qt.ScrollPhase.NoScrollPhase,
            False,
        )
        QApplication.sendEvent(chart, event)
        low, high = view.time.range
        assert high - low == pytest.approx(0.8)
        assert (low + high) / 2 == pytest.approx(1.0, abs=0.01)


def test_keys_steer_the_time_axis(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(100)
        with showing(qtbot, LiveView, [run.directory]) as view:
            drawn(view, qtbot)
            whole = view.time.range
            QTest.keyClick(view.stack, Qt.Key.Key_Plus)
            assert view.time.range[1] - view.time.range[0] < whole[1] - whole[0]
            QTest.keyClick(view.stack, Qt.Key.Key_Left)
            assert not view.selection.follow
            QTest.keyClick(view.stack, Qt.Key.Key_Space)
            assert view.selection.follow
            QTest.keyClick(view.stack, Qt.Key.Key_F)
            assert view.time.range == whole


def test_an_ended_run_is_shown_whole_and_not_followed(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair[:1]) as view:
        drawn(view, qtbot)
        whole = view.time.extent
        assert view.time.range == whole
        assert not view.selection.follow
        QTest.keyClick(view.stack, Qt.Key.Key_Plus)
        assert view.time.range != whole
        for key in (Qt.Key.Key_Space, Qt.Key.Key_F):
            view.time.set_range(1.0, 1.5)
            QTest.keyClick(view.stack, key)
            assert view.time.range == whole
            assert not view.selection.follow
        view.time.set_range(1.0, 1.5)
        show(qtbot, view.hub, view.selection, pair)
        qtbot.waitUntil(lambda: view.time.range == view.time.extent, timeout=5000)


def test_a_run_is_followed_until_it_ends(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(30)
        with showing(qtbot, LiveView, [run.directory]) as view:
            drawn(view, qtbot)
            assert view.selection.follow
            run.step(30)
            run.finish()
            qtbot.waitUntil(lambda: not view.selection.follow, timeout=5000)
            qtbot.waitUntil(lambda: view.time.range == view.time.extent, timeout=5000)


def test_the_wheel_zooms_at_the_mouse_while_following(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(100)
        with showing(qtbot, LiveView, [run.directory]) as view:
            drawn(view, qtbot)
            end = view.time.range[1]
            view.time.zoom(0.5, at=end / 4)
            assert view.time.range == pytest.approx((end / 8, end / 8 + end / 2))
            assert not view.selection.follow


def test_all_plots_are_drawn_at_once(
    qtbot: QtBot, pair: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diptych.gui.plots.stack._TURN", 0.0)
    with showing(qtbot, LiveView, pair) as view:
        drawn(view, qtbot)
        charts = [c for row in view.rows.values() for c in row.charts if c._in_sight()]
        qtbot.waitUntil(lambda: not any(c._stale for c in charts), timeout=5000)
        seen: list[set[float]] = []
        charts[0].redrawn.connect(lambda: QTimer.singleShot(0, note))

        def note() -> None:
            seen.append({c.frame().low for c in charts} | {c.frame().high for c in charts})

        view.time.set_range(0.5, 1.5)
        qtbot.waitUntil(lambda: bool(seen), timeout=5000)
        assert seen[0] == {0.5, 1.5}


def test_the_overview_moves_the_picture(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        drawn(view, qtbot)
        strip = view.stack.overview
        y = strip.height() // 2
        QTest.mousePress(strip, Qt.MouseButton.LeftButton, pos=QPoint(200, y))
        QTest.mouseMove(strip, QPoint(400, y))
        QTest.mouseRelease(strip, Qt.MouseButton.LeftButton, pos=QPoint(400, y))
        low, high = view.time.range
        whole = view.time.extent[1]
        width = strip.width() - 48 - 24 - strip.inset
        assert low == pytest.approx((200 - 48) / width * whole, abs=0.05)
        assert high == pytest.approx((400 - 48) / width * whole, abs=0.05)
        assert not view.selection.follow


def test_a_live_run_is_followed_and_says_how_long_it_will_take(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with LiveRun(tmp_path, total_steps=1000) as run:
        run.step(30)
        with showing(qtbot, LiveView, [run.directory]) as view:
            drawn(view, qtbot)
            before = view.time.range[1]
            run.step(50)
            qtbot.waitUntil(lambda: view.time.range[1] > before, timeout=5000)
            assert "to go" in view.stack.overview.text
            run.finish()


def test_folding_a_row_gives_its_room_to_the_others(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        row = drawn(view, qtbot)
        other = view.rows["loss"]
        before = other.height()
        row.title.setFocus()
        QTest.keyClick(row.title, Qt.Key.Key_Return)
        assert row.folded
        assert not row.charts[0].isVisible()
        assert other.height() > before
        QTest.keyClick(row.title, Qt.Key.Key_Return)
        assert row.charts[0].isVisible()


def test_the_colours_follow_the_theme(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        row = drawn(view, qtbot)
        before = row.charts[0].pairs[0][0].colour
        try:
            manager().choose("dark" if not current().dark else "light")
            qtbot.waitUntil(lambda: row.charts[0].pairs[0][0].colour != before, timeout=5000)
            assert row.charts[0].pairs[0][0].colour == current().torch[0]
        finally:
            manager().choose("system")


def test_a_run_that_goes_takes_its_curves_along(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, LiveView, pair) as view:
        row = drawn(view, qtbot)
        view.selection.show([pair[1].name])
        qtbot.waitUntil(lambda: {s.group for s, _ in row.charts[0].pairs} == {"mxnet"})
        qtbot.waitUntil(lambda: len(view.rows["phases"].charts) == 1)
        # It keeps its colour.
        assert row.charts[0].pairs[0][0].colour == current().mxnet[0]


def test_without_a_run_it_says_what_to_do(qtbot: QtBot, tmp_path: Path) -> None:
    with showing(qtbot, LiveView, []) as view:
        qtbot.waitUntil(lambda: view.empty.isVisible() and "New run" in words(view.empty))
        with LiveRun(tmp_path) as run:
            show(qtbot, view.hub, view.selection, [])
            run.finish("failed", code=1, text="ended with exit code 1")


def words(widget: object) -> str:
    return " ".join(label.text() for label in widget.findChildren(QLabel))  # type: ignore[attr-defined] # any widget


def test_a_run_that_ended_before_its_first_step_says_why(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.finish("failed", code=1, text="ended with exit code 1")
    with showing(qtbot, LiveView, [run.directory]) as view:
        qtbot.waitUntil(lambda: "exit code 1" in words(view.empty), timeout=5000)


# -- the Now panel ----------------------------------------------------------------


def cell(panel: NowPanel, section: str, name: str, column: int = 0) -> str:
    return panel.columns[column][1][section, name].text


def hint(panel: NowPanel, section: str, name: str, column: int = 0) -> str:
    return panel.columns[column][1][section, name].hint


def ready(panel: NowPanel, count: int) -> Callable[[], bool]:
    return lambda: len(panel.columns) == count


def test_now_says_the_last_seconds_of_each_run(qtbot: QtBot, pair: list[Path]) -> None:
    with showing(qtbot, NowPanel, pair) as panel:
        qtbot.waitUntil(ready(panel, 2), timeout=5000)
        assert [name for name, _ in panel.columns] == ["torch", "mxnet"]
        assert float(cell(panel, "", "ms/step, median")) == pytest.approx(12.0, rel=0.02)
        assert float(cell(panel, "", "ms/step, median", 1)) == pytest.approx(15.0, rel=0.02)
        rate = float(cell(panel, "", "samples/s").replace(",", ""))
        assert rate == pytest.approx(32 / 0.012, rel=0.02)
        assert cell(panel, "Can I trust this?", "records lost") == "0"
        assert "steps" in cell(panel, "Can I trust this?", "warm-up")
        assert "left out" in hint(panel, "", "ms/step, median")
        assert panel.title.text() == "Whole run"
        assert panel.card_title.text() == "Not one ruler"
        assert "mxnet by its loss" in panel.card_text.text()


def test_records_of_a_newer_version_are_lost_ones_wherever_they_are_counted(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with LiveRun(tmp_path, lock=False) as run:
        run.step(30)
        worker = run.worker
        worker.lines.append(b'{"k":"hologram","seq":%d,"t":%d}\n' % (worker.seq, run.now))
        worker.seq += 1
        run.finish()
        with showing(qtbot, NowPanel, [run.directory]) as panel:
            qtbot.waitUntil(ready(panel, 1), timeout=5000)
            qtbot.waitUntil(
                lambda: cell(panel, "Can I trust this?", "records lost") == "1", timeout=5000
            )
            assert "1 of an unknown kind" in hint(panel, "Can I trust this?", "records lost")
            losses = latest(panel.hub, run.id).losses
            assert lost_of([losses, losses]) == Losses(unknown_kind=2)
            facts = [f for group in groups(latest(panel.hub, run.id)) for f in group.facts]
            assert [f.value for f in facts if f.name == "records lost"] == ["1"]


def test_a_brushed_stretch_is_what_the_numbers_speak_of(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path, ms=10.0) as run:
        run.step(50)
        middle_of = run.now
        run.ms = 20.0
        run.step(50)
        run.finish()
    with showing(qtbot, NowPanel, [run.directory]) as panel:
        qtbot.waitUntil(ready(panel, 1), timeout=5000)
        origin = latest(panel.hub, run.id).origin
        end = (middle_of - origin) / 1e9
        panel.selection.set_range((end - 0.3, end))
        qtbot.waitUntil(lambda: panel.title.text() == "Selection", timeout=5000)
        assert float(cell(panel, "", "ms/step, median")) == pytest.approx(10.0, rel=0.03)
        panel.selection.set_range((end, end + 0.5))
        qtbot.waitUntil(lambda: float(cell(panel, "", "mean")) > 15, timeout=5000)
        assert panel.counts.text().startswith("25 torch steps")
        panel.selection.set_range((1e6, 2e6))
        qtbot.waitUntil(lambda: cell(panel, "", "ms/step, median") == UNKNOWN, timeout=5000)
        assert hint(panel, "", "ms/step, median") == "no step was completed in this stretch"


def test_an_unknown_number_is_a_dash_with_its_reason(qtbot: QtBot, tmp_path: Path) -> None:
    with showing(qtbot, NowPanel, [make_run(tmp_path, steps=40)]) as panel:
        qtbot.waitUntil(ready(panel, 1), timeout=5000)
        assert cell(panel, "Run-ahead, mean", "gap") == UNKNOWN
        assert hint(panel, "Run-ahead, mean", "gap") == "dispatched is completed here"
        assert panel.card_title.text() == "Synchronous"
        assert not any(section == "Device" for section, _ in panel.columns[0][1])


def test_a_gpu_brings_its_numbers(qtbot: QtBot, tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=200, gpu=True, done_later=True)
    with showing(qtbot, NowPanel, [run]) as panel:
        qtbot.waitUntil(ready(panel, 1), timeout=5000)
        assert cell(panel, "Device", "SM clock").startswith("1.7")
        assert cell(panel, "Device", "energy/sample").endswith("mJ")
        energy = float(cell(panel, "Device", "energy/sample").split("\N{NO-BREAK SPACE}")[0])
        assert energy == pytest.approx(320 * 12.0 / 32, rel=0.15)
        assert panel.card_title.text() == "Observed, not fenced"


def test_a_long_stretch_is_worked_out_beside_the_window(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("diptych.gui.views.now._QUICK", 0)
    with showing(qtbot, NowPanel, [make_run(tmp_path, steps=80)]) as panel:
        qtbot.waitUntil(ready(panel, 1), timeout=5000)
        assert float(cell(panel, "", "mean")) == pytest.approx(12.0, rel=0.05)


def test_of_a_live_run_it_is_the_last_seconds_and_of_a_failed_one_how_it_ended(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with LiveRun(tmp_path) as run:
        run.step(60)
        with showing(qtbot, NowPanel, [run.directory]) as panel:
            qtbot.waitUntil(ready(panel, 1), timeout=5000)
            assert (panel.title.text(), panel.stretch.text()) == ("Now", "last 5 s")
            assert not panel.ends.isVisible()
            run.finish("failed", code=1, text="ended with exit code 1")
            qtbot.waitUntil(lambda: panel.title.text() == "Whole run", timeout=5000)
            assert panel.stretch.text() == ""
            assert panel.ends.text() == "torch: ended with exit code 1"
            assert panel.ends.isVisible()


def _waits_for(qtbot: QtBot, view: LiveView, said: str) -> None:
    qtbot.waitUntil(lambda: view.stack.overview.text == said, timeout=5000)


def test_of_a_run_that_ended_without_a_step_it_is_said_that_none_was_made(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with LiveRun(tmp_path) as run:
        run.system.put(kinds.Process, run.now, cpu=1.0, rss=1, count=1)
        run.finish("failed", code=1, text="ended with exit code 1")
    other = make_run(tmp_path, framework="mxnet", steps=40)
    with showing(qtbot, NowPanel, [run.directory]) as panel:
        qtbot.waitUntil(lambda: panel.card_title.text() == "No step was made", timeout=5000)
    with showing(qtbot, NowPanel, [other, run.directory]) as panel:
        qtbot.waitUntil(lambda: panel.card_title.text() == "Not one ruler", timeout=5000)
        assert "torch not at all, it made no step" in panel.card_text.text()
        assert "yet" not in panel.card_text.text()
    for runs, said in (
        ([run.directory], "no step was made"),
        ([other, run.directory], "no step was made by torch"),
    ):
        with showing(qtbot, LiveView, runs) as view:
            _waits_for(qtbot, view, said)


def test_a_run_whose_completions_are_not_known_is_not_measured_yet_no_more(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LiveRun(tmp_path) as run:
        put = run.worker.put

        def dispatched_only(kind: type, *args: object, **fields: object) -> None:
            for name in ("completed", "ruler"):
                fields.pop(name, None)
            put(kind, *args, **fields)  # type: ignore[arg-type] # handed through

        monkeypatch.setattr(run.worker, "put", dispatched_only)
        run.step(20)
        with showing(qtbot, NowPanel, [run.directory]) as panel:
            qtbot.waitUntil(lambda: panel.card_title.text() == "Not measured yet", timeout=5000)
            run.finish("failed", code=1, text="ended with exit code 1")
            qtbot.waitUntil(lambda: panel.card_title.text() == "Not measured", timeout=5000)
