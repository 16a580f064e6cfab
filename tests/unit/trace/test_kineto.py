import json
from pathlib import Path
from typing import Any

import pytest

from diptych.profiling.records.kinds import Operator
from diptych.profiling.trace import chrome, kineto, operators

CONTEXT = chrome.TraceContext("run", 3, 1, "torch", "2.13.0", 1_000, 5_000_000_000)


def x(cat: str, name: str, ts: float, dur: float, tid: int = 1, **args: Any) -> dict[str, Any]:
    return {
        "ph": "X", "cat": cat, "name": name, "pid": 9, "tid": tid, "ts": ts, "dur": dur,
        "args": args,
    }  # fmt: skip


def document(*events: dict[str, Any], **top: Any) -> bytes:
    base = {"schemaVersion": 1, "baseTimeNanoseconds": 1_000_000_000}
    return json.dumps({**base, **top, "traceEvents": list(events)}).encode()


def rows(data: bytes) -> dict[tuple[str, str | None], Operator]:
    return {(o.name, o.phase): o for o in operators.summarise_kineto(kineto.load(data))}


STEP = (
    x("user_annotation", "ProfilerStep#4", 0, 100),
    x("cpu_op", "aten::linear", 10, 20, **{"External id": 1}),
    x("cpu_op", "aten::addmm", 12, 10, **{"External id": 2}),
    x("cuda_runtime", "cudaLaunchKernel", 15, 2, correlation=77),
    x("cpu_op", "autograd::engine::evaluate_function: AddmmBackward0", 40, 20),
    x("cpu_op", "aten::mm", 45, 10, **{"External id": 3}),
    x("user_annotation", "Optimizer.step#SGD.step", 70, 20),
    x("cpu_op", "aten::add_", 75, 5, **{"External id": 4}),
    x("cpu_op", "aten::item", 95, 2, **{"External id": 5}),
)


def test_host_times_and_phases() -> None:
    found = rows(document(*STEP))
    linear = found["aten::linear", "forward"]
    assert (linear.calls, linear.host_total, linear.host_self) == (1, 20_000, 10_000)
    # the runtime call is addmm's own time, not a child's
    assert found["aten::addmm", "forward"].host_self == 10_000
    assert found["aten::mm", "backward"].host_total == 10_000
    assert found["aten::add_", "optimizer"].host_total == 5_000
    assert found["aten::item", "other"].host_total == 2_000


def test_device_times_are_unknown_without_device_work() -> None:
    assert {o.device_total for o in rows(document(*STEP)).values()} == {None}


def test_kernels_are_charged_to_the_operator_that_launched_them() -> None:
    kernel = x("kernel", "gemm", 200, 50, tid=7, correlation=77, **{"External id": 2})
    stray = x("kernel", "nobody", 300, 5, tid=7, correlation=1234)
    found = rows(document(*STEP, kernel, stray))
    assert found["aten::addmm", "forward"].device_self == 50_000
    linear = found["aten::linear", "forward"]
    assert (linear.device_self, linear.device_total) == (0, 50_000)
    untied = found[operators.UNTIED, None]
    assert (untied.device_self, untied.host_total) == (5_000, None)


def test_recursion_does_not_count_twice() -> None:
    inner = x("cpu_op", "aten::to", 12, 5)
    found = rows(document(x("cpu_op", "aten::to", 10, 20), inner))
    row = found["aten::to", None]
    assert (row.calls, row.host_total, row.host_self) == (2, 20_000, 20_000)


def test_memory_is_charged_to_the_innermost_operator() -> None:
    instants = [
        {
            "ph": "i", "cat": "cpu_instant_event", "name": "[memory]", "pid": 9, "tid": 1, "ts": ts,
            "args": {"Bytes": size, "Device Type": 0},
        }
        for ts, size in ((13, 4096), (14, -96), (25, 8))
    ]  # fmt: skip
    found = rows(document(*STEP, *instants))
    assert found["aten::addmm", "forward"].memory == 4000
    assert found["aten::linear", "forward"].memory == 8


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.9, 0.999])
def test_a_file_that_broke_off_is_read_up_to_the_break(cut: float) -> None:
    data = json.dumps(json.loads(document(*STEP)), indent=1).encode()
    whole = kineto.load(data)
    part = kineto.load(data[: int(len(data) * cut)])
    assert 0 < len(part.events) <= len(whole.events)
    assert part.base == whole.base
    assert [e.name for e in part.events] == [e.name for e in whole.events[: len(part.events)]]


def test_nothing_readable_is_an_error() -> None:
    with pytest.raises(ValueError, match="no event"):
        kineto.load(b"\x1f\x8b not a trace")


def test_the_written_trace_keeps_every_event_and_says_where_it_is_from() -> None:
    top = {"distributedInfo": {"rank": 5, "backend": "nccl"}, "traceName": "/home/me/raw.json"}
    trace = kineto.load(document(*STEP, **top))
    written = json.loads(chrome.kineto_bytes(trace, CONTEXT))
    assert "traceName" not in written
    assert written["traceEvents"] == list(STEP)
    assert written["distributedInfo"]["rank"] == 5
    assert written["diptych"]["run"] == "run"
    assert written["diptych"]["clock"] == {"monotonic_ns": "1000", "unix_ns": "5000000000"}


def test_a_trace_without_a_rank_gets_one_as_downstream_readers_look_for_it() -> None:
    data = chrome.kineto_bytes(kineto.load(document(*STEP)), CONTEXT)
    assert b'"rank": 3' in data[:200]


def test_gzip_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "trace.json.gz"
    chrome.write_gzip(b"{}", target)
    before = target.read_bytes()
    with pytest.raises(OSError):  # noqa: PT011 - any error of the system will do
        chrome.write_gzip(b"[]", tmp_path / "missing" / "trace.json.gz")
    assert target.read_bytes() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["trace.json.gz"]
