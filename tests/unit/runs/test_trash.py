"""Deleted runs can be had back, whatever happened meanwhile; nothing else is touched."""

from __future__ import annotations

import errno
import shutil
import threading
from pathlib import Path

import pytest
from tests.helpers.fake_run import LiveRun, make_run

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runs import trash as module
from diptych.profiling.runs.files import RunGoneError
from diptych.profiling.runs.notes import edit_notes
from diptych.profiling.runs.store import RunNotFoundError, RunStore
from diptych.profiling.runs.trash import LiveRunError, Trash, Trashed, TrashError, folder_size

DAY = 86_400 * 10**9


@pytest.fixture
def trash(home: Path) -> Trash:
    return Trash(home)


def make(trash: Trash, seed: int = 0, **options: object) -> Path:
    return make_run(trash.runs, steps=5, window_at=None, seed=seed, **options)  # type: ignore[arg-type]  # as make_run has them


def contents(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


def test_there_and_back(trash: Trash, home: Path) -> None:
    run = make(trash)
    edit_notes(run, lambda notes: notes.renamed("mine").tagged(["a"]))
    before = contents(run)
    trashed = trash.move(run)
    assert RunStore(trash.runs).list() == []
    assert trashed.directory == home / "trash" / run.name
    (listed,) = trash.list()
    assert listed == trashed
    assert (listed.key, listed.origin, listed.entry.name) == (run.name, run, "mine")
    assert trash.restore(listed.directory) == run
    assert contents(run) == before
    assert trash.list() == []
    assert [entry.name for entry in RunStore(trash.runs).list()] == ["mine"]


def test_a_live_run_is_refused(trash: Trash) -> None:
    with LiveRun(trash.runs) as run:
        with pytest.raises(LiveRunError, match="stop it first"):
            trash.move(run.directory)
        run.drop("runner")
        with pytest.raises(LiveRunError):
            trash.move(run.directory)
        run.finish()
    trash.move(run.directory)


def test_a_damaged_run_goes_a_foreign_folder_stays(trash: Trash) -> None:
    damaged, early = make(trash, 1), make(trash, 2)
    RunPaths(damaged).manifest.write_text("{")
    RunPaths(early).manifest.unlink()
    foreign = trash.runs / "wandb"
    foreign.mkdir()
    trash.move(damaged)
    trash.move(early)
    with pytest.raises(TrashError, match="not a Diptych run"):
        trash.move(foreign)
    assert foreign.is_dir()
    assert {t.key for t in trash.list()} == {damaged.name, early.name}


def test_a_place_that_was_taken_is_left_alone(trash: Trash) -> None:
    run = make(trash)
    first = trash.move(run)
    make(trash, 1).rename(run)
    second = trash.move(run)
    assert second.directory.name == f"{run.name}~2"
    assert trash.restore(first.directory) == run
    other = trash.restore(second.directory)
    assert other == run.with_name(f"{run.name}~2")
    assert len(RunStore(trash.runs).list()) == 2


def test_the_longest_names_have_room_for_a_number(trash: Trash) -> None:
    run = make(trash)
    long = run.rename(run.with_name("ü" * 127))
    copy = shutil.copytree(long, trash.runs.parent / "kept")
    first = trash.move(long)
    shutil.copytree(copy, long)
    second = trash.move(long)
    assert first.directory != second.directory
    assert len(trash.list()) == 2


def test_a_run_whose_home_is_gone_comes_back_to_the_runs(trash: Trash, tmp_path: Path) -> None:
    elsewhere = make_run(tmp_path / "elsewhere", steps=5, window_at=None)
    trashed = trash.move(elsewhere)
    shutil.rmtree(tmp_path / "elsewhere")
    assert trash.restore(trashed.directory) == trash.runs / elsewhere.name


def test_without_its_record_a_run_comes_back_all_the_same(trash: Trash) -> None:
    run = make(trash)
    trashed = trash.move(run)
    for data in ("{", "[]", '{"origin": 3}', None):
        record = trashed.directory / module.RECORD
        if data is None:
            record.unlink()
        else:
            record.write_text(data)
        (listed,) = trash.list()
        assert listed.origin is None
        assert listed.moved > 0
    assert trash.restore(trashed.directory) == run


def test_on_a_full_disk_a_run_can_be_deleted(trash: Trash, monkeypatch: pytest.MonkeyPatch) -> None:
    run = make(trash)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "write_atomically", full)
    trashed = trash.move(run)
    assert trashed.origin is None
    assert trash.restore(trashed.directory) == run


def test_a_link_is_moved_and_what_it_leads_to_stays(trash: Trash, tmp_path: Path) -> None:
    run = make_run(tmp_path / "archive", steps=5, window_at=None)
    before = contents(run)
    trash.runs.mkdir(parents=True)
    link = trash.runs / "linked"
    link.symlink_to(run)
    trashed = trash.move(link)
    assert not link.exists()
    assert trash.restore(trashed.directory) == link
    trash.move(link)
    assert trash.remove().count == 1
    assert contents(run) == before


def test_runs_on_another_disk_have_their_trash_there(
    trash: Trash, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = make(trash)
    real = module._into

    def into(directory: Path, place: Path) -> Path:
        if place == trash.places[0]:
            raise OSError(errno.EXDEV, "Invalid cross-device link")
        return real(directory, place)

    monkeypatch.setattr(module, "_into", into)
    trashed = trash.move(run)
    assert trashed.directory.parent == trash.runs / ".trash"
    assert RunStore(trash.runs).list() == []
    assert trash.list() == [trashed]
    assert trash.restore(trashed.directory) == run
    monkeypatch.setattr(module, "_into", lambda *_: into(run, trash.places[0]))
    with pytest.raises(TrashError, match="another file system"):
        trash.move(run)
    assert run.is_dir()


def test_find(trash: Trash) -> None:
    with pytest.raises(RunNotFoundError, match="empty"):
        trash.find("x")
    for seed, name in ((1, "one"), (2, "two")):
        trash.move(make(trash, seed, name=name))
    assert trash.find("two").entry.name == "two"
    assert trash.find("0001").entry.name == "one"
    with pytest.raises(RunNotFoundError, match="runs trash"):
        trash.find("three")


def test_emptying_removes_for_good_and_counts(trash: Trash) -> None:
    runs = [make(trash, seed) for seed in range(3)]
    moved = [trash.move(run) for run in runs]
    size = folder_size(moved[0].directory)
    assert size > 0
    some = trash.remove([moved[0].directory])
    assert (some.count, some.size, some.problems) == (1, size, ())
    assert {t.key for t in trash.list()} == {run.name for run in runs[1:]}
    assert trash.remove().count == 2
    assert list(trash.places[0].iterdir()) == []
    with pytest.raises(RunGoneError):
        trash.restore(moved[1].directory)


def test_what_cannot_be_written_is_removed_as_well(trash: Trash) -> None:
    run = make(trash)
    trashed = trash.move(run)
    RunPaths(trashed.directory).events.chmod(0o500)
    removed = trash.remove()
    assert (removed.count, removed.problems) == (1, ())
    assert not trashed.directory.exists()


def test_an_emptying_that_was_cut_short_is_ended_by_the_next(trash: Trash) -> None:
    trashed = trash.move(make(trash))
    left = trashed.directory.rename(trashed.directory.with_name(".going-0123"))
    assert trash.list() == []
    trash.remove_older()
    assert not left.exists()


def test_only_what_is_old_goes_by_itself(trash: Trash) -> None:
    trashed = trash.move(make(trash))
    assert trash.remove_older(now=trashed.moved + 29 * DAY).count == 0
    # The clock was set back since.
    assert trash.remove_older(now=trashed.moved - 400 * DAY).count == 0
    assert trash.remove_older(now=trashed.moved + 31 * DAY).count == 1
    assert trash.list() == []


def test_two_windows_on_one_trash(trash: Trash, home: Path) -> None:
    """The same runs are deleted, put back and removed at once: each ends in one place."""
    runs = [make(trash, seed) for seed in range(6)]
    strange: list[BaseException] = []

    def work() -> None:
        own = Trash(home)
        for _ in range(3):
            for run in runs:
                try:
                    moved: Trashed = own.move(run)
                    own.restore(moved.directory)
                except (RunGoneError, TrashError):
                    continue
                except BaseException as error:
                    strange.append(error)

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert strange == []
    everywhere = [*RunStore(trash.runs).list(), *(t.entry for t in trash.list())]
    assert sorted(entry.id for entry in everywhere) == sorted(run.name for run in runs)
    assert [entry.problem for entry in everywhere] == [None] * 6
