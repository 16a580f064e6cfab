"""Numbers that take longer than a frame are worked out on a thread of their own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Qt, Signal


class Background(QObject):
    """Runs one piece of work at a time; of those that wait only the newest is kept.

    ``done`` brings what the work returned, on the thread that owns this object;
    an exception is raised there again.
    """

    done = Signal(object)
    _ended = Signal(object, object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._thread: threading.Thread | None = None
        self._waiting: Callable[[], Any] | None = None
        self._closed = False
        self._ended.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def busy(self) -> bool:
        """Whether work is going on or waiting."""
        return self._thread is not None

    def submit(self, work: Callable[[], Any]) -> None:
        """Do ``work`` as soon as the one before is done."""
        self._waiting = work
        self._closed = False
        if self._thread is None:
            self._start()

    def close(self) -> None:
        """Wait for what is going on, and forget it."""
        self._waiting, self._closed = None, True
        if self._thread is not None:
            self._thread.join()

    def _start(self) -> None:
        work, self._waiting = self._waiting, None
        if work is not None:
            self._thread = threading.Thread(
                target=self._run, args=(work,), name="numbers", daemon=True
            )
            self._thread.start()

    def _run(self, work: Callable[[], Any]) -> None:
        result, error = None, None
        try:
            result = work()
        except Exception as caught:  # told on the owner's thread
            error = caught
        try:
            self._ended.emit(result, error)
        except RuntimeError:
            return  # the owner is gone: nobody waits for it

    def _take(self, result: object, error: Exception | None) -> None:
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if not self._closed:
            if error is None:
                self.done.emit(result)
            self._start()
            if error is not None:
                raise error
