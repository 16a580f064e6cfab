"""Stalls and slow steps of the shown runs, looked for a few times a second. No Qt here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from time import monotonic

from diptych.gui.models.completion import completed_at, completed_count, settled_count
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.unusual import Unusual, UnusualSearch

EVERY_MS = 250
"""Between two looks at one run."""


class UnusualWatch:
    """Keeps what is unusual about each run that is asked for."""

    def __init__(self) -> None:
        self._searches: dict[str, UnusualSearch] = {}
        self._found: dict[str, tuple[int, float, Unusual]] = {}
        self.late = False
        """Whether there is news that was not looked at yet, since the last look is too near."""

    def look(self, snapshots: Iterable[RunSnapshot]) -> Mapping[str, Unusual]:
        """Return what is unusual in each run, as it was a quarter of a second ago at the most."""
        runs = {snapshot.id: snapshot for snapshot in snapshots}
        self._searches = {run: s for run, s in self._searches.items() if run in runs}
        self._found = {run: f for run, f in self._found.items() if run in runs}
        self.late = False
        for run, snapshot in runs.items():
            known = self._found.get(run)
            if known is not None and not self._is_due(known, snapshot):
                self.late = self.late or known[0] != snapshot.version
                continue
            search = self._searches.setdefault(run, UnusualSearch())
            self._found[run] = (snapshot.version, monotonic(), _update(search, snapshot))
        return {run: found for run, (_, _, found) in self._found.items()}

    @property
    def whole(self) -> bool:
        """Whether every run was looked through to its end."""
        return all(found.whole for _, _, found in self._found.values())

    @staticmethod
    def _is_due(known: tuple[int, float, Unusual], snapshot: RunSnapshot) -> bool:
        version, when, found = known
        if not found.whole:
            return True
        return version != snapshot.version and (monotonic() - when) * 1000 >= EVERY_MS


def _update(search: UnusualSearch, snapshot: RunSnapshot) -> Unusual:
    # Beyond the newest completion is what the device is still at.
    count = completed_count(snapshot)
    steps = snapshot.steps
    return search.update(
        steps,
        completed_at(snapshot)[:count],
        settled=min(settled_count(snapshot), count),
        warmup=snapshot.warmup,
        evals=snapshot.aside,
        newest=_newest(snapshot),
    )


def _newest(snapshot: RunSnapshot) -> int | None:
    """Return the newest instant of which something is known, while more may come."""
    if not snapshot.state.live:
        return None
    times = (snapshot.process.t, snapshot.host.t)
    return max((int(t[-1]) for t in times if len(t)), default=None)
