"""Taking care of runs in the real window: name, note, tags; to the trash and back."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QLineEdit, QMenu, QWidget
from pytestqt.qtbot import QtBot
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.models import care as care_module
from diptych.gui.models.run_rows import Row
from diptych.gui.views import help as dialogs
from diptych.gui.views.details import DetailsView
from diptych.gui.views.main_window import MainWindow
from diptych.gui.views.notes_dialog import NotesDialog
from diptych.gui.views.trash_dialog import TrashDialog
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runs.files import RunError
from diptych.profiling.runs.notes import RunNotes, edit_notes, read_notes
from diptych.profiling.runs.trash import Trash

Open = Callable[[], MainWindow]
HOUR = 3_600 * 10**9


@pytest.fixture
def runs(home: Path) -> list[Path]:
    """Return three runs, the newest first."""
    now = time.time_ns()
    return [
        make_run(home / "runs", steps=12, window_at=None, seed=n, created=now - n * HOUR)
        for n in range(3)
    ]


@pytest.fixture
def window(qtbot: QtBot, runs: list[Path], open_window: Open) -> MainWindow:
    made = open_window()
    listed(qtbot, made, runs)
    focus(qtbot, made)
    return made


def focus(qtbot: QtBot, window: MainWindow) -> None:
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow, timeout=10_000)
    window.runs.view.setFocus()
    qtbot.waitUntil(window.runs.view.hasFocus, timeout=10_000)


def listed(qtbot: QtBot, window: MainWindow, runs: list[Path]) -> None:
    wanted = {run.name for run in runs}
    qtbot.waitUntil(lambda: ids(window) == wanted, timeout=10_000)


def ids(window: MainWindow) -> set[str]:
    return {row.key for row in window.runs.model.rows if row.is_run}


def row(window: MainWindow, run: Path) -> Row:
    place = window.runs.model.row_of(run.name)
    assert place is not None
    return window.runs.model.rows[place]


def title(window: MainWindow, run: Path) -> str:
    return row(window, run).title


def choose(qtbot: QtBot, window: MainWindow, *runs: Path) -> None:
    window.context.selection.show([run.name for run in runs])
    qtbot.waitUntil(lambda: set(window.runs.keys()) == {r.name for r in runs}, timeout=10_000)


def key(window: MainWindow, code: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    """Press a key where the focus is, through the shortcuts of the window."""
    modifier = modifiers[0] if modifiers else Qt.KeyboardModifier.NoModifier
    QTest.keyClick(window.focusWidget() or window, code, modifier)


def editor(window: MainWindow) -> QLineEdit | None:
    fields = window.runs.view.viewport().findChildren(QLineEdit)
    return next((field for field in fields if field.isVisible()), None)


def show_details(window: MainWindow) -> DetailsView:
    window.actions_["details"].trigger()
    details = window.stage.view("Details")
    assert isinstance(details, DetailsView)
    return details


# -- names ----------------------------------------------------------------------------


def test_a_name_is_typed_in_the_list(qtbot: QtBot, window: MainWindow, runs: list[Path]) -> None:
    choose(qtbot, window, runs[1])
    key(window, Qt.Key.Key_F2)
    field = editor(window)
    assert field is not None
    assert field.text() == ""
    assert field.placeholderText() == "torch resnet18"
    # What means something to the window is typed here.
    QTest.keyClicks(field, "lr 3e-4 /?")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: title(window, runs[1]) == "lr 3e-4 /?", timeout=10_000)
    qtbot.waitUntil(lambda: read_notes(runs[1]).name == "lr 3e-4 /?", timeout=10_000)
    qtbot.waitUntil(lambda: _entry_name(window, runs[1]) == "lr 3e-4 /?", timeout=10_000)
    assert title(window, runs[1]) == "lr 3e-4 /?"
    assert row(window, runs[1]).second.startswith("torch resnet18")
    assert window.runs.view.hasFocus()


def _entry_name(window: MainWindow, run: Path) -> str | None:
    entry = window.context.hub.entry(run.name)
    return entry.name if entry else None


def test_escape_leaves_the_name_and_the_filter(
    qtbot: QtBot, window: MainWindow, runs: list[Path]
) -> None:
    choose(qtbot, window, runs[0])
    window.runs.filter.setText("torch")
    key(window, Qt.Key.Key_F2)
    field = editor(window)
    assert field is not None
    QTest.keyClicks(field, "not this")
    QTest.keyClick(field, Qt.Key.Key_Escape)
    qtbot.waitUntil(lambda: editor(window) is None, timeout=10_000)
    assert title(window, runs[0]) == "torch resnet18"
    assert window.runs.filter.text() == "torch"
    assert read_notes(runs[0]) == RunNotes()


def test_news_do_not_take_away_what_is_typed(
    qtbot: QtBot, window: MainWindow, runs: list[Path], home: Path
) -> None:
    choose(qtbot, window, runs[0])
    key(window, Qt.Key.Key_F2)
    field = editor(window)
    assert field is not None
    QTest.keyClicks(field, "half a na")
    new = make_run(home / "runs", steps=5, window_at=None, seed=9)
    qtbot.waitUntil(lambda: window.context.hub.entry(new.name) is not None, timeout=10_000)
    assert field.isVisible()
    QTest.keyClicks(field, "me")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: read_notes(runs[0]).name == "half a name", timeout=10_000)
    listed(qtbot, window, [*runs, new])


def test_a_name_with_line_breaks_survives_an_editor_that_is_left(
    qtbot: QtBot, window: MainWindow, runs: list[Path]
) -> None:
    edit_notes(runs[0], lambda notes: notes.renamed("two\nlines"))
    qtbot.waitUntil(lambda: title(window, runs[0]) == "two lines", timeout=10_000)
    choose(qtbot, window, runs[0])
    key(window, Qt.Key.Key_F2)
    field = editor(window)
    assert field is not None
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: editor(window) is None, timeout=10_000)
    assert read_notes(runs[0]).name == "two\nlines"


def test_a_name_that_cannot_be_kept_goes_again_and_is_told(
    qtbot: QtBot, window: MainWindow, runs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise RunError("the disk is full")

    monkeypatch.setattr(care_module, "edit_notes", full)
    choose(qtbot, window, runs[0])
    key(window, Qt.Key.Key_F2)
    field = editor(window)
    assert field is not None
    QTest.keyClicks(field, "new")
    QTest.keyClick(field, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: window.errors.shown is not None, timeout=10_000)
    assert window.errors.shown is not None
    assert title(window, runs[0]) == "torch resnet18"
    assert window.errors.shown.why == "the disk is full"


def test_a_name_from_elsewhere_is_seen_everywhere(
    qtbot: QtBot, window: MainWindow, runs: list[Path]
) -> None:
    choose(qtbot, window, runs[0])
    edit_notes(runs[0], lambda notes: notes.renamed("<b>\u202enamed").tagged(["x"]))
    qtbot.waitUntil(lambda: title(window, runs[0]) == "<b>named", timeout=10_000)
    details = show_details(window)
    qtbot.waitUntil(lambda: details.notes.title.whole == "<b>named", timeout=10_000)
    window.runs.filter.setText("tag:x")
    assert ids(window) == {runs[0].name}


# -- the trash ------------------------------------------------------------------------


def test_delete_and_undo_by_key(qtbot: QtBot, window: MainWindow, runs: list[Path]) -> None:
    bar = window.runs.undo_bar
    choose(qtbot, window, runs[1])
    key(window, Qt.Key.Key_Delete)
    listed(qtbot, window, [runs[0], runs[2]])
    assert not runs[1].exists()
    assert bar.isVisible()
    assert bar.words.text() == "Moved “torch resnet18” to the trash"
    # The next one is shown, so that the key can be pressed again.
    qtbot.waitUntil(lambda: window.runs.keys() == [runs[2].name], timeout=10_000)
    focus(qtbot, window)
    key(window, Qt.Key.Key_Delete)
    listed(qtbot, window, [runs[0]])
    key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    listed(qtbot, window, [runs[0], runs[2]])
    qtbot.waitUntil(lambda: window.runs.keys() == [runs[2].name], timeout=10_000)
    assert bar.isVisible()
    QTest.mouseClick(bar.undo, Qt.MouseButton.LeftButton)
    listed(qtbot, window, runs)
    qtbot.waitUntil(lambda: window.runs.keys() == [runs[1].name], timeout=10_000)
    assert not bar.isVisible()
    assert not window.actions_["undo"].isEnabled()
    assert window.errors.shown is None


def test_several_are_deleted_together(qtbot: QtBot, window: MainWindow, runs: list[Path]) -> None:
    choose(qtbot, window, runs[0], runs[1])
    window.actions_["delete"].trigger()
    listed(qtbot, window, [runs[2]])
    assert window.runs.undo_bar.words.text() == "Moved 2 runs to the trash"
    window.actions_["undo"].trigger()
    listed(qtbot, window, runs)
    assert not window.runs.undo_bar.isVisible()


def test_more_runs_than_are_shown_can_be_deleted(
    qtbot: QtBot, window: MainWindow, runs: list[Path], home: Path
) -> None:
    more = [make_run(home / "runs", steps=5, window_at=None, seed=20 + n) for n in range(7)]
    listed(qtbot, window, [*runs, *more])
    key(window, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    assert len(window.runs.keys()) == 10
    assert len(window.context.selection.shown) == 6
    window.context.hub.refresh()
    window.runs.model.refresh()
    assert len(window.runs.keys()) == 10
    key(window, Qt.Key.Key_Delete)
    qtbot.waitUntil(lambda: not window.context.hub.entries, timeout=10_000)
    assert window.runs.undo_bar.words.text() == "Moved 10 runs to the trash"
    key(window, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    listed(qtbot, window, [*runs, *more])


def test_the_key_deletes_nothing_elsewhere(
    qtbot: QtBot, window: MainWindow, runs: list[Path]
) -> None:
    choose(qtbot, window, runs[0])
    window.runs.filter.setText("torch")
    window.runs.filter.setFocus()
    key(window, Qt.Key.Key_Home)
    key(window, Qt.Key.Key_Delete)
    assert window.runs.filter.text() == "orch"
    window.actions_["log"].trigger()
    key(window, Qt.Key.Key_Delete)
    assert window.runs.undo_bar.isHidden()
    assert runs[0].is_dir()


def test_a_live_run_is_not_deleted_but_can_be_stopped(
    qtbot: QtBot, window: MainWindow, runs: list[Path], home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def answer(_: QWidget, title: str, text: str, *verbs: str) -> str:
        asked.append(title)
        return verbs[-1]

    monkeypatch.setattr(dialogs, "ask", answer)
    with LiveRun(home / "runs", seed=8, name="long one") as live:
        live.step(3)
        listed(qtbot, window, [*runs, live.directory])
        choose(qtbot, window, live.directory, runs[0])
        window.actions_["delete"].trigger()
        qtbot.waitUntil(lambda: bool(asked), timeout=10_000)
        control = RunPaths(live.directory).control
        qtbot.waitUntil(lambda: '"stop"' in control.read_text(), timeout=10_000)
        assert live.directory.is_dir()
        assert asked == ["“long one” is still going"]
        listed(qtbot, window, [runs[1], runs[2], live.directory])


def test_a_foreign_folder_can_be_neither_named_nor_deleted(
    qtbot: QtBot, window: MainWindow, runs: list[Path], home: Path
) -> None:
    foreign = home / "runs" / "wandb"
    foreign.mkdir()
    listed(qtbot, window, [*runs, foreign])
    choose(qtbot, window, foreign)
    for name in ("rename", "notes", "delete"):
        assert not window.actions_[name].isEnabled()
        assert "not a Diptych run" in window.actions_[name].toolTip()
    assert window.actions_["copy_id"].isEnabled()
    key(window, Qt.Key.Key_F2)
    key(window, Qt.Key.Key_Delete)
    assert editor(window) is None
    assert foreign.is_dir()


def test_what_goes_elsewhere_is_told_once_in_plain_words(
    qtbot: QtBot, window: MainWindow, runs: list[Path], home: Path
) -> None:
    choose(qtbot, window, runs[0], runs[1])
    runs[2].rename(home / "moved away")
    listed(qtbot, window, runs[:2])
    assert window.errors.shown is None
    shutil.rmtree(runs[0])
    listed(qtbot, window, [runs[1]])
    qtbot.waitUntil(lambda: window.errors.shown is not None, timeout=10_000)
    assert window.errors.shown is not None
    assert window.errors.shown.what == "“torch resnet18” is no longer there"
    assert window.context.selection.shown == (runs[1].name,)
    # That is of no interest any more when somebody looks at another run.
    (home / "moved away").rename(runs[2])
    listed(qtbot, window, runs[1:])
    choose(qtbot, window, runs[2])
    assert window.errors.shown is None
    choose(qtbot, window, runs[1])
    Trash(home).move(runs[1])
    listed(qtbot, window, [runs[2]])
    qtbot.waitUntil(lambda: window.errors.shown is not None, timeout=10_000)
    assert "moved to the trash elsewhere" in window.errors.shown.what


def test_a_run_that_shrinks_and_changes_while_it_is_shown_is_no_crash(
    qtbot: QtBot, window: MainWindow, runs: list[Path]
) -> None:
    paths = RunPaths(runs[0])
    choose(qtbot, window, runs[0])
    hub = window.context.hub

    def steps() -> int:
        snapshot = hub.latest(runs[0].name)
        return len(snapshot.steps) if snapshot is not None else -1

    qtbot.waitUntil(lambda: steps() == 12, timeout=10_000)
    whole = paths.worker_journal(0).read_bytes()
    paths.worker_journal(0).write_bytes(b"".join(whole.splitlines(keepends=True)[:8]))
    qtbot.waitUntil(lambda: 0 <= steps() < 12, timeout=10_000)
    paths.worker_journal(0).write_bytes(b"\0" * 4096)
    paths.manifest.write_text("{")
    window.context.hub.refresh()
    paths.worker_journal(0).unlink()
    shutil.rmtree(paths.events)
    show_details(window)
    shutil.rmtree(runs[0])
    listed(qtbot, window, runs[1:])
    assert window.context.selection.shown == ()
    assert window.isVisible()


# -- the dialogs ----------------------------------------------------------------------


def trash_dialog(qtbot: QtBot, window: MainWindow, count: int) -> TrashDialog:
    window.actions_["trash"].trigger()
    dialog = window.care.dialogs.get("trash")
    assert isinstance(dialog, TrashDialog)
    qtbot.waitUntil(lambda: len(dialog.model.rows) == count, timeout=10_000)
    return dialog


def test_the_trash_shows_restores_and_empties(
    qtbot: QtBot,
    window: MainWindow,
    runs: list[Path],
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def answer(_: QWidget, title: str, text: str, *verbs: str) -> str | None:
        asked.append(f"{title} {text}")
        return verbs[-1] if len(asked) > 1 else None

    monkeypatch.setattr(dialogs, "ask", answer)
    edit_notes(runs[0], lambda notes: notes.renamed("<i>first"))
    for run in runs:
        Trash(home).move(run)
    listed(qtbot, window, [])
    dialog = trash_dialog(qtbot, window, 3)
    qtbot.waitUntil(lambda: "KiB" in dialog.head.text(), timeout=10_000)
    assert dialog.head.text().startswith("3 runs in the trash · ")
    cells = [dialog.model.index(r, 0).data() for r in range(3)]
    assert cells == ["torch resnet18", "torch resnet18", "<i>first"]
    assert "KiB" in dialog.model.index(0, 3).data()
    assert not dialog.restore.isEnabled()
    dialog.table.selectRow(2)
    QTest.mouseClick(dialog.restore, Qt.MouseButton.LeftButton)
    listed(qtbot, window, [runs[0]])
    qtbot.waitUntil(lambda: len(dialog.model.rows) == 2, timeout=10_000)
    # Not without a yes.
    QTest.mouseClick(dialog.empty, Qt.MouseButton.LeftButton)
    assert len(list((home / "trash").iterdir())) == 2
    QTest.mouseClick(dialog.empty, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: dialog.head.text() == "The trash is empty", timeout=10_000)
    assert "Remove 2 runs for good?" in asked[1]
    assert "KiB" in asked[1]
    assert list((home / "trash").iterdir()) == []
    qtbot.waitUntil(dialog.isEnabled, timeout=10_000)
    dialog.close()


def test_what_was_emptied_cannot_be_undone(
    qtbot: QtBot,
    window: MainWindow,
    runs: list[Path],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dialogs, "ask", lambda *words: words[-1])
    choose(qtbot, window, runs[0])
    window.actions_["delete"].trigger()
    listed(qtbot, window, runs[1:])
    dialog = trash_dialog(qtbot, window, 1)
    dialog.table.selectRow(0)
    QTest.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not dialog.model.rows, timeout=10_000)
    assert not window.actions_["undo"].isEnabled()
    assert window.runs.undo_bar.isHidden()
    dialog.close()


def test_another_window_may_empty_it_before_the_undo(
    qtbot: QtBot, window: MainWindow, runs: list[Path], home: Path
) -> None:
    choose(qtbot, window, runs[0])
    window.actions_["delete"].trigger()
    listed(qtbot, window, runs[1:])
    assert Trash(home).remove().count == 1
    window.actions_["undo"].trigger()
    qtbot.waitUntil(lambda: window.errors.shown is not None, timeout=10_000)
    assert window.errors.shown is not None
    assert window.errors.shown.what == "A run could not be put back"
    assert "no longer there" in window.errors.shown.why


def test_what_is_old_goes_when_the_window_opens(
    qtbot: QtBot, runs: list[Path], home: Path, open_window: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    Trash(home).move(runs[0])
    Trash(home).move(runs[1])
    record = home / "trash" / runs[0].name / "trashed.json"
    record.write_text('{"origin": "/x", "moved": 1000}')
    window = open_window()
    qtbot.waitUntil(lambda: not record.parent.exists(), timeout=10_000)
    assert (home / "trash" / runs[1].name).is_dir()
    listed(qtbot, window, [runs[2]])


def notes_dialog(qtbot: QtBot, window: MainWindow) -> NotesDialog:
    window.actions_["notes"].trigger()
    dialog = window.care.dialogs.get("notes")
    assert isinstance(dialog, NotesDialog)
    qtbot.waitUntil(dialog.editor.isEnabled, timeout=10_000)
    return dialog


def test_note_and_tags_in_a_dialog(qtbot: QtBot, window: MainWindow, runs: list[Path]) -> None:
    edit_notes(runs[0], lambda notes: notes.tagged(["old", "kept"]).noted("x" * 1000))
    qtbot.waitUntil(lambda: "#old" in row(window, runs[0]).second, timeout=10_000)
    choose(qtbot, window, runs[0])
    dialog = notes_dialog(qtbot, window)
    qtbot.waitUntil(lambda: dialog.editor.note.toPlainText() == "x" * 1000, timeout=10_000)
    assert dialog.editor.tags.text() == "old, kept"
    dialog.editor.tags.selectAll()
    QTest.keyClicks(dialog.editor.tags, "kept, New one,")
    dialog.editor.note.selectAll()
    QTest.keyClicks(dialog.editor.note, "<b>first</b>")
    QTest.keyClick(dialog.editor.note, Qt.Key.Key_Return)
    QTest.keyClicks(dialog.editor.note, "second")
    QTest.mouseClick(dialog.keep, Qt.MouseButton.LeftButton)
    wanted = RunNotes(note="<b>first</b>\nsecond", tags=("kept", "New one"))
    qtbot.waitUntil(lambda: read_notes(runs[0]) == wanted, timeout=10_000)
    place = window.runs.model.row_of(runs[0].name)
    assert place is not None

    def tip() -> str:
        return str(window.runs.model.index(place).data(Qt.ItemDataRole.ToolTipRole))

    qtbot.waitUntil(lambda: "#New one" in tip(), timeout=10_000)
    assert "&lt;b&gt;first&lt;/b&gt;<br>second" in tip()


def test_a_dialog_that_is_cancelled_keeps_nothing(
    qtbot: QtBot, window: MainWindow, runs: list[Path]
) -> None:
    choose(qtbot, window, runs[0])
    dialog = notes_dialog(qtbot, window)
    QTest.keyClicks(dialog.editor.note, "nothing")
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert read_notes(runs[0]) == RunNotes()


def test_several_runs_are_tagged_together(
    qtbot: QtBot, window: MainWindow, runs: list[Path]
) -> None:
    edit_notes(runs[0], lambda notes: notes.tagged(["both", "only"]))
    edit_notes(runs[1], lambda notes: notes.tagged(["Both"]))
    qtbot.waitUntil(lambda: "#Both" in row(window, runs[1]).second, timeout=10_000)
    choose(qtbot, window, runs[0], runs[1])
    dialog = notes_dialog(qtbot, window)
    assert not dialog.editor.note.isVisible()
    assert dialog.editor.tags.text() == "both"
    dialog.editor.tags.selectAll()
    QTest.keyClicks(dialog.editor.tags, "sweep")
    dialog.accept()
    qtbot.waitUntil(lambda: read_notes(runs[1]).tags == ("sweep",), timeout=10_000)
    assert read_notes(runs[0]).tags == ("only", "sweep")
    assert read_notes(runs[2]).tags == ()


# -- the menu -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "modifier"),
    [
        (Qt.Key.Key_Menu, Qt.KeyboardModifier.NoModifier),
        (Qt.Key.Key_F10, Qt.KeyboardModifier.ShiftModifier),
    ],
)
def test_the_menu_of_a_run_by_keyboard(
    qtbot: QtBot,
    window: MainWindow,
    runs: list[Path],
    code: Qt.Key,
    modifier: Qt.KeyboardModifier,
) -> None:
    choose(qtbot, window, runs[1])
    key(window, code, modifier)
    menus = [w for w in QApplication.topLevelWidgets() if isinstance(w, QMenu) and w.isVisible()]
    (menu,) = menus
    offered = [action for action in menu.actions() if not action.isSeparator()]
    names = {"rename", "notes", "copy_id", "copy_path", "folder", "delete", "stop", "capture"}
    assert {window.actions_[name] for name in names} <= set(offered)
    place = window.runs.model.row_of(runs[1].name)
    assert place is not None
    rect = window.runs.view.visualRect(window.runs.model.index(place))
    at = window.runs.view.viewport().mapFromGlobal(menu.pos())
    assert rect.contains(at)
    QTest.keyClick(menu, Qt.Key.Key_Escape)
    assert not menu.isVisible()


def test_path_id_and_folder(
    qtbot: QtBot, window: MainWindow, runs: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []

    def open_url(url: QUrl) -> bool:
        opened.append(url.toLocalFile())
        return True

    monkeypatch.setattr(QDesktopServices, "openUrl", staticmethod(open_url))
    choose(qtbot, window, runs[0], runs[1])
    clipboard = QGuiApplication.clipboard()
    window.actions_["copy_id"].trigger()
    assert set(clipboard.text().splitlines()) == {runs[0].name, runs[1].name}
    window.actions_["copy_path"].trigger()
    assert set(clipboard.text().splitlines()) == {str(runs[0]), str(runs[1])}
    window.actions_["folder"].trigger()
    assert set(opened) == {str(runs[0]), str(runs[1])}


def test_two_windows_see_each_other(
    qtbot: QtBot, window: MainWindow, runs: list[Path], open_window: Open
) -> None:
    other = open_window()
    listed(qtbot, other, runs)
    window.context.selection.show([runs[0].name])
    window.care._care.rename(runs[0].name, "from the first")
    qtbot.waitUntil(lambda: title(other, runs[0]) == "from the first", timeout=10_000)
    other.care._care.edit([runs[0].name], lambda notes: notes.tagged(["second"]))
    qtbot.waitUntil(lambda: "#second" in row(window, runs[0]).second, timeout=10_000)
    other.care._care.delete([runs[0].name])
    listed(qtbot, window, runs[1:])
    window.care._care.undo()
    other.care._care.undo()
    listed(qtbot, window, runs)
    listed(qtbot, other, runs)
    assert read_notes(runs[0]) == RunNotes(name="from the first", tags=("second",))
