"""Runs that were asked for: started one after the other.

The first of a batch starts at once. Each further one starts when the run
before it has ended, however that ended; one that cannot be started does not
hold up the rest. What waits survives the window: another one on the same home,
open already or the next to be opened, goes on with it. Lives on the GUI's
thread; starting happens in a job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from diptych.gui.models import jobs
from diptych.gui.models.queue_file import Left, QueueFile
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.tr import tr
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner import home as places
from diptych.profiling.runner import launch

_LOOK_MS = 300
_ADOPT_MS = 2_000
_numbers = count(1)

Start = Callable[[RunRequest, str], Path]
"""Starts a run under an id; returns its directory."""


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run that is to be started. ``starting``: it is being started right now."""

    request: RunRequest
    key: str = field(default_factory=lambda: f"waiting-{next(_numbers)}")
    starting: bool = False


@dataclass
class _Batch:
    waiting: list[Waiting]
    before: Path | None = None
    attempt: str | None = None
    """Id under which the first is being started, or was by a window that is no more."""
    begun: bool = False
    """It is this window that starts the first."""


class RunQueue(QObject):
    """Drives any number of batches side by side; within one, a run at a time."""

    changed = Signal()
    """Something waits, starts or was cancelled."""
    started = Signal(object)
    """`Path` of a run that was started."""
    trouble = Signal(object)
    """`Trouble`: a run could not be started."""

    def __init__(
        self, home: Path, parent: QObject | None = None, *, start: Start | None = None
    ) -> None:
        super().__init__(parent)
        self._start: Start = start or (
            lambda request, run: launch.start(request, home=home, run=run)
        )
        self._runs = places.runs_dir(home)
        self._file = QueueFile(home)
        self._batches: list[_Batch] = []
        self._told: list[Waiting] = []
        self._timer = QTimer(self)
        self._timer.setInterval(_LOOK_MS)
        self._timer.timeout.connect(self._look)
        self._adopting = QTimer(self)
        self._adopting.setInterval(_ADOPT_MS)
        self._adopting.timeout.connect(self._adopt)

    @property
    def waiting(self) -> list[Waiting]:
        """All that is not started yet, in order."""
        return [waiting for batch in self._batches for waiting in batch.waiting]

    def add(self, requests: Sequence[RunRequest]) -> None:
        """Start the first of ``requests`` now, each other when the one before it has ended."""
        if requests:
            self._batches.append(_Batch([Waiting(request) for request in requests]))
            self._look()

    def cancel(self, key: str) -> None:
        """Take back a run that waits; one that is being started is not stopped by this."""
        for batch in self._batches:
            batch.waiting = [w for w in batch.waiting if w.key != key or w.starting]
        self._settle()

    def discard(self) -> None:
        """Take back all that waits and is not being started."""
        for waiting in self.waiting:
            self.cancel(waiting.key)

    def close(self) -> None:
        """Start nothing more; what waits is left to another window."""
        self._adopting.stop()
        self._timer.stop()
        self._file.leave()
        self._batches.clear()

    def resume(self) -> None:
        """Go on with what other windows left, now and whenever one ends."""
        self._adopting.start()
        self._adopt()

    def _adopt(self) -> None:
        found = self._file.adopt()
        for left in found:
            before = Path(left.before) if left.before else None
            waiting = [Waiting(request) for request in left.requests]
            if left.attempt is not None:
                waiting[:1] = [replace(first, starting=True) for first in waiting[:1]]
            self._batches.append(_Batch(waiting, before, left.attempt))
        if found:
            self._look()

    def _left(self) -> list[Left]:
        return [
            Left(
                before=str(batch.before) if batch.before else None,
                requests=tuple(waiting.request for waiting in batch.waiting),
                attempt=batch.attempt,
            )
            for batch in self._batches
        ]

    def _look(self) -> None:
        begun = []
        for batch in self._batches:
            if batch.begun or not self._is_settled(batch) or not batch.waiting:
                continue
            if batch.before is None or not launch.is_live(batch.before):
                batch.attempt = launch.new_run(batch.waiting[0].request)
                batch.waiting[0] = replace(batch.waiting[0], starting=True)
                batch.begun = True
                begun.append(batch)
        # Kept before it begins: whenever this process is killed, each run is started once.
        self._settle()
        for batch in begun:
            self._begin(batch, batch.waiting[0])

    def _is_settled(self, batch: _Batch) -> bool:
        """Say whether it is known what became of a start by a window that is no more."""
        if batch.attempt is None:
            return True
        directory = self._runs / batch.attempt
        # In this order: it may appear in between.
        if launch.is_starting(directory):
            return False
        if directory.exists():
            batch.before = directory
            del batch.waiting[:1]
        else:
            batch.waiting[:1] = [replace(first, starting=False) for first in batch.waiting[:1]]
        batch.attempt = None
        return True

    def _begin(self, batch: _Batch, waiting: Waiting) -> None:
        run = batch.attempt or ""

        def done(directory: Path) -> None:
            batch.before = directory
            self._over(batch)
            self.started.emit(directory)

        def failed(error: Exception) -> None:
            self._over(batch)
            name = waiting.request.framework
            what = tr("The {name} run could not be started", name=name)
            self.trouble.emit(Trouble(what, str(error)))

        jobs.start(self, lambda: self._start(waiting.request, run), done, failed)

    def _over(self, batch: _Batch) -> None:
        del batch.waiting[:1]
        batch.attempt, batch.begun = None, False
        self._settle()

    def _settle(self) -> None:
        self._batches = [batch for batch in self._batches if batch.waiting]
        if self._batches and not self._timer.isActive():
            self._timer.start()
        elif not self._batches:
            self._timer.stop()
        if self.waiting != self._told:
            self._told = self.waiting
            self._file.keep(self._left())
            self.changed.emit()
