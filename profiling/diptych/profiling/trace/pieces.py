"""Slices before they have a place: whole events, and pairs of a begin and an end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from diptych.profiling.trace.gather import Raw
from diptych.profiling.trace.pairs import paired
from diptych.profiling.trace.roles import ASYNC_BEGIN, ASYNC_END, BEGIN, END, WHOLE, Roles


@dataclass(slots=True)
class Pieces:
    """One entry a slice."""

    event: Any
    """The ``X`` event, or the begin."""
    other: Any
    """The end of a pair, −1 of an ``X``; ``None`` where there are no pairs."""
    start: Any
    duration: Any
    group: Any
    """Group of asynchronous pairs that share a track, −1 of others; ``None`` without groups."""
    groups: list[tuple[int, int]]
    """Of each group, the texts of its pid and category."""

    def pairs(self, order: Any) -> Any:
        """Return which places of an order are pairs."""
        if self.other is None:
            return np.zeros(0, np.int64)
        return np.flatnonzero(self.other[order] >= 0)

    def forget_times(self) -> None:
        """Let go of what stands, sorted, elsewhere."""
        self.start = self.duration = None

    def args(self, raw: Raw, order: Any, event: Any) -> tuple[Any, Any]:
        """Return where the arguments stand and how long they are, those of the begin first."""
        at, length = raw.columns["args_at"], raw.columns["args_length"]
        places, lengths = at[event], length[event]
        pairs = self.pairs(order)
        late = pairs[lengths[pairs] == 0]
        if len(late):
            ends = self.other[order[late]]
            places[late], lengths[late] = at[ends], length[ends]
        return places, lengths


def pieces_of(raw: Raw, roles: Roles, source: str) -> Pieces:
    """Find all slices; drop begins and ends that have no other half."""
    _drop_copies(raw, roles, source)
    whole = roles.rows(WHOLE)
    time, duration = raw.columns["time"], raw.columns["duration"]
    begin, end = _pairs(raw, roles, BEGIN, END, raw.columns["lane"])
    keys = _async_keys(raw)
    async_begin, async_end = (
        _pairs(raw, roles, ASYNC_BEGIN, ASYNC_END, keys) if keys is not None else (begin[:0],) * 2
    )
    if not len(begin) and not len(async_begin):
        return Pieces(whole, None, time[whole], duration[whole], None, [])
    event = np.concatenate([whole, begin, async_begin])
    other = np.concatenate([np.full(len(whole), -1, np.int64), end, async_end])
    length = np.where(other >= 0, time[other] - time[event], duration[event])
    group, groups = _groups(raw, async_begin)
    before = np.full(len(whole) + len(begin), -1, np.int64)
    return Pieces(event, other, time[event], length, np.concatenate([before, group]), groups)


def _drop_copies(raw: Raw, roles: Roles, source: str) -> None:
    """Drop the asynchronous copies that MXNet writes of its operators."""
    begins = roles.rows(BEGIN)
    if source != "mxnet" or not len(begins):
        return
    category = raw.columns["category"]
    doubled = np.unique(category[begins])
    words = [c for c in doubled.tolist() if c >= 0 and raw.texts[c] == b"operator"]
    async_ = (roles.role == ASYNC_BEGIN) | (roles.role == ASYNC_END)
    copies = np.flatnonzero(async_ & np.isin(category, words))
    roles.drop(copies, "second copy of an operator")


def _pairs(raw: Raw, roles: Roles, begin: int, end: int, thread: Any) -> tuple[Any, Any]:
    rows = np.flatnonzero((roles.role == begin) | (roles.role == end))
    if not len(rows):
        return rows, rows
    is_end = roles.role[rows] == end
    partner = paired(thread[rows], raw.columns["name"][rows], raw.columns["time"][rows], is_end)
    alone = partner < 0
    roles.drop(rows[alone & is_end], "end without a begin")
    roles.drop(rows[alone & ~is_end], "begin without an end")
    begins = np.flatnonzero(~alone & ~is_end)
    return rows[begins], rows[partner[begins]]


def _async_keys(raw: Raw) -> Any:
    """Return a number for each pid, category and id of events that have an id; ``None``: none."""
    ident = raw.columns["ident"]
    phase = raw.columns["phase"]
    rows = np.flatnonzero(np.isin(phase, np.frombuffer(b"beSF", np.uint8)))
    if not len(rows):
        return None
    pid = raw.threads.pids[raw.columns["lane"][rows]]
    category = raw.columns["category"][rows]
    order = np.lexsort((ident[rows], category, pid))
    columns = [c[order] for c in (pid, category, ident[rows])]
    new = np.zeros(len(rows), bool)
    for column in columns:
        new[1:] |= column[1:] != column[:-1]
    keys = np.zeros(len(raw), np.int64)
    keys[rows[order]] = np.cumsum(new)
    return keys


def _groups(raw: Raw, begins: Any) -> tuple[Any, list[tuple[int, int]]]:
    """Group asynchronous pairs by pid and category."""
    pid = raw.threads.pids[raw.columns["lane"][begins]]
    category = raw.columns["category"][begins].astype(np.int64)
    width = int(category.max(initial=0)) + 2
    keys, group = np.unique(pid * width + category + 1, return_inverse=True)
    return group, [(int(k) // width, int(k) % width - 1) for k in keys]
