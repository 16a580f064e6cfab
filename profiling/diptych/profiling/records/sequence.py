"""Checks that the ``seq`` of a journal's records counts up, and finds the holes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import msgspec


class _Numbered(Protocol):
    @property
    def seq(self) -> int: ...


class Place(msgspec.Struct, frozen=True):
    """Where a `SequenceCheck` stands after a whole journal."""

    holes: int
    explained: int
    rejected: int
    following: int
    damaged: int


class SequenceCheck:
    """Follows the numbers of one journal.

    ``holes``: numbers that never came. ``explained``: of those, the ones in
    whose place stood a damaged line. ``rejected``: records whose number had
    been there before.
    """

    def __init__(self) -> None:
        self.holes = 0
        self.explained = 0
        self.rejected = 0
        self._next = 0
        self._damaged = 0
        self._hole = range(0)
        self._hole_explained = 0
        self._odd = -2

    def where(self) -> Place:
        """Return what `resume` needs."""
        return Place(self.holes, self.explained, self.rejected, self._next, self._damaged)

    def resume(self, place: Place) -> None:
        """Go on from where another check stood."""
        self.holes, self.explained = place.holes, place.explained
        self.rejected = place.rejected
        self._next, self._damaged = place.following, place.damaged

    def follows(self, records: Sequence[_Numbered]) -> bool:
        """Whether ``records`` go on without a hole; if so they are placed.

        The quick way for what is nearly always so. A journal's first records
        never count: its ``open`` has to be looked at.
        """
        if not self._next or self._damaged:
            return False
        end = self._next + len(records)
        if [record.seq for record in records] != list(range(self._next, end)):
            return False
        self._next = end
        return True

    def damaged(self) -> None:
        """Note a line that cannot be read: it may fill one place of the next hole."""
        self._damaged += 1

    def restart(self, seq: int) -> None:
        """Note that a writer began anew (a sampler that was restarted, say)."""
        if seq == 0 and self._next:
            self._begin(0)

    def place(self, seq: int) -> bool:
        """Place one number; return whether its record may be used."""
        if seq == self._next:
            self._damaged = 0
            self._next += 1
            return True
        if seq > self._next:
            self._leap(seq)
            return True
        if seq in self._hole:
            self._take_back(seq)
            return True
        if seq == self._odd + 1:
            # Two in a row that go on from each other: the writer began anew
            # and its first line was lost.
            self._begin(seq + 1)
            return True
        self._odd = seq
        self.rejected += 1
        self.damaged()
        return False

    def _begin(self, following: int) -> None:
        self._next = following
        self._damaged = 0
        self._hole = range(0)
        self._odd = -2

    def _leap(self, seq: int) -> None:
        size = seq - self._next
        # With the number that leapt: it may be the wrong one of two equals.
        self._hole = range(self._next, seq + 1)
        self._hole_explained = min(size, self._damaged)
        self.holes += size
        self.explained += self._hole_explained
        self._damaged = 0
        self._next = seq + 1

    def _take_back(self, seq: int) -> None:
        """Undo the last leap: the number that leapt was wrong, its line is the damaged one."""
        start, explained = self._hole.start, self._hole_explained
        self.holes -= len(self._hole) - 1
        self.explained -= explained
        self.rejected += 1
        self._begin(start)
        self._damaged = explained + 1
        if seq > start:
            self._leap(seq)
        else:
            self._begin(seq + 1)
