"""Arguments of events as sound JSON, their ids moved so that two traces do not share one."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

_IDS = (
    b"correlation",
    b"External id",
    b"Sequence number",
    b"Python id",
    b"Python parent id",
    b"Python module id",
    b"Ev Idx",
    b"Profiler Event Index",
    b"Record function id",
)
_ID = re.compile(rb'"(' + b"|".join(_IDS) + rb')"(\s*:\s*"?)(\d+)')
_DEVICE = re.compile(rb'"(device)"(\s*:\s*)(\d+)')
_LONG = re.compile(rb"\d{16}")
_EXACT = 2**53
"""Integers from here on are rounded by JavaScript; they are written as texts."""


class ArgumentText:
    """Turns raw arguments into text, and remembers the largest id that it saw."""

    def __init__(
        self, offset: int = 0, devices: Mapping[int, int] | None = None, *, alone: bool = False
    ) -> None:
        self._offset = offset
        # Ids of the only trace stay as they are.
        self._alone = alone
        moved = {a: b for a, b in (devices or {}).items() if a != b}
        self._devices = {str(a).encode(): str(b).encode() for a, b in moved.items()}
        self.largest = 0

    def __call__(self, raw: bytes) -> str | None:
        """Return sound JSON; ``None`` if the bytes are none."""
        try:
            msgspec.json.decode(raw)
        except (ValueError, RecursionError):
            raw = _mended(raw)
            if not raw:
                return None
        if _LONG.search(raw):
            raw = _mended(raw)
        if not self._alone:
            raw = _ID.sub(self._moved, raw)
        if self._devices:
            raw = _DEVICE.sub(self._renumbered, raw)
        return raw.decode("utf-8", "replace")

    def _moved(self, match: re.Match[bytes]) -> bytes:
        number = int(match[3])
        if number < 2**40:
            self.largest = max(self.largest, number)
        return b'"%b"%b%d' % (match[1], match[2], number + self._offset)

    def _renumbered(self, match: re.Match[bytes]) -> bytes:
        return b'"%b"%b%b' % (match[1], match[2], self._devices.get(match[3], match[3]))


def _mended(raw: bytes) -> bytes:
    """Return JSON without what JavaScript has not (NaN, large integers); b"" if it is none."""
    try:
        found = json.loads(raw.decode("utf-8", "replace"), strict=False)
        return json.dumps(exact(found)).encode()
    except (ValueError, RecursionError):
        return b""


def exact(value: Any) -> Any:
    """Return a value of JSON without what JavaScript has not: NaN, large integers."""
    if isinstance(value, dict):
        return {key: exact(item) for key, item in value.items()}
    if isinstance(value, list):
        return [exact(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _EXACT:
        return str(value)
    return value
