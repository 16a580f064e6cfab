"""The tracker: sequences of events to steps, by hand."""

from __future__ import annotations

import itertools
import random

import pytest

from diptych.profiling.agent.pieces import BACKWARD, DATA, FORWARD, OPTIMIZER, OTHER, Eval, Step
from diptych.profiling.agent.tracker import HOLD_EVAL, HOLD_PLAIN, Tracker

MODEL, OTHER_MODEL = 11, 12
A, B, C = 21, 22, 23


class Script:
    """Plays a training script: every call advances the clock."""

    def __init__(self) -> None:
        self.tracker = Tracker()
        self.now = 1000
        self.tracker.start(self.now)

    def learns(self) -> Script:
        """An optimizer was made."""
        self.tracker.learns = True
        return self

    def idle(self, length: int) -> Script:
        self.now += length
        return self

    def data(self, length: int = 5, samples: int = 0, exhausted: bool = False) -> Script:
        self.tracker.data_begin(self.now)
        self.tracker.data_end(self.idle(length).now, samples, exhausted)
        return self

    def forward(
        self, length: int = 10, key: int = MODEL, train: bool = True, samples: int = 4
    ) -> Script:
        self.tracker.forward_begin(self.now, key, train, samples)
        self.tracker.forward_end(self.idle(length).now, key, train)
        return self

    def backward(self, length: int = 20) -> Script:
        self.tracker.backward_begin(self.now)
        self.idle(length)
        self.tracker.backward_end(self.now)
        return self

    def optimizer(self, key: int = A, length: int = 3, samples: int | None = None) -> Script:
        self.tracker.optimizer_begin(self.now, key)
        self.tracker.optimizer_end(self.idle(length).now, key, samples)
        return self

    def steps(self) -> list[Step]:
        self.tracker.finish()
        return [item for item in self.tracker.closed if isinstance(item, Step)]

    def evals(self) -> list[Eval]:
        return [item for item in self.tracker.closed if isinstance(item, Eval)]


def assert_sound(steps: list[Step]) -> None:
    assert [step.n for step in steps] == list(range(len(steps)))
    for step in steps:
        assert sum(step.phases) == step.end - step.t0 + step.fence
    for before, after in itertools.pairwise(steps):
        assert after.t0 >= before.end


def test_phases_of_a_plain_loop_add_up_exactly() -> None:
    script = Script()
    for _ in range(3):
        script.data(5).idle(1).forward(10).idle(2).backward(20).idle(4).optimizer(A, 3).idle(7)
    steps = script.steps()
    assert_sound(steps)
    assert len(steps) == 3
    first = steps[0].phases
    assert (first[DATA], first[FORWARD], first[BACKWARD]) == (5, 12, 20)
    assert (first[OPTIMIZER], first[OTHER]) == (3, 5)
    # What follows an optimizer belongs to the next step.
    assert steps[1].phases[OTHER] == 7 + 5


def test_the_first_step_is_held_until_the_cycle_is_known() -> None:
    script = Script().forward().backward().optimizer()
    assert script.tracker.closed == []
    script.forward().backward().optimizer()
    assert [step.n for step in script.steps()] == [0, 1]


def test_a_single_step_is_let_go_at_the_end() -> None:
    steps = Script().forward(samples=7).backward().optimizer().steps()
    assert [step.samples for step in steps] == [7]


def test_accumulation_is_one_step_with_all_samples() -> None:
    script = Script()
    for _ in range(3):
        for _ in range(4):
            script.forward(samples=8).backward()
        script.optimizer()
    steps = script.steps()
    assert_sound(steps)
    assert [step.samples for step in steps] == [32, 32, 32]


def test_two_optimizers_make_one_step_an_iteration() -> None:
    script = Script()
    for _ in range(5):
        script.data(samples=6).forward().backward().optimizer(A, 3)
        script.forward().backward().optimizer(B, 4)
    steps = script.steps()
    assert_sound(steps)
    assert len(steps) == 5
    assert all(step.phases[OPTIMIZER] == 7 and step.samples == 6 for step in steps)


def test_three_optimizers_end_with_the_last_of_the_cycle() -> None:
    script = Script()
    for _ in range(4):
        for key in (A, B, C):
            script.forward().backward().optimizer(key)
    steps = script.steps()
    assert_sound(steps)
    assert len(steps) == 4
    assert all(step.phases[OPTIMIZER] == 9 for step in steps)


@pytest.mark.parametrize("first", [True, False])
def test_of_unequal_optimizers_the_frequent_one_counts(first: bool) -> None:
    script = Script()
    for _ in range(4):
        if first:
            script.forward().backward().optimizer(B)
        for _ in range(5):
            script.forward().backward().optimizer(A)
        if not first:
            script.forward().backward().optimizer(B)
    steps = script.steps()
    assert_sound(steps)
    assert 19 <= len(steps) <= 21


def test_an_optimizer_that_takes_over_later_counts_from_then_on() -> None:
    script = Script()
    for key in (A, B):
        for _ in range(5):
            script.forward().backward().optimizer(key)
    steps = script.steps()
    assert_sound(steps)
    assert 9 <= len(steps) <= 10


def test_inference_is_a_step_a_call_from_end_to_end() -> None:
    script = Script()
    for samples in (5, 5, 2):
        script.data(6).idle(1).forward(10, train=False, samples=samples).idle(3)
    steps = script.steps()
    assert_sound(steps)
    assert [step.samples for step in steps] == [5, 5, 2]
    assert all(step.infer for step in steps)
    assert [step.dispatched for step in steps] == [17, 20, 20]


def test_inference_in_training_mode_is_found_after_a_while() -> None:
    script = Script()
    for _ in range(HOLD_PLAIN + 5):
        script.data().forward(train=True)
    assert [step.n for step in script.tracker.closed if isinstance(step, Step)] == list(
        range(HOLD_PLAIN + 5)
    )


def test_three_views_of_one_batch_are_not_inference() -> None:
    script = Script()
    for _ in range(3):
        script.data(samples=4)
        for _ in range(3):
            script.forward(samples=4)
        script.backward().optimizer()
    steps = script.steps()
    assert_sound(steps)
    assert [step.infer for step in steps] == [False] * 3
    assert [step.phases[FORWARD] for step in steps] == [30] * 3
    assert script.evals() == []


def test_validation_belongs_to_no_step() -> None:
    script = Script()
    for _ in range(2):
        for _ in range(3):
            script.data(samples=4).forward().backward().optimizer()
        script.data(exhausted=True)
        for _ in range(2):
            script.data(samples=9).forward(100, train=False).idle(2)
        script.data(exhausted=True).idle(50)
    steps = script.steps()
    assert_sound(steps)
    assert len(steps) == 6
    assert all(step.dispatched < 100 for step in steps)
    assert [(e.batches, e.samples) for e in script.evals()] == [(2, 18), (2, 18)]
    between = script.evals()[0]
    assert steps[2].end == between.t0
    assert between.end == steps[3].t0


def test_validation_without_a_loader() -> None:
    script = Script()
    for _ in range(2):
        for _ in range(3):
            script.forward().backward().optimizer()
        for _ in range(4):
            script.forward(100, train=False)
    steps = script.steps()
    assert_sound(steps)
    assert [e.batches for e in script.evals()] == [4, 4]
    assert all(step.dispatched < 100 for step in steps)


def test_validation_before_training_is_no_step() -> None:
    script = Script().learns()
    for _ in range(HOLD_EVAL):
        script.data().forward(train=False)
    for _ in range(3):
        script.data().forward().backward().optimizer()
    steps = script.steps()
    assert_sound(steps)
    assert [step.infer for step in steps] == [False] * 3
    assert [e.batches for e in script.evals()] == [HOLD_EVAL]


@pytest.mark.parametrize("loader", [True, False])
def test_a_teacher_belongs_to_the_step(loader: bool) -> None:
    script = Script().learns()
    for _ in range(4):
        if loader:
            script.data(samples=4)
        script.forward(7, key=OTHER_MODEL, train=False).forward(10).backward().optimizer()
    steps = script.steps()
    assert_sound(steps)
    assert len(steps) == 4
    assert script.evals() == []
    assert [step.phases[FORWARD] for step in steps] == [17] * 4
    assert [step.samples for step in steps] == [4] * 4


def test_a_model_in_evaluation_mode_can_be_trained() -> None:
    script = Script().learns()
    for _ in range(4):
        script.data(samples=4).forward(train=False).backward().optimizer()
    steps = script.steps()
    assert_sound(steps)
    assert (len(steps), script.evals()) == (4, [])


def test_a_closure_runs_inside_the_optimizer() -> None:
    script = Script()
    for _ in range(3):
        script.tracker.optimizer_begin(script.now, A)
        for _ in range(4):
            script.idle(1).forward(10, samples=6).idle(2).backward(20)
        script.tracker.optimizer_end(script.idle(5).now, A)
    steps = script.steps()
    assert_sound(steps)
    assert [tuple(step.phases) for step in steps] == [(0, 48, 80, 9, 0)] * 3
    assert [step.samples for step in steps] == [6] * 3


def test_recomputation_inside_backward_is_backward() -> None:
    script = Script()
    for _ in range(3):
        script.forward(10)
        script.tracker.backward_begin(script.now)
        script.idle(5).forward(10)
        script.tracker.backward_begin(script.now)
        script.tracker.backward_end(script.idle(3).now)
        script.tracker.backward_end(script.idle(2).now)
        script.optimizer()
    steps = script.steps()
    assert_sound(steps)
    assert [(s.phases[FORWARD], s.phases[BACKWARD]) for s in steps] == [(10, 20)] * 3
    assert [step.samples for step in steps] == [4] * 3


def test_a_nested_optimizer_is_one_optimizer() -> None:
    script = Script()
    for _ in range(3):
        script.forward().backward()
        script.tracker.optimizer_begin(script.now, A)
        script.idle(1).optimizer(B, 4)
        script.tracker.optimizer_end(script.idle(1).now, A)
    steps = script.steps()
    assert_sound(steps)
    assert [step.phases[OPTIMIZER] for step in steps] == [6] * 3


def test_an_optimizer_that_raised_does_not_hide_the_next() -> None:
    script = Script().forward().backward()
    script.tracker.optimizer_begin(script.now, A)
    for _ in range(2):
        script.forward().backward().optimizer()
    assert len(script.steps()) == 2


def test_an_optimizer_that_fails_makes_no_step() -> None:
    script = Script().learns()
    for _ in range(3):
        script.forward().backward()
        script.tracker.optimizer_begin(script.now, A)
        script.tracker.optimizer_failed(script.idle(2).now, A)
        script.optimizer()
    steps = script.steps()
    assert_sound(steps)
    assert [step.phases[OPTIMIZER] for step in steps] == [5] * 3


def test_a_told_batch_size_overrides_the_counted_one() -> None:
    script = Script()
    for _ in range(2):
        script.data(samples=3).forward().backward().optimizer(samples=64)
    assert [step.samples for step in script.steps()] == [64, 64]


def test_a_fence_is_other_time_and_not_dispatch() -> None:
    script = Script()
    for _ in range(3):
        script.forward(10).backward(20)
        script.tracker.optimizer_begin(script.now, A)
        end = script.idle(3).now
        script.tracker.optimizer_end(end, A, None, script.idle(100).now)
    steps = script.steps()
    assert_sound(steps)
    assert [(s.dispatched, s.fence, s.phases[OTHER]) for s in steps] == [(33, 100, 100)] * 3


def test_a_functional_model_has_its_forward_before_backward() -> None:
    script = Script()
    for _ in range(2):
        script.data(5).idle(9).backward(20).optimizer()
    assert [s.phases[FORWARD] for s in script.steps()] == [9, 9]


def test_validation_after_one_step_ends_the_first_cycle() -> None:
    script = Script().learns()
    for _ in range(3):
        script.data(samples=4).forward().backward().optimizer()
        script.data().forward(100, train=False).data(exhausted=True)
    steps = script.steps()
    assert_sound(steps)
    assert [e.batches for e in script.evals()] == [1, 1, 1]
    assert all(step.dispatched < 100 for step in steps)


def test_any_order_of_events_keeps_the_sums_exact() -> None:
    for seed in range(200):
        chance = random.Random(seed)
        script = Script()
        for _ in range(60):
            event = chance.choice(["data", "forward", "eval", "backward", "optimizer", "idle"])
            if event == "eval":
                script.forward(chance.randrange(9), train=False)
            elif event == "optimizer":
                script.optimizer(chance.choice((A, B)), chance.randrange(9))
            else:
                getattr(script, event)(chance.randrange(9))
        assert_sound(script.steps())
