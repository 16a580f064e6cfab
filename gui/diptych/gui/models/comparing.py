"""What the window compares, and how it comes out: worked out beside, shown here.

A comparison on disk, if one was opened or all shown runs belong to one; else
the shown runs themselves. One piece of work goes on at a time, and what is
outdated when it ends is dropped.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from time import monotonic
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal

from diptych.gui.models import jobs
from diptych.gui.models.comparing_pictures import Pictures, pictures_of
from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.text.compare import told_error
from diptych.profiling.compare import saved
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.families_data import FamiliesError
from diptych.profiling.compare.timed import Stretch
from diptych.profiling.records.experiment import Experiment, ExperimentState
from diptych.profiling.runs.snapshot import RunSnapshot

PAUSE = 2.0
"""Seconds between two looks at what still grows, at the least."""


@dataclass(frozen=True, slots=True)
class Found:
    """What is shown: a comparison with its pictures, or in words why there is none.

    ``directory``, ``experiment`` and ``state`` are those of a comparison on disk.
    """

    comparison: Comparison | None = None
    pictures: Pictures | None = None
    reason: str = ""
    directory: Path | None = None
    experiment: Experiment | None = None
    state: ExperimentState | None = None

    @property
    def conducted(self) -> bool:
        """Whether it goes on."""
        return self.state is not None and self.state.status == "running"


@dataclass(frozen=True, slots=True)
class Listed:
    """One comparison on disk, for a list of them."""

    directory: Path
    name: str
    labels: tuple[str, ...]
    created: int
    status: str


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is to be compared; equal ones come out the same."""

    directory: Path | None
    runs: tuple[str, ...]
    versions: tuple[tuple[str, int], ...]
    stretch: Stretch | None


class Comparing(QObject):
    """Works only while somebody looks (`look`); see `comparing_of`."""

    changed = Signal()
    """`found` is another."""
    busy_changed = Signal()
    listed_changed = Signal()
    opened = Signal(object)
    """A comparison is to be shown: its folder."""

    def __init__(self, hub: RunHub, selection: Selection) -> None:
        super().__init__(hub)
        self._hub, self._selection = hub, selection
        self.found = Found()
        self.listed: tuple[Listed, ...] = ()
        self._opened: Path | None = None
        self._opened_runs: frozenset[str] = frozenset()
        self._looking = self._working = self._stale = False
        self._done: _Wanted | None = None
        self._gathered: saved.Gathered | None = None
        self._ended = 0.0
        self._took = 0.0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self._work)
        selection.shown_changed.connect(self._shown)
        selection.range_changed.connect(self.refresh)
        selection.axis_changed.connect(self.refresh)
        selection.paused_changed.connect(self.refresh)
        hub.snapshot_changed.connect(self._news)

    # -- what -----------------------------------------------------------------

    @property
    def home(self) -> Path:
        """The folder in which runs and comparisons are."""
        return self._hub.runs.parent

    @property
    def busy(self) -> bool:
        """Whether something is being compared."""
        return self._working

    @property
    def current(self) -> bool:
        """Whether `found` speaks of what is shown now."""
        if self._working or self._timer.isActive() or self._done is None:
            return False
        done = (self._done.directory, self._done.runs, self._done.stretch)
        return done == (self.folder(), self._selection.shown, self.stretch())

    def open_comparison(self, path: Path) -> None:
        """Show the comparison in the folder ``path``, and its runs where they are known."""
        self._opened, self._opened_runs = path, frozenset()
        self._gathered = self._done = None
        jobs.start(self, lambda: saved.read(path)[1], self._show_runs, lambda _: self.refresh())
        self.opened.emit(path)

    def _show_runs(self, state: ExperimentState) -> None:
        sides = [run for run in state.runs if run is not None]
        others = [state.noise, *state.profiled]
        self._opened_runs = frozenset(sides) | {run for run in others if run is not None}
        known = [run for run in sides if self._hub.entry(run) is not None]
        if known:
            self._selection.show(known)
        self.refresh()

    def close_comparison(self) -> None:
        """Go back to what the shown runs are."""
        self._opened = None
        self.refresh()

    def folder(self) -> Path | None:
        """Return the comparison that is shown: the opened one, or that of all shown runs."""
        if self._opened is not None:
            return self._opened
        pairs = {self._pair(run) for run in self._selection.shown}
        pair = pairs.pop() if len(pairs) == 1 else None
        if not pair or "/" in pair:
            return None
        path = self.home / "comparisons" / pair
        return path if (path / "comparison.json").is_file() else None

    def _pair(self, run: str) -> str | None:
        entry = self._hub.entry(run)
        return entry.pair if entry is not None else None

    def stretch(self) -> Stretch | None:
        """Return the brush, as what is compared knows it."""
        span = self._selection.range
        return None if span is None else Stretch(*span, self._selection.axis)

    # -- when -----------------------------------------------------------------

    def look(self, on: bool) -> None:
        """Begin or end to follow what is shown."""
        self._looking = on
        if on:
            self.refresh()
        else:
            self._timer.stop()

    def refresh(self) -> None:
        """Compare anew as soon as what goes on has ended, if anything is another."""
        if not self._looking:
            return
        if self._working:
            self._stale = True
        else:
            self._timer.start(0)

    def _shown(self) -> None:
        shown = frozenset(self._selection.shown)
        if self._opened is not None and shown - self._opened_runs and self._opened_runs:
            self._opened = None
        self.refresh()

    def _news(self, run: str, _snapshot: object) -> None:
        if run in self._selection.shown and self._looking:
            self._later()

    def _later(self) -> None:
        """Look again, but not all the time."""
        if self._working or self._timer.isActive():
            return
        pause = max(PAUSE, 3 * self._took) - (monotonic() - self._ended)
        self._timer.start(max(0, round(pause * 1000)))

    # -- how ------------------------------------------------------------------

    def _snapshots(self) -> dict[str, RunSnapshot]:
        """Return what is known of the shown runs: while the picture is held what was then."""
        seen = ((run, self._hub.latest(run)) for run in self._selection.shown)
        held = ((run, self._selection.seen(run, newest)) for run, newest in seen)
        return {run: s for run, s in held if s is not None and s.read >= 1}

    def _work(self) -> None:
        if not self._looking:
            return
        known, folder = self._snapshots(), self.folder()
        versions = tuple((run, snapshot.version) for run, snapshot in known.items())
        wanted = _Wanted(folder, self._selection.shown, versions, self.stretch())
        if wanted == self._done and not self.found.conducted:
            return
        waits = len(known) < len(self._selection.shown)
        if folder is None and (len(self._selection.shown) < 2 or waits):
            self._nothing(waits)
            return
        self._start(wanted, known)

    def _nothing(self, waits: bool) -> None:
        self._done, self._gathered = None, None
        if not waits or len(self._selection.shown) < 2:
            self._set(Found())
        jobs.start(self, lambda: _list(self.home), self._take_list, lambda _: None)

    def _start(self, wanted: _Wanted, known: dict[str, RunSnapshot]) -> None:
        self._working, self._stale = True, False
        self.busy_changed.emit()
        begun, kept = monotonic(), self._reusable(wanted)
        work = _on_disk(wanted, known, kept) if wanted.directory else _shown_runs(wanted, known)
        jobs.start(
            self,
            work,
            lambda result: self._take(wanted, begun, *result),
            lambda error: self._fail(wanted, begun, error),
        )

    def _fail(self, wanted: _Wanted, begun: float, error: Exception) -> None:
        reason = Found(reason=told_error(error), directory=wanted.directory)
        self._take(wanted, begun, reason, None)
        if not isinstance(error, saved.ComparisonError | FamiliesError | OSError):
            raise error

    def _reusable(self, wanted: _Wanted) -> saved.Gathered | None:
        """Return the runs that were read before, where they are as they were."""
        gathered = self._gathered
        if gathered is None or gathered.directory != wanted.directory:
            return None
        over = gathered.state.status != "running"
        return gathered if over and not any(run.state.live for run in gathered.runs) else None

    def _take(
        self, wanted: _Wanted, begun: float, found: Found, gathered: saved.Gathered | None
    ) -> None:
        self._working = False
        self._ended = monotonic()
        self._took = self._ended - begun
        now = (self.folder(), self._selection.shown, self.stretch())
        if now == (wanted.directory, wanted.runs, wanted.stretch):
            self._done, self._gathered = wanted, gathered
            self._set(found)
        self.busy_changed.emit()
        if self._stale:
            self._stale = False
            self.refresh()
        elif found.conducted and self._looking:
            self._later()

    def _set(self, found: Found) -> None:
        # Comparisons hold arrays: only what is said without one can be equal.
        said = found.comparison is None and self.found.comparison is None
        if not (said and found == self.found):
            self.found = found
            self.changed.emit()

    def _take_list(self, listed: tuple[Listed, ...]) -> None:
        if listed != self.listed:
            self.listed = listed
            self.listed_changed.emit()


Work = Callable[[], tuple[Found, saved.Gathered | None]]


def _on_disk(wanted: _Wanted, known: dict[str, RunSnapshot], kept: saved.Gathered | None) -> Work:
    directory = wanted.directory or Path()

    def work() -> tuple[Found, saved.Gathered | None]:
        experiment, state = saved.read(directory)
        found = Found(directory=directory, experiment=experiment, state=state)
        try:
            gathered = kept or saved.gather(directory, known)
        except saved.ComparisonError as error:
            return replace(found, reason=told_error(error)), None
        comparison = gathered.compare(stretch=wanted.stretch)
        return replace(
            found, comparison=comparison, pictures=pictures_of(comparison, True)
        ), gathered

    return work


def _shown_runs(wanted: _Wanted, known: dict[str, RunSnapshot]) -> Work:
    def work() -> tuple[Found, saved.Gathered | None]:
        runs = [known[run] for run in wanted.runs]
        empty = [run for run in runs if not len(run.steps)]
        if empty:
            return Found(reason=told_error(None)), None
        comparison = saved.compare_runs(runs, stretch=wanted.stretch)
        return Found(comparison, pictures_of(comparison, False)), None

    return work


_MOST_LISTED = 12


def _list(home: Path) -> tuple[Listed, ...]:
    """Return the newest comparisons that can be read."""
    found: list[Listed] = []
    for directory in saved.listed(home)[: 2 * _MOST_LISTED]:
        try:
            experiment, state = saved.read(directory)
        except saved.ComparisonError:
            continue
        labels = tuple(side.label for side in experiment.sides)
        name = experiment.name or ""
        found.append(Listed(directory, name, labels, experiment.created, state.status))
    return tuple(found[:_MOST_LISTED])


def comparing_of(hub: RunHub, selection: Selection) -> Comparing:
    """Return what the window compares, made at the first call."""
    found: Any = hub.findChild(Comparing)
    return found if isinstance(found, Comparing) else Comparing(hub, selection)
