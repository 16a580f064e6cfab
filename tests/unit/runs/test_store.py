"""The store lists what is there, whatever is there, and finds what is asked for."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.helpers.fake_run import LiveRun, make_run

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runs.files import RunError
from diptych.profiling.runs.notes import edit_notes
from diptych.profiling.runs.snapshot import RunState
from diptych.profiling.runs.store import RunNotFoundError, RunStore
from diptych.profiling.runs.summary import write_summary

DAY = 86_400 * 10**9
START = 1_764_000_000 * 10**9


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    for number, framework in enumerate(("torch", "mxnet", "torch")):
        directory = make_run(
            tmp_path,
            framework=framework,
            steps=30,
            seed=number,
            created=START + number * DAY,
            name=f"night {number}" if number < 2 else None,
        )
        if number:
            write_summary(directory)
    return RunStore(tmp_path)


def test_newest_first(store: RunStore) -> None:
    entries = store.list()
    assert [e.id[-4:] for e in entries] == ["0002", "0001", "0000"]
    assert [e.state for e in entries] == [RunState.DONE] * 3
    assert [e.steps for e in entries] == [30, 30, None]
    assert entries[0].median_ms == pytest.approx(12, rel=0.1)
    assert entries[1].label == "night 1"
    assert (entries[1].framework, entries[1].subject) == ("mxnet", "resnet18")


def test_no_folder_yet(tmp_path: Path) -> None:
    store = RunStore(tmp_path / "none")
    assert store.list() == []
    with pytest.raises(RunNotFoundError, match="no runs in"):
        store.find("x")


def test_foreign_and_damaged_directories(store: RunStore) -> None:
    (store.folder / "wandb").mkdir()
    (store.folder / "file.txt").touch()
    (store.folder / ".hidden").mkdir()
    (store.folder / "loop").symlink_to("loop")
    RunPaths(store.list()[-1].directory).manifest.write_text("{")
    entries = {e.id: e for e in store.list()}
    assert len(entries) == 4
    assert "not a Diptych run" in (entries["wandb"].problem or "")
    assert entries["wandb"].state is RunState.DAMAGED
    (damaged,) = [e for e in entries.values() if "valid JSON" in (e.problem or "")]
    with pytest.raises(RunError, match="not valid JSON"):
        store.find(damaged.id)


def test_unreadable_manifest(store: RunStore) -> None:
    manifest = RunPaths(store.list()[0].directory).manifest
    manifest.unlink()
    manifest.mkdir()
    assert store.list()[0].problem is not None


def test_states_without_a_summary(tmp_path: Path) -> None:
    store = RunStore(tmp_path)
    killed = make_run(tmp_path, steps=5, status=None, seed=1)
    failed = make_run(tmp_path, steps=5, status="failed", code=3, seed=2)
    with LiveRun(tmp_path, seed=3) as run:
        states = {e.directory: e.state for e in store.list()}
        assert states[killed] is RunState.INTERRUPTED
        assert states[failed] is RunState.FAILED
        assert states[run.directory] is RunState.RUNNING
        run.kill()
        assert {e.state for e in store.list() if e.directory == run.directory} == {
            RunState.INTERRUPTED
        }


@pytest.mark.parametrize("text", ["{id}", "night 1", "0001", "mxnet", "{start}", "{path}"])
def test_find(store: RunStore, text: str) -> None:
    wanted = store.list()[1]
    text = text.format(id=wanted.id, start=wanted.id[:12], path=wanted.directory)
    assert store.find(text).id == wanted.id


def test_find_a_directory_elsewhere(
    store: RunStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    directory = make_run(elsewhere, steps=5)
    monkeypatch.chdir(elsewhere)
    assert store.find(str(directory)).directory == directory
    assert store.find(directory.name).directory == directory
    assert store.find(f"./{directory.name}").directory == directory


def test_find_tells_what_is_near(store: RunStore) -> None:
    with pytest.raises(RunNotFoundError, match="near it: night 1, night 0"):
        store.find("nigth")
    with pytest.raises(RunNotFoundError, match="fits 3 runs"):
        store.find("2025")
    with pytest.raises(RunNotFoundError, match="no run ''"):
        store.find("")
    with pytest.raises(RunNotFoundError, match="there is no run directory"):
        store.find("./nowhere")
    with pytest.raises(RunError, match="not a Diptych run"):
        store.find(str(store.folder))


@pytest.mark.parametrize("text", ["x" * 5_000, "~nobody/x", "a\0b", "lr/3e-4"])
def test_what_is_no_path_is_only_not_found(store: RunStore, text: str) -> None:
    with pytest.raises(RunNotFoundError):
        store.find(text)


def test_a_name_may_look_like_a_path(store: RunStore) -> None:
    wanted = store.list()[0]
    edit_notes(wanted.directory, lambda notes: notes.renamed("lr/3e-4"))
    assert store.find("lr/3e-4").id == wanted.id


def test_nothing_is_read_twice(store: RunStore) -> None:
    first = store.list()
    second = store.list()
    assert all(one is other for one, other in zip(first, second, strict=True))
    write_summary(first[2].directory)
    assert store.list()[2].steps == 30


def test_it_knows_when_its_listing_is_out_of_date(tmp_path: Path) -> None:
    store = RunStore(tmp_path)

    def settled() -> bool:
        store.list()
        return not store.outdated()

    assert store.outdated()
    with LiveRun(tmp_path) as run:
        wait_for(settled)
        run.finish()
        assert store.outdated()
        wait_for(settled)
        make_run(tmp_path, steps=5, seed=9)
        assert store.outdated()
        wait_for(settled)
        edit_notes(run.directory, lambda notes: notes.renamed("other"))
        assert store.outdated()
        assert "other" in [entry.name for entry in store.list()]


def test_a_change_right_after_a_look_is_seen(tmp_path: Path) -> None:
    """Within the grain of the clock of a file system the time of change stays the same."""
    store = RunStore(tmp_path)
    for number in range(20):
        make_run(tmp_path, steps=3, window_at=None, seed=number)
        times = tmp_path.stat()
        store.list()
        make_run(tmp_path, steps=3, window_at=None, seed=100 + number)
        os.utime(tmp_path, ns=(times.st_atime_ns, times.st_mtime_ns))
        assert store.outdated()
        assert len(store.list()) == 2 * number + 2


def test_two_windows_on_one_store(tmp_path: Path) -> None:
    """Two listings while runs come, end and go: none raises, none sees half a run."""
    problems: list[str] = []
    stop = threading.Event()

    def watch() -> None:
        store = RunStore(tmp_path)
        while not stop.is_set():
            problems.extend(e.problem for e in store.list() if e.problem and "hidden" in e.id)

    threads = [threading.Thread(target=watch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for number in range(15):
        directory = make_run(tmp_path, steps=3, window_at=None, seed=number)
        write_summary(directory)
        if number % 3 == 0:
            directory.rename(tmp_path / f".gone{number}")
    stop.set()
    for thread in threads:
        thread.join()
    assert problems == []
    assert len(RunStore(tmp_path).list()) == 10


def test_a_copy_is_found_by_its_folder(store: RunStore) -> None:
    original = store.list()[0]
    shutil.copytree(original.directory, store.folder / "before-the-change")
    (copy,) = [e for e in store.list() if e.directory.name == "before-the-change"]
    assert (copy.id, copy.names) == (original.id, ("before-the-change", original.id))
    assert store.find("before-the-change").directory == copy.directory
    assert store.find("before").directory == copy.directory
    assert store.find(original.id).directory == original.directory
    with pytest.raises(RunNotFoundError, match="before-the-change"):
        store.find(original.id[:-1])
    shutil.rmtree(original.directory)
    assert store.find(original.id).directory == copy.directory
