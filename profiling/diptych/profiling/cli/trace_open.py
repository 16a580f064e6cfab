"""Finds the traces that words on the command line mean, and opens them.

For a command with a progress line, or (``diptych trace open``) in the window.
"""

from __future__ import annotations

import argparse
import sys
import time
from importlib import import_module
from pathlib import Path

from diptych.profiling.cli.errors import CliError
from diptych.profiling.trace.table import TraceTable

_BIG = 8 << 20
_EVERY = 0.1


def run(args: argparse.Namespace) -> int:
    """Show one trace in the window, or two one below the other."""
    if len(args.files) > 2:
        raise CliError("the timeline shows two traces at the most: name one or two", 2)
    paths = [find_traces(word)[-1] for word in args.files]
    # By name: the window is no part of what the command line is built on.
    return int(import_module("diptych.gui.app").main([str(path.absolute()) for path in paths]))


def find_traces(word: str) -> list[Path]:
    """Return the trace that a path names, or all finished traces of the run that a word names.

    Raises:
        CliError: there is neither.
    """
    path = Path(word).expanduser()
    if path.is_file():
        return [path]
    from diptych.profiling.records.layout import RunPaths
    from diptych.profiling.runner.home import runs_dir
    from diptych.profiling.runs.files import RunError
    from diptych.profiling.runs.store import RunStore

    try:
        entry = RunStore(runs_dir()).find(word)
    except RunError as error:
        if path.is_dir() or path.suffix in (".json", ".gz"):
            raise CliError(_no_file(path)) from None
        raise CliError(f"there is no file {word}, and no run: {error}") from None
    traces = sorted(RunPaths(entry.directory).traces.glob("*.json.gz"))
    if not traces:
        raise CliError(f"run {entry.id} has no trace: profile some steps of it (`diptych capture`)")
    return traces


def _no_file(path: Path) -> str:
    if path.is_dir():
        return f"{path} is a folder, and no run of Diptych: name a trace file in it"
    return f"there is no file {path}"


def open_one(word: str) -> TraceTable:
    """Open the trace that a word means; of a run with several, the newest (said on stderr).

    Raises:
        CliError: it cannot be found or read.
    """
    paths = find_traces(word)
    if len(paths) > 1:
        print(
            f"diptych: {len(paths)} traces in this run, reading the last: {paths[-1]}",
            file=sys.stderr,
        )
    return open_path(paths[-1])


def open_path(path: Path) -> TraceTable:
    """Open a trace file, with progress on stderr where a person waits for a big one.

    Raises:
        CliError: it cannot be read.
    """
    from diptych.profiling.trace.errors import TraceError
    from diptych.profiling.trace.store import open_trace

    try:
        with ProgressLine(wanted=path.stat().st_size >= _BIG) as line:
            return open_trace(path, progress=line)
    except TraceError as error:
        text = str(error)
        raise CliError(text if path.name in text else f"{path}: {text}") from None
    except OSError as error:
        raise CliError(f"{path}: {error.strerror or error}") from None


class ProgressLine:
    """One line on stderr that says how far a work is; nothing where nobody looks."""

    def __init__(self, *, wanted: bool) -> None:
        self._on = wanted and sys.stderr.isatty()
        self._shown = 0.0
        self._width = 0

    def __enter__(self) -> ProgressLine:
        return self

    def __call__(self, doing: str, done: int, whole: int) -> None:
        """Show ``doing`` and the part done, at most ten times a second."""
        if not self._on or time.monotonic() - self._shown < _EVERY:
            return
        self._shown = time.monotonic()
        part = f" {min(100 * done // whole, 100)} %" if whole > 0 else ""
        text = f"{doing}{part}"
        sys.stderr.write("\r" + text.ljust(self._width))
        sys.stderr.flush()
        self._width = len(text)

    def __exit__(self, *_: object) -> None:
        """Wipe the line."""
        if self._width:
            sys.stderr.write("\r" + " " * self._width + "\r")
            sys.stderr.flush()
