"""The tail of a journal: what it takes, what it counts, what it refuses."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from diptych.profiling.records import kinds, reader
from diptych.profiling.records.reader import JournalTail
from diptych.profiling.records.writer import JournalWriter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "worker-r0.jsonl"


def line(k: str, seq: int, **fields: Any) -> bytes:
    return json.dumps({"k": k, "seq": seq, "t": 1, **fields}).encode() + b"\n"


def opening(seq: int = 0, version: Any = (1, 0)) -> bytes:
    return line("open", seq, schema=kinds.SCHEMA, version=version, writer="w", pid=1)


def note(seq: int, text: str = "x") -> bytes:
    return line("warning", seq, code="c", text=text)


def append(path: Path, *lines: bytes) -> None:
    with path.open("ab") as file:
        file.write(b"".join(lines))


def seqs(records: list[kinds.AnyRecord]) -> list[int]:
    return [record.seq for record in records]


def counts(tail: JournalTail) -> tuple[int, int, int, int]:
    return tail.missing, tail.malformed, tail.unknown_kind, tail.not_written


def test_no_file_yet(path: Path) -> None:
    tail = JournalTail(path)
    assert tail.read() == []
    append(path, opening())
    assert seqs(tail.read()) == [0]


def test_only_complete_lines(path: Path) -> None:
    tail = JournalTail(path)
    append(path, opening(), note(1)[:10])
    assert seqs(tail.read()) == [0]
    assert tail.unfinished
    append(path, note(1)[10:], note(2))
    assert seqs(tail.read()) == [1, 2]
    assert not tail.unfinished
    assert counts(tail) == (0, 0, 0, 0)


def test_one_byte_at_a_time(path: Path) -> None:
    data = opening() + note(1) + note(2)
    path.touch()
    tail = JournalTail(path)
    got = []
    for at in range(len(data)):
        append(path, data[at : at + 1])
        got += tail.read()
    assert seqs(got) == [0, 1, 2]


def test_bounded_reads_tell_that_they_are_behind(path: Path) -> None:
    append(path, opening(), *(note(n) for n in range(1, 100)))
    tail = JournalTail(path)
    got, reads = tail.read(200), 1
    while tail.behind:
        got += tail.read(200)
        reads += 1
    assert seqs(got) == list(range(100))
    assert reads > 10


def test_torn_line_is_counted_once_and_reading_goes_on(path: Path) -> None:
    append(path, opening(), note(1), note(2)[:-5], b"\n", note(3))
    tail = JournalTail(path)
    assert seqs(tail.read()) == [0, 1, 3]
    assert counts(tail) == (0, 1, 0, 0)


def test_holes_are_missing(path: Path) -> None:
    append(path, opening(), note(1), note(5), note(6))
    tail = JournalTail(path)
    assert seqs(tail.read()) == [0, 1, 5, 6]
    assert counts(tail) == (3, 0, 0, 0)


def test_what_the_writer_reports_lost_is_not_missing_too(path: Path) -> None:
    append(path, opening(), note(4), line("lost", 5, count=3, why="No space left on device"))
    tail = JournalTail(path)
    assert len(tail.read()) == 3
    assert counts(tail) == (0, 0, 0, 3)


def test_backwards_is_malformed(path: Path) -> None:
    append(path, opening(), note(1), note(2), note(1), note(3))
    tail = JournalTail(path)
    assert seqs(tail.read()) == [0, 1, 2, 3]
    assert counts(tail) == (0, 1, 0, 0)


def test_always_backwards_is_refused_line_by_line(path: Path) -> None:
    append(path, opening(), note(100), *(note(n) for n in range(90, 50, -2)))
    tail = JournalTail(path)
    tail.read()
    assert tail.malformed >= 19


def test_restarted_writer(path: Path) -> None:
    for _ in range(3):
        with JournalWriter(path, "system") as writer:
            writer.write(kinds.Caution, code="c", text="x")
    tail = JournalTail(path)
    assert seqs(tail.read()) == [0, 1] * 3
    assert counts(tail) == (0, 0, 0, 0)


def test_restart_after_a_torn_line_loses_that_line_only(path: Path) -> None:
    append(path, opening(), note(1)[:20])
    with JournalWriter(path, "system") as writer:
        writer.write(kinds.Caution, code="c", text="x")
    tail = JournalTail(path)
    assert seqs(tail.read()) == [0, 0, 1]
    assert counts(tail) == (0, 1, 0, 0)


def test_restart_whose_open_was_lost(path: Path) -> None:
    append(path, opening(), *(note(n) for n in range(1, 9)), *(note(n) for n in range(1, 6)))
    tail = JournalTail(path)
    assert seqs(tail.read()) == [*range(9), 2, 3, 4, 5]
    assert tail.malformed == 1


def test_unknown_kinds_are_counted_and_fill_their_place(path: Path) -> None:
    append(path, opening(), line("hologram", 1, depth=3), note(2))
    tail = JournalTail(path)
    assert seqs(tail.read()) == [0, 2]
    assert counts(tail) == (0, 0, 1, 0)


def test_unknown_fields_are_ignored(path: Path) -> None:
    append(path, opening(), line("warning", 1, code="c", text="x", colour=[{"a": 1}]))
    tail = JournalTail(path)
    assert seqs(tail.read()) == [0, 1]
    assert counts(tail) == (0, 0, 0, 0)


@pytest.mark.parametrize(
    "bad",
    [
        b"{}\n",
        b"null\n",
        b"[1,2]\n",
        b'{"k":"warning"}\n',
        b'{"k":3,"seq":1,"t":1}\n',
        b'{"k":"warning","seq":"1","t":1,"code":"c","text":"x"}\n',
        b'{"k":"host","seq":1,"t":1,"cpu":NaN,"mem_used":1,"mem_total":1}\n',
        b'{"k":"host","seq":1,"t":1,"cpu":1e999,"mem_used":1,"mem_total":1}\n',
        b'{"k":"step","seq":1,"t":1,"n":0,"t0":0,"dispatched":1,"phases":[1,1]}\n',
        b'{"k":"warning","seq":' + b"9" * 5000 + b',"t":1,"code":"c","text":"x"}\n',
        b'{"k":"warning","seq":1,"t":1,"code":"c","text":"\xff\xfe"}\n',
        b"[" * 100_000 + b"\n",
        b'{"k":"warning","seq":1,"t":1,"code":"c","text":"x","y":' + b'{"a":' * 100_000 + b"\n",
        b"\x00" * 4096 + b"\n",
        b"\x1f\x8b\x08\x00\xff\n",
    ],
    ids=range(15),
)
def test_hostile_lines(path: Path, bad: bytes) -> None:
    append(path, opening(), bad, note(2))
    tail = JournalTail(path)
    assert seqs(tail.read()) == [0, 2]
    assert counts(tail) == (0, 1, 0, 0)


def test_blank_lines_are_nothing(path: Path) -> None:
    append(path, opening(), b"\n\n", note(1), b"  \n", note(3))
    tail = JournalTail(path)
    assert seqs(tail.read()) == [0, 1, 3]
    assert counts(tail) == (1, 0, 0, 0)


def test_half_a_surrogate_costs_its_character_only(path: Path) -> None:
    # Python's json writes a file name that is not UTF-8 like this.
    append(path, opening(), note(1, "caf\udce9.py"))
    tail = JournalTail(path)
    (record,) = tail.read()[1:]
    assert isinstance(record, kinds.Caution)
    assert record.text == "caf�.py"


@pytest.mark.parametrize("version", [(2, 0), [3, 1, "beta"], [0, 9]])
def test_another_major_version_is_refused(path: Path, version: Any) -> None:
    append(path, opening(version=version), note(1))
    tail = JournalTail(path)
    assert tail.read() == []
    assert tail.refused is not None
    assert "this Diptych reads 1.x" in tail.refused
    append(path, note(2))
    assert tail.read() == []
    assert not tail.behind


def test_a_newer_minor_version_is_read(path: Path) -> None:
    append(path, opening(version=(1, 7)), note(1))
    assert seqs(JournalTail(path).read()) == [0, 1]


def test_overlong_line_takes_bounded_memory(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reader, "MAX_LINE", 1 << 20)
    append(path, opening())
    tail = JournalTail(path)
    kept = 0
    for _ in range(24):
        append(path, b"x" * (256 << 10))
        tail.read()
        kept = max(kept, sum(map(len, tail._partial)))
    append(path, b"\n", note(2))
    assert kept <= 1 << 20
    assert seqs(tail.read()) == [2]
    assert counts(tail) == (0, 1, 0, 0)


def test_a_long_record_is_read(path: Path) -> None:
    append(path, opening(), note(1, "x" * (3 << 20)), note(2))
    tail = JournalTail(path)
    got = tail.read(1 << 16)
    while tail.behind:
        got += tail.read(1 << 16)
    assert seqs(got) == [0, 1, 2]


@pytest.mark.parametrize("how", ["replaced", "cut"])
def test_another_file_in_its_place(path: Path, how: str) -> None:
    append(path, opening(), note(1), note(9))
    tail = JournalTail(path)
    tail.read()
    if how == "replaced":
        other = path.with_name("other")
        append(other, opening(), note(1), note(2), note(3, "y" * 500))
        other.replace(path)
    else:
        os.truncate(path, len(opening()))
    got = tail.read()
    assert tail.generation == 1
    assert seqs(got) == ([0, 1, 2, 3] if how == "replaced" else [0])
    assert counts(tail) == (0, 0, 0, 0)


def test_a_file_that_goes_away_keeps_what_was_read(path: Path) -> None:
    append(path, opening(), note(1))
    tail = JournalTail(path)
    assert len(tail.read()) == 2
    path.unlink()
    assert tail.read() == []
    assert tail.generation == 0


@pytest.mark.parametrize("what", ["fifo", "folder", "dangling"])
def test_no_plain_file(path: Path, what: str) -> None:
    if what == "fifo":
        os.mkfifo(path)
    elif what == "folder":
        path.mkdir()
    else:
        path.symlink_to(path.with_name("nowhere"))
    tail = JournalTail(path)
    assert tail.read() == []
    assert tail.finish() == []


def test_finish_takes_a_whole_last_line(path: Path) -> None:
    append(path, opening(), note(1).rstrip(b"\n"))
    tail = JournalTail(path)
    assert seqs(tail.read() + tail.finish()) == [0, 1]
    assert tail.finish() == []
