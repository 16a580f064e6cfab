"""What is kept of a long run: the same as its journals say, or not used at all."""

from __future__ import annotations

import os
from dataclasses import fields
from pathlib import Path

import msgspec
import numpy as np
import pytest
from tests.helpers.fake_run import LiveRun, make_run

from diptych.profiling.records.reader import JournalTail
from diptych.profiling.runs import kept, session
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import LogTimes, Pauses, RunSnapshot, Series, StepColumns
from diptych.profiling.runs.summary import write_summary


@pytest.fixture(autouse=True)
def _every_run_is_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_WORTH_KEEPING", 1)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return make_run(tmp_path, steps=90, framework="mxnet", gpu=True, window_at=20)


def read(directory: Path, *, keep: bool = False) -> RunSnapshot:
    with RunSession(directory) as opened:
        snapshot = opened.drain()
        if keep:
            assert opened.keep()
        return snapshot


def read_bytes(directory: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[RunSnapshot, int]:
    """Return the snapshot, and how many bytes of journals were read for it."""
    taken: list[int] = []
    whole = JournalTail._next_block

    def counts(tail: JournalTail, size: int) -> bytes:
        block = whole(tail, size)
        taken.append(len(block))
        return block

    with monkeypatch.context() as patch:
        patch.setattr(JournalTail, "_next_block", counts)
        return read(directory), sum(taken)


def assert_same(one: RunSnapshot, other: RunSnapshot) -> None:
    for field in fields(RunSnapshot):
        a, b = getattr(one, field.name), getattr(other, field.name)
        if field.name == "version":
            continue
        assert same(a, b), field.name


def same(a: object, b: object) -> bool:
    if isinstance(a, StepColumns | Series | Pauses | LogTimes):
        assert type(a) is type(b)
        return all(same(getattr(a, f.name), getattr(b, f.name)) for f in fields(a))
    if isinstance(a, dict) and isinstance(b, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return bool(np.array_equal(a, b, equal_nan=a.dtype.kind == "f"))  # type: ignore[arg-type] # an array
    return a == b


def test_what_was_kept_is_what_the_journals_say(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(run, keep=True)
    again, taken = read_bytes(run, monkeypatch)
    assert taken == 0
    assert len(again.steps) == 90
    assert_same(first, again)


def test_counts_of_damage_are_kept(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = run / "events" / "worker-r0.jsonl"
    lines = journal.read_bytes().splitlines(keepends=True)
    del lines[30]
    lines[40] = b"{torn\n"
    lines[50] = b'{"k":"later","seq":' + lines[50].split(b'"seq":')[1].split(b",")[0] + b"}\n"
    journal.write_bytes(b"".join(lines) + b'{"k":"step","n":')
    first = read(run, keep=True)
    again, taken = read_bytes(run, monkeypatch)
    assert taken == 0
    assert again.losses == first.losses
    assert again.losses.missing >= 1
    assert again.losses.malformed >= 2


def test_the_summary_of_a_run_keeps_it(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    summary = write_summary(run)
    again, taken = read_bytes(run, monkeypatch)
    assert taken == 0
    assert len(again.steps) == summary.steps


@pytest.mark.parametrize("what", ["grown", "cut", "touched", "changed", "another", "gone"])
def test_other_journals_are_read(run: Path, what: str, monkeypatch: pytest.MonkeyPatch) -> None:
    read(run, keep=True)
    journal = run / "events" / "worker-r0.jsonl"
    data, times = journal.read_bytes(), journal.stat()
    if what == "grown":
        journal.write_bytes(data + data.splitlines(keepends=True)[-1])
    elif what == "cut":
        journal.write_bytes(data[: len(data) // 2])
    elif what == "touched":
        os.utime(journal, ns=(times.st_atime_ns, times.st_mtime_ns + 1))
    elif what == "changed":
        journal.write_bytes(data.replace(b'"samples":32', b'"samples":64'))
        os.utime(journal, ns=(times.st_atime_ns, times.st_mtime_ns))
    elif what == "another":
        (run / "events" / "worker-r1.jsonl").write_bytes(data)
    else:
        (run / "events" / "system.jsonl").unlink()
    again, taken = read_bytes(run, monkeypatch)
    assert taken > 0
    monkeypatch.setattr(kept, "load", lambda *_: None)
    assert_same(again, read(run))


def test_any_damage_makes_it_useless(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(run, keep=True)
    whole = (run / kept.FILE).read_bytes()
    places = np.random.default_rng(0).integers(0, len(whole), 60)
    flipped = [whole[:at] + bytes([whole[at] ^ 0x11]) + whole[at + 1 :] for at in places]
    cut = [whole[:end] for end in (0, 5, 40, len(whole) // 2, len(whole) - 9)]
    for damaged in (*cut, *flipped):
        (run / kept.FILE).write_bytes(damaged)
        again, taken = read_bytes(run, monkeypatch)
        assert taken > 0 or len(damaged) == len(whole)
        assert_same(first, again)


def test_another_version_is_not_used(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    read(run, keep=True)
    monkeypatch.setattr(kept, "LAYOUT", kept.LAYOUT + 1)
    assert read_bytes(run, monkeypatch)[1] > 0


def test_columns_of_unlike_lengths_are_not_used(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = read(run)
    with RunSession(run) as opened:
        opened.drain()
        save = kept.save

        def cut_short(
            directory: Path,
            journals: dict[str, kept.Stamp],
            state: msgspec.Struct,
            arrays: kept.Arrays,
        ) -> bool:
            return save(directory, journals, state, arrays | {"steps/loss": np.zeros(3)})

        monkeypatch.setattr(kept, "save", cut_short)
        assert opened.keep()
    again, taken = read_bytes(run, monkeypatch)
    assert taken > 0
    assert_same(first, again)


def test_a_live_run_is_neither_kept_nor_taken_from_what_was(tmp_path: Path) -> None:
    with LiveRun(tmp_path) as live:
        live.step(20)
        with RunSession(live.directory) as opened:
            opened.poll()
            assert not opened.keep()
            assert not (live.directory / kept.FILE).exists()
        live.finish()
        read(live.directory, keep=True)
    assert (live.directory / kept.FILE).exists()


def test_a_run_goes_on_after_it_was_kept(run: Path) -> None:
    """A tracer that is run again appends to its journal."""
    read(run, keep=True)
    with RunSession(run) as opened:
        before = opened.drain()
        journal = run / "events" / "runner.jsonl"
        line = b'{"k":"warning","seq":%d,"t":1,"code":"late","text":"late"}\n'
        journal.write_bytes(journal.read_bytes() + line % len(journal.read_bytes().splitlines()))
        assert opened.poll()
        after = opened.snapshot()
    assert len(after.steps) == len(before.steps)
    assert [notice.code for notice in after.notices] == ["late"]
    assert after.losses == before.losses


def test_a_folder_that_cannot_be_written_is_no_trouble(
    run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    with RunSession(run) as opened:
        opened.drain()
        monkeypatch.setattr(Path, "replace", full)
        assert not opened.keep()
    assert not list(run.glob("*.cache*")) + list(run.glob(".*cache*"))


def test_short_runs_are_not_worth_it(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(session, "_WORTH_KEEPING", 8 << 20)
    with RunSession(run) as opened:
        opened.drain()
        assert not opened.keep()
