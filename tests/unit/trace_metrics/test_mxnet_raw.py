"""Numbers of MXNet's own profiles, against what their raw JSON says."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.raw_trace import covered

from diptych.profiling.trace import metrics
from diptych.profiling.trace.check import check
from diptych.profiling.trace.store import open_trace

_DATA = Path(__file__).parents[2] / "data" / "mxnet"
_NOISE = ("DeleteVariable", "WaitForVar", "SetValueOp", "CopyCPU2CPU")


def _events(name: str) -> list[dict[str, Any]]:
    """Read a dump: the first line is the agent's, later dumps begin with a comma."""
    text = (_DATA / name).read_text(encoding="utf-8").split("\n", 1)[1]
    head, _, rest = text.partition('"traceEvents": [')
    data = json.loads(f'{head}"traceEvents": [{rest.lstrip().lstrip(",")}')
    events: list[dict[str, Any]] = data["traceEvents"]
    return events


def _operators(events: list[dict[str, Any]]) -> dict[str, list[tuple[int, int]]]:
    """Pair begins and ends, thread by thread; the async copies are left alone."""
    stacks: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    # In the order of the file, which for one thread is that of time.
    for event in (e for e in events if e.get("cat") == "operator" and e["ph"] in "BE"):
        stack = stacks[event["pid"], event["tid"]]
        if event["ph"] == "B":
            stack.append(event)
        else:
            begin = next(e for e in reversed(stack) if e["name"] == event["name"])
            stack.remove(begin)
            found[event["name"]].append((begin["ts"] * 1000, event["ts"] * 1000))
    assert not any(stacks.values())
    return found


@pytest.mark.parametrize(
    "name",
    ["first.json", "second.json", "hybrid_static.json", "memory.json", "after_quotes.json"],
)
def test_operators_of_a_dump(name: str) -> None:
    table = open_trace(_DATA / name, cache=False)
    events = _events(name)
    theirs = _operators(events)
    rows = metrics.by_operator(table)
    ours = {
        table.text(int(n)): (int(calls), int(total))
        for n, calls, total in zip(rows.name, rows.calls, rows.total_ns, strict=True)
    }
    assert table.source == "mxnet"
    assert ours == {
        n: (len(spans), sum(b - a for a, b in spans))
        for n, spans in theirs.items()
        if n not in _NOISE
    }
    split = metrics.split_steps(table)
    host = split.parts[0, metrics.PARTS.index("host")]
    assert host == covered(span for spans in theirs.values() for span in spans)
    assert split.parts.sum() == table.duration_ns


def test_memory_of_a_dump() -> None:
    table = open_trace(_DATA / "memory.json", cache=False)
    points = [e for e in _events("memory.json") if e["name"] == "Memory: cpu/0"]
    (curve,) = metrics.memory_curves(table)
    assert curve.device == "cpu 0"
    assert curve.peak == max(next(iter(e["args"].values())) for e in points)
    assert len(curve.time) == len(points)


@pytest.mark.parametrize("name", ["first.json", "memory.json", "hybrid_static.json"])
def test_a_whole_profile_has_lost_nothing(name: str) -> None:
    """MXNet writes operators twice and counts its calls: that is no loss."""
    findings = check(open_trace(_DATA / name, cache=False))
    assert [finding for finding in findings if finding.level == "lost"] == []
    assert "repeated" in {finding.what for finding in findings}


def test_calls_of_the_interface_are_no_steps(tmp_path: Path) -> None:
    events = [
        {"ph": ph, "cat": "MXNET_C_API", "name": "MXNDArrayWaitAll", "id": 7, "pid": 9, "tid": 1}
        | {"ts": 100 * n + (90 if ph == "e" else 0)}
        for n in range(4)
        for ph in "be"
    ]
    operators = [
        {"ph": ph, "cat": "operator", "name": "Convolution", "pid": 0, "tid": 3, "ts": ts}
        for ph, ts in (("B", 10), ("E", 60))
    ]
    path = tmp_path / "raw.json"
    path.write_text(json.dumps({"traceEvents": [*events, *operators]}), encoding="utf-8")
    table = open_trace(path, cache=False)
    assert table.source == "mxnet"
    assert metrics.find_steps(table).origin == "trace"
