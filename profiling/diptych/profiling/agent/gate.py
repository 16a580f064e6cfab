"""Turns of a race: after so many steps the training waits until it is its turn again.

The race that this run belongs to has two named pipes in a folder. ``done``
gets one byte when this side has parked; ``grant`` then brings a line ``turn
round steps``: make so many steps. 0 steps are: go on without turns. Waiting is
a blocking read, so a parked side needs no processor. If the race is gone the
training goes on by itself; where there is a file ``ends`` beside the pipes it
asks for its own end, since it would make more steps than anybody wants.
"""

from __future__ import annotations

import os
import sys
import time
from typing import Any, Dict, Optional, Tuple

from .backend import Backend
from .journal import Journal

_clock = time.monotonic_ns
_NEVER = sys.maxsize
_STOP = b'{"k":"stop","by":"the comparison, whose conductor is gone"}\n'


class Gate:
    """What the session asks at the boundary of steps; training thread."""

    def __init__(self, config: Dict[str, Any], journal: Journal) -> None:
        self._journal = journal
        self._grant = self._done = -1
        self._turn: Optional[Tuple[int, int]] = None
        self._first = 0
        self._began = 0
        self._waited = 0
        self._ends = ""
        self.next_due = _NEVER
        """The step before which the training waits."""
        folder = config.get("gate")
        if folder:
            self._open(str(folder), config["dir"])

    def _open(self, folder: str, run: str) -> None:
        if os.path.exists(os.path.join(folder, "ends")):
            self._ends = os.path.join(run, "control.jsonl")
        try:
            # Without waiting for the other end: the race may be gone already.
            self._grant = os.open(os.path.join(folder, "grant"), os.O_RDONLY | os.O_NONBLOCK)
            self._done = os.open(os.path.join(folder, "done"), os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            self._lost()
            return
        os.set_blocking(self._grant, True)
        self.next_due = 0

    def _free(self) -> None:
        for descriptor in (self._grant, self._done):
            if descriptor >= 0:
                os.close(descriptor)
        self._grant = self._done = -1
        self.next_due = _NEVER

    def _lost(self) -> None:
        """Go on alone, or ask the runner to stop this run: the race is gone."""
        self._free()
        if not self._ends:
            return
        try:
            with open(self._ends, "a+b", buffering=0) as control:
                control.seek(0)
                # A second request would be obeyed as one to hurry.
                if b'"stop"' not in control.read():
                    control.write(_STOP)
        except OSError:
            pass  # the runner's folder is gone: there is nobody to ask

    def boundary(self, backend: Backend, n: int) -> bool:
        """Step ``n`` is about to begin; returns whether the training had to wait."""
        if n < self.next_due:
            return False
        if self._turn is not None:
            backend.fence()
            self._tell(n)
        self._park(n)
        return True

    def finish(self, n: int) -> None:
        """Note that no step ``n`` will come."""
        if self._turn is not None and n > self._first:
            self._tell(n)
        self._free()

    def _tell(self, n: int) -> None:
        number, race_round = self._turn or (0, 0)
        fields = {"number": number, "round": race_round, "first": self._first, "last": n - 1}
        fields.update(t0=self._began, waited=self._waited)
        self._journal.emit("turn", fields)
        self._turn = None

    def _park(self, n: int) -> None:
        since = _clock()
        try:
            os.write(self._done, b".")
            number, race_round, steps = self._next()
        except (OSError, ValueError):
            self._lost()
            return
        if steps <= 0:
            self._free()
            return
        self._turn = number, race_round
        self._first = n
        self.next_due = n + steps
        self._began = _clock()
        self._waited = self._began - since

    def _next(self) -> Tuple[int, int, int]:
        line = b""
        while not line.endswith(b"\n"):
            # One byte at a time: the next line may follow at once.
            byte = os.read(self._grant, 1)
            if not byte:
                raise OSError("the race is gone")
            line += byte
        number, race_round, steps = line.split()
        return int(number), int(race_round), int(steps)
