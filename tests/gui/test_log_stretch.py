"""The log follows the brush: which lines were written when, to the second."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytestqt.qtbot import QtBot
from tests.gui.live_helpers import showing
from tests.helpers.fake_run import LiveRun

from diptych.gui.models.log import Cleaner, LogTail
from diptych.gui.models.log_stretch import LATE, Part, written
from diptych.gui.views.log import LogView
from diptych.profiling.records import kinds
from diptych.profiling.runs.snapshot import LogTimes

S = 1_000_000_000


@given(st.binary(max_size=300), st.lists(st.integers(1, 9), min_size=1, max_size=60))
def test_each_line_knows_where_it_ended(data: bytes, sizes: list[int]) -> None:
    cleaner, at, ends = Cleaner(), 0, []
    for size in [*sizes, len(data)]:
        lines = cleaner.feed(data[at : at + size])
        assert len(cleaner.ends) == len(lines)
        ends += cleaner.ends
        at += size
    assert set(ends) == {at + 1 for at, byte in enumerate(data) if byte == 10 and at + 1 in ends}
    assert ends == sorted(ends)


def test_ends_of_the_end_of_a_large_file(tmp_path: Path) -> None:
    path = tmp_path / "stdout.log"
    path.write_bytes(b"".join(b"line %09d\n" % n for n in range(700_000)))
    tail = LogTail(path)
    news = tail.read()
    assert news.skipped
    for line, end in zip(news.lines, news.ends, strict=True):
        assert end == (int(line.split()[1]) + 1) * 15
    tail.close()


def times(*pairs: tuple[float, int]) -> LogTimes:
    t, size = zip(*pairs, strict=True)
    return LogTimes(np.array([int(at * S) for at in t]), np.array(size))


@pytest.mark.parametrize(
    ("low", "high", "part"),
    [
        (0.0, 3.8, Part(0, 0)),
        (0.0, 5.1, Part(0, 10)),
        (5.2, 6.0, Part(10, 30)),
        (6.5, 19.0, Part(30, 30)),
        (6.5, 100.0, Part(30, 40)),
        (25.0, 30.0, Part(40, 40)),
    ],
)
def test_what_was_written_when(low: float, high: float, part: Part) -> None:
    found = written(times((5.1, 10), (6.1, 30), (20.4, 40)), int(low * S), int(high * S))
    assert found == part


def test_nothing_is_said_of_a_log_without_times() -> None:
    assert written(None, 0, S) is None
    assert written(LogTimes(np.empty(0, np.int64), np.empty(0, np.int64)), 0, S) is None


def printing_run(tmp_path: Path, *, told: bool = True) -> Path:
    """Return a run that prints three lines a step; a step lasts half a second."""
    size = 0
    with LiveRun(tmp_path, ms=500.0, warmup=0) as run:
        for n in range(40):
            run.step(1)
            text = "".join(f"step {n}: line {k} of three\n" for k in range(3))
            run.log(text)
            size += len(text)
            if told and n % 2 == 1:
                run.runner.put(kinds.Logged, run.now, stream="stdout", bytes=size)
        return run.finish()


def test_the_lines_of_the_brushed_stretch_are_tinted_and_shown(
    qtbot: QtBot, tmp_path: Path
) -> None:
    with showing(qtbot, LogView, [printing_run(tmp_path)], (760, 420)) as view:
        qtbot.waitUntil(lambda: view.text.document().blockCount() == 120)
        assert not view.stretch.isVisible()
        snapshot = view.hub.latest(view.runs.currentData())
        assert snapshot is not None
        steps = snapshot.steps
        low = (int(steps.end[19]) - snapshot.origin) / S + LATE / S + 0.01
        view.selection.set_range((low, low + 2.0))
        marked = view.text.marked()
        lines = view.text.toPlainText().split("\n")
        numbers = {int(lines[row].split()[1][:-1]) for row in marked}
        began = int(steps.end[19]) + LATE
        during = {n for n in range(40) if began <= steps.end[n] <= began + 2 * S}
        assert during
        assert during <= numbers <= set(range(min(during) - 3, max(during) + 4))
        assert str(len(marked)) in view.stretch.whole
        assert "to the second" in view.stretch.whole
        assert view.text.firstVisibleBlock().blockNumber() == marked.start
        assert not view.end.isChecked()
        picture = view.grab()
        if os.environ.get("DIPTYCH_PICTURES"):
            picture.save(f"{os.environ['DIPTYCH_PICTURES']}/log.png")
        view.selection.set_range(None)
        assert not view.stretch.isVisible()
        assert not view.text.marked()


def test_a_log_that_is_opened_with_a_brush_goes_to_it(qtbot: QtBot, tmp_path: Path) -> None:
    with showing(qtbot, LogView, [printing_run(tmp_path)], (760, 300)) as view:
        view.hide()
        view.selection.set_range((8.0, 10.0))
        view.show()
        qtbot.waitUntil(lambda: len(view.text.marked()) > 3)
        at = view.text.marked().start
        qtbot.waitUntil(lambda: view.text.firstVisibleBlock().blockNumber() == at)


def test_a_run_without_times_says_so(qtbot: QtBot, tmp_path: Path) -> None:
    with showing(qtbot, LogView, [printing_run(tmp_path, told=False)]) as view:
        qtbot.waitUntil(lambda: view.text.document().blockCount() == 120)
        view.selection.set_range((2.0, 6.0))
        assert "is not known" in view.stretch.whole
        assert not view.text.marked()
