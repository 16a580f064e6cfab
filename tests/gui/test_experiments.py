"""Comparisons that are carried out, as the window follows, cancels, opens and explains them."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pytestqt.qtbot import QtBot
from tests.helpers.fake_run import make_run

from diptych.gui.models import jobs
from diptych.gui.models.comparing import comparing_of
from diptych.gui.models.context import Context
from diptych.gui.models.experiments import Experiments
from diptych.gui.text.experiment import stage, title
from diptych.gui.views.actions import TAB_NAMES
from diptych.gui.views.main_window import MainWindow
from diptych.gui.views.new_compare.dialog import CompareDialog
from diptych.profiling.compare import conduct, interrupted, sample, saved
from diptych.profiling.records.experiment import Experiment, ExperimentState, SideSpec
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner import locks

Open = Callable[[], MainWindow]


def _experiment(**fields: Any) -> Experiment:
    sides = tuple(
        SideSpec(
            label=label,
            request=RunRequest(framework=framework, python="/nowhere/python", workload="mlp"),
        )
        for framework, label in (("torch", "PyTorch eager"), ("mxnet", "MXNet imperative"))
    )
    made = {"created": time.time_ns(), "sides": sides, **fields}
    return Experiment(id=conduct.new_id(sides), **made)


@pytest.fixture
def experiments(qtbot: QtBot, home: Path) -> Iterator[Experiments]:
    """Return the model on a fresh home, with what it said so far."""
    made = Experiments(home)
    yield made
    qtbot.waitUntil(lambda: not jobs.busy(), timeout=10_000)
    made.close()
    made.deleteLater()


class _Heard:
    """What a model told, in order."""

    def __init__(self, experiments: Experiments) -> None:
        self.told: list[tuple[str, str]] = []
        experiments.started.connect(lambda path: self.told.append(("started", path.name)))
        experiments.changed.connect(lambda _, state: self.told.append(("changed", state.text)))
        experiments.ended.connect(lambda _, state: self.told.append(("ended", state.status)))


def test_one_that_goes_on_is_found_and_followed(
    qtbot: QtBot, home: Path, experiments: Experiments
) -> None:
    directory = conduct.create(_experiment(), home)
    lock = locks.take(directory / conduct.LOCK)
    state = ExperimentState(pid=1, stage="race", total=4, text="PyTorch eager")
    conduct.write_state(directory, state)
    heard = _Heard(experiments)
    experiments.follow()
    qtbot.waitUntil(lambda: len(heard.told) == 2, timeout=10_000)
    assert heard.told == [("started", directory.name), ("changed", "PyTorch eager")]
    conduct.write_state(directory, ExperimentState(pid=1, text="MXNet imperative"))
    qtbot.waitUntil(lambda: heard.told[-1] == ("changed", "MXNet imperative"), timeout=10_000)
    assert [found.directory for found in experiments.running] == [directory]
    conduct.write_state(directory, ExperimentState(pid=1, status="done", stage="done"))
    os.close(lock)
    qtbot.waitUntil(lambda: heard.told[-1] == ("ended", "done"), timeout=10_000)
    assert experiments.running == []


def test_one_that_begins_later_is_noticed(
    qtbot: QtBot, home: Path, experiments: Experiments
) -> None:
    heard = _Heard(experiments)
    experiments.follow()
    directory = conduct.create(_experiment(), home)
    qtbot.waitUntil(lambda: ("started", directory.name) in heard.told, timeout=10_000)


def test_over_ones_are_not_told_of(qtbot: QtBot, home: Path, experiments: Experiments) -> None:
    old = conduct.create(_experiment(), home)
    conduct.write_state(old, ExperimentState(status="done", stage="done", pid=1))
    heard = _Heard(experiments)
    experiments.follow()
    new = conduct.create(_experiment(), home)
    qtbot.waitUntil(lambda: ("started", new.name) in heard.told, timeout=10_000)
    assert {name for what, name in heard.told if what == "started"} == {new.name}


def test_one_without_a_conductor_was_interrupted_and_that_is_said_once(
    qtbot: QtBot, home: Path, open_window: Open
) -> None:
    directory = conduct.create(_experiment(), home)
    conduct.write_state(directory, ExperimentState(pid=1, stage="race", text="PyTorch eager"))
    window = open_window()
    qtbot.waitUntil(lambda: window.errors.shown is not None, timeout=15_000)
    trouble = window.errors.shown
    assert trouble is not None
    assert "was interrupted" in trouble.what
    assert trouble.do
    assert not window.racing.isVisible()
    assert conduct.load(directory)[1].text == interrupted.TEXT
    heard = _Heard(again := Experiments(home))
    again.follow()
    new = conduct.create(_experiment(), home)
    qtbot.waitUntil(lambda: ("started", new.name) in heard.told, timeout=10_000)
    assert [what for what, _ in heard.told if what == "ended"] == []
    again.close()


def test_one_that_just_begins_is_not_called_interrupted(
    qtbot: QtBot, home: Path, experiments: Experiments
) -> None:
    directory = conduct.create(_experiment(), home)
    heard = _Heard(experiments)
    experiments.follow()
    qtbot.waitUntil(lambda: bool(heard.told), timeout=10_000)
    assert heard.told[0] == ("started", directory.name)
    assert conduct.load(directory)[1].status == "running"


def test_the_bar_says_where_it_stands_cancels_and_opens(
    qtbot: QtBot, home: Path, open_window: Open
) -> None:
    directory = conduct.create(_experiment(), home)
    lock = locks.take(directory / conduct.LOCK)
    turn = ExperimentState(pid=1, stage="race", done=13, total=40, text="MXNet imperative")
    conduct.write_state(directory, turn)
    window = open_window()
    qtbot.waitUntil(lambda: directory in window.racing.lines, timeout=10_000)
    line = window.racing.lines[directory]
    qtbot.waitUntil(lambda: line.words.text() == "Turn 14 of 40: MXNet imperative", timeout=10_000)
    assert window.racing.isVisible()
    assert line.name.whole == "mlp: PyTorch eager against MXNet imperative"
    assert not line.open.isVisible()
    line.cancel.click()
    qtbot.waitUntil((directory / conduct.CANCEL).exists, timeout=10_000)
    assert line.words.text() == "Cancelling…"
    conduct.write_state(directory, ExperimentState(pid=1, status="cancelled"))
    os.close(lock)
    qtbot.waitUntil(line.again.isVisible, timeout=10_000)
    assert line.words.text() == "Cancelled"
    assert not line.cancel.isVisible()
    line.again.click()
    assert not window.racing.isVisible()
    dialog = window.commands.dialogs.get("compare")
    assert isinstance(dialog, CompareDialog)
    dialog.reject()


def test_a_failure_is_said_with_its_cause_where_errors_are_said(
    qtbot: QtBot, home: Path, open_window: Open
) -> None:
    directory = conduct.create(_experiment(name="Mine"), home)
    lock = locks.take(directory / conduct.LOCK)
    conduct.write_state(directory, ExperimentState(pid=1))
    window = open_window()
    qtbot.waitUntil(lambda: directory in window.racing.lines, timeout=10_000)
    (directory / "conductor.log").write_text("Traceback: of it\n")
    failed = ExperimentState(
        pid=1, status="failed", text="PyTorch eager ended before its turns did"
    )
    conduct.write_state(directory, failed)
    os.close(lock)
    qtbot.waitUntil(lambda: window.errors.shown is not None, timeout=10_000)
    trouble = window.errors.shown
    assert trouble is not None
    assert trouble.what == "The comparison Mine failed"
    assert trouble.why == failed.text
    assert "Log" in trouble.do
    assert "Traceback: of it" in trouble.details
    assert trouble.folder == str(directory)
    assert not window.racing.isVisible()


def test_one_that_cannot_be_started_is_said(
    qtbot: QtBot, home: Path, experiments: Experiments
) -> None:
    (home / "comparisons").write_text("in the way")
    with qtbot.waitSignal(experiments.trouble, timeout=10_000) as said:
        experiments.start(_experiment())
    trouble = said.args[0] if said.args else None
    assert trouble is not None
    assert "could not be started" in trouble.what
    assert str(home / "comparisons") in trouble.why


def test_closing_says_that_it_goes_on_and_stopping_cancels_it(
    qtbot: QtBot, home: Path, open_window: Open
) -> None:
    directory = conduct.create(_experiment(name="Mine"), home)
    lock = locks.take(directory / conduct.LOCK)
    conduct.write_state(directory, ExperimentState(pid=1))
    window = open_window()
    qtbot.waitUntil(lambda: directory in window.racing.lines, timeout=10_000)
    question = window.closing.question()
    words = " ".join(label.text() for label in question.findChildren(type(window.errors._what)))
    assert "1 comparison goes on in the background" in words
    assert "Mine" in words
    question.deleteLater()
    assert window.closing._stop()
    assert (directory / conduct.CANCEL).exists()
    conduct.write_state(directory, ExperimentState(pid=1, status="cancelled"))
    os.close(lock)
    qtbot.waitUntil(lambda: not window.context.experiments.running, timeout=10_000)


def test_stages_in_words() -> None:
    asked, order = _experiment(), _experiment(order="sequence")
    side = "MXNet imperative"
    state = ExperimentState(stage="race", done=0, total=3, text=side)
    assert stage(asked, state) == "Turn 1 of 3: MXNet imperative"
    assert stage(order, state) == "Run 1 of 3: MXNet imperative"
    assert stage(asked, ExperimentState()) == "Starting"
    assert stage(asked, ExperimentState(stage="starting", text=side)) == f"Starting {side}"
    profiled = ExperimentState(stage="profile", done=1, total=2, text=side)
    assert stage(asked, profiled) == "Operators, run 2 of 2: MXNet imperative"
    assert title(_experiment(name="a\nb")) == "a b"


# -- the sample ------------------------------------------------------------------


def test_the_sample_opens_on_a_fresh_home(qtbot: QtBot, home: Path, open_window: Open) -> None:
    window = open_window()
    assert window.middle.currentWidget() is window.empty
    window.empty.sample_wanted.emit()
    comparing = comparing_of(window.context.hub, window.context.selection)
    qtbot.waitUntil(lambda: comparing.found.comparison is not None, timeout=30_000)
    assert TAB_NAMES[window.stage.current] == "Compare"
    assert window.middle.currentWidget() is window.stage
    found = comparing.found.comparison
    assert found is not None
    assert [side.label for side in found.sides] == ["PyTorch eager", "MXNet imperative"]
    assert all("Sample" in (entry.name or "") for entry in window.context.hub.entries)
    assert set(window.context.selection.shown) == {side.run.id for side in found.sides}
    assert window.errors.shown is None


def test_what_was_deleted_of_the_sample_comes_back_and_nothing_is_replaced(home: Path) -> None:
    first = sample.install(home)
    run = home / "runs" / first.runs[0]
    other = home / "runs" / first.runs[1]
    (other / "notes.json").write_text("{}")
    for path in sorted(run.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    run.rmdir()
    assert sample.install(home) == first
    assert (run / "manifest.json").is_file()
    assert (other / "notes.json").read_text() == "{}"
    assert [path.name for path in (home / "comparisons").iterdir()] == [first.directory.name]


def test_the_sample_is_a_whole_comparison_with_traces(home: Path) -> None:
    found = sample.install(home)
    experiment, state = saved.read(found.directory)
    assert state.status == "done"
    assert "Sample" in (experiment.name or "")
    comparison = saved.open_comparison(found.directory)
    assert comparison.together
    assert comparison.why[1] is not None
    assert comparison.parity is not None
    assert comparison.parity.status == "same"
    for run in state.profiled:
        assert run is not None
        assert list((home / "runs" / run / "traces").glob("*.json.gz"))


def test_a_run_leads_to_its_comparison(qtbot: QtBot, home: Path, open_window: Open) -> None:
    found = sample.install(home)
    make_run(home / "runs", steps=5)
    window = open_window()
    qtbot.waitUntil(lambda: len(window.context.hub.entries) == 6, timeout=10_000)
    action = window.actions_["its_comparison"]
    alone = next(e for e in window.context.hub.entries if e.pair is None)
    window.context.selection.show([alone.id])
    qtbot.waitUntil(lambda: window.runs.keys() == [alone.id], timeout=5_000)
    assert not action.isEnabled()
    assert "not run for one comparison" in action.toolTip()
    window.context.selection.show([found.runs[-1]])
    qtbot.waitUntil(action.isEnabled, timeout=5_000)
    assert action in window.runs._actions
    action.trigger()
    comparing = comparing_of(window.context.hub, window.context.selection)
    qtbot.waitUntil(lambda: comparing.found.directory == found.directory, timeout=30_000)
    assert TAB_NAMES[window.stage.current] == "Compare"


# -- all of it, with both frameworks ------------------------------------------------


@pytest.mark.torch
@pytest.mark.mxnet
def test_from_the_dialog_to_the_comparison(
    qtbot: QtBot, home_with_runtimes: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    window = MainWindow(home_with_runtimes)
    window.show()
    context: Context = window.context
    qtbot.waitUntil(lambda: context.hub.listed and context.runtimes.known, timeout=60_000)
    window.actions_["compare"].trigger()
    dialog = window.commands.dialogs.get("compare")
    assert isinstance(dialog, CompareDialog)
    draft = dialog.draft
    draft.workload, draft.rounds, draft.turn, draft.warm = "mlp", "2", "4", "2"
    draft.noise = draft.why = False
    draft.knobs["mlp"] = {"features": "16", "batch_size": "8", "threads": "1"}
    with qtbot.waitSignal(dialog.evaluated, timeout=60_000):
        dialog._source_changed()
    qtbot.waitUntil(dialog.start.isEnabled, timeout=60_000)
    dialog.start.click()
    qtbot.waitUntil(window.racing.isVisible, timeout=30_000)
    (directory,) = window.racing.lines
    line = window.racing.lines[directory]
    qtbot.waitUntil(lambda: len(context.selection.shown) == 2, timeout=60_000)
    qtbot.waitUntil(line.open.isVisible, timeout=90_000)
    assert window.errors.shown is None
    line.open.click()
    comparing = comparing_of(context.hub, context.selection)
    qtbot.waitUntil(lambda: comparing.found.comparison is not None, timeout=30_000)
    found = comparing.found.comparison
    assert found is not None
    assert found.together
    assert TAB_NAMES[window.stage.current] == "Compare"
    assert not window.racing.isVisible()
    assert conduct.load(directory)[1].status == "done"
    qtbot.waitUntil(lambda: not jobs.busy(), timeout=30_000)
    window.close_unasked()
    window.deleteLater()
