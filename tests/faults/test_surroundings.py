"""What happens around the worker: floods, full disks, a runner that dies."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from diptych.profiling.records.kinds import Caution
from diptych.profiling.records.reader import JournalTail
from diptych.profiling.runner import launch
from diptych.profiling.runner.locks import is_held, is_live
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunState

RunScript = Callable[..., Any]

_FLOOD = """
import os, time
line = b"0123456789abcde\\n" * 65536
os.write(1, b"the very beginning\\n")
for n in range(50):
    os.write(1, line)
    time.sleep(0.02)
os.write(1, b"the very end\\n")
os.write(2, b"\\xff\\xfe not utf-8\\n")
"""


def test_fifty_megabytes_of_output_do_not_stay(
    run_script: RunScript, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIPTYCH_LOG_LIMIT", str(1 << 20))
    run = run_script(_FLOOD)
    assert run.exited().status == "done"
    data = run.paths.stdout.read_bytes()
    assert len(data) < 2 << 20
    assert data.startswith(b"the very beginning\n")
    assert data.endswith(b"the very end\n")
    assert b"bytes of output left out" in data
    assert run.paths.stderr.read_bytes() == b"\xff\xfe not utf-8\n"
    (warning,) = run.of_kind("warning")
    assert warning["code"] == "output_capped"
    assert "stdout.log" in warning["text"]


@pytest.fixture
def small_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A file system of 4 MiB that is the home."""
    folder = tmp_path / "disk"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(folder)]
    mounted = subprocess.run(command, capture_output=True, text=True, check=False)
    if mounted.returncode:
        pytest.skip(f"no tmpfs can be mounted here: {mounted.stderr.strip()}")
    monkeypatch.setenv("DIPTYCH_HOME", str(folder))
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


_FILLS = """
import os, sys, time
print("before", flush=True)
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT)
try:
    while True:
        os.write(fd, b"x" * 65536)
except OSError:
    print("full", flush=True)
for n in range(2000):
    print("line", n, "of a script that goes on printing", flush=True)
print("after", flush=True)
"""


def test_a_full_disk_does_not_stop_a_script_that_prints(
    small_disk: Path, run_script: RunScript
) -> None:
    run = run_script(_FILLS, str(small_disk / "filler"), home=small_disk)
    exited = run.exited()
    assert exited.status == "done", run.paths.stderr.read_text()
    assert run.output().startswith("before\nfull\n")
    assert run.output().endswith("after\n")
    # and who looks at the run learns of it
    said = [r for r in JournalTail(run.paths.runner_journal).read() if isinstance(r, Caution)]
    assert [caution.code for caution in said] == ["disk_full"]


def test_no_room_for_a_run_is_said_in_words(small_disk: Path, run_script: RunScript) -> None:
    with (small_disk / "filler").open("wb", 0) as file, contextlib.suppress(OSError):
        while True:
            file.write(b"x" * 4096)
    with pytest.raises(launch.LaunchError, match="No space left on device"):
        run_script("print(1)", home=small_disk)
    assert not list(small_disk.glob("runs/*"))


def test_a_home_that_cannot_be_written(run_script: RunScript, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(launch.LaunchError, match="DIPTYCH_HOME"):
        run_script("print(1)", home=tmp_path / "file")


_COUNTS = """
import time
print("ready", flush=True)
for n in range(10):
    time.sleep(0.1)
print("finished by itself", flush=True)
"""


def test_a_killed_runner_does_not_take_the_worker_with_it(run_script: RunScript) -> None:
    run = run_script(_COUNTS)
    run.wait_for_output("ready")
    os.kill(run.runner(), signal.SIGKILL)
    run.wait_for_output("finished by itself")
    _eventually(lambda: not is_live(run.directory))
    _eventually(lambda: not run.members())  # sampler and tracer end by themselves
    with RunSession(run.directory) as session:
        snapshot = session.drain()
    assert snapshot.state is RunState.INTERRUPTED


@pytest.mark.parametrize("polite", [True, False])
def test_a_worker_whose_runner_was_killed_can_be_stopped(
    run_script: RunScript, polite: bool
) -> None:
    ignore = "" if polite else "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
    run = run_script(f"{ignore}print('ready', flush=True)\nimport time\ntime.sleep(300)\n")
    run.wait_for_output("ready")
    os.kill(run.runner(), signal.SIGKILL)
    _eventually(lambda: not is_held(run.paths.runner_lock))
    launch.ask_stop(run.directory, "the test")
    if not polite:
        _eventually(lambda: run.of_kind("stopping"))
        launch.ask_stop(run.directory, "the test")
    _eventually(lambda: run.of_kind("exited"))
    exited = run.exited()
    assert (exited.status, exited.code) == ("stopped", None)
    assert "runner had been lost" in exited.text
    stages = [record["stage"] for record in run.of_kind("stopping")]
    assert stages == (["ask"] if polite else ["ask", "term"])
    assert run.paths.summary.exists()


def test_a_killed_sampler_is_replaced(run_script: RunScript) -> None:
    run = run_script("print('ready', flush=True)\nimport time\ntime.sleep(60)\n")

    def samplers() -> set[int]:
        return {int(r["pid"]) for r in run.of_kind("open", "system")}

    first = _eventually(samplers)
    for pid in first:
        os.kill(pid, signal.SIGKILL)
    _eventually(lambda: samplers() - first)
    launch.ask_stop(run.directory, "the test", kill=True)
    run.exited()
    (warning,) = run.of_kind("warning")
    assert warning["code"] == "sampler_restarted"
    assert run.of_kind("proc", "system")


def _eventually(look: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        found = look()
        if found:
            return found
        time.sleep(0.02)
    return pytest.fail("it did not happen")
