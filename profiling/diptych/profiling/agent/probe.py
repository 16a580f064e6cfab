"""What hooks talk to: events of one framework, timed, and turned into steps by the tracker.

As long as steps end in the usual way the training thread only queues what has
happened, and the side thread plays it to the tracker (*fast*). Where the
training thread itself must know what the tracker makes of an event (until the
cycle of the optimizers is known, in inference, in fenced mode, at a profile
window) it plays what is queued and goes on by itself; afterwards it is fast
again. Either way the tracker sees the same events with the same times.

All methods but :meth:`Probe.ready` and :meth:`Probe.learns` may only be called
after ``ready()`` was true in the same call of the hook, and never raise.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from typing import TYPE_CHECKING, Any, Callable, Deque, List, Optional, Tuple

from .tracker import Tracker

if TYPE_CHECKING:
    from .backend import Backend
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
_MOST = 50_000
"""So many events may wait for a side thread that does not get to run."""

Event = Tuple[Any, ...]
"""A function of the tracker (or of the probe), the time, further arguments."""


class Probe:
    """The events of one framework in the thread that trains with it."""

    def __init__(self, session: Session, backend: Backend, fenced: bool) -> None:
        self._session = session
        self._journal = session.journal
        self.backend = backend
        self._fenced = fenced
        self._loss: Any = None
        self.depth = 0
        """How many backwards are open, one in the other."""
        self.tracker = Tracker()
        self.owner = UNCLAIMED
        self.inside = 0
        """How many top-level forward calls are open: hooks skip calls inside one."""
        self._queue: Deque[Event] = deque()
        self._turn = threading.RLock()
        self.fast = False
        """The tracker is the side thread's; only the training thread writes this."""
        self.put: Callable[[Event], Any] = _at_once
        """Takes an event: queues it, or plays it to the tracker at once."""
        # While fast, what the training thread has to know of the tracker:
        self._boundary = 0
        self._open = 0
        self._since: List[int] = []
        self._n = 0
        self.limit = 0
        """The step before which there may be something to do; the session lowers it."""

    # -- whose events ------------------------------------------------------

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
        self.slow_down()
        self.inside = 0
        self.depth = 0
        self.owner = _ident()

    def shut(self) -> None:
        """Count nobody's events any more."""
        self.owner = CLOSED

    # -- fast and slow -----------------------------------------------------

    def replay(self) -> None:
        """Play to the tracker what is queued; side thread."""
        if self.fast:
            with self._turn:
                if self.fast:
                    self._play()

    def slow_down(self) -> None:
        """Take the tracker back: all events so far are played when this returns."""
        with self._turn:
            self.fast = False
            self.put = _at_once
            self._play()

    def _speed_up(self) -> None:
        """Leave the tracker to the side thread, if the next step may end as most do."""
        boundary = self.tracker.steady()
        if boundary is None or self._fenced:
            return
        self._n = self.tracker.next_n
        self._boundary, self._open = boundary, 0
        self._since = self.tracker.since
        self.limit = self._session.limit()
        if self._session.waiting():  # a request that came in between would be overwritten
            self.limit = 0
        if self._n < self.limit:
            self.put = self._queue.append
            self.fast = True

    def _play(self) -> None:
        queue = self._queue
        while queue:
            event = queue.popleft()
            try:
                event[0](*event[1:])
            except Exception as error:
                self._session.trouble("event", error)

    def _played_end(
        self, now: int, key: int, samples: Optional[int], loss: Any, token: Any, warm: bool
    ) -> None:
        """Play the end of a step; what is told of it was found out when it ended."""
        tracker = self.tracker
        step = tracker.usual_end(now, key, samples)
        if step is not None:
            tracker.closed.append(step)
        elif not tracker.optimizer_end(now, key, samples):
            return
        step = tracker.newest
        step.loss, step.token, step.warm = loss, token, warm
        self._session.record(self)

    def calibrate(self) -> float:
        """Measure what one event costs; returns ns of this thread's processor time."""
        scratch = Probe(self._session, self.backend, False)
        scratch.owner = _ident()
        scratch.put = scratch._queue.append
        began = thread_time()
        for _ in range(_ROUNDS):
            scratch.ready()
            scratch.data_begin()
            scratch.data_end()
        return (thread_time() - began) / _ROUNDS

    # -- events ------------------------------------------------------------

    def learns(self) -> None:
        """Note that an optimizer was made: this script will train."""
        self.tracker.learns = True

    def model(self, name: str, parameters: Optional[int]) -> None:
        """Note a top-level model that was called for the first time."""
        self._session.saw_model(name, parameters)

    def data_begin(self) -> None:
        """Somebody waits for a batch."""
        self.put((self.tracker.data_begin, _clock()))

    def data_end(self, samples: int = 0, exhausted: bool = False) -> None:
        """Note that the batch is there (0: size not known), or that none is left."""
        self.put((self.tracker.data_end, _clock(), samples, exhausted))

    def forward_begin(self, key: int, train: bool, samples: int = 0) -> None:
        """Note that a top-level model is called.

        ``key`` tells models apart (``id``), ``train`` says whether gradients
        are recorded and the model is in training mode, ``samples`` is the size
        of the batch (0: not known).
        """
        self.inside += 1
        self.put((self.tracker.forward_begin, _clock(), key, train, samples))

    def forward_end(self, key: int, train: bool, output: Any = None) -> None:
        """Note that the call has returned, or raised (``output`` None)."""
        self.inside = 0
        tracker = self.tracker
        now = _clock()
        if self.fast or not tracker.ends_forward():
            self.put((tracker.forward_end, now, key, train))
            return
        after = self._fence() if self._fenced else 0
        closed = tracker.forward_end(now, key, train, after)
        self._mark(output)
        self.tracker.newest.loss = None  # the output of a model is no loss
        if closed:
            self._session.closed(self)

    def backward_begin(self, loss: Any = None) -> None:
        """Gradients of ``loss`` are about to be computed."""
        self.put((self.tracker.backward_begin, _clock()))
        if not self.depth:
            self._loss = loss
        self.depth += 1

    def backward_end(self) -> None:
        """Note that the call has returned, or raised."""
        self.put((self.tracker.backward_end, _clock()))
        self.depth -= 1

    def optimizer_begin(self, key: int) -> None:
        """Note that the parameters are about to change; ``key`` tells optimizers apart."""
        if not self._open:
            self._open = key
        self.put((self.tracker.optimizer_begin, _clock(), key))

    def optimizer_end(self, key: int, samples: Optional[int] = None) -> None:
        """Note that the call has returned (else: :meth:`optimizer_failed`).

        ``samples``: the size of the step's batch where the optimizer is told
        (``Trainer.step``); it overrides what was counted.
        """
        now = _clock()
        n = self._n + 1
        if not (self.fast and key == self._boundary == self._open and n < self.limit):
            self._unusual_end(now, key, samples)
            return
        began = 0 if n % SAMPLE else thread_time()
        backend, session = self.backend, self._session
        self._n, self._open = n, 0
        loss, self._loss = self._loss, None
        try:
            value, token = backend.mark(loss)
            warm = backend.unsure and backend.compiled()
        except Exception as error:
            session.trouble("mark", error)
            value, token, warm = None, None, False
        if self._since:
            self._since.clear()
        self.put((self._played_end, now, key, samples, value, token, warm))
        if not self._journal.awake or (token is not None and backend.prompt):
            session.queued(token)
        if began:
            session.own = thread_time() - began
            if len(self._queue) > _MOST:
                self.replay()

    def _unusual_end(self, now: int, key: int, samples: Optional[int]) -> None:
        if self.fast and not self._may_close(key):
            self.put((self.tracker.optimizer_end, now, key, samples))
            return
        if self.fast:
            self.slow_down()
        self._slow_end(now, key, samples)
        self._speed_up()

    def _may_close(self, key: int) -> bool:
        """Mirror what the tracker does with the end of an optimizer; whether a step may end."""
        if key != self._open:
            return False  # one inside another
        self._open = 0
        if key == self._boundary or key in self._since:
            return True
        self._since.append(key)
        return False

    def _slow_end(self, now: int, key: int, samples: Optional[int]) -> None:
        tracker = self.tracker
        if not tracker.closes(key):
            tracker.optimizer_end(now, key, samples)
            return
        after = self._fence() if self._fenced else 0
        closed = tracker.optimizer_end(now, key, samples, after)
        loss, self._loss = self._loss, None
        self._mark(loss)
        if closed:
            self._session.closed(self)

    def optimizer_failed(self, key: int) -> None:
        """Note that the call has raised: it was no step."""
        if key == self._open:
            self._open = 0
        self.put((self.tracker.optimizer_failed, _clock(), key))

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


def _at_once(event: Event) -> None:
    event[0](*event[1:])
