"""The rows of the runs list: groups by day, what waits and what runs first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from operator import attrgetter

from diptych.gui.models.queue import Waiting
from diptych.gui.models.run_filter import Filter, Texts, parse, texts_of
from diptych.gui.text import runs as words
from diptych.gui.text.names import title as name_run
from diptych.gui.text.runs import RunWords
from diptych.gui.text.tr import tr
from diptych.profiling.runs.snapshot import RunSnapshot, RunState
from diptych.profiling.runs.store import RunEntry


class Row:
    """One row. ``key`` is the run's id, the waiting run's key, or the group's title.

    What is said of a run is worked out when it is first asked for: of
    thousands of rows a few are in sight. Rows compare by what they say.
    """

    __slots__ = ("_entry", "_framework", "_known", "_said", "count", "key", "open", "waiting")

    def __init__(
        self,
        key: str,
        said: tuple[str, str] = ("", ""),
        *,
        entry: RunEntry | None = None,
        framework: str | None = None,
        known: tuple[RunWords, Texts, str] | None = None,
        waiting: Waiting | None = None,
        open: bool = True,  # noqa: A002 - a group is open or not
        count: int = 0,
    ) -> None:
        self.key, self.waiting, self.open, self.count = key, waiting, open, count
        self._said, self._entry = said, entry
        self._framework, self._known = framework, known

    @property
    def group(self) -> bool:
        """Whether this is the title of a group."""
        return self._entry is None and self.waiting is None

    @property
    def is_run(self) -> bool:
        """Whether this is a run that was started."""
        return self._entry is not None

    @property
    def run(self) -> RunWords | None:
        """What is said of a run; ``None`` of any other row."""
        known = self._words()
        return known[0] if known else None

    @property
    def title(self) -> str:
        """What the first line says."""
        return self.run.title if self.run is not None else self._said[0]

    @property
    def second(self) -> str:
        """What the second line says."""
        return self.run.second if self.run is not None else self._said[1]

    @property
    def framework(self) -> str | None:
        """Of the run; ``None`` where nobody knows."""
        if self.waiting is not None:
            return self.waiting.request.framework
        if self._entry is None or self.foreign:
            return None
        return self._framework or self._entry.framework

    @property
    def pair(self) -> str | None:
        """What it has in common with runs that were started together with it."""
        return self._entry.pair if self._entry is not None else None

    @property
    def foreign(self) -> bool:
        """Whether it is a folder that Diptych did not make."""
        return self._entry is not None and words.is_foreign(self._entry)

    def warm(self) -> None:
        """Work out what is said of it, before it is asked for."""
        self._words()

    def renamed(self, name: str) -> Row:
        """Return the row of a run under another name."""
        known = self._words()
        said = (replace(known[0], title=name), *known[1:]) if known else None
        return Row(self.key, entry=self._entry, framework=self._framework, known=said)

    def fits(self, wanted: Filter) -> bool:
        """Say whether a filter lets it through."""
        known = self._words()
        if known is not None:
            return wanted.fits(known[1], known[2])
        values = {"framework": self.framework or "", "state": self.second, "name": self.title}
        texts = texts_of({**values, "note": "", "id": ""}, ())
        return wanted.fits(texts, texts.whole)

    def _words(self) -> tuple[RunWords, Texts, str] | None:
        if self._known is None and self._entry is not None:
            self._known = _put_into_words(self._entry, None)
        return self._known

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        return isinstance(other, Row) and self._says() == other._says()

    def __hash__(self) -> int:
        return hash(self.key)

    def _says(self) -> tuple[object, ...]:
        said = (self.key, self.title, self.second, self.framework, self.waiting)
        return (*said, self.open, self.count, self.run)


Latest = Callable[[str], RunSnapshot | None]


@dataclass(frozen=True, slots=True)
class _Made:
    """A row, what it was made of, and what is needed to sort it."""

    entry: RunEntry
    version: tuple[int, int, RunState] | None
    row: Row
    order: tuple[int, str]
    live: bool


class RowCache:
    """Rows as they were made, for as long as nothing of their runs changed.

    What was said of a run while it was open stays when it no longer is: its
    snapshot knew more than the listing.
    """

    def __init__(self) -> None:
        self._made: dict[str, _Made] = {}

    def get(self, entry: RunEntry, snapshot: RunSnapshot | None) -> _Made:
        """Return the row of a run, made anew only where it must be."""
        known = self._made.get(entry.id)
        # Mostly it is the same object: thousands of entries are gone through for every letter.
        if known is not None and snapshot is None and known.entry is entry:
            return known
        version = _version(snapshot)
        if known is not None and known.entry == entry and version in (None, known.version):
            return known
        live = snapshot.state.live if snapshot is not None else entry.state.live
        row = _run_row(entry, snapshot)
        made = _Made(entry, version, row, (-entry.created, entry.id), live)
        self._made[entry.id] = made
        return made

    def keep_only(self, runs: Collection[str]) -> None:
        """Let go of all others."""
        if len(self._made) > len(runs):
            self._made = {run: made for run, made in self._made.items() if run in runs}


def _version(snapshot: RunSnapshot | None) -> tuple[int, int, RunState] | None:
    # Not the snapshot itself: it holds every step of the run.
    return (snapshot.version, len(snapshot.steps), snapshot.state) if snapshot else None


def _run_row(entry: RunEntry, snapshot: RunSnapshot | None) -> Row:
    if snapshot is None:
        return Row(entry.id, entry=entry)
    framework = snapshot.framework.name if snapshot.framework else None
    # At once: to keep a snapshot is to keep every step of the run.
    known = _put_into_words(entry, snapshot)
    return Row(entry.id, entry=entry, framework=framework, known=known)


def _put_into_words(entry: RunEntry, snapshot: RunSnapshot | None) -> tuple[RunWords, Texts, str]:
    """Return what is said of a run, and what it can be found by."""
    said = words.describe(entry, snapshot)
    framework = snapshot.framework.name if snapshot and snapshot.framework else entry.framework
    texts = texts_of(
        {
            "framework": framework or "",
            "state": f"{words.WORDS[said.state]} {said.state.value}",
            "name": said.title,
            "note": said.note,
            "id": entry.id,
            "rest": said.second,
        },
        said.tags,
    )
    return said, texts, texts.whole


def build(
    entries: Sequence[RunEntry],
    latest: Latest,
    waiting: Sequence[Waiting],
    *,
    today: date,
    needle: str = "",
    closed: Iterable[str] = (),
    cache: RowCache | None = None,
) -> list[Row]:
    """Return all rows in order; ``closed`` names the groups whose runs are not shown."""
    wanted, closed = parse(needle), set(closed)
    groups: dict[str, list[Row]] = {}
    first = words.day(today, today)
    for row in map(_waiting_row, waiting):
        if row.fits(wanted):
            groups.setdefault(first, []).append(row)
    days = _Days(today)
    for made in _sorted(entries, latest, wanted, cache or RowCache()):
        name = first if made.live else days.name(made.entry.created)
        groups.setdefault(name, []).append(made.row)
    rows: list[Row] = []
    for name, members in groups.items():
        shut = name in closed and not wanted
        rows.append(Row(name, (name, ""), open=not shut, count=len(members)))
        rows += [] if shut else members
    return rows


class _Days:
    """Names days; runs come in the order of time, so that few have to be worked out."""

    def __init__(self, today: date) -> None:
        self._today = today
        self._name, self._from, self._to = "", 1, 0

    def name(self, ns: int) -> str:
        """Return the name of the day of a Unix time in ns."""
        if not self._from <= ns < self._to:
            then = datetime.fromtimestamp(ns / 1e9).astimezone().date()
            begin = datetime.combine(then, time()).astimezone()
            end = datetime.combine(then + timedelta(days=1), time()).astimezone()
            self._name = words.day(then, self._today)
            self._from, self._to = (int(at.timestamp() * 1e9) for at in (begin, end))
        return self._name


def _sorted(
    entries: Sequence[RunEntry], latest: Latest, wanted: Filter, cache: RowCache
) -> list[_Made]:
    """Return what fits: what is live first, then the newest first."""
    every = [cache.get(entry, latest(entry.id)) for entry in entries]
    if wanted:
        every = [made for made in every if made.row.fits(wanted)]
    every.sort(key=attrgetter("order"))
    return [made for made in every if made.live] + [made for made in every if not made.live]


def _waiting_row(item: Waiting) -> Row:
    request = item.request
    subject = request.workload or (request.script or "").rpartition("/")[2]
    title = name_run(request.framework, subject, request.name, subject)
    own = name_run(request.framework, subject, None, subject) if request.name else ""
    does = tr("starting") if item.starting else tr("waiting for the run before it")
    second = " · ".join(filter(None, (own, does)))
    return Row(item.key, (title, second), waiting=item)
