"""Shared by the window's tests: homes, runtimes that were probed once, a real window."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import shiboken6
from pytestqt.qtbot import QtBot

from diptych.gui.models import jobs
from diptych.gui.models.context import Context
from diptych.gui.models.runtimes import RuntimeModel
from diptych.gui.views.main_window import MainWindow
from diptych.profiling.runner import runtimes
from diptych.profiling.runner.runtimes import FrameworkInfo, RuntimeInfo

FAKE = [
    RuntimeInfo(
        python="/opt/torch/bin/python",
        name="torch",
        source="managed",
        python_version="3.11.7",
        frameworks={"torch": FrameworkInfo(version="2.13.0+cpu", cuda_reason="a CPU build")},
    ),
    RuntimeInfo(
        python="/opt/mxnet/bin/python",
        name="mxnet",
        source="managed",
        python_version="3.11.7",
        frameworks={"mxnet": FrameworkInfo(version="1.9.1", cuda_reason="a CPU build")},
    ),
]


@pytest.fixture(scope="session")
def probed_home(
    tmp_path_factory: pytest.TempPathFactory, torch_python: str, mxnet_python: str
) -> Path:
    """Return a home in which both real runtimes are known; probed once a session."""
    home = tmp_path_factory.mktemp("home")
    (home / "runtimes").mkdir()
    for name, python in (("torch", torch_python), ("mxnet", mxnet_python)):
        (home / "runtimes" / name).symlink_to(Path(python).parent.parent)
        runtimes.find(name, None, home)
    return home


@pytest.fixture
def quick_runtimes(monkeypatch: pytest.MonkeyPatch) -> list[RuntimeInfo]:
    """Let the window find two runtimes at once, without looking through this machine."""
    found = list(FAKE)
    monkeypatch.setattr(runtimes, "list_runtimes", lambda *_, **__: list(found))
    return found


@pytest.fixture
def context(qtbot: QtBot, home: Path, quick_runtimes: list[RuntimeInfo]) -> Iterator[Context]:
    """Return the models of a window on a fresh home."""
    made = Context(home)
    yield made
    qtbot.waitUntil(lambda: not jobs.busy(), timeout=30_000)
    made.close()
    made.deleteLater()


@pytest.fixture
def open_window(
    qtbot: QtBot, home: Path, quick_runtimes: list[RuntimeInfo]
) -> Iterator[Callable[[], MainWindow]]:
    """Return a function that opens a real window on the test's home."""
    windows: list[MainWindow] = []

    def open_one() -> MainWindow:
        window = MainWindow(home)
        windows.append(window)
        window.resize(1280, 800)
        window.show()
        qtbot.waitUntil(lambda: window.context.hub.listed, timeout=10_000)
        qtbot.waitUntil(lambda: settled(window.context.runtimes), timeout=10_000)
        qtbot.waitUntil(lambda: window.context.machine.machine is not None, timeout=20_000)
        return window

    yield open_one
    qtbot.waitUntil(lambda: not jobs.busy(), timeout=30_000)
    for window in windows:
        if shiboken6.isValid(window):
            window.close_unasked()
            window.deleteLater()


def settled(model: RuntimeModel) -> bool:
    """Say whether the list of runtimes stands."""
    return model.known and not model.looking


@pytest.fixture(autouse=True)
def _offscreen() -> None:
    assert os.environ.get("QT_QPA_PLATFORM")
