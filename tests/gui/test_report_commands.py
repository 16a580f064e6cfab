"""A comparison is handed on from the window: asked for, written beside, told with its folder."""

from __future__ import annotations

import threading
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest
from PySide6.QtWidgets import QFileDialog
from pytestqt.qtbot import QtBot
from tests.helpers.fake_race import make_race
from tests.helpers.fake_run import make_run

from diptych.gui.models.comparing import comparing_of
from diptych.gui.views.actions import TAB_NAMES
from diptych.gui.views.main_window import MainWindow
from diptych.gui.views.report_commands import CHOICES, Choice
from diptych.profiling.report import write

Open = Callable[[], MainWindow]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> dict[str, str]:
    """What the file dialog answers, and what it was asked."""
    answer = {"name": "", "filter": CHOICES[0].filter}

    def ask(*args: object) -> tuple[str, str]:
        answer.update(title=str(args[1]), start=str(args[2]), filters=str(args[3]))
        return answer["name"], answer["filter"]

    monkeypatch.setattr(QFileDialog, "getSaveFileName", ask)
    return answer


def raced(qtbot: QtBot, home: Path, open_window: Open) -> MainWindow:
    """Open a window on a comparison."""
    folder = make_race(home)
    window = open_window()
    qtbot.waitUntil(lambda: len(window.context.hub.entries) > 1, timeout=10_000)
    comparing_of(window.context.hub, window.context.selection).open_comparison(folder)
    qtbot.waitUntil(lambda: len(window.context.selection.shown) == 2, timeout=10_000)
    return window


def said(window: MainWindow, what: str) -> bool:
    return window.errors.shown is not None and window.errors.shown.what == what


def test_without_a_comparison_it_says_what_it_needs(open_window: Open) -> None:
    window = open_window()
    assert not window.actions_["report"].isEnabled()
    assert "Show two runs or a comparison first." in window.actions_["report"].toolTip()


def test_a_page_is_written_beside_and_its_folder_offered(
    qtbot: QtBot, home: Path, open_window: Open, asked: dict[str, str], tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    # GIVEN a window that shows a comparison, on another tab
    window = raced(qtbot, home, open_window)
    asked["name"] = str(tmp_path / "mine")
    threads: list[threading.Thread] = []
    whole = write.write_report

    def noted(*args: object, **options: object) -> Path:
        threads.append(threading.current_thread())
        return whole(*args, **options)  # type: ignore[arg-type]  # as it was called

    monkeypatch.setattr(write, "write_report", noted)
    # WHEN a report is asked for
    window.actions_["report"].trigger()
    # THEN the comparison is shown, the file is there, and where it lies can be opened
    qtbot.waitUntil(lambda: said(window, "Report written"), timeout=30_000)
    assert window.stage.current == TAB_NAMES.index("Compare")
    assert all(choice.filter in asked["filters"] for choice in CHOICES)
    out = tmp_path / "mine.html"
    assert ET.fromstring(out.read_text(encoding="utf-8").partition("\n")[2]).tag == "html"
    shown = window.errors.shown
    assert shown is not None
    assert (shown.why, shown.folder, shown.level) == (str(out), str(tmp_path), "info")
    assert threads != []
    assert threading.main_thread() not in threads
    assert window.actions_["report"].isEnabled()


@pytest.mark.parametrize("choice", CHOICES, ids=lambda choice: f"{choice.form}-{choice.align}")
def test_every_choice_writes_its_format(
    qtbot: QtBot,
    home: Path,
    open_window: Open,
    asked: dict[str, str],
    tmp_path: Path,
    choice: Choice,
) -> None:
    window = raced(qtbot, home, open_window)
    # The dialog offered a name that ends as the first choice does.
    asked.update(name=str(tmp_path / "mine.html"), filter=choice.filter)
    window.actions_["report"].trigger()
    qtbot.waitUntil(lambda: window.errors.shown is not None, timeout=60_000)
    assert said(window, "Report written"), window.errors.shown
    assert [path.name for path in tmp_path.glob("mine*")] == [f"mine{choice.ending}"]


def test_what_cannot_be_written_is_told_and_nothing_is_replaced(
    qtbot: QtBot, home: Path, open_window: Open, asked: dict[str, str], tmp_path: Path
) -> None:
    window = raced(qtbot, home, open_window)
    asked["name"] = str(tmp_path / "no" / "mine.html")
    window.actions_["report"].trigger()
    qtbot.waitUntil(lambda: said(window, "No report was written"), timeout=30_000)
    shown = window.errors.shown
    assert shown is not None
    assert "No such file or directory" in shown.why
    # A name that only becomes that of another file by its ending was not agreed to be replaced.
    precious = tmp_path / "mine.html"
    precious.write_text("precious")
    asked["name"] = str(tmp_path / "mine")
    window.actions_["report"].trigger()
    qtbot.waitUntil(
        lambda: window.errors.shown is not None and "exists already" in window.errors.shown.why,
        timeout=30_000,
    )
    assert precious.read_text() == "precious"


def test_runs_without_a_step_leave_nothing_to_report(
    qtbot: QtBot, home: Path, open_window: Open, asked: dict[str, str]
) -> None:
    names = [make_run(home / "runs", steps=0, window_at=None, seed=seed).name for seed in range(2)]
    window = open_window()
    qtbot.waitUntil(lambda: len(window.context.hub.entries) == 2, timeout=10_000)
    window.context.selection.show(names)
    assert window.actions_["report"].isEnabled()
    window.actions_["report"].trigger()
    qtbot.waitUntil(lambda: said(window, "There is nothing to report"), timeout=30_000)
    assert "title" not in asked
