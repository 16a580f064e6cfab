"""Comparisons on disk: found, read, half done, damaged."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import msgspec
import pytest
from tests.helpers.fake_run import make_run

from diptych.profiling.compare import conduct, saved
from diptych.profiling.records.experiment import Experiment, ExperimentState, SideSpec
from diptych.profiling.records.manifest import RunRequest


def make(home: Path, identity: str, **state: object) -> Path:
    sides = tuple(
        SideSpec(label=name, request=RunRequest(framework=name, python="python", workload="mlp"))
        for name in ("torch", "mxnet")
    )
    folder = conduct.create(Experiment(id=identity, created=1, sides=sides), home)
    if state:
        before = conduct.load(folder)[1]
        conduct.write_state(folder, msgspec.structs.replace(before, **state))
    return folder


def runs(home: Path) -> tuple[str, str]:
    made = [
        make_run(home / "runs", framework=framework, seed=at, steps=80, window_at=None)
        for at, framework in enumerate(("torch", "mxnet"))
    ]
    return made[0].name, made[1].name


def test_comparisons_are_listed_and_found_by_a_part_of_their_id(tmp_path: Path) -> None:
    assert saved.listed(tmp_path) == []
    first, second = make(tmp_path, "20260101T1-aaaa"), make(tmp_path, "20260102T1-bbbb")
    assert saved.listed(tmp_path) == [second, first]
    assert saved.find("bbbb", tmp_path) == second
    assert saved.find(str(first), tmp_path) == first
    assert saved.find("nothing", tmp_path) is None
    assert saved.find("", tmp_path) is None
    with pytest.raises(saved.ComparisonError, match="names 2 comparisons"):
        saved.find("2026", tmp_path)


def test_one_whose_conductor_is_gone_has_failed(tmp_path: Path) -> None:
    folder = make(tmp_path, "one", status="running")
    assert saved.read(folder)[1].status == "failed"
    assert "interrupted" in saved.read(folder)[1].text
    held = os.open(folder / conduct.LOCK, os.O_RDWR | os.O_CREAT)
    fcntl.flock(held, fcntl.LOCK_EX)
    assert saved.read(folder)[1].status == "running"
    with pytest.raises(BlockingIOError):
        conduct.conduct(folder)
    os.close(held)


def test_a_comparison_without_two_sides_says_why(tmp_path: Path) -> None:
    first, second = runs(tmp_path)
    none = make(tmp_path, "none", runs=(None, None), text="no runtime", status="failed")
    with pytest.raises(saved.ComparisonError, match=r"made a step: no runtime"):
        saved.open_comparison(none)
    for known in ((first, None), (None, second), (first, "gone")):
        folder = make(tmp_path, f"half-{known[0]}-{known[1]}", runs=known, status="done")
        with pytest.raises(saved.ComparisonError, match="fewer than two sides"):
            saved.open_comparison(folder)
    both = make(tmp_path, "both", runs=(first, second), status="done")
    assert [side.label for side in saved.open_comparison(both).sides] == ["torch", "mxnet"]


def test_what_is_damaged_is_said(tmp_path: Path) -> None:
    folder = make(tmp_path, "one")
    (folder / conduct.STATE).write_text('{"status": 5}')
    with pytest.raises(saved.ComparisonError, match="is damaged"):
        saved.read(folder)
    (folder / conduct.STATE).unlink()
    with pytest.raises(saved.ComparisonError, match="cannot be read"):
        saved.read(folder)


def test_a_comparison_that_was_cancelled_before_it_began_starts_nothing(tmp_path: Path) -> None:
    folder = make(tmp_path, "one")
    conduct.ask_cancel(folder)
    state: ExperimentState = conduct.conduct(folder)
    assert state.status == "cancelled"
    assert not (tmp_path / "runs").exists()
    assert not (folder / "lanes").exists()


def test_runs_are_called_by_their_names_unless_these_are_the_same(tmp_path: Path) -> None:
    made = [saved.read_run(make_run(tmp_path, seed=at, steps=60, name=name, window_at=None))
            for at, name in enumerate(("before", "after", "after"))]  # fmt: skip
    labels = [side.label for side in saved.compare_runs(made[:2]).sides]
    assert labels == ["before", "after"]
    again = [side.label for side in saved.compare_runs(made[1:]).sides]
    assert len(set(again)) == 2
