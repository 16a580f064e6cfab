"""How often news is shown, so that showing it leaves most of a processor to the training.

No Qt here. What counts is the processor time of the thread that asks: all that
it does between two news, painting too. What others take of the machine does not.
"""

from __future__ import annotations

import time
from collections.abc import Callable

OFTEN, SELDOM = 1 / 30, 1 / 13
"""Seconds between two news: at least, and at most however long showing them takes."""

SHARE = 0.3
"""Part of one processor that the thread may take while news comes without end."""

_SAVED = 0.05
"""Seconds of processor time that a quiet while saves up: news after it is shown at once."""


class Pace:
    """Belongs to the thread that shows the news."""

    def __init__(
        self,
        work: Callable[[], float] = time.thread_time,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        self._work, self._wall = work, wall
        self._worked, self._at = work(), wall()
        self._credit = _SAVED

    def next(self) -> float:
        """Return the seconds that are to pass from this news to the next."""
        worked, at = self._work(), self._wall()
        earned, spent = SHARE * (at - self._at), worked - self._worked
        self._worked, self._at = worked, at
        # Neither a long rest nor one long piece of work, as when a view is built,
        # says what comes next.
        self._credit = max(min(self._credit + earned, _SAVED) - spent, -SHARE * SELDOM)
        return min(max(-self._credit / SHARE, OFTEN), SELDOM)
