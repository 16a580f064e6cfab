"""One run after the other, whatever becomes of the first."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec
import pytest
from pytestqt.qtbot import QtBot
from tests.helpers.fake_run import LiveRun

from diptych.gui.models.queue import RunQueue
from diptych.gui.models.queue_file import Left, QueueFile
from diptych.gui.models.trouble import Trouble
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner import launch, locks
from diptych.profiling.runner.errors import LaunchError

FIRST = RunRequest(framework="torch", python="/p", workload="mlp")
SECOND = RunRequest(framework="mxnet", python="/p", workload="mlp")


class _Starter:
    """Starts synthetic runs that live until the test ends them."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.live, self.refuse = folder, list[LiveRun](), set[str]()

    def __call__(self, request: RunRequest, _run: str) -> Path:
        if request.framework in self.refuse:
            raise LaunchError("the disk is full")
        run = LiveRun(self.folder, framework=_kind(request), seed=len(self.live))
        self.live.append(run)
        return run.directory


def _kind(request: RunRequest) -> Literal["torch", "mxnet"]:
    return "mxnet" if request.framework == "mxnet" else "torch"


@pytest.fixture
def starter(tmp_path: Path) -> Iterator[_Starter]:
    made = _Starter(tmp_path)
    yield made
    for run in made.live:
        run.kill()


@pytest.fixture
def queue(qtbot: QtBot, tmp_path: Path, starter: _Starter) -> Iterator[RunQueue]:
    made = RunQueue(tmp_path, start=starter)
    yield made
    made.close()
    made.deleteLater()


@pytest.mark.parametrize("status", ["done", "failed"])
def test_the_second_starts_when_the_first_has_ended(
    qtbot: QtBot, queue: RunQueue, starter: _Starter, status: str
) -> None:
    queue.add([FIRST, SECOND])
    qtbot.waitUntil(lambda: len(starter.live) == 1, timeout=10_000)
    qtbot.waitUntil(lambda: len(queue.waiting) == 1, timeout=10_000)
    assert queue.waiting[0].request is SECOND
    starter.live[0].finish("done" if status == "done" else "failed")
    qtbot.waitUntil(lambda: len(starter.live) == 2, timeout=10_000)
    qtbot.waitUntil(lambda: queue.waiting == [], timeout=10_000)


def test_the_second_starts_when_the_first_was_killed_without_a_word(
    qtbot: QtBot, queue: RunQueue, starter: _Starter
) -> None:
    queue.add([FIRST, SECOND])
    qtbot.waitUntil(lambda: len(queue.waiting) == 1, timeout=10_000)
    starter.live[0].kill()
    qtbot.waitUntil(lambda: len(starter.live) == 2, timeout=10_000)
    qtbot.waitUntil(lambda: queue.waiting == [], timeout=10_000)


def test_one_that_cannot_be_started_does_not_hold_up_the_next(
    qtbot: QtBot, queue: RunQueue, starter: _Starter
) -> None:
    said: list[Trouble] = []
    queue.trouble.connect(said.append)
    starter.refuse = {"torch"}
    queue.add([FIRST, SECOND])
    qtbot.waitUntil(lambda: len(starter.live) == 1, timeout=10_000)
    qtbot.waitUntil(lambda: queue.waiting == [], timeout=10_000)
    assert [trouble.why for trouble in said] == ["the disk is full"]


def test_what_waits_can_be_taken_back(qtbot: QtBot, queue: RunQueue, starter: _Starter) -> None:
    queue.add([FIRST, SECOND])
    qtbot.waitUntil(lambda: len(queue.waiting) == 1, timeout=10_000)
    queue.cancel(queue.waiting[0].key)
    assert queue.waiting == []
    starter.live[0].finish()
    assert len(starter.live) == 1


def test_starting_happens_off_the_gui_thread(qtbot: QtBot, tmp_path: Path) -> None:
    threads: list[threading.Thread] = []

    def start(_: RunRequest, _run: str) -> Path:
        threads.append(threading.current_thread())
        return tmp_path

    queue = RunQueue(tmp_path, start=start)
    with qtbot.waitSignal(queue.started, timeout=10_000):
        queue.add([FIRST])
    assert threads[0] is not threading.main_thread()
    queue.close()
    queue.deleteLater()


def test_what_waits_survives_a_crash_of_the_window(
    qtbot: QtBot, tmp_path: Path, starter: _Starter
) -> None:
    crashed, witness = (QueueFile(tmp_path) for _ in range(2))
    with LiveRun(tmp_path / "runs") as before:
        crashed.keep([Left(before=str(before.directory), requests=(SECOND,))])
        assert witness.adopt() == [], "its owner is alive"
        assert crashed._fd is not None
        os.close(crashed._fd)  # as the kernel does when the process is killed
        crashed._fd = None
        queue = RunQueue(tmp_path, start=starter)
        queue.resume()
        assert [waiting.request for waiting in queue.waiting] == [SECOND]
        assert witness.adopt() == [], "the new window owns it now"
        before.finish()
    qtbot.waitUntil(lambda: len(starter.live) == 1, timeout=10_000)
    qtbot.waitUntil(lambda: queue.waiting == [], timeout=10_000)
    assert list((tmp_path / "waiting").glob("*")) == []
    queue.close()
    queue.deleteLater()


def test_what_waits_is_left_to_a_window_that_is_open_already(
    qtbot: QtBot, tmp_path: Path, starter: _Starter
) -> None:
    closed, other = (RunQueue(tmp_path, start=starter) for _ in range(2))
    other.resume()
    closed.add([FIRST, SECOND])
    qtbot.waitUntil(lambda: len(starter.live) == 1, timeout=10_000)
    qtbot.waitUntil(lambda: [w.request for w in closed.waiting] == [SECOND], timeout=10_000)
    assert other.waiting == []
    closed.close()
    qtbot.waitUntil(lambda: [w.request for w in other.waiting] == [SECOND], timeout=10_000)
    assert len(starter.live) == 1, "the run before it goes on"
    other.discard()
    assert list((tmp_path / "waiting").glob("*")) == []
    for queue in (closed, other):
        queue.close()
        queue.deleteLater()


def _abandoned(home: Path, *requests: RunRequest, attempt: str) -> None:
    """Leave what a window leaves that is killed while it starts the first of ``requests``."""
    killed = QueueFile(home)
    killed.keep([Left(before=None, requests=requests, attempt=attempt)])
    assert killed._fd is not None
    os.close(killed._fd)
    killed._fd = None


def test_what_is_being_started_is_kept_before_it_begins(
    qtbot: QtBot, tmp_path: Path, starter: _Starter
) -> None:
    kept: list[list[Left]] = []

    def start(request: RunRequest, run: str) -> Path:
        (path,) = (tmp_path / "waiting").glob("*.json")
        kept.append(msgspec.json.decode(path.read_bytes(), type=list[Left]))
        assert kept[-1][0].attempt == run
        return starter(request, run)

    queue = RunQueue(tmp_path, start=start)
    queue.add([FIRST, SECOND])
    qtbot.waitUntil(lambda: len(queue.waiting) == 1, timeout=10_000)
    assert [len(left.requests) for left in kept[0]] == [2]
    queue.close()
    queue.deleteLater()


def test_a_start_of_a_killed_window_that_came_to_nothing_is_made_again(
    qtbot: QtBot, tmp_path: Path, starter: _Starter
) -> None:
    _abandoned(tmp_path, FIRST, SECOND, attempt="20260101T000000-torch-mlp-aaaa")
    queue = RunQueue(tmp_path, start=starter)
    queue.resume()
    qtbot.waitUntil(lambda: len(starter.live) == 1, timeout=10_000)
    qtbot.waitUntil(lambda: [w.request for w in queue.waiting] == [SECOND], timeout=10_000)
    queue.close()
    queue.deleteLater()


def test_a_start_of_a_killed_window_that_succeeded_is_not_made_again(
    qtbot: QtBot, tmp_path: Path, starter: _Starter
) -> None:
    attempt = "20260101T000000-torch-mlp-aaaa"
    hidden = tmp_path / "runs" / f".{attempt}"
    hidden.mkdir(parents=True)
    (hidden / "events").mkdir()
    lock = locks.take(hidden / "runner.lock")
    _abandoned(tmp_path, FIRST, SECOND, attempt=attempt)
    queue = RunQueue(tmp_path, start=starter)
    queue.resume()
    assert [w.starting for w in queue.waiting] == [True, False], "its runner reads the request"
    launch.appear(hidden)
    qtbot.waitUntil(lambda: [w.request for w in queue.waiting] == [SECOND], timeout=10_000)
    assert starter.live == [], "the run before it goes on"
    os.close(lock)
    qtbot.waitUntil(lambda: len(starter.live) == 1, timeout=10_000)
    assert starter.live[0].framework == "mxnet"
    qtbot.waitUntil(lambda: queue.waiting == [], timeout=10_000)
    queue.close()
    queue.deleteLater()


def test_a_damaged_list_of_waiting_runs_is_forgotten(tmp_path: Path) -> None:
    (tmp_path / "waiting").mkdir()
    (tmp_path / "waiting" / "1-abc.json").write_text('[{"before": 5')
    assert QueueFile(tmp_path).adopt() == []
