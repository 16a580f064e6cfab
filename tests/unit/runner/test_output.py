"""The log's limits: the beginning and the end stay, and the room is counted."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from diptych.profiling.runner import output
from diptych.profiling.runner.output import LogKeeper, tail

_LIMIT = 256 << 10


@pytest.fixture
def log(tmp_path: Path) -> Path:
    return tmp_path / "stdout.log"


def _lines(first: int, count: int) -> bytes:
    return b"".join(b"%09d\n" % n for n in range(first, first + count))


def _write(keeper: LogKeeper, data: bytes) -> None:
    assert os.write(keeper.descriptor, data) == len(data)


def _blocks(path: Path) -> int:
    return path.stat().st_blocks * 512


def test_a_short_log_is_left_alone(log: Path) -> None:
    keeper = LogKeeper(log, _LIMIT)
    _write(keeper, b"caf\xc3\xa9 \xff\r\n")
    keeper.look()
    keeper.finish()
    assert log.read_bytes() == b"caf\xc3\xa9 \xff\r\n"
    assert keeper.left_out == 0


@pytest.mark.parametrize("can_punch", [True, False])
def test_a_flood_keeps_its_beginning_and_its_end(
    log: Path, monkeypatch: pytest.MonkeyPatch, can_punch: bool
) -> None:
    if not can_punch:
        monkeypatch.setattr(output, "punch", lambda *_: False)
    keeper = LogKeeper(log, _LIMIT)
    total = 0
    for _ in range(60):
        _write(keeper, _lines(total, 10_000))
        total += 10_000
        keeper.look()
        assert _blocks(log) <= 2 * _LIMIT + (256 << 10)
    _write(keeper, b"the very end\n")
    keeper.look()
    keeper.finish()
    data = log.read_bytes()
    assert len(data) <= _LIMIT + 200
    assert data.startswith(_lines(0, 6000))
    assert data.endswith(b"the very end\n")
    assert b"bytes of output left out]\n" in data
    assert b"\0" not in data
    assert keeper.left_out > 5_000_000


def test_what_is_said_to_be_left_out_is_what_is_missing(log: Path) -> None:
    keeper = LogKeeper(log, _LIMIT)
    _write(keeper, _lines(0, 100_000))
    keeper.look()
    keeper.finish()
    head, _, rest = log.read_bytes().partition(b"\n[diptych: ")
    count, _, end = rest.partition(b" bytes of output left out]\n")
    assert len(head) + int(count.replace(b",", b"")) + len(end) == 1_000_000
    assert (_lines(0, 100_000))[: len(head)] == head
    assert (_lines(0, 100_000)).endswith(end)


def test_room_is_reserved_while_it_grows_and_given_back(log: Path) -> None:
    keeper = LogKeeper(log, _LIMIT)
    if not _blocks(log):
        pytest.skip("this file system cannot reserve")
    _write(keeper, b"x")
    keeper.finish()
    assert _blocks(log) <= 8192
    assert log.read_bytes() == b"x"


def test_a_script_that_truncates_its_own_output(log: Path) -> None:
    keeper = LogKeeper(log, _LIMIT)
    _write(keeper, _lines(0, 100_000))
    keeper.look()
    os.truncate(log, 0)
    _write(keeper, b"anew\n")
    keeper.look()
    keeper.finish()
    assert log.read_bytes() == b"anew\n"


def test_tail_takes_whole_lines_and_no_holes(log: Path) -> None:
    log.write_bytes(b"first\n" + b"\0" * 100 + b"\nsecond\nth\xffird\n")
    assert tail(log).splitlines()[-2:] == ["second", "th\ufffdird"]
    assert "\0" not in tail(log)
    assert tail(log, 12) == "th\ufffdird\n"
    assert tail(log.with_name("gone")) == ""
