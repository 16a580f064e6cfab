"""The Compare dialog: what it shows is what is started, and what the command line would do."""

from __future__ import annotations

import argparse
import shlex
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QComboBox, QLineEdit, QPushButton
from pytestqt.qtbot import QtBot

from diptych.gui.models import jobs
from diptych.gui.models.compare_draft import PRESETS, CompareDraft, SideDraft, remembered
from diptych.gui.models.compare_plan import Machine, plan
from diptych.gui.models.compare_time import Known, known, seconds
from diptych.gui.models.context import Context
from diptych.gui.views.actions import Actions
from diptych.gui.views.new_compare.dialog import CompareDialog, cost
from diptych.profiling.cli import compare as cli
from diptych.profiling.cli import options
from diptych.profiling.records.experiment import Experiment
from diptych.profiling.runs.snapshot import RunState
from diptych.profiling.runs.store import RunEntry


@pytest.fixture
def probed(qtbot: QtBot, probed_home: Path) -> Iterator[Context]:
    """Return models on the home of which the runtimes are known."""
    made = Context(probed_home)
    made.settings.set(new_compare=None)
    yield made
    qtbot.waitUntil(lambda: not jobs.busy(), timeout=60_000)
    made.close()
    made.deleteLater()


@pytest.fixture
def started(probed: Context, monkeypatch: pytest.MonkeyPatch) -> list[Experiment]:
    """Collect what would be started, in place of starting it."""
    found: list[Experiment] = []
    monkeypatch.setattr(probed.experiments, "start", found.append)
    return found


@pytest.fixture
def dialog(qtbot: QtBot, probed: Context) -> CompareDialog:
    """Return an open dialog that knows the runtimes."""
    probed.runtimes.refresh()
    qtbot.waitUntil(lambda: probed.runtimes.known, timeout=60_000)
    made = CompareDialog(probed)
    qtbot.addWidget(made)
    made.show()
    _settle(qtbot, made)
    return made


def _settle(qtbot: QtBot, dialog: CompareDialog) -> None:
    """Wait until checks and command are those of the form."""
    with qtbot.waitSignal(dialog.evaluated, timeout=60_000):
        dialog._soon()


def _type(line: QLineEdit, text: str) -> None:
    line.setText(text)
    line.textEdited.emit(text)


def _choose(combo: QComboBox, data: str) -> None:
    combo.setCurrentIndex(combo.findData(data))
    combo.activated.emit(combo.currentIndex())


def _by_command_line(line: str, monkeypatch: pytest.MonkeyPatch, home: Path) -> Experiment:
    """Return what the command line makes of a command that the dialog shows."""
    monkeypatch.setenv("DIPTYCH_HOME", str(home))
    if line.startswith("cd "):
        folder, _, line = line.partition(" && ")
        monkeypatch.chdir(shlex.split(folder)[1])
    words = shlex.split(line)
    assert words[:2] == ["diptych", "compare"]
    words, rest = (
        (words[: words.index("--")], words[words.index("--") + 1 :])
        if "--" in words
        else (words, [])
    )
    parser = argparse.ArgumentParser()
    cli.add_parser(parser.add_subparsers())
    args, unknown = parser.parse_known_args(words[1:])
    args.unknown, args.rest = unknown, rest
    assert options.leftover_knobs(unknown) == {}
    return cli._experiment(args, cli._sides(args))


def _same(one: Experiment, other: Experiment) -> bool:
    return msgspec.structs.replace(one, id="", created=0) == msgspec.structs.replace(
        other, id="", created=0
    )


DRAFTS = {
    "default": CompareDraft(),
    "compile": CompareDraft(sides=list(PRESETS["compile"]), parity=True),
    "same": CompareDraft(sides=list(PRESETS["same"]), why=False),
    "three": CompareDraft(
        workload="mlp",
        sides=[*PRESETS["frameworks"], SideDraft(knobs="threads=1, batch-size=8")],
        knobs={"mlp": {"features": "16", "batch_size": "4"}},
        rounds="3",
        turn="5",
        warm="2",
        noise=False,
        fenced=False,
        name="  my own \n name ",
    ),
    "sweep": CompareDraft(
        workload="lstm", sweep_knob="seq_len", sweep_values=" 8, 16 ,32", order="sequence"
    ),
    "swept same": CompareDraft(
        sides=list(PRESETS["same"]), sweep_knob="batch_size", sweep_values="4,8"
    ),
}


@pytest.mark.torch
@pytest.mark.mxnet
@pytest.mark.parametrize("name", DRAFTS)
def test_the_command_does_what_the_dialog_starts(
    name: str, probed_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = plan(DRAFTS[name], Machine([], probed_home))
    assert found.experiment is not None, found.checks
    assert _same(found.experiment, _by_command_line(found.command, monkeypatch, probed_home))


@pytest.mark.torch
def test_the_command_for_scripts_does_the_same(
    probed_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a b.py", "c.py"):
        (tmp_path / name).write_text("import torch\n")
    draft = CompareDraft(
        source="script", scripts=[str(tmp_path / "a b.py"), str(tmp_path / "c.py")], args="-x 'y z'"
    )
    found = plan(draft, Machine([], probed_home))
    assert found.experiment is not None, found.checks
    assert found.experiment.sides[0].request.args == ("-x", "y z")
    assert found.experiment.sides[1].request.cwd == str(tmp_path)
    assert _same(found.experiment, _by_command_line(found.command, monkeypatch, probed_home))


@pytest.mark.torch
@pytest.mark.mxnet
def test_what_is_shown_is_started_by_keyboard_and_remembered(
    qtbot: QtBot, dialog: CompareDialog, started: list[Experiment], probed: Context
) -> None:
    dialog.draft.workload = "mlp"
    dialog._source_changed()
    _choose(dialog.sides.preset, "hybridize")
    item = dialog.shared.input("batch_size")
    assert item is not None
    assert isinstance(item.widget, QLineEdit)
    _type(item.widget, "8")
    _type(dialog.race.numbers["rounds"], "3")
    dialog.race.boxes["parity"].click()
    _settle(qtbot, dialog)
    shown = dialog.plan.experiment
    assert shown is not None
    assert [side.label for side in shown.sides] == ["MXNet imperative", "MXNet hybridize"]
    assert dialog.verdict.command.toPlainText() == dialog.plan.command
    QTest.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert started == [shown]
    assert not dialog.isVisible()
    again = CompareDialog(probed)
    qtbot.addWidget(again)
    assert again.draft.sides == list(PRESETS["hybridize"])
    assert again.draft.knobs == {"mlp": {"batch_size": "8"}}
    assert (again.draft.rounds, again.draft.parity, again.draft.name) == ("3", True, "")
    assert again.sides.preset.currentData() == "hybridize"


@pytest.mark.torch
@pytest.mark.mxnet
def test_sides_come_and_go(qtbot: QtBot, dialog: CompareDialog) -> None:
    assert not dialog.sides.rows[0].remove.isEnabled()
    dialog.sides.add.click()
    assert len(dialog.sides.rows) == 3
    _choose(dialog.sides.rows[2].framework, "torch")
    _type(dialog.sides.rows[2].knobs, "threads=1")
    assert dialog.sides.preset.currentData() == ""
    _settle(qtbot, dialog)
    experiment = dialog.plan.experiment
    assert experiment is not None
    assert experiment.sides[2].request.knobs["threads"] == 1
    dialog.sides.rows[1].remove.click()
    assert [row.knobs.text() for row in dialog.sides.rows] == ["", "threads=1"]
    _settle(qtbot, dialog)
    assert dialog.plan.experiment is not None
    assert len(dialog.plan.experiment.sides) == 2


@pytest.mark.torch
@pytest.mark.mxnet
def test_what_cannot_be_run_is_named_marked_and_not_started(
    qtbot: QtBot, dialog: CompareDialog, started: list[Experiment]
) -> None:
    _type(dialog.sides.rows[1].knobs, "threads=many")
    _type(dialog.race.numbers["rounds"], "0")
    _settle(qtbot, dialog)
    texts = [check.text for check in dialog.verdict.checks if check.level == "error"]
    assert any(text.startswith("MXNet") and "threads 'many'" in text.lower() for text in texts)
    assert any(text.startswith("Rounds: '0'") for text in texts)
    assert dialog.sides.rows[1].knobs.property("wrong") is True
    assert dialog.sides.rows[0].knobs.property("wrong") is not True
    assert dialog.race.numbers["rounds"].property("wrong") is True
    assert dialog.verdict.command.toPlainText() == ""
    QTest.keyClick(dialog, Qt.Key.Key_Return, Qt.KeyboardModifier.ControlModifier)
    assert started == []
    _type(dialog.sides.rows[1].knobs, "")
    _type(dialog.race.numbers["rounds"], "2")
    _settle(qtbot, dialog)
    assert dialog.start.isEnabled()


@pytest.mark.torch
@pytest.mark.mxnet
@pytest.mark.parametrize(
    ("draft", "words"),
    [
        (CompareDraft(sweep_knob="batch_size", sweep_values="8"), "at least two values"),
        (CompareDraft(sweep_knob="batch_size", sweep_values="8, x"), "Batch size 'x'"),
        (CompareDraft(sides=[SideDraft()] * 13), "13 sides"),
        (CompareDraft(sides=[SideDraft(), SideDraft(knobs="speed=9")]), "unknown knob 'speed'"),
        (CompareDraft(sides=[SideDraft(), SideDraft(knobs="threads")]), "no KNOB=VALUE"),
        (CompareDraft(knobs={"resnet18": {"device": "cuda:9"}}), "cuda:9"),
        (CompareDraft(source="script", scripts=["/nowhere.py", "/no.py"]), "no script"),
        (CompareDraft(source="script", args="'"), "cannot be taken apart"),
    ],
)
def test_refusals_say_why(draft: CompareDraft, words: str, probed_home: Path) -> None:
    found = plan(draft, Machine([], probed_home))
    assert found.experiment is None
    texts = [check.text for check in found.checks if check.level == "error"]
    assert any(words.lower() in text.lower() for text in texts), texts


def test_a_missing_runtime_has_its_button(
    qtbot: QtBot, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diptych.profiling.runner import runtimes

    def missing(*_: object, **__: object) -> None:
        raise runtimes.RuntimeNotFound("no runtime")

    monkeypatch.setattr(runtimes, "find", missing)
    monkeypatch.setattr(runtimes, "list_runtimes", lambda *_, **__: [])
    context.runtimes.refresh()
    qtbot.waitUntil(lambda: context.runtimes.known, timeout=10_000)
    dialog = CompareDialog(context)
    qtbot.addWidget(dialog)
    dialog.show()
    _settle(qtbot, dialog)
    texts = [check.text for check in dialog.plan.checks]
    assert len(texts) == 2
    assert all("press Runtimes…" in text for text in texts)
    assert isinstance(dialog.runtimes, QPushButton)
    assert dialog.runtimes.isVisible()
    with qtbot.waitSignal(dialog.runtimes_wanted, timeout=1_000):
        dialog.runtimes.click()


@pytest.mark.torch
@pytest.mark.mxnet
def test_the_same_twice_is_its_own_noise(qtbot: QtBot, dialog: CompareDialog) -> None:
    assert dialog.race.boxes["noise"].isEnabled()
    _choose(dialog.sides.preset, "same")
    _settle(qtbot, dialog)
    assert not dialog.race.boxes["noise"].isEnabled()
    experiment = dialog.plan.experiment
    assert experiment is not None
    assert not experiment.noise
    assert "--aa" in dialog.plan.command
    _choose(dialog.sides.preset, "frameworks")
    assert dialog.race.boxes["noise"].isEnabled()
    assert dialog.race.boxes["noise"].isChecked()


def test_how_long_it_takes_where_that_can_be_known(probed_home: Path) -> None:
    draft = CompareDraft(sides=list(PRESETS["same"]), why=False)
    found = plan(draft, Machine([], probed_home))
    experiment = found.experiment
    assert experiment is not None
    assert found.seconds == pytest.approx(2 * 2 * 10 * 1.0 + 2 * 3)
    assert cost(found) == "44 turns, about 50\N{NO-BREAK SPACE}s"
    given = msgspec.structs.replace(experiment, turn=20)
    assert seconds(given, Known({})) is None
    request = experiment.sides[0].request
    other_steps = msgspec.structs.replace(request, knobs={**request.knobs, "steps": 3})
    entries = [
        RunEntry("a", probed_home, RunState.DONE, 2, median_ms=50.0, request=other_steps),
        RunEntry("b", probed_home, RunState.DONE, 1, median_ms=900.0, request=request),
    ]
    past = known(entries)
    assert past.step(request) == 0.05
    assert seconds(given, past) == pytest.approx(2 * 0.05 * (20 * 20 + 10) + 2 * 3)


def test_what_was_kept_by_another_version_is_no_harm() -> None:
    assert remembered({"sides": 3}) == CompareDraft()
    odd = remembered({"sides": [{"framework": "jax"}, {}], "workload": "gone", "scripts": []})
    assert odd.sides == list(PRESETS["frameworks"])
    assert odd.workload != "gone"
    assert odd.scripts == ["", ""]
    assert remembered({"sides": [{"execution": "hybridize"}, {}]}).sides == odd.sides


@pytest.mark.torch
@pytest.mark.mxnet
def test_scripts_instead_of_the_catalogue(
    qtbot: QtBot, dialog: CompareDialog, tmp_path: Path
) -> None:
    script = tmp_path / "train.py"
    script.write_text("import torch\n")
    dialog.choose_source("script")
    assert not dialog.shared.isVisible()
    assert not dialog.race.boxes["parity"].isEnabled()
    _settle(qtbot, dialog)
    assert not dialog.start.isEnabled()
    assert {check.level for check in dialog.plan.checks} == {"info"}
    for line in dialog.scripts.lines:
        _type(line, str(script))
    _settle(qtbot, dialog)
    experiment = dialog.plan.experiment
    assert experiment is not None
    assert not experiment.noise
    assert experiment.sides[0].request.script == str(script)
    dialog.choose_source("catalogue")
    _settle(qtbot, dialog)
    assert dialog.shared.isVisible()
    assert dialog.start.isEnabled()


def test_the_action_has_a_key_of_its_own(qtbot: QtBot) -> None:
    from PySide6.QtWidgets import QWidget

    window = QWidget()
    qtbot.addWidget(window)
    actions = Actions(window)
    mine = actions["compare"].shortcut().toString()
    assert mine == "Ctrl+Shift+N"
    keys = [key.toString() for action in actions.by_name.values() for key in action.shortcuts()]
    assert keys.count(mine) == 1
