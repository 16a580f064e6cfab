"""How often news is shown, so that showing it leaves most of a processor to the training.

No Qt here. What counts is the processor time of the thread that asks: all that
it does between two news, painting too. What others take of the machine does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable

OFTEN, SELDOM = 1 / 30, 1 / 10
"""Seconds between two news: at least, and at most however long showing them takes."""

_SHARE = 0.3
"""Part of one processor that the thread may take while news comes without end."""

_NEWEST = 0.3
"""Weight of the newest cost; one slow picture changes little."""


class Pace:
    """Belongs to the thread that shows the news."""

    def __init__(self, clock: Callable[[], float] = time.thread_time) -> None:
        self._clock = clock
        self._before = clock()
        self._cost = 0.0

    def next(self) -> float:
        """Return the seconds that are to pass from this news to the next."""
        now = self._clock()
        # One that took longer, as when a view was built, is no measure of the next.
        cost = min(now - self._before, SELDOM)
        self._before = now
        self._cost += _NEWEST * (cost - self._cost)
        return min(max(self._cost / _SHARE, OFTEN), SELDOM)
