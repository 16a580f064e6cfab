"""The agent's own thread: writes the journal, runs periodic tasks.

Records wait at most :data:`BATCH` seconds (plus what it takes to get the
interpreter). While nothing is emitted the thread sleeps until the next task
is due.
"""

from __future__ import annotations

import threading
import time
from typing import Callable, List, Optional

from .journal import Journal

BATCH = 0.04

Task = Callable[[], Optional[float]]
"""Returns in how many seconds to run again; ``None``: when :meth:`Side.again` says so."""


class Entry:
    """A task and when it is due (monotonic seconds; ``None``: when asked for)."""

    __slots__ = ("due", "task")

    def __init__(self, task: Task, due: Optional[float]) -> None:
        self.task = task
        self.due = due


class Side:
    """One daemon thread. A task that raises is given to ``complain`` and dropped."""

    def __init__(self, journal: Journal, complain: Callable[[Exception], None]) -> None:
        self._journal = journal
        journal.wake = self.wake
        self.before_drain: Callable[[], None] = lambda: None
        """Queues the records of what has been seen; called before each batch is written."""
        self._complain = complain
        self._entries: List[Entry] = []
        self._jobs: List[Callable[[], None]] = []
        self._signal = threading.Lock()
        self._signal.acquire()
        self._stopping = False
        self._paused = False
        self._next_drain = 0.0
        self._thread: Optional[threading.Thread] = None

    def every(self, task: Task, delay: Optional[float] = 0.0) -> Entry:
        """Run ``task`` after ``delay`` seconds, then whenever it asks for it."""
        entry = Entry(task, None if delay is None else time.monotonic() + delay)
        self._entries.append(entry)
        return entry

    def again(self, entry: Entry) -> None:
        """Run the task of ``entry`` as soon as the thread is awake next; from any thread."""
        if entry.due is None:
            entry.due = 0.0
            self.wake()

    def later(self, job: Callable[[], None]) -> None:
        """Run ``job`` once, soon; callable from any thread."""
        self._jobs.append(job)
        self.wake()

    def wake(self) -> None:
        """End the thread's sleep; cheap, callable from any thread."""
        if self._paused:
            self._paused = False
            self.start()
        try:
            self._signal.release()
        except RuntimeError:
            pass  # it is awake already

    def start(self) -> None:
        """Begin, or go on after :meth:`stop`."""
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name="diptych-side", daemon=True)
        self._thread.start()

    def stop(self, timeout: float) -> bool:
        """End the thread; returns whether it ended within ``timeout`` seconds."""
        self._stopping = True
        self._paused = False
        self.wake()
        thread = self._thread
        if thread is None or thread is threading.current_thread():
            return thread is None
        thread.join(timeout)
        return not thread.is_alive()

    def pause(self) -> None:
        """End the thread until somebody wakes it."""
        if self._thread is not None and not self._stopping and self.stop(1.0):
            self._journal.awake = False
            self._paused = True

    def abandon(self) -> None:
        """Never start again (in a forked child)."""
        self._paused = False
        self._thread = None

    def _run(self) -> None:
        while not self._stopping:
            self._run_tasks()
            wait = min(self._write(), self._until_due())
            if wait > 0:
                self._signal.acquire(timeout=wait)

    def _write(self) -> float:
        """Write what is queued if it is time to; returns in how many seconds it is again."""
        now = time.monotonic()
        if now < self._next_drain:
            return self._next_drain - now
        journal = self._journal
        if not self._drain():
            journal.awake = False
            # A record that came in between did not wake anybody.
            if not self._drain():
                return 60.0
            journal.awake = True
        self._next_drain = now + BATCH
        return BATCH

    def _drain(self) -> int:
        self.before_drain()
        return self._journal.drain()

    def _until_due(self) -> float:
        if self._jobs:
            return 0.0
        dues = [entry.due for entry in self._entries if entry.due is not None]
        return max(0.0, min(dues) - time.monotonic()) if dues else 60.0

    def _run_tasks(self) -> None:
        while self._jobs:
            self._guarded(self._jobs.pop(0))
        now = time.monotonic()
        for entry in list(self._entries):
            if entry.due is not None and entry.due <= now:
                self._run_entry(entry)

    def _run_entry(self, entry: Entry) -> None:
        entry.due = None
        wait: Optional[float] = None
        try:
            wait = entry.task()
        except Exception as error:
            self._entries.remove(entry)
            self._complain(error)
        if wait is not None:
            entry.due = time.monotonic() + wait

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:
            self._complain(error)
