"""Several traces on one clock, their processes, threads, devices and ids kept apart.

Nothing is written here: a `Member` says where each track of one trace goes and
by how much its times and ids are shifted.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from diptych.profiling.trace.metrics.steps import marked_steps
from diptych.profiling.trace.table import TraceTable

Align = Literal["auto", "clock", "step"]
_Clock = Literal["unix", "first step", "own"]

_LAST_ID = 2**31 - 1
_SECOND = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where a track goes: small numbers that every viewer takes."""

    pid: int
    tid: int


@dataclass(frozen=True, slots=True)
class Member:
    """One trace of several."""

    table: TraceTable
    label: str
    """What its processes are called by; "" if it is the only one."""
    rank: int | None
    shift_ns: int
    """Added to the table's times; the result is never negative."""
    places: tuple[Place, ...]
    """One a track."""
    devices: dict[int, int]
    """Number of each device in the file → in the result."""
    hosts: dict[str, int]
    """The same for processes of the host."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How traces come together."""

    members: tuple[Member, ...]
    base_ns: int
    """Zero of the result: nanoseconds since 1970 (a whole second); 0 where no clock is known."""
    clock: _Clock


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody knows of tables that no file says, one a table."""

    labels: tuple[str, ...]
    """What their processes are called by; several tables may share a label."""
    origins: tuple[int, ...]
    """Zero of each table on a clock that all have in common, ns."""
    unix: bool
    """Whether that clock is Unix time."""


def plan(tables: Sequence[TraceTable], align: Align = "auto", given: Given | None = None) -> Plan:
    """Say how traces come together; ``auto`` aligns by the clock where all files have it.

    With ``given`` neither ``align`` nor the tables' own names and clocks matter.

    Raises:
        ValueError: they are to be aligned by a clock that one of them has not.
    """
    if given is not None:
        return _plan(tables, given.labels, given.origins, "unix" if given.unix else "first step")
    without = [table.path.name for table in tables if not table.absolute]
    if align == "clock" and without:
        raise ValueError(f"{without[0]} does not say when it was recorded: use --align step")
    by_clock = align == "clock" or (align == "auto" and not without)
    origins = _by_clock(tables) if by_clock or len(tables) == 1 else _by_step(tables)
    clock: _Clock = "unix" if by_clock else "first step"
    if len(tables) == 1 and not by_clock:
        clock = "own"
    return _plan(tables, _labels(tables), origins, clock)


def _plan(
    tables: Sequence[TraceTable], labels: Sequence[str], origins: Sequence[int], clock: _Clock
) -> Plan:
    first = min((o + _earliest(t) for o, t in zip(origins, tables, strict=True)), default=0)
    base = first // _SECOND * _SECOND if clock == "unix" else first
    numbers = _Numbers()
    members = [
        _member(table, label, origin - base, numbers)
        for table, label, origin in zip(tables, labels, origins, strict=True)
    ]
    return Plan(tuple(members), base if clock == "unix" else 0, clock)


def _by_clock(tables: Sequence[TraceTable]) -> list[int]:
    return [table.origin_ns for table in tables]


def _by_step(tables: Sequence[TraceTable]) -> list[int]:
    """Shift all so that their first steps (else their first slices) begin together."""
    return [-_first_step(table) for table in tables]


def _first_step(table: TraceTable) -> int:
    steps = marked_steps(table)
    return int(steps.start[0]) if len(steps) else _earliest(table)


def _earliest(table: TraceTable) -> int:
    """Return the first time of anything in a table."""
    columns = [table.slices.start, table.instants.time, table.memory.time]
    columns += [counter.time for counter in table.counters]
    return min((int(c.min()) for c in columns if len(c)), default=0)


def rank_of(table: TraceTable) -> int | None:
    """Return the rank that a file says it is of."""
    said = table.properties.get("distributedInfo")
    rank = said.get("rank") if isinstance(said, dict) else None
    return rank if isinstance(rank, int) else None


def _labels(tables: Sequence[TraceTable]) -> list[str]:
    """Name each trace by its rank, where that tells them apart, else by its file."""
    if len(tables) == 1:
        return [""]
    ranks = [rank_of(table) for table in tables]
    if None not in ranks and len(set(ranks)) == len(ranks):
        return [f"rank {rank}" for rank in ranks]
    names = [table.path.name.removesuffix(".gz").removesuffix(".json") for table in tables]
    if len(set(names)) < len(names):
        names = [
            f"{table.path.absolute().parent.parent.name} {name}"
            for table, name in zip(tables, names, strict=True)
        ]
    if len(set(names)) == len(names):
        return names
    return [f"{number}: {name}" for number, name in enumerate(names, start=1)]


class _Numbers:
    """Hands out process and device numbers of which each exists once."""

    def __init__(self) -> None:
        self._used: set[int] = set()
        self._next = 1

    def device(self, wanted: int) -> int:
        """Return ``wanted``, else the next number that is free."""
        number = wanted if 0 <= wanted <= _LAST_ID else 0
        while number in self._used:
            number += 1
        self._used.add(number)
        return number

    def host(self, pid: str) -> int:
        """Return the number that a file gave a process, if it may be used, else a free one."""
        number = _small(pid)
        if number is None or number == 0 or number in self._used:
            # Far from devices, which viewers list by number.
            number = max(self._next, 1_000_000)
            while number in self._used:
                number += 1
            self._next = number + 1
        self._used.add(number)
        return number


def _small(text: str) -> int | None:
    number = int(text) if text.isascii() and text.isdecimal() and len(text) < 11 else -1
    return number if 0 <= number <= _LAST_ID else None


def _member(table: TraceTable, label: str, shift: int, numbers: _Numbers) -> Member:
    found = sorted({track.device for track in table.tracks if track.device is not None})
    devices = {device: numbers.device(device) for device in found}
    pids = [track.pid for track in table.tracks if track.device is None]
    pids += [counter.pid for counter in table.counters]
    hosts = {pid: numbers.host(pid) for pid in dict.fromkeys(pids)}
    taken: dict[int, set[int]] = {}
    places = []
    for track in table.tracks:
        pid = hosts[track.pid] if track.device is None else devices[track.device]
        used = taken.setdefault(pid, set())
        places.append(Place(pid, free_thread(used, track.tid)))
    return Member(table, label, rank_of(table), shift, tuple(places), devices, hosts)


def free_thread(used: set[int], tid: str) -> int:
    """Return a thread's own number, if it may be used, else a free one; mark it as used."""
    number = _small(tid)
    if number is None or number in used:
        number = 1_000_000
        while number in used:
            number += 1
    used.add(number)
    return number
