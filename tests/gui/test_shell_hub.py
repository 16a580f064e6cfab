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
