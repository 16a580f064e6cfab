"""How long a picture of 12 curves with a million points each takes (≤ 25 ms a frame).

From the news to the end of the painting, offscreen, in a process of its own
(see ``_live_frames.py``): while the runs grow, while the picture is moved, and
while it is zoomed, which is when medians of other blocks are needed.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NAME = "12 curves × 1,000,000 points"
TARGET = "≤ 25 ms a frame"

Row = tuple[str, float, str, str]


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    argv = [sys.executable, "-m", "benchmarks._live_frames"]
    done = subprocess.run(argv, cwd=ROOT, stdout=subprocess.PIPE, check=True, timeout=300)
    seen: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    words = {"grow": "while they grow", "move": "while moving", "zoom": "while zooming"}
    rows = [(f"{NAME}: first picture", seen["first"] * 1e3, "ms", "")]
    for key, text in words.items():
        times = seen[key]
        rows.append((f"{NAME}: {text}, median", statistics.median(times) * 1e3, "ms", TARGET))
        rows.append((f"{NAME}: {text}, longest", max(times) * 1e3, "ms", ""))
    return rows


if __name__ == "__main__":
    for name, value, unit, target in run():
        print(f"{name:<60} {value:>10.3f} {unit} {target}")
