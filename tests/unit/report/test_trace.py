"""One trace of all sides: whole, sound, and on one clock."""

from __future__ import annotations

import dataclasses
import gzip
import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.helpers.fake_comparison import CREATED, T0, alone, race

from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.report.trace import write_trace
from diptych.profiling.report.write import ReportError, write_report
from diptych.profiling.trace.check import check
from diptych.profiling.trace.errors import TraceCancelledError
from diptych.profiling.trace.metrics.steps import marked_steps
from diptych.profiling.trace.store import open_trace
from diptych.profiling.trace.table import TraceTable


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    return race(tmp_path_factory.mktemp("race"), gpu=True)


def opened(path: Path) -> TraceTable:
    table = open_trace(path, cache=False)
    assert [found for found in check(table) if found.level != "note"] == []
    assert sum(table.dropped.values()) == 0
    return table


def lane(table: TraceTable, process: str, thread: str) -> tuple[Any, Any, list[str]]:
    track = next(t for t in table.tracks if t.process.startswith(process) and t.thread == thread)
    rows = slice(track.first, track.first + track.count)
    names = [table.text(int(number)) for number in table.slices.name[rows]]
    return table.slices.start[rows], table.slices.duration[rows], names


def test_real_time_holds_the_whole_race_and_the_profiled_runs(
    made: Comparison, tmp_path: Path
) -> None:
    out = tmp_path / "both.json.gz"
    written = write_trace(made, out)
    table = opened(out)
    assert written.clock == "unix"
    assert table.absolute
    names = Counter(table.text(int(name)).split(" ")[0] for name in table.slices.name)
    runs = [*(side.run for side in made.sides), made.noise_run, *made.profiled]
    assert names["step"] == sum(len(run.steps) for run in runs if run is not None)
    assert names["turn"] == sum(len(run.turns) for run in runs if run is not None)
    assert len(marked_steps(table)) == 10
    for side in made.sides:
        start, duration, texts = lane(table, f"{side.label}: race", "steps")
        steps = side.run.steps
        assert texts == [f"step {n}" for n in steps.n.tolist()]
        real = table.origin_ns + start - (CREATED - T0)
        # A trace's times are whole microseconds' thousandths: nothing is lost.
        assert np.array_equal(real, steps.start)
        ends = np.minimum(steps.completed_at.astype(np.int64)[:-1], steps.start[1:])
        assert np.array_equal(real[:-1] + duration[:-1], ends)


def test_samples_are_counters(made: Comparison, tmp_path: Path) -> None:
    table = opened(write_report(made, tmp_path / "both.json.gz"))
    run = made.sides[0].run
    own = {c.name: c for c in table.counters if c.process.startswith("PyTorch eager: race")}
    gpu = {"busy, %", "memory, bytes", "power, W", "temperature, °C", "clock, MHz"}
    assert {f"GPU 0: {name}" for name in gpu} <= set(own)
    memory = own["memory of its processes, bytes"]
    assert np.array_equal(memory.value, run.process.columns["rss"])
    assert np.array_equal(memory.time + table.origin_ns - (CREATED - T0), run.process.t)
    assert len(own["loss"].time) == np.isfinite(run.steps.loss).sum()


def test_first_profiled_steps_lie_above_each_other(made: Comparison, tmp_path: Path) -> None:
    out = write_report(made, tmp_path / "both.json.gz", align="steps")
    table = opened(out)
    steps = marked_steps(table)
    processes = [table.tracks[int(track)].process for track in table.slices.track[steps.rows]]
    firsts = {
        label: min(s for s, p in zip(steps.start.tolist(), processes, strict=True)
                   if p.startswith(label))
        for label in ("PyTorch eager", "MXNet imperative")
    }  # fmt: skip
    assert len(set(firsts.values())) == 1
    # The journal's own steps are on the same clock as the window.
    for label, first in firsts.items():
        start, _, names = lane(table, f"{label}: profiled run", "steps")
        assert start[names.index("step 10")] == first
    assert not [t for t in table.tracks if t.process.startswith("PyTorch eager: race")]


def test_without_a_profile_the_races_are_aligned(tmp_path: Path) -> None:
    made = race(tmp_path / "race", profiled=False, noise=False)
    table = opened(write_report(made, tmp_path / "both.json.gz", align="steps"))
    starts = []
    for side in made.sides:
        start, _, names = lane(table, f"{side.label}: run", "steps")
        starts.append(int(start[names.index(f"step {side.run.warmup or 0}")]))
    assert starts[0] == starts[1]


def test_steps_that_complete_later_have_a_lane_of_their_own(tmp_path: Path) -> None:
    made = alone(tmp_path / "runs", "torch", "mxnet", done_later=True, window_at=40)
    table = opened(write_report(made, tmp_path / "both.json.gz"))
    python, _, _ = lane(table, "mxnet 1: run", "steps, as Python makes them")
    start, duration, names = lane(table, "mxnet 1: run", "steps, as the device completes them")
    steps = made.sides[1].run.steps
    known = np.isfinite(steps.completed)
    assert len(python) == len(steps)
    assert names == [f"step {n}" for n in steps.n[known].tolist()]
    assert (start[1:] >= (start + duration)[:-1]).all()


def test_chrome_finds_what_it_asks_for(made: Comparison, tmp_path: Path) -> None:
    hostile = dataclasses.replace(made.sides[0], label='<b>"\\ \u2028é\x00')
    renamed = dataclasses.replace(made, sides=(hostile, made.sides[1]))
    data = json.loads(gzip.decompress(write_report(renamed, tmp_path / "b.json.gz").read_bytes()))
    events = data["traceEvents"]
    for event in events:
        assert {"ph", "name", "pid"} <= set(event)
        assert isinstance(event["pid"], int)
        assert 0 <= event["pid"] < 2**31
        if event["ph"] == "X":
            assert event["ts"] >= 0
            assert event["dur"] >= 0
        if event["ph"] == "C":
            assert isinstance(event["args"]["value"], float)
    named = {e["pid"]: e["args"]["name"] for e in events
             if e["ph"] == "M" and e["name"] == "process_name"}  # fmt: skip
    assert {event["pid"] for event in events} <= set(named)
    assert any(name.startswith('<b>"\\') for name in named.values())
    assert any(name.startswith("MXNet imperative: race") for name in named.values())


def test_a_damaged_window_is_told_and_nothing_is_left(tmp_path: Path) -> None:
    made = race(tmp_path / "race")
    run = made.profiled[0]
    assert run is not None
    (run.directory / "traces" / "r0-w000.json.gz").write_bytes(b"no trace")
    with pytest.raises(ReportError, match=r"r0-w000\.json\.gz"):
        write_report(made, tmp_path / "both.json.gz")
    assert not (tmp_path / "both.json.gz").exists()


def test_it_can_be_given_up(made: Comparison, tmp_path: Path) -> None:
    with pytest.raises(TraceCancelledError):
        write_report(made, tmp_path / "both.json.gz", cancel=lambda: True)
    assert list(tmp_path.iterdir()) == []
