"""When profile windows open and close: schedule and capture requests. Pure.

Asked at each boundary between two steps; answers with what to do there. One
window is open at a time; a request that comes meanwhile waits.
"""

from __future__ import annotations

from collections import deque
from typing import Deque, Dict, List, Optional, Tuple

NEVER = 1 << 62
NONE, PREPARE, START, STOP = range(4)


class Window:
    """One profile window. ``spans`` holds (n, start, end) of its steps."""

    __slots__ = ("active", "first", "id", "last", "options", "origin", "spans", "warmup")

    def __init__(
        self, number: int, origin: str, warmup: int, active: int, options: Tuple[str, ...]
    ) -> None:
        self.id = number
        self.origin = origin
        self.warmup = warmup
        self.active = active
        self.options = options
        self.first: Optional[int] = None
        self.last: Optional[int] = None
        self.spans: List[Tuple[int, int, int]] = []


class Windows:
    """The windows of one run.

    ``schedule`` as in the manifest (skip, wait, warmup, active, repeat), or
    ``None``. ``options`` are those of scheduled windows.
    """

    def __init__(self, schedule: Optional[Dict[str, int]], options: Tuple[str, ...]) -> None:
        self._schedule = schedule
        self._options = options
        self._requests: Deque[Tuple[int, Tuple[str, ...]]] = deque()
        self._made = 0
        self._repeats = 0
        self._due: Optional[int] = None
        if schedule and schedule.get("active", 0) > 0:
            self._due = schedule.get("skip", 0) + schedule.get("wait", 0)
        self._until = 0
        self.current: Optional[Window] = None
        self.recording = False

    def request(self, steps: int, options: Tuple[str, ...]) -> None:
        """Ask for a window as soon as possible; callable from any thread."""
        self._requests.append((max(1, steps), options))

    @property
    def waiting(self) -> int:
        """Requests that no window has been opened for."""
        return len(self._requests)

    def next_due(self) -> int:
        """Return the step before which there may be something to do: 0 for now, or a far one."""
        if self.current is not None or self._requests:
            return 0
        return NEVER if self._due is None else self._due

    def boundary(self, n: int) -> List[int]:
        """Step ``n`` is about to begin; returns what to do before it, in order."""
        actions: List[int] = []
        window = self.current
        if window is not None:
            # Two steps may end at once: the first is held back for a while.
            if n >= self._until and self.recording:
                actions.append(STOP)
                self._end(n)
            elif n >= self._until:
                actions.append(START)
                self._record(window, n)
        if self.current is None:
            self._open(n, actions)
        return actions

    def fail(self, n: int) -> None:
        """Forget the window: it could not be opened."""
        self._end(n)

    def _open(self, n: int, actions: List[int]) -> None:
        window = self._next(n)
        if window is None:
            return
        self.current = window
        actions.append(PREPARE)
        self._until = n + window.warmup
        if window.warmup <= 0:
            actions.append(START)
            self._record(window, n)

    def _next(self, n: int) -> Optional[Window]:
        if self._requests:
            steps, options = self._requests.popleft()
            return self._make("capture", 1, steps, options)
        if self._due is None or n < self._due or self._schedule is None:
            return None
        schedule = self._schedule
        return self._make("schedule", schedule.get("warmup", 0), schedule["active"], self._options)

    def _make(self, origin: str, warmup: int, active: int, options: Tuple[str, ...]) -> Window:
        window = Window(self._made, origin, warmup, active, options)
        self._made += 1
        return window

    def _record(self, window: Window, n: int) -> None:
        self.recording = True
        self._until = n + window.active

    def _end(self, n: int) -> None:
        window = self.current
        self.current = None
        self.recording = False
        if window is None or window.origin != "schedule" or self._schedule is None:
            return
        self._repeats += 1
        repeat = self._schedule.get("repeat", 1)
        done = repeat > 0 and self._repeats >= repeat
        self._due = None if done else n + self._schedule.get("wait", 0)
