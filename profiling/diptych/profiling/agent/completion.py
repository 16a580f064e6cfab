"""When steps were complete, and how long they took by that measure. Pure.

A step took from the later of *previous step complete* and *step began* to
*complete*. One whose predecessor's completion is not known has no time: it
would be a guess.
"""

from __future__ import annotations

from typing import Dict, Optional, Set, Tuple


class Completions:
    """Matches reports with steps; ``expect`` and ``done`` may run on two threads."""

    def __init__(self) -> None:
        self._out: Dict[int, int] = {}
        self._first: Optional[int] = None
        self._oldest = 0
        self._previous: Tuple[int, int] = (-2, 0)
        self._blind: Set[int] = set()

    def expect(self, n: int, t0: int, *, blind: bool = False) -> None:
        """Step ``n`` began at ``t0``.

        ``blind``: something else was given to the device in between (validation),
        and nobody saw when that was done. The step's time is not known then.
        """
        if self._first is None:
            self._first = n
        self._out[n] = t0
        if blind:
            self._blind.add(n)

    def forget(self, n: int) -> None:
        """Step ``n`` will not be reported."""
        self._out.pop(n, None)
        self._blind.discard(n)

    def done(self, n: int, at: int) -> Optional[int]:
        """Step ``n`` is complete since ``at``; returns its time, ``None`` if not known."""
        t0 = self._out.pop(n, None)
        if t0 is None:
            return None
        while self._oldest < n:  # a step whose work failed is never reported
            self.forget(self._oldest)
            self._oldest += 1
        blind = n in self._blind
        self._blind.discard(n)
        previous, before = self._previous
        self._previous = (n, at)
        if n == self._first:
            return max(0, at - t0)
        if previous != n - 1 or blind:
            return None
        return max(0, at - max(before, t0))

    @property
    def outstanding(self) -> int:
        """How many steps have not been reported."""
        return len(self._out)
