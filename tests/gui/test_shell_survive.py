"""A real run outlives a window that is killed, and the next window has all of it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from diptych.profiling.runner import launch
from diptych.profiling.runs.session import RunSession

_STARTS = """
import os, sys, time
from pathlib import Path
from diptych.gui.app import application
from diptych.profiling.runner import launch
app = application(["diptych"])
from diptych.gui.views.main_window import MainWindow
home = Path(os.environ["DIPTYCH_HOME"])
window = MainWindow(home)
window.show()
knobs = {"steps": "100000", "batch_size": "16", "threads": "1"}
request = launch.request_for_workload("torch", "mlp", knobs, settings=launch.Settings(), home=home)
window.context.queue.add([request])
said = False
while True:
    app.processEvents()
    time.sleep(0.005)
    live = window.context.live()
    snapshot = window.context.hub.latest(live[0]) if live else None
    if snapshot is not None and len(snapshot.steps) > 50 and not said:
        said = True
        print(live[0], len(snapshot.steps), flush=True)
"""

_FINDS = """
import json, os, sys, time
from pathlib import Path
from diptych.gui.app import application
app = application(["diptych"])
from diptych.gui.views.main_window import MainWindow
window = MainWindow(Path(os.environ["DIPTYCH_HOME"]))
window.show()
run, before = sys.argv[1], int(sys.argv[2])
end = time.monotonic() + 30
snapshot = None
while time.monotonic() < end:
    app.processEvents()
    time.sleep(0.005)
    snapshot = window.context.hub.latest(run)
    if snapshot is not None and len(snapshot.steps) > before + 50:
        break
print(json.dumps({
    "shown": list(window.context.selection.shown),
    "live": window.context.live(),
    "steps": [int(n) for n in snapshot.steps.n],
    "missing": snapshot.losses.missing,
    "trouble": window.errors.shown and window.errors.shown.text,
}))
window.closing.choose("stop")
window.close()
app.processEvents()
"""


def _window(code: str, *arguments: str, home: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments],
        env={
            **os.environ,
            "DIPTYCH_HOME": str(home),
            "QT_QPA_PLATFORM": "offscreen",
            "OMP_NUM_THREADS": "1",
        },
        stdout=subprocess.PIPE,
        text=True,
    )


@pytest.mark.torch
def test_a_killed_window_leaves_its_run_and_the_next_one_misses_nothing(
    home_with_runtimes: Path,
) -> None:
    home = home_with_runtimes
    first = _window(_STARTS, home=home)
    assert first.stdout is not None
    with first:
        run, steps = first.stdout.readline().split()
        first.send_signal(signal.SIGKILL)
    assert first.returncode == -signal.SIGKILL
    directory = home / "runs" / run
    assert launch.is_live(directory)
    second = _window(_FINDS, run, steps, home=home)
    told, _ = second.communicate(timeout=90)
    found = json.loads(told)
    assert found["live"] == found["shown"] == [run]
    assert found["trouble"] is None
    assert found["missing"] == 0
    assert found["steps"] == list(range(len(found["steps"])))
    assert len(found["steps"]) > int(steps)
    # The second window was told to stop what runs when it closes.
    end = time.monotonic() + 40
    while launch.is_live(directory) and time.monotonic() < end:
        time.sleep(0.1)
    assert not launch.is_live(directory)
    with RunSession(directory) as session:
        snapshot = session.drain()
    assert snapshot.state.value == "stopped"
    assert snapshot.losses.missing == 0
