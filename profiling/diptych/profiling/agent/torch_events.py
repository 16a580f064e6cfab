"""CUDA events as completion times, seen by asking, never by waiting.

The device's own clock says how far two events lie apart, to less than a
microsecond; the host's clock says only when we looked. The two are tied by
the earliest look so far, so a late look does not move a step.
"""

from __future__ import annotations

from collections import deque
from typing import Any, Callable, Deque, List, Optional, Tuple

PERIOD = 0.001

Seen = Callable[[int, int, Optional[float]], None]


class Mark:
    """The end of one step on the device; ``buffer`` will hold its loss."""

    __slots__ = ("at", "buffer", "event")

    def __init__(self, event: Any, buffer: Any, at: int) -> None:
        self.event = event
        self.buffer = buffer
        self.at = at


class Events:
    """The marks that are out, oldest first. ``clock`` returns monotonic ns."""

    def __init__(self, make_event: Callable[[], Any], clock: Callable[[], int]) -> None:
        self._make_event = make_event
        self._clock = clock
        self._out: Deque[Tuple[int, Mark]] = deque()
        self._spare: List[Any] = []
        self._spare_buffers: List[Any] = []
        self._previous: Optional[Any] = None
        self._device = 0.0
        self._offset: Optional[float] = None
        """Host time less device time, in ns; the smallest seen."""

    def event(self) -> Any:
        """Return an event that is free to be recorded."""
        return self._spare.pop() if self._spare else self._make_event()

    def buffer(self, make: Callable[[], Any]) -> Any:
        """Return a pinned buffer that is free to be copied into."""
        return self._spare_buffers.pop() if self._spare_buffers else make()

    def follow(self, n: int, mark: Mark) -> None:
        """Watch ``mark`` as step ``n``."""
        self._out.append((n, mark))

    def look(self, seen: Seen) -> Optional[float]:
        """Report what has been completed; returns in how many seconds to look again."""
        while self._out:
            n, mark = self._out[0]
            if not mark.event.query():
                return PERIOD
            now = self._clock()
            self._out.popleft()
            loss = None if mark.buffer is None else float(mark.buffer[0])
            seen(n, self._when(mark, now), loss)
        return None

    def _when(self, mark: Mark, now: int) -> int:
        """Return when ``mark`` was reached, in host time."""
        if self._previous is not None:
            self._device += self._previous.elapsed_time(mark.event) * 1e6
            self._spare.append(self._previous)
        self._previous = mark.event
        if mark.buffer is not None:
            self._spare_buffers.append(mark.buffer)
        offset = now - self._device
        if self._offset is None or offset < self._offset:
            self._offset = offset
        return min(now, max(mark.at, int(self._device + self._offset)))
