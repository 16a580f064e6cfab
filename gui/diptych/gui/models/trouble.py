"""What went wrong, said once and in one place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Trouble:
    """An error for people: ``what`` happened, ``why``, what to ``do``; ``details`` to copy."""

    what: str
    why: str = ""
    do: str = ""
    details: str = ""
    level: Literal["error", "warning", "info"] = "error"

    @property
    def text(self) -> str:
        """All of it, for the clipboard."""
        return "\n".join(part for part in (self.what, self.why, self.do, self.details) if part)
