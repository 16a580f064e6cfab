"""A steady beat on the monotonic clock that does not drift and does not catch up."""

from __future__ import annotations

import time


class Pace:
    """Beats ``hz`` times a second from the moment it is made."""

    def __init__(self, hz: float) -> None:
        self._period = 1.0 / hz
        self._next = time.monotonic() + self._period

    def pause(self) -> float:
        """Return the seconds until the next beat; beats that were missed are skipped."""
        now = time.monotonic()
        late = now - self._next
        if late >= self._period:
            # After a suspend or a stall there is a gap, not a burst.
            self._next += self._period * int(late / self._period)
        wait = max(0.0, self._next - now)
        self._next += self._period
        return wait
