"""Traces written again: alone, and several in one file; read back by us and by plain JSON."""

from __future__ import annotations

import gzip
import json
import os
import re
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.helpers.shared_traces import table_of
from tests.helpers.tables import S, build

from diptych.profiling.trace import metrics
from diptych.profiling.trace.convert import write_table
from diptych.profiling.trace.errors import TraceCancelledError, TraceError
from diptych.profiling.trace.merge import write_chrome
from diptych.profiling.trace.store import open_trace
from diptych.profiling.trace.table import TraceTable

EXACT = 2**53


def load(path: Path) -> Any:
    raw = path.read_bytes()
    return json.loads(gzip.decompress(raw) if path.suffix == ".gz" else raw)


def facts(table: TraceTable) -> Any:
    """Everything that must survive being written again."""
    operators, kernels = metrics.by_operator(table), metrics.by_kernel(table)
    return (
        sorted(
            zip(
                (table.text(int(n)) for n in operators.name),
                operators.calls.tolist(),
                operators.total_ns.tolist(),
                operators.device_self_ns.tolist(),
                strict=True,
            )
        ),
        sorted(
            zip(
                (table.text(int(n)) for n in kernels.name),
                kernels.calls.tolist(),
                kernels.total_ns.tolist(),
                strict=True,
            )
        ),
        [(d.busy_ns, d.overlap_ns, d.span_ns) for d in metrics.by_device(table)],
        metrics.marked_steps(table).duration.tolist(),
        [(c.device, c.peak) for c in metrics.memory_curves(table)],
        len(table.slices),
    )


def integers(value: Any) -> Iterator[int]:
    if isinstance(value, dict):
        for item in value.values():
            yield from integers(item)
    elif isinstance(value, list):
        for item in value:
            yield from integers(item)
    elif isinstance(value, int) and not isinstance(value, bool):
        yield value


def check_for_viewers(data: Any) -> None:
    """What Perfetto and chrome://tracing ask for (``reference/formats.md``)."""
    threads: dict[tuple[int, int], list[Any]] = defaultdict(list)
    for event in data["traceEvents"]:
        assert 0 <= event["pid"] < 2**31
        assert 0 <= event["tid"] < 2**31
        assert all(abs(number) < EXACT for number in integers(event))
        if event["ph"] == "X":
            start = round(event["ts"] * 1000)
            threads[event["pid"], event["tid"]].append((start, start + round(event["dur"] * 1000)))
    for spans in threads.values():
        spans.sort(key=lambda span: (span[0], -span[1]))
        stack: list[int] = []
        for start, end in spans:
            while stack and stack[-1] <= start:
                stack.pop()
            assert not stack or stack[-1] >= end
            stack.append(end)


@pytest.mark.parametrize(
    "name", ["a100_alexnet_cuda_sync", "cpu_only_rank34", "h100_bert_small", "mi250_minitoy_train"]
)
def test_a_trace_written_again_is_the_same_trace(name: str, tmp_path: Path) -> None:
    table = table_of(name)
    out = tmp_path / "again.json.gz"
    done = write_chrome([table], out)
    assert done.arguments_lost == 0
    data = load(out)
    check_for_viewers(data)
    again = open_trace(out, cache=False)
    assert facts(again) == facts(table)
    assert again.absolute == table.absolute
    first, before = int(again.slices.start.min()), int(table.slices.start.min())
    assert again.origin_ns + first == table.origin_ns + before
    assert not again.dropped or set(again.dropped) <= set(table.dropped)
    assert re.search(r'"rank":\s+(\d+)', gzip.decompress(out.read_bytes())[:4096].decode())


def test_arguments_and_arrows_are_written_too(tmp_path: Path) -> None:
    table = table_of("h100_bert_small")
    out = tmp_path / "again.json"
    write_chrome([table], out)
    kernels = [e for e in load(out)["traceEvents"] if e.get("cat") == "kernel"]
    assert len(kernels) == 60
    assert {"stream", "device", "correlation", "grid"} <= set(kernels[0]["args"])
    flows = defaultdict(set)
    for event in load(out)["traceEvents"]:
        if event["ph"] in "sf":
            flows[event["id"]].add(event["ph"])
    assert len(flows) == len(table.flows.source) > 0
    assert all(ends == {"s", "f"} for ends in flows.values())


def test_two_ranks_are_kept_apart(tmp_path: Path) -> None:
    tables = [table_of("h100_bert_small"), table_of("a100_alexnet_cuda_sync")]
    out = tmp_path / "merged.json.gz"
    done = write_chrome(tables, out, align="step")
    assert done.clock == "first step"
    data = load(out)
    check_for_viewers(data)
    again = open_trace(out, cache=False)
    assert len(again.slices) == sum(len(table.slices) for table in tables)
    devices = metrics.by_device(again)
    assert [d.id for d in devices] == [0, 1]
    assert [d.busy_ns for d in devices] == [metrics.by_device(t)[0].busy_ns for t in tables]
    assert [d.name for d in devices] == [metrics.by_device(t)[0].name for t in tables]
    # Ids that both files use would tie work of one to launches of the other.
    launches = [metrics.launches(table) for table in tables]
    both = metrics.launches(again)
    assert len(both.work) == sum(len(found.work) for found in launches)
    assert both.delay_ns.sum() == sum(found.delay_ns.sum() for found in launches)
    names = [e["args"]["name"] for e in data["traceEvents"] if e["name"] == "process_name"]
    assert len(names) == len(set(names)) > 4


def test_by_the_clock_everything_keeps_its_time(tmp_path: Path) -> None:
    early = build(S("mm", 0, 100), S("k", 5, 50, lane="cpu:2"), origin_ns=1_700_000_000_000_000_500)
    late = build(S("add", 10, 20), origin_ns=1_700_000_003_000_000_250)
    out = tmp_path / "merged.json"
    done = write_chrome([early, late], out)
    assert done.clock == "unix"
    data = load(out)
    base = data["baseTimeNanoseconds"]
    assert base % 1_000_000_000 == 0
    times = {e["name"]: base + round(e["ts"] * 1000) for e in data["traceEvents"] if e["ph"] == "X"}
    assert times["mm"] == early.origin_ns
    assert times["add"] == late.origin_ns + 10


def test_without_a_common_clock_first_steps_begin_together(tmp_path: Path) -> None:
    from diptych.profiling.trace.table import Kind

    first = build(S("mm", 0, 10), S("ProfilerStep#3", 40, 90, Kind.STEP), absolute=False)
    second = build(S("ProfilerStep#0", 7, 20, Kind.STEP), S("add", 8, 12))
    out = tmp_path / "merged.json"
    assert write_chrome([first, second], out).clock == "first step"
    events = load(out)["traceEvents"]
    starts = {e["name"]: e["ts"] for e in events if e["ph"] == "X"}
    assert starts["ProfilerStep#3"] == starts["ProfilerStep#0"] == 0.04
    assert starts["mm"] == 0
    with pytest.raises(ValueError, match="align"):
        write_chrome([first, second], tmp_path / "other.json", align="clock")


def test_damaged_arguments_and_numbers_that_viewers_round(tmp_path: Path) -> None:
    path = tmp_path / "in.json"
    big = (
        '{"ph":"X","cat":"cpu_op","name":"big","pid":1,"tid":18446744073709551615,"ts":1,"dur":2,'
        '"args":{"Addr":18446744073709551615,"small":5,"text":"9007199254740993"}}'
    )
    nan = (
        '{"ph":"X","cat":"cpu_op","name":"nan","pid":"Spans","tid":"x","ts":5,"dur":1,'
        '"args":{"value":NaN}}'
    )
    path.write_text('{"traceEvents":[' + f"{big},{nan}" + "]}", encoding="utf-8")
    out = tmp_path / "out.json"
    write_chrome([open_trace(path, cache=False)], out)
    data = load(out)
    check_for_viewers(data)
    args = {e["name"]: e.get("args") for e in data["traceEvents"] if e["ph"] == "X"}
    assert args["big"] == {
        "Addr": "18446744073709551615",
        "small": 5,
        "text": "9007199254740993",
    }
    assert args["nan"] in ({"value": None}, None)
    names = {e["args"].get("name") for e in data["traceEvents"] if e["ph"] == "M"}
    assert {"Spans", "18446744073709551615"} <= names


def test_nothing_is_left_of_a_file_that_was_given_up(tmp_path: Path) -> None:
    table = build(S("mm", 0, 10))
    out = tmp_path / "out.json"
    with pytest.raises(TraceCancelledError):
        write_chrome([table], out, cancel=lambda: True)
    assert list(tmp_path.iterdir()) == []
    out.write_text("mine", encoding="utf-8")
    with pytest.raises(TraceError, match="exists already"):
        write_chrome([table], out)
    assert out.read_text(encoding="utf-8") == "mine"
    write_chrome([table], out, force=True)
    assert load(out)["traceEvents"]


def _write_one(table: TraceTable, out: Path) -> None:
    write_chrome([table], out)


@pytest.mark.parametrize("form", ["chrome", "parquet", "csv"])
def test_a_full_disk_is_said_of_the_file_that_was_to_be_written(tmp_path: Path, form: Any) -> None:
    out = tmp_path / "out" / f"all.{form}"
    out.parent.mkdir()
    # Whatever is written beside the place goes to a device that is always full.
    beside = out.with_name(f".{out.name}.{os.getpid()}.part")
    beside.symlink_to("/dev/full")
    table = build(*(S(f"op{n}", 10 * n, 10 * n + 5) for n in range(20_000)))
    write = partial(write_table, form=form) if form != "chrome" else _write_one
    with pytest.raises(TraceError) as error:
        write(table, out)
    said = str(error.value)
    assert said.startswith(f"{out}: the disk is full")
    assert "free some space" in said
    assert list(out.parent.iterdir()) == []


def test_a_disk_too_full_to_inflate_a_trace_is_that_of_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out = tmp_path / "in.json.gz", tmp_path / "out.json"
    event = {"ph": "X", "name": "a", "pid": 1, "tid": 1, "ts": 1, "dur": 2, "args": {"x": 1}}
    source.write_bytes(gzip.compress(json.dumps([event] * 1000).encode()))
    table = open_trace(source, cache=False)
    monkeypatch.setattr(
        "diptych.profiling.trace.arguments.tempfile.TemporaryFile",
        lambda **_: Path("/dev/full").open("wb"),  # noqa: SIM115 - closed by who asked
    )
    with pytest.raises(TraceError) as error:
        write_chrome([table], out)
    assert str(error.value).startswith(f"{out}: the disk is full")
    assert [path.name for path in tmp_path.iterdir()] == ["in.json.gz"]
