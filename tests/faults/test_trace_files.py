"""Damaged trace files: never a crash, never a silent loss, never without bound."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.helpers import trace_cases
from tests.helpers.trace_cases import cases, event, top, whole

from diptych.profiling.trace import open_trace
from diptych.profiling.trace.errors import TraceError
from diptych.profiling.trace.scan import Scanner
from diptych.profiling.trace.source import Limits
from diptych.profiling.trace.table import Kind, TraceTable, accounting

CASES = cases()
REFUSED = {
    "empty", "spaces", "zeros", "text", "number", "no list", "null list", "utf-16",
}  # fmt: skip


def opened(folder: Path, raw: bytes, **options: Any) -> TraceTable:
    path = folder / "trace.json"
    path.write_bytes(raw)
    table = open_trace(path, cache=False, **options)
    assert sum(accounting(table).values()) == table.events
    _sound(table)
    return table


def _sound(table: TraceTable) -> None:
    """Check what everyone who draws a table relies on."""
    s = table.slices
    assert int(s.start.min(initial=0)) >= 0
    assert int(s.duration.min(initial=0)) >= 0
    for column in (s.parent, s.launch, s.operator, s.partner):
        assert int(column.max(initial=-1)) < len(s)
        assert int(column.min(initial=0)) >= -1
    assert int(s.name.max(initial=-1)) < len(table.strings)
    assert sum(t.count for t in table.tracks) == len(s)


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_what_is_no_trace_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    with pytest.raises(TraceError) as error:
        opened(tmp_path, CASES[name])
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", sorted(set(CASES) - REFUSED))
def test_what_can_be_read_is_accounted_for(name: str, tmp_path: Path) -> None:
    table = opened(tmp_path, CASES[name])
    try:
        data = json.loads(CASES[name])
    except (ValueError, RecursionError):
        return
    assert table.events == len(data["traceEvents"] if isinstance(data, dict) else data)
    assert table.truncated is None


def test_folders_and_missing_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="is not a file"):
        open_trace(tmp_path, cache=False)
    with pytest.raises(TraceError, match="cannot be opened"):
        open_trace(tmp_path / "none.json", cache=False)


def test_a_file_cut_anywhere_holds_all_that_stands_before(tmp_path: Path) -> None:
    raw = whole()
    begin = raw.index(b"[") + 1
    ends = _ends(raw)
    for cut in range(begin, len(raw) - 2):
        table = opened(tmp_path, raw[:cut])
        assert table.events == sum(end <= cut for end in ends), cut
        assert table.truncated is not None


def _ends(raw: bytes) -> list[int]:
    """Return where each event ends."""
    decoder, text = json.JSONDecoder(), raw.decode("latin-1")
    place, ends = text.index("[") + 1, []
    while text[place] != "]":
        _, place = decoder.raw_decode(text, text.index("{", place))
        ends.append(place)
    return ends


def test_a_compressed_file_cut_anywhere_says_so(tmp_path: Path) -> None:
    raw = gzip.compress(top(*(event(ts=n, dur=1, name=f"n{n * 7919}") for n in range(50))))
    for cut in range(2, len(raw) - 1, 5):
        try:
            table = opened(tmp_path, raw[:cut])
        except TraceError:
            continue
        assert table.truncated is not None
        assert "compressed" in table.truncated.why


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(place=st.integers(0, len(whole()) - 1), bit=st.integers(0, 7))
def test_one_wrong_bit_costs_one_or_two_events(tmp_path: Path, place: int, bit: int) -> None:
    broken = bytearray(whole())
    broken[place] ^= 1 << bit
    if place < broken.index(b"[") + 1 or place > len(broken) - 3:
        return
    table = opened(tmp_path, bytes(broken))
    assert table.events - table.dropped.get("not valid JSON", 0) >= len(_ends(whole())) - 2


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(raw=st.binary(max_size=300))
def test_any_bytes_in_the_list_are_survived(tmp_path: Path, raw: bytes) -> None:
    try:
        opened(tmp_path, b'{"traceEvents": [' + raw + b"\n, " + event(ts=1, dur=1).encode() + b"]}")
    except TraceError as error:
        raise AssertionError("a list of events was there") from error


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner),
    max_leaves=8,
)
_keys = st.sampled_from(["ph", "ts", "dur", "pid", "tid", "name", "cat", "id", "args", "bp", "x"])


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    events=st.lists(st.dictionaries(_keys, _json), max_size=6),
    indent=st.sampled_from([None, 1]),
)
def test_any_valid_json_is_counted_exactly(
    tmp_path: Path, events: list[Any], indent: int | None
) -> None:
    for number, item in enumerate(events):
        item.setdefault("ph", "XBEbeiCsfM"[number % 10])
    table = opened(tmp_path, json.dumps({"traceEvents": events}, indent=indent).encode())
    assert table.events == len(events)
    assert "not valid JSON" not in table.dropped


@pytest.mark.parametrize("block", [1, 7, 64, 1000])
def test_blocks_of_any_size_find_the_same(
    block: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inner = '{"ph":"X","name":"n","ts":1,"dur":1,"args":{"l":[{"name":1},{"ph":"X","ts":9}]}}'
    raw = top(*([inner, event(ts=3, dur=1), "null", '{"ph" 3}'] * 20))
    whole_table = opened(tmp_path, raw)
    monkeypatch.setattr(Scanner.__init__, "__defaults__", (2, block))
    table = opened(tmp_path, raw)
    assert (table.events, table.dropped) == (whole_table.events, whole_table.dropped)
    assert table.slices.args_at.tolist() == whole_table.slices.args_at.tolist()


def test_a_small_file_that_inflates_without_end_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bomb.json.gz"
    path.write_bytes(gzip.compress(b'{"traceEvents": [' + b" " * 10**7, 9))
    with pytest.raises(TraceError, match="not opened"):
        open_trace(path, cache=False, limits=Limits(free=1 << 20))
    with pytest.raises(TraceError, match="not opened"):
        open_trace(path, cache=False, limits=Limits(inflated=1 << 20))


def test_several_compressed_members_are_one_file(tmp_path: Path) -> None:
    raw = whole()
    parts = [gzip.compress(raw[n : n + 100]) for n in range(0, len(raw), 100)]
    assert opened(tmp_path, b"".join(parts) + b"\0" * 512).truncated is None


def test_depth_is_counted_as_far_as_it_can_be(tmp_path: Path) -> None:
    table = opened(tmp_path, CASES["deep slices"])
    assert table.slices.parent.tolist() == list(range(-1, 10**5 - 1))
    assert int(table.slices.depth.max()) == 65535


def test_slices_that_overlap_stand_beside_each_other(tmp_path: Path) -> None:
    table = opened(tmp_path, top(event(ts=0, dur=10), event(ts=5, dur=10), event(ts=6, dur=2)))
    assert [(t.first, t.count) for t in table.tracks] == [(0, 1), (1, 2)]
    # The short one lies inside both: it goes with the inner one.
    assert table.slices.parent.tolist() == [-1, -1, 1]
    assert set(table.slices.kind.tolist()) == {Kind.OPERATOR}


def test_the_reader_stays_inside_its_memory(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, trace_cases.__file__, str(tmp_path)],
        env={**os.environ, "DIPTYCH_CHECKED": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert done.stdout.startswith("ok")
