"""What happens to errors that nobody caught: a file in ``<home>/crashes``, and a word.

A Python exception is written and shown, and the window goes on. A crash of the
process itself (a segmentation fault in Qt, say) leaves the stacks of all
threads in ``faults.log``; the next start says so once.
"""

from __future__ import annotations

import contextlib
import faulthandler
import sys
import threading
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from pathlib import Path
from types import TracebackType
from typing import IO

from diptych.gui.models.trouble import Trouble
from diptych.gui.text.tr import tr

_KEPT = 20
_LONGEST = 64 << 10
Say = Callable[[Trouble], None]


class CrashReports:
    """Installs the hooks of one process; `uninstall` puts back what was there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._say: Say | None = None
        self._early: list[Trouble] = []
        self._faults: IO[str] | None = None
        self._was_enabled = faulthandler.is_enabled()
        self._before = (sys.excepthook, threading.excepthook)

    def install(self) -> None:
        """Catch what nobody else does."""
        self._look_back()
        with contextlib.suppress(OSError):
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._faults = (self.folder / "faults.log").open("w", encoding="utf-8")
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
                (self.folder / "faults.log").unlink()

    def tell(self, say: Say) -> None:
        """Say from now on with ``say``, and first what had to wait for it."""
        self._say = say
        for trouble in self._early:
            say(trouble)
        self._early.clear()

    def _look_back(self) -> None:
        """Keep the log of a process that crashed, and mention it."""
        log = self.folder / "faults.log"
        with contextlib.suppress(OSError):
            text = log.read_text(encoding="utf-8", errors="replace")[:_LONGEST]
            if not text.strip():
                return
            kept = self.folder / f"{_stamp()}-crash.txt"
            log.replace(kept)
            why = f"What the threads did then is in {kept}."
            do = "Every run went on or is complete as far as it came."
            self._later(
                Trouble(tr("Diptych crashed when it ran last"), why, do, text, level="warning")
            )

    def _caught(
        self, kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._before[0](kind, error, trace)
            return
        text = "".join(traceback.format_exception(kind, error, trace))
        sys.stderr.write(text)
        path = self._write(text)
        why = f"{kind.__name__}: {error}"
        do = f"The window goes on. The report is in {path}." if path else "The window goes on."
        self._later(Trouble(tr("Something went wrong in Diptych"), why, do, text))

    def _caught_in_thread(self, args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None and not issubclass(args.exc_type, SystemExit):
            self._caught(args.exc_type, args.exc_value, args.exc_traceback)

    def _later(self, trouble: Trouble) -> None:
        if self._say is None:
            self._early.append(trouble)
        else:
            self._say(trouble)

    def _write(self, text: str) -> Path | None:
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            path = self.folder / f"{_stamp()}-error.txt"
            path.write_text(text, encoding="utf-8")
            for old in sorted(self.folder.glob("*-error.txt"))[:-_KEPT]:
                old.unlink()
        except OSError:
            return None
        return path


def _stamp() -> str:
    return f"{datetime.now(tz=timezone.utc):%Y%m%dT%H%M%S%f}"
