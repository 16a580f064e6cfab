"""Marks, what allocators said, and counters: what is no slice."""

from __future__ import annotations

from collections import Counter as Counts
from collections.abc import Callable
from typing import Any

import numpy as np

from diptych.profiling.trace.gather import Raw
from diptych.profiling.trace.meta import Names
from diptych.profiling.trace.roles import COUNTER, INSTANT, MEMORY, Roles
from diptych.profiling.trace.scan_event import DEEPEST
from diptych.profiling.trace.table import Counter, Instants, MemoryEvents


def instants_of(raw: Raw, roles: Roles, track_of: Any, origin: int) -> Instants:
    """Return the marks, sorted by time."""
    rows = roles.rows(INSTANT)
    rows = rows[np.argsort(raw.columns["time"][rows], kind="stable")]
    columns = raw.columns
    return Instants(
        time=columns["time"][rows] - origin,
        name=columns["name"][rows],
        category=columns["category"][rows],
        track=track_of[columns["lane"][rows]],
        args_at=columns["args_at"][rows],
        args_length=columns["args_length"][rows],
    )


def memory_of(raw: Raw, roles: Roles, track_of: Any, origin: int) -> MemoryEvents:
    """Return what allocators said, sorted by time."""
    said = raw.memories
    place = np.flatnonzero(roles.role[said["row"]] == MEMORY)
    time = raw.columns["time"][said["row"][place]] - origin
    order = np.argsort(time, kind="stable")
    place, time = place[order], time[order]
    address = said["address"][place]
    address[address == DEEPEST] = 0
    return MemoryEvents(
        time=time,
        size=said["size"][place],
        address=address.view(np.uint64),
        device_type=_small(said["device_type"][place]),
        device=_small(said["device"][place]),
        allocated=_known(said["allocated"][place]),
        reserved=_known(said["reserved"][place]),
        track=track_of[raw.columns["lane"][said["row"][place]]],
    )


def _known(column: Any) -> Any:
    return np.maximum(column, -1)


def _small(column: Any) -> Any:
    return np.where((column < -1) | (column > 32767), -1, column).astype(np.int16)


def counters_of(
    raw: Raw, roles: Roles, names: Names, words: Callable[[int], str], origin: int
) -> tuple[list[Counter], int]:
    """Return the curves, and how many events they are made of."""
    rows = roles.rows(COUNTER)
    said = raw.counters[roles.role[raw.counters["row"]] == COUNTER]
    if not len(said):
        return [], len(rows)
    row = said["row"]
    pid = raw.threads.pids[raw.columns["lane"][row]]
    name, key, time = raw.columns["name"][row], said["key"], raw.columns["time"][row] - origin
    order = np.lexsort((time, key, name, pid))
    columns = [column[order] for column in (pid, name, key)]
    new = np.ones(len(order), bool)
    new[1:] = np.any([column[1:] != column[:-1] for column in columns], axis=0)
    firsts = np.flatnonzero(new)
    curves = [tuple(int(column[first]) for column in columns) for first in firsts]
    many = _with_several(curves)
    made = []
    for curve, part in zip(curves, np.split(order, firsts[1:]), strict=True):
        pid_text, label = words(curve[0]), words(curve[1])
        if curve[:2] in many:
            label = f"{label}: {words(curve[2])}"
        process = names.processes.get(pid_text, "")
        made.append(Counter(label, pid_text, process, time[part], said["value"][part].copy()))
    return sorted(made, key=lambda c: (c.pid, c.name)), len(rows)


def _with_several(curves: list[tuple[int, ...]]) -> set[tuple[int, ...]]:
    """Return the (pid, name) of counters that have more than one value."""
    seen = Counts(curve[:2] for curve in curves)
    return {curve for curve, count in seen.items() if count > 1}
