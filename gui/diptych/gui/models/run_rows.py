"""The rows of the runs list: groups by day, what waits and what runs first."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from diptych.gui.models.queue import Waiting
from diptych.gui.text import runs as words
from diptych.gui.text.runs import RunWords
from diptych.profiling.runs.snapshot import RunSnapshot
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


def build(
    entries: Sequence[RunEntry],
    latest: Latest,
    waiting: Sequence[Waiting],
    *,
    today: date,
    needle: str = "",
    closed: Iterable[str] = (),
) -> list[Row]:
    """Return all rows in order; ``closed`` names the groups whose runs are not shown."""
    closed = set(closed)
    groups: dict[str, list[Row]] = {}
    for item in waiting:
        row = _waiting_row(item)
        if _fits(needle, row.title):
            groups.setdefault("Today", []).append(row)
    for entry in sorted(entries, key=lambda entry: _order(entry, latest, today)):
        snapshot = latest(entry.id)
        said = words.describe(entry, snapshot)
        if not _fits(needle, said.title, said.second, entry.id, words.WORDS[said.state]):
            continue
        live = said.state.live
        name = "Today" if live else words.day(words.created(entry).date(), today)
        framework = snapshot.framework.name if snapshot and snapshot.framework else entry.framework
        if words.is_foreign(entry):
            framework = None
        groups.setdefault(name, []).append(Row(entry.id, said.title, framework, said))
    rows: list[Row] = []
    for name, members in groups.items():
        shut = name in closed and not needle
        rows.append(Row(name, name, open=not shut, count=len(members)))
        rows += [] if shut else members
    return rows


def _order(entry: RunEntry, latest: Latest, today: date) -> tuple[bool, int, str]:
    """Return what to sort by: newest first, and before all a live run of an earlier day.

    A run of today stays where it is when it ends.
    """
    early = _live(entry, latest) and words.created(entry).date() < today
    return (not early, -entry.created, entry.id)


def _live(entry: RunEntry, latest: Latest) -> bool:
    snapshot = latest(entry.id)
    return snapshot.state.live if snapshot is not None else entry.state.live


def _waiting_row(item: Waiting) -> Row:
    request = item.request
    subject = request.workload or (request.script or "").rpartition("/")[2]
    title = words.title(request.framework, subject, request.name, subject)
    own = words.title(request.framework, subject, None, subject) if request.name else ""
    does = "starting" if item.starting else "waiting for the run before it"
    second = " · ".join(filter(None, (own, does)))
    return Row(item.key, title, request.framework, waiting=item, second=second)


def _fits(needle: str, *texts: str) -> bool:
    wanted = needle.casefold().split()
    whole = " ".join(texts).casefold()
    return all(word in whole for word in wanted)
