"""The hub: real threads, synthetic run directories."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from shutil import copytree

import pytest
from pytestqt.qtbot import QtBot
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import MOST, Selection
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot, RunState


@pytest.fixture
def hub(qtbot: QtBot, tmp_path: Path) -> Iterator[RunHub]:
    made = RunHub(tmp_path / "runs")
    yield made
    made.close()
    assert not [t for t in threading.enumerate() if t.name == "diptych-reader"]


def test_a_run_that_the_command_line_starts_is_listed_and_followed(
    qtbot: QtBot, hub: RunHub
) -> None:
    hub.runs.mkdir()
    with LiveRun(hub.runs) as run:
        run.step(3)
        qtbot.waitUntil(lambda: [e.id for e in hub.entries] == [run.id], timeout=10_000)
        hub.show([run.id])
        qtbot.waitUntil(lambda: _steps(hub, run.id) == 3, timeout=10_000)
        run.step(40)
        qtbot.waitUntil(lambda: _steps(hub, run.id) == 43, timeout=10_000)
        run.finish()
        qtbot.waitUntil(lambda: _state(hub, run.id) is RunState.DONE, timeout=10_000)


def test_signals_come_on_the_gui_thread(qtbot: QtBot, hub: RunHub) -> None:
    threads: list[threading.Thread] = []
    hub.snapshot_changed.connect(lambda *_: threads.append(threading.current_thread()))
    run = make_run(hub.runs, steps=30)
    with qtbot.waitSignal(hub.entries_changed, timeout=10_000):
        hub.refresh()
    with qtbot.waitSignal(hub.snapshot_changed, timeout=10_000):
        hub.show([run.name])
    assert set(threads) == {threading.main_thread()}


def test_showing_a_run_again_brings_it_again(qtbot: QtBot, hub: RunHub) -> None:
    runs = [make_run(hub.runs, steps=30, seed=seed).name for seed in range(3)]
    hub.refresh()
    qtbot.waitUntil(lambda: len(hub.entries) == 3, timeout=10_000)
    for run in (*runs, runs[0]):
        with qtbot.waitSignal(hub.snapshot_changed, timeout=10_000) as signal:
            hub.show([run])
        assert signal.args is not None
        assert signal.args[0] == run


def test_a_copied_run_is_a_run_of_its_own(qtbot: QtBot, hub: RunHub, tmp_path: Path) -> None:
    run = make_run(hub.runs, steps=30)
    other = tmp_path / "elsewhere" / "copy"
    copytree(run, other)
    hub.open(other)
    qtbot.waitUntil(lambda: len(hub.entries) == 2, timeout=10_000)
    assert {entry.directory for entry in hub.entries} == {run, other}
    assert len({entry.id for entry in hub.entries}) == 2


def test_a_colour_stays_while_the_run_is_shown(qtbot: QtBot) -> None:
    selection = Selection()
    selection.learn({"a": "torch", "b": "torch", "c": "mxnet"})
    selection.show(["a", "b", "c"])
    before = selection.look("b")
    selection.show(["b", "c"])
    assert selection.look("b") == before
    selection.show(["b", "c", "a"])
    assert selection.look("a").index == 0
    assert selection.look("b") == before
    assert selection.look("c").square


def test_no_more_runs_are_shown_than_there_are_colours(qtbot: QtBot) -> None:
    selection = Selection()
    selection.show([f"run{n}" for n in range(20)])
    assert len(selection.shown) == MOST


def test_other_runs_clear_the_brush(qtbot: QtBot) -> None:
    selection = Selection()
    selection.show(["a"])
    selection.set_range((5.0, 2.0))
    assert selection.range == (2.0, 5.0)
    selection.show(["b"])
    assert selection.range is None


def _snapshot(hub: RunHub, run: str) -> RunSnapshot | None:
    return hub.latest(run)


def _steps(hub: RunHub, run: str) -> int:
    snapshot = _snapshot(hub, run)
    return len(snapshot.steps) if snapshot else -1


def _state(hub: RunHub, run: str) -> RunState | None:
    snapshot = _snapshot(hub, run)
    return snapshot.state if snapshot else None


def test_a_run_that_cannot_be_read_starves_no_other_and_is_named_once(
    qtbot: QtBot, hub: RunHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub.runs.mkdir()
    bad = make_run(hub.runs, steps=10, seed=1)
    poll, tries = RunSession.poll, [0]
    troubles: list[str] = []

    def fails(session: RunSession, *args: int) -> bool:
        if session.directory == bad:
            tries[0] += 1
            raise ZeroDivisionError("a bug")
        return poll(session, *args)

    monkeypatch.setattr(RunSession, "poll", fails)
    monkeypatch.setattr("diptych.gui.models.reader._AFTER_TROUBLE", 0.01)
    hub.trouble.connect(troubles.append)
    with LiveRun(hub.runs, seed=2) as run:
        run.step(3)
        hub.show([bad.name, run.id])
        qtbot.waitUntil(lambda: _steps(hub, run.id) == 3, timeout=10_000)
        run.step(5)
        qtbot.waitUntil(lambda: _steps(hub, run.id) == 8 and tries[0] > 3, timeout=10_000)
        assert troubles == [f"{bad.name} cannot be read: ZeroDivisionError: a bug"]
        monkeypatch.setattr(RunSession, "poll", poll)
        qtbot.waitUntil(lambda: _steps(hub, bad.name) == 10, timeout=10_000)


def test_a_long_run_is_read_without_pause_and_tells_how_far_it_is(
    qtbot: QtBot, hub: RunHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(hub.runs, steps=6_000)
    poll = RunSession.poll
    monkeypatch.setattr(RunSession, "poll", lambda session: poll(session, 1))
    monkeypatch.setattr("diptych.gui.models.reader._PROGRESS", 0.0)
    shares: list[float] = []
    hub.snapshot_changed.connect(lambda _, snapshot: shares.append(snapshot.read))
    hub.refresh()
    hub.show([run.name])
    qtbot.waitUntil(lambda: _steps(hub, run.name) == 6_000, timeout=20_000)
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert _state(hub, run.name) is RunState.DONE


def test_choosing_another_run_ends_the_reading_of_a_long_one(
    qtbot: QtBot, hub: RunHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    long, short = (make_run(hub.runs, steps=30, seed=seed) for seed in (1, 2))
    poll, polls = RunSession.poll, {long: 0, short: 0}

    def endless(session: RunSession) -> bool:
        polls[session.directory] += 1
        changed = poll(session)
        session.behind = session.directory == long
        return changed

    monkeypatch.setattr(RunSession, "poll", endless)
    monkeypatch.setattr("diptych.gui.models.reader.IDLE", 0.02)
    hub.refresh()
    hub.show([long.name])
    qtbot.waitUntil(lambda: polls[long] > 50, timeout=10_000)
    hub.show([short.name])
    qtbot.waitUntil(lambda: _steps(hub, short.name) == 30, timeout=10_000)
    before = dict(polls)
    qtbot.waitUntil(lambda: polls[short] > before[short] + 5, timeout=10_000)
    assert polls[long] == before[long]


def test_a_journal_that_is_cut_while_it_is_shown(qtbot: QtBot, hub: RunHub) -> None:
    run = make_run(hub.runs, steps=60)
    hub.refresh()
    hub.show([run.name])
    qtbot.waitUntil(lambda: _steps(hub, run.name) == 60, timeout=10_000)
    journal = run / "events" / "worker-r0.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[:20]))
    qtbot.waitUntil(lambda: 0 < _steps(hub, run.name) < 60, timeout=10_000)
    qtbot.waitUntil(lambda: "journal_replaced" in _notices(hub, run.name), timeout=10_000)


def test_a_run_that_vanishes_while_it_is_shown_leaves_the_others(
    qtbot: QtBot, hub: RunHub, tmp_path: Path
) -> None:
    gone, other = (make_run(hub.runs, steps=30, seed=seed) for seed in (1, 2))
    troubles: list[str] = []
    hub.trouble.connect(troubles.append)
    hub.refresh()
    hub.show([gone.name, other.name])
    qtbot.waitUntil(lambda: _steps(hub, gone.name) == 30, timeout=10_000)
    gone.rename(tmp_path / "elsewhere")
    qtbot.waitUntil(lambda: "folder_gone" in _notices(hub, gone.name), timeout=10_000)
    qtbot.waitUntil(lambda: [e.id for e in hub.entries] == [other.name], timeout=10_000)
    assert _steps(hub, other.name) == 30
    assert troubles == []


def _notices(hub: RunHub, run: str) -> list[str]:
    snapshot = _snapshot(hub, run)
    return [notice.code for notice in snapshot.notices] if snapshot else []
