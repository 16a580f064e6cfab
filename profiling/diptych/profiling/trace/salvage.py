"""Reads JSON that broke off: everything before the break is good.

Slow (one event at a time), used only where the quick reader refused a file.
"""

from __future__ import annotations

import json
import re
from typing import Any

_EVENTS = re.compile(r'"traceEvents"\s*:\s*\[')


def top_level(text: str) -> dict[str, Any]:
    """Return the scalar keys that stand before ``traceEvents``."""
    found = _EVENTS.search(text)
    head = text[: found.start()] if found else text
    pattern = r'"(\w+)"\s*:\s*("(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?|true|false|null)\s*,'
    keys: dict[str, Any] = {}
    for key, value in re.findall(pattern, head):
        try:
            keys[key] = json.loads(value)
        except ValueError:
            continue
    return keys


def events(text: str) -> tuple[list[dict[str, Any]], int]:
    """Return every whole event, and how many pieces had to be skipped.

    After a piece that is not valid the reader goes on at the next line that
    opens an object.
    """
    found = _EVENTS.search(text)
    position = found.end() if found else text.find("[") + 1
    decoder = json.JSONDecoder(strict=False)
    good: list[dict[str, Any]] = []
    skipped = 0
    while (start := text.find("{", position)) >= 0:
        try:
            event, position = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            skipped += 1
            following = re.compile(r"\n\s*\{").search(text, start + 1)
            if following is None:
                break
            position = following.start()
            continue
        good.append(event)
    return good, skipped
