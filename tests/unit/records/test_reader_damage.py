"""Every byte of a journal is damaged in every way: only the damaged lines are lost."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from diptych.profiling.records import kinds
from diptych.profiling.records.kinds import AnyRecord
from diptych.profiling.records.reader import JournalTail

LINES = 9


def journal() -> list[AnyRecord]:
    records: list[AnyRecord] = [
        kinds.Open(seq=0, t=5, schema=kinds.SCHEMA, version=kinds.VERSION, writer="w", pid=4)
    ]
    for n in range(3):
        seq = 1 + 2 * n
        records += [
            kinds.Step(
                seq=seq, t=10 * n, n=n, t0=9, dispatched=5, phases=(1, 1, 1, 1, 1), loss=0.5
            ),
            kinds.Done(seq=seq + 1, t=10 * n + 1, n=n, completed=7, ruler="event"),
        ]
    records += [
        kinds.Caution(seq=7, t=70, code="late", text="naïve ✓"),
        kinds.Host(seq=8, t=80, cpu=None, mem_used=3, mem_total=4, reasons={"cpu": "lost"}),
    ]
    return records


RECORDS = journal()
DATA = b"".join(msgspec.json.encode(record) + b"\n" for record in RECORDS)


def read(path: Path) -> tuple[list[AnyRecord], JournalTail]:
    tail = JournalTail(path)
    records = tail.read()
    records += tail.finish()
    tail.close()
    return records, tail


def read_flipped(path: Path, at: int, bit: int) -> tuple[list[AnyRecord], JournalTail]:
    with path.open("r+b", buffering=0) as file:
        os.pwrite(file.fileno(), bytes([DATA[at] ^ 1 << bit]), at)
        try:
            return read(path)
        finally:
            os.pwrite(file.fileno(), DATA[at : at + 1], at)


def lost(tail: JournalTail) -> int:
    return tail.missing + tail.malformed + tail.unknown_kind + tail.counted_once


def test_cut_at_every_byte(tmp_path: Path) -> None:
    path = tmp_path / "j"
    path.write_bytes(DATA)
    for cut in reversed(range(len(DATA))):
        os.truncate(path, cut)
        records, tail = read(path)
        torn = DATA[:cut].rsplit(b"\n", 1)[-1]
        # A last line that lacks nothing but its newline is whole.
        whole = DATA[:cut].count(b"\n") + (torn + b"\n" in DATA.splitlines(keepends=True))
        assert records == RECORDS[:whole], cut
        assert tail.malformed == bool(torn) - (whole - DATA[:cut].count(b"\n")), cut
        assert (tail.missing, tail.unknown_kind) == (0, 0), cut


def damaged_lines(at: int) -> set[int]:
    first = DATA[:at].count(b"\n")
    return {first, first + 1} if DATA[at] == ord("\n") else {first}


@pytest.mark.parametrize("bit", range(8))
def test_flip_one_bit_of_every_byte(tmp_path: Path, bit: int) -> None:
    path = tmp_path / "j"
    path.write_bytes(DATA)
    for at in range(len(DATA)):
        records, tail = read_flipped(path, at, bit)
        where = f"bit {bit} of byte {at} ({DATA[at : at + 1]!r})"
        if tail.refused:
            assert at < DATA.index(b"\n"), where
            continue
        bad = damaged_lines(at)
        kept = [msgspec.json.encode(record) for record in records]
        sound = [line for number, line in enumerate(DATA.splitlines()) if number not in bad]
        assert set(sound) <= set(kept), f"{where}: an undamaged record was lost"
        assert len(kept) <= LINES, f"{where}: a record came twice"
        assert lost(tail) <= len(bad), f"{where}: {vars(tail)}"
        # When the last two lines became one, nothing can tell that they were two.
        known = LINES - (LINES - 1 in bad and len(bad) == 2)
        assert len(kept) + lost(tail) >= known, f"{where}: a loss was not counted"
