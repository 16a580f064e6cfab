"""What went wrong, said once and in one place."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

_KEPT = 200


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error for people: ``what`` happened, ``why``, what to ``do``; ``details`` to copy.

    ``folder`` is where more of it lies, such as a report of a crash.
    """

    what: str
    why: str = ""
    do: str = ""
    details: str = ""
    level: Literal["error", "warning", "info"] = "error"
    folder: str = ""

    @property
    def text(self) -> str:
        """All of it, for the clipboard."""
        return "\n".join(part for part in (self.what, self.why, self.do, self.details) if part)


@dataclass(frozen=True, slots=True)
class Said:
    """One line of the history: the trouble, when it was said last, and how often."""

    trouble: Trouble
    when: datetime
    times: int = 1


class History:
    """The newest troubles of this window, each once, bounded."""

    def __init__(self) -> None:
        self._said: deque[Said] = deque(maxlen=_KEPT)

    def __iter__(self) -> Iterator[Said]:
        """Give the newest first."""
        return reversed(self._said)

    def __len__(self) -> int:
        return len(self._said)

    def note(self, trouble: Trouble) -> bool:
        """Take one in; return whether it is new."""
        now = datetime.now().astimezone()
        before = next((said for said in self._said if said.trouble == trouble), None)
        if before is not None:
            self._said.remove(before)
            self._said.append(replace(before, when=now, times=before.times + 1))
            return False
        self._said.append(Said(trouble, now))
        return True
