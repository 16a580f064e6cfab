"""The tab Compare of a real window: what it compares, what it says, what follows the brush."""

from __future__ import annotations

import fcntl
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot
from tests.helpers.fake_race import make_race
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.models.comparing import PAUSE
from diptych.gui.models.comparing_pictures import DOTS, POINTS, pictures_of
from diptych.gui.text import compare as words
from diptych.gui.text.format import UNKNOWN
from diptych.gui.views.actions import TAB_NAMES
from diptych.gui.views.compare.distributions import HISTOGRAM, stairs
from diptych.gui.views.compare.view import CompareView
from diptych.gui.views.main_window import MainWindow
from diptych.profiling.compare import conduct, saved
from diptych.profiling.compare.timed import Stretch

Open = Callable[[], MainWindow]


def compare_tab(window: MainWindow) -> CompareView:
    """Show the tab."""
    window.stage.choose(TAB_NAMES.index("Compare"))
    window.stage.build_current()
    view = window.stage.view("Compare")
    assert isinstance(view, CompareView)
    return view


def opened(qtbot: QtBot, window: MainWindow, folder: Path) -> CompareView:
    """Open a comparison and wait until it is shown."""
    qtbot.waitUntil(lambda: len(window.context.hub.entries) > 1, timeout=10_000)
    view = compare_tab(window)
    view.comparing.open_comparison(folder)
    qtbot.waitUntil(lambda: view.comparison is not None, timeout=20_000)
    qtbot.waitUntil(lambda: not view.comparing.busy, timeout=20_000)
    return view


def lines(view: CompareView) -> str:
    """Return every word of the head."""
    told = [label.text() for label in view.page.head.findChildren(QLabel) if label.isVisible()]
    return " ".join([view.page.head.verdict.text, *told])


def cell(view: CompareView, row: int, column: int) -> str:
    item = view.page.table.item(row, column)
    assert item is not None
    return item.text()


def test_a_race_is_told_with_its_interval_and_its_noise(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    folder = make_race(home)
    window = open_window()
    view = opened(qtbot, window, folder)
    assert view.page.head.verdict.text.startswith("torch eager is 1.2")
    assert view.page.head.verdict.text.endswith("as fast as mxnet imperative")
    told = lines(view)
    assert "95\N{NO-BREAK SPACE}% interval 1." in told
    assert "One side, run twice, differs by up to" in told
    assert "10 rounds of turns" in told
    assert view.page.head.plot.isVisible()
    assert view.bar.ruler.text() == "Ruler: completed steps"
    assert len(window.context.selection.shown) == 2


def test_the_table_has_units_and_says_why_there_is_no_number(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    folder = make_race(home, rounds=3)
    view = opened(qtbot, open_window(), folder)
    heads = [view.page.table.horizontalHeaderItem(at) for at in range(5)]
    assert [head.text() for head in heads if head is not None][1:2] == ["Median, ms"]
    assert float(cell(view, 0, 1)) == pytest.approx(10.0, rel=0.03)
    assert float(cell(view, 1, 1)) == pytest.approx(12.0, rel=0.03)
    # Three rounds are too few for an interval.
    assert cell(view, 0, 2) == UNKNOWN
    item = view.page.table.item(0, 2)
    assert item is not None
    assert "at the least; there are 3" in item.toolTip()
    assert "Too short to tell" in view.page.head.verdict.text
    assert "more steps of each side would settle it" in lines(view)


def test_several_sides_are_held_against_the_first(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    sides = {"torch eager": 10.0, "mxnet imperative": 12.0, "torch compile": 8.0}
    folder = make_race(home, sides, noise=False)
    view = opened(qtbot, open_window(), folder)
    said = view.page.head.verdict.text
    assert said == "Against torch eager: 1 faster, 1 slower, 0 not told apart"
    assert "The noise of this machine was not measured." in lines(view)
    assert view.page.table.rowCount() == 3
    assert view.page.head.others.isVisible()
    looks = [view.page.table.look(row) for row in range(3)]
    assert len({look.colour for look in looks if look is not None}) == 3


def test_everything_follows_the_brush(qtbot: QtBot, open_window: Open, home: Path) -> None:
    folder = make_race(home)
    view = opened(qtbot, open_window(), folder)
    whole = int(cell(view, 0, 7).replace(",", ""))
    before = view.comparison
    area = view.page.turns.area
    plot = view.page.turns
    middle = round(area.center().y())
    QTest.mousePress(plot, Qt.MouseButton.LeftButton, pos=QPoint(round(area.left()) + 2, middle))
    for share in (0.2, 0.5):
        QTest.mouseMove(plot, QPoint(round(area.left() + share * area.width()), middle))
    end = QPoint(round(area.left() + 0.5 * area.width()), middle)
    QTest.mouseRelease(plot, Qt.MouseButton.LeftButton, pos=end)
    assert view.selection.range is not None
    qtbot.waitUntil(lambda: view.comparison is not before, timeout=20_000)
    assert 0 < int(cell(view, 0, 7).replace(",", "")) < whole
    assert view.bar.stretch.isVisible()
    assert view.bar.stretch.text().startswith("Compared: ")
    assert view.comparison is not None
    assert view.comparison.sides[0].timed.rounds == view.comparison.sides[1].timed.rounds < 10
    view.bar.clear.click()
    qtbot.waitUntil(lambda: int(cell(view, 0, 7)) == whole, timeout=20_000)
    assert not view.bar.stretch.isVisible()


def test_runs_of_one_comparison_are_shown_as_it(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    folder = make_race(home)
    window = open_window()
    qtbot.waitUntil(lambda: len(window.context.hub.entries) == 3, timeout=10_000)
    window.context.selection.show([window.context.hub.entries[0].id])
    view = compare_tab(window)
    qtbot.waitUntil(lambda: view.comparison is not None, timeout=20_000)
    assert view.comparing.found.directory == folder
    assert view.comparison is not None
    assert view.comparison.noise_run is not None


def test_runs_that_were_not_made_for_it_are_compared_with_what_they_lack(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    runs = [
        make_run(home / "runs", framework=name, seed=seed, ms=ms, done_later=False, steps=200)
        for seed, (name, ms) in enumerate({"torch": 10.0, "mxnet": 14.0}.items())
    ]
    window = open_window()
    qtbot.waitUntil(lambda: len(window.context.hub.entries) == 2, timeout=10_000)
    view = compare_tab(window)
    window.context.selection.show([run.name for run in runs])
    qtbot.waitUntil(lambda: view.comparison is not None, timeout=20_000)
    assert "as fast as" in view.page.head.verdict.text
    told = view.page.fairness.accessibleDescription()
    assert told.startswith("Taken in turns: not equal")
    assert "Same numbers: unknown" in told
    window.context.selection.show([runs[0].name])
    qtbot.waitUntil(lambda: view.pages.currentWidget() is view.empty, timeout=20_000)
    assert view.comparison is None


def test_nothing_to_compare_says_what_to_do_and_lists_what_there_is(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    folder = make_race(home)
    make_run(home / "runs", seed=7)
    window = open_window()
    qtbot.waitUntil(lambda: len(window.context.hub.entries) == 4, timeout=10_000)
    view = compare_tab(window)
    single = next(entry.id for entry in window.context.hub.entries if entry.pair is None)
    window.context.selection.show([single])
    qtbot.waitUntil(lambda: view.empty.list.count() == 1, timeout=20_000)
    assert "Show two or more runs" in view.empty.words.text()
    view.empty.list.setFocus()
    QTest.keyClick(view.empty.list, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: view.comparison is not None, timeout=20_000)
    assert view.comparing.found.directory == folder


def test_runs_without_one_ruler_are_compared_by_whole_stretches(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    runs = [
        make_run(home / "runs", framework=name, seed=seed, ms=ms, steps=300, done_later=later)
        for seed, (name, ms, later) in enumerate((("torch", 10.0, False), ("mxnet", 14.0, True)))
    ]
    window = open_window()
    qtbot.waitUntil(lambda: len(window.context.hub.entries) == 2, timeout=10_000)
    window.context.selection.show([run.name for run in runs])
    view = compare_tab(window)
    qtbot.waitUntil(lambda: view.comparison is not None, timeout=20_000)
    assert view.bar.ruler.text() == "Ruler: whole stretches"
    assert "whole stretches" in view.page.spread_card.accessibleName()
    assert "Medians of the time a step over whole stretches" in lines(view)


def test_what_goes_on_shows_its_stage_and_the_numbers_so_far(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    folder = make_race(home, done=False)
    with (folder / conduct.LOCK).open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        view = opened(qtbot, open_window(), folder)
        assert view.stage.isVisible()
        assert view.stage.text() == "Goes on: taking turns, 4 of 20. The numbers so far:"
        _, state = conduct.load(folder)
        done = msgspec.structs.replace(state, status="done", stage="done")
        conduct.write_state(folder, done)
        wait = round(PAUSE * 1000) + 20_000
        qtbot.waitUntil(lambda: not view.stage.isVisible(), timeout=wait)
    assert view.comparison is not None


def test_live_runs_are_compared_while_they_go_on(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    with (
        LiveRun(home / "runs", seed=1, done_later=False) as one,
        LiveRun(home / "runs", framework="mxnet", seed=2, ms=15.0, done_later=False) as other,
    ):
        for run in (one, other):
            run.step(60)
        window = open_window()
        qtbot.waitUntil(lambda: len(window.context.hub.entries) == 2, timeout=10_000)
        window.context.selection.show([one.id, other.id])
        view = compare_tab(window)
        qtbot.waitUntil(lambda: view.comparison is not None, timeout=20_000)
        steps = int(cell(view, 0, 7))
        for run in (one, other):
            run.step(40)
        qtbot.waitUntil(lambda: int(cell(view, 0, 7)) > steps, timeout=20_000)


def test_a_keyboard_reaches_every_section(qtbot: QtBot, open_window: Open, home: Path) -> None:
    folder = make_race(home)
    view = opened(qtbot, open_window(), folder)
    view.window().activateWindow()
    view.page.head.setFocus()
    reached = []
    for _ in range(60):
        focus = QApplication.focusWidget()
        if focus in view.page.stops():
            reached.append(focus)
        if focus is None or len(reached) == len(view.page.stops()):
            break
        QTest.keyClick(focus, Qt.Key.Key_Tab)
    assert reached == view.page.stops()
    assert view.area.verticalScrollBar().value() > 0
    QTest.keyClick(view.page.fairness_card, Qt.Key.Key_Home)
    assert view.area.verticalScrollBar().value() == 0


def test_the_distribution_can_be_bars(qtbot: QtBot, open_window: Open, home: Path) -> None:
    folder = make_race(home)
    view = opened(qtbot, open_window(), folder)
    curves = view.page.spread.grab().toImage()
    view.page.kind.button(HISTOGRAM).click()
    assert view.page.spread.kind == HISTOGRAM
    assert view.page.spread.grab().toImage() != curves
    assert "p95" in view.page.spread.accessibleDescription()


def test_rows_are_copied(qtbot: QtBot, open_window: Open, home: Path) -> None:
    folder = make_race(home)
    view = opened(qtbot, open_window(), folder)
    view.copy_rows()
    copied = QApplication.clipboard().text().split("\n")
    assert copied[0].startswith("Side\tMedian, ms\t")
    assert [line.split("\t")[0] for line in copied[1:]] == ["torch eager", "mxnet imperative"]


def test_pictures_stay_small_and_true(home: Path) -> None:
    found = saved.gather(make_race(home, rounds=60, turn=30, noise=False))
    pictures = pictures_of(found.compare(), clock=True)
    assert pictures.spreads is not None
    assert pictures.tracks is not None
    side = pictures.spreads.sides[0]
    assert side is not None
    assert side.count > DOTS
    assert len(side.times) <= POINTS
    x, y = stairs(pictures.spreads, side)
    assert np.all(np.diff(x) >= 0)
    assert np.all(np.diff(y) >= 0)
    assert side.bars.sum() + side.beyond == pytest.approx(1.0)
    track = pictures.tracks.sides[0]
    assert len(track.t) <= 2 * POINTS
    assert np.all(track.low <= track.middle)
    assert np.all(track.middle <= track.high)
    # On one clock nobody has a turn while another has.
    spans = np.concatenate([track.turns for track in pictures.tracks.sides])
    spans = spans[np.argsort(spans[:, 0])]
    assert np.all(spans[1:, 0] >= spans[:-1, 1] - 1e-9)


def test_a_stretch_of_a_race_is_whole_rounds_of_all_sides(home: Path) -> None:
    found = saved.gather(make_race(home, noise=False))
    everything = found.compare()
    first = everything.sides[0].timed
    middle = int(first.run.steps.n[first.rows[len(first.rows) // 2]])
    cut = found.compare(stretch=Stretch(middle, middle, "step"))
    assert [side.timed.rounds for side in cut.sides] == [1, 1]
    assert [len(side.timed.turns) for side in cut.sides] == [2, 2]
    nothing = found.compare(stretch=Stretch(1e6, 2e6, "time"))
    assert nothing.verdict is None
    assert words.bare(words.headline(nothing)).endswith("one of them has no known time")
