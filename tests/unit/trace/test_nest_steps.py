"""A step or annotation that begins inside the call which begins it stands beside, alone."""

from __future__ import annotations

import numpy as np

from diptych.profiling.trace import nest


def lanes(*spans: tuple[int, int, bool]) -> tuple[list[int], list[int]]:
    start, end, step = (np.array(column) for column in zip(*spans, strict=True))
    count = len(spans)
    lane, parent = np.zeros(count, np.int16), np.full(count, -1, np.int32)
    depth = np.zeros(count, np.uint16)
    nest.nested(np.zeros(count, np.int32), start, end - start, step, lane, parent, depth)
    return lane.tolist(), parent.tolist()


def test_what_follows_a_crossing_step_stays_with_the_frame_around_it() -> None:
    train, ending = (0, 1000, False), (10, 30, False)
    crossing, forward, operator = (20, 520, True), (40, 400, False), (50, 90, False)
    assert lanes(train, ending, crossing, forward, operator) == ([0, 0, 1, 0, 0], [-1, 0, -1, 0, 3])


def test_without_a_frame_around_it_what_follows_stays_on_the_first_lane() -> None:
    ending, crossing, forward = (10, 30, False), (20, 520, True), (40, 400, False)
    assert lanes(ending, crossing, forward) == ([0, 1, 0], [-1, -1, -1])


def test_what_overlaps_and_is_no_step_takes_what_lies_in_it_along() -> None:
    frame, operator, inner = (0, 100, False), (50, 150, False), (60, 90, False)
    assert lanes(frame, operator, inner) == ([0, 1, 1], [-1, -1, 1])


def test_a_step_that_nests_holds_its_operators() -> None:
    assert lanes((0, 100, True), (10, 20, False)) == ([0, 0], [-1, 0])
