"""Requests from outside: reads new lines of ``control.jsonl``.

Only ``capture`` concerns the agent. Anything else, and anything malformed, is
skipped; a line is read once it has its newline.
"""

from __future__ import annotations

import json
import os
from typing import Any, Callable, Optional, Set, Tuple

PERIOD = 0.2
_LONGEST = 1 << 20

Capture = Callable[[int, Tuple[str, ...]], None]


class Control:
    """Looks at the file's size, reads what was appended."""

    def __init__(self, path: str, capture: Capture) -> None:
        self._path = path
        self._capture = capture
        self._offset = 0
        self._seen: Set[str] = set()

    def look(self) -> Optional[float]:
        """Read what is new; returns in how many seconds to look again."""
        try:
            size = os.stat(self._path).st_size
        except OSError:
            return PERIOD
        if size > self._offset:
            self._read()
        return PERIOD

    def _read(self) -> None:
        with open(self._path, "rb") as file:
            file.seek(self._offset)
            data = file.read(_LONGEST)
        end = data.rfind(b"\n") + 1
        if not end and len(data) == _LONGEST:
            end = len(data)
        self._offset += end
        for line in data[:end].splitlines():
            try:
                self._obey(json.loads(line.decode("utf-8")))
            except (ValueError, TypeError, RecursionError):
                continue

    def _obey(self, order: Any) -> None:
        if not isinstance(order, dict) or order.get("k") != "capture":
            return
        name = str(order.get("id"))
        if name in self._seen:
            return
        self._seen.add(name)
        options = order.get("options") or ()
        self._capture(int(order.get("steps", 5)), tuple(str(option) for option in options))
