"""The window as a program: the only place where everything is wired.

``main`` returns the exit status: 0 when the window was closed, 1 when there
can be no window (one line on stderr says why and what to do).
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from diptych.gui import quick
from diptych.profiling.runner import home as places
from diptych.profiling.runner import syslibs

if TYPE_CHECKING:
    from PySide6.QtWidgets import QApplication

    from diptych.gui.crash import CrashReports

_SETTLED_MS = 1_000
INSTEAD = "without a window, `make demo` runs both frameworks and `diptych run` profiles"


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window and return when it is closed.

    ``argv`` goes to Qt; a word that is no option is a trace file that is opened.
    """
    with quick.hasty() as standing:
        return _main(list(sys.argv[1:] if argv is None else argv), standing)


def _main(words: list[str], standing: Callable[[], None]) -> int:
    reason = syslibs.no_display()
    if reason is None:
        quick.load()
        reason = _lacking()
    if reason is not None:
        sys.stderr.write(f"diptych: no window can open: {reason}; {INSTEAD}\n")
        return 1
    home = places.home()
    problem = _cannot_use(home)
    if problem is not None:
        sys.stderr.write(f"diptych: {problem}\n")
        return 1
    app = application(["diptych", *words])
    traces = [Path(word) for word in words if not word.startswith("-")][:2]
    return _show(app, home, traces, standing)


def application(argv: Sequence[str]) -> QApplication:
    """Return the application, made and dressed if there is none yet."""
    from PySide6.QtCore import QCoreApplication, Qt
    from PySide6.QtGui import QGuiApplication
    from PySide6.QtWidgets import QApplication

    QCoreApplication.setApplicationName("diptych")
    QGuiApplication.setApplicationDisplayName("Diptych")
    QGuiApplication.setDesktopFileName("diptych")
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    existing = QApplication.instance()
    return existing if isinstance(existing, QApplication) else QApplication(list(argv))


def _show(
    app: QApplication, home: Path, traces: Sequence[Path], standing: Callable[[], None]
) -> int:
    from PySide6.QtCore import QTimer

    from diptych.gui.crash import CrashReports
    from diptych.gui.views.main_window import MainWindow

    reports = CrashReports(places.crashes_dir(home))
    reports.install()
    _listen_to_qt(reports)
    window = MainWindow(home)
    reports.tell(window.report)
    # Ctrl+C in the terminal closes the window; Python sees the signal when the timer lets it run.
    signal.signal(signal.SIGINT, lambda *_: window.close())
    signal.signal(signal.SIGTERM, lambda *_: window.close_unasked())
    wake = QTimer()
    wake.start(250)
    wake.timeout.connect(lambda: None)
    window.show()
    QTimer.singleShot(_SETTLED_MS, window, standing)
    window.tracing.open(traces)
    status = app.exec()
    # Widgets go before the interpreter does, in an order that Qt knows.
    wake.stop()
    window.close_unasked()
    window.deleteLater()
    app.processEvents()
    _listen_to_qt(None)
    reports.uninstall()
    return int(status)


def _listen_to_qt(reports: CrashReports | None) -> None:
    """Keep the last words of Qt where it ends the process; all that it says goes to stderr."""
    from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler

    def heard(kind: QtMsgType, _context: QMessageLogContext, message: str | None) -> None:
        if reports is not None:
            reports.heard(message or "", last=kind is QtMsgType.QtFatalMsg)
        # There may be none, as under pythonw.
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(f"{message}\n")

    qInstallMessageHandler(heard if reports is not None else None)


def _cannot_use(home: Path) -> str | None:
    """Say why nothing can be kept in ``home``, and what to do."""
    try:
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        return f"{home} cannot be made ({error.strerror}): set DIPTYCH_HOME to another folder"
    if not os.access(home, os.R_OK | os.X_OK):
        return f"{home} cannot be read: set DIPTYCH_HOME to another folder"
    return None


def _lacking() -> str | None:
    """Say which system library Qt lacks, if it does."""
    try:
        import PySide6.QtSvg
        import PySide6.QtWidgets  # noqa: F401 - asked whether it can be
    except ImportError as error:
        return _cure(str(error))
    return _plugin_lacks()


def _plugin_lacks() -> str | None:
    """Load the platform plugin as Qt would: where it cannot, Qt aborts the process."""
    import ctypes

    folder = syslibs.qt_folder()
    failures = []
    for name in syslibs.platforms():
        found = (
            sorted((folder / "Qt" / "plugins" / "platforms").glob(f"libq{name}*.so"))
            if folder
            else []
        )
        try:
            for path in found:
                ctypes.CDLL(str(path))
        except OSError as error:
            failures.append(str(error))
        else:
            return None
    return _cure(failures[0]) if failures else None


def _cure(error: str) -> str:
    try:
        missing = syslibs.missing(syslibs.platform() or "xcb")
    except OSError as problem:
        return f"{error} ({problem})"
    return f"{error.splitlines()[0]}: {syslibs.install_line(missing)}" if missing else error


if __name__ == "__main__":
    sys.exit(main())
