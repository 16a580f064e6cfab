"""What a start of the window loads: the real program, in a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.helpers.fake_run import make_run

ROOT = Path(__file__).parents[2]


def test_nothing_heavy_is_loaded_before_the_window_is_painted(home: Path) -> None:
    make_run(home / "runs", steps=20)
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks._gui_start"],
        cwd=ROOT,
        env={**os.environ, "DIPTYCH_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
        stdout=subprocess.PIPE,
        timeout=100,
        check=True,
    )
    said = json.loads(done.stdout)
    assert said["heavy"] == []
    assert 0 < said["painted"] <= said["usable"] <= said["listed"]
