"""The beat does not drift, and does not catch up after a stall."""

from __future__ import annotations

import pytest

from diptych.profiling.sampling import pace
from diptych.profiling.sampling.gpu import throttle_words


class _Clock:
    now = 100.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> _Clock:
    found = _Clock()
    monkeypatch.setattr(pace, "time", found)
    return found


def test_work_between_the_beats_is_taken_off(clock: _Clock) -> None:
    beat = pace.Pace(10)
    times = []
    for work in (0.03, 0.09, 0.0, 0.05):
        clock.now += work
        clock.now += beat.pause()
        times.append(clock.now)
    assert times == pytest.approx([100.1, 100.2, 100.3, 100.4])


def test_a_stall_is_a_gap_and_no_burst(clock: _Clock) -> None:
    beat = pace.Pace(10)
    clock.now += beat.pause()
    clock.now += 5.03
    pauses = []
    for _ in range(3):
        pause = beat.pause()
        pauses.append(pause)
        clock.now += pause
    assert max(pauses) <= 0.1 + 1e-9
    assert pauses[-1] == pytest.approx(0.1), "back on the beat"
    assert sum(pauses) >= 0.1, "fifty missed beats are not made up for"


def test_throttling_in_words() -> None:
    assert throttle_words(0) == ()
    assert throttle_words(1) == (), "idle is no throttling"
    assert throttle_words(0x4 | 0x40) == ("power cap", "hardware thermal limit")
    assert throttle_words(0x8000) == ("unknown reason 0x8000",)
