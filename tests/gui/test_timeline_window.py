"""Trace files in the real window: opened, dropped, remembered, refused, given up."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from diptych.gui.models import traces as model
from diptych.gui.views.main_window import MainWindow
from diptych.gui.views.timeline.view import TimelineView
from diptych.profiling.trace.errors import TraceCancelledError

Open = Callable[[], MainWindow]


def write_trace(path: Path, *, cut: bool = False) -> Path:
    """Write what torch.profiler writes of a thread and a stream."""
    events = [
        {"ph": "X", "cat": "cpu_op", "name": "aten::mm", "pid": 1, "tid": 1, "ts": 10, "dur": 8},
        {"ph": "X", "cat": "cuda_runtime", "name": "cudaLaunchKernel", "pid": 1, "tid": 1,
         "ts": 12, "dur": 2, "args": {"correlation": 5}},
        {"ph": "X", "cat": "kernel", "name": "gemm", "pid": 0, "tid": 7, "ts": 20, "dur": 30,
         "args": {"correlation": 5, "device": 0, "stream": 7, "grid": [4, 1, 1]}},
        {"ph": "X", "cat": "cpu_op", "name": "aten::late", "pid": 1, "tid": 1, "ts": 60, "dur": 1},
    ]  # fmt: skip
    text = json.dumps({"schemaVersion": 1, "traceEvents": events})
    raw = (text[: text.rindex("aten::late")] if cut else text).encode()
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def timeline(window: MainWindow) -> TimelineView:
    view = window.stage.view("Timeline")
    assert isinstance(view, TimelineView)
    return view


def wait_open(qtbot: QtBot, window: MainWindow) -> None:
    traces = window.context.traces
    qtbot.waitUntil(
        lambda: traces.opening is None, timeout=150_000
    )  # the reader is compiled once a machine


def test_a_file_opens_in_a_window_without_runs(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window()
    file = write_trace(tmp_path / "run.json.gz")
    window.context.traces.open(file)
    wait_open(qtbot, window)
    assert window.middle.currentWidget() is window.stage
    view = timeline(window)
    assert view.above is not None
    assert view.bar.summary.whole.startswith("4 slices")
    assert not view.bar.losses.isVisible()
    names = [action.text() for action in window.tracing.recent.actions()]
    assert names == ["run.json.gz"]
    assert model.Traces(window.context.settings).recent == [file]
    window.context.hub.entries_changed.emit([])
    assert window.middle.currentWidget() is window.stage


def test_arguments_are_decoded_when_a_slice_is_picked(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window()
    window.context.traces.open(write_trace(tmp_path / "run.json.gz"))
    wait_open(qtbot, window)
    view = timeline(window)
    assert view.above is not None
    table = view.above.scene.table
    kernel = [table.text(int(n)) for n in table.slices.name].index("gemm")
    view.jump(kernel)
    qtbot.waitUntil(lambda: view.details.shown is not None, timeout=10_000)
    shown = view.details.shown
    assert shown is not None
    assert {f.name: f.value for f in shown.arguments}["grid"] == "[4, 1, 1]"
    assert {f.name: f.value for f in shown.facts}["launch delay"] == "6.00\N{NO-BREAK SPACE}µs"


def test_a_truncated_file_shows_what_is_before_the_break_and_says_so(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window()
    window.context.traces.open(write_trace(tmp_path / "cut.json", cut=True))
    wait_open(qtbot, window)
    view = timeline(window)
    assert view.bar.losses.isVisible()
    assert "everything before it is shown" in view.bar.losses.text()
    view.bar.losses.click()
    dialog = QApplication.activeModalWidget()
    assert dialog is not None
    words = [label.text() for label in dialog.findChildren(QLabel)]
    assert any("breaks off at byte" in text for text in words)
    dialog.close()


def test_a_file_that_is_no_trace_is_refused_in_words(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window()
    broken = tmp_path / "notes.txt"
    broken.write_text("no trace at all")
    window.context.traces.open(broken)
    wait_open(qtbot, window)
    assert window.errors.shown is not None
    assert window.errors.shown.what == "notes.txt cannot be opened as a trace"
    assert window.errors.shown.why
    window.context.traces.open(tmp_path / "gone.json")
    wait_open(qtbot, window)
    assert window.errors.shown.what == "gone.json cannot be opened as a trace"
    assert window.context.traces.recent == []


def test_files_are_taken_when_they_are_dropped(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window()
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(write_trace(tmp_path / "dropped.json")))])
    copy, left, none = (
        Qt.DropAction.CopyAction,
        Qt.MouseButton.LeftButton,
        Qt.KeyboardModifier.NoModifier,
    )
    enter = QDragEnterEvent(QPointF(300, 300).toPoint(), copy, data, left, none)
    QApplication.sendEvent(window, enter)
    assert enter.isAccepted()
    assert window.context.traces.opening is None
    QApplication.sendEvent(window, QDropEvent(QPointF(300, 300), copy, data, left, none))
    wait_open(qtbot, window)
    assert window.context.traces.upper is not None
    assert window.context.traces.upper.name == "dropped.json"


def test_opening_can_be_given_up(
    qtbot: QtBot, open_window: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    window = open_window()
    went: list[str] = []

    def slow(_path: Path, progress: Callable[..., None], cancel: Callable[[], bool]) -> None:
        progress("reading", 1, 2)
        while not cancel():
            pass
        went.append("cancelled")
        raise TraceCancelledError

    monkeypatch.setattr(model, "read_table", slow)
    window.context.traces.open(write_trace(tmp_path / "slow.json"))
    view = timeline(window)
    assert view.pages.currentWidget() is view.opening
    qtbot.waitUntil(view.opening.cancel.isVisible, timeout=10_000)
    qtbot.waitUntil(lambda: view.opening.bar.value() == 500, timeout=10_000)
    view.opening.cancel.click()
    qtbot.waitUntil(lambda: went == ["cancelled"], timeout=10_000)
    assert window.context.traces.opening is None
    assert view.pages.currentWidget() is view.empty
    assert window.errors.shown is None
