"""Long work off the GUI's thread; results come back on it.

A job is a function in a thread of its own. Nobody waits for it: when its
owner goes, its result is dropped. Everything that a job refers to is let go of
on the GUI's thread, because a widget must not die on another one.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any, Generic, TypeVar

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, Qt, Signal

T = TypeVar("T")
Tell = Callable[[Any], None]


class _Desk(QObject):
    """Brings calls to the GUI's thread. One an application, and it never goes before that."""

    _called = Signal(object)

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.active: set[Job[Any]] = set()
        self._called.connect(self._call, Qt.ConnectionType.QueuedConnection)

    def call(self, act: Callable[[], None]) -> None:
        """Call ``act`` on the GUI's thread, soon. May be called on any thread."""
        # At the end of the process the application may have gone first.
        with contextlib.suppress(RuntimeError):
            self._called.emit(act)

    @staticmethod
    def _call(act: Callable[[], None]) -> None:
        act()


class Job(Generic[T]):
    """One piece of work."""

    def __init__(
        self,
        owner: QObject,
        work: Callable[[Tell], T],
        done: Callable[[T], None],
        failed: Callable[[Exception], None],
        told: Tell | None,
    ) -> None:
        self._owner, self._work = owner, work
        self._done, self._failed, self._told = done, failed, told
        self._desk = _desk()
        self._desk.active.add(self)
        self._thread = threading.Thread(target=self._run, name="diptych-job", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            result = self._work(self._tell)
        except Exception as error:  # handed to whoever started the job
            caught = error
            self._desk.call(lambda: self._end(lambda: self._failed(caught)))
        else:
            self._desk.call(lambda: self._end(lambda: self._done(result)))

    def _tell(self, value: Any) -> None:
        told = self._told
        if told is not None:
            self._desk.call(lambda: self._for_owner(lambda: told(value)))

    def _end(self, answer: Callable[[], None]) -> None:
        self._thread.join()
        self._desk.active.discard(self)
        self._for_owner(answer)

    def _for_owner(self, answer: Callable[[], None]) -> None:
        if shiboken6.isValid(self._owner):
            answer()


def _desk() -> _Desk:
    app = QCoreApplication.instance()
    if app is None:
        raise RuntimeError("a job needs an application")
    return app.findChild(_Desk) or _Desk(app)


def busy() -> bool:
    """Say whether any job goes on, or its result waits to be delivered."""
    return bool(_desk().active)


def start(
    owner: QObject,
    work: Callable[[], T],
    done: Callable[[T], None],
    failed: Callable[[Exception], None],
) -> None:
    """Run ``work`` in a thread; ``done`` gets its result, ``failed`` its exception."""
    Job(owner, lambda _: work(), done, failed, None)


def start_told(
    owner: QObject,
    work: Callable[[Tell], T],
    done: Callable[[T], None],
    failed: Callable[[Exception], None],
    told: Tell,
) -> None:
    """Do as `start`; ``work`` gets a function whose argument reaches ``told`` here."""
    Job(owner, work, done, failed, told)
