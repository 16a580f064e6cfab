"""The rows of the runs list: groups by day, what waits and what runs first."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from diptych.gui.models.queue import Waiting
from diptych.gui.models.run_filter import Filter, Texts, parse, texts_of
from diptych.gui.text import runs as words
from diptych.gui.text.names import title as name_run
from diptych.gui.text.runs import RunWords
from diptych.gui.text.tr import tr
from diptych.profiling.runs.snapshot import RunSnapshot, RunState
from diptych.profiling.runs.store import RunEntry


@dataclass(frozen=True, slots=True)
class Row:
    """One row. ``key`` is the run's id, the waiting run's key, or the group's title."""

    key: str
    title: str
    framework: str | None = None
    run: RunWords | None = None
    waiting: Waiting | None = None
    open: bool = True
    count: int = 0
    second: str = ""
    """Second line of a run that waits."""

    @property
    def group(self) -> bool:
        """Whether this is the title of a group."""
        return self.run is None and self.waiting is None


Latest = Callable[[str], RunSnapshot | None]


@dataclass(frozen=True, slots=True)
class _Made:
    """A row, what it was made of, and what is needed to sort and to find it."""

    entry: RunEntry
    version: tuple[int, int, RunState] | None
    row: Row
    order: tuple[int, str]
    day: date
    live: bool
    texts: Texts
    whole: str


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
        version = _version(snapshot)
        if known is not None and known.entry == entry and version in (None, known.version):
            return known
        made = self._made[entry.id] = _make(entry, snapshot, version)
        return made

    def keep_only(self, runs: Collection[str]) -> None:
        """Let go of all others."""
        if len(self._made) > len(runs):
            self._made = {run: made for run, made in self._made.items() if run in runs}


def _version(snapshot: RunSnapshot | None) -> tuple[int, int, RunState] | None:
    # Not the snapshot itself: it holds every step of the run.
    return (snapshot.version, len(snapshot.steps), snapshot.state) if snapshot else None


def _make(
    entry: RunEntry, snapshot: RunSnapshot | None, version: tuple[int, int, RunState] | None
) -> _Made:
    said = words.describe(entry, snapshot)
    framework = snapshot.framework.name if snapshot and snapshot.framework else entry.framework
    if words.is_foreign(entry):
        framework = None
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
    return _Made(
        entry=entry,
        version=version,
        row=Row(entry.id, said.title, framework, said),
        order=(-entry.created, entry.id),
        day=words.created(entry).date(),
        live=said.state.live,
        texts=texts,
        whole=texts.whole,
    )


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
        if _waits_as_wanted(wanted, row):
            groups.setdefault(first, []).append(row)
    names: dict[date, str] = {}
    for made in _sorted(entries, latest, wanted, cache or RowCache()):
        name = first if made.live else names.get(made.day)
        if name is None:
            name = names[made.day] = words.day(made.day, today)
        groups.setdefault(name, []).append(made.row)
    rows: list[Row] = []
    for name, members in groups.items():
        shut = name in closed and not wanted
        rows.append(Row(name, name, open=not shut, count=len(members)))
        rows += [] if shut else members
    return rows


def _sorted(
    entries: Sequence[RunEntry], latest: Latest, wanted: Filter, cache: RowCache
) -> list[_Made]:
    """Return what fits: what is live first, then the newest first."""
    every = [cache.get(entry, latest(entry.id)) for entry in entries]
    if wanted:
        every = [made for made in every if wanted.fits(made.texts, made.whole)]
    every.sort(key=lambda made: made.order)
    return [made for made in every if made.live] + [made for made in every if not made.live]


def _waiting_row(item: Waiting) -> Row:
    request = item.request
    subject = request.workload or (request.script or "").rpartition("/")[2]
    title = name_run(request.framework, subject, request.name, subject)
    own = name_run(request.framework, subject, None, subject) if request.name else ""
    does = tr("starting") if item.starting else tr("waiting for the run before it")
    second = " · ".join(filter(None, (own, does)))
    return Row(item.key, title, request.framework, waiting=item, second=second)


def _waits_as_wanted(wanted: Filter, row: Row) -> bool:
    values = {"framework": row.framework or "", "state": row.second, "name": row.title}
    texts = texts_of({**values, "note": "", "id": ""}, ())
    return wanted.fits(texts, texts.whole)
