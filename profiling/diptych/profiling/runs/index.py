"""A listing of runs kept in a file, so that thousands need not be read at every start.

It only says again what the run directories say. Each line carries the times of
change of the files that it was read from and holds for as long as these are
the same; a file that is missing, damaged or of another version is nothing.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import msgspec

from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runner.files import write_atomically
from diptych.profiling.runs.entry import RunEntry
from diptych.profiling.runs.snapshot import RunState

INDEX_FILE = "runs.index"
"""Its name in the home."""
_VERSION = 1
_LARGEST = 64 << 20
_ENOUGH = 32
"""Lines that must be new before the file is written again."""


class Known(NamedTuple):
    """What was read of a run, and the times of change of what it was read from."""

    stamp: tuple[int, ...]
    entry: RunEntry


class _Line(msgspec.Struct, frozen=True, array_like=True):
    folder: str
    stamp: tuple[int, ...]
    id: str
    state: RunState
    created: int
    name: str | None
    framework: str | None
    subject: str | None
    pair: str | None
    steps: int | None
    median_ms: float | None
    request: RunRequest | None
    outcome: str | None
    lost: int
    note: str
    tags: tuple[str, ...]


class _File(msgspec.Struct, frozen=True, array_like=True):
    version: int
    folder: str
    lines: list[_Line]


_FIELDS = _Line.__struct_fields__[2:]


class RunIndex:
    """The file at ``path``. Nothing here raises."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._kept: dict[str, tuple[int, ...]] = {}

    def load(self, folder: Path) -> dict[str, Known]:
        """Return what was kept of the runs in ``folder``, by the names of their folders."""
        try:
            with self._path.open("rb") as file:
                read = msgspec.msgpack.decode(file.read(_LARGEST), type=_File)
        except (OSError, ValueError, RecursionError):
            return {}
        if read.version != _VERSION or read.folder != str(folder):
            return {}
        self._kept = {line.folder: line.stamp for line in read.lines}
        return {line.folder: Known(line.stamp, _entry(folder, line)) for line in read.lines}

    def keep(self, known: Mapping[str, Known]) -> None:
        """Write what is worth it, once enough of it is new."""
        settled = {name: k for name, k in known.items() if _is_settled(k.entry)}
        stamps = {name: k.stamp for name, k in settled.items()}
        news = sum(self._kept.get(name) != stamp for name, stamp in stamps.items())
        gone = len(self._kept) + news - len(stamps)
        if news + max(gone, 0) < _ENOUGH:
            return
        self._kept = stamps
        folder = next(iter(settled.values())).entry.directory.parent if settled else Path()
        lines = [_line(name, k) for name, k in settled.items()]
        with contextlib.suppress(OSError, ValueError):
            data = msgspec.msgpack.encode(_File(_VERSION, str(folder), lines))
            write_atomically(self._path, data)


def _is_settled(entry: RunEntry) -> bool:
    """Say whether only a change of its files can change the line.

    What cannot be read may become readable without any change of them.
    """
    return not entry.state.live and entry.problem is None


def _line(name: str, known: Known) -> _Line:
    entry = known.entry
    return _Line(name, known.stamp, *(getattr(entry, field) for field in _FIELDS))


def _entry(folder: Path, line: _Line) -> RunEntry:
    values = {field: getattr(line, field) for field in _FIELDS}
    return RunEntry(directory=folder / line.folder, **values)
