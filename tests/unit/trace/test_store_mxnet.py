"""MXNet's own dumps, as it wrote them, against the reader of profile windows."""

from __future__ import annotations

import gzip
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from diptych.profiling.trace import chrome, mxnet, open_trace
from diptych.profiling.trace.table import Kind, TraceTable, accounting

DATA = Path(__file__).parents[2] / "data" / "mxnet"
FILES = sorted(DATA.glob("*.json"))
OWN = {"task", "frame", 'say "hi" \\ there\ttab'}


def _rows(table: TraceTable) -> Counter[tuple[str, str, int, int]]:
    s = table.slices
    return Counter(
        (
            table.text(int(s.name[n])),
            table.tracks[s.track[n]].process.strip("/"),
            int(s.start[n]) + table.origin_ns,
            int(s.duration[n]),
        )
        for n in range(len(s))
        if table.text(int(s.category[n])) == "operator"
    )


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_operators_are_those_of_the_other_reader(path: Path) -> None:
    table, known = open_trace(path, cache=False), mxnet.load(path.read_bytes())
    expected = Counter(
        (p.name, p.device, p.start, p.end - p.start)
        for p in known.slices
        if p.category == "operator"
    )
    assert _rows(table) == expected
    assert table.source == "mxnet"
    assert table.absolute
    assert table.truncated is None
    assert sum(accounting(table).values()) == table.events
    assert table.dropped["second copy of an operator"] == 2 * sum(expected.values())


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
def test_the_engine_s_own_work_is_no_operator(path: Path) -> None:
    table = open_trace(path, cache=False)
    s = table.slices
    names = np.array([table.text(int(n)) for n in s.name])
    noise = np.isin(names, list(mxnet.NOISE))
    assert np.any(noise)
    assert set(s.kind[noise].tolist()) == {Kind.ENGINE}
    assert Kind.ENGINE not in s.kind[~noise]


def test_names_that_are_not_escaped_are_read_as_they_are() -> None:
    table = open_trace(DATA / "quotes.json", cache=False)
    names = [table.text(int(n)) for n in table.slices.name]
    assert 'say "hi" \\ there\ttab' in names
    assert "frame" in names
    assert table.text(int(table.instants.name[0])) == 'mark "x"'
    counter = table.counters[0]
    assert (counter.name, counter.process, counter.value.tolist()) == (
        'cnt "q"',
        'my "domain"',
        [3.0, 4.0],
    )
    own = np.isin(names, ['say "hi" \\ there\ttab', "frame"])
    assert set(table.slices.kind[own].tolist()) == {Kind.ANNOTATION}


def test_memory_is_a_curve() -> None:
    table = open_trace(DATA / "memory.json", cache=False)
    known = mxnet.load((DATA / "memory.json").read_bytes())
    (curve,) = table.counters
    assert curve.name == "Memory: cpu/0"
    said = sorted(known.counters, key=lambda c: c.t)
    assert (curve.time + table.origin_ns).tolist() == [c.t for c in said]
    assert curve.value.tolist() == [float(c.value) for c in said]


def test_ids_of_threads_keep_all_their_digits() -> None:
    table = open_trace(DATA / "first.json", cache=False)
    tids = {track.tid for track in table.tracks}
    assert tids
    assert all(tid.isdigit() and tid in (DATA / "first.json").read_text() for tid in tids)


def test_a_dump_that_still_grows_is_read_up_to_its_end(tmp_path: Path) -> None:
    raw = (DATA / "second.json").read_bytes()
    path = tmp_path / "growing.json"
    path.write_bytes(raw[: raw.rindex(b"]")])
    table = open_trace(path, cache=False)
    assert table.truncated is not None
    assert table.events == open_trace(DATA / "second.json", cache=False).events


def test_the_finished_trace_of_a_window_is_mxnet_s(tmp_path: Path) -> None:
    known = mxnet.load((DATA / "memory.json").read_bytes())
    start = known.slices[0].start
    context = chrome.TraceContext("run", 0, 0, "mxnet", "1.9.1", 0, start, ((3, 0, 10_000),))
    path = tmp_path / "window.json.gz"
    path.write_bytes(gzip.compress(chrome.mxnet_bytes(known, context)))
    table = open_trace(path, cache=False)
    assert table.source == "mxnet"
    assert (table.slices.kind == Kind.STEP).sum() == 1
    assert (table.slices.kind == Kind.ENGINE).sum() == sum(p.noise for p in known.slices)
