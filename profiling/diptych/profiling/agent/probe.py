"""What hooks talk to: events of one framework, timed and handed to the tracker.

All methods but :meth:`Probe.ready` and :meth:`Probe.learns` may only be called
after ``ready()`` was true in the same call of the hook, and never raise.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, Optional

from .tracker import Tracker

if TYPE_CHECKING:
    from .backend import Backend
    from .pieces import Step
    from .session import Session

_clock = time.monotonic_ns
_ident = threading.get_ident

thread_time = time.thread_time_ns
"""Processor time of the calling thread: waits for a core are not in it."""

CLOSED = -1
UNCLAIMED = 0
_ROUNDS = 64
SAMPLE = 32
"""Of each so-manieth step it is measured what recording it costs: asking costs too."""


class Probe:
    """The events of one framework in the thread that trains with it."""

    def __init__(self, session: Session, backend: Backend, fenced: bool) -> None:
        self._session = session
        self.backend = backend
        self._fenced = fenced
        self._loss: Any = None
        self.tracker = Tracker()
        self.owner = UNCLAIMED
        self.inside = 0
        """How many top-level forward calls are open: hooks skip calls inside one."""

    def ready(self) -> bool:
        """Return whether this thread's events count; the first to ask claims the run."""
        return self.owner == _ident() or self._claim()

    def may_load(self) -> bool:
        """Return whether a loader is asked by the thread that trains.

        Loaders are also asked by threads that fetch ahead; one of those must
        not be the first whose events count.
        """
        if self.owner == _ident():
            return True
        return threading.current_thread() is threading.main_thread() and self.ready()

    def _claim(self) -> bool:
        owner = self.owner
        if owner == CLOSED or (owner and owner in threading._active):  # type: ignore[attr-defined]  # no public test for a living ident
            return False
        return self._session.claim(self)

    def take(self) -> None:
        """Count the calling thread's events from now on."""
        self.inside = 0
        self.owner = _ident()

    def shut(self) -> None:
        """Count nobody's events any more."""
        self.owner = CLOSED

    def calibrate(self) -> float:
        """Measure what one event costs; returns ns of this thread's processor time."""
        scratch = Probe(self._session, self.backend, False)
        scratch.owner = _ident()
        began = thread_time()
        for _ in range(_ROUNDS):
            scratch.ready()
            scratch.data_begin()
            scratch.data_end()
        return (thread_time() - began) / _ROUNDS

    def learns(self) -> None:
        """Note that an optimizer was made: this script will train."""
        self.tracker.learns = True

    def model(self, name: str, parameters: Optional[int]) -> None:
        """Note a top-level model that was called for the first time."""
        self._session.saw_model(name, parameters)

    def data_begin(self) -> None:
        """Somebody waits for a batch."""
        self.tracker.data_begin(_clock())

    def data_end(self, samples: int = 0, exhausted: bool = False) -> None:
        """Note that the batch is there (0: size not known), or that none is left."""
        self.tracker.data_end(_clock(), samples, exhausted)

    def forward_begin(self, key: int, train: bool, samples: int = 0) -> None:
        """Note that a top-level model is called.

        ``key`` tells models apart (``id``), ``train`` says whether gradients
        are recorded and the model is in training mode, ``samples`` is the size
        of the batch (0: not known).
        """
        self.inside += 1
        self.tracker.forward_begin(_clock(), key, train, samples)

    def forward_end(self, key: int, train: bool, output: Any = None) -> None:
        """Note that the call has returned, or raised (``output`` None)."""
        self.inside = 0
        tracker = self.tracker
        now = _clock()
        if not tracker.ends_forward():
            tracker.forward_end(now, key, train)
            return
        after = self._fence() if self._fenced else 0
        closed = tracker.forward_end(now, key, train, after)
        self._mark(output)
        self.tracker.newest.loss = None  # the output of a model is no loss
        if closed:
            self._session.closed(self)

    def backward_begin(self, loss: Any = None) -> None:
        """Gradients of ``loss`` are about to be computed."""
        if self.tracker.backward_begin(_clock()):
            self._loss = loss

    def backward_end(self) -> None:
        """Note that the call has returned, or raised."""
        self.tracker.backward_end(_clock())

    def optimizer_begin(self, key: int) -> None:
        """Note that the parameters are about to change; ``key`` tells optimizers apart."""
        self.tracker.optimizer_begin(_clock(), key)

    def optimizer_end(self, key: int, samples: Optional[int] = None) -> None:
        """Note that the call has returned (else: :meth:`optimizer_failed`).

        ``samples``: the size of the step's batch where the optimizer is told
        (``Trainer.step``); it overrides what was counted.
        """
        now = _clock()
        tracker = self.tracker
        if not self._fenced:
            step = tracker.usual_end(now, key, samples)
            if step is not None:
                if step.n % SAMPLE:
                    self._usual(step)
                else:
                    began = thread_time()
                    self._usual(step)
                    self._session.own = thread_time() - began
                return
        if not tracker.closes(key):
            tracker.optimizer_end(now, key, samples)
            return
        after = self._fence() if self._fenced else 0
        closed = tracker.optimizer_end(now, key, samples, after)
        loss, self._loss = self._loss, None
        self._mark(loss)
        if closed:
            self._session.closed(self)

    def _usual(self, step: Step) -> None:
        loss, self._loss = self._loss, None
        self._mark(loss)
        self._session.ended(self, step)

    def optimizer_failed(self, key: int) -> None:
        """Note that the call has raised: it was no step."""
        self.tracker.optimizer_failed(_clock(), key)

    def _fence(self) -> int:
        try:
            self.backend.fence()
        except Exception as error:
            self._session.warn("fence", "waiting for the device failed: %s" % error)
        return _clock()

    def _mark(self, loss: Any) -> None:
        piece = self.tracker.newest
        try:
            piece.warm = self.backend.compiled()
            piece.loss, piece.token = self.backend.mark(loss)
        except Exception as error:
            self._session.trouble("mark", error)
