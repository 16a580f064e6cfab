"""The Runtimes dialog: what is there, what is wrong, installing and cancelling."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from diptych.gui.models.context import Context
from diptych.gui.views.runtimes_dialog import RuntimesDialog, holds
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


def _words(dialog: RuntimesDialog) -> list[str]:
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


def test_installing_shows_progress_and_can_be_cancelled(
    qtbot: QtBot, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def install(
        _framework: str,
        _home: Path,
        progress: Callable[[InstallProgress], None],
        cancel: threading.Event,
        *,
        again: bool,
    ) -> RuntimeInfo:
        progress(InstallProgress(stage="download", text="Downloading torch", fraction=0.4))
        if not cancel.wait(20):
            raise InstallError("nobody cancelled")
        raise InstallCancelled("cancelled")

    monkeypatch.setattr(runtimes, "install", install)
    dialog = _open(qtbot, context)
    row = dialog.managed["torch"]
    row.install.click()
    qtbot.waitUntil(lambda: "Downloading torch" in _words(dialog), timeout=10_000)
    assert not row.install.isVisible()
    row.cancel.click()
    qtbot.waitUntil(lambda: context.runtimes.installations == {}, timeout=10_000)
    qtbot.waitUntil(row.install.isVisible, timeout=10_000)
    qtbot.waitUntil(lambda: not context.runtimes.looking, timeout=10_000)


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
