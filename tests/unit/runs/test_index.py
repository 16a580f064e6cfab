"""The index says again what the run directories say, and is nothing where it cannot."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.helpers.fake_run import LiveRun, make_run

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runs import index as module
from diptych.profiling.runs import store as stores
from diptych.profiling.runs.entry import RunEntry, read_entry
from diptych.profiling.runs.notes import edit_notes
from diptych.profiling.runs.store import RunStore
from diptych.profiling.runs.summary import write_summary


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(module, "_ENOUGH", 3)
    return tmp_path / "runs.index"


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    folder = tmp_path / "runs"
    for seed in range(4):
        run = make_run(folder, steps=12, window_at=None, seed=seed, name=f"n{seed}")
        write_summary(run)
    edit_notes(run, lambda notes: notes.tagged(["last"]).noted("x" * 1000))
    return folder


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the names of the directories that are read."""
    names: list[str] = []

    def noted(directory: Path) -> RunEntry:
        names.append(directory.name)
        return read_entry(directory)

    monkeypatch.setattr(stores, "read_entry", noted)
    return names


def test_the_next_start_reads_only_what_changed(runs: Path, index: Path, read: list[str]) -> None:
    first = RunStore(runs, index).list()
    assert len(read) == 4
    read.clear()
    assert RunStore(runs, index).list() == first
    assert read == []
    changed = first[1].directory
    edit_notes(changed, lambda notes: notes.renamed("other"))
    new = make_run(runs, steps=5, window_at=None, seed=9)
    listed = RunStore(runs, index).list()
    assert sorted(read) == sorted([changed.name, new.name])
    assert {entry.name for entry in listed} == {"n0", "n1", "n3", "other", None}


def test_what_is_live_or_cannot_be_read_is_not_kept(
    runs: Path, index: Path, read: list[str]
) -> None:
    damaged = runs / "damaged"
    damaged.mkdir()
    RunPaths(damaged).manifest.write_text("{")
    with LiveRun(runs, seed=8) as live:
        RunStore(runs, index).list()
        read.clear()
        RunStore(runs, index).list()
        assert sorted(read) == sorted([damaged.name, live.id])


@pytest.mark.parametrize("data", [b"", b"\xc1", b"{}", b"\x93\x00\xa1x\x90"])
def test_a_strange_index_is_nothing(runs: Path, index: Path, data: bytes) -> None:
    index.write_bytes(data)
    assert len(RunStore(runs, index).list()) == 4


def test_an_index_of_another_folder_is_nothing(
    runs: Path, index: Path, tmp_path: Path, read: list[str]
) -> None:
    RunStore(runs, index).list()
    moved = runs.rename(tmp_path / "moved")
    read.clear()
    assert [entry.directory.parent for entry in RunStore(moved, index).list()] == [moved] * 4
    assert len(read) == 4


def test_a_place_that_cannot_be_written_is_no_error(runs: Path) -> None:
    assert len(RunStore(runs, Path("/proc/none/runs.index")).list()) == 4


def test_runs_that_are_gone_leave_the_index(runs: Path, index: Path) -> None:
    store = RunStore(runs, index)
    for entry in store.list()[:3]:
        entry.directory.rename(runs.parent / entry.id)
    assert len(store.list()) == 1
    assert len(module.RunIndex(index).load(runs)) == 1


def test_thousands_are_listed_bit_by_bit_the_newest_first(runs: Path, read: list[str]) -> None:
    store = RunStore(runs)
    first = store.list(budget=0)
    assert [entry.name for entry in first] == ["n3"]
    assert not store.complete
    assert store.outdated()
    for count in (2, 3, 4):
        assert len(store.list(budget=0)) == count
    assert store.complete
    assert len(read) == 4


def test_a_listing_is_small(runs: Path) -> None:
    for entry in RunStore(runs).list():
        assert entry.request is not None
        assert entry.request.env == {}
        assert len(entry.note) <= 300
        assert entry.manifest is not None
        assert entry.summary is not None
