"""The runs list: groups, words, marks, filter, selection."""

from __future__ import annotations

import time
from collections.abc import Collection
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QItemSelectionModel, QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.models.context import Context
from diptych.gui.models.queue import Waiting
from diptych.gui.models.run_list import spoken
from diptych.gui.models.run_rows import Row, build
from diptych.gui.text import runs as words
from diptych.gui.views.runs_list import RunsList
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot, RunState
from diptych.profiling.runs.store import RunEntry, RunStore

DAY = 86_400 * 10**9


@pytest.fixture
def sidebar(qtbot: QtBot, context: Context) -> RunsList:
    made = RunsList(context.hub, context.queue, context.selection, [])
    qtbot.addWidget(made)
    made.resize(244, 700)
    made.show()
    return made


def _keys(rows: list[Row]) -> list[str]:
    return [row.key for row in rows]


def _rows(folder: Path, *, needle: str = "", closed: Collection[str] = ()) -> list[Row]:
    today = datetime.now().astimezone().date()
    return build(
        RunStore(folder).list(), lambda _: None, (), today=today, needle=needle, closed=closed
    )


def test_live_runs_come_first_however_old(tmp_path: Path) -> None:
    now = time.time_ns()
    done = make_run(tmp_path, steps=12, created=now, seed=1).name
    old = make_run(tmp_path, steps=12, created=now - 30 * DAY, seed=2).name
    with LiveRun(tmp_path, created=now - 3 * DAY, seed=3) as live:
        live.step(2)
        rows = _rows(tmp_path)
    assert _keys(rows)[:3] == ["Today", live.id, done]
    assert _keys(rows)[-1] == old


def test_a_closed_group_hides_its_runs_and_a_filter_opens_it(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=12).name
    assert _keys(_rows(tmp_path, closed={"Today"})) == ["Today"]
    assert _keys(_rows(tmp_path, closed={"Today"}, needle="RESNET torch")) == ["Today", run]
    assert _rows(tmp_path, needle="resnet mxnet") == []


def test_what_waits_is_in_the_list(tmp_path: Path) -> None:
    request = RunRequest(framework="mxnet", python="/p", workload="mlp")
    rows = build([], lambda _: None, [Waiting(request)], today=date(2026, 11, 23))
    assert [row.title for row in rows] == ["Today", "mxnet mlp"]
    assert spoken(rows[1]) == "mxnet mlp, waiting"


def test_a_failure_says_why(tmp_path: Path) -> None:
    make_run(tmp_path, steps=12, status="failed", code=1, text="out of memory, step 3")
    context_entry = RunStore(tmp_path).list()[0]
    said = words.describe(context_entry, None)
    assert said.bad
    assert said.second


def test_a_damaged_directory_is_listed_with_its_problem(
    qtbot: QtBot, sidebar: RunsList, context: Context
) -> None:
    run = make_run(context.hub.runs, steps=12)
    (run / "manifest.json").write_text("{")
    said = words.describe(RunStore(context.hub.runs).list()[0], None)
    assert said.bad
    assert said.title == run.name
    assert said.second == "Not valid JSON; the run cannot be shown"
    context.hub.refresh()
    qtbot.waitUntil(lambda: sidebar.model.row_of(run.name) is not None, timeout=10_000)
    # The same when it is open, and what its journals tell stays when it no longer is.
    context.selection.show([run.name])
    qtbot.waitUntil(lambda: context.hub.latest(run.name) is not None, timeout=10_000)
    sidebar.model.refresh()

    def now() -> words.RunWords | None:
        row = sidebar.model.row_of(run.name)
        return sidebar.model.rows[row].run if row is not None else None

    opened = now()
    assert opened is not None
    assert opened == replace(said, value=opened.value)
    assert opened.value != "—"
    context.selection.show([])
    make_run(context.hub.runs, steps=12, seed=2)
    context.hub.refresh()
    qtbot.waitUntil(lambda: context.hub.latest(run.name) is None, timeout=10_000)
    sidebar.model.refresh()
    assert now() == opened


def test_a_foreign_folder_is_said_to_be_one(tmp_path: Path) -> None:
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign" / "notes.txt").write_text("mine")
    (row,) = [row for row in _rows(tmp_path) if row.run is not None]
    assert row.run is not None
    assert (row.title, row.run.second) == ("foreign", "not a Diptych run")
    assert row.framework is None


def test_lost_records_are_counted_in_the_row(tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=12)
    with RunPaths(run).worker_journal(0).open("ab") as journal:
        journal.write(b"garbage\n" * 3)
    with RunSession(run) as session:
        said = words.describe(RunStore(tmp_path).list()[0], session.drain())
    assert said.lost == 3
    assert said.second.startswith("3 records lost")


def test_a_name_leaves_framework_and_workload_in_the_second_line(tmp_path: Path) -> None:
    make_run(tmp_path, steps=12, name="fast printer")
    said = words.describe(RunStore(tmp_path).list()[0], None)
    assert said.title == "fast printer"
    assert said.second.startswith("torch resnet18")
    request = RunRequest(framework="mxnet", python="/p", workload="mlp", name="fast printer")
    rows = build([], lambda _: None, [Waiting(request)], today=date(2026, 11, 23))
    assert rows[1].second == "mxnet mlp · waiting for the run before it"


def test_what_runs_comes_first_and_then_the_newest(tmp_path: Path) -> None:
    now = time.time_ns()
    with LiveRun(tmp_path, created=now, seed=1) as first:
        with LiveRun(tmp_path, created=now + 1, seed=2) as second:
            newest = [second.id, first.id]
            assert _keys(_rows(tmp_path))[1:] == newest
            second.finish()
        assert _keys(_rows(tmp_path))[1:] == [first.id, second.id]
        first.finish()
    assert _keys(_rows(tmp_path))[1:] == newest


def _thousands(count: int) -> list[RunEntry]:
    now = time.time_ns()
    entries = []
    for n in range(count):
        framework = ("torch", "mxnet")[n % 2]
        entries.append(
            RunEntry(
                id=f"run-{n:05d}",
                directory=Path("/nowhere") / f"run-{n:05d}",
                state=RunState.DONE,
                created=now - n * 1_800 * 10**9,
                framework=framework,
                subject="mlp",
                tags=("sweep",) if n % 100 == 0 else (),
            )
        )
    return entries


def test_of_thousands_of_runs_only_those_in_sight_are_put_into_words(
    qtbot: QtBot, sidebar: RunsList, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    describe = words.describe

    def noted(entry: RunEntry, snapshot: RunSnapshot | None) -> words.RunWords:
        told.append(entry.id)
        return describe(entry, snapshot)

    monkeypatch.setattr(words, "describe", noted)
    monkeypatch.setattr(sidebar.model._warming, "start", lambda: None)
    entries = _thousands(5_000)
    hub = context.hub
    hub._entries, hub._by_id = entries, {entry.id: entry for entry in entries}
    hub.entries_changed.emit(entries)
    sidebar.view.viewport().grab()
    assert sidebar.model.runs_shown == 5_000
    assert 10 < len(told) < 60
    sidebar.view.scrollToBottom()
    sidebar.view.viewport().grab()
    assert "run-04999" in told
    assert len(told) < 120
    # A filter has to look at all of them, once.
    sidebar.filter.setText("tag:sweep")
    assert sidebar.model.runs_shown == 50
    assert len(told) == len(set(told)) == 5_000
    sidebar.filter.setText("")
    sidebar.model.refresh()
    hub.entries_changed.emit(entries)
    assert len(told) == 5_000
    assert sidebar.model.runs_shown == 5_000


def test_rows_are_put_into_words_bit_by_bit(
    qtbot: QtBot, sidebar: RunsList, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    describe = words.describe

    def noted(entry: RunEntry, snapshot: RunSnapshot | None) -> words.RunWords:
        told.append(entry.id)
        return describe(entry, snapshot)

    monkeypatch.setattr(words, "describe", noted)
    entries = _thousands(300)
    hub = context.hub
    # Else the hub's own first listing may come between.
    qtbot.waitUntil(lambda: hub.listed, timeout=10_000)
    hub._entries, hub._by_id = entries, {entry.id: entry for entry in entries}
    hub.entries_changed.emit(entries)
    assert len(told) < 300
    qtbot.waitUntil(lambda: len(set(told)) == 300, timeout=10_000)
    qtbot.waitUntil(lambda: not sidebar.model._warming.isActive(), timeout=10_000)


def _many(qtbot: QtBot, sidebar: RunsList, context: Context, count: int) -> list[str]:
    now = time.time_ns()
    runs = [
        make_run(context.hub.runs, steps=12, seed=n, created=now - n * 10**9).name
        for n in range(count)
    ]
    context.hub.refresh()
    qtbot.waitUntil(lambda: sidebar.model.row_of(runs[-1]) is not None, timeout=20_000)
    return runs


def _visible(sidebar: RunsList, run: str) -> bool:
    row = sidebar.model.row_of(run)
    assert row is not None
    rect = sidebar.view.visualRect(sidebar.model.index(row))
    return sidebar.view.viewport().rect().contains(rect)


def test_the_list_scrolls_to_what_somebody_else_shows(
    qtbot: QtBot, sidebar: RunsList, context: Context
) -> None:
    sidebar.resize(244, 300)
    runs = _many(qtbot, sidebar, context, 14)
    context.selection.show([runs[-1]])
    assert _visible(sidebar, runs[-1])
    assert sidebar.view.currentIndex().row() == sidebar.model.row_of(runs[-1])
    # A run that is started is shown before it is listed.
    new = make_run(context.hub.runs, steps=12, seed=99, created=time.time_ns()).name
    context.selection.show([runs[-1], new])
    context.hub.refresh()
    qtbot.waitUntil(lambda: sidebar.model.row_of(new) is not None, timeout=10_000)
    assert _visible(sidebar, new)
    assert sidebar.view.currentIndex().row() == sidebar.model.row_of(new)


def test_news_leave_the_list_where_it_was_scrolled_to(
    qtbot: QtBot, sidebar: RunsList, context: Context
) -> None:
    sidebar.resize(244, 300)
    runs = _many(qtbot, sidebar, context, 14)
    context.selection.show([runs[-1]])
    bar = sidebar.view.verticalScrollBar()
    before = bar.value()
    assert before > 0
    new = make_run(context.hub.runs, steps=12, seed=99, created=time.time_ns()).name
    context.hub.refresh()
    qtbot.waitUntil(lambda: sidebar.model.row_of(new) is not None, timeout=10_000)
    assert bar.value() >= before
    assert sidebar.view.currentIndex().row() == sidebar.model.row_of(runs[-1])


def test_the_step_time_of_a_run_stays_when_another_is_shown(
    qtbot: QtBot, sidebar: RunsList, context: Context
) -> None:
    with LiveRun(context.hub.runs) as live:
        live.step(30)
    kept = make_run(context.hub.runs, steps=12, seed=7).name
    run = live.id

    def value() -> str:
        row = sidebar.model.row_of(run)
        said = sidebar.model.rows[row].run if row is not None else None
        return said.value if said else ""

    context.selection.show([run])
    qtbot.waitUntil(lambda: value() not in ("", "—"), timeout=10_000)
    before = value()
    context.selection.show([kept])
    context.hub.refresh()
    make_run(context.hub.runs, steps=12, seed=8)
    context.hub.refresh()
    qtbot.waitUntil(lambda: context.hub.latest(run) is None, timeout=10_000)
    sidebar.model.refresh()
    assert value() == before


@pytest.mark.parametrize(
    ("then", "name"),
    [
        (date(2026, 11, 23), "Today"),
        (date(2026, 11, 24), "Today"),
        (date(2026, 11, 22), "Yesterday"),
        (date(2026, 11, 1), "1 November"),
        (date(2025, 11, 23), "23 November 2025"),
    ],
)
def test_days_have_names(then: date, name: str) -> None:
    assert words.day(then, date(2026, 11, 23)) == name


def test_selecting_several_overlays_them(qtbot: QtBot, sidebar: RunsList, context: Context) -> None:
    runs = [make_run(context.hub.runs, steps=12, seed=n).name for n in range(3)]
    context.hub.refresh()
    qtbot.waitUntil(lambda: len(sidebar.model.rows) == 4, timeout=10_000)
    for run in runs[:2]:
        row = sidebar.model.row_of(run)
        assert row is not None
        sidebar.view.selectionModel().select(
            sidebar.model.index(row), QItemSelectionModel.SelectionFlag.Select
        )
    assert set(context.selection.shown) == set(runs[:2])
    context.selection.show([runs[2]])
    assert sidebar.keys() == [runs[2]]


def test_the_selection_survives_a_new_run(
    qtbot: QtBot, sidebar: RunsList, context: Context
) -> None:
    first = make_run(context.hub.runs, steps=12, seed=1).name
    context.hub.refresh()
    qtbot.waitUntil(lambda: sidebar.model.row_of(first) is not None, timeout=10_000)
    context.selection.show([first])
    second = make_run(context.hub.runs, steps=12, seed=2).name
    context.hub.refresh()
    qtbot.waitUntil(lambda: sidebar.model.row_of(second) is not None, timeout=10_000)
    assert context.selection.shown == (first,)
    assert sidebar.keys() == [first]


def test_enter_opens_the_current_run(qtbot: QtBot, sidebar: RunsList, context: Context) -> None:
    run = make_run(context.hub.runs, steps=12).name
    context.hub.refresh()
    qtbot.waitUntil(lambda: sidebar.model.row_of(run) is not None, timeout=10_000)
    row = sidebar.model.row_of(run)
    assert row is not None
    sidebar.view.setCurrentIndex(sidebar.model.index(row))
    with qtbot.waitSignal(sidebar.opened, timeout=5_000) as signal:
        QTest.keyClick(sidebar.view, Qt.Key.Key_Return)
    assert signal.args == [run]


def test_a_run_that_is_gone_is_no_longer_shown(
    qtbot: QtBot, sidebar: RunsList, context: Context
) -> None:
    run = make_run(context.hub.runs, steps=12)
    context.hub.refresh()
    qtbot.waitUntil(lambda: sidebar.model.row_of(run.name) is not None, timeout=10_000)
    context.selection.show([run.name])
    run.rename(context.home / "elsewhere")
    context.hub.refresh()
    qtbot.waitUntil(lambda: context.selection.shown == (), timeout=10_000)


def test_a_press_on_a_group_folds_it_and_leaves_the_selection(
    qtbot: QtBot, sidebar: RunsList, context: Context
) -> None:
    run = make_run(context.hub.runs, steps=12).name
    context.hub.refresh()
    qtbot.waitUntil(lambda: sidebar.model.row_of(run) is not None, timeout=10_000)
    context.selection.show([run])
    head = sidebar.view.visualRect(sidebar.model.index(0)).center()
    QTest.mouseClick(sidebar.view.viewport(), Qt.MouseButton.LeftButton, pos=head)
    assert sidebar.model.row_of(run) is None
    assert context.selection.shown == (run,)
    QTest.keyClick(sidebar.view, Qt.Key.Key_Right)
    assert sidebar.model.row_of(run) is not None
    assert sidebar.keys() == [run]
    below = sidebar.view.viewport().rect().bottomLeft() + QPoint(20, -5)
    QTest.mouseClick(sidebar.view.viewport(), Qt.MouseButton.LeftButton, pos=below)
    assert context.selection.shown == (run,)
