import json
from pathlib import Path
from typing import Any

import pytest

from diptych.profiling.trace import chrome, mxnet, nesting, operators

HEADER = b'{"diptych": {"pids": {"0": "cpu/0"}, "version": "1.9.1"}}\n'
THREAD = 13278491871686202675  # above 2**63, as MXNet writes them
US = 1_795_439_454_221_911


def event(name: str, ph: str, ts: int, cat: str = "operator", tid: int = THREAD) -> str:
    """One event in the layout of MXNet's DumpProfile."""
    return (
        f'\n    {{\n        "name": "{name}",\n        "cat": "{cat}",\n        "ph": "{ph}",\n'
        f'        "ts": {US + ts},\n        "pid": 0,\n        "tid": {tid}\n    }}\n'
    )


def operator(name: str, start: int, end: int, tid: int = THREAD) -> list[str]:
    copies = [event(name, "b", start, tid=tid), event(name, "e", end, tid=tid)]
    return [event(name, "B", start, tid=tid), event(name, "E", end, tid=tid), *copies]


def dump(*events: str, first: bool = False) -> bytes:
    comma = "" if first else ",\n"
    body = '{\n    "traceEvents": [\n' + comma + ",".join(events)
    return HEADER + (body + '\n    ],\n    "displayTimeUnit": "ms"\n}\n').encode()


def test_each_operator_counts_once_and_self_time_leaves_out_its_parts() -> None:
    trace = mxnet.load(
        dump(
            *operator("ImperativeBulk", 0, 100),
            *operator("Convolution", 10, 40),
            *operator("_backward_Convolution", 200, 260),
            *operator("sgd_mom_update", 300, 310),
            *operator("DeleteVariable", 320, 321),
        )
    )
    rows = {o.name: o for o in operators.summarise_mxnet(trace)}
    bulk = rows["ImperativeBulk"]
    assert (bulk.calls, bulk.engine_total, bulk.engine_self) == (1, 100_000, 70_000)
    assert rows["Convolution"].phase == "forward"
    assert rows["_backward_Convolution"].phase == "backward"
    assert rows["sgd_mom_update"].phase == "optimizer"
    assert rows["DeleteVariable"].noise
    assert trace.dropped == {"async copy of an operator": 10}
    assert {o.host_total for o in rows.values()} == {None}


def test_names_that_break_json_are_kept() -> None:
    trace = mxnet.load(dump(*operator('my "task"\\n', 0, 5)))
    assert [s.name for s in trace.slices] == ['my "task"\\n']


def test_halves_of_pairs_are_counted() -> None:
    trace = mxnet.load(dump(event("a", "B", 0), event("b", "E", 5)))
    assert trace.slices == []
    assert trace.dropped == {"end without begin": 1, "begin without end": 1}


def test_a_dump_that_broke_off_keeps_what_is_whole() -> None:
    data = dump(*operator("a", 0, 5), *operator("b", 10, 15), *operator("c", 20, 25))
    trace = mxnet.load(data[: len(data) * 6 // 10])
    assert [s.name for s in trace.slices][:1] == ["a"]
    assert len(trace.slices) < 3


def test_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="MXNet"):
        mxnet.load(b"hello\nworld")


def _written(trace: mxnet.MxTrace, **steps: Any) -> dict[str, Any]:
    context = chrome.TraceContext("r", 0, 1, "mxnet", "1.9.1", 0, US * 1000, **steps)
    decoded: dict[str, Any] = json.loads(chrome.mxnet_bytes(trace, context))
    return decoded


def test_the_written_trace_obeys_the_viewers_rules() -> None:
    trace = mxnet.load(
        dump(
            *operator("a", 0, 50),
            *operator("overlaps", 40, 90),
            *operator("other thread", 5, 15, tid=THREAD + 1),
            event("Memory: cpu/0", "C", 7, cat="Device Storage").replace(
                '"pid"', '"args": { "Memory: cpu/0": 4096 },\n        "pid"'
            ),
        )
    )
    written = _written(trace, steps=((12, 0, 30_000), (13, 30_000, 60_000)))
    events = written["traceEvents"]
    lanes: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for e in events:
        assert isinstance(e["pid"], int)
        assert 0 <= e["pid"] < 2**31
        assert isinstance(e["tid"], int)
        assert 0 <= e["tid"] < 2**31
        assert e["ph"] in "XMC"
        if e["ph"] == "X":
            span = (round(e["ts"] * 1000), round((e["ts"] + e["dur"]) * 1000))
            lanes.setdefault((e["pid"], e["tid"]), []).append(span)
    for spans in lanes.values():
        assert set(nesting.lanes(spans)) == {0}
    named = {(e["pid"], e["name"]) for e in events if e["ph"] == "M"}
    assert {(pid, "process_name") for pid, _ in lanes} <= named
    counter = next(e for e in events if e["ph"] == "C")
    assert counter["args"] == {"bytes": 4096}
    # absolute time survives: Unix ns = base + ts
    first = next(e for e in events if e["name"] == "a")
    assert written["baseTimeNanoseconds"] + round(first["ts"] * 1000) == US * 1000
    step = next(e for e in events if e["name"] == "ProfilerStep#12")
    assert (step["ts"], step["dur"]) == (first["ts"], 30.0)


SAMPLES = sorted((Path(__file__).parents[2] / "data" / "mxnet").glob("*.json"))


@pytest.mark.parametrize("path", SAMPLES, ids=lambda p: p.stem)
def test_what_mxnet_really_wrote_is_read_whole(path: Path) -> None:
    data = path.read_bytes()
    trace = mxnet.load(data)
    # worked out apart from the reader: one B a slice, whatever the names hold
    assert len(trace.slices) == data.count(b'"ph": "B"')
    assert set(trace.dropped) <= {"async copy of an operator", "user's own mark"}
    assert {s.device for s in trace.slices if s.category == "operator"} == {"cpu/0"}
    assert "event" not in {o.device for o in operators.summarise_mxnet(trace)}
    assert _written(trace)["traceEvents"]
