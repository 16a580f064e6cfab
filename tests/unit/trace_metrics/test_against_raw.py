"""Every number of a trace, against what the raw JSON says the slow and obvious way."""

from __future__ import annotations

import pytest
from tests.helpers.raw_trace import RawTrace, covered
from tests.helpers.shared_traces import NAMES, raw_of, table_of

from diptych.profiling.trace import metrics
from diptych.profiling.trace.metrics.operators import OperatorRows
from diptych.profiling.trace.table import TraceTable

Pair = tuple[TraceTable, RawTrace]


@pytest.fixture(params=NAMES, scope="module")
def pair(request: pytest.FixtureRequest) -> Pair:
    return table_of(request.param), raw_of(request.param)


def test_categories(pair: Pair) -> None:
    table, raw = pair
    rows = metrics.by_category(table)
    ours = {
        table.text(int(c)): (int(n), int(t))
        for c, n, t in zip(rows.category, rows.calls, rows.total_ns, strict=True)
    }
    assert ours == raw.categories()
    assert table.events == len(raw.all)


def _operators(table: TraceTable, rows: OperatorRows) -> dict[str, dict[str, int]]:
    found = {}
    for i in range(len(rows.name)):
        numbers = {
            "calls": int(rows.calls[i]),
            "total": int(rows.total_ns[i]),
            "self": int(rows.self_ns[i]),
            "device": int(rows.device_ns[i]),
            "device_self": int(rows.device_self_ns[i]),
        }
        found[table.text(int(rows.name[i]))] = {k: v for k, v in numbers.items() if v}
    return found


def test_operators(pair: Pair) -> None:
    table, raw = pair
    ours = _operators(table, metrics.by_operator(table))
    theirs = {n: {k: v for k, v in row.items() if v} for n, row in raw.operators().items()}
    assert ours == theirs


def test_operators_by_shape_and_stack_add_up_to_those_by_name(pair: Pair) -> None:
    table, _ = pair
    by_name = _operators(table, metrics.by_operator(table))
    for by in ("shape", "stack"):
        rows = metrics.by_operator(table, by)
        sums: dict[str, dict[str, int]] = {}
        for i in range(len(rows.name)):
            row = sums.setdefault(table.text(int(rows.name[i])), {"calls": 0, "total": 0})
            row["calls"] += int(rows.calls[i])
            row["total"] += int(rows.total_ns[i])
        assert {n: r["calls"] for n, r in sums.items()} == {
            n: r["calls"] for n, r in by_name.items()
        }
        assert sum(r["total"] for r in sums.values()) == sum(
            r.get("total", 0) for r in by_name.values()
        )


def test_kernels(pair: Pair) -> None:
    table, raw = pair
    rows = metrics.by_kernel(table)
    columns = zip(
        rows.name, rows.device, rows.calls, rows.total_ns, rows.min_ns, rows.max_ns, strict=True
    )
    ours = {
        (table.text(int(name)), int(device)): (int(calls), int(total), int(low), int(high))
        for name, device, calls, total, low, high in columns
    }
    assert ours == raw.kernels()


def test_devices(pair: Pair) -> None:
    table, raw = pair
    devices = metrics.by_device(table)
    assert {device.id: device.busy_ns for device in devices} == raw.busy()
    communication, both = raw.overlap()
    assert sum(device.communication_ns for device in devices) == communication
    assert sum(device.overlap_ns for device in devices) == both
    names = {entry["id"]: entry.get("name") for entry in raw.top.get("deviceProperties", [])}
    assert [device.name for device in devices] == [names.get(device.id) for device in devices]


def test_steps(pair: Pair) -> None:
    table, raw = pair
    steps = metrics.marked_steps(table)
    theirs = raw.steps()
    assert list(steps.names) == [step.name for step in theirs]
    assert steps.duration.tolist() == [step.length for step in theirs]
    shift = table.origin_ns if table.absolute else 0
    starts = [step.start - raw.zero for step in theirs]
    first = int(table.slices.start.min())
    assert (steps.start - first).tolist() == starts, shift


def test_the_split_adds_up_and_is_right(pair: Pair) -> None:
    table, raw = pair
    split = metrics.split_steps(table)
    shift = raw.zero - int(table.slices.start.min())
    assert split.parts.sum(axis=1).tolist() == split.steps.duration.tolist()
    theirs = [
        raw.split(int(start) + shift, int(start + length) + shift)
        for start, length in zip(split.steps.start, split.steps.duration, strict=True)
    ]
    assert split.parts.tolist() == theirs


def test_memory(pair: Pair) -> None:
    table, raw = pair
    peaks: dict[str, int] = {}
    for event in raw.all:
        if event.get("name") == "[memory]" and event.get("ph") == "i":
            args = event["args"]
            on_gpu = args["Device Type"] != 0
            device = f"gpu {args['Device Id']}" if on_gpu else "cpu"
            peaks[device] = max(peaks.get(device, 0), args["Total Allocated"])
    assert {curve.device: curve.peak for curve in metrics.memory_curves(table)} == peaks


def test_a_selection_of_everything_and_of_a_part(pair: Pair) -> None:
    table, raw = pair
    first = int(table.slices.start.min())
    shift = raw.zero - first
    third = table.duration_ns // 3
    for start, end in ((first, first + table.duration_ns), (first + third, first + 2 * third)):
        rows = metrics.select(table, start, end)
        calls: dict[tuple[str, str], list[int]] = {}
        for event in raw.events:
            low, high = max(event.start - shift, start), min(event.end - shift, end)
            if low < high or (event.length == 0 and start <= event.start - shift < end):
                calls.setdefault((event.name, event.category), []).append(high - low)
        ours = {
            (table.text(int(n)), table.text(int(c))): (int(k), int(t))
            for n, c, k, t in zip(rows.name, rows.category, rows.calls, rows.total_ns, strict=True)
        }
        assert ours == {key: (len(v), sum(v)) for key, v in calls.items()}
        assert abs(float(rows.share.sum()) - 1) < 1e-9


def test_self_times_add_up_to_what_the_threads_did(pair: Pair) -> None:
    table, _ = pair
    slices = table.slices
    rows = metrics.select(
        table, int(slices.start.min()), int(slices.start.min()) + table.duration_ns
    )
    busy = 0
    for track in table.tracks:
        part = slice(track.first, track.first + track.count)
        starts = slices.start[part].tolist()
        lengths = slices.duration[part].tolist()
        busy += covered((s, s + d) for s, d in zip(starts, lengths, strict=True))
    assert int(rows.self_ns.sum()) == busy
