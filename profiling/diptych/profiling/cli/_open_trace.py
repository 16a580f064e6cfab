"""Entry point of the process that opens a trace for the window: ``_open-trace PATH``.

Prints JSON lines: ``{"what", "done", "total"}`` while it reads, last
``{"table", "spare"}`` with the file that holds the table (a spare one is to
be deleted by the reader) or ``{"error"}``. Gives up when its standard input
ends.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from diptych.profiling.trace.table import TraceTable

PACE = 0.05
"""Seconds between two lines of progress."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the entry; it is not shown in the help."""
    parser = subparsers.add_parser("_open-trace")
    parser.add_argument("path", type=Path)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Open one trace."""
    from diptych.profiling.trace.errors import TraceCancelledError, TraceError
    from diptych.profiling.trace.store import open_kept

    given_up = threading.Event()
    threading.Thread(target=_watch, args=(given_up,), daemon=True).start()
    try:
        table, kept = open_kept(args.path, progress=_Progress(), cancel=given_up.is_set)
        place = kept or _spare(table)
    except TraceCancelledError:
        return 1
    except TraceError as error:
        _say(error=" ".join(str(error).split()))
        return 1
    except MemoryError:
        _say(error=f"there is too little memory to open {args.path.name}")
        return 1
    except OSError as error:
        _say(error=f"there is no room for the opened trace: {error.strerror}")
        return 1
    _say(table=str(place), spare=kept is None)
    return 0


def _spare(table: TraceTable) -> Path:
    from diptych.profiling.trace import packing

    handle, name = tempfile.mkstemp(prefix="diptych-", suffix=".trace")
    try:
        with os.fdopen(handle, "wb") as file:
            packing.write(file, table)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return Path(name)


def _watch(given_up: threading.Event) -> None:
    while os.read(sys.stdin.fileno(), 4096):
        pass
    given_up.set()


class _Progress:
    """Prints what is done, not more often than `PACE`."""

    def __init__(self) -> None:
        self._last, self._what = 0.0, ""

    def __call__(self, what: str, done: int, total: int) -> None:
        now = time.monotonic()
        if what == self._what and now < self._last + PACE:
            return
        self._last, self._what = now, what
        _say(what=what, done=done, total=total)


def _say(**said: Any) -> None:
    print(json.dumps(said), flush=True)
