"""What each event is used for, or why it cannot be used."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from diptych.profiling.trace.gather import Raw
from diptych.profiling.trace.scan_event import (
    BAD_DURATION,
    BAD_TIME,
    HAS_DURATION,
    HAS_TIME,
)

(
    DROPPED, WHOLE, BEGIN, END, ASYNC_BEGIN, ASYNC_END, INSTANT, COUNTER, METADATA, FLOW, MEMORY,
) = range(11)  # fmt: skip

_PHASES = {
    "X": WHOLE, "B": BEGIN, "E": END, "(": BEGIN, ")": END, "b": ASYNC_BEGIN, "e": ASYNC_END,
    "S": ASYNC_BEGIN, "F": ASYNC_END, "i": INSTANT, "I": INSTANT, "R": INSTANT, "n": INSTANT,
    "T": INSTANT, "p": INSTANT, "C": COUNTER, "M": METADATA, "s": FLOW, "t": FLOW, "f": FLOW,
}  # fmt: skip
_UNUSED = {"P": "sample of a stack", "N": "object", "O": "object", "D": "object"}
_FAR = 1 << 61
"""Nanoseconds; what is further from zero is no time."""


@dataclass(slots=True)
class Roles:
    """One role an event, and how many events were dropped why."""

    role: Any
    dropped: Counter[str]

    def drop(self, rows: Any, reason: str) -> None:
        """Say that some events cannot be used."""
        if len(rows):
            self.role[rows] = DROPPED
            self.dropped[reason] += len(rows)

    def rows(self, role: int) -> Any:
        """Return the events of a role."""
        return np.flatnonzero(self.role == role)


def roles_of(raw: Raw) -> Roles:
    """Tell what every event is for by its phase, and drop those that lack what they need."""
    table = np.zeros(256, np.uint8)
    for phase, role in _PHASES.items():
        table[ord(phase)] = role
    phase = raw.columns["phase"]
    roles = Roles(table[phase], Counter())
    if raw.malformed:
        roles.dropped["not valid JSON"] = raw.malformed
    _drop_phases(roles, phase)
    if len(raw.memories):
        roles.role[raw.memories["row"]] = MEMORY
    _drop_times(roles, raw)
    return roles


def _drop_phases(roles: Roles, phase: Any) -> None:
    without = phase[roles.role == DROPPED]
    for code, count in enumerate(np.bincount(without, minlength=256).tolist()):
        if count and code:
            reason = _UNUSED.get(chr(code), f"phase {chr(code)!r} is not known")
            roles.dropped[reason] += count
        elif count:
            roles.dropped["without a phase"] += count


def _drop_times(roles: Roles, raw: Raw) -> None:
    flags, role = raw.columns["flags"], roles.role
    timed = (role != DROPPED) & (role != METADATA)
    far = (raw.columns["time"] > _FAR) | (raw.columns["time"] < -_FAR)
    good = (flags & HAS_TIME).astype(bool) & ~far
    if np.count_nonzero(timed & ~good):
        bad = (flags & BAD_TIME).astype(bool)
        roles.drop(np.flatnonzero(timed & bad), "time is not a number")
        roles.drop(np.flatnonzero(timed & far & ~bad), "time out of range")
        roles.drop(np.flatnonzero(timed & ~good & ~bad & ~far), "without a time")
    duration = raw.columns["duration"]
    usable = (flags & HAS_DURATION).astype(bool) & (duration >= 0) & (duration <= _FAR)
    rest = np.flatnonzero((role == WHOLE) & ~usable)
    if not len(rest):
        return
    has = (flags[rest] & HAS_DURATION).astype(bool)
    bad = (flags[rest] & BAD_DURATION).astype(bool)
    far = has & (duration[rest] > _FAR)
    negative = has & (duration[rest] < 0)
    roles.drop(rest[bad], "duration is not a number")
    roles.drop(rest[far], "duration out of range")
    roles.drop(rest[negative], "negative duration")
    roles.drop(rest[~bad & ~far & ~negative], "without a duration")
