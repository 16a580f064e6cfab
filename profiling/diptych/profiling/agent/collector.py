"""When Python's garbage collector ran, and for how long: it stops every thread.

Told are collections of all generations, and others that took 1 ms or more. The
collector may run anywhere, also while the journal is at work in this thread, so
its pauses are only noted here; the side thread queues the records.
"""

from __future__ import annotations

import gc
import time
from collections import deque
from typing import Any, Callable, Deque, Dict, Tuple

from .journal import Journal

LONG = 1_000_000
_ALL = 2
"""The generation whose collection looks at everything."""
_MOST = 4096
"""Pauses that may wait; of a script that collects all the time the newest are told."""


class Collector:
    """Listens to the collector of this process from ``start`` to ``stop``."""

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._noted: Deque[Tuple[int, int, int]] = deque(maxlen=_MOST)
        self._heard = _listener(self._noted)

    def start(self) -> None:
        """Begin to listen, and say since when."""
        now = time.monotonic_ns()
        self._journal.emit("gc", {"t0": now, "generation": None}, now)
        gc.callbacks.append(self._heard)

    def write(self) -> None:
        """Queue the records of what was heard."""
        noted = self._noted
        while noted:
            began, ended, generation = noted.popleft()
            self._journal.emit("gc", {"t0": began, "generation": generation}, ended)

    def stop(self) -> None:
        """Listen no more."""
        if self._heard in gc.callbacks:
            gc.callbacks.remove(self._heard)


def _listener(noted: Deque[Tuple[int, int, int]]) -> Callable[[str, Dict[str, Any]], None]:
    """Return what the collector calls; its names are its own, it also runs at the very end."""
    clock, began = time.monotonic_ns, 0

    def heard(phase: str, info: Dict[str, Any]) -> None:
        nonlocal began
        if phase == "start":
            began = clock()
            return
        ended, generation = clock(), info["generation"]
        if generation == _ALL or ended - began >= LONG:
            noted.append((began, ended, generation))

    return heard
