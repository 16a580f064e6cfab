"""Shared fixtures: runtimes, a fresh home, and the Qt hygiene of window tests."""

from __future__ import annotations

import faulthandler
import gc
import os
import threading
import time
import traceback
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from diptych.profiling.runner.home import runtimes_dir

# Read before any test moves DIPTYCH_HOME.
_RUNTIMES = runtimes_dir()

faulthandler.enable()


def _managed(framework: str) -> str:
    python = _RUNTIMES / framework / "bin" / "python"
    if not python.exists():
        pytest.skip(f"no {framework} runtime in {_RUNTIMES}: run `make setup`")
    return str(python)


@pytest.fixture(scope="session")
def torch_python() -> str:
    """Interpreter of the managed PyTorch runtime."""
    return _managed("torch")


@pytest.fixture(scope="session")
def mxnet_python() -> str:
    """Interpreter of the managed MXNet runtime."""
    return _managed("mxnet")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Fresh, empty DIPTYCH_HOME, also seen by child processes."""
    folder = tmp_path / "home"
    folder.mkdir()
    monkeypatch.setenv("DIPTYCH_HOME", str(folder))
    return folder


@pytest.fixture
def home_with_runtimes(home: Path) -> Path:
    """Fresh DIPTYCH_HOME in which the user's managed runtimes can be found by name."""
    folder = home / "runtimes"
    folder.mkdir()
    for framework in ("torch", "mxnet"):
        _managed(framework)
        (folder / framework).symlink_to(_RUNTIMES / framework)
    return home


_QT_FOLDERS = {"gui", "e2e"}
_PATIENCE = 3.0


@pytest.fixture(autouse=True)
def _leaves_nothing_alive(request: pytest.FixtureRequest) -> Iterator[None]:
    """Fail a window test that leaves a widget, thread or timer, and say where it began.

    Set up before and torn down after everything that the test asks for, so that
    what fixtures close does not count.
    """
    parts = request.path.relative_to(Path(__file__).parent).parts
    if parts[0] not in _QT_FOLDERS:
        yield
        return
    with pytest.MonkeyPatch.context() as patch:
        hygiene = _Hygiene(patch)
        yield
        left = hygiene.what_is_left()
    if left:
        pytest.fail("still alive after the test:\n" + "\n".join(left), pytrace=False)


class _Hygiene:
    """Remembers what there was before a test, and where threads and timers start in it."""

    def __init__(self, patch: pytest.MonkeyPatch) -> None:
        from PySide6 import QtCore

        self._widgets = self._top_level()
        self._threads = set(threading.enumerate())
        self._started: dict[int, tuple[Any, str]] = {}
        self._qt: list[tuple[weakref.ref[Any], str]] = []
        self._watch(patch, threading.Thread, self._on_python_thread)
        self._watch(patch, QtCore.QThread, self._on_qt)
        self._watch(patch, QtCore.QTimer, self._on_qt)
        self._watch(patch, QtCore.QAbstractAnimation, self._on_qt)

    def _watch(
        self, patch: pytest.MonkeyPatch, kind: type[Any], note: Callable[[Any, str], None]
    ) -> None:
        start = kind.start

        def noted(thing: Any, *args: Any, **kwargs: Any) -> Any:
            note(thing, _where())
            return start(thing, *args, **kwargs)

        patch.setattr(kind, "start", noted)

    def _on_python_thread(self, thread: Any, where: str) -> None:
        self._started[id(thread)] = (thread, where)

    def _on_qt(self, thing: Any, where: str) -> None:
        # Weakly: a timer that its owner drops must be able to go.
        self._qt.append((weakref.ref(thing), where))

    @staticmethod
    def _top_level() -> list[Any]:
        from PySide6.QtWidgets import QApplication

        return QApplication.topLevelWidgets() if QApplication.instance() else []

    def what_is_left(self) -> list[str]:
        """Give everything a moment to end, then describe what has not."""
        deadline = time.monotonic() + _PATIENCE
        while True:
            _let_go()
            left = [*self._left_widgets(), *self._left_threads(), *self._left_qt()]
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.01)

    def _left_widgets(self) -> Iterator[str]:
        for widget in self._top_level():
            if widget not in self._widgets:
                name, title = widget.objectName(), widget.windowTitle()
                yield f"widget {type(widget).__qualname__} name={name!r} title={title!r}"

    def _left_threads(self) -> Iterator[str]:
        for thread in set(threading.enumerate()) - self._threads:
            _, where = self._started.get(id(thread), (None, "unknown\n"))
            yield f"thread {thread.name}, started at\n{where}"

    def _left_qt(self) -> Iterator[str]:
        import shiboken6

        for reference, where in self._qt:
            thing = reference()
            if thing is not None and shiboken6.isValid(thing) and _runs(thing):
                yield f"{type(thing).__qualname__} {thing.objectName()!r}, started at\n{where}"


def _where() -> str:
    """Return the stack of whoever started a thing, without the test runner's own frames."""
    frames = [
        frame
        for frame in traceback.extract_stack()[:-2]
        if not {"pluggy", "_pytest", "pytest"} & set(Path(frame.filename).parts)
        and not frame.filename.startswith("<frozen")
    ]
    return "".join(traceback.format_list(frames[-5:]))


def _runs(thing: Any) -> bool:
    from PySide6 import QtCore

    if isinstance(thing, QtCore.QThread):
        return bool(thing.isRunning())
    if isinstance(thing, QtCore.QTimer):
        return bool(thing.isActive())
    return bool(thing.state() == QtCore.QAbstractAnimation.State.Running)


def _let_go() -> None:
    """Let deferred deletions and cycles go."""
    from PySide6.QtCore import QCoreApplication, QEvent

    if QCoreApplication.instance():
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
        QCoreApplication.processEvents()
    gc.collect()
    # What is left belongs to modules: looked at after every test, it took most of the time.
    gc.freeze()
