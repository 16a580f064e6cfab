"""Every way in which a worker can end is told in words, and nobody stays behind.

``run.exited()`` fails unless every process that carries the run's token is gone.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from typing import Any

import pytest

from diptych.profiling.records.summary import Summary
from diptych.profiling.runner import launch
from diptych.profiling.runs.summary import read_summary

RunScript = Callable[..., Any]

_WAIT = "\nprint('ready', flush=True)\nimport time\ntime.sleep(600)\n"


def _summary(run: Any) -> Summary:
    summary = read_summary(run.directory)
    assert summary is not None, "the runner writes it before it ends"
    return summary


@pytest.mark.parametrize(
    ("source", "status", "code", "signal_name", "text"),
    [
        ("print('fine')", "done", 0, None, "finished"),
        ("", "done", 0, None, "finished"),
        ("raise SystemExit(7)", "failed", 7, None, "exited with code 7"),
        ("raise ValueError('no\\nway')", "failed", 1, None, "code 1: ValueError: no"),
        ("import no_such_module", "failed", 1, None, "No module named 'no_such_module'"),
        ("this is no python", "failed", 1, None, "SyntaxError"),
        ("import ctypes; ctypes.string_at(0)", "failed", None, "SIGSEGV", "segmentation fault"),
        ("import os; os.abort()", "failed", None, "SIGABRT", "SIGABRT"),
        ("import os; os.kill(os.getpid(), 9)", "failed", None, "SIGKILL", "killed by SIGKILL"),
        ("import os; os._exit(3)", "failed", 3, None, "exited with code 3"),
    ],
)
def test_endings(
    run_script: RunScript,
    source: str,
    status: str,
    code: int | None,
    signal_name: str | None,
    text: str,
) -> None:
    run = run_script(source)
    exited = run.exited()
    assert (exited.status, exited.code, exited.signal) == (status, code, signal_name)
    assert text in exited.text
    assert _summary(run).status == status
    assert _summary(run).exit_code == code


def test_a_crash_leaves_its_python_stacks(run_script: RunScript) -> None:
    run = run_script("def fatal():\n    import ctypes\n    ctypes.string_at(0)\nfatal()\n")
    assert "faults.log" in run.exited().text
    assert "in fatal" in run.paths.faults.read_text()


def test_killed_from_outside(run_script: RunScript) -> None:
    run = run_script(_WAIT)
    run.wait_for_output("ready")
    os.kill(run.worker(), signal.SIGKILL)
    exited = run.exited()
    assert (exited.status, exited.signal) == ("failed", "SIGKILL")
    assert run.of_kind("stopping") == []


def test_a_polite_script_ends_at_the_first_word(run_script: RunScript) -> None:
    run = run_script("try:" + _WAIT.replace("\n", "\n  ") + "\nfinally:\n  print('saved')\n")
    run.wait_for_output("ready")
    launch.ask_stop(run.directory, "the test")
    exited = run.exited()
    assert (exited.status, exited.text.partition(" (")[0]) == ("stopped", "stopped by the test")
    assert [r["stage"] for r in run.of_kind("stopping")] == ["ask"]
    assert "saved" in run.output()


def test_one_that_ignores_everything_is_killed(run_script: RunScript) -> None:
    run = run_script(
        "import signal\nfor s in (signal.SIGINT, signal.SIGTERM): signal.signal(s, signal.SIG_IGN)"
        + _WAIT
    )
    run.wait_for_output("ready")
    for _ in range(3):  # impatience: each request is one stage further
        launch.ask_stop(run.directory, "the test")
    exited = run.exited()
    assert (exited.status, exited.signal) == ("stopped", "SIGKILL")
    assert [r["stage"] for r in run.of_kind("stopping")] == ["ask", "term", "kill"]


def test_the_time_limit(run_script: RunScript) -> None:
    run = run_script(_WAIT, timeout=1.5)
    exited = run.exited()
    assert exited.status == "timeout"
    assert "1.5 s" in exited.text


_LEAVES = """
import os, subprocess, sys, time
child = subprocess.Popen(
    [sys.executable, "-c", "import time; print('child', flush=True); time.sleep(600)"],
    start_new_session=True, env={ENV})
print("pid", child.pid, flush=True)
time.sleep({SECONDS})
os._exit(0)
"""


@pytest.mark.parametrize("environment", ["None", "{}"], ids=["token", "no token"])
def test_a_grandchild_in_its_own_session_is_ended(run_script: RunScript, environment: str) -> None:
    run = run_script(_LEAVES.replace("{ENV}", environment).replace("{SECONDS}", "0"))
    assert run.exited().status == "done"
    (warning,) = run.of_kind("warning")
    assert warning["code"] == "left_behind"
    pid = int(run.output().split("pid ")[1].split()[0])
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_stop_ends_the_grandchildren_too(run_script: RunScript) -> None:
    run = run_script(_LEAVES.replace("{ENV}", "None").replace("{SECONDS}", "600"))
    run.wait_for_output("child")
    launch.ask_stop(run.directory, "the test", kill=True)
    assert run.exited().signal == "SIGKILL"


def test_the_runner_passes_a_signal_on(run_script: RunScript) -> None:
    run = run_script(_WAIT)
    run.wait_for_output("ready")
    os.kill(run.runner(), signal.SIGTERM)
    exited = run.exited()
    assert exited.status == "stopped"
    assert "a signal to the runner" in exited.text


def test_an_interpreter_that_vanished(run_script: RunScript) -> None:
    run = run_script("print(1)", python="/gone/bin/python")
    exited = run.exited()
    assert exited.status == "failed"
    assert "/gone/bin/python" in exited.text


def test_a_working_folder_that_vanished(run_script: RunScript) -> None:
    run = run_script("print(1)", cwd="/gone/folder")
    assert "working folder /gone/folder" in run.exited().text
