"""From a profile window's operators to its trace and back; what is not finished is waited for."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox
from pytestqt.qtbot import QtBot
from tests.gui.test_timeline_window import timeline, wait_open, write_trace
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.models import window_trace
from diptych.gui.models.window_trace import window_traces_of
from diptych.gui.text.tr import tr
from diptych.gui.views.actions import TAB_NAMES
from diptych.gui.views.keys import KeysDialog
from diptych.gui.views.main_window import MainWindow

Open = Callable[[], MainWindow]
OPERATORS, TIMELINE = TAB_NAMES.index("Operators"), TAB_NAMES.index("Timeline")


def chosen(window: MainWindow) -> Any:
    """Return the key of the profile window whose operators are shown."""
    windows = getattr(window.stage.view("Operators"), "windows", None)
    return tuple(windows.currentData() or ()) if isinstance(windows, QComboBox) else ()


def press_jump(window: MainWindow) -> None:
    """Press Ctrl+J."""
    QTest.keyClick(window, Qt.Key.Key_J, Qt.KeyboardModifier.ControlModifier)


def seen(window: MainWindow, run: str) -> bool:
    """Say whether the run was read, with its windows."""
    snapshot = window.context.hub.latest(run)
    return snapshot is not None and bool(snapshot.windows)


def test_operators_lead_to_their_trace_and_back(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    run = make_run(home / "runs", steps=60)
    window = open_window()
    jump = window.actions_["jump"]
    qtbot.waitUntil(lambda: seen(window, run.name), timeout=10_000)
    assert not jump.isEnabled()
    window.stage.choose(OPERATORS)
    qtbot.waitUntil(jump.isEnabled, timeout=10_000)
    assert jump.text() == "Show in Timeline"
    press_jump(window)
    wait_open(qtbot, window)
    qtbot.waitUntil(lambda: window.context.traces.upper is not None, timeout=10_000)
    assert window.stage.current == TIMELINE
    upper = window.context.traces.upper
    assert upper is not None
    assert upper.table.path.name == "r0-w000.json.gz"
    assert jump.text() == "Show operators"
    assert jump.isEnabled()
    press_jump(window)
    assert window.stage.current == OPERATORS
    assert chosen(window) == (run.name, 0, 0)


def test_a_trace_that_is_not_finished_is_waited_for(
    qtbot: QtBot, open_window: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    later: list[tuple[Any, ...]] = []
    with LiveRun(home / "runs", total_steps=100) as run:
        with monkeypatch.context() as patch:
            patch.setattr(run, "_trace", lambda *words: later.append(words))
            run.step(20)
            run.window(5)
            run.flush()
        window = open_window()
        qtbot.waitUntil(lambda: seen(window, run.directory.name), timeout=10_000)
        window.stage.choose(OPERATORS)
        qtbot.waitUntil(window.actions_["jump"].isEnabled, timeout=10_000)
        window.actions_["jump"].trigger()
        view = timeline(window)
        assert view.pages.currentWidget() is view.opening
        assert "is being finished" in view.opening.words.text()
        assert window.context.traces.opening is None
        run._trace(*later[0])
        run.flush()
        qtbot.waitUntil(lambda: window.context.traces.upper is not None, timeout=150_000)
        assert window_traces_of(window.context.hub).wanted is None
        assert view.pages.currentWidget() is not view.opening


def test_waiting_can_be_given_up_and_ends_where_nothing_will_come(
    qtbot: QtBot, open_window: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with LiveRun(home / "runs", total_steps=100) as run:
        monkeypatch.setattr(run, "_trace", lambda *_: None)
        run.step(20)
        run.window(5)
        run.flush()
        window = open_window()
        qtbot.waitUntil(lambda: seen(window, run.directory.name), timeout=10_000)
        window.stage.choose(OPERATORS)
        waits, view = window_traces_of(window.context.hub), None
        window.actions_["jump"].trigger()
        view = timeline(window)
        qtbot.waitUntil(view.opening.cancel.isVisible, timeout=10_000)
        view.opening.cancel.click()
        assert waits.wanted is None
        assert view.pages.currentWidget() is view.empty
        threads, look = [], window_trace._holds_any

        def noted(folder: Path) -> bool:
            threads.append(threading.current_thread())
            return look(folder)

        monkeypatch.setattr(window_trace, "_holds_any", noted)
        waits.open((run.directory.name, 0, 0))
        run.finish()
        qtbot.waitUntil(lambda: waits.wanted is None, timeout=10_000)
    # The disk is not looked at where a slow one would hold the window.
    assert threads
    assert threading.main_thread() not in threads
    assert window.errors.shown is not None
    assert window.errors.shown.what == "Window w000 has no trace"


def test_the_second_file_takes_the_place_of_one_that_cannot_be_opened(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window()
    broken = tmp_path / "broken.json"
    broken.write_text("no trace at all")
    good = write_trace(tmp_path / "good.json")
    window.tracing.open([broken, good])
    qtbot.waitUntil(lambda: window.context.traces.upper is not None, timeout=150_000)
    traces = window.context.traces
    assert traces.upper is not None
    assert traces.upper.table.path == good
    assert traces.lower is None
    assert window.errors.shown is not None
    assert "broken.json" in window.errors.shown.what


def test_two_files_stand_one_below_the_other(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window()
    files = [write_trace(tmp_path / name) for name in ("a.json", "b.json")]
    window.tracing.open(files)
    traces = window.context.traces
    qtbot.waitUntil(lambda: traces.lower is not None, timeout=150_000)
    assert [scene.table.path for scene in (traces.upper, traces.lower) if scene] == files


def test_the_keys_of_the_views_are_listed(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    window.actions_["keys"].trigger()
    dialog = window.commands.dialogs.get("keys")
    assert isinstance(dialog, KeysDialog)
    listed = {key for row in dialog.rows if row.group == tr("Timeline") for key in row.keys}
    wanted = {"C", "P", "H", "Y", "Alt+↑", "Alt+↓", "Ctrl+↑", "Ctrl+↓", ",", "."}
    assert wanted <= listed
    dialog.filter.setText("pin the lane")
    assert [row.keys for row in dialog.shown()] == [("P",)]


def test_the_status_bar_says_what_is_selected(qtbot: QtBot, open_window: Open, home: Path) -> None:
    run = make_run(home / "runs", steps=60)
    window = open_window()
    selection, words = window.context.selection, window.status.brush
    qtbot.waitUntil(lambda: seen(window, run.name), timeout=10_000)
    assert not words.isVisible()
    selection.set_axis("step")
    selection.set_range((20.0, 40.0))
    assert words.isVisible()
    qtbot.waitUntil(lambda: words.text() == "steps 20–40 of torch selected", timeout=5_000)
    selection.set_range(None)
    assert not words.isVisible()
