"""Every column of opened traces, against what plain ``json`` says of the same files."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.helpers.shared_traces import FOLDER, NAMES
from tests.helpers.trace_oracle import WORK, Oracle

from diptych.profiling.trace import open_trace
from diptych.profiling.trace.args import decode_args
from diptych.profiling.trace.table import DEVICE_WORK, Kind, TraceTable, accounting


class Opened:
    """One file, opened by both."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.oracle = Oracle(path)
        self.table = open_trace(path, cache=False)
        table = self.table
        self.shift = table.origin_ns - self.oracle.base
        self.keys = [self._key(row) for row in range(len(table.slices))]

    def _key(self, row: int) -> tuple[str, str, int, int, str, str]:
        table, s = self.table, self.table.slices
        track = table.tracks[s.track[row]]
        start = int(s.start[row]) + self.shift
        name, category = table.text(int(s.name[row])), table.text(int(s.category[row]))
        return track.pid, track.tid, start, int(s.duration[row]), name, category


_opened: dict[str, Opened] = {}


@pytest.fixture(params=NAMES)
def opened(request: pytest.FixtureRequest) -> Opened:
    path = FOLDER / f"{request.param}.json.gz"
    if not path.exists():
        pytest.skip(f"{path} is not on this machine")
    if request.param not in _opened:
        _opened[request.param] = Opened(path)
    return _opened[request.param]


def test_every_slice_is_there_once(opened: Opened) -> None:
    assert Counter(opened.keys) == Counter(p.key for p in opened.oracle.pieces)


def test_all_events_are_accounted_for(opened: Opened) -> None:
    table, phases = opened.table, opened.oracle.phases()
    counts = accounting(table)
    assert sum(counts.values()) == table.events == len(opened.oracle.events)
    assert counts["slices"] == phases["X"]
    assert counts["metadata"] == phases["M"]
    assert counts["instants"] + counts["memory"] == phases["i"]
    assert table.truncated is None


def test_times_are_of_the_unix_epoch(opened: Opened) -> None:
    table = opened.table
    first = min(p.start for p in opened.oracle.pieces)
    assert table.absolute
    assert table.origin_ns == opened.oracle.base + first
    assert table.duration_ns >= max(p.end for p in opened.oracle.pieces) - first


def test_slices_of_a_track_are_sorted_and_nest(opened: Opened) -> None:
    s = opened.table.slices
    end = s.start + s.duration
    for number, track in enumerate(opened.table.tracks):
        rows = np.arange(track.first, track.first + track.count)
        assert np.all(s.track[rows] == number)
        assert _sorted(s.start[rows], s.duration[rows])
        assert track.depth == (int(s.depth[rows].max()) + 1 if track.count else 0)
    has = np.flatnonzero(s.parent >= 0)
    above = s.parent[has]
    assert np.all(s.track[has] == s.track[above])
    assert np.all((s.start[above] <= s.start[has]) & (end[above] >= end[has]))
    assert np.all(s.depth[has] == s.depth[above] + 1)
    assert np.all(s.depth[s.parent < 0] == 0)


def _sorted(start: Any, duration: Any) -> bool:
    later = start[1:] > start[:-1]
    return bool(np.all(later | ((start[1:] == start[:-1]) & (duration[1:] <= duration[:-1]))))


def test_slices_of_one_parent_do_not_overlap(opened: Opened) -> None:
    s = opened.table.slices
    order = np.lexsort((np.arange(len(s)), s.parent, s.track))
    same = (s.parent[order][1:] == s.parent[order][:-1]) & (
        s.track[order][1:] == s.track[order][:-1]
    )
    ends = (s.start + s.duration)[order][:-1]
    assert np.all(~same | (ends <= s.start[order][1:]))


def test_rows_keep_their_arguments(opened: Opened) -> None:
    s, oracle = opened.table.slices, opened.oracle
    by_key: dict[Any, list[Any]] = {}
    for piece in oracle.pieces:
        by_key.setdefault(piece.key, []).append(piece.args)
    step = max(1, len(s) // 300)
    for row in range(0, len(s), step):
        args = decode_args(opened.table, row)
        wanted = [json.loads(json.dumps(a, default=float)) for a in by_key[opened.keys[row]]]
        assert args in wanted


def test_correlation_and_shape_are_as_written(opened: Opened) -> None:
    table, s = opened.table, opened.table.slices
    expected = Counter(
        (p.key, p.args.get("correlation", -1), _dims(p.args)) for p in opened.oracle.pieces
    )
    found = Counter(
        (key, int(s.correlation[n]), _plain(table, int(s.shape[n])))
        for n, key in enumerate(opened.keys)
    )
    assert found == expected


def _dims(args: Any) -> str | None:
    dims = args.get("Input Dims")
    return None if dims is None else json.dumps(dims)


def _plain(table: TraceTable, number: int) -> str | None:
    return json.dumps(json.loads(table.text(number))) if number >= 0 else None


def test_device_work_has_its_launch(opened: Opened) -> None:
    table, s = opened.table, opened.table.slices
    launches = opened.oracle.launches()
    work = np.flatnonzero(np.isin(s.kind, DEVICE_WORK))
    assert len(work) == sum(p.category in WORK for p in opened.oracle.pieces)
    for row in work.tolist():
        calls = launches.get(int(s.correlation[row]))
        launch = int(s.launch[row])
        assert (launch >= 0) == (calls is not None)
        if calls is not None:
            assert int(s.start[launch]) + opened.shift in calls
            assert s.correlation[launch] == s.correlation[row]
            assert table.text(int(s.category[launch])) in ("cuda_runtime", "cuda_driver")
            first = int(s.launch[launch])
            assert s.correlation[first] == s.correlation[row]
            assert s.start[first] <= s.start[row]


def test_calls_belong_to_the_innermost_operator(opened: Opened) -> None:
    s, oracle = opened.table.slices, opened.oracle
    inner = oracle.innermost_operator()
    expected = Counter(
        (p.key, around.key if (around := inner[p.index]) else None)
        for p in oracle.pieces
        if p.index in inner
    )
    calls = np.isin(s.kind, (Kind.RUNTIME, Kind.SYNC)) & _on_host(opened.table)
    ids = {p.args["External id"] for p in oracle.pieces if p.category == "cpu_op" and p.args}
    for row in np.flatnonzero(calls).tolist():
        operator = int(s.operator[row])
        key = (opened.keys[row], opened.keys[operator] if operator >= 0 else None)
        if key not in expected:
            # Nothing around it: it may still be named by its id.
            assert (opened.keys[row], None) in expected
            assert decode_args(opened.table, row)["External id"] in ids


def _on_host(table: TraceTable) -> Any:
    return np.array([t.device is None for t in table.tracks])[table.slices.track]


def test_device_work_has_the_operator_of_its_launch(opened: Opened) -> None:
    s = opened.table.slices
    launched = np.flatnonzero((s.launch >= 0) & np.isin(s.kind, DEVICE_WORK))
    of_launch = s.operator[s.launch[launched]]
    assert np.all((of_launch < 0) | (of_launch == s.operator[launched]))
    operators = s.operator[s.operator >= 0]
    assert np.all(s.kind[operators] == Kind.OPERATOR)


def test_arrows_are_those_of_the_file(opened: Opened) -> None:
    table = opened.table
    expected = opened.oracle.arrows()
    assert len(table.flows.source) == sum(expected.values())
    by_category = Counter(category for category, _ in expected.elements())
    found = Counter(table.text(int(c)) for c in table.flows.category)
    assert found == by_category
    rest = opened.oracle.phases()["s"] + opened.oracle.phases()["f"]
    assert accounting(table)["flows"] + sum(table.dropped.values()) == rest


def test_arrows_of_launches_join_one_correlation(opened: Opened) -> None:
    table, s = opened.table, opened.table.slices
    names = np.array([table.text(int(c)) for c in table.flows.category])
    launches = np.isin(names, ("ac2g", "async_cpu_to_gpu"))
    source, target = table.flows.source[launches], table.flows.target[launches]
    assert np.all(s.correlation[source] == s.correlation[target])
    assert np.all(np.isin(s.kind[source], (Kind.RUNTIME, Kind.SYNC)))


def test_partners_are_those_that_the_file_draws(opened: Opened) -> None:
    table, s = opened.table, opened.table.slices
    backward = [table.text(int(c)) == "fwdbwd" for c in table.flows.category]
    source, target = table.flows.source[backward], table.flows.target[backward]
    assert np.all(s.partner[target] == source)
    assert np.all(s.partner[source] >= 0)
    tied = np.flatnonzero(s.partner >= 0)
    assert np.all(s.kind[tied] == Kind.OPERATOR)
    assert np.all(s.kind[s.partner[tied]] == Kind.OPERATOR)


def test_streams_are_told_from_threads(opened: Opened) -> None:
    table = opened.table
    for track in table.tracks:
        rows = slice(track.first, track.first + track.count)
        categories = {table.text(int(c)) for c in np.unique(table.slices.category[rows])}
        if track.device is not None:
            assert track.pid == str(track.device)
            assert track.stream is not None
            assert categories <= {*WORK, "gpu_user_annotation", "cuda_sync", "cuda_event"}
        else:
            assert not categories & WORK


def test_memory_is_what_the_allocators_said(opened: Opened) -> None:
    memory, shift = opened.table.memory, opened.shift
    said = sorted(
        (
            _ns(e["ts"]), a["Bytes"], a["Addr"], a["Total Allocated"], a["Total Reserved"],
            a["Device Type"], a["Device Id"],
        )
        for e in opened.oracle.events
        if e["ph"] == "i" and e["name"] == "[memory]" and (a := e["args"])
    )  # fmt: skip
    columns = (
        memory.time + shift, memory.size, memory.address, memory.allocated, memory.reserved,
        memory.device_type, memory.device,
    )  # fmt: skip
    assert sorted(zip(*(c.tolist() for c in columns), strict=True)) == said


def _ns(value: Any) -> int:
    from tests.helpers.trace_oracle import ns

    return ns(value)


def test_names_of_processes_and_the_top_level_are_kept(opened: Opened) -> None:
    table, oracle = opened.table, opened.oracle
    names = {
        str(e["pid"]): e["args"]["name"]
        for e in oracle.events
        if e["ph"] == "M" and e["name"] == "process_name"
    }
    for track in table.tracks:
        assert track.process == names.get(track.pid, "")
    assert set(table.properties) == set(oracle.top)
    assert table.source == "kineto"
