"""A launcher that is killed in the middle: the run comes, or nobody ever sees it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.faults.conftest import wait_for

from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner import launch

_LAUNCHER = """
import os, signal, sys
import msgspec
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner import launch

def killed(*_):
    os.kill(os.getpid(), signal.SIGKILL)

setattr({owner}, {name!r}, killed)
request = RunRequest(framework="torch", python=sys.executable, script={script!r})
launch.start(request, run="20260101T000000-torch-s-aaaa")
"""


def _launch(home: Path, owner: str, name: str) -> None:
    script = home / "s.py"
    script.write_text("print('ran')\n")
    code = _LAUNCHER.format(owner=owner, name=name, script=str(script))
    done = subprocess.run([sys.executable, "-c", code], cwd=home, check=False, timeout=60)
    assert done.returncode == -signal.SIGKILL


def test_before_the_runner_knows_what_to_run_there_is_no_run(home: Path) -> None:
    _launch(home, "launch", "_spawn")
    runs = home / "runs"
    left = runs / ".20260101T000000-torch-s-aaaa"
    assert list(runs.iterdir()) == [left]
    os.utime(left, (0, 0))
    request = RunRequest(framework="torch", python=sys.executable, script=str(home / "s.py"))
    run = launch.start(request, home=home)
    assert list(runs.iterdir()) == [run], "the next start sweeps it"
    wait_for((run / "summary.json").exists, "the summary")


def test_once_it_knows_the_run_comes(home: Path) -> None:
    _launch(home, "launch", "_await")
    run = home / "runs" / "20260101T000000-torch-s-aaaa"
    wait_for((run / "summary.json").exists, "the summary")
    assert (run / "logs" / "stdout.log").read_text() == "ran\n"
