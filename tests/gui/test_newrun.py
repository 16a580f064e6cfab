"""The New run dialog: what it shows is what is started."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from diptych.gui.models import jobs
from diptych.gui.models.context import Context
from diptych.gui.models.draft import Draft, remembered
from diptych.gui.models.evaluate import evaluate
from diptych.gui.views.capture_dialog import CaptureDialog
from diptych.gui.views.new_run.dialog import NewRunDialog
from diptych.gui.views.new_run.measure import MeasureForm
from diptych.profiling.records.manifest import RunRequest, Schedule
from diptych.profiling.runner import launch
from diptych.workloads.catalogue import WORKLOADS


@pytest.fixture
def started(probed: Context, monkeypatch: pytest.MonkeyPatch) -> list[RunRequest]:
    """Collect what the queue would start, in place of starting it."""
    requests: list[RunRequest] = []

    def start(request: RunRequest, _run: str) -> Path:
        requests.append(request)
        return probed.home / "runs" / f"run{len(requests)}"

    monkeypatch.setattr(probed.queue, "_start", start)
    return requests


@pytest.fixture
def probed(qtbot: QtBot, probed_home: Path) -> Iterator[Context]:
    """Return models on the home of which the runtimes are known."""
    made = Context(probed_home)
    made.settings.set(new_run=None)
    yield made
    qtbot.waitUntil(lambda: not jobs.busy(), timeout=60_000)
    made.close()
    made.deleteLater()


@pytest.fixture
def dialog(qtbot: QtBot, probed: Context) -> NewRunDialog:
    """Return an open dialog that knows the runtimes."""
    probed.runtimes.refresh()
    qtbot.waitUntil(lambda: probed.runtimes.known, timeout=60_000)
    made = NewRunDialog(probed)
    qtbot.addWidget(made)
    made.show()
    _settle(qtbot, made)
    return made


def _settle(qtbot: QtBot, dialog: NewRunDialog) -> None:
    """Wait until checks and command are those of the form."""
    with qtbot.waitSignal(dialog.evaluated, timeout=60_000):
        dialog._soon()


def _type(dialog: NewRunDialog, key: str, text: str) -> None:
    item = dialog.catalogue.input(key)
    assert item is not None
    if isinstance(item.widget, QLineEdit):
        item.widget.setText(text)
        item.widget.textEdited.emit(text)
    elif isinstance(item.widget, QComboBox):
        item.show_text(text)
        item.widget.textActivated.emit(text)


def _choose(dialog: NewRunDialog, *frameworks: str) -> None:
    for name, card in dialog.catalogue.cards.items():
        card.check.setChecked(name in frameworks)


@pytest.mark.torch
@pytest.mark.mxnet
def test_the_command_shown_is_what_is_started(
    qtbot: QtBot, dialog: NewRunDialog, started: list[RunRequest], probed: Context
) -> None:
    _choose(dialog, "torch", "mxnet")
    _type(dialog, "batch_size", "4")
    _type(dialog, "steps", "20")
    _type(dialog, "execution@mxnet", "hybridize")
    dialog.measure.ruler.button("fenced").click()
    _settle(qtbot, dialog)
    shown = dialog.verdict.command.toPlainText().splitlines()
    assert dialog.start.text() == "Start 2 runs"
    dialog.start.click()
    qtbot.waitUntil(lambda: len(started) == 2, timeout=10_000)
    assert [launch.shell_command(request) for request in started] == shown
    assert [request.framework for request in started] == ["torch", "mxnet"]
    assert started[0].pair == started[1].pair is not None
    assert all(request.fenced for request in started)
    assert started[0].knobs["execution"] == "eager"
    assert started[1].knobs["execution"] == "hybridize"
    words = shlex.split(shown[1])
    assert words[words.index("--batch-size") + 1] == "4"


@pytest.mark.torch
@pytest.mark.mxnet
def test_a_wrong_knob_is_named_marked_and_not_started(
    qtbot: QtBot, dialog: NewRunDialog, started: list[RunRequest]
) -> None:
    _choose(dialog, "torch")
    _type(dialog, "batch_size", "many")
    _settle(qtbot, dialog)
    assert not dialog.start.isEnabled()
    assert any(c.level == "error" and "Batch size 'many'" in c.text for c in dialog.verdict.checks)
    item = dialog.catalogue.input("batch_size")
    assert item is not None
    assert item.widget.property("wrong") is True
    assert dialog.verdict.command.toPlainText() == ""
    _type(dialog, "batch_size", "8")
    _settle(qtbot, dialog)
    assert dialog.start.isEnabled()
    assert item.widget.property("wrong") is False
    assert started == []


@pytest.mark.torch
@pytest.mark.mxnet
def test_a_device_that_is_not_there_is_refused(qtbot: QtBot, dialog: NewRunDialog) -> None:
    _choose(dialog, "mxnet")
    _type(dialog, "device", "cuda:7")
    _settle(qtbot, dialog)
    assert not dialog.start.isEnabled()
    assert "device" in dialog.evaluation.errors


@pytest.mark.torch
@pytest.mark.mxnet
def test_nothing_chosen_is_said_in_words(qtbot: QtBot, dialog: NewRunDialog) -> None:
    _choose(dialog)
    _settle(qtbot, dialog)
    assert [c.text for c in dialog.verdict.checks] == ["Choose PyTorch, MXNet or both"]
    assert not dialog.start.isEnabled()


@pytest.mark.torch
@pytest.mark.mxnet
def test_every_workload_has_its_knobs_in_the_form(qtbot: QtBot, dialog: NewRunDialog) -> None:
    for name, item in WORKLOADS.items():
        dialog.draft.workload = name
        dialog.catalogue.rebuild()
        keys = {known.key.partition("@")[0] for known in dialog.catalogue.inputs}
        assert keys == {knob.name for knob in item.knobs}


@pytest.mark.torch
@pytest.mark.mxnet
def test_own_script_with_arguments_folder_and_environment(
    qtbot: QtBot, dialog: NewRunDialog, started: list[RunRequest], tmp_path: Path
) -> None:
    script = tmp_path / "my train.py"
    script.write_text("import torch\n")
    dialog.choose_source("script")
    form = dialog.script
    for line, text in ((form.script, str(script)), (form.args, "--data 'a b' -x")):
        line.setText(text)
        line.textEdited.emit(text)
    for column, text in enumerate(("LEVEL", "3")):
        cell = form.env.item(0, column)
        assert cell is not None
        cell.setText(text)
    _settle(qtbot, dialog)
    assert dialog.verdict.command.toPlainText().startswith("diptych run --framework torch --script")
    dialog.start.click()
    qtbot.waitUntil(lambda: len(started) == 1, timeout=10_000)
    request = started[0]
    assert (request.script, request.args) == (str(script), ("--data", "a b", "-x"))
    assert (request.cwd, request.env) == (str(tmp_path), {"LEVEL": "3"})


@pytest.mark.torch
@pytest.mark.mxnet
def test_the_last_choice_is_remembered(
    qtbot: QtBot, dialog: NewRunDialog, started: list[RunRequest], probed: Context
) -> None:
    _choose(dialog, "torch")
    _type(dialog, "steps", "33")
    dialog.measure.name.setText("fast printer")
    dialog.measure.name.textEdited.emit("fast printer")
    _settle(qtbot, dialog)
    dialog.start.click()
    qtbot.waitUntil(lambda: len(started) == 1, timeout=10_000)
    assert started[0].name == "fast printer"
    again = NewRunDialog(probed)
    qtbot.addWidget(again)
    assert again.draft.name == again.measure.name.text() == ""
    assert again.draft.frameworks == ["torch"]
    assert again.draft.knob("steps", "torch") == "33"
    _settle(qtbot, again)


@pytest.mark.torch
@pytest.mark.mxnet
def test_nothing_is_wider_than_the_dialog(qtbot: QtBot, dialog: NewRunDialog) -> None:
    dialog.resize(dialog.minimumWidth(), 600)
    for source in ("script", "catalogue"):
        dialog.choose_source(source)
        _choose(dialog, "torch", "mxnet")
        for name in WORKLOADS:
            dialog.draft.workload = name
            dialog.catalogue.rebuild()
            _settle(qtbot, dialog)
            view, inside = dialog.scrolled.viewport(), dialog.scrolled.widget()
            assert inside is not None
            assert inside.minimumSizeHint().width() <= view.width() == inside.width(), name
    assert dialog.minimumSizeHint().height() <= 600


def test_what_was_remembered_badly_is_forgotten() -> None:
    assert remembered({"workload": 5}) == Draft()
    assert remembered("nonsense") == Draft()
    assert remembered({"workload": "gone", "frameworks": ["jax"]}).workload in WORKLOADS


def test_a_schedule_that_is_no_number_is_refused_by_name(tmp_path: Path) -> None:
    draft = Draft(frameworks=["torch"], schedule={"active": "some", "skip": "-1", "wait": "2"})
    evaluation = evaluate(draft, [], tmp_path)
    assert evaluation.requests == ()
    assert set(evaluation.errors) == {"schedule.active", "schedule.skip"}
    assert "'some'" in evaluation.errors["schedule.active"]


def test_all_that_is_wrong_is_named(tmp_path: Path) -> None:
    knobs = {"resnet18": {"batch_size": "-5", "threads": "x", "steps": "0"}}
    draft = Draft(frameworks=["torch", "mxnet"], knobs=knobs, schedule={"repeat": "?"})
    evaluation = evaluate(draft, [], tmp_path)
    assert set(evaluation.errors) == {"batch_size", "threads", "steps", "schedule.repeat"}
    assert evaluation.errors["batch_size"].startswith("Batch size \N{MINUS SIGN}5 is not possible")
    assert len(evaluation.checks) == 4


def test_a_script_that_is_not_chosen_yet_is_no_error(tmp_path: Path) -> None:
    evaluation = evaluate(Draft(source="script"), [], tmp_path)
    assert evaluation.requests == ()
    assert evaluation.errors == {}
    assert [check.level for check in evaluation.checks] == ["info"]


def test_options_of_pytorch_are_not_asked_of_mxnet(qtbot: QtBot) -> None:
    draft = Draft(frameworks=["mxnet"], options=["shapes", "memory"])
    form = MeasureForm(draft)
    qtbot.addWidget(form)
    form.offer(["mxnet"])
    assert not form.options["shapes"].isEnabled()
    assert "PyTorch only" in form.options["shapes"].toolTip()
    assert form.options["memory"].isEnabled()
    form.offer(["mxnet", "torch"])
    assert form.options["shapes"].isEnabled()
    dialog = CaptureDialog(["mxnet"])
    qtbot.addWidget(dialog)
    dialog.show()
    assert not dialog.options["stacks"].isEnabled()
    assert dialog.options["memory"].isEnabled()
    words = [label.text() for label in dialog.findChildren(QLabel)]
    assert sum("MXNet does not record it" in text for text in words) == 2
    both = CaptureDialog(["torch", "mxnet"])
    qtbot.addWidget(both)
    assert both.options["stacks"].isEnabled()


@pytest.mark.torch
@pytest.mark.mxnet
def test_what_is_left_to_the_framework_is_called_auto(qtbot: QtBot, dialog: NewRunDialog) -> None:
    _choose(dialog, "torch")
    for key in ("threads", "lr"):
        item = dialog.catalogue.input(key)
        assert item is not None
        assert isinstance(item.widget, QLineEdit)
        assert item.widget.text() == "auto"
    _type(dialog, "threads", "2")
    _settle(qtbot, dialog)
    assert dialog.evaluation.requests[0].knobs["threads"] == 2
    _type(dialog, "threads", "auto")
    _settle(qtbot, dialog)
    assert dialog.evaluation.requests[0].knobs["threads"] == 0
    assert dialog.verdict.copy.isEnabled()
    _type(dialog, "threads", "-1")
    _settle(qtbot, dialog)
    assert not dialog.verdict.copy.isEnabled()


def test_unbalanced_quotes_are_refused(tmp_path: Path) -> None:
    draft = Draft(source="script", script=str(tmp_path / "x.py"), args="--a 'b")
    assert "args" in evaluate(draft, [], tmp_path).errors


@pytest.mark.torch
def test_a_window_that_does_not_fit_is_warned_of(probed_home: Path) -> None:
    schedule = {"skip": "90", "wait": "0", "warmup": "1", "active": "20", "repeat": "1"}
    draft = Draft(frameworks=["torch"], schedule=schedule)
    evaluation = evaluate(draft, [], probed_home)
    assert evaluation.requests[0].schedule == Schedule(skip=90, active=20)
    assert any(c.level == "warning" and "111 steps" in c.text for c in evaluation.checks)


def _tab_to(dialog: NewRunDialog, wanted: QWidget) -> None:
    """Go on with Tab until the focus is where it is wanted; fail when it never comes there."""
    seen = []
    for _ in range(80):
        focus = dialog.focusWidget()
        seen.append(focus.accessibleName() if focus is not None else "")
        if focus is wanted:
            return
        QTest.keyClick(focus if focus is not None else dialog, Qt.Key.Key_Tab)
        # What a change made anew is shown when the window has had its turn.
        QApplication.processEvents()
    pytest.fail(f"Tab never comes to {wanted.accessibleName()}: {list(dict.fromkeys(seen))}")


def test_a_run_is_chosen_and_started_by_keyboard_alone(
    qtbot: QtBot, dialog: NewRunDialog, probed: Context, started: list[RunRequest]
) -> None:
    dialog.activateWindow()
    qtbot.waitUntil(dialog.isActiveWindow, timeout=5_000)
    _tab_to(dialog, dialog.sources.list)
    QTest.keyClick(dialog.sources.list, Qt.Key.Key_End)
    assert dialog.draft.workload == "mlp"
    torch = dialog.catalogue.cards["torch"].check
    _tab_to(dialog, torch)
    QTest.keyClick(torch, Qt.Key.Key_Space)
    assert dialog.draft.frameworks == ["mxnet"]
    steps = dialog.catalogue.input("steps")
    assert steps is not None
    _tab_to(dialog, steps.widget)
    with qtbot.waitSignal(dialog.evaluated, timeout=60_000):
        QTest.keyClick(steps.widget, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
        QTest.keyClicks(steps.widget, "77")
    qtbot.waitUntil(dialog.start.isEnabled, timeout=60_000)
    assert "--steps 77" in dialog.evaluation.command
    QTest.keyClick(steps.widget, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: len(started) == 1, timeout=10_000)
    assert (started[0].framework, started[0].knobs["steps"]) == ("mxnet", 77)
    assert not dialog.isVisible()


def test_escape_leaves_the_dialog_and_starts_nothing(
    qtbot: QtBot, dialog: NewRunDialog, started: list[RunRequest]
) -> None:
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()
    assert started == []
