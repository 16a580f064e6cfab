"""The reader's thread: tails runs and the store, as soon as there is something to read.

It sleeps until the kernel tells of a change, and looks by itself now and then.
However fast records come, it looks 30 times a second at the most; a long run
that has ended is read as fast as it goes, and what is known of it meanwhile is
told twice a second. No Qt here. One `Reader` has one thread; what it finds it puts into an
`Inbox`, from which the GUI's thread takes the newest of everything.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from diptych.gui.models.completion import completed_at
from diptych.gui.models.wake import Wake
from diptych.gui.text.tr import tr
from diptych.profiling.runs.index import INDEX_FILE
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.store import RunEntry, RunStore, read_entry

FAST, STEADY, IDLE = 1 / 30, 0.1, 0.5
"""Seconds between two looks at a run: that grows, that is live, that has ended."""

_TOLD = 0.25
"""The same for a live run whose folder is watched: only its locks are silent."""

_BACKGROUND = 0.5
"""The same for a live run that is only in the list."""

_LISTING = 1.0
_FIRST, _MORE = 0.15, 0.4
"""Seconds of listing after which the window is told what is known so far: first, and then."""
_AFTER_TROUBLE = 1.0
_GREW_LATELY = 1.0
_PROGRESS = 0.4
_KEPT = 4
"""Ended runs that are kept open after they were shown last."""

_KEPT_STEPS = 3_000_000
"""Steps that those may have together: 113 bytes of memory each."""


@dataclass
class News:
    """What is new since it was last taken."""

    entries: list[RunEntry] | None = None
    complete: bool = True
    """Whether ``entries`` are all that there are."""
    snapshots: dict[str, RunSnapshot] = field(default_factory=dict)
    trouble: str | None = None

    def __bool__(self) -> bool:
        return self.entries is not None or bool(self.snapshots) or self.trouble is not None


class Inbox:
    """Coalesces: however much is put in, ``ring`` is called once until somebody takes it."""

    def __init__(self, ring: Callable[[], None]) -> None:
        self._ring = ring
        self._lock = threading.Lock()
        self._news = News()
        self._rung = False

    def put(self, news: News) -> None:
        """Add ``news``; the newest of each kind stays."""
        with self._lock:
            if news.entries is not None:
                self._news.entries, self._news.complete = news.entries, news.complete
            self._news.snapshots.update(news.snapshots)
            self._news.trouble = news.trouble or self._news.trouble
            ring, self._rung = not self._rung, True
        if ring:
            self._ring()

    def take(self) -> News:
        """Return all that is new, and be ready for more."""
        with self._lock:
            news, self._news, self._rung = self._news, News(), False
        return news


@dataclass
class _Followed:
    session: RunSession
    due: float = 0.0
    told: float = float("-inf")
    grew: float = float("-inf")
    touched: float = 0.0
    dirty: bool = True
    trouble: str | None = None
    watched: bool = False


class Reader:
    """Follows the shown runs, and more slowly every live one, until it is closed."""

    def __init__(self, runs: Path, inbox: Inbox) -> None:
        self._store = RunStore(runs, runs.parent / INDEX_FILE)
        self._inbox = inbox
        self._wake = Wake()
        self._closing = False
        self._lock = threading.Lock()
        self._shown: tuple[str, ...] = ()
        self._extra: tuple[Path, ...] = ()
        self._refresh = False
        self._renew: set[str] = set()
        self._followed: dict[str, _Followed] = {}
        self._directories: dict[str, Path] = {}
        self._entries: list[RunEntry] | None = None
        self._complete = True
        self._had: list[Path] = []
        self._listed = float("-inf")
        self._apart = FAST
        self._thread = threading.Thread(target=self._run, name="diptych-reader", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def show(self, run_ids: Sequence[str]) -> None:
        """Follow these runs at full pace."""
        with self._lock:
            self._renew |= set(run_ids) - set(self._shown)
            self._shown = tuple(run_ids)
        self._wake.ring()

    def add(self, directory: Path) -> None:
        """List a run that is not in the store."""
        with self._lock:
            if directory not in self._extra:
                self._extra = (*self._extra, directory)
        self.refresh()

    def refresh(self) -> None:
        """List the runs now."""
        with self._lock:
            self._refresh = True
        self._wake.ring()

    def pace(self, seconds: float) -> None:
        """Look not sooner than this after the last look, however fast records come."""
        self._apart = seconds

    def close(self) -> None:
        """End the thread; returns when it has ended."""
        self._closing = True
        self._wake.ring()
        if self._thread.is_alive():
            self._thread.join()
        self._wake.close()

    # -- on the reader's thread ---------------------------------------------------

    def _run(self) -> None:
        try:
            while not self._closing:
                begun = time.monotonic()
                due = self._pass()
                if due > 0 and not self._wake.pause(begun + self._apart - time.monotonic()):
                    self._hurry(self._wake.wait(due - time.monotonic()))
        finally:
            for followed in self._followed.values():
                followed.session.close()

    def _hurry(self, changed: set[Path]) -> None:
        """Look at once at the runs whose folders changed."""
        for followed in self._followed.values():
            if followed.session.paths.events in changed:
                followed.due = 0.0

    def _pass(self) -> float:
        """Look once at everything that is due; return when to look again, 0 for at once."""
        news = News()
        try:
            self._list(news)
            self._follow()
            self._poll(news)
        except Exception as error:  # the window must go on, and say what happened
            news.trouble = f"{type(error).__name__}: {error}"
            self._inbox.put(news)
            return time.monotonic() + _AFTER_TROUBLE
        if news:
            self._inbox.put(news)
        dues = [followed.due for followed in self._followed.values()]
        return min([self._listed + _LISTING, *dues])

    def _list(self, news: News) -> None:
        now = time.monotonic()
        with self._lock:
            forced, self._refresh = self._refresh, False
        if not forced and now - self._listed < _LISTING:
            return
        self._listed = now
        extra = [directory for directory in self._extra if directory.is_dir()]
        if not forced and extra == self._had and not self._store.outdated():
            return
        self._had = extra
        first = self._entries is None
        listed = self._store.list(_FIRST if first else _MORE)
        entries = _unique([*listed, *map(read_entry, extra)])
        if not self._store.complete:
            self._listed = 0.0  # go on at once
        self._directories = {entry.id: entry.directory for entry in entries}
        if entries != self._entries or self._store.complete != self._complete:
            self._entries, self._complete = entries, self._store.complete
            news.entries, news.complete = entries, self._complete

    def _follow(self) -> None:
        """Open what is shown or live, close what has not been either for long."""
        now = time.monotonic()
        with self._lock:
            renew, self._renew = self._renew, set()
        live = [entry.id for entry in self._entries or () if entry.state.live]
        for run in (*self._shown, *live):
            directory = self._directories.get(run)
            if directory is None:
                self._renew |= renew & {run}
                continue
            followed = self._followed.get(run)
            if followed is None:
                followed = self._followed[run] = _Followed(RunSession(directory))
            followed.touched = now
            if run in renew:
                followed.due, followed.dirty = 0.0, True
        self._close_idle({*self._shown, *live})
        self._watch()

    def _close_idle(self, wanted: set[str]) -> None:
        """Keep of the other runs those that were shown last, and no more than fit."""
        idle = [run for run in self._followed if run not in wanted]
        idle.sort(key=lambda run: self._followed[run].touched, reverse=True)
        room = _KEPT_STEPS
        for place, run in enumerate(idle):
            room -= self._followed[run].session.steps
            if place >= _KEPT or room < 0:
                self._followed.pop(run).session.close()

    def _watch(self) -> None:
        shown = [self._followed[run] for run in self._shown if run in self._followed]
        folders = [followed.session.paths.events for followed in shown]
        watched = self._wake.watch(folders)
        for followed in self._followed.values():
            followed.watched = followed.session.paths.events in watched

    def _poll(self, news: News) -> None:
        for run, followed in self._followed.items():
            shown = run in self._shown
            if followed.due > time.monotonic():
                continue
            try:
                self._poll_one(run, followed, news, shown=shown)
            except Exception as error:  # the other runs must go on, and this one be named
                _note(run, followed, error, news)
            else:
                followed.trouble = None
                followed.due = _next_look(followed, shown=shown)

    @staticmethod
    def _poll_one(run: str, followed: _Followed, news: News, *, shown: bool) -> None:
        session, now = followed.session, time.monotonic()
        if session.poll():
            followed.grew, followed.dirty = now, True
        if followed.dirty and not (shown and session.behind and now - followed.told < _PROGRESS):
            snapshot = news.snapshots[run] = _known_as(run, session.snapshot())
            if shown:
                # Of a long run this takes a while, and whoever draws it asks at once.
                completed_at(snapshot)
            followed.told, followed.dirty = now, False
        elif not session.live:
            # What was read is on the screen by now: the next time it need not be.
            session.keep()


def _note(run: str, followed: _Followed, error: Exception, news: News) -> None:
    """Report that a run cannot be read, once for each reason, and try again later."""
    what = f"{type(error).__name__}: {error}"
    trouble = tr("{run} cannot be read: {what}", run=run, what=what)
    if trouble != followed.trouble:
        followed.trouble = trouble
        news.trouble = news.trouble or trouble
    followed.dirty, followed.due = True, time.monotonic() + _AFTER_TROUBLE


def _next_look(followed: _Followed, *, shown: bool) -> float:
    """Return when the run is to be looked at again; 0 at once, never while nobody looks."""
    session, now = followed.session, time.monotonic()
    if session.behind and shown:
        return 0.0
    if not session.live:
        return now + IDLE if shown else float("inf")
    if not shown:
        return now + _BACKGROUND
    if followed.watched:
        return now + _TOLD
    return now + (FAST if now - followed.grew < _GREW_LATELY else STEADY)


def _known_as(run: str, snapshot: RunSnapshot) -> RunSnapshot:
    """Return the snapshot under the id of the list: a copied run has its original's."""
    return snapshot if snapshot.id == run else replace(snapshot, id=run)


def _unique(entries: Sequence[RunEntry]) -> list[RunEntry]:
    """Return the runs with an id each; a copied directory is known by its path."""
    found: dict[str, RunEntry] = {}
    seen: set[Path] = set()
    for entry in entries:
        if entry.directory in seen:
            continue
        seen.add(entry.directory)
        own = entry.id == entry.directory.name and entry.id not in found
        key = entry.id if own else str(entry.directory)
        found[key] = entry if own else replace(entry, id=key)
    return list(found.values())
