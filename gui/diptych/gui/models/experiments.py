"""Comparisons that are carried out: started here, followed wherever they were started.

Whoever conducts one is a process of its own, which outlives the window: those
that go on already are found when a window opens. A thread sleeps until a folder
of comparisons changes; the kernel tells (see `wake`). Only that a conductor was
killed is told by nobody: that is looked for every few seconds, while one conducts.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from PySide6.QtCore import QObject, Qt, Signal

from diptych.gui.models import jobs
from diptych.gui.models.trouble import Trouble
from diptych.gui.models.wake import Wake
from diptych.gui.text.tr import tr
from diptych.profiling.records.experiment import Experiment, ExperimentState

_LOOK, _REST = 2.0, 15.0
"""Seconds between two looks while one is conducted, and otherwise."""


def is_comparison(pair: str | None) -> bool:
    """Say whether runs of that pair were run for one comparison."""
    return pair is not None and "-compare-" in pair


@dataclass(frozen=True, slots=True)
class Conducted:
    """A comparison that is carried out: what was asked, and where it stands."""

    directory: Path
    experiment: Experiment
    state: ExperimentState
    interrupted: bool = False
    """It was found just now that nobody conducts it any more."""


class Experiments(QObject):
    """Follows the comparisons of ``home``. Lives on the GUI's thread."""

    started = Signal(object)
    """`Path` of one that goes on: begun here or elsewhere, or found when the window opened."""
    changed = Signal(object, object)
    """`Path`, `ExperimentState`: one that goes on got further."""
    ended = Signal(object, object)
    """`Path`, `ExperimentState` of one that went on and is over, however that came."""
    trouble = Signal(object)
    """`Trouble`: one could not be started or cancelled."""
    _told = Signal(object)

    def __init__(self, home: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home = home
        self._running: dict[Path, Conducted] = {}
        self._own: set[str] = set()
        self._watcher: _Watcher | None = None
        self._told.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def running(self) -> list[Conducted]:
        """All that go on, the oldest first."""
        return [self._running[path] for path in sorted(self._running)]

    def is_own(self, directory: Path) -> bool:
        """Say whether this window started it."""
        return directory.name in self._own

    def get(self, directory: Path) -> Conducted | None:
        """Return one that goes on."""
        return self._running.get(directory)

    def follow(self) -> None:
        """Begin to look for comparisons that go on, and whether others begin."""
        if self._watcher is None:
            self._watcher = _Watcher(self._home / "comparisons", self._told.emit)
            self._watcher.start()

    def start(self, experiment: Experiment) -> None:
        """Have a comparison carried out by a process of its own."""
        # Before it is there: who watches may be the quicker one.
        self._own.add(experiment.id)

        def work() -> Path:
            # Here and below when they are needed: the window stands before.
            from diptych.profiling.compare import conduct

            directory = conduct.create(experiment, self._home)
            conduct.start(directory)
            return directory

        def done(_: Path) -> None:
            self.follow()
            if self._watcher is not None:
                self._watcher.look()

        jobs.start(self, work, done, self._not_started)

    def cancel(self, directory: Path) -> None:
        """Ask for the end of a comparison and of its runs."""

        def work() -> None:
            from diptych.profiling.compare import conduct

            conduct.ask_cancel(directory)

        def failed(error: Exception) -> None:
            self.trouble.emit(Trouble(tr("The comparison could not be cancelled"), str(error)))

        jobs.start(self, work, lambda _: None, failed)

    def close(self) -> None:
        """Look no more; comparisons go on."""
        if self._watcher is not None:
            self._watcher.close()
            self._watcher = None

    def _not_started(self, error: Exception) -> None:
        why = str(error)
        if isinstance(error, OSError):
            why = f"{error.filename}: {error.strerror}"
        do = tr("Make room or choose another folder with DIPTYCH_HOME, and start it again.")
        self.trouble.emit(Trouble(tr("The comparison could not be started"), why, do))

    def _take(self, news: list[Conducted]) -> None:
        for found in news:
            before = self._running.get(found.directory)
            if found.state.status == "running":
                self._running[found.directory] = found
                if before is None:
                    self.started.emit(found.directory)
                if before is None or before.state != found.state:
                    self.changed.emit(found.directory, found.state)
            elif before is not None or found.interrupted:
                self._running.pop(found.directory, None)
                self.ended.emit(found.directory, found.state)


class _Watcher(threading.Thread):
    """Reads what is said of comparisons that are not over; tells of what is new."""

    def __init__(self, folder: Path, tell: Callable[[list[Conducted]], None]) -> None:
        super().__init__(name="diptych-comparisons", daemon=True)
        self._folder, self._tell = folder, tell
        self._wake = Wake()
        self._over: set[Path] = set()
        self._known: dict[Path, Conducted] = {}
        self._open: list[Path] = []
        """All that are not over, as far as is known; some cannot be read yet, or ever."""
        self._closed = False

    def look(self) -> None:
        """Look now."""
        self._wake.ring()

    def close(self) -> None:
        """End, and wait for that."""
        self._closed = True
        self._wake.ring()
        self.join()

    def run(self) -> None:
        """Look whenever something changes."""
        try:
            while not self._closed:
                again = self._watch()
                news = self._news()
                # The window may have gone meanwhile.
                with contextlib.suppress(RuntimeError):
                    if news and not self._closed:
                        self._tell(news)
                if not again:
                    self._wake.wait(_LOOK if self._known else _REST)
        finally:
            self._wake.close()

    def _watch(self) -> bool:
        """Watch first, then look what there is: what changes in between is then not missed.

        Returns whether there is more than is watched, so that all is to be done again.
        """
        there, before = self._folder.is_dir(), self._open
        wanted = [self._folder if there else self._folder.parent, *before]
        self._wake.watch(path for path in wanted if path.is_dir())
        self._open = self._unsettled()
        return self._open != before or self._folder.is_dir() != there

    def _news(self) -> list[Conducted]:
        news = []
        for directory in self._open:
            found = _read(directory)
            if found is None or found == self._known.get(directory):
                continue
            news.append(found)
            if found.state.status == "running":
                self._known[directory] = found
            else:
                self._known.pop(directory, None)
                self._over.add(directory)
        return news

    def _unsettled(self) -> list[Path]:
        try:
            found = [path for path in self._folder.iterdir() if path.name[0] != "."]
        except OSError:
            return []
        return sorted(path for path in found if path not in self._over)


def _read(directory: Path) -> Conducted | None:
    """Read one; ``None`` where there is nothing that could be read (yet)."""
    from diptych.profiling.compare import interrupted

    try:
        return Conducted(directory, *interrupted.settled(directory))
    except (OSError, msgspec.MsgspecError):
        return None
