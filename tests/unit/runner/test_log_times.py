"""When the lines of a log were written: also after the middle of it was left out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from diptych.profiling.records.kinds import Logged
from diptych.profiling.records.reader import JournalTail
from diptych.profiling.records.writer import JournalWriter
from diptych.profiling.runner import log_times, output
from diptych.profiling.runner.log_times import LogTimes
from diptych.profiling.runner.output import LogKeeper
from diptych.profiling.runs.moments import LogTable

_LIMIT = 256 << 10
_S = 1_000_000_000


class Clock:
    """A clock that stands still until it is told otherwise."""

    def __init__(self) -> None:
        self.now = _S

    def monotonic_ns(self) -> int:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    made = Clock()
    monkeypatch.setattr(log_times, "time", made)
    return made


def _records(journal: Path) -> list[Logged]:
    tail = JournalTail(journal)
    found = [record for record in tail.read() if isinstance(record, Logged)]
    tail.close()
    return found


def _read(journal: Path) -> LogTable:
    table = LogTable()
    for record in _records(journal):
        table.add([record])
    return table


def test_at_most_once_a_second_and_only_when_it_grew(tmp_path: Path, clock: Clock) -> None:
    logs = {name: LogKeeper(tmp_path / name, _LIMIT) for name in ("stdout", "stderr")}
    with JournalWriter(tmp_path / "journal", "runner") as journal:
        times = LogTimes(journal, logs)
        for tenth in range(60):
            clock.now += _S // 10
            if tenth < 25:
                os.write(logs["stdout"].descriptor, b"line\n")
            times.look()
        os.write(logs["stderr"].descriptor, b"last words\n")
        times.look()
        os.write(logs["stderr"].descriptor, b"and more\n")
        times.look(last=True)
    for log in logs.values():
        log.finish()
    found = [(r.stream, r.bytes, r.t / _S) for r in _records(tmp_path / "journal")]
    assert found == [
        ("stdout", 5, 1.1),
        ("stdout", 55, 2.1),
        ("stdout", 105, 3.1),
        ("stdout", 125, 4.1),
        ("stderr", 11, 7.0),
        ("stderr", 20, 7.0),
    ]


@pytest.mark.parametrize("can_punch", [True, False])
def test_places_follow_what_is_left_out(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch, can_punch: bool
) -> None:
    if not can_punch:
        monkeypatch.setattr(output, "punch", lambda *_: False)
    path = tmp_path / "stdout.log"
    keeper = LogKeeper(path, _LIMIT)
    with JournalWriter(tmp_path / "journal", "runner") as journal:
        times = LogTimes(journal, {"stdout": keeper})
        # Each line says in which second it was written.
        for second in range(2, 42):
            clock.now = second * _S
            for _ in range(2000):
                os.write(keeper.descriptor, b"%09d\n" % second)
            keeper.look()
            times.look()
        keeper.look()
        times.look(last=True)
        keeper.finish()
        times.look()
    told = _read(tmp_path / "journal").times()
    data = path.read_bytes()
    assert int(told.size[-1]) == len(data)
    assert sorted(told.size.tolist()) == told.size.tolist()
    seen = set()
    for row, (t, size) in enumerate(zip(told.t.tolist(), told.size.tolist(), strict=True)):
        part = data[told.size[row - 1] if row else 0 : size]
        lines = {line for line in part.split(b"\n") if line.isdigit() and len(line) == 9}
        # Where something was left out, whole lines of other seconds may stand beside it.
        assert lines <= {b"%09d" % (t // _S), b"%09d" % (t // _S - 1)}, row
        seen |= lines
    assert {b"%09d" % 2, b"%09d" % 41} <= seen
    assert len(seen) >= 10


def test_a_script_that_cuts_its_output_makes_its_old_places_void() -> None:
    table = LogTable()
    for seq, size in enumerate((100, 200, 300, 40, 90)):
        table.add([Logged(seq=seq, t=seq * _S, stream="stdout", bytes=size)])
    assert table.times().size.tolist() == [40, 90]
    assert table.times().t.tolist() == [3 * _S, 4 * _S]


def test_what_cannot_be_true_is_counted() -> None:
    table = LogTable()
    table.add([Logged(seq=0, t=-1, stream="stdout", bytes=4)])
    table.add([Logged(seq=1, t=1, stream="stdout", bytes=4, moved=(9, 3, 1))])
    assert table.rejected == 2
    assert table.times().size.tolist() == [4]
