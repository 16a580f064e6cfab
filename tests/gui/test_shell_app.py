"""The program itself: when no window can open, and errors that nobody caught."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer
from pytestqt.qtbot import QtBot

from diptych.gui.crash import CrashReports
from diptych.gui.models.trouble import Trouble
from diptych.gui.views.main_window import MainWindow


def _main(home: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY")}
    kept.pop("QT_QPA_PLATFORM", None)
    return subprocess.run(
        [sys.executable, "-m", "diptych.gui.app"],
        env={**kept, "DIPTYCH_HOME": str(home), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_without_a_display_one_line_says_what_to_do(home: Path) -> None:
    done = _main(home)
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "display" in done.stderr
    assert "make demo" in done.stderr


def test_a_home_that_cannot_be_made_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = _main(tmp_path / "file" / "home", QT_QPA_PLATFORM="offscreen")
    assert done.returncode == 1
    assert len(done.stderr.strip().splitlines()) == 1
    assert "DIPTYCH_HOME" in done.stderr


_SIGTERM = """
import os, signal, sys
from pathlib import Path
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication, QDialog
from diptych.gui import app
from diptych.gui.views.main_window import MainWindow

home, asks = Path(os.environ["DIPTYCH_HOME"]), sys.argv[1] == "asks"
asked = []

def look():
    window = next((w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)), None)
    if window is None or not window.isVisible():
        return
    if asks and not asked:
        asked.append(True)
        window.closing._left_behind = lambda: ["something goes on"]
        QTimer.singleShot(0, window, window.close)
        return
    dialog = QApplication.activeModalWidget()
    if asks and not isinstance(dialog, QDialog):
        return
    timer.stop()
    os.kill(os.getpid(), signal.SIGTERM)

application = app.application(["diptych"])
timer = QTimer()
timer.timeout.connect(look)
timer.start(20)
sys.exit(app.main([]))
"""


@pytest.mark.parametrize("question", ["asks", "does not ask"])
def test_a_request_to_end_ends_it_whatever_is_open(home: Path, question: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _SIGTERM, question],
        env={**os.environ, "DIPTYCH_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert not list((home / "crashes").glob("*"))


@pytest.fixture
def reports(tmp_path: Path) -> Iterator[CrashReports]:
    made = CrashReports(tmp_path / "crashes")
    yield made
    made.uninstall()


def test_an_error_that_nobody_caught_is_kept_and_said(
    qtbot: QtBot,
    open_window: Callable[[], MainWindow],
    reports: CrashReports,
    capsys: pytest.CaptureFixture[str],
) -> None:
    window = open_window()
    reports.tell(window.report)

    def fail() -> None:
        raise ValueError("<i>boom</i>")

    with qtbot.captureExceptions() as caught:
        QTimer.singleShot(0, window, fail)
        qtbot.waitUntil(lambda: bool(caught), timeout=5_000)
    reports._caught(*caught[0])
    qtbot.waitUntil(lambda: window.errors.shown is not None, timeout=5_000)
    assert window.errors.shown is not None
    assert "boom" in window.errors.shown.why
    files = list(reports.folder.glob("*-error.txt"))
    assert len(files) == 1
    assert "ValueError" in files[0].read_text()
    assert "ValueError" in capsys.readouterr().err


def test_a_thread_that_fails_is_said_too(
    reports: CrashReports, capsys: pytest.CaptureFixture[str]
) -> None:
    said: list[Trouble] = []
    reports.install()
    reports.tell(said.append)

    def fail() -> None:
        raise OSError("gone")

    thread = threading.Thread(target=fail)
    thread.start()
    thread.join()
    assert [trouble.why for trouble in said] == ["OSError: gone"]
    assert "gone" in capsys.readouterr().err


_ENDS = {
    "segfault": "os.kill(os.getpid(), signal.SIGSEGV)",
    "fatal": "from PySide6.QtCore import qFatal; qFatal('the end of Qt')",
    "abort": "os.abort()",
}
_SAYS = {"segfault": "Segmentation fault", "fatal": "the end of Qt", "abort": "Aborted"}


@pytest.mark.parametrize("end", _ENDS)
def test_a_crash_of_the_program_is_shown_at_its_next_start(home: Path, end: str) -> None:
    done = _in_the_program(home, f"import signal\n{_ENDS[end]}")
    assert done.returncode < 0
    folder = home / "crashes"
    second = _in_the_program(home, _TELL)
    assert second.returncode == 0, second.stderr
    said = json.loads(second.stdout)
    assert said["what"] == "Diptych crashed when it ran last"
    assert _SAYS[end] in said["details"]
    assert "in code_of_the_test" in said["details"]
    assert f"Python {platform.python_version()}" in said["details"]
    assert said["folder"] == str(folder)
    assert said["buttons"] == ["Copy details", "Dismiss", "Open folder"]
    assert len(list(folder.glob("*-crash.txt"))) == 1
    third = _in_the_program(home, _TELL)
    assert json.loads(third.stdout) is None


def test_an_error_of_the_window_that_nobody_saw_is_shown_at_the_next_start(home: Path) -> None:
    report = home / "crashes" / "20260101T000000000000-error.txt"
    report.parent.mkdir(parents=True)
    report.write_text("Diptych 0.1\n\nValueError: unseen\n")
    said = json.loads(_in_the_program(home, _TELL).stdout)
    assert said["what"] == "Something went wrong in Diptych when it ran last"
    assert "unseen" in said["details"]


def test_a_window_that_was_killed_did_not_crash(home: Path) -> None:
    done = _in_the_program(home, "import signal; os.kill(os.getpid(), signal.SIGKILL)")
    assert done.returncode == -9
    assert json.loads(_in_the_program(home, _TELL).stdout) is None
    assert not list((home / "crashes").glob("*"))


_TELL = """
import json
from PySide6.QtWidgets import QAbstractButton
bar = window.errors
trouble = bar.shown
names = lambda: sorted(b.accessibleName() or b.text() for b in bar.findChildren(QAbstractButton)
                       if b.isVisible())
print(json.dumps(trouble and {"what": trouble.what, "details": trouble.details,
                              "folder": trouble.folder, "buttons": names()}))
window.close_unasked()
"""

_PROGRAM = """
import os, sys
from PySide6.QtCore import QTimer
from PySide6.QtWidgets import QApplication
from diptych.gui import app
from diptych.gui.views.main_window import MainWindow

def code_of_the_test():
    window = next((w for w in QApplication.topLevelWidgets() if isinstance(w, MainWindow)), None)
    if window is None or not window.isVisible() or not window.context.hub.listed:
        return
    timer.stop()
    exec(sys.argv[1], {"os": os, "window": window})

application = app.application(["diptych"])
timer = QTimer()
timer.timeout.connect(code_of_the_test)
timer.start(20)
sys.exit(app.main([]))
"""


def _in_the_program(home: Path, code: str) -> subprocess.CompletedProcess[str]:
    """Run the real program, and ``code`` in it once its window stands."""
    return subprocess.run(
        [sys.executable, "-c", _PROGRAM, code],
        env={**os.environ, "DIPTYCH_HOME": str(home), "QT_QPA_PLATFORM": "offscreen"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
