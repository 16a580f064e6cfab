"""Losses that are no finite number are told from losses that are not known."""

from __future__ import annotations

import json
import math
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.helpers.fake_run import LiveRun

from diptych.profiling.records import kinds
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import OddLosses, RunSnapshot, StepFlag
from diptych.profiling.runs.steps import StepTable
from diptych.profiling.runs.summary import read_summary, write_summary

INF, NAN = math.inf, math.nan


def _fields(loss: float | None) -> dict[str, float | str | None]:
    if loss is None or math.isfinite(loss):
        return {"loss": loss}
    return {"loss": None, "loss_is": str(loss)}


def step(n: int, loss: float | None = None) -> kinds.Step:
    return kinds.Step(
        seq=n,
        t=100 * n + 40,
        n=n,
        t0=100 * n,
        dispatched=40,
        phases=(8, 8, 8, 8, 8),
        **_fields(loss),  # type: ignore[arg-type] # mixed fields
    )


def done(n: int, loss: float | None = None) -> kinds.Done:
    return kinds.Done(
        seq=n,
        t=100 * n + 95,
        n=n,
        completed=90,
        ruler="event",
        **_fields(loss),  # type: ignore[arg-type] # mixed fields
    )


@pytest.mark.parametrize("later", [False, True])
@pytest.mark.parametrize("batch", [1, 3, 100])
@pytest.mark.parametrize(
    ("losses", "found"),
    [
        ([1.0, None, 2.0], OddLosses()),
        ([1.0, NAN, None, NAN], OddLosses(first_nan=1, nan_since=1)),
        ([NAN, 1.0, None, 3.0], OddLosses(first_nan=0)),
        ([NAN, 1.0, NAN, NAN, None], OddLosses(first_nan=0, nan_since=2)),
        ([NAN, NAN, -INF, NAN], OddLosses(first_nan=0, nan_since=3, first_inf=2)),
        ([1.0, INF, NAN], OddLosses(first_nan=2, nan_since=2, first_inf=1)),
    ],
)
def test_since_when(losses: list[float | None], found: OddLosses, batch: int, later: bool) -> None:
    table = StepTable()
    for first in range(0, len(losses), batch):
        part = list(enumerate(losses))[first : first + batch]
        table.add([step(n, None if later else loss) for n, loss in part])
        if later:
            table.complete([done(n, loss) for n, loss in part])
    assert table.odd_losses == found
    columns = table.columns()
    nan = (columns.flags & StepFlag.LOSS_NAN) != 0
    assert nan.tolist() == [loss is not None and math.isnan(loss) for loss in losses]
    expected = np.array([NAN if loss is None else loss for loss in losses])
    assert np.array_equal(columns.loss, expected, equal_nan=True)
    again = StepTable()
    again.restore(table.state(), {name: v.copy() for name, v in table.arrays().items()})
    assert again.odd_losses == found


def test_a_word_that_is_no_kind_of_number_is_damage() -> None:
    line = msgspec.json.encode(step(0, NAN)).replace(b'"nan"', b'"none"')
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(line, type=kinds.Step)


def read(directory: Path) -> RunSnapshot:
    with RunSession(directory) as session:
        return session.drain()


def test_the_run_and_its_summary_say_it(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as run:
        run.step(20)
        for n, loss in ((5, INF), (12, NAN), (19, NAN)):
            run.worker.put(kinds.Done, run.now, n=n, completed=90, ruler="event", **_fields(loss))
        # What the run writes of itself are finite losses.
        before = read(run.directory)
        assert before.odd_losses == OddLosses(first_nan=None, nan_since=None, first_inf=None)
        directory = run.finish()
    snapshot = read(directory)
    assert snapshot.odd_losses.first_nan == 12
    assert snapshot.odd_losses.first_inf == 5
    assert [n.code for n in snapshot.notices if n.code.startswith("loss_")] == [
        "loss_inf",
        "loss_nan",
    ]
    summary = write_summary(directory)
    assert (summary.first_nan_loss, summary.first_inf_loss) == (12, 5)
    assert summary.first_loss is not None
    assert math.isfinite(summary.last_loss or NAN)
    assert read_summary(directory) == summary
    text = (directory / "summary.json").read_text()
    json.loads(text, parse_constant=lambda name: 1 / 0)
