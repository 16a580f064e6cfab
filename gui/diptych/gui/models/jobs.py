"""Long work off the GUI's thread; results come back on it.

A job is a function in a thread of its own. Nobody waits for it: when its
owner goes, its result is dropped.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Qt, Signal

T = TypeVar("T")


class Job(QObject):
    """One piece of work. ``done`` and ``failed`` come on the thread that made it."""

    _ended = Signal(object, object)
    _told = Signal(object)

    def __init__(
        self,
        work: Callable[[Callable[[Any], None]], Any],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None],
        told: Callable[[Any], None] | None,
        parent: QObject,
    ) -> None:
        super().__init__(parent)
        self._work, self._done, self._failed = work, done, failed
        self._told_to = told
        self._ended.connect(self._end, Qt.ConnectionType.QueuedConnection)
        self._told.connect(self._tell, Qt.ConnectionType.QueuedConnection)
        self._thread = threading.Thread(target=self._run, name="diptych-job", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until the work has ended; return whether it has."""
        self._thread.join(timeout)
        return not self._thread.is_alive()

    def _run(self) -> None:
        result, error = None, None
        try:
            result = self._work(self._emit_told)
        except Exception as caught:  # handed to whoever started the job
            error = caught
        # The owner may be gone, and the C++ half of this object with it.
        with contextlib.suppress(RuntimeError):
            self._ended.emit(result, error)

    def _emit_told(self, value: Any) -> None:
        with contextlib.suppress(RuntimeError):
            self._told.emit(value)

    def _tell(self, value: Any) -> None:
        if self._told_to is not None:
            self._told_to(value)

    def _end(self, result: Any, error: Exception | None) -> None:
        self._thread.join()
        self.deleteLater()
        if error is None:
            self._done(result)
        else:
            self._failed(error)


def start(
    parent: QObject,
    work: Callable[[], T],
    done: Callable[[T], None],
    failed: Callable[[Exception], None],
) -> Job:
    """Run ``work`` in a thread; ``done`` gets its result, ``failed`` its exception."""
    job = Job(lambda _: work(), done, failed, None, parent)
    job.start()
    return job


def start_told(
    parent: QObject,
    work: Callable[[Callable[[Any], None]], T],
    done: Callable[[T], None],
    failed: Callable[[Exception], None],
    told: Callable[[Any], None],
) -> Job:
    """Do as `start`; ``work`` gets a function whose argument reaches ``told`` here."""
    job = Job(work, done, failed, told, parent)
    job.start()
    return job
