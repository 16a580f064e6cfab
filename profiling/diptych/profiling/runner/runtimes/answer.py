"""What a probing process left behind: between the one who asks and the one who judges."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Answer:
    """How one probing process ended. ``report`` is None when it wrote none."""

    report: dict[str, Any] | None
    returncode: int | None
    stderr: str
    timeout: float

    @property
    def timed_out(self) -> bool:
        """Whether it had to be killed because its time was up."""
        return self.returncode is None
