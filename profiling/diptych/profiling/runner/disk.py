"""Says once when the disk that holds a run is full.

What cannot be written then is counted by each writer; but a full disk may keep
them from saying so, and a person wants to know while there is time.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

ENOUGH = 128 << 10
"""Bytes: below, a second of a busy run's records may find no room."""


class DiskGuard:
    """Looks at one directory's file system; ``warn(code, text)`` is called at most once."""

    def __init__(self, directory: Path, warn: Callable[[str, str], None]) -> None:
        self._directory = directory
        self._warn = warn
        self._said = False

    def look(self) -> None:
        """Warn if there is no room left."""
        if self._said:
            return
        try:
            state = os.statvfs(self._directory)
        except OSError:
            return
        if state.f_bavail * state.f_frsize < ENOUGH:
            self._said = True
            self._warn(
                "disk_full",
                "the disk that holds this run is full: records and traces are lost until there "
                "is room; the training goes on",
            )
