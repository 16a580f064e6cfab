"""Completion times, CUDA events (with a device made of Python), window schedules."""

from __future__ import annotations

from diptych.profiling.agent.completion import Completions
from diptych.profiling.agent.torch_events import Events, Mark
from diptych.profiling.agent.windows import NEVER, PREPARE, START, STOP, Windows


def test_event_time_begins_when_the_device_is_free() -> None:
    seen = Completions()
    for n, t0 in enumerate((100, 110, 500)):
        seen.expect(n, t0)
    assert seen.outstanding == 3
    # Step 1 was dispatched at 110 but the device was busy until 300.
    assert [seen.done(n, at) for n, at in enumerate((300, 420, 560))] == [200, 120, 60]
    assert seen.outstanding == 0


def test_a_step_after_an_unseen_one_has_no_time() -> None:
    seen = Completions()
    for n in range(4):
        seen.expect(n, n * 100)
    assert seen.done(0, 50) == 50
    assert seen.done(2, 250) is None
    assert seen.done(3, 350) is not None
    assert seen.done(9, 900) is None


def test_a_step_after_unseen_work_has_no_time_and_the_next_one_has() -> None:
    seen = Completions()
    for n in range(3):
        seen.expect(n, n * 100, blind=n == 1)
    # Until 500 the device did what validation had given to it.
    assert [seen.done(n, at) for n, at in enumerate((90, 550, 600))] == [90, None, 50]


def test_steps_that_are_never_reported_do_not_pile_up() -> None:
    seen = Completions()
    for n in range(1000):
        seen.expect(n, n)
    seen.forget(999)
    assert seen.done(500, 600) is not None or seen.outstanding
    assert seen.outstanding == 498
    assert seen.done(501, 700) == 100


class Device:
    """A device with its own clock (ms), which stands at ``now``."""

    now = 0.0


class FakeEvent:
    def __init__(self, device: Device) -> None:
        self.device = device
        self.at = 0.0

    def query(self) -> bool:
        return self.device.now >= self.at

    def elapsed_time(self, other: FakeEvent) -> float:
        return other.at - self.at


def test_late_looks_do_not_move_steps() -> None:
    device, host, seen = Device(), [0], []
    events = Events(lambda: FakeEvent(device), lambda: host[0])
    for n, at in enumerate((10.0, 20.0, 30.0)):
        event = events.event()
        event.at = at
        events.follow(n, Mark(event, [1.5] if n == 1 else None, 0))

    def report(n: int, at: int, loss: float | None) -> None:
        seen.append((n, at, loss))

    assert events.look(report) is not None
    # The device's zero is the host's 1 s; the first look is in time, the second 25 ms late.
    device.now, host[0] = 10.0, 1_010_000_000
    assert events.look(report) is not None
    device.now, host[0] = 45.0, 1_055_000_000
    assert events.look(report) is None
    assert seen == [(0, 1_010_000_000, None), (1, 1_020_000_000, 1.5), (2, 1_030_000_000, None)]


def test_events_are_used_again_only_when_they_are_done_with() -> None:
    device, made = Device(), []

    def make() -> FakeEvent:
        made.append(FakeEvent(device))
        return made[-1]

    events = Events(make, lambda: 0)
    for n in range(50):
        event = events.event()
        event.at = device.now = float(n)
        events.follow(n, Mark(event, None, 0))
        events.look(lambda *_: None)
    assert len(made) == 2


def play(windows: Windows, steps: int) -> list[tuple[int, int]]:
    return [(n, action) for n in range(steps) for action in windows.boundary(n)]


def test_a_schedule_skips_once_and_repeats() -> None:
    schedule = {"skip": 2, "wait": 1, "warmup": 1, "active": 2, "repeat": 2}
    acts = play(Windows(schedule, ()), 20)
    assert acts == [(3, PREPARE), (4, START), (6, STOP), (7, PREPARE), (8, START), (10, STOP)]


def test_a_schedule_without_end_goes_on() -> None:
    schedule = {"skip": 0, "wait": 0, "warmup": 0, "active": 1, "repeat": 0}
    acts = play(Windows(schedule, ()), 4)
    assert acts[:2] == [(0, PREPARE), (0, START)]
    assert acts[2:5] == [(1, STOP), (1, PREPARE), (1, START)]
    assert sum(action == START for _, action in acts) == 4


def test_a_request_waits_for_the_open_window() -> None:
    windows = Windows({"skip": 0, "wait": 0, "warmup": 0, "active": 3, "repeat": 1}, ())
    assert windows.boundary(0) == [PREPARE, START]
    windows.request(2, ("shapes",))
    assert windows.waiting == 1
    assert windows.boundary(3) == [STOP, PREPARE]
    assert windows.current is not None
    assert (windows.current.origin, windows.current.options) == ("capture", ("shapes",))
    assert windows.boundary(4) == [START]
    assert windows.boundary(6) == [STOP]
    assert windows.next_due() == NEVER


def test_two_steps_that_end_at_once_do_not_lengthen_a_window() -> None:
    windows = Windows({"skip": 0, "wait": 0, "warmup": 0, "active": 3, "repeat": 1}, ())
    windows.boundary(0)
    assert windows.boundary(2) == []
    assert windows.boundary(3) == [STOP]
