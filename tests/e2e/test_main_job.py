"""The main job in the real program: a process of its own, steered by its keyboard."""

from __future__ import annotations

import gzip
import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.e2e.desktop import Desktop, wait_for

STEPS = 40
PROGRAM = Path(sys.executable).parent / "diptych"

pytestmark = [pytest.mark.e2e, pytest.mark.torch, pytest.mark.mxnet]


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[Desktop]:
    made = Desktop(tmp_path)
    yield made
    made.close()


def _remember(home: Path) -> None:
    """Leave behind what the dialog remembers of a small matched run under both frameworks."""
    draft = {
        "workload": "mlp",
        "frameworks": ["torch", "mxnet"],
        "knobs": {"mlp": {"steps": str(STEPS), "batch_size": "16", "threads": "1"}},
    }
    (home / "window.json").write_text(json.dumps({"new_run": draft, "theme": "dark"}))


def _runs(home: Path) -> list[Path]:
    folder = home / "runs"
    return sorted(p for p in folder.glob("2*") if p.is_dir()) if folder.exists() else []


def _summary(run: Path) -> dict[str, Any] | None:
    path = run / "summary.json"
    return json.loads(path.read_text()) if path.exists() else None


def test_both_frameworks_from_the_keyboard(desktop: Desktop, home_with_runtimes: Path) -> None:
    home = home_with_runtimes
    _remember(home)
    program = desktop.start(str(PROGRAM), DIPTYCH_HOME=str(home), OMP_NUM_THREADS="1")
    window = desktop.window("Diptych")
    desktop.key(window, "ctrl+n")
    dialog = desktop.window("New run")

    def started() -> bool:
        # Enter does nothing until the checks are made and the button is enabled.
        if not _runs(home):
            desktop.key(dialog, "Return")
        return bool(_runs(home))

    wait_for(started, 90, "the first run")
    wait_for(lambda: desktop.gone("New run"), 20, "the dialog to close")
    wait_for(lambda: len(_runs(home)) == 2, 120, "the second run, when the first has ended")
    summaries = [
        wait_for(partial(_summary, run), 120, f"the summary of {run.name}") for run in _runs(home)
    ]
    assert [s["framework"] for s in summaries] == ["torch", "mxnet"]
    for summary in summaries:
        _check(summary)
    assert summaries[0]["parameters"] == summaries[1]["parameters"]
    manifests = [json.loads((run / "manifest.json").read_text()) for run in _runs(home)]
    first, second = manifests
    assert first["request"]["pair"] == second["request"]["pair"] is not None
    ended = first["started"] + summaries[0]["duration_s"] * 1e9
    assert second["started"] > ended - 1e9
    assert _quit(desktop, program) == 0
    assert "Traceback" not in (desktop.folder / "stderr.txt").read_text()
    assert not list((home / "crashes").glob("*"))


def _quit(desktop: Desktop, program: subprocess.Popen[bytes]) -> int:
    """Close the window from the keyboard; agree where it asks because a run just ended."""

    def ended() -> bool:
        asks = not desktop.gone("Close the window")
        title = "Close the window" if asks else "Diptych"
        if program.poll() is None and not desktop.gone(title):
            desktop.key(desktop.window(title), "Return" if asks else "ctrl+q")
        return program.poll() is not None

    wait_for(ended, 30, "the program to end")
    return program.wait()


def _check(summary: dict[str, Any]) -> None:
    assert summary["status"] == "done"
    assert summary["exit_code"] == 0
    assert summary["steps"] == STEPS
    assert summary["step_ms"]["median"] > 0
    assert summary["losses"]["missing"] == 0
    assert len(summary["traces"]) == 1
    with gzip.open(summary["traces"][0]) as file:
        assert json.load(file)["traceEvents"]


# As when the session crashes, and as when it ends in order; neither asks.
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGTERM])
def test_a_run_outlives_the_window_and_the_next_window_starts_what_waited(
    desktop: Desktop, home_with_runtimes: Path, end: signal.Signals
) -> None:
    home = home_with_runtimes
    _remember(home)
    first = desktop.start(str(PROGRAM), DIPTYCH_HOME=str(home), OMP_NUM_THREADS="1")
    desktop.key(desktop.window("Diptych"), "ctrl+n")
    dialog = desktop.window("New run")

    def started() -> bool:
        if not _runs(home):
            desktop.key(dialog, "Return")
        return bool(_runs(home))

    wait_for(started, 90, "the run")
    first.send_signal(end)
    assert first.wait(20) == (0 if end is signal.SIGTERM else -end)
    run = _runs(home)[0]
    summary = wait_for(lambda: _summary(run), 120, "the run to end without its window")
    _check(summary)
    assert len(_runs(home)) == 1
    second = desktop.start(str(PROGRAM), DIPTYCH_HOME=str(home), OMP_NUM_THREADS="1")
    window = desktop.window("Diptych")
    wait_for(lambda: len(_runs(home)) == 2, 60, "the run that waited")
    summary = wait_for(lambda: _summary(_runs(home)[1]), 120, "the second run to end")
    _check(summary)
    desktop.key(window, "ctrl+2", "ctrl+3", "ctrl+1")
    assert _quit(desktop, second) == 0
