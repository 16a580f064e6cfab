"""The Runtimes dialog: what is there, what is wrong, installing and cancelling."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot

from diptych.gui.models.context import Context
from diptych.gui.views import runtimes_dialog
from diptych.gui.views.runtimes_dialog import RuntimesDialog, holds
from diptych.gui.views.status_bar import StatusBar
from diptych.profiling.runner import runtimes
from diptych.profiling.runner.runtimes import (
    InstallCancelled,
    InstallError,
    InstallProgress,
    Problem,
    RuntimeInfo,
)


def _open(qtbot: QtBot, context: Context) -> RuntimesDialog:
    dialog = RuntimesDialog(context.runtimes)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: context.runtimes.known, timeout=10_000)
    return dialog


def _words(dialog: QWidget) -> list[str]:
    return [label.text() for label in dialog.findChildren(QLabel) if label.isVisible()]


def test_it_lists_what_is_there(qtbot: QtBot, context: Context) -> None:
    dialog = _open(qtbot, context)
    words = _words(dialog)
    assert "PyTorch 2.13.0 (CPU), Python 3.11.7" in words
    assert "MXNet 1.9.1 (CPU), Python 3.11.7" in words


def test_a_broken_one_is_listed_with_its_cure(
    qtbot: QtBot, context: Context, quick_runtimes: list[RuntimeInfo]
) -> None:
    problem = Problem(code="numpy", what="numpy is too <b>new</b>", cure="pip install it older")
    quick_runtimes.append(
        RuntimeInfo(python="/x/python", source="named", python_version=None, problems=(problem,))
    )
    dialog = _open(qtbot, context)
    words = _words(dialog)
    assert "numpy is too <b>new</b>" in words
    assert "pip install it older" in words
    assert holds(quick_runtimes[-1]) == "does not start"


class _Pip:
    """Stands for `runtimes.install`: goes on until it is cancelled, tells what it is told."""

    def __init__(self) -> None:
        self.progress: Callable[[InstallProgress], None] | None = None
        self.again: list[bool] = []

    def __call__(
        self,
        _framework: str,
        _home: Path,
        progress: Callable[[InstallProgress], None],
        cancel: threading.Event,
        *,
        again: bool,
    ) -> RuntimeInfo:
        self.progress = progress
        self.again.append(again)
        progress(InstallProgress(stage="download", text="Downloading torch", fraction=0.4))
        if not cancel.wait(20):
            raise InstallError("nobody cancelled")
        raise InstallCancelled("cancelled")


@pytest.fixture
def pip(monkeypatch: pytest.MonkeyPatch) -> _Pip:
    made = _Pip()
    monkeypatch.setattr(runtimes, "install", made)
    return made


def _ended(qtbot: QtBot, context: Context) -> None:
    qtbot.waitUntil(lambda: context.runtimes.installations == {}, timeout=10_000)
    qtbot.waitUntil(lambda: not context.runtimes.looking, timeout=10_000)


def test_installing_shows_progress_and_can_be_cancelled(
    qtbot: QtBot, context: Context, pip: _Pip, quick_runtimes: list[RuntimeInfo]
) -> None:
    quick_runtimes.clear()
    dialog = _open(qtbot, context)
    row = dialog.managed["torch"]
    before = row.cancel.geometry()
    row.install.click()
    qtbot.waitUntil(lambda: "Downloading torch" in _words(dialog), timeout=10_000)
    assert not row.install.isEnabled()
    assert row.bar.fraction == 0.4
    row.cancel.setFocus()
    row.cancel.click()
    assert dialog.focusWidget() is dialog.close_
    _ended(qtbot, context)
    assert pip.again == [False]
    assert any(words.startswith("Cancelled") for words in _words(dialog))
    # What is under the mouse after the end does nothing.
    assert row.cancel.geometry() == before
    assert not row.cancel.isEnabled()
    assert row.install.isEnabled()


def test_making_anew_asks_and_says_what_it_replaces(
    qtbot: QtBot, context: Context, pip: _Pip, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = iter((None, "Create again"))
    monkeypatch.setattr(runtimes_dialog, "ask", lambda *_: next(answers))
    dialog = _open(qtbot, context)
    row = dialog.managed["torch"]
    row.install.click()
    assert context.runtimes.installations == {}
    row.install.click()
    qtbot.waitUntil(lambda: "Downloading torch" in _words(dialog), timeout=10_000)
    assert pip.again == [True]
    # What is being replaced cannot be used, and is not said to be good.
    assert context.runtimes.usable("torch") == []
    assert "being created again" in _words(dialog)
    context.runtimes.cancel("torch")
    _ended(qtbot, context)
    assert context.runtimes.usable("torch") != []


def test_an_installation_outlives_its_dialog(qtbot: QtBot, context: Context, pip: _Pip) -> None:
    status = StatusBar(
        context.hub, context.selection, context.machine, context.runtimes, context.home
    )
    qtbot.addWidget(status)
    status.resize(1200, 26)
    status.show()
    dialog = RuntimesDialog(context.runtimes)
    dialog.show()
    context.runtimes.install("torch")
    qtbot.waitUntil(lambda: "Downloading torch" in _words(dialog), timeout=10_000)
    dialog.reject()
    dialog.deleteLater()
    QApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    assert pip.progress is not None
    with qtbot.captureExceptions() as caught:
        pip.progress(InstallProgress(stage="install", text="Unpacking", fraction=0.7))
        qtbot.waitUntil(lambda: "PyTorch: Unpacking" in _words(status), timeout=10_000)
    assert caught == []
    again = _open(qtbot, context)
    assert "Unpacking" in _words(again)
    context.runtimes.cancel("torch")
    _ended(qtbot, context)
    assert not any("Unpacking" in words for words in _words(status))


def test_a_failed_installation_says_why(
    qtbot: QtBot, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(*_: object, **__: object) -> RuntimeInfo:
        raise InstallError("no network: connect, then try again")

    monkeypatch.setattr(runtimes, "install", install)
    with qtbot.waitSignal(context.runtimes.trouble, timeout=10_000) as signal:
        context.runtimes.install("mxnet")
    assert signal.args is not None
    assert signal.args[0].why == "no network: connect, then try again"
    qtbot.waitUntil(lambda: context.runtimes.known, timeout=10_000)
    dialog = _open(qtbot, context)
    assert any(words.startswith("Failed. ") for words in _words(dialog))
