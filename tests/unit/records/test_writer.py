"""The journal writer: a full disk costs records, never the process, and is told."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from diptych.profiling.records import kinds
from diptych.profiling.records.reader import JournalTail
from diptych.profiling.records.writer import JournalWriter


class FaultyDisk:
    """Stands in for ``os.write``: fails or cuts the writes whose numbers are named."""

    def __init__(self, fails: set[int], cuts: set[int]) -> None:
        self.calls = 0
        self._fails, self._cuts = fails, cuts
        self._write = os.write

    def __call__(self, fd: int, data: bytes) -> int:
        number, self.calls = self.calls, self.calls + 1
        if number in self._fails:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return self._write(fd, data[: len(data) // 2] if number in self._cuts else data)


def write_and_read(
    path: Path, monkeypatch: pytest.MonkeyPatch, fails: set[int], cuts: set[int]
) -> tuple[list[str], JournalTail]:
    with monkeypatch.context() as patch:
        patch.setattr(os, "write", FaultyDisk(fails, cuts))
        with JournalWriter(path, "w") as writer:
            for n in range(8):
                writer.write(kinds.Caution, code="c", text=str(n))
    tail = JournalTail(path)
    records = tail.read() + tail.finish()
    return [r.text for r in records if isinstance(r, kinds.Caution)], tail


@pytest.mark.parametrize("nth", range(1, 8))
def test_every_failing_write_costs_one_record(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    texts, tail = write_and_read(tmp_path / "j", monkeypatch, {nth}, set())
    assert texts == [str(n) for n in range(8) if n != nth - 1]
    assert (tail.missing, tail.malformed, tail.not_written) == (0, 0, 1)


@pytest.mark.parametrize("nth", range(1, 8))
def test_every_cut_write_costs_one_record_and_is_counted_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    texts, tail = write_and_read(tmp_path / "j", monkeypatch, set(), {nth})
    assert texts == [str(n) for n in range(8) if n != nth - 1]
    assert (tail.missing, tail.malformed, tail.counted_once) == (0, 1, 0)


def test_a_disk_that_stays_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts, tail = write_and_read(tmp_path / "j", monkeypatch, set(range(3, 99)), set())
    assert texts == ["0", "1"]
    assert (tail.malformed, tail.unknown_kind) == (0, 0)
