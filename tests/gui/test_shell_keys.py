"""Actions: keys, menus, the list of them, the search field; all by keyboard."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QToolButton
from pytestqt.qtbot import QtBot
from tests.helpers.fake_run import make_run

from diptych.gui.views.actions import key_rows, menu_actions
from diptych.gui.views.keys import KeysDialog
from diptych.gui.views.main_window import MainWindow

Open = Callable[[], MainWindow]


def test_no_key_is_used_twice(qtbot: QtBot, open_window: Open, home: Path) -> None:
    make_run(home / "runs", steps=10)
    window = open_window()
    for number in range(4):
        window.stage.choose(number)
        window.stage.build_current()
    keys = Counter(
        key.toString()
        for action in window.findChildren(QAction)
        if action.shortcutContext() is not Qt.ShortcutContext.WidgetShortcut
        for key in action.shortcuts()
    )
    assert [key for key, count in keys.items() if count > 1] == []
    assert {"Ctrl+N", "Ctrl+O", "Ctrl+W", "Ctrl+Q", "/", "?", "F5", "Esc", "Ctrl+1"} <= set(keys)


def test_every_action_is_in_a_menu_and_says_what_it_does(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    found = menu_actions(window.header.menus)
    assert [n for n, a in window.actions_.by_name.items() if a not in found] == []
    for action in found:
        assert action.toolTip() not in ("", action.text()), action.text()
        for key in action.shortcuts()[:1]:
            text = key.toString(QKeySequence.SequenceFormat.NativeText)
            assert f"({text})" in action.toolTip(), action.text()


def test_what_cannot_be_done_says_why(qtbot: QtBot, open_window: Open, home: Path) -> None:
    window = open_window()
    for name in ("stop", "capture", "folder", "export_csv", "export_traces"):
        action = window.actions_[name]
        assert not action.isEnabled()
        assert "No run is shown." in action.toolTip()
    make_run(home / "runs", steps=10)
    qtbot.waitUntil(window.actions_["export_csv"].isEnabled, timeout=10_000)
    assert "No run is shown." not in window.actions_["export_csv"].toolTip()
    qtbot.waitUntil(
        lambda: "No shown run is live." in window.actions_["stop"].toolTip(), timeout=10_000
    )
    buttons = {b.accessibleName(): b for b in window.header.findChildren(QToolButton)}
    assert "No shown run is live." in buttons["Stop"].toolTip()


def test_the_list_of_keys_cannot_lie(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    action = window.actions_["refresh"]
    action.setShortcut(QKeySequence("Ctrl+F12"))
    dialog = KeysDialog(window.header.menus, window)
    texts = {label.text() for label in dialog.findChildren(QLabel)}
    assert "Ctrl+F12" in texts
    assert "F5" not in texts
    listed = {row.action for row in key_rows(window.header.menus)}
    assert listed == {a for a in menu_actions(window.header.menus) if a.shortcuts()}
    dialog.deleteLater()


def test_the_list_of_keys_is_filtered_and_left_by_keyboard(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    window.activateWindow()
    window.runs.view.setFocus()
    QTest.keyClicks(window.runs.view, "?")
    qtbot.waitUntil(lambda: window.commands.dialogs.get("keys") is not None, timeout=5_000)
    dialog = window.commands.dialogs.get("keys")
    assert isinstance(dialog, KeysDialog)
    QTest.keyClicks(dialog.filter, "capture")
    assert {row.name for row in dialog.shown()} == {"Capture", "Capture with"}
    QTest.keyClick(dialog.filter, Qt.Key.Key_Escape)
    assert dialog.filter.text() == ""
    QTest.keyClick(dialog.filter, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: window.commands.dialogs.get("keys") is None, timeout=5_000)


# -- the search field -----------------------------------------------------------------


def _type(window: MainWindow, text: str) -> list[str]:
    window.actions_["search"].trigger()
    QTest.keyClicks(window.header.search, text)
    return [f"{hit.kind}: {hit.title}" for hit in window.header.search.model.hits]


def test_search_finds_a_run_and_goes_there(qtbot: QtBot, open_window: Open, home: Path) -> None:
    make_run(home / "runs", steps=10, workload="bert", seed=1)
    make_run(home / "runs", steps=10, workload="unet", seed=2)
    window = open_window()
    qtbot.waitUntil(lambda: bool(window.context.selection.shown), timeout=10_000)
    hits = _type(window, "bert")
    assert hits[0] == "run: torch bert"
    assert not any("unet" in hit for hit in hits)
    field = window.header.search
    assert field.popup is not None
    assert field.popup.isVisible()
    assert field.list.currentIndex().row() == 0
    QTest.keyClick(field, Qt.Key.Key_Return)
    assert "bert" in window.context.selection.shown[0]
    assert not field.popup.isVisible()
    assert window.runs.view.hasFocus()


def test_search_finds_operators_and_filters_the_table(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    run = make_run(home / "runs", steps=60)
    window = open_window()
    hub = window.context.hub

    def operators() -> list[str]:
        snapshot = hub.latest(run.name)
        windows = snapshot.windows if snapshot else ()
        return [o.name for w in windows if w.operators for o in w.operators.ops]

    qtbot.waitUntil(lambda: bool(operators()), timeout=10_000)
    name = operators()[0]
    hits = _type(window, name)
    at = hits.index(f"operator: {name}")
    for _ in range(at):
        QTest.keyClick(window.header.search, Qt.Key.Key_Down)
    QTest.keyClick(window.header.search, Qt.Key.Key_Return)
    view = window.stage.view("Operators")
    assert view is not None
    assert window.stage.current == 1
    assert getattr(view, "filter").text() == name  # noqa: B009 - a view by its tab


def test_search_does_actions_and_is_left_with_escape(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    make_run(home / "runs", steps=5)
    window = open_window()
    qtbot.waitUntil(window.runs.view.isVisible, timeout=10_000)
    window.runs.view.setFocus()
    hits = _type(window, "guide")
    assert "action: Guide" in hits
    for _ in range(hits.index("action: Guide")):
        QTest.keyClick(window.header.search, Qt.Key.Key_Down)
    QTest.keyClick(window.header.search, Qt.Key.Key_Return)
    guide = window.commands.dialogs.get("guide")
    assert guide is not None
    guide.reject()
    window.runs.view.setFocus()
    _type(window, "x")
    QTest.keyClick(window.header.search, Qt.Key.Key_Escape)
    assert window.header.search.text() == ""
    QTest.keyClick(window.header.search, Qt.Key.Key_Escape)
    assert window.focusWidget() is window.runs.view


def test_a_name_of_any_kind_is_one_line_of_plain_text(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    make_run(home / "runs", steps=5, name="<b>bad</b>\n\u202eevil " + "x" * 10_000)
    window = open_window()
    qtbot.waitUntil(lambda: bool(window.context.selection.shown), timeout=10_000)
    _type(window, "bad")
    hits = window.header.search.model.hits
    assert hits[0].kind == "run"
    assert "\n" not in hits[0].title
    assert len(hits[0].title) <= 200


def test_narrow_the_header_says_less_and_the_search_is_still_reached(
    qtbot: QtBot, open_window: Open
) -> None:
    window = open_window()
    style = Qt.ToolButtonStyle
    # The header itself: the window may be made smaller by the screen at any moment.
    window.header.resize(1280, window.header.height())
    assert window.header._words[0].toolButtonStyle() == style.ToolButtonTextBesideIcon
    window.header.resize(900, window.header.height())
    assert window.header._words[0].toolButtonStyle() == style.ToolButtonIconOnly
    assert window.header.search.isVisible() != window.header.magnifier.isVisible()
    window.actions_["search"].trigger()
    assert window.header.search.isVisible()
    assert window.header.search.hasFocus()
    for button in window.header.findChildren(QToolButton):
        if button.isVisible():
            assert button.geometry().right() <= window.header.width()
