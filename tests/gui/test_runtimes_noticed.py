"""The first page sees a runtime that somebody installs elsewhere while it is shown."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from pytestqt.qtbot import QtBot

from diptych.gui.models import jobs
from diptych.gui.views import empty
from diptych.gui.views.main_window import MainWindow
from diptych.profiling.runner.runtimes import RuntimeInfo, glance
from diptych.profiling.runner.runtimes.diagnose import INSTALLING


def make_runtime(home: Path) -> Path:
    """Lay out a managed runtime that is still being installed."""
    folder = home / "runtimes" / "torch"
    (folder / "bin").mkdir(parents=True)
    (folder / "bin" / "python").touch()
    (folder / INSTALLING).touch()
    return folder


def test_a_glance_changes_when_a_runtime_comes_is_whole_and_goes(home: Path) -> None:
    seen = [glance(home)]
    folder = make_runtime(home)
    seen.append(glance(home))
    assert glance(home) == seen[-1]
    (folder / INSTALLING).unlink()
    seen.append(glance(home))
    (folder / "bin" / "python").unlink()
    seen.append(glance(home))
    assert len(set(seen[:3])) == 3
    assert seen[3] == seen[1]


def test_the_first_page_notices_what_is_installed_elsewhere(
    qtbot: QtBot,
    home: Path,
    open_window: Callable[[], MainWindow],
    quick_runtimes: list[RuntimeInfo],
) -> None:
    torch, *_ = quick_runtimes
    quick_runtimes.clear()
    window = open_window()
    page, model = window.empty, window.context.runtimes
    page._notice.setInterval(20)
    qtbot.waitUntil(lambda: model.known and not model.looking, timeout=10_000)
    assert page.isVisible()
    words = page._found["torch"]._words
    assert words.whole == "No interpreter with PyTorch was found"
    folder = make_runtime(home)
    quick_runtimes.append(torch)
    (folder / INSTALLING).unlink()
    qtbot.waitUntil(lambda: "torch 2" in words.whole, timeout=10_000)
    assert words.whole == empty.runtime_line(torch, "torch")
    page.hide()
    assert not page._notice.isActive()
    qtbot.waitUntil(lambda: not jobs.busy(), timeout=10_000)
