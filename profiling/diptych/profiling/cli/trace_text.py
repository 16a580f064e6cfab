"""Tables and times of traces as text for a terminal."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from typing import Any

from diptych.profiling.cli.runs_text import plain
from diptych.profiling.report.figures import number

_UNITS = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"))


def duration(ns: float) -> str:
    """Return a time with a unit that fits it."""
    for size, unit in _UNITS:
        if abs(ns) >= size:
            return f"{number(ns / size)} {unit}"
    return f"{number(ns)} ns"


def percent(part: float, whole: float) -> str:
    """Return a part in percent; nothing of nothing is "-"."""
    return f"{100 * part / whole:.1f} %" if whole else "-"


def grid(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table: numbers to the right, the last column (names) to the left and last.

    On a terminal lines are cut to its width.
    """
    cells = [[plain(cell) for cell in row] for row in (heads, *rows)]
    widths = [max(len(row[i]) for row in cells) for i in range(len(heads) - 1)]
    lines = []
    for *numbers, name in cells:
        parts = [cell.rjust(width) for cell, width in zip(numbers, widths, strict=True)]
        lines.append("  ".join([*parts, name]).rstrip())
    return "\n".join(cut(line) for line in lines)


def cut(line: str) -> str:
    """Return a line that fits the terminal; as it is where there is none."""
    width = shutil.get_terminal_size().columns
    return line[: width - 1] + "…" if sys.stdout.isatty() and len(line) > width else line


def as_json(data: Any) -> str:
    """Return JSON that any reader takes: names from damaged files made sound."""
    text = json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
    return text.encode("utf-8", "replace").decode()
