"""Carries profile windows out: asks the backend, writes ``window`` records."""

from __future__ import annotations

import glob
import os
import time
from typing import Any, Callable, Dict, Optional, Tuple

from .backend import Backend, WindowError
from .journal import Journal
from .side import Side
from .windows import PREPARE, START, STOP, Window, Windows

_clock = time.monotonic_ns
Warn = Callable[[str, str], None]
_OPTIONS = ("shapes", "stacks", "memory")


class Windowing:
    """The profile windows of one run.

    ``request`` and ``waiting`` are for any thread, the rest is the training thread's.
    """

    def __init__(self, config: Dict[str, Any], journal: Journal, side: Side, warn: Warn) -> None:
        options = config.get("options") or {}
        chosen = tuple(name for name in _OPTIONS if options.get(name))
        self._windows = Windows(config.get("schedule"), chosen)
        self.next_due = self._windows.next_due
        self._journal = journal
        self._side = side
        self._warn = warn
        self._rank = int(config.get("rank") or 0)
        self._folder = os.path.join(str(config["dir"]), "traces", "raw")
        self._recording: Optional[Window] = None

    def request(self, steps: int, options: Tuple[str, ...]) -> None:
        """Somebody wants the next ``steps`` steps; callable from any thread."""
        self._windows.request(steps, tuple(name for name in _OPTIONS if name in options))

    @property
    def waiting(self) -> int:
        """Requests that no window has been opened for."""
        return self._windows.waiting

    @property
    def active(self) -> Optional[int]:
        """Number of the window that is recording."""
        return self._recording.id if self._recording else None

    @property
    def warming(self) -> bool:
        """Whether a profiler is warming up: it costs, but nothing is recorded yet."""
        return self._recording is None and self._windows.current is not None

    def ended(self, n: int, t0: int, end: int) -> None:
        """Step ``n`` has ended; it lies in the window that is recording."""
        if self._recording:
            self._recording.spans.append((n, t0, end))

    def boundary(self, backend: Backend, n: int) -> bool:
        """Step ``n`` is about to begin; returns whether training had to wait."""
        before = self._windows.current
        actions = self._windows.boundary(n)
        for action in actions:
            window = before if action == STOP else self._windows.current
            done = window is None or self._act(backend, action, window, n)
            # One that could not be ended is over all the same; another may begin.
            if not done and action != STOP:
                self._windows.fail(n)
                break
        if self._recording:
            self._step(backend, n)
        return bool(actions)

    def finish(self, backend: Backend) -> None:
        """End what is open and say what never began: the run is over."""
        window = self._windows.current
        if window is not None:
            self._act(backend, STOP, window, -1)
        for _ in range(self._windows.waiting):
            text = "the run ended before the capture could begin"
            self._warn("capture", text)

    def _act(self, backend: Backend, action: int, window: Window, n: int) -> bool:
        try:
            if action == PREPARE:
                self._say(window, "open")
                backend.window_prepare(window.options)
            elif action == START:
                backend.window_start()
                window.first = n
                self._recording = window
                self._say(window, "active", first=n)
            else:
                self._stop(backend, window)
        except Exception as error:
            self._recording = None
            self._say(window, "failed", text=_words(error))
            return False
        return True

    def _step(self, backend: Backend, n: Optional[int]) -> None:
        try:
            backend.window_step(n)
        except Exception as error:
            self._warn("window_step", "%s: %s" % (type(error).__name__, error))

    def _stop(self, backend: Backend, window: Window) -> None:
        recorded, self._recording = self._recording, None
        if recorded is not None:
            self._step(backend, None)
        began = _clock()
        result = backend.window_stop()
        if not window.spans:
            self._side.later(lambda: backend.window_discard(result))
            self._say(window, "failed", text="the run ended before a step of the window did")
            return
        path = os.path.join(self._folder, "r%d-w%03d.json" % (self._rank, window.id))
        if backend.writes_aside:
            pause = _clock() - began
            self._side.later(lambda: self._write(backend, window, result, path, pause))
        else:
            self._write(backend, window, result, path, None, began)

    def _write(
        self,
        backend: Backend,
        window: Window,
        result: object,
        path: str,
        pause: Optional[int],
        began: int = 0,
    ) -> None:
        try:
            os.makedirs(self._folder, mode=0o700, exist_ok=True)
            backend.window_write(result, path + ".part")
            os.rename(path + ".part", path)
        except Exception as error:
            for left in glob.glob(glob.escape(path) + ".part*"):
                os.unlink(left)
            gone = isinstance(error, FileNotFoundError)
            why = "the profiler left no file; is the disk full?" if gone else _words(error)
            self._say(window, "failed", text="the trace could not be written: " + why)
            return
        finally:
            self._side.later(lambda: backend.window_discard(result))
        spans = window.spans
        self._say(
            window,
            "captured",
            first=spans[0][0],
            last=spans[-1][0],
            raw="traces/raw/" + os.path.basename(path),
            format=backend.trace_format,
            pause=_clock() - began if pause is None else pause,
            steps=spans,
        )

    def _say(self, window: Window, state: str, **fields: Any) -> None:
        record = {"id": window.id, "state": state, "origin": window.origin}
        record["options"] = window.options
        record.update(fields)
        self._journal.emit("window", record)


def _words(error: Exception) -> str:
    text = str(error)
    return text if isinstance(error, WindowError) else "%s: %s" % (type(error).__name__, text)
