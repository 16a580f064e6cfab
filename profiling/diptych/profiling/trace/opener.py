"""Opens a trace in a process of its own, for whoever must not wait.

`start_open` returns at once; its handle is asked now and then how far it is.
The process keeps the table among those opened before, the handle maps it. The
process ends when its standard input does, so it does not outlive whoever
started it.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from diptych.profiling.trace import packing
from diptych.profiling.trace.cache import Cache
from diptych.profiling.trace.digest import stamp
from diptych.profiling.trace.errors import TraceError
from diptych.profiling.trace.table import TraceTable

_GRACE = 2.0
"""Seconds that the process has to end by itself once it is not wanted any more."""


@dataclass(frozen=True, slots=True)
class Opening:
    """How far it is. At the end there is a table, or an error, or it was cancelled."""

    what: str = ""
    """What is done now: ``reading``, ``building the table``, …"""
    done: int = 0
    total: int = 0
    """Of ``reading``, bytes of the file."""
    table: TraceTable | None = None
    error: str | None = None
    """One line."""
    cancelled: bool = False

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.table is not None or self.error is not None or self.cancelled


class Handle:
    """One opening. Not to be used by several threads at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._state = Opening()
        self._process: subprocess.Popen[bytes] | None = None
        self._rest = b""
        # What was said last counts once the process is gone, so that none is left behind.
        self._last: Opening | None = None
        try:
            table = Cache().find(path, stamp(path), read=False)
        except TraceError as error:
            self._state = Opening(error=str(error))
            return
        if table is not None:
            self._state = Opening(table=table)
            return
        command = [sys.executable, "-m", "diptych.profiling.cli", "_open-trace"]
        try:
            self._process = subprocess.Popen(
                [*command, str(path.absolute())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
            )
        except OSError as error:
            self._state = Opening(error=f"the reader cannot be started: {error.strerror}")
            return
        if self._process.stdout is not None:
            os.set_blocking(self._process.stdout.fileno(), False)

    def poll(self) -> Opening:
        """Return how far it is; never waits."""
        process = self._process
        if process is None or process.stdout is None:
            return self._state
        while True:
            try:
                raw = os.read(process.stdout.fileno(), 1 << 16)
            except BlockingIOError:
                return self._state
            if not raw:
                self._end(process)
                return self._state
            self._take(raw)

    def cancel(self) -> None:
        """Give up. The process ends soon; nothing of it stays."""
        process = self._process
        if process is not None:
            self._let_go(process)
        if not self._state.over:
            self._state = Opening(cancelled=True)

    def _take(self, raw: bytes) -> None:
        *lines, self._rest = (self._rest + raw).split(b"\n")
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):
                self._understand(json.loads(line))

    def _understand(self, said: dict[str, Any]) -> None:
        if "error" in said:
            self._last = Opening(error=str(said["error"]))
        elif "table" in said:
            self._last = self._mapped(Path(said["table"]), spare=bool(said["spare"]))
        else:
            self._state = Opening(str(said["what"]), int(said["done"]), int(said["total"]))

    def _mapped(self, place: Path, *, spare: bool) -> Opening:
        try:
            now = stamp(self._path)
            # It was written a moment ago: its sums need not be taken again.
            table = packing.read(place, self._path, (now.size, now.modified), verify=False)
        except (OSError, TraceError, packing.DamagedError, ValueError, KeyError) as error:
            return Opening(error=f"the opened trace was lost again ({error}): open it once more")
        finally:
            if spare:
                place.unlink(missing_ok=True)
        return Opening(table=table)

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        status = process.wait()
        self._close(process)
        if self._last is not None:
            self._state = self._last
            return
        why = f"ended with status {status}"
        if status < 0:
            why = f"was ended by {signal.Signals(-status).name}"
        more = ": there may be too little memory" if status == -signal.SIGKILL else ""
        self._state = Opening(error=f"the reader of {self._path.name} {why}{more}")

    def _let_go(self, process: subprocess.Popen[bytes]) -> None:
        if process.stdin is not None:
            with suppress(OSError):
                process.stdin.close()
        try:
            process.wait(_GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._close(process)

    def _close(self, process: subprocess.Popen[bytes]) -> None:
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(OSError):
                    pipe.close()
        self._process = None


def start_open(path: Path | str) -> Handle:
    """Begin to open a trace; it is there at once if it was opened before and has not changed."""
    return Handle(Path(path))
