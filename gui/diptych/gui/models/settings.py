"""What the window remembers: ``<home>/window.json``, with the version of its form.

Losing it loses nothing of value, so nothing here raises: what cannot be read
is forgotten, what cannot be written is not kept, and a value that is not what
it should be counts as one that is not there. A file of a later version is read
as far as it is understood; what is not stays in it.
"""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from diptych.profiling.runner.files import write_atomically

VERSION = 1
_MOST = 1 << 20
"""Bytes; a larger file is none of ours."""
T = TypeVar("T")


class Settings:
    """Values by name; every change is written at once."""

    def __init__(self, home: Path) -> None:
        self._path = home / "window.json"
        self._values: dict[str, Any] = {}
        with contextlib.suppress(OSError, ValueError, RecursionError):
            if self._path.stat().st_size <= _MOST:
                read = msgspec.json.decode(self._path.read_bytes())
                self._values = read if isinstance(read, dict) else {}

    def get(self, name: str) -> Any:
        """Return what was remembered as ``name``; ``None`` when nothing was."""
        return self._values.get(name)

    def read(self, name: str, kind: type[T]) -> T | None:
        """Return what was remembered as ``name`` if it is a ``kind`` (as msgspec reads it)."""
        with contextlib.suppress(msgspec.ValidationError, RecursionError):
            return msgspec.convert(self._values.get(name), kind)
        return None

    def set(self, **values: Any) -> None:
        """Remember these values (plain data)."""
        if all(name in self._values and self._values[name] == v for name, v in values.items()):
            return
        self._values.update(values)
        kept = {"version": VERSION, **self._values}
        with contextlib.suppress(OSError):
            self._path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path, msgspec.json.encode(kept))
