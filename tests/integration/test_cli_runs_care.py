"""Naming, noting, tagging, deleting and restoring runs from the command line."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from tests.helpers.fake_run import LiveRun, make_run

from diptych.profiling.cli import main
from diptych.profiling.runs.notes import read_notes


class Diptych:
    """The command line, called in this process: it is the same code, and quicker."""

    def __init__(self, capsys: pytest.CaptureFixture[str]) -> None:
        self._capsys = capsys

    def __call__(self, *words: str) -> str:
        assert main(["runs", *words]) == 0
        captured = self._capsys.readouterr()
        assert captured.err == ""
        return captured.out

    def refused(self, *words: str, status: int = 1) -> str:
        assert main(["runs", *words]) == status
        captured = self._capsys.readouterr()
        assert captured.out == ""
        assert captured.err.count("\n") == 1
        return captured.err


@pytest.fixture
def runs(capsys: pytest.CaptureFixture[str]) -> Diptych:
    return Diptych(capsys)


@pytest.fixture
def folder(home: Path) -> Path:
    made = home / "runs"
    for seed in (1, 2, 3):
        make_run(made, steps=12, window_at=None, seed=seed)
    return made


def run_of(folder: Path, tail: str) -> Path:
    return next(path for path in folder.iterdir() if path.name.endswith(tail))


def test_rename(runs: Diptych, folder: Path) -> None:
    assert "night <b>one</b>" in runs("rename", "0001", "night <b>one</b>")
    assert "night <b>one</b> (" in runs("list")
    assert json.loads(runs("show", "night <b>one</b>", "--json"))["steps"] == 12
    entry = json.loads(runs("rename", "0001", "", "--json"))
    assert entry["name"] is None
    assert "20,000 characters" in runs.refused("rename", "0001", "x" * 20_001)


def test_a_long_name_does_not_break_the_table(runs: Diptych, folder: Path) -> None:
    runs("rename", "0001", "x\n" * 5_000)
    assert max(map(len, runs("list").splitlines())) < 250
    assert read_notes(run_of(folder, "0001")).name == "x\n" * 5_000


def test_note(runs: Diptych, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs("note", "0001", "first line\nsecond \x1b[2Jline")
    assert runs("note", "0001") == "first line\nsecond �[2Jline\n"
    assert "note  " in runs("show", "0001")
    reading, writing = os.pipe()
    os.write(writing, "from a pipe: ü\n".encode())
    os.close(writing)
    with os.fdopen(reading) as stdin:
        monkeypatch.setattr("sys.stdin", stdin)
        runs("note", "0002", "-")
    assert read_notes(run_of(folder, "0002")).note == "from a pipe: ü\n"
    assert json.loads(runs("note", "0002", "", "--json"))["note"] == ""


def test_tags(runs: Diptych, folder: Path) -> None:
    assert "#Fast #two words" in runs("tag", "0001", "+Fast", "+two words")
    assert "#two words" in runs("tag", "0001", "-fast", "--json").replace('"', "#")
    assert "no tags" in runs("tag", "0001", "-two words")
    runs("tag", "0001", "+a", "+b")
    runs("tag", "0002", "+A")
    listed = json.loads(runs("list", "--tag", "a", "--json"))
    assert {entry["id"][-4:] for entry in listed} == {"0001", "0002"}
    assert {
        e["id"][-4:] for e in json.loads(runs("list", "--tag", "#a", "--tag", "b", "--json"))
    } == {"0001"}
    assert json.loads(runs("list", "--tag", "a", "--limit", "1", "--json"))[0]["tags"] == ["A"]
    assert json.loads(runs("list", "--tag", "c", "--json")) == []
    assert "+x adds a tag" in runs.refused("tag", "0001", "x", status=2)
    assert "no commas" in runs.refused("tag", "0001", "+a,b")


def test_delete_and_restore(runs: Diptych, folder: Path, home: Path) -> None:
    one, two = run_of(folder, "0001"), run_of(folder, "0002")
    moved = json.loads(runs("delete", "0001", "0002", "0001", "--json"))
    assert [entry["from"] for entry in moved] == [str(one), str(two)]
    assert not one.exists()
    assert len(json.loads(runs("list", "--json"))) == 1
    shown = runs("trash")
    assert one.name in shown
    assert "KiB" in shown
    assert runs("restore", "0001") == f"{one}\n"
    assert one.is_dir()
    assert json.loads(runs("restore", two.name, "--json"))["dir"] == str(two)
    assert "empty" in runs.refused("restore", "0001")
    runs("delete", str(one))
    assert json.loads(runs("trash", "--json"))[0]["folder"] == one.name
    assert json.loads(runs("trash", "--empty", "--json"))["removed"] == 1
    assert list((home / "trash").iterdir()) == []


def test_nothing_is_deleted_when_one_cannot_be(runs: Diptych, folder: Path) -> None:
    (folder / "wandb").mkdir()
    with LiveRun(folder, seed=7) as live:
        assert f"`diptych stop {live.id}` first" in runs.refused("delete", "0001", "0007")
        assert "no run" in runs.refused("delete", "0001", "nothing")
    assert run_of(folder, "0001").is_dir()
    assert "not a Diptych run" in runs.refused("delete", "wandb")
    assert "nothing is written" in runs.refused("rename", "wandb", "x")


def test_a_damaged_run_can_be_named_and_deleted(runs: Diptych, folder: Path) -> None:
    run = run_of(folder, "0003")
    (run / "manifest.json").write_text("{")
    runs("rename", "0003", "broken")
    assert "broken (" in runs("list")
    runs("delete", "broken")
    assert not run.exists()
    assert "broken (" in runs("trash")
