"""A trace opened in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.helpers.trace_cases import event, top, whole

from diptych.profiling.trace import opener
from diptych.profiling.trace.opener import Handle, Opening, start_open

DEADLINE = 120.0


def finished(handle: Handle) -> Opening:
    end = time.monotonic() + DEADLINE
    while not (state := handle.poll()).over:
        assert time.monotonic() < end, "the trace was not opened in time"
        time.sleep(0.005)
    assert handle._process is None
    return state


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.json"
    path.write_bytes(whole())
    return path


def test_it_opens_and_the_second_time_at_once(trace: Path, home: Path) -> None:
    state = finished(start_open(trace))
    assert state.error is None
    assert state.table is not None
    assert state.table.events == 10
    again = start_open(trace)
    assert again._process is None
    assert again.poll().table is not None


def test_it_opens_where_nothing_can_be_kept(trace: Path, home: Path) -> None:
    (home / "cache").write_text("in the way")
    state = finished(start_open(trace))
    assert state.table is not None
    assert state.table.text(int(state.table.slices.name[0])) == "a"


@pytest.mark.parametrize("raw", [b"", b"no trace", b'{"a": 1}'])
def test_what_is_no_trace_is_said_in_one_line(raw: bytes, trace: Path, home: Path) -> None:
    trace.write_bytes(raw)
    error = finished(start_open(trace)).error
    assert error is not None
    assert "\n" not in error


def test_a_missing_file_starts_nothing(home: Path) -> None:
    handle = start_open("/no/such/file.json")
    assert handle._process is None
    assert "cannot be opened" in (handle.poll().error or "")


def test_it_can_be_given_up(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "large.json"
    path.write_bytes(top(*(event(ts=n, dur=1) for n in range(300_000))))
    handle = start_open(path)
    process = handle._process
    assert process is not None
    handle.cancel()
    assert handle.poll().cancelled
    assert process.poll() is not None
    assert not list((home / "cache").rglob("*.part"))


def test_a_reader_that_dies_is_an_error(trace: Path, home: Path) -> None:
    handle = start_open(trace)
    assert handle._process is not None
    handle._process.kill()
    assert "SIGKILL" in (finished(handle).error or "")


def test_it_ends_with_whoever_started_it(tmp_path: Path, home: Path) -> None:
    path = tmp_path / "large.json"
    path.write_bytes(top(*(event(ts=n, dur=1) for n in range(300_000))))
    command = [sys.executable, "-m", "diptych.profiling.cli", "_open-trace", str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        process.stdin.close()
        assert process.wait(DEADLINE) in (0, 1)
    assert opener.Opening().over is False
