"""What wakes the reader's thread, and how often news is shown. No window here."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from diptych.gui.models import wake
from diptych.gui.models.pace import OFTEN, SELDOM, SHARE, Pace
from diptych.gui.models.wake import Wake

LONG = 30.0
"""Seconds; whoever sleeps that long was not woken."""


@pytest.fixture
def sleeper() -> Iterator[Wake]:
    made = Wake()
    yield made
    made.close()


def test_a_line_that_is_appended_ends_the_sleep(sleeper: Wake, tmp_path: Path) -> None:
    assert sleeper.watch([tmp_path]) == {tmp_path}
    journal = tmp_path / "worker-r0.jsonl"
    writer = threading.Timer(0.05, lambda: journal.write_text("{}\n"))
    begun = time.monotonic()
    writer.start()
    assert sleeper.wait(LONG) == {tmp_path}
    assert time.monotonic() - begun < LONG / 2
    writer.join()


def test_only_what_changed_is_told(sleeper: Wake, tmp_path: Path) -> None:
    one, other = tmp_path / "a", tmp_path / "b"
    for folder in (one, other):
        folder.mkdir()
    sleeper.watch([one, other])
    for _ in range(300):
        (other / "journal").write_text("x")
    assert sleeper.wait(LONG) == {other}
    assert sleeper.wait(0) == set()
    sleeper.watch([one])
    (other / "journal").write_text("y")
    assert sleeper.wait(0.01) == set()


def test_ringing_ends_both_kinds_of_sleep(sleeper: Wake, tmp_path: Path) -> None:
    sleeper.watch([tmp_path])
    for _ in range(66_000):
        sleeper.ring()
    assert sleeper.pause(LONG)
    assert not sleeper.pause(0)
    sleeper.ring()
    assert sleeper.wait(LONG) == set()


def test_a_pause_is_not_ended_by_changes(sleeper: Wake, tmp_path: Path) -> None:
    sleeper.watch([tmp_path])
    (tmp_path / "journal").write_text("x")
    assert not sleeper.pause(0.01)
    assert sleeper.wait(0) == {tmp_path}


def test_a_folder_that_comes_later_or_again_is_watched(sleeper: Wake, tmp_path: Path) -> None:
    folder = tmp_path / "events"
    assert sleeper.watch([folder]) == set()
    for _ in range(2):
        folder.mkdir()
        assert sleeper.watch([folder]) == {folder}
        (folder / "journal").write_text("x")
        assert sleeper.wait(LONG) == {folder}
        rmtree(folder)
        while folder in sleeper.watch([folder]):
            sleeper.wait(LONG)


def test_without_the_kernels_help_the_sleep_ends_in_time(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(wake, "_inotify", lambda: (None, -1))
    sleeper = Wake()
    assert sleeper.watch([tmp_path]) == set()
    (tmp_path / "journal").write_text("x")
    assert sleeper.wait(0.01) == set()
    sleeper.ring()
    assert sleeper.pause(LONG)
    sleeper.close()


class Screen:
    """Shows news that takes ``cost`` seconds of work each, as often as it is let."""

    def __init__(self) -> None:
        self.worked = self.now = 0.0
        self.pace = Pace(lambda: self.worked, lambda: self.now)

    def show(self, cost: float, after: float = 0.0) -> float:
        """Show one news, ``after`` seconds later than it might; return the pause behind it."""
        self.now += after
        pause = self.pace.next()
        self.worked += cost
        self.now += max(pause, cost)
        return pause

    def share(self, cost: float, times: int = 200) -> float:
        """Return the part of a processor that it takes while news comes without end."""
        worked, began = self.worked, self.now
        for _ in range(times):
            self.show(cost)
        return (self.worked - worked) / (self.now - began)


def test_cheap_news_comes_often() -> None:
    screen = Screen()
    assert {screen.show(0.005) for _ in range(100)} == {OFTEN}


@pytest.mark.parametrize("cost", [0.012, 0.018, 0.022])
def test_dear_news_takes_its_share_and_no_more(cost: float) -> None:
    screen = Screen()
    screen.share(cost)
    assert screen.share(cost) == pytest.approx(SHARE, rel=0.05)


def test_news_never_comes_too_seldom() -> None:
    screen = Screen()
    assert max(screen.show(0.5) for _ in range(20)) == pytest.approx(SELDOM)


def test_news_after_a_quiet_while_is_shown_at_once() -> None:
    screen = Screen()
    screen.share(0.028)
    assert [screen.show(0.028, after=1.0) for _ in range(5)] == [OFTEN] * 5


def test_one_slow_picture_does_not_make_the_next_ones_wait_long() -> None:
    screen = Screen()
    screen.share(0.005)
    screen.show(3.0)
    assert [screen.show(0.005) for _ in range(40)][-1] == OFTEN
