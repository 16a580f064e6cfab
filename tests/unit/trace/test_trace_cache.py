"""Tables that are kept: served as long as the file is what it was, never longer."""

from __future__ import annotations

import json
import os
from dataclasses import astuple
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.helpers.trace_cases import event, top, whole

from diptych.profiling.trace import open_trace, store
from diptych.profiling.trace.args import decode_args
from diptych.profiling.trace.cache import Cache
from diptych.profiling.trace.digest import stamp
from diptych.profiling.trace.errors import TraceError
from diptych.profiling.trace.table import TraceTable


@pytest.fixture
def trace(tmp_path: Path) -> Path:
    path = tmp_path / "trace.json"
    path.write_bytes(whole())
    return path


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """Files that were read, not taken from the cache."""
    seen: list[Path] = []
    real = store._read

    def read(path: Path, *rest: Any) -> TraceTable:
        seen.append(path)
        return real(path, *rest)

    monkeypatch.setattr(store, "_read", read)
    return seen


def same(one: TraceTable, other: TraceTable) -> bool:
    for name in ("slices", "instants", "memory", "flows"):
        for a, b in zip(astuple(getattr(one, name)), astuple(getattr(other, name)), strict=True):
            if a.dtype != b.dtype or not np.array_equal(a, b):
                return False
    curves = all(
        (a.name, a.pid, a.process) == (b.name, b.pid, b.process)
        and np.array_equal(a.time, b.time)
        and np.array_equal(a.value, b.value)
        for a, b in zip(one.counters, other.counters, strict=True)
    )
    plain = (
        "path", "source", "origin_ns", "absolute", "duration_ns", "events", "tracks", "dropped",
        "truncated", "properties", "used", "stamp",
    )  # fmt: skip
    return (
        curves
        and list(one.strings) == list(other.strings)
        and all(getattr(one, name) == getattr(other, name) for name in plain)
    )


def test_the_second_opening_gives_the_same_without_reading(
    trace: Path, reads: list[Path], home: Path
) -> None:
    first, second = open_trace(trace), open_trace(trace)
    assert same(first, second)
    assert len(reads) == 1
    assert list(trace.parent.glob("*.trace")) == []
    assert list((home / "cache" / "traces").glob("*.trace"))


def test_a_copy_elsewhere_is_known_by_its_content(
    trace: Path, reads: list[Path], home: Path, tmp_path: Path
) -> None:
    open_trace(trace)
    copy = tmp_path / "other.json"
    copy.write_bytes(trace.read_bytes())
    assert open_trace(copy).path == copy
    assert len(reads) == 1


def test_a_changed_file_is_read_anew_even_with_its_old_time(
    trace: Path, reads: list[Path], home: Path
) -> None:
    before = trace.stat()
    open_trace(trace)
    raw = trace.read_bytes().replace(b'"launch"', b'"LAUNCH"')
    assert len(raw) == before.st_size
    trace.write_bytes(raw)
    os.utime(trace, ns=(before.st_atime_ns, before.st_mtime_ns))
    table = open_trace(trace)
    assert "LAUNCH" in list(table.strings)
    assert len(reads) == 2


@pytest.mark.parametrize("place", [0, 20, 200, 0.5, 0.9, -1])
def test_a_damaged_table_is_made_anew(
    trace: Path, reads: list[Path], home: Path, place: float
) -> None:
    first = open_trace(trace)
    (kept,) = (home / "cache" / "traces").glob("*.trace")
    raw = bytearray(kept.read_bytes())
    at = int(place * len(raw)) if isinstance(place, float) else int(place)
    raw[at] ^= 0xFF
    kept.write_bytes(raw)
    assert same(open_trace(trace), first)
    # The last byte only fills up to a round length.
    assert len(reads) == (1 if place == -1 else 2) or same(open_trace(trace), first)


@pytest.mark.parametrize("size", [0, 10, 1000])
def test_a_table_that_is_cut_short_is_made_anew(
    trace: Path, reads: list[Path], home: Path, size: int
) -> None:
    first = open_trace(trace)
    (kept,) = (home / "cache" / "traces").glob("*.trace")
    os.truncate(kept, size)
    assert same(open_trace(trace), first)
    assert len(reads) == 2


def test_the_folder_may_be_deleted_or_forbidden(trace: Path, home: Path) -> None:
    first = open_trace(trace)
    for entry in (home / "cache" / "traces").iterdir():
        entry.unlink()
    assert same(open_trace(trace), first)
    for entry in (home / "cache" / "traces").iterdir():
        entry.unlink()
    (home / "cache" / "traces").rmdir()
    (home / "cache" / "traces").write_text("in the way")
    assert same(open_trace(trace), first)


def test_what_was_not_used_for_longest_goes_first(tmp_path: Path, home: Path) -> None:
    folder = tmp_path / "kept"
    paths = []
    for number in range(4):
        path = tmp_path / f"{number}.json"
        path.write_bytes(top(event(ts=1, dur=1, name=f"name {number}")))
        paths.append(path)
    open_trace(paths[0], cache=Cache(folder))
    size = next(folder.glob("*.trace")).stat().st_size
    small = Cache(folder, limit=int(3.5 * size))
    for number, path in enumerate(paths):
        open_trace(path, cache=small)
        for kept in folder.glob("*"):
            status = kept.stat()
            os.utime(kept, ns=(status.st_atime_ns, status.st_mtime_ns - 10**9))
        del number
    total = sum(f.stat().st_size for f in folder.glob("*.trace"))
    assert total <= 3.5 * size
    assert small.find(paths[0], stamp(paths[0])) is None
    assert small.find(paths[3], stamp(paths[3])) is not None


def test_a_table_can_be_kept_nowhere(trace: Path, home: Path) -> None:
    open_trace(trace, cache=False)
    assert not (home / "cache" / "traces").exists()


def test_arguments_of_a_file_that_changed_are_not_made_up(trace: Path, home: Path) -> None:
    table = open_trace(trace)
    row = int(np.flatnonzero(table.slices.shape >= 0)[0])
    assert decode_args(table, row)["External id"] == 3
    trace.write_bytes(json.dumps({"traceEvents": []}).encode())
    with pytest.raises(TraceError, match="has changed"):
        decode_args(table, row)
    trace.unlink()
    with pytest.raises(TraceError, match="cannot be opened"):
        decode_args(table, row)
