"""What wakes the reader's thread, and how often news is shown. No window here."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree

import pytest

from diptych.gui.models import wake
from diptych.gui.models.pace import OFTEN, SELDOM, Pace
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


def _pace(costs: list[float]) -> float:
    """Return what was said last when showing each news took that long."""
    instants = iter([0.0, *(sum(costs[: n + 1]) for n in range(len(costs)))])
    pace = Pace(lambda: next(instants))
    return [pace.next() for _ in costs][-1]


def test_cheap_news_comes_often_and_dear_news_seldom() -> None:
    assert _pace([0.001] * 50) == OFTEN
    assert _pace([0.5] * 50) == SELDOM
    between = _pace([0.018] * 50)
    assert OFTEN < between < SELDOM
    assert 0.018 / between == pytest.approx(0.3, rel=0.01)


def test_one_slow_picture_does_not_make_the_next_ones_wait_long() -> None:
    assert _pace([0.005] * 50 + [3.0] + [0.005] * 10) == OFTEN
