"""The escalation, without any process: stages, deadlines, impatience."""

from __future__ import annotations

from dataclasses import dataclass, field

from diptych.profiling.runner.stopping import Grace, Stage, Stopper

_GRACE = Grace(ask=10, term=5, kill=2)


@dataclass
class _Log:
    stages: list[Stage] = field(default_factory=list)
    refusals: int = 0

    def act(self, stage: Stage, _why: str) -> None:
        self.stages.append(stage)

    def give_up(self) -> None:
        self.refusals += 1


def _stopper() -> tuple[Stopper, _Log]:
    log = _Log()
    return Stopper(_GRACE, log.act, log.give_up), log


def test_nothing_happens_unasked() -> None:
    stopper, log = _stopper()
    stopper.look(1e9)
    assert (log.stages, stopper.active) == ([], False)


def test_each_stage_gets_its_time() -> None:
    stopper, log = _stopper()
    stopper.ask("why", "me", 100.0)
    for now, expected in (
        (109.9, ["ask"]),
        (110.0, ["ask", "term"]),
        (114.9, ["ask", "term"]),
        (115.0, ["ask", "term", "kill"]),
        (116.9, ["ask", "term", "kill"]),
    ):
        stopper.look(now)
        assert log.stages == expected
    assert log.refusals == 0
    stopper.look(117.0)
    stopper.look(200.0)
    assert log.refusals == 1, "said once"


def test_a_second_request_goes_one_stage_further() -> None:
    stopper, log = _stopper()
    for now in (0.0, 0.1, 0.2, 0.3):
        stopper.ask("why", f"me at {now}", now)
    assert log.stages == ["ask", "term", "kill"]
    assert stopper.by == "me at 0.0"
    assert log.refusals == 0, "impatience is no proof of refusal"


def test_kill_at_once() -> None:
    stopper, log = _stopper()
    stopper.ask("why", "me", 0.0, kill=True)
    assert log.stages == ["kill"]
    stopper.look(2.0)
    assert log.refusals == 1
