"""From the start of the process to a window that can be used.

That is: painted, with its list of runs, and serving events. Beside it, in turns,
a bare process that only imports PySide6.QtWidgets and pyqtgraph, to its end of
that; the ratio is of the medians. Files are in the system's cache.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from shutil import copytree
from statistics import median

from benchmarks._gui_start import HEAVY
from benchmarks._user import environment
from tests.helpers.fake_run import make_run

Row = tuple[str, float, str, str]
ROOT = Path(__file__).parent.parent
TURNS = 9
MANY = 5_000
_BARE = "import time, PySide6.QtWidgets, pyqtgraph; print('{\"usable\": %d}' % time.monotonic_ns())"


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        runs = home / "runs"
        runs.mkdir()
        one = make_run(runs, steps=200)
        start(home)
        _seconds([sys.executable, "-c", _BARE], home)
        window, bare = [], []
        for _ in range(TURNS):
            window.append(start(home))
            bare.append(_seconds([sys.executable, "-c", _BARE], home)["usable"])
        assert not any(found for seen in window for found in [seen["heavy"]]), window[0]
        for n in range(1, MANY):
            _copy(one, runs / f"{one.name}-{n:04d}")
        start(home)
        many = [start(home) for _ in range(3)]
    usable = median(seen["usable"] for seen in window)
    return [
        ("window: start to usable", usable, "s", "<= 0.8"),
        ("window: start to painted", median(seen["painted"] for seen in window), "s", ""),
        ("bare process with PySide6.QtWidgets and pyqtgraph", median(bare), "s", ""),
        ("window: start to usable, over bare", usable / median(bare), "×", "<= 1.5"),
        (f"window, {MANY:,} runs: start to painted", _median(many, "painted"), "s", "<= 0.8"),
        (f"window, {MANY:,} runs: start to all listed", _median(many, "listed"), "s", ""),
    ]


def start(home: Path) -> dict[str, float]:
    """Start the window on ``home``; return the seconds to each event, and ``heavy``."""
    return _seconds([sys.executable, "-m", "benchmarks._gui_start"], home)


def _median(seen: list[dict[str, float]], key: str) -> float:
    return median(one[key] for one in seen)


def _seconds(argv: list[str], home: Path) -> dict[str, float]:
    env = {**environment(home), "QT_QPA_PLATFORM": "offscreen"}
    begun = time.monotonic_ns()
    done = subprocess.run(argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True)
    said = json.loads(done.stdout)
    return {k: v if k == "heavy" else (v - begun) / 1e9 for k, v in said.items()}


def _copy(run: Path, target: Path) -> None:
    copytree(run, target)
    manifest = target / "manifest.json"
    manifest.write_bytes(manifest.read_bytes().replace(run.name.encode(), target.name.encode()))


__all__ = ["HEAVY", "run", "start"]
