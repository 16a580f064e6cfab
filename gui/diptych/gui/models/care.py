"""What a person does with runs: name, note, tags; to the trash and back.

Lives on the GUI's thread; the disk is touched by one thread beside it, one
thing after the other, in the order in which they were asked for.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import shiboken6
from PySide6.QtCore import QCoreApplication, QObject, Signal

from diptych.gui.models import jobs
from diptych.gui.models.hub import RunHub
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.names import quoted
from diptych.gui.text.tr import tr, trn
from diptych.profiling.runs.files import RunError
from diptych.profiling.runs.notes import RunNotes, edit_notes, read_notes
from diptych.profiling.runs.trash import LiveRunError, Removed, Trash, Trashed

Change = Callable[[RunNotes], RunNotes]
_PATIENCE = 5.0


@dataclass(frozen=True, slots=True)
class Batch:
    """Runs that went to the trash together. ``title`` is the name of the first."""

    runs: tuple[Trashed, ...]
    title: str

    @property
    def words(self) -> str:
        """Such as ``Moved “torch resnet18” to the trash``."""
        return trn(
            "Moved {name} to the trash",
            "Moved {n} runs to the trash",
            len(self.runs),
            name=quoted(self.title, 40),
        )


@dataclass(frozen=True, slots=True)
class _Moved:
    runs: tuple[Trashed, ...]
    live: tuple[str, ...]
    problems: tuple[str, ...]


class _Task:
    """Something to do on disk; done once, whoever comes to it first."""

    def __init__(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._work, self.done = work, done
        self.ended = threading.Event()

    def run(self) -> Any:
        try:
            return self._work()
        finally:
            self.ended.set()


class RunCare(QObject):
    """Takes care of the runs of one hub; there is one a hub, see `care_of`."""

    edited = Signal(str, object)
    """Id of a run whose notes were kept, and the `RunNotes` that it has now."""
    not_edited = Signal(str)
    """Id of a run whose notes could not be kept."""
    moved = Signal(object)
    """`Batch`: it is in the trash now."""
    restored = Signal(object)
    """``list[Path]``: runs that are back."""
    live = Signal(object)
    """``tuple[str, ...]``: runs that must be stopped before they can be deleted."""
    undo_changed = Signal()
    trash_changed = Signal()
    trouble = Signal(object)
    """`Trouble`."""

    def __init__(self, hub: RunHub) -> None:
        super().__init__(hub)
        self._hub = hub
        self._trash = Trash(hub.runs.parent)
        self._undo: list[Batch] = []
        self._tasks: deque[_Task] = deque()
        self._going: _Task | None = None
        self._took: set[Path] = set()
        app = QCoreApplication.instance()
        if app is not None:
            # What was typed last must not be lost with the window.
            app.aboutToQuit.connect(self.flush)

    # -- name, note, tags -----------------------------------------------------------

    def edit(self, runs: Sequence[str], change: Change) -> None:
        """Change what is said of runs; ``change`` is called on another thread."""
        found = {run: self._hub.directory(run) for run in runs}

        def work() -> dict[str, RunNotes | RunError]:
            return {run: _edited(directory, change) for run, directory in found.items()}

        def done(results: dict[str, RunNotes | RunError]) -> None:
            self._hub.refresh()
            for run, result in results.items():
                if isinstance(result, RunNotes):
                    self.edited.emit(run, result)
                else:
                    self.not_edited.emit(run)
            wrong = [result for result in results.values() if isinstance(result, RunError)]
            if wrong:
                self._say_not_kept(wrong)

        self._do(work, done)

    def _say_not_kept(self, errors: Sequence[RunError]) -> None:
        what = trn("That could not be kept", "That could not be kept with {n} runs", len(errors))
        details = "\n".join(map(str, errors))
        self.trouble.emit(Trouble(what, str(errors[0]), details=details))

    def read(self, run: str, done: Callable[[RunNotes], None], owner: QObject) -> None:
        """Tell what is said of a run, all of it, after what is being changed now."""
        directory = self._hub.directory(run)
        work = (lambda: read_notes(directory)) if directory else RunNotes
        self._do(work, lambda notes: done(notes) if shiboken6.isValid(owner) else None)

    def rename(self, run: str, name: str) -> None:
        """Call a run something else; an empty name is none."""
        self.edit([run], lambda notes: notes.renamed(name))

    # -- to the trash and back ---------------------------------------------------------

    @property
    def undoable(self) -> Batch | None:
        """What `undo` would bring back."""
        return self._undo[-1] if self._undo else None

    def delete(self, runs: Sequence[str]) -> None:
        """Move runs to the trash; those that are live stay, and are told of."""
        found = [(run, self._hub.directory(run)) for run in runs]
        known = [(run, directory) for run, directory in found if directory is not None]
        titles = {run: self._title(run) for run, _ in known}

        # Whoever lists the runs may see them go before their end is told here.
        self._took |= {directory.absolute() for _, directory in known}

        def done(moved: _Moved) -> None:
            gone = {trashed.origin for trashed in moved.runs}
            self._took -= {d.absolute() for _, d in known if d.absolute() not in gone}
            if moved.runs:
                folder = moved.runs[0].origin
                first = next((run for run, d in known if d == folder), known[0][0])
                self._undo.append(Batch(moved.runs, titles[first]))
                self._hub.refresh()
                self.undo_changed.emit()
                self.trash_changed.emit()
                self.moved.emit(self._undo[-1])
            for problem in moved.problems:
                self.trouble.emit(Trouble(tr("A run could not be deleted"), problem))
            if moved.live:
                self.live.emit(moved.live)

        self._do(lambda: self._move(known), done)

    def _title(self, run: str) -> str:
        from diptych.gui.text.runs import describe

        entry = self._hub.entry(run)
        return describe(entry, self._hub.latest(run)).title if entry else run

    def _move(self, runs: Sequence[tuple[str, Path]]) -> _Moved:
        moved: list[Trashed] = []
        live: list[str] = []
        problems: list[str] = []
        for run, directory in runs:
            try:
                moved.append(self._trash.move(directory))
            except LiveRunError:
                live.append(run)
            except RunError as error:
                problems.append(str(error))
        return _Moved(tuple(moved), tuple(live), tuple(problems))

    def took(self, directory: Path) -> bool:
        """Say whether this window moved the run to the trash."""
        return directory.absolute() in self._took

    def undo(self) -> None:
        """Bring back what was deleted last and is not back yet."""
        if self._undo:
            batch = self._undo.pop()
            self.undo_changed.emit()
            self.restore([trashed.directory for trashed in batch.runs])

    def restore(self, directories: Sequence[Path]) -> None:
        """Put these runs of the trash back where they were."""
        self._forget(directories)

        def done(results: list[Path | RunError]) -> None:
            back = [result for result in results if isinstance(result, Path)]
            for problem in results:
                if isinstance(problem, RunError):
                    self._say(tr("A run could not be put back"), problem)
            self._took -= set(back)
            self._hub.refresh()
            self.trash_changed.emit()
            if back:
                self.restored.emit(back)

        self._do(
            lambda: [_caught(lambda d=d: self._trash.restore(d)) for d in directories],  # type: ignore[misc]  # its type is known
            done,
        )

    def remove(
        self, directories: Sequence[Path], done: Callable[[Removed], None], owner: QObject
    ) -> None:
        """Remove runs of the trash for good."""
        self._forget(directories)

        def ended(removed: Removed) -> None:
            if removed.problems:
                what = tr("Not everything could be removed")
                details = "\n".join(removed.problems)
                self.trouble.emit(Trouble(what, removed.problems[0], details=details))
            self.trash_changed.emit()
            if shiboken6.isValid(owner):
                done(removed)

        self._beside(lambda: self._trash.remove(directories), ended)

    def clear_old(self) -> None:
        """Remove what has been in the trash for a month."""
        self._beside(self._trash.remove_older, lambda _: self.trash_changed.emit())

    def contents(self, done: Callable[[list[Trashed]], None], owner: QObject) -> None:
        """Tell what is in the trash, what came last first."""
        self._beside(self._trash.list, done, owner)

    def is_trashed(self, directory: Path, done: Callable[[bool], None]) -> None:
        """Tell whether a run that is no longer in its place is in the trash."""
        self._beside(lambda: any(t.origin == directory for t in self._trash.list()), done)

    def _forget(self, directories: Sequence[Path]) -> None:
        """Offer to undo no more what is dealt with otherwise."""
        gone = set(directories)
        kept = [
            Batch(tuple(t for t in b.runs if t.directory not in gone), b.title) for b in self._undo
        ]
        self._undo = [batch for batch in kept if batch.runs]
        self.undo_changed.emit()

    # -- one after the other --------------------------------------------------------------

    def _beside(
        self, work: Callable[[], Any], done: Callable[[Any], None], owner: QObject | None = None
    ) -> None:
        """Do what may take long and nothing waits for; when ``owner`` goes, nobody is told."""
        what = tr("Something could not be done")
        jobs.start(owner or self, work, done, lambda error: self._say(what, error))

    def _do(self, work: Callable[[], Any], done: Callable[[Any], None]) -> None:
        self._tasks.append(_Task(work, done))
        self._next()

    def _next(self) -> None:
        if self._going is not None or not self._tasks:
            return
        task = self._going = self._tasks.popleft()

        def ended(result: Any) -> None:
            self._going = None
            task.done(result)
            self._next()

        def failed(error: Exception) -> None:
            self._going = None
            self._say(tr("Something could not be done"), error)
            self._next()

        jobs.start(self, task.run, ended, failed)

    def flush(self) -> None:
        """Do now what was asked for; returns when all is on disk."""
        if self._going is not None:
            self._going.ended.wait(_PATIENCE)
        while self._tasks:
            self._tasks.popleft().run()

    def _say(self, what: str, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.trouble.emit(Trouble(what, why))


def _edited(directory: Path | None, change: Change) -> RunNotes | RunError:
    if directory is None:
        return RunError(tr("The run is no longer there."))
    try:
        return edit_notes(directory, change)
    except RunError as error:
        return error


def _caught(work: Callable[[], Any]) -> Any:
    """Return what ``work`` does, or the error for people that it raises."""
    try:
        return work()
    except RunError as error:
        return error


def care_of(hub: RunHub) -> RunCare:
    """Return the one that takes care of the hub's runs."""
    return hub.findChild(RunCare) or RunCare(hub)
