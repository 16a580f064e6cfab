"""What the window asks of millions of steps many times a second looks at few of them."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.helpers.fake_run import LiveRun

from diptych.gui.plots.series import Series, nearest
from diptych.gui.text.runs import latest_step_ns
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot, RunState, StepColumns
from diptych.profiling.runs.statistics import counted_steps

MANY = 3_000_000
MS = 1_000_000


def taken(work: Callable[[], object]) -> int:
    """Return the bytes that ``work`` had at its height."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def columns() -> StepColumns:
    """Return steps of 10 ms whose completion is known a little after their dispatch."""
    end = np.arange(1, MANY + 1, dtype=np.int64) * 10 * MS
    length, unknown = np.full(MANY, 10 * MS), np.full(MANY, np.nan)
    flags = np.zeros(MANY, np.uint8)
    return StepColumns(
        n=np.arange(MANY),
        start=end - 10 * MS,
        end=end,
        dispatched=length,
        completed=length.astype(float),
        completed_at=end.astype(np.float64) + 0.5,
        phases=np.zeros((5, MANY), np.int64),
        samples=unknown,
        loss=unknown,
        cost=unknown,
        flags=flags,
    )


@pytest.fixture
def long(tmp_path: Path) -> RunSnapshot:
    """Return a live run with all of those steps."""
    with LiveRun(tmp_path) as run:
        run.step(20)
        with RunSession(run.directory) as session:
            return replace(session.drain(), steps=columns(), warmup=10)


@given(
    st.lists(st.integers(-(10**6), 10**6), min_size=1, max_size=20, unique=True),
    st.floats(-1.1e6, 1.1e6),
)
def test_the_nearest_entry_is_the_same_of_integers_and_of_floats(x: list[int], at: float) -> None:
    rising = np.array(sorted(x), np.int64)
    assert nearest(rising, at) == nearest(rising.astype(np.float64), at)


def test_a_reading_does_not_copy_the_column(long: RunSnapshot) -> None:
    steps = long.steps
    series = Series("torch", "completed", "#123456", "dot", steps.end, steps.completed, 0)
    assert taken(lambda: series.value_at(MANY / 200 + 0.003)) < 100_000
    assert series.value_at(MANY / 200 + 0.003) == 10 * MS


def test_the_step_time_in_the_list_of_a_live_run_looks_at_the_newest_only(
    long: RunSnapshot,
) -> None:
    assert latest_step_ns(long) == 10 * MS
    assert taken(lambda: latest_step_ns(long)) < MANY
    long.steps.flags[-300:] = 2
    long.steps.completed[-500:-300] = 20 * MS
    marked = counted_steps(long.steps, long.warmup)
    assert latest_step_ns(long) == np.median(long.steps.completed[marked][-200:])


def test_the_steps_that_count_take_a_mask_and_no_column_of_floats(long: RunSnapshot) -> None:
    assert taken(lambda: counted_steps(long.steps, long.warmup)) < 4 * MANY


def test_of_an_ended_run_that_long_the_summary_says_the_step_time(long: RunSnapshot) -> None:
    ended = replace(long, state=RunState.INTERRUPTED)
    assert latest_step_ns(ended) is None
    assert taken(lambda: latest_step_ns(ended)) < 100_000
