"""All runs below one folder: listed, found, watched.

The folder is the truth and nothing is indexed: a listing reads two small
files a run and keeps what it read until a file changes. Any number of stores
may look at one folder at once; none ever changes anything in it.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from diptych.profiling.records.kinds import Exited
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import Manifest, RunRequest
from diptych.profiling.records.reader import JournalTail
from diptych.profiling.records.summary import Summary
from diptych.profiling.runs.files import NotARunError, RunError, load_manifest
from diptych.profiling.runs.liveness import probe
from diptych.profiling.runs.snapshot import RunState
from diptych.profiling.runs.summary import read_summary

_RUNNER_TAIL = 1 << 20


class RunNotFoundError(RunError):
    """No run, or more than one, answers to what was asked for."""


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One line of a listing. ``created`` is Unix time in ns.

    ``problem`` says why the directory cannot be shown as a run (then the
    state is ``DAMAGED``), else it is ``None``. ``steps`` and ``median_ms``
    are known when the run has its summary.
    """

    id: str
    directory: Path
    state: RunState
    created: int
    name: str | None = None
    framework: str | None = None
    subject: str | None = None
    """The workload, or the script's file name."""
    pair: str | None = None
    steps: int | None = None
    median_ms: float | None = None
    problem: str | None = None
    manifest: Manifest | None = None
    summary: Summary | None = None

    @property
    def label(self) -> str:
        """What a person calls the run."""
        return self.name or self.id

    @property
    def names(self) -> tuple[str, ...]:
        """Its folder's name, and its id where the folder was copied or renamed."""
        folder = self.directory.name
        return (folder,) if folder == self.id else (folder, self.id)


@dataclass(frozen=True, slots=True)
class _Cached:
    stamp: tuple[int, ...]
    entry: RunEntry


class RunStore:
    """The runs below ``folder``, which need not exist yet."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._cache: dict[str, _Cached] = {}

    def list(self) -> list[RunEntry]:
        """Return all runs, the newest first. Never raises."""
        names = self._names()
        self._cache = {name: self._cache[name] for name in names if name in self._cache}
        entries = [self._entry(name) for name in names]
        return sorted(entries, key=lambda entry: (entry.created, entry.id), reverse=True)

    def token(self) -> tuple[object, ...]:
        """Return a value that changes when the listing may have changed; cheap."""
        live = [name for name, cached in self._cache.items() if cached.entry.state.live]
        stamps = [(name, _stamp(self.folder / name), _alive(self.folder / name)) for name in live]
        return (_mtime(self.folder), *sorted(stamps))

    def find(self, text: str) -> RunEntry:
        """Return the run that ``text`` names.

        That is a path, a folder or an id, their start, end or any part, or a name.

        Raises:
            RunNotFoundError: none does, or several do.
            RunError: it is a path, and no usable run is there.
        """
        if os.sep in text or text in (".", ".."):
            return self._at(Path(text).expanduser())
        entries = self.list()
        for matches in (
            [e for e in entries if e.directory.name == text],
            [e for e in entries if e.id == text],
            [e for e in entries if e.name == text],
            [e for e in entries if text and any(_ends_in(n, text) for n in e.names)],
            [e for e in entries if text and any(text in n for n in e.names)],
        ):
            if len(matches) == 1:
                return _usable(matches[0])
            if matches:
                raise RunNotFoundError(_ambiguous(text, matches))
        if text and Path(text).is_dir():
            return self._at(Path(text))
        raise RunNotFoundError(self._unknown(text, entries))

    def _at(self, path: Path) -> RunEntry:
        if not path.is_dir():
            raise RunNotFoundError(f"there is no run directory {path}")
        return _usable(read_entry(path.absolute()))

    def _unknown(self, text: str, entries: Sequence[RunEntry]) -> str:
        if not entries:
            return f"no run {text!r}: there are no runs in {self.folder} yet"
        known = [e.directory.name for e in entries] + [e.name for e in entries if e.name]
        near = get_close_matches(text, known, n=3, cutoff=0.4) or [entries[0].directory.name]
        return f"no run {text!r}; near it: {', '.join(near)} (`diptych runs list` shows all)"

    def _names(self) -> Sequence[str]:
        try:
            with os.scandir(self.folder) as found:
                return sorted(e.name for e in found if e.name[0] != "." and _is_folder(e))
        except OSError:
            return []

    def _entry(self, name: str) -> RunEntry:
        directory = self.folder / name
        stamp = _stamp(directory)
        cached = self._cache.get(name)
        if cached is None or cached.stamp != stamp or cached.entry.state.live:
            cached = self._cache[name] = _Cached(stamp, read_entry(directory))
        return cached.entry


def read_entry(directory: Path) -> RunEntry:
    """Return one run's line, from its manifest and its summary. Never raises."""
    try:
        manifest = load_manifest(directory)
    except RunError as error:
        return _without_manifest(directory, error)
    request = manifest.request
    summary = read_summary(directory)
    return RunEntry(
        id=manifest.id,
        directory=directory,
        state=_state(directory, summary),
        created=manifest.created,
        name=request.name,
        framework=(summary and summary.framework) or request.framework,
        subject=_subject(request),
        pair=request.pair,
        steps=summary.steps if summary else None,
        median_ms=summary.step_ms.median if summary else None,
        manifest=manifest,
        summary=summary,
    )


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads in a circle, a mount that is gone.
        return False


def _without_manifest(directory: Path, error: RunError) -> RunEntry:
    starting = isinstance(error, NotARunError) and probe(directory).live
    return RunEntry(
        id=directory.name,
        directory=directory,
        state=RunState.STARTING if starting else RunState.DAMAGED,
        created=_mtime(directory),
        problem=None if starting else str(error),
    )


def _state(directory: Path, summary: Summary | None) -> RunState:
    """Return the state without reading the journals of the worker."""
    alive = probe(directory)
    ending = _ending(directory) if summary is None else None
    if ending is not None:
        return RunState(ending.status)
    if alive.live:
        return RunState.RUNNING
    if summary is None:
        # Asked again: the runner may have ended between the two looks.
        ending = _ending(directory)
        return RunState(ending.status) if ending else RunState.INTERRUPTED
    return _known_state(summary.status)


def _known_state(status: str) -> RunState:
    try:
        return RunState(status)
    except ValueError:
        return RunState.DAMAGED


def _ending(directory: Path) -> Exited | None:
    tail = JournalTail(RunPaths(directory).runner_journal)
    records = tail.read(_RUNNER_TAIL) + tail.finish()
    tail.close()
    return next((record for record in records if isinstance(record, Exited)), None)


def _subject(request: RunRequest) -> str | None:
    return request.workload or (Path(request.script).name if request.script else None)


def _usable(entry: RunEntry) -> RunEntry:
    if entry.problem is not None:
        raise RunError(entry.problem)
    return entry


def _ends_in(name: str, text: str) -> bool:
    return name.startswith(text) or name.endswith(text)


def _ambiguous(text: str, matches: Sequence[RunEntry]) -> str:
    shown = ", ".join(entry.directory.name for entry in matches[:4])
    more = f" and {len(matches) - 4} more" if len(matches) > 4 else ""
    return f"{text!r} fits {len(matches)} runs: {shown}{more}; give more of it"


def _stamp(directory: Path) -> tuple[int, ...]:
    paths = RunPaths(directory)
    return tuple(_mtime(path) for path in (paths.manifest, paths.summary, paths.runner_journal))


def _alive(directory: Path) -> bool:
    return probe(directory).live


def _mtime(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
