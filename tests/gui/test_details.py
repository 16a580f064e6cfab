"""The details of a run: facts, files, cautions, the command."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget
from pytestqt.qtbot import QtBot
from tests.gui.live_helpers import show, showing
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui.models import jobs
from diptych.gui.models.care import care_of
from diptych.gui.text.format import UNKNOWN
from diptych.gui.views import notes_panel
from diptych.gui.views.details import DetailsView
from diptych.gui.views.details_facts import CURES, Fact
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runs.notes import RunNotes, edit_notes, read_notes
from diptych.profiling.runs.session import RunSession


def fact(view: DetailsView, group: str, name: str) -> Fact:
    found = next(g for g in view.shown if g.title == group)
    return next(f for f in found.facts if f.name == name)


def labels(view: QWidget) -> list[str]:
    return [label.text() for label in view.findChildren(QLabel) if label.isVisibleTo(view)]


def press(view: QWidget, name: str) -> None:
    button = next(
        b
        for b in view.findChildren(QAbstractButton)
        if name in (b.accessibleName(), b.text()) and b.isVisibleTo(view)
    )
    QTest.mouseClick(button, Qt.MouseButton.LeftButton)


def filled(view: DetailsView, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: bool(view.shown), timeout=5000)


def test_the_facts_are_those_of_the_run(qtbot: QtBot, tmp_path: Path) -> None:
    with showing(qtbot, DetailsView, [make_run(tmp_path, steps=120, gpu=True)]) as view:
        filled(view, qtbot)
        titles = [group.title for group in view.shown]
        assert titles == ["Result", "Asked for", "Interpreter", "Machine"]
        assert fact(view, "Result", "steps").value == "120"
        assert fact(view, "Result", "completed").value.startswith("12")
        assert fact(view, "Result", "parameters").value == "11,689,512"
        assert fact(view, "Asked for", "workload").value == "resnet18"
        assert fact(view, "Interpreter", "python").value == "/opt/runtimes/python"
        assert "simulated" in fact(view, "Machine", "GPU 0").value
        assert "11,689,512" in labels(view)


def test_a_learning_rate_that_was_left_open_is_the_one_that_was_used(
    qtbot: QtBot, tmp_path: Path
) -> None:
    run = make_run(tmp_path, steps=40)
    kept = RunPaths(run).manifest
    manifest = json.loads(kept.read_text())
    manifest["request"]["knobs"] |= {"optimizer": "adam", "lr": 0.0}
    kept.write_text(json.dumps(manifest))
    with showing(qtbot, DetailsView, [run]) as view:
        filled(view, qtbot)
        assert fact(view, "Asked for", "lr").value == "0.001, automatic"


def test_what_is_not_known_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    with showing(qtbot, DetailsView, [make_run(tmp_path, steps=40)]) as view:
        filled(view, qtbot)
        allocated = fact(view, "Result", "peak allocated")
        assert (allocated.value, allocated.hint) == (UNKNOWN, "not supported here")
        assert fact(view, "Machine", "GPU").value == "none: no NVIDIA driver on this machine"


def test_files_and_command_can_be_copied_and_opened(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(
        QDesktopServices, "openUrl", staticmethod(lambda url: opened.append(url.toLocalFile()))
    )
    run = make_run(tmp_path, steps=60)
    with showing(qtbot, DetailsView, [run]) as view:
        filled(view, qtbot)
        clipboard = QGuiApplication.clipboard()
        press(view, "Copy command")
        assert clipboard.text().startswith("/opt/runtimes/python resnet18.py")
        press(view, "Copy path of r0-w000.json.gz")
        assert clipboard.text() == str(run / "traces" / "r0-w000.json.gz")
        press(view, "Open folder of r0-w000.json.gz")
        press(view, "Copy path")
        assert clipboard.text() == str(run)
        press(view, "Open folder")
        assert opened == [str(run / "traces"), str(run)]


def test_warnings_come_with_what_to_do(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(5)
        run.warn("completion", "completed times are not known here: <b>x</b>")
        run.finish()
    with showing(qtbot, DetailsView, [run.directory]) as view:
        filled(view, qtbot)
        said = labels(view)
        assert "completed times are not known here: <b>x</b>" in said
        assert CURES["completion"] in said
        formats = {
            label.textFormat() for label in view.findChildren(QLabel) if "<b>" in label.text()
        }
        assert formats == {Qt.TextFormat.PlainText}


def test_a_live_run_is_kept_up_to_date(qtbot: QtBot, tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(15)
        with showing(qtbot, DetailsView, [run.directory]) as view:
            filled(view, qtbot)
            run.step(15)
            qtbot.waitUntil(lambda: fact(view, "Result", "steps").value == "30", timeout=5000)
            run.finish()


def test_another_run_can_be_chosen(qtbot: QtBot, tmp_path: Path) -> None:
    runs = [make_run(tmp_path, framework=f, steps=20) for f in ("torch", "mxnet")]
    with showing(qtbot, DetailsView, runs) as view:
        filled(view, qtbot)
        assert fact(view, "Asked for", "framework").value == "torch"
        view.runs.setCurrentIndex(1)
        view.runs.activated.emit(1)
        qtbot.waitUntil(lambda: fact(view, "Asked for", "framework").value == "mxnet", timeout=5000)
        show(qtbot, view.hub, view.selection, [])
        qtbot.waitUntil(view.empty.isVisible, timeout=5000)


# -- name, tags and note ------------------------------------------------------------------


def kept(qtbot: QtBot, run: Path, notes: RunNotes) -> None:
    qtbot.waitUntil(lambda: read_notes(run) == notes, timeout=10_000)


def test_what_is_typed_is_kept_when_a_field_is_left(qtbot: QtBot, tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=20)
    with showing(qtbot, DetailsView, [run]) as view:
        filled(view, qtbot)
        editor = view.notes.editor
        assert editor.name.placeholderText() == "torch resnet18"
        editor.name.setFocus()
        QTest.keyClicks(editor.name, "night 3")
        QTest.keyClick(editor.name, Qt.Key.Key_Tab)
        kept(qtbot, run, RunNotes(name="night 3"))
        QTest.keyClicks(editor.tags, "fp16, #two words,")
        QTest.keyClick(editor.tags, Qt.Key.Key_Return)
        kept(qtbot, run, RunNotes(name="night 3", tags=("fp16", "two words")))
        editor.note.setFocus()
        QTest.keyClicks(editor.note, "<b>diverges</b>")
        QTest.keyClick(editor.note, Qt.Key.Key_Tab)
        whole = RunNotes(name="night 3", tags=("fp16", "two words"), note="<b>diverges</b>")
        kept(qtbot, run, whole)
        qtbot.waitUntil(lambda: view.notes.title.whole == "night 3", timeout=10_000)
        assert editor.note.toPlainText() == "<b>diverges</b>"
        assert editor.tags.text() in ("fp16, #two words,", "fp16, two words")


def test_what_was_kept_before_does_not_replace_what_was_typed_since(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make_run(tmp_path, steps=20)
    with showing(qtbot, DetailsView, [run]) as view:
        filled(view, qtbot)
        care, editor = care_of(view.hub), view.notes.editor
        asked: list[object] = []
        monkeypatch.setattr(care, "edit", lambda runs, change: asked.append(change))
        editor.name.setFocus()
        QTest.keyClicks(editor.name, "night 3")
        QTest.keyClick(editor.name, Qt.Key.Key_Return)
        editor.note.setFocus()
        QTest.keyClicks(editor.note, "diverges")
        QTest.keyClick(editor.note, Qt.Key.Key_Tab)
        assert len(asked) == 2
        care.edited.emit(run.name, RunNotes(name="night 3"))
        assert editor.note.toPlainText() == "diverges"
        care.edited.emit(run.name, RunNotes(name="night 3", note="diverges at 40"))
        assert editor.note.toPlainText() == "diverges at 40"


def test_the_name_of_the_start_stays_when_something_else_is_kept(
    qtbot: QtBot, tmp_path: Path
) -> None:
    run = make_run(tmp_path, steps=20, name="as started")
    with showing(qtbot, DetailsView, [run]) as view:
        filled(view, qtbot)
        editor = view.notes.editor
        assert editor.name.text() == "as started"
        editor.tags.setFocus()
        QTest.keyClicks(editor.tags, "x")
        with qtbot.waitSignal(care_of(view.hub).edited, timeout=10_000):
            QTest.keyClick(editor.tags, Qt.Key.Key_Return)
        assert (editor.name.text(), view.notes.title.whole) == ("as started", "as started")
        assert read_notes(run) == RunNotes(tags=("x",))


def test_a_pause_keeps_it_as_well(
    qtbot: QtBot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes_panel, "_PAUSE_MS", 20)
    run = make_run(tmp_path, steps=20)
    with showing(qtbot, DetailsView, [run]) as view:
        filled(view, qtbot)
        view.notes.editor.note.setFocus()
        QTest.keyClicks(view.notes.editor.note, "half")
        kept(qtbot, run, RunNotes(note="half"))
        QTest.keyClicks(view.notes.editor.note, " and whole")
        kept(qtbot, run, RunNotes(note="half and whole"))


def test_news_leave_what_is_being_typed(qtbot: QtBot, tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=20)
    with showing(qtbot, DetailsView, [run]) as view:
        filled(view, qtbot)
        editor = view.notes.editor
        editor.name.setFocus()
        QTest.keyClicks(editor.name, "mine")
        edit_notes(run, lambda notes: notes.renamed("theirs").tagged(["x"]))
        qtbot.waitUntil(lambda: editor.tags.text() == "x", timeout=10_000)
        assert editor.name.text() == "mine"
        QTest.keyClick(editor.name, Qt.Key.Key_Return)
        kept(qtbot, run, RunNotes(name="mine", tags=("x",)))


def test_another_run_gets_nothing_of_what_was_typed(qtbot: QtBot, tmp_path: Path) -> None:
    first, second = (make_run(tmp_path, steps=20, framework=f) for f in ("torch", "mxnet"))
    with showing(qtbot, DetailsView, [first, second]) as view:
        filled(view, qtbot)
        editor = view.notes.editor
        editor.note.setFocus()
        QTest.keyClicks(editor.note, "of the first")
        view.runs.setCurrentIndex(1)
        view.runs.activated.emit(1)
        kept(qtbot, first, RunNotes(note="of the first"))
        qtbot.waitUntil(lambda: editor.name.placeholderText() == "mxnet resnet18", timeout=10_000)
        assert editor.note.toPlainText() == ""
        assert read_notes(second) == RunNotes()


def test_closing_keeps_what_was_typed_last(qtbot: QtBot, tmp_path: Path) -> None:
    run = make_run(tmp_path, steps=20)
    with showing(qtbot, DetailsView, [run]) as view:
        filled(view, qtbot)
        view.notes.editor.note.setFocus()
        QTest.keyClicks(view.notes.editor.note, "last words")
        view.hide()
        # As when the program ends: nothing waits for threads.
        care_of(view.hub).flush()
        assert read_notes(run).note == "last words"
        qtbot.waitUntil(lambda: not jobs.busy(), timeout=10_000)


def test_any_text_is_shown_plain_and_in_its_room(qtbot: QtBot, tmp_path: Path) -> None:
    name = "<h1>x</h1>\u202e\n" + "y" * 10_000
    run = make_run(tmp_path, steps=20, name=name)
    note = "\u202ez\n" * 10 + "w" * 10_000
    edit_notes(run, lambda notes: notes.noted(note).tagged(["<b>t</b>"]))
    with showing(qtbot, DetailsView, [run]) as view:
        filled(view, qtbot)
        assert view.notes.title.whole.startswith("<h1>x</h1> yyy")
        assert len(view.notes.title.whole) == 300
        assert view.notes.editor.note.toPlainText() == note
        qtbot.waitUntil(lambda: view.notes.width() <= view.width(), timeout=5000)
        for text in labels(view):
            assert "\u202e" not in text
            assert len(text) <= 4_001
        view.notes.editor.note.setFocus()
        view.notes.editor.name.setFocus()
    # What is too long for a field is not cut by having been looked at.
    assert read_notes(run).name is None
    with RunSession(run) as session:
        assert session.drain().name == name
