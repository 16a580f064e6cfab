"""Closing the window while something goes on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from tests.helpers.fake_run import LiveRun

from diptych.gui.views.closing import CLOSE, DISCARD, KEEP, STOP, CloseDialog
from diptych.gui.views.main_window import MainWindow
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner import launch

Open = Callable[[], MainWindow]


class Answers:
    """Clicks in the questions that come, and keeps what they said."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *verbs: str | None) -> None:
        self.verbs, self.asked = list(verbs), list[str]()
        self.remember = False
        monkeypatch.setattr(CloseDialog, "exec", _passed(self._answer))

    def _answer(self, dialog: CloseDialog) -> int:
        from PySide6.QtWidgets import QLabel

        self.asked.append("\n".join(label.text() for label in dialog.findChildren(QLabel)))
        dialog.remember.setChecked(self.remember)
        verb = self.verbs.pop(0)
        wanted = [b for b in (dialog.cancel, *dialog.buttons) if b.text() == (verb or "Cancel")]
        assert len(wanted) == 1, [b.text() for b in dialog.buttons]
        wanted[0].click()
        return dialog.result()


def _passed(answer: Callable[[CloseDialog], int]) -> Callable[[CloseDialog], int]:
    """Make a method of ``answer``: a bound method would not get the dialog."""

    def exec_(dialog: CloseDialog) -> int:
        return answer(dialog)

    return exec_


def _stops(run: LiveRun) -> int:
    control = RunPaths(run.directory).control
    return control.read_text().count('"stop"') if control.exists() else 0


def _open_on(qtbot: QtBot, open_window: Open, *runs: LiveRun) -> MainWindow:
    window = open_window()
    ids = {run.id for run in runs}
    qtbot.waitUntil(lambda: set(window.context.live()) == ids, timeout=10_000)
    return window


def test_it_asks_once_and_cancel_keeps_it_open(
    qtbot: QtBot, open_window: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = Answers(monkeypatch, None, KEEP)
    with LiveRun(home / "runs", seed=1) as first, LiveRun(home / "runs", seed=2) as second:
        window = _open_on(qtbot, open_window, first, second)
        assert not window.close()
        assert window.isVisible()
        assert window.close()
        assert _stops(first) == _stops(second) == 0
    assert len(answers.asked) == 2
    assert "2 runs go on in the background" in answers.asked[0]


def test_the_runs_are_stopped_on_request(
    qtbot: QtBot, open_window: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Answers(monkeypatch, STOP)
    with LiveRun(home / "runs", seed=1) as first, LiveRun(home / "runs", seed=2) as second:
        window = _open_on(qtbot, open_window, first, second)
        window.context.queue.add([])
        assert window.close()
        assert _stops(first) == _stops(second) == 1


@pytest.mark.parametrize(("verb", "choice"), [(KEEP, "keep"), (STOP, "stop")])
def test_a_choice_for_good_is_not_asked_again_and_can_be_taken_back(
    qtbot: QtBot,
    open_window: Open,
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    verb: str,
    choice: str,
) -> None:
    answers = Answers(monkeypatch, verb, None)
    answers.remember = True
    with LiveRun(home / "runs") as live:
        window = _open_on(qtbot, open_window, live)
        assert window.close()
        second = _open_on(qtbot, open_window, live)
        checked = [a.data() for a in second.actions_.closing() if a.isChecked()]
        assert checked == [choice]
        assert second.close()
        assert len(answers.asked) == 1
        assert _stops(live) == (2 if choice == "stop" else 0)
        third = _open_on(qtbot, open_window, live)
        next(a for a in third.actions_.closing() if a.data() == "ask").trigger()
        assert not third.close()
        assert len(answers.asked) == 2


def test_a_run_that_cannot_be_stopped_keeps_the_window_open(
    qtbot: QtBot, open_window: Open, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Answers(monkeypatch, STOP)
    with LiveRun(home / "runs") as live:
        window = _open_on(qtbot, open_window, live)

        def refuse(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(launch, "ask_stop", refuse)
        assert not window.close()
        assert window.isVisible()
        assert window.errors.shown is not None
        assert "No space left" in window.errors.shown.why


@pytest.mark.parametrize("verb", [CLOSE, DISCARD])
def test_what_waits_is_kept_unless_it_is_discarded(
    qtbot: QtBot, open_window: Open, home: Path, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    answers = Answers(monkeypatch, verb if verb == DISCARD else CLOSE)
    with LiveRun(home / "runs") as live:
        window = _open_on(qtbot, open_window, live)
        monkeypatch.setattr(window.context, "live", list)
        monkeypatch.setattr(window.context.queue, "_start", lambda _: live.directory)
        window.context.queue.add([RunRequest(framework="torch", python="/p", workload="mlp")] * 2)
        qtbot.waitUntil(lambda: len(window.context.queue.waiting) == 1, timeout=10_000)
        assert window.close()
        kept = list((home / "waiting").glob("*.json"))
        assert len(kept) == (0 if verb == DISCARD else 1)
        if kept:
            other = open_window()
            qtbot.waitUntil(lambda: len(other.context.queue.waiting) == 1, timeout=10_000)
            other.context.queue.discard()
    assert "The waiting run starts when Diptych is open again." in answers.asked[0]
