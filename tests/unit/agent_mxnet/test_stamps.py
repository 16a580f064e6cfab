"""When a slot of the engine's marks may be read, with slots filled by hand."""

from __future__ import annotations

import ctypes
import time
from collections import deque
from typing import Any

import pytest

from diptych.profiling.agent import mxnet_stamps
from diptych.profiling.agent.mxnet_stamps import Stamps, Token

WORDS = 10


@pytest.fixture
def stamps() -> Stamps:
    """Return a ring without an engine: what it would write, the tests write."""
    made = Stamps.__new__(Stamps)
    made._words = (ctypes.c_int64 * (4 * WORDS))()
    made._out = deque()
    made._read_next = 0
    made._nano = lambda: True  # type: ignore[method-assign]  # no kernel to ask
    return made


def pushed(stamps: Stamps, n: int) -> int:
    token = Token([], False)
    token.slot, token.pushed = n, time.monotonic_ns()
    stamps.watch(n, token)
    return n * WORDS


def mark(stamps: Stamps, at: int, seconds: int) -> None:
    """Do what gmtime_r does to the slot: a struct tm of ``seconds`` after 1970."""
    libc = ctypes.CDLL(None)
    when = ctypes.c_int64(seconds)
    place = ctypes.addressof(stamps._words) + at * 8
    libc.gmtime_r(ctypes.byref(when), ctypes.c_void_p(place))


def stamp(stamps: Stamps, at: int, real: int) -> None:
    stamps._words[at], stamps._words[at + 1] = divmod(real, 1_000_000_000)


def collected(stamps: Stamps) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    stamps.collect(lambda n, at, _loss: found.append((n, at)))
    return found


# 1: what MXNet's context reads as on the CPU; the others: on GPUs 0, 1 and 7
@pytest.mark.parametrize("context", [1, 2, 2 + (1 << 32), 2 + (7 << 32)])
def test_a_slot_with_the_mark_only_is_not_ready(stamps: Stamps, context: int) -> None:
    at = pushed(stamps, 0)
    mark(stamps, at, context)
    assert collected(stamps) == []
    # the seconds are written, their fraction is still the day of the month
    stamps._words[at] = 1_795_439_454
    assert collected(stamps) == []
    stamp(stamps, at, time.time_ns())
    assert [n for n, _ in collected(stamps)] == [0]


def test_a_time_is_moved_to_the_monotonic_clock(
    stamps: Stamps, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = time.monotonic_ns()
    at = pushed(stamps, 0)
    mark(stamps, at, 1)
    stamp(stamps, at, time.time_ns())
    ((_, ready),) = collected(stamps)
    assert before <= ready <= time.monotonic_ns()


def test_steps_are_told_in_order_and_a_failed_one_not_at_all(stamps: Stamps) -> None:
    first, failed, last = (pushed(stamps, n) for n in range(3))
    for at in (failed, last):
        stamp(stamps, at, time.time_ns())
    mark_only: Any = stamps._words
    mark_only[last + mxnet_stamps._MARK] = 1
    assert collected(stamps) == []
    mark(stamps, first, 1)
    stamp(stamps, first, time.time_ns())
    assert [n for n, _ in collected(stamps)] == [0, 2]
    assert not stamps._out
