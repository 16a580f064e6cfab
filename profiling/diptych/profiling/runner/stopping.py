"""Ends a worker: ask, SIGTERM, SIGKILL; each stage gets its time, then the next."""

from __future__ import annotations

import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Stage = Literal["ask", "term", "kill"]
_STAGES: tuple[Stage, ...] = ("ask", "term", "kill")


@dataclass(frozen=True, slots=True)
class Grace:
    """Seconds that each stage gets."""

    ask: float = 6.0
    term: float = 3.0
    kill: float = 5.0
    linger: float = 0.5
    """For what the worker left behind to go by itself."""


class Stopper:
    """Escalates against one worker. Driven by `look`; never waits itself.

    ``act`` carries a stage out (and records it); ``give_up`` is called once
    when even SIGKILL did not help.
    """

    def __init__(
        self, grace: Grace, act: Callable[[Stage, str], None], give_up: Callable[[], None]
    ) -> None:
        self._grace = grace
        self._act = act
        self._give_up = give_up
        self._next = 0
        self._deadline: float | None = None
        self._gave_up = False
        self.why: str | None = None
        self.by: str | None = None

    @property
    def active(self) -> bool:
        """Whether an end was asked for."""
        return self._next > 0

    def ask(self, why: str, by: str, now: float, *, kill: bool = False) -> None:
        """Begin, or go one stage further; with ``kill`` to the last stage at once."""
        if self.why is None:
            self.why, self.by = why, by
        if kill:
            self._next = max(self._next, _STAGES.index("kill"))
        self._advance(now, why)

    def look(self, now: float) -> None:
        """Go on to the next stage when the time of the present one is up."""
        if self._deadline is not None and now >= self._deadline:
            self._advance(now, "it is still running")

    def _advance(self, now: float, why: str) -> None:
        if self._next >= len(_STAGES):
            self._deadline = None
            if not self._gave_up and why == "it is still running":
                self._gave_up = True
                self._give_up()
            return
        stage = _STAGES[self._next]
        self._next += 1
        self._deadline = (
            now
            + {
                "ask": self._grace.ask,
                "term": self._grace.term,
                "kill": self._grace.kill,
            }[stage]
        )
        self._act(stage, why)


SIGNALS: dict[Stage, signal.Signals] = {
    "ask": signal.SIGINT,
    "term": signal.SIGTERM,
    "kill": signal.SIGKILL,
}
