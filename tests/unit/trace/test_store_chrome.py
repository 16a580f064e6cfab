"""Plain Chrome JSON: what each kind of event becomes."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from diptych.profiling.trace import open_trace
from diptych.profiling.trace.check import check
from diptych.profiling.trace.errors import TraceCancelledError
from diptych.profiling.trace.table import Kind, TraceTable


def table_of(folder: Path, *events: dict[str, Any], **top: Any) -> TraceTable:
    path = folder / "trace.json"
    path.write_text(json.dumps({**top, "traceEvents": list(events)} if top else list(events)))
    return open_trace(path, cache=False)


def at(ph: str, ts: float, **more: Any) -> dict[str, Any]:
    return {"ph": ph, "name": "n", "pid": 1, "tid": 1, "ts": ts, **more}


def rows(table: TraceTable) -> list[tuple[str, int, int]]:
    s = table.slices
    names = [table.text(int(n)) for n in s.name]
    return list(zip(names, s.start.tolist(), s.duration.tolist(), strict=True))


def test_begins_and_ends_are_paired_by_name_else_by_place(tmp_path: Path) -> None:
    table = table_of(
        tmp_path,
        at("B", 1, name="a", args={"x": 1}),
        at("B", 2, name="b"),
        at("E", 3, name="a"),
        {"ph": "E", "pid": 1, "tid": 1, "ts": 4},
        at("E", 5, name="a"),
        at("B", 6, name="c"),
    )
    assert sorted(rows(table)) == [("a", 0, 2000), ("b", 1000, 2000)]
    assert table.dropped == {"end without a begin": 1, "begin without an end": 1}
    assert table.used["pairs"] == 4


def test_asynchronous_pairs_have_a_track_of_their_own(tmp_path: Path) -> None:
    table = table_of(
        tmp_path,
        at("b", 1, cat="net", id="0x1"),
        at("b", 2, cat="net", id="0x2"),
        at("e", 3, cat="net", id="0x1"),
        at("e", 9, cat="net", id="0x2"),
        at("X", 1, dur=4, cat="work"),
    )
    assert [(t.thread, t.count) for t in table.tracks if t.count] == [
        ("", 1),
        ("net", 1),
        ("net", 1),
    ]
    assert rows(table)[1:] == [("n", 0, 2000), ("n", 1000, 7000)]


def test_asynchronous_pairs_may_overlap_and_slices_of_a_thread_may_not(tmp_path: Path) -> None:
    pairs = [
        event
        for ident, (begin, end) in {"1": (1, 9), "2": (5, 20), "3": (7, 30)}.items()
        for event in (at("b", begin, cat="net", id=ident), at("e", end, cat="net", id=ident))
    ]
    table = table_of(tmp_path, *pairs, at("X", 1, dur=30))
    assert [t.asynchronous for t in table.tracks] == [False, True, True, True]
    assert "overlap" not in {finding.what for finding in check(table)}
    # A thread that is called like their category is still a thread.
    crossing = at("X", 1, dur=10, tid="net"), at("X", 5, dur=10, tid="net")
    found = {f.what: f.count for f in check(table_of(tmp_path, *pairs, *crossing))}
    assert found["overlap"] == 1


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("ts", 1e300, "time out of range"),
        ("ts", -(10**40), "time out of range"),
        ("ts", 10**19, "time out of range"),
        ("ts", "soon", "time is not a number"),
        ("dur", 1e300, "duration out of range"),
        ("dur", "long", "duration is not a number"),
        ("dur", -1, "negative duration"),
    ],
)
def test_it_is_said_what_is_wrong_with_a_time(
    tmp_path: Path, field: str, value: object, why: str
) -> None:
    table = table_of(tmp_path, at("X", 1, dur=2), {**at("X", 1, dur=2), field: value})
    assert table.dropped == {why: 1}


def test_arrows_bind_to_the_slice_around_or_the_next(tmp_path: Path) -> None:
    flow = {"cat": "c", "name": "flow", "id": 4}
    table = table_of(
        tmp_path,
        at("X", 0, dur=10, name="from"),
        at("X", 20, dur=10, name="to", tid=2),
        at("X", 40, dur=10, name="last", tid=3),
        at("s", 5, **flow),
        at("t", 20, tid=2, **flow),
        at("f", 35, tid=3, **flow),
        at("f", 35, tid=3, cat="c", name="flow", id=5),
        at("s", 5, tid=9, cat="c", name="flow", id=6),
    )
    names = [table.text(int(n)) for n in table.slices.name]
    pairs = zip(table.flows.source, table.flows.target, strict=True)
    assert [(names[a], names[b]) for a, b in pairs] == [("from", "to"), ("to", "last")]
    assert table.dropped == {"flow without its other end": 1, "flow without a slice": 1}


def test_counters_have_a_curve_for_each_value(tmp_path: Path) -> None:
    table = table_of(
        tmp_path,
        at("C", 2, name="m", args={"a": 1, "b": 2.5}),
        at("C", 1, name="m", args={"a": 3}),
        at("C", 1, name="one", args={"v": "7"}),
        at("C", 1, name="none", args={"v": "x"}),
    )
    curves = {c.name: (c.time.tolist(), c.value.tolist()) for c in table.counters}
    assert curves == {
        "m: a": ([0, 1000], [3.0, 1.0]),
        "m: b": ([1000], [2.5]),
        "one": ([0], [7.0]),
    }
    assert table.dropped == {"counter without a number": 1}


def test_times_are_exact_and_counted_from_the_first(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    path.write_text(
        '{"baseTimeNanoseconds": 1700000000000000000, "schemaVersion": 1, "traceEvents": ['
        '{"ph":"X","name":"a","ts":4593110212140.2465,"dur":"0.0005","pid":1,"tid":1},'
        '{"ph":"X","name":"b","ts":4.593110212140e12,"dur":1E-3,"pid":1,"tid":1}]}'
    )
    table = open_trace(path, cache=False)
    assert table.origin_ns == 1_700_000_000_000_000_000 + 4_593_110_212_140_000
    assert table.absolute
    assert rows(table) == [("b", 0, 1), ("a", 247, 1)]


def test_a_clock_that_is_no_calendar_is_not_taken_for_one(tmp_path: Path) -> None:
    assert not table_of(tmp_path, at("X", 5, dur=1)).absolute


@pytest.mark.parametrize(
    ("category", "name", "kind"),
    [
        ("Operator", "aten::add", Kind.OPERATOR),
        ("Kernel", "k", Kind.KERNEL),
        ("Kernel", "ncclDevKernel_AllReduce", Kind.COMMUNICATION),
        ("Runtime", "cudaLaunchKernel", Kind.RUNTIME),
        ("cuda_runtime", "hipDeviceSynchronize", Kind.SYNC),
        ("xpu_driver", "zeLaunch", Kind.RUNTIME),
        ("cuda_sync", "Stream Sync", Kind.SYNC),
        ("Memcpy", "m", Kind.MEMCPY),
        ("python_function", "nn.Module: Linear_0", Kind.MODULE),
        ("python_function", "a.py(1): f", Kind.PYTHON),
        ("user_annotation", "ProfilerStep#3", Kind.STEP),
        ("cpu_op", "enumerate(DataLoader)#_Iter.__next__", Kind.DATA),
        ("gpu_user_annotation", "ProfilerStep#3", Kind.DEVICE_ANNOTATION),
        ("whatever", "x", Kind.OTHER),
    ],
)
def test_kinds(category: str, name: str, kind: Kind, tmp_path: Path) -> None:
    table = table_of(tmp_path, at("X", 1, dur=1, cat=category, name=name))
    assert table.slices.kind.tolist() == [kind]


def test_host_and_stream_of_one_number_are_apart(tmp_path: Path) -> None:
    """A thread 0 of process 0 and stream 0 of GPU 0 both occur in real files."""
    table = table_of(
        tmp_path,
        at("X", 1, dur=5, cat="python_function", pid=0, tid=0),
        at("X", 2, dur=9, cat="kernel", pid=0, tid=0, args={"device": 0, "stream": 0}),
    )
    assert [(t.device, t.stream, t.count) for t in table.tracks] == [(None, None, 1), (0, 0, 1)]


def test_forward_and_backward_on_two_threads_are_not_guessed(tmp_path: Path) -> None:
    def op(ts: float, tid: int, forward: int) -> dict[str, Any]:
        args = {"Sequence number": 5, "Fwd thread id": forward}
        return at("X", ts, dur=1, tid=tid, cat="cpu_op", args=args)

    clear = table_of(tmp_path, op(1, 1, 0), op(3, 1, 0), op(9, 2, 1))
    assert clear.slices.partner.tolist() == [-1, 2, 1]
    unclear = table_of(tmp_path, op(1, 1, 0), op(3, 3, 0), op(9, 2, 1))
    assert unclear.slices.partner.tolist() == [-1, -1, -1]


def test_texts_that_are_escaped_differently_are_one(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    event = '{"ph":"X","name":"%s","ts":1,"dur":1,"pid":1,"tid":1}'
    path.write_text("[" + ",".join(event % n for n in ("a\\u0062\\n", "ab\\u000a")) + "]")
    table = open_trace(path, cache=False)
    assert table.slices.name.tolist() == [0, 0]
    assert table.text(0) == "ab\n"


def test_progress_is_of_the_file_and_ends_with_it(tmp_path: Path) -> None:
    path = tmp_path / "trace.json.gz"
    path.write_bytes(gzip.compress(json.dumps([at("X", n, dur=1) for n in range(1000)]).encode()))
    seen: list[tuple[str, int, int]] = []
    open_trace(path, cache=False, progress=lambda *step: seen.append(step))
    reading = [(done, total) for what, done, total in seen if what == "reading"]
    assert {total for _, total in reading} == {path.stat().st_size}
    assert reading == sorted(reading)


def test_whoever_waits_can_stop(tmp_path: Path) -> None:
    path = tmp_path / "trace.json"
    path.write_text(json.dumps([at("X", 1, dur=1)]))
    with pytest.raises(TraceCancelledError):
        open_trace(path, cache=False, cancel=lambda: True)
