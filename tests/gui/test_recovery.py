"""The window finishes what a killed runner left of the runs that it shows."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot
from tests.gui.live_helpers import show
from tests.helpers.fake_run import LiveRun

from diptych.gui.models.hub import RunHub
from diptych.gui.models.recovery import Recovery
from diptych.gui.models.selection import Selection
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runner import recover
from diptych.profiling.runs.summary import read_summary

_SAMPLE = Path(__file__).parents[1] / "data" / "mxnet" / "first.json"


class Bench:
    """Hub, selection and recovery of one folder of runs."""

    def __init__(self, runs: Path) -> None:
        self.hub, self.selection = RunHub(runs), Selection()
        self.recovery = Recovery(self.hub, self.selection)
        self.said: list[str] = []
        self.recovery.changed.connect(lambda: self.said.append(self.recovery.words))


@pytest.fixture
def bench(qtbot: QtBot, tmp_path: Path) -> Iterator[Bench]:
    (tmp_path / "runs").mkdir()
    made = Bench(tmp_path / "runs")
    yield made
    made.recovery.close()
    qtbot.waitUntil(lambda: not made.recovery._busy)
    made.hub.close()
    for one in (made.recovery, made.selection, made.hub):
        one.deleteLater()


def left_behind(runs: Path, *, windows: int = 1) -> RunPaths:
    """Return a run whose runner was killed with raw windows in it."""
    with LiveRun(runs, framework="mxnet") as run:
        run.step(30)
        paths = run.paths
    paths.raw_traces.mkdir(parents=True, exist_ok=True)
    for window in range(windows):
        shutil.copyfile(_SAMPLE, paths.raw_trace(0, window))
    return paths


def test_a_run_that_is_shown_is_finished_and_one_that_is_not_is_left(
    qtbot: QtBot, bench: Bench
) -> None:
    runs = bench.hub.runs
    paths, other = left_behind(runs), RunPaths(runs / "other")
    shutil.copytree(paths.root, other.root)
    show(qtbot, bench.hub, bench.selection, [paths.root])
    qtbot.waitUntil(lambda: paths.trace(0, 0).exists(), timeout=30_000)
    qtbot.waitUntil(lambda: bench.said[-1:] == [""], timeout=30_000)
    assert bench.said[0].startswith("Finishing a profile window of ")
    assert not paths.raw_trace(0, 0).exists()
    assert read_summary(paths.root) is not None
    assert other.raw_trace(0, 0).exists()

    def traced() -> bool:
        snapshot = bench.hub.latest(paths.root.name)
        return snapshot is not None and any(window.trace for window in snapshot.windows)

    qtbot.waitUntil(traced, timeout=10_000)


def test_a_live_run_is_left_alone(qtbot: QtBot, bench: Bench) -> None:
    with LiveRun(bench.hub.runs) as run:
        run.step(30)
        run.paths.raw_traces.mkdir(parents=True, exist_ok=True)
        raw = run.paths.raw_trace(0, 0)
        shutil.copyfile(_SAMPLE, raw)
        show(qtbot, bench.hub, bench.selection, [run.directory])
        run.step(5)
        qtbot.waitUntil(lambda: (s := bench.hub.latest(run.id)) is not None and len(s.steps) == 35)
        assert not bench.recovery._looked
        assert raw.exists()


def test_closing_ends_it_and_a_failure_is_said(
    qtbot: QtBot, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    paths = left_behind(bench.hub.runs, windows=2)
    begun, asked = threading.Event(), []

    def long(_directory: Path, *, on_finish: object, wanted: object) -> int:
        assert callable(wanted)
        begun.set()
        while wanted():
            asked.append(1)
            threading.Event().wait(0.01)
        raise OSError("the disk is gone")

    monkeypatch.setattr(recover, "recover", long)
    show(qtbot, bench.hub, bench.selection, [paths.root])
    qtbot.waitUntil(begun.is_set, timeout=10_000)
    qtbot.waitUntil(lambda: "2 profile windows" in bench.recovery.words)
    bench.recovery.close()
    qtbot.waitUntil(lambda: "the disk is gone" in bench.recovery.words)
    assert asked
