"""The real window on synthetic run directories."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QWidget
from pytestqt.qtbot import QtBot
from tests.helpers.fake_run import LiveRun, make_run

from diptych.gui import theme
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.runs import short_path
from diptych.gui.views.main_window import MainWindow
from diptych.gui.views.screen import fit_screen
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runner.runtimes import RuntimeInfo

Open = Callable[[], MainWindow]


def test_without_runs_it_says_what_to_do(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    assert window.middle.currentWidget() is window.empty
    assert not window.actions_["stop"].isEnabled()
    assert not window.actions_["export_csv"].isEnabled()


def test_the_newest_run_is_shown_and_live_ones_before_it(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    make_run(home / "runs", steps=30, seed=1)
    with LiveRun(home / "runs", seed=2, created=1) as live:
        live.step(12)
        window = open_window()
        qtbot.waitUntil(lambda: window.context.selection.shown == (live.id,), timeout=10_000)
        qtbot.waitUntil(window.actions_["stop"].isEnabled, timeout=10_000)
        live.finish()
        qtbot.waitUntil(lambda: not window.actions_["stop"].isEnabled(), timeout=10_000)


def test_stop_and_capture_reach_the_run_through_its_directory(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    with LiveRun(home / "runs") as live:
        live.step(5)
        window = open_window()
        control = RunPaths(live.directory).control
        qtbot.waitUntil(window.actions_["capture"].isEnabled, timeout=10_000)
        window.actions_["capture"].trigger()
        qtbot.waitUntil(lambda: '"capture"' in control.read_text(), timeout=10_000)
        window.actions_["stop"].trigger()
        qtbot.waitUntil(lambda: '"stop"' in control.read_text(), timeout=10_000)


def test_the_window_fits_the_screen_with_its_frame(qtbot: QtBot, open_window: Open) -> None:
    room = QGuiApplication.primaryScreen().availableGeometry()
    window = open_window()
    for size in ((5000, 5000), (1280, room.height())):
        window.resize(*size)
        fit_screen(window)
        assert window.width() <= max(room.width(), window.minimumWidth())
        assert window.frameGeometry().height() <= room.height()


def test_a_folder_that_is_no_run_is_refused_in_words(
    qtbot: QtBot, open_window: Open, tmp_path: Path
) -> None:
    window = open_window()
    window.commands.open_run(tmp_path)
    assert window.errors.isVisible()
    assert window.errors.shown is not None
    assert "not a run folder" in window.errors.shown.what


def test_a_run_from_elsewhere_is_opened(qtbot: QtBot, open_window: Open, tmp_path: Path) -> None:
    run = make_run(tmp_path / "elsewhere", steps=30)
    window = open_window()
    window.commands.open_run(run)
    qtbot.waitUntil(lambda: window.context.selection.shown == (run.name,), timeout=10_000)
    assert window.middle.currentWidget() is window.stage


def test_a_foreign_folder_is_only_said_to_be_one(
    qtbot: QtBot, open_window: Open, home: Path
) -> None:
    (home / "runs" / "foreign").mkdir(parents=True)
    window = open_window()
    qtbot.waitUntil(lambda: window.context.selection.shown == ("foreign",), timeout=10_000)
    qtbot.waitUntil(lambda: window.context.hub.latest("foreign") is not None, timeout=10_000)

    def words() -> set[str]:
        whole = (window.stage, window.status)
        return {
            label.text()
            for part in whole
            for label in part.findChildren(QLabel)
            if label.isVisible() and label.text()
        }

    said = {"foreign: not a Diptych run", f"Runs are kept in {short_path(home / 'runs')}"}
    qtbot.waitUntil(lambda: words() <= said, timeout=10_000)
    assert "foreign: not a Diptych run" in words()
    assert not window.actions_["export_csv"].isEnabled()


def test_a_new_run_offers_runtimes_that_were_added_meanwhile(
    qtbot: QtBot, open_window: Open, quick_runtimes: list[RuntimeInfo]
) -> None:
    late = quick_runtimes.pop()
    window = open_window()
    assert window.context.runtimes.usable("mxnet") == []
    quick_runtimes.append(late)
    window.actions_["new"].trigger()
    qtbot.waitUntil(lambda: window.context.runtimes.usable("mxnet") == [late], timeout=10_000)
    dialog = window.commands.dialogs.get("new")
    assert dialog is not None
    dialog.reject()


def test_the_same_error_is_not_said_twice(qtbot: QtBot, open_window: Open) -> None:
    window = open_window()
    for _ in range(3):
        window.errors.say(Trouble("It broke", "<b>because</b>"))
    window.errors.dismiss()
    assert window.errors.shown is None
    assert not window.errors.isVisible()


def test_export_of_a_run_writes_its_steps(
    qtbot: QtBot, open_window: Open, home: Path, tmp_path: Path
) -> None:
    run = make_run(home / "runs", steps=30)
    window = open_window()
    qtbot.waitUntil(window.actions_["export_csv"].isEnabled, timeout=10_000)
    out = tmp_path / "steps.csv"
    window.context.steering.export_steps(run.name, out)
    qtbot.waitUntil(out.exists, timeout=10_000)
    qtbot.waitUntil(lambda: window.errors.shown is not None, timeout=10_000)
    assert len(out.read_text().splitlines()) == 31


def test_copy_path_copies_the_folder(qtbot: QtBot, open_window: Open, home: Path) -> None:
    run = make_run(home / "runs", steps=10)
    window = open_window()
    qtbot.waitUntil(window.actions_["copy_path"].isEnabled, timeout=10_000)
    window.actions_["copy_path"].trigger()
    assert QGuiApplication.clipboard().text() == str(run)


def test_the_theme_is_kept(qtbot: QtBot, open_window: Open) -> None:
    first = open_window()
    dark = next(a for a in first.actions_.themes() if a.data() == "dark")
    dark.trigger()
    assert theme.current().dark
    first.close_unasked()
    theme.manager().choose("light")
    second = open_window()
    assert theme.current().dark
    next(a for a in second.actions_.themes() if a.data() == "system").trigger()


def test_escape_undoes_one_thing_at_a_time(qtbot: QtBot, open_window: Open, home: Path) -> None:
    make_run(home / "runs", steps=10)
    window = open_window()
    qtbot.waitUntil(lambda: bool(window.context.selection.shown), timeout=10_000)
    window.runs.filter.setText("torch")
    window.context.selection.set_range((1.0, 2.0))
    window.actions_["clear"].trigger()
    assert window.context.selection.range is None
    assert window.runs.filter.text() == "torch"
    window.actions_["clear"].trigger()
    assert window.runs.filter.text() == ""


def test_every_button_says_what_it_is(qtbot: QtBot, open_window: Open, home: Path) -> None:
    make_run(home / "runs", steps=10)
    window = open_window()
    qtbot.waitUntil(lambda: window.stage.view("Live") is not None, timeout=20_000)
    nameless = [
        button
        for button in window.findChildren(QAbstractButton)
        if button.isVisible()
        and not (button.text().strip() or button.accessibleName())
        # Qt's own, inside inputs and menus.
        and not button.objectName().startswith("qt_")
        and button.focusPolicy() != Qt.FocusPolicy.NoFocus
    ]
    assert nameless == []


def test_tabs_are_reached_by_key(qtbot: QtBot, open_window: Open, home: Path) -> None:
    make_run(home / "runs", steps=10)
    window = open_window()
    qtbot.waitUntil(lambda: window.middle.currentWidget() is window.stage, timeout=10_000)
    window.actions_["operators"].trigger()
    assert window.stage.current == 1
    assert not window.stage.panel.isVisible()
    window.actions_["live"].trigger()
    assert window.stage.panel.isVisible()


def test_the_window_stands_before_the_plots_are_imported(qtbot: QtBot, open_window: Open) -> None:
    # In a process of its own: here somebody else may have imported them already.
    import subprocess
    import sys

    code = (
        "import sys, tempfile\n"
        "from pathlib import Path\n"
        "from diptych.gui.app import application\n"
        "app = application(['x'])\n"
        "from diptych.gui.views.main_window import MainWindow\n"
        "window = MainWindow(Path(tempfile.mkdtemp()))\n"
        "window.show()\n"
        "print('pyqtgraph' in sys.modules)\n"
        "window.close_unasked()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_no_widget_is_left_after_many_windows(qtbot: QtBot, open_window: Open) -> None:
    before = len(QApplication.allWidgets())
    for _ in range(3):
        window = open_window()
        window.close_unasked()
        window.deleteLater()
        QApplication.sendPostedEvents(None, 52)
        QApplication.processEvents()
    after: list[QWidget] = QApplication.allWidgets()
    assert len(after) <= before + 2
