"""Texts and threads as small numbers: hash tables of compiled code.

A `Texts` holds each byte string once; a `Lanes` each pair of a pid and a tid.
Both have a fixed room: `FULL` says that it is used up, ``grow`` makes more.
Compiled code sees their `view`.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from diptych.profiling.trace.jit import Memory, copy, get, int32, jit, memory, put, put32, word
from diptych.profiling.trace.scan_bytes import PADDING, Bytes

FULL = -3
"""Returned instead of a number where there is no room left."""

_MIX = np.uint64(0x9E3779B97F4A7C15)
_HALF = np.uint64(32)
COUNT, FILLED = 0, 1
"""Indices into ``used``: how many there are, how many bytes they take."""


class TextsView(NamedTuple):
    """The memories of a `Texts`."""

    slots: Memory
    """int32: number of the text in that slot, −1 for none; their count is a power of two."""
    hashes: Memory
    """64 bits, one a text."""
    begins: Memory
    """int64, where each text begins in ``arena``; one more than there are texts."""
    arena: Memory
    used: Memory


class LanesView(NamedTuple):
    """The memories of a `Lanes`."""

    slots: Memory
    pids: Memory
    tids: Memory
    devices: Memory
    streams: Memory
    used: Memory


class Texts:
    """Byte strings by number."""

    def __init__(self, room: int = 1 << 13, size: int = 1 << 19) -> None:
        self.slots = np.full(2 * room, -1, np.int32)
        self.hashes = np.zeros(room, np.int64)
        self.begins = np.zeros(room + 1, np.int64)
        self.arena = np.zeros(size + PADDING, np.uint8)
        self.used = np.zeros(2, np.int64)

    def __len__(self) -> int:
        """Return the number of texts."""
        return int(self.used[COUNT])

    @property
    def view(self) -> TextsView:
        """Return what compiled code takes."""
        slots, hashes, begins = memory(self.slots), memory(self.hashes), memory(self.begins)
        return TextsView(slots, hashes, begins, memory(self.arena), memory(self.used))

    def grow(self, size: int = 0) -> None:
        """Make room for as many texts again, and for ``size`` bytes more."""
        count, used = len(self), int(self.used[FILLED])
        more = Texts(2 * len(self.hashes), 2 * used + size + PADDING)
        more.hashes[:count] = self.hashes[:count]
        more.begins[: count + 1] = self.begins[: count + 1]
        more.arena[:used] = self.arena[:used]
        more.used[:] = self.used
        _enter(more.view, count)
        self.__dict__.update(more.__dict__)

    def __getitem__(self, number: int) -> bytes:
        """Return a text."""
        return bytes(self.arena[self.begins[number] : self.begins[number + 1]])


class Lanes:
    """Pairs of numbers of texts, a pid and a tid, by number.

    ``devices`` and ``streams`` are what the first event of a lane says of
    itself that says either, −1 without one.
    """

    def __init__(self, room: int = 1 << 8) -> None:
        self.slots = np.full(2 * room, -1, np.int32)
        self.pids, self.tids, self.devices, self.streams = (
            np.full(room, -1, np.int64) for _ in range(4)
        )
        self.used = np.zeros(1, np.int64)

    def __len__(self) -> int:
        """Return the number of pairs."""
        return int(self.used[COUNT])

    @property
    def view(self) -> LanesView:
        """Return what compiled code takes."""
        pids, tids = memory(self.pids), memory(self.tids)
        devices, streams = memory(self.devices), memory(self.streams)
        return LanesView(memory(self.slots), pids, tids, devices, streams, memory(self.used))

    def grow(self) -> None:
        """Make room for as many pairs again."""
        count = len(self)
        more = Lanes(2 * len(self.pids))
        view = more.view
        for number in range(count):
            lane_of(int(self.pids[number]), int(self.tids[number]), view)
        more.devices[:count] = self.devices[:count]
        more.streams[:count] = self.streams[:count]
        self.__dict__.update(more.__dict__)


@jit
def text_hash(buffer: Bytes, at: int, stop: int) -> Any:
    """Return 64 bits made of all bytes in ``[at, stop)``."""
    value = np.uint64(stop - at) * _MIX
    while at + 8 <= stop:
        value = (value ^ word(buffer, at)) * _MIX
        value ^= value >> _HALF
        at += 8
    if at < stop:
        mask = ~np.uint64(0) >> np.uint64(8 * (8 - (stop - at)))
        value = (value ^ (word(buffer, at) & mask)) * _MIX
        value ^= value >> _HALF
    return value


@jit
def _same(buffer: Bytes, at: int, arena: Bytes, other: int, length: int) -> bool:
    while length >= 8:
        if word(buffer, at) != word(arena, other):
            return False
        at += 8
        other += 8
        length -= 8
    if length <= 0:
        return True
    mask = ~np.uint64(0) >> np.uint64(8 * (8 - length))
    return bool(((word(buffer, at) ^ word(arena, other)) & mask) == 0)


@jit
def intern(buffer: Bytes, at: int, stop: int, table: TextsView) -> int:
    """Return the number of the text in ``[at, stop)``, `FULL` if a new one has no room."""
    length = stop - at
    value = np.int64(text_hash(buffer, at, stop))
    mask = table.slots[1] // 4 - 1
    place = value & mask
    while True:
        number = int32(table.slots, 4 * place)
        if number < 0:
            break
        begin = get(table.begins, number)
        if (
            get(table.hashes, number) == value
            and get(table.begins, number + 1) - begin == length
            and _same(buffer, at, table.arena, begin, length)
        ):
            return int(number)
        place = (place + 1) & mask
    number, begin = get(table.used, COUNT), get(table.used, FILLED)
    if number >= table.hashes[1] // 8 or begin + length + PADDING > table.arena[1]:
        return FULL
    copy(buffer, at, table.arena, begin, length)
    put(table.hashes, number, value)
    put(table.begins, number + 1, begin + length)
    put32(table.slots, 4 * place, number)
    put(table.used, COUNT, number + 1)
    put(table.used, FILLED, begin + length)
    return number


@jit
def lane_of(pid: int, tid: int, table: LanesView) -> int:
    """Return the number of the pair, `FULL` if a new one has no room."""
    mask = table.slots[1] // 4 - 1
    value = ((np.uint64(pid + 1) * _MIX) ^ np.uint64(tid + 1)) * _MIX
    place = np.int64(value >> _HALF) & mask
    while True:
        number = int32(table.slots, 4 * place)
        if number < 0:
            break
        if get(table.pids, number) == pid and get(table.tids, number) == tid:
            return int(number)
        place = (place + 1) & mask
    number = get(table.used, COUNT)
    if number >= table.pids[1] // 8:
        return FULL
    put(table.pids, number, pid)
    put(table.tids, number, tid)
    put32(table.slots, 4 * place, number)
    put(table.used, COUNT, number + 1)
    return number


@jit
def _adopt(source: TextsView, target: TextsView, numbers: Memory) -> None:
    for number in range(get(source.used, COUNT)):
        begin, stop = get(source.begins, number), get(source.begins, number + 1)
        put32(numbers, 4 * number, intern(source.arena, begin, stop, target))


@jit
def _enter(table: TextsView, count: int) -> None:
    mask = table.slots[1] // 4 - 1
    for number in range(count):
        place = get(table.hashes, number) & mask
        while int32(table.slots, 4 * place) >= 0:
            place = (place + 1) & mask
        put32(table.slots, 4 * place, number)


def merged(tables: list[Texts]) -> tuple[Texts, list[Any]]:
    """Return one table of all texts, and for each of ``tables`` its numbers in that."""
    room = max(1 << 10, sum(map(len, tables)))
    whole = Texts(1 << (room - 1).bit_length(), sum(int(t.used[FILLED]) + 8 for t in tables))
    numbers = []
    for table in tables:
        # One more than there are: −1, no text, stays −1.
        own = np.full(len(table) + 1, -1, np.int32)
        _adopt(table.view, whole.view, memory(own))
        numbers.append(own)
    return whole, numbers
