"""One line of a listing of runs, and how it is read from a run directory."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from diptych.profiling.records.kinds import Exited
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import Manifest, RunRequest
from diptych.profiling.records.reader import JournalTail
from diptych.profiling.records.summary import Summary
from diptych.profiling.runs.files import NotARunError, RunError, load_manifest
from diptych.profiling.runs.liveness import probe
from diptych.profiling.runs.notes import read_notes
from diptych.profiling.runs.snapshot import RunState
from diptych.profiling.runs.summary import read_summary

_RUNNER_BLOCK = 1 << 20
_NOTE = 300
"""Characters of a note that a listing keeps."""


@dataclass(frozen=True, slots=True)
class RunEntry:
    """One line of a listing. ``created`` is Unix time in ns.

    ``problem`` says why the directory cannot be shown as a run (then the
    state is ``DAMAGED``), else it is ``None``. ``steps``, ``median_ms``,
    ``outcome`` (how it ended, in words) and ``lost`` (records) are known when
    the run has its summary. Small, as thousands are kept; `manifest` and
    `summary` are read anew whenever they are asked for.
    """

    id: str
    directory: Path
    state: RunState
    created: int
    name: str | None = None
    """What a person called it: when it was started, or since."""
    framework: str | None = None
    subject: str | None = None
    """The workload, or the script's file name."""
    pair: str | None = None
    steps: int | None = None
    median_ms: float | None = None
    problem: str | None = None
    request: RunRequest | None = None
    """What was asked for, without the environment."""
    outcome: str | None = None
    lost: int = 0
    note: str = ""
    """The beginning of it."""
    tags: tuple[str, ...] = ()

    @property
    def manifest(self) -> Manifest | None:
        """The whole manifest, from disk."""
        try:
            return load_manifest(self.directory)
        except RunError:
            return None

    @property
    def summary(self) -> Summary | None:
        """The whole summary, from disk, if there is one."""
        return None if self.problem is not None else read_summary(self.directory)

    @property
    def label(self) -> str:
        """What a person calls the run."""
        return self.name or self.id

    @property
    def names(self) -> tuple[str, ...]:
        """Its folder's name, and its id where the folder was copied or renamed."""
        folder = self.directory.name
        return (folder,) if folder == self.id else (folder, self.id)


def read_entry(directory: Path) -> RunEntry:
    """Return one run's line, from its manifest and its summary. Never raises."""
    try:
        manifest = load_manifest(directory)
    except RunError as error:
        return _without_manifest(directory, error)
    summary, notes = read_summary(directory), read_notes(directory)
    request = structs.replace(manifest.request, env={})
    return RunEntry(
        id=manifest.id,
        directory=directory,
        state=_state(directory, summary),
        created=manifest.created,
        name=notes.name or request.name,
        framework=(summary and summary.framework) or request.framework,
        subject=_subject(request),
        pair=request.pair,
        steps=summary.steps if summary else None,
        median_ms=summary.step_ms.median if summary else None,
        request=request,
        outcome=summary.status_text if summary else None,
        lost=sum(structs.astuple(summary.losses)) if summary else 0,
        note=notes.note[:_NOTE],
        tags=notes.tags,
    )


def _without_manifest(directory: Path, error: RunError) -> RunEntry:
    starting = isinstance(error, NotARunError) and probe(directory).live
    notes = read_notes(directory)
    return RunEntry(
        id=directory.name,
        directory=directory,
        state=RunState.STARTING if starting else RunState.DAMAGED,
        created=_changed(directory),
        name=notes.name,
        problem=None if starting else str(error),
        note=notes.note[:_NOTE],
        tags=notes.tags,
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
    found: Exited | None = None
    while found is None and (records := tail.read(_RUNNER_BLOCK)):
        found = next((record for record in records if isinstance(record, Exited)), None)
    records = tail.finish()
    tail.close()
    return found or next((record for record in records if isinstance(record, Exited)), None)


def _subject(request: RunRequest) -> str | None:
    return request.workload or (Path(request.script).name if request.script else None)


def _changed(directory: Path) -> int:
    try:
        return directory.stat().st_mtime_ns
    except OSError:
        return 0
