"""The thread that reads logs, so that the window never waits for a disk.

One portion is on its way at a time: the next is read when the window has shown
the last, so however fast a script prints, nothing piles up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from diptych.gui.models.log import LogNews, LogTail

_POLL = 0.2


@dataclass(frozen=True, slots=True)
class Portion:
    """News of the file ``path``; ``size`` and ``trouble`` as in `LogTail`."""

    path: Path
    news: LogNews
    size: int | None
    trouble: str
    behind: bool


class LogReader:
    """Calls ``deliver`` on its own thread; answer with `shown` from any thread.

    Without a path it sleeps. `close` ends the thread.
    """

    def __init__(self, deliver: Callable[[Portion], None]) -> None:
        self._deliver = deliver
        self._state = threading.Condition()
        self._path: Path | None = None
        self._ready = True
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="log-reader", daemon=True)
        self._thread.start()

    def follow(self, path: Path | None) -> None:
        """Read that file from now on, or none."""
        with self._state:
            if path != self._path:
                self._path, self._ready = path, True
                self._state.notify()

    def shown(self) -> None:
        """Say that the last portion is on screen."""
        with self._state:
            self._ready = True
            self._state.notify()

    def close(self) -> None:
        """End the thread."""
        with self._state:
            self._closed = True
            self._state.notify()
        self._thread.join(2.0)

    def _wait(self, path: Path | None, pause: float) -> tuple[bool, Path | None]:
        """Wait until a portion is wanted; return whether to go on, and the file."""
        with self._state:
            if pause and self._path == path:
                self._state.wait_for(lambda: self._closed or self._path != path, pause)
            self._state.wait_for(lambda: self._closed or (self._ready and self._path is not None))
            return not self._closed, self._path

    def _run(self) -> None:
        tail: LogTail | None = None
        told: tuple[object, ...] = ()
        pause = 0.0
        while True:
            going, path = self._wait(tail.path if tail else None, pause)
            if not going or path is None:
                break
            if tail is None or tail.path != path:
                if tail is not None:
                    tail.close()
                tail, told = LogTail(path), ()
            news = tail.read()
            state = (tail.size, tail.trouble, news.partial)
            pause = 0.0 if tail.behind else _POLL
            if news or state != told:
                told = state
                with self._state:
                    self._ready = False
                self._deliver(Portion(path, news, tail.size, tail.trouble, tail.behind))
        if tail is not None:
            tail.close()
