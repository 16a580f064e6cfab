"""Gives the texts of a table their final numbers and form."""

from __future__ import annotations

import json
from typing import Any

import numpy as np

from diptych.profiling.trace.intern import FILLED, Texts, intern
from diptych.profiling.trace.jit import Memory, copy, get, jit, memory
from diptych.profiling.trace.scan_bytes import PADDING
from diptych.profiling.trace.strings import Strings

LONGEST = 1 << 16
"""Bytes of a text that are shown; the rest of a longer one is left out."""


def unescaped(raw: bytes) -> str:
    """Return what stands between the quotation marks of a JSON text, or the text as it is."""
    if b"\\" in raw:
        try:
            text = json.loads(b'"' + raw + b'"', strict=False)
        except ValueError:
            pass
        else:
            return str(text)
    return raw.decode("utf-8", "replace")


class Renumbering:
    """Gives the texts that are used numbers in the order of their first use.

    Texts that differ in how they are escaped only become one.
    """

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        self._same = _same_texts(texts)
        self._numbers = np.full(len(texts) + 1, -1, np.int32)
        self._first = np.zeros(len(texts) + 1, np.int32)
        self._count = np.zeros(1, np.int64)

    def apply(self, column: Any, *, one_line: bool = False) -> None:
        """Renumber a column in place; ``one_line``: its texts are JSON, and lose line breaks."""
        if one_line:
            self._on_one_line(column)
        if self._same is not None:
            column[:] = self._same[column]
        _apply(column, self._numbers, self._first, self._count)

    def _on_one_line(self, column: Any) -> None:
        seen = np.zeros(len(self._numbers), bool)
        seen[column] = True
        moved = None
        for number in np.flatnonzero(seen[:-1]).tolist():
            text = self._texts[number]
            if b"\n" in text:
                moved = np.arange(len(self._numbers), dtype=np.int32) if moved is None else moved
                moved[number] = _entered(self._texts, _one_line(text))
        if moved is not None:
            moved[-1] = -1
            column[:] = moved[column]
            self._resize()

    def _resize(self) -> None:
        """Have room for texts that were added."""
        more = np.full(len(self._texts) + 1, -1, np.int32)
        more[: len(self._numbers) - 1] = self._numbers[:-1]
        self._numbers = more
        first = np.zeros(len(more), np.int32)
        first[: len(self._first)] = self._first
        self._first = first
        if self._same is not None:
            same = np.arange(len(more), dtype=np.int32)
            same[: len(self._same) - 1] = self._same[:-1]
            same[-1] = -1
            self._same = same

    def finish(self) -> Strings:
        """Return the texts under their new numbers."""
        count = int(self._count[0])
        used = self._first[:count]
        begins = np.zeros(count + 1, np.int64)
        lengths = np.minimum(self._texts.begins[used + 1] - self._texts.begins[used], LONGEST)
        np.cumsum(lengths, out=begins[1:])
        data = np.empty(int(begins[-1]) + PADDING, np.uint8)
        places = self._texts.begins[used]
        _copied(memory(self._texts.arena), memory(places), memory(begins), memory(data), count)
        return Strings(begins, data[: int(begins[-1])])


def _same_texts(texts: Texts) -> Any:
    """Return for each text the number of the same text not escaped; ``None``: it is itself."""
    used = int(texts.used[FILLED])
    slashes = np.flatnonzero(texts.arena[:used] == 92)
    if not len(slashes):
        return None
    escaped = np.unique(np.searchsorted(texts.begins[: len(texts) + 1], slashes, "right") - 1)
    same = np.arange(-1, len(texts), dtype=np.int32)
    same = np.concatenate([same[1:], same[:1]])
    known: dict[bytes, int] = {}
    for number in escaped.tolist():
        plain = unescaped(texts[number]).encode("utf-8", "replace")
        found = known.get(plain)
        if found is None:
            found = known[plain] = _entered(texts, plain)
        same[number] = found
    return same


def _one_line(text: bytes) -> bytes:
    try:
        return json.dumps(json.loads(text)).encode()
    except (ValueError, RecursionError):
        return b" ".join(text.split())


def _entered(texts: Texts, plain: bytes) -> int:
    room = np.zeros(len(plain) + PADDING, np.uint8)
    room[: len(plain)] = np.frombuffer(plain, np.uint8)
    while True:
        number = int(intern(memory(room), 0, len(plain), texts.view))
        if number >= 0:
            return number
        texts.grow(len(plain))


@jit
def _apply(column: Any, numbers: Any, first: Any, count: Any) -> None:
    following = count[0]
    for row in range(len(column)):
        old = column[row]
        if old < 0:
            continue
        new = numbers[old]
        if new < 0:
            new = following
            numbers[old] = new
            first[new] = old
            following += 1
        column[row] = new
    count[0] = following


@jit
def _copied(arena: Memory, places: Memory, begins: Memory, data: Memory, count: int) -> None:
    for number in range(count):
        at = get(begins, number)
        copy(arena, get(places, number), data, at, get(begins, number + 1) - at)
