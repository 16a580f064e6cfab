"""The instants of a trace that the user named. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

from diptych.gui.text.tr import tr


@dataclass(frozen=True, slots=True)
class Mark:
    """A named instant, in ns of the trace."""

    time: int
    name: str


class Marks:
    """The marks of one trace, by time."""

    def __init__(self) -> None:
        self._marks: tuple[Mark, ...] = ()
        self._made = 0

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self._marks)

    @property
    def all(self) -> tuple[Mark, ...]:
        """Every mark, by time."""
        return self._marks

    def add(self, time: float, name: str = "") -> Mark:
        """Mark an instant; without a name it gets a number."""
        self._made += 1
        mark = Mark(round(time), name or tr("Mark {number}", number=self._made))
        self._marks = tuple(sorted((*self._marks, mark), key=lambda m: m.time))
        return mark

    def remove(self, mark: Mark) -> None:
        """Forget a mark."""
        self._marks = tuple(m for m in self._marks if m is not mark)

    def rename(self, mark: Mark, name: str) -> Mark:
        """Give a mark another name and return it."""
        named = Mark(mark.time, name)
        self._marks = tuple(named if m is mark else m for m in self._marks)
        return named

    def beside(self, time: float, *, forward: bool) -> Mark | None:
        """Return the nearest mark after or before an instant."""
        later = [m for m in self._marks if m.time > time + 0.5]
        earlier = [m for m in self._marks if m.time < time - 0.5]
        return (later[0] if later else None) if forward else (earlier[-1] if earlier else None)
