"""What the window remembers: ``<home>/window.json``.

Losing it loses nothing of value, so nothing here raises: what cannot be read
is forgotten, what cannot be written is not kept.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import msgspec

from diptych.profiling.runner.files import write_atomically


class Settings:
    """Values by name; every change is written at once."""

    def __init__(self, home: Path) -> None:
        self._path = home / "window.json"
        self._values: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError, RecursionError):
            read = msgspec.json.decode(self._path.read_bytes())
            self._values = read if isinstance(read, dict) else {}

    def get(self, name: str) -> Any:
        """Return what was remembered as ``name``; ``None`` when nothing was."""
        return self._values.get(name)

    def set(self, **values: Any) -> None:
        """Remember these values (plain data)."""
        if all(self._values.get(name) == value for name, value in values.items()):
            return
        self._values.update(values)
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, msgspec.json.encode(self._values))
