"""Slices that overlap lie on lanes of their own: a stream is one stream all the same."""

from __future__ import annotations

import json
from itertools import accumulate
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.raw_trace import CALLS, WORK
from tests.helpers.shared_traces import NAMES, raw_of, table_of

from diptych.profiling.trace import metrics
from diptych.profiling.trace.check import check
from diptych.profiling.trace.store import open_trace
from diptych.profiling.trace.table import TraceTable


def x(category: str, name: str, start: int, end: int, tid: int = 1, **args: int) -> dict[str, Any]:
    pid = 0 if category in (*WORK, "gpu_user_annotation") else 4242
    times = {"ts": start, "dur": end - start}
    return {"ph": "X", "cat": category, "name": name, "pid": pid, "tid": tid, **times, "args": args}


def work(name: str, start: int, end: int, correlation: int) -> dict[str, Any]:
    return x("kernel", name, start, end, 7, device=0, stream=7, correlation=correlation)


def call(start: int, end: int, correlation: int) -> dict[str, Any]:
    return x("cuda_runtime", "cudaLaunchKernel", start, end, correlation=correlation)


def opened(tmp_path: Path, *events: dict[str, Any]) -> TraceTable:
    path = tmp_path / "made.json"
    path.write_text(json.dumps({"schemaVersion": 1, "traceEvents": events}))
    return open_trace(path, cache=False)


@pytest.fixture
def overlapping(tmp_path: Path) -> TraceTable:
    """Two kernels of one stream that overlap, under a range that overlaps both."""
    return opened(
        tmp_path,
        *(call(10 * n, 10 * n + 5, n) for n in (1, 2, 3)),
        work("a", 100, 200, 1),
        work("b", 150, 260, 2),
        work("c", 300, 310, 3),
        x("gpu_user_annotation", "range", 120, 305, 7, device=0, stream=7),
    )


def test_work_that_overlaps_is_of_one_stream(overlapping: TraceTable) -> None:
    assert sum(t.device is not None for t in overlapping.tracks) > 1
    (device,) = metrics.by_device(overlapping)
    assert device.streams == 1
    (queue,) = metrics.queues(overlapping)
    assert queue.longest == 3
    (idle,) = metrics.idle_by_stream(overlapping)
    assert idle.total_ns == device.idle_ns == 40_000


def test_the_check_counts_work_that_overlaps_and_no_ranges(overlapping: TraceTable) -> None:
    (finding,) = check(overlapping)
    assert (finding.what, finding.count) == ("stream_overlap", 1)
    assert [example.name for example in finding.examples] == ["b"]


def test_what_lies_inside_an_overlapping_slice_does_not_overlap(tmp_path: Path) -> None:
    table = opened(
        tmp_path,
        x("python_function", "train.py(1): main", 0, 1000),
        x("python_function", "profiler.py(9): step", 10, 60),
        x("user_annotation", "ProfilerStep#1", 50, 900),
        x("python_function", "train.py(5): train", 100, 800),
        x("cpu_op", "aten::mm", 200, 300),
        x("cpu_op", "aten::add", 950, 960),
    )
    (finding,) = check(table)
    assert (finding.what, finding.count) == ("overlap", 1)
    names = [table.text(int(name)) for name in table.slices.name]
    around = {name: metrics.stack_of(table, row) for row, name in enumerate(names)}
    assert around["aten::mm"] == ["train.py(1): main", "train.py(5): train"]
    assert around["aten::add"] == around["profiler.py(9): step"] == ["train.py(1): main"]
    assert around["train.py(1): main"] == []


def test_slices_without_a_name_are_selected_like_others(tmp_path: Path) -> None:
    nameless = [x(category, "", 10 * n, 10 * n + 5) for n, category in enumerate(("", "cpu_op"))]
    for event in nameless:
        del event["name"]
    del nameless[0]["cat"]
    table = opened(tmp_path, *nameless, x("cpu_op", "aten::mm", 30, 50))
    found = metrics.select(table, 0, table.duration_ns)
    times = {
        (table.text(int(name)), table.text(int(category))): int(total)
        for name, category, total in zip(found.name, found.category, found.total_ns, strict=True)
    }
    assert times == {("", ""): 5_000, ("", "cpu_op"): 5_000, ("aten::mm", "cpu_op"): 20_000}


@pytest.mark.parametrize("name", NAMES)
def test_queues_of_real_streams(name: str) -> None:
    raw = raw_of(name)
    calls = {e.args["correlation"]: e for e in reversed(raw.of(*CALLS)) if "correlation" in e.args}
    streams: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for piece in raw.of(*WORK):
        launch = calls.get(piece.args.get("correlation"))
        if launch is not None:
            found = streams.setdefault((piece.args["device"], piece.args["stream"]), [])
            found += [(launch.start, 1), (piece.start, -1)]
    expected = [
        (*stream, max(accumulate(n for _, n in sorted(steps, key=lambda s: (s[0], -s[1])))))
        for stream, steps in streams.items()
    ]
    queues = metrics.queues(table_of(name))
    assert sorted((q.device, q.stream or 0, q.longest) for q in queues) == sorted(expected)


@pytest.mark.parametrize("name", NAMES)
def test_overlapping_work_of_real_streams(name: str) -> None:
    reach: dict[tuple[int, int], int] = {}
    early = 0
    for piece in sorted(raw_of(name).of(*WORK), key=lambda e: (e.start, -e.end)):
        stream = (piece.args["device"], piece.args["stream"])
        early += piece.start < reach.get(stream, piece.start)
        reach[stream] = max(piece.end, reach.get(stream, 0))
    counts = {finding.what: finding.count for finding in check(table_of(name))}
    assert counts.get("stream_overlap", 0) == early


@pytest.mark.parametrize("name", ["b200_eager_stacks", "h100_bert_small", "mi300_resnet_training"])
def test_stacks_are_those_of_the_thread(name: str) -> None:
    """Every frame that the file has around a call, and that contains the next one, is told."""
    table, frames = table_of(name), raw_of(name).of("python_function")
    rows = metrics.by_operator(table, "stack")
    threads: dict[str, list[Any]] = {}
    for frame in sorted(frames, key=lambda f: (f.start, -f.end)):
        threads.setdefault(str(frame.tid), []).append(frame)
    zero = min(event.start for event in raw_of(name).events) - int(table.slices.start.min())
    for row in rows.first[:: max(1, len(rows.first) // 50)].tolist():
        start = int(table.slices.start[row]) + zero
        end = start + int(table.slices.duration[row])
        chain: list[str] = []
        for frame in reversed(threads.get(table.tracks[table.slices.track[row]].tid, [])):
            if frame.start <= start and frame.end >= end and frame.end > start:
                chain.append(frame.name)
                start, end = frame.start, frame.end
        assert metrics.stack_of(table, row) == chain[::-1]
