"""What happens to errors that nobody caught: a file in ``<home>/crashes``, and a word.

A Python exception is written and shown, and the window goes on. A crash of the
process itself (a segmentation fault, a fatal message of Qt) leaves the stacks of
all threads in ``faults-<pid>.log``; the next start makes it a report and shows it.
A report that no window has shown yet is shown by the next one.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import platform
import sys
import threading
import traceback
from collections import deque
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import IO

from diptych.gui.models.trouble import Trouble
from diptych.gui.text.tr import tr
from diptych.gui.version import program_version

_KEPT = 20
_LONGEST = 64 << 10
_SHOWN = ".shown"
"""Ends the name of a file that says that its report was shown."""
Say = Callable[[Trouble], None]


class CrashReports:
    """Installs the hooks of one process; `uninstall` puts back what was there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._say: Say | None = None
        self._early: list[tuple[Trouble, Path | None]] = []
        self._faults: IO[str] | None = None
        self._heard: deque[str] = deque(maxlen=10)
        self._was_enabled = faulthandler.is_enabled()
        self._before = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        """Catch what nobody else does."""
        self._look_back()
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._faults = self._log(os.getpid()).open("w", encoding="utf-8")
            self._faults.write(header())
            self._faults.flush()
            faulthandler.enable(self._faults)
        sys.excepthook = self._caught
        threading.excepthook = self._caught_in_thread

    def uninstall(self) -> None:
        """Stop; what is in the folder stays, an empty log does not."""
        sys.excepthook, threading.excepthook = self._before
        if self._faults is not None:
            faulthandler.disable()
            if self._was_enabled and sys.__stderr__ is not None:
                faulthandler.enable(sys.__stderr__)
            self._faults.close()
            self._faults = None
            with contextlib.suppress(OSError):
                self._log(os.getpid()).unlink()

    def heard(self, message: str, *, last: bool) -> None:
        """Take in what Qt says; its ``last`` words, after which it ends the process, are kept."""
        self._heard.append(message)
        if last and self._faults is not None:
            with contextlib.suppress(OSError, ValueError):
                self._faults.write("".join(f"Qt: {words}\n" for words in self._heard) + "\n")
                self._faults.flush()
            self._heard.clear()

    def tell(self, say: Say) -> None:
        """Say from now on with ``say``, and first what had to wait for it."""
        self._say = say
        early, self._early = self._early, []
        for trouble, report in early:
            self._tell(trouble, report)

    def _log(self, pid: int) -> Path:
        return self.folder / f"faults-{pid}.log"

    # -- what earlier processes left ----------------------------------------------

    def _look_back(self) -> None:
        """Make reports of the logs of processes that are gone; mention what was not shown."""
        with contextlib.suppress(OSError):
            for log in sorted(self.folder.glob("faults-*.log")):
                self._keep(log)
            for report in sorted(self.folder.glob("*.txt"))[-_KEPT:]:
                if not report.with_name(report.name + _SHOWN).exists():
                    self._mention(report)

    def _keep(self, log: Path) -> None:
        pid = log.stem.rpartition("-")[2]
        if _is_alive(pid):
            # Another window on this home, which is well.
            return
        text = log.read_text(encoding="utf-8", errors="replace")[:_LONGEST]
        if text.partition("\n\n")[2].strip():
            log.replace(self.folder / f"{_stamp()}-crash.txt")
        else:
            # It was killed, or the machine was: nobody's fault here.
            log.unlink()

    def _mention(self, report: Path) -> None:
        text = report.read_text(encoding="utf-8", errors="replace")[:_LONGEST]
        what = tr("Diptych crashed when it ran last")
        if report.name.endswith("-error.txt"):
            what = tr("Something went wrong in Diptych when it ran last")
        why = tr("What it did then is in {report}.", report=report)
        do = tr("Every run went on or is complete as far as it came. Report it with the details.")
        trouble = Trouble(what, why, do, text, level="warning", folder=str(self.folder))
        self._later(trouble, report)

    # -- what happens in this one -----------------------------------------------------

    def _caught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        with contextlib.suppress(OSError, ValueError, AttributeError):
            sys.stderr.write(text)
        path = self._write(header() + text)
        why = f"{kind.__name__}: {error}"
        do = tr("The window goes on.")
        if path is not None:
            do = tr("The window goes on. The report is in {path}.", path=path)
        folder = str(self.folder) if path else ""
        what = tr("Something went wrong in Diptych")
        self._later(Trouble(what, why, do, text, folder=folder), path)

    def _caught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            self._caught(args.exc_type, args.exc_value, args.exc_traceback)

    def _later(self, trouble: Trouble, report: Path | None) -> None:
        if self._say is None:
            self._early.append((trouble, report))
        else:
            self._tell(trouble, report)

    def _tell(self, trouble: Trouble, report: Path | None) -> None:
        if self._say is not None:
            self._say(trouble)
        if report is not None:
            with contextlib.suppress(OSError):
                report.with_name(report.name + _SHOWN).touch()

    def _write(self, text: str) -> Path | None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self.folder / f"{_stamp()}-error.txt"
            path.write_text(text, encoding="utf-8")
            for old in sorted(self.folder.glob("*-error.txt"))[:-_KEPT]:
                old.unlink()
                old.with_name(old.name + _SHOWN).unlink(missing_ok=True)
        except OSError:
            return None
        return path


def header() -> str:
    """Return what every report begins with: versions and the time, then an empty line."""
    python = f"Python {platform.python_version()}"
    qt = sys.modules.get("PySide6.QtCore")
    version = f", Qt {qt.qVersion()}" if qt is not None else ""
    system = f"{platform.system()} {platform.release()} {platform.machine()}"
    now = datetime.now(tz=timezone.utc).isoformat(timespec="seconds")
    return f"Diptych {program_version()}, {python}{version}, {system}\n{now}\n\n"


def _is_alive(pid: str) -> bool:
    import psutil

    return pid.isdigit() and int(pid) != os.getpid() and psutil.pid_exists(int(pid))


def _stamp() -> str:
    return f"{datetime.now(tz=timezone.utc):%Y%m%dT%H%M%S%f}"
