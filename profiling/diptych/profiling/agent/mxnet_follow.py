"""Sees when arrays of MXNet are ready, and reads them, without changing the training.

``NDArray.wait_to_read`` would do, but for one thing: where an operator has
failed, MXNet raises its error from the first wait that comes, and then never
again. A wait of the agent would take the error from the script. So the agent
waits for a semaphore that MXNet's engine posts: two operations are pushed
that read the arrays. The first one runs only if the arrays are good, and
leaves a mark; the second is released after it in any case, and posts. Both
are plain functions of the C library: the engine's threads never wait for
Python. The wait itself is a foreign call, which lets go of the interpreter.
"""

from __future__ import annotations

import ctypes
import os
import threading
import time
from queue import SimpleQueue
from typing import Any, Callable, List, Optional, Tuple

_clock = time.monotonic_ns

LIMIT = 50_000
"""So many steps may be on their way; beyond, steps are not followed (no time, no loss)."""
_READABLE = 1 << 16
"""A loss of more elements than that is not read."""

_NAME = b"WaitForVar"  # what MXNet calls its own waits: known as engine noise
_PRIORITIZED = 3  # FnProperty::kCPUPrioritized: not queued behind the operators


class Landing:
    """Waits for arrays. One thread at a time; memory is small and never given back."""

    def __init__(self, mx: Any) -> None:
        """Look the functions up.

        Raises:
            AttributeError: when MXNet or the C library lacks a function.
            OSError: when the platform has no semaphores in memory.

        """
        # A library object of our own: argtypes must not change the script's view.
        self._push = ctypes.CDLL(mx.base._LIB._name).MXEnginePushSyncND
        libc = ctypes.CDLL(None, use_errno=True)
        self._sem_wait, self._sem_post = libc.sem_wait, libc.sem_post
        self._sem_wait.argtypes = self._sem_post.argtypes = [ctypes.c_void_p]
        self._mark_it = ctypes.cast(libc.strtod, ctypes.c_void_p)
        self._nothing = ctypes.cast(libc.labs, ctypes.c_void_p)
        self._post_it = ctypes.cast(libc.sem_post, ctypes.c_void_p)
        libc.malloc.restype = ctypes.c_void_p
        libc.malloc.argtypes = [ctypes.c_size_t]
        # The engine may still write here while the process ends.
        self._semaphore: int = libc.malloc(128)
        self._mark = ctypes.c_void_p.from_address(self._semaphore + 64)
        libc.sem_init.argtypes = [ctypes.c_void_p, ctypes.c_int, ctypes.c_uint]
        if libc.sem_init(self._semaphore, 0, 0) != 0:
            raise OSError(ctypes.get_errno(), "sem_init")
        self._context = (ctypes.c_int * 2)(1, 0)
        self._property = ctypes.c_int(_PRIORITIZED)
        self._new_link: Callable[[], Any] = lambda: mx.nd.empty((1,), ctx=mx.cpu())
        self._link = self._new_link()
        self._check = mx.base.check_call

    def push(self, arrays: List[Any]) -> None:
        """Have the semaphore posted when ``arrays`` are ready."""
        self._mark.value = None
        handles = (ctypes.c_void_p * len(arrays))(*[array.handle.value for array in arrays])
        link = (ctypes.c_void_p * 1)(self._link.handle.value)
        # strtod(any text, &mark) leaves a pointer that is not null in mark.
        mark = ctypes.c_void_p(self._semaphore + 64)
        self._operation(self._mark_it, mark, None, handles, len(arrays), link, 1)
        semaphore = ctypes.c_void_p(self._semaphore)
        self._operation(self._nothing, semaphore, self._post_it, link, 1, None, 0)

    def wait(self) -> bool:
        """Wait for what was pushed; return whether the arrays are good."""
        while self._sem_wait(self._semaphore) != 0:
            pass  # a signal came
        good = bool(self._mark.value)
        if not good:
            self._link = self._new_link()  # this one carries the error now
        return good

    def wake(self) -> None:
        """End a :meth:`wait`, from another thread."""
        self._sem_post(self._semaphore)

    def _operation(
        self,
        function: Any,
        parameter: Any,
        deleter: Any,
        read: Any,
        reads: int,
        written: Any,
        writes: int,
    ) -> None:
        done = self._push(
            function,
            parameter,
            deleter,
            ctypes.byref(self._context),
            read,
            ctypes.c_int(reads),
            written,
            ctypes.c_int(writes),
            ctypes.byref(self._property),
            ctypes.c_int(0),
            _NAME,
        )
        self._check(done)


class Token:
    """What a step is waited for by. ``is_loss``: the mean of ``arrays`` is its loss."""

    __slots__ = ("arrays", "is_loss")

    def __init__(self, arrays: List[Any], is_loss: bool) -> None:
        self.arrays = arrays
        self.is_loss = is_loss


class Follower:
    """A daemon thread that reports, in order, when the tokens of steps are ready."""

    def __init__(self, mx: Any, report: Callable[[int, int, Optional[float]], None]) -> None:
        self._landing = Landing(mx)
        self._report = report
        self._queue: SimpleQueue[Optional[Tuple[int, Token]]] = SimpleQueue()
        self._closing = False
        # MXNet stops its engine around a fork; nothing may be pushed meanwhile.
        self._gate = threading.Lock()
        os.register_at_fork(
            before=self._gate.acquire,
            after_in_parent=self._gate.release,
            after_in_child=self._gate.release,
        )
        self._thread = threading.Thread(target=self._run, name="diptych-mxnet", daemon=True)
        self._thread.start()

    def follow(self, n: int, token: Token) -> None:
        """Watch the ``token`` of step ``n``; costs the training thread almost nothing."""
        if self._queue.qsize() < LIMIT:
            self._queue.put((n, token))

    def close(self, timeout: float) -> None:
        """Stop watching; what is not ready by now is not reported."""
        self._closing = True
        self._queue.put(None)
        self._landing.wake()
        self._thread.join(timeout)

    def _run(self) -> None:
        while True:
            item = self._queue.get()
            if item is None or self._closing:
                return
            self._watch(*item)
            del item  # or the arrays would live until the next step

    def _watch(self, n: int, token: Token) -> None:
        with self._gate:
            self._landing.push(token.arrays)
        good = self._landing.wait()
        at = _clock()
        if self._closing or not good:
            return
        loss = None
        if token.is_loss:
            with self._gate:
                loss = mean(token.arrays)
        self._report(n, at, loss)


def mean(arrays: List[Any]) -> Optional[float]:
    """Return the mean over all elements of ready ``arrays``; None where there is none."""
    total, count = 0.0, 0
    for array in arrays:
        if array.size > _READABLE:
            return None
        try:
            values = array.asnumpy()
            total += float(values) if values.size == 1 else float(values.sum(dtype="float64"))
        except (TypeError, ValueError):
            return None  # a type that numpy cannot add up
        count += values.size
    return total / count if count else None
