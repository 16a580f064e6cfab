"""What the search field finds: runs, operators, actions. Pure: no widget is asked."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from diptych.gui.text import format as fmt
from diptych.gui.text.runs import WORDS, describe
from diptych.gui.text.tr import tr
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.store import RunEntry

Kind = Literal["run", "operator", "action", "log"]
MOST = 8
"""Hits of one kind that are shown."""
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Hit:
    """One thing that was found. ``key`` says which: a run's id, an action's name.

    An operator's ``key`` is its name and ``run`` the run that it is of.
    """

    kind: Kind
    title: str
    detail: str
    key: str
    run: str = ""


class Finder:
    """Remembers how runs are put into words: thousands of them are looked at for every letter."""

    def __init__(self) -> None:
        self._told: dict[str, tuple[RunEntry, Hit]] = {}

    def search(
        self,
        text: str,
        entries: Sequence[RunEntry],
        snapshots: Iterable[RunSnapshot],
        actions: Sequence[tuple[str, str, str]],
    ) -> list[Hit]:
        """Return what holds every word of ``text``: runs, operators of shown runs, actions.

        ``actions`` is key, name and tooltip. Within a kind, what begins with the
        text comes first, then the order that was given.
        """
        words = text.lower().split()
        if not words:
            return []
        named = (Hit("action", name, tip, key) for key, name, tip in actions)
        found = [
            *_best(words, map(self._run, entries)),
            *_best(words, _operators(snapshots)),
            *_best(words, named),
        ]
        log = tr("Find “{text}” in the log", text=" ".join(text.split())[:80])
        return [*found, Hit("log", log, "", text.strip())]

    def _run(self, entry: RunEntry) -> Hit:
        known = self._told.get(entry.id)
        if known is None or known[0] is not entry:
            told = describe(entry, None)
            detail = " · ".join(part for part in (told.second, WORDS[told.state]) if part)
            known = (entry, Hit("run", told.title, detail, entry.id))
            self._told[entry.id] = known
        return known[1]


def _best(words: list[str], hits: Iterable[Hit]) -> list[Hit]:
    fitting = []
    for hit in hits:
        haystack = f"{hit.title} {hit.detail} {hit.key}".lower()
        if all(word in haystack for word in words):
            fitting.append(hit)
            if len(fitting) > 50 * MOST:
                break
    fitting.sort(key=lambda hit: not hit.title.lower().startswith(words[0]))
    return [
        replace(hit, title=_plain(hit.title), detail=_plain(hit.detail)) for hit in fitting[:MOST]
    ]


def _plain(text: str) -> str:
    """Return one line of reasonable length, whatever a run was called."""
    return " ".join(text[: 4 * _LONGEST].split())[:_LONGEST]


def _operators(snapshots: Iterable[RunSnapshot]) -> Iterable[Hit]:
    """Give the operators of the newest window of each shown run, the most expensive first."""
    for snapshot in snapshots:
        windows = [w.operators for w in snapshot.windows if w.operators is not None]
        if not windows:
            continue
        steps = max(1, windows[-1].steps)
        for operator in sorted(windows[-1].ops, key=_cost, reverse=True):
            each = tr("{time} per step", time=fmt.duration(_cost(operator) / steps))
            yield Hit("operator", operator.name, each, operator.name, snapshot.id)


def _cost(operator: object) -> float:
    """Return the operator's own time, on the ruler that it has."""
    for name in ("device_self", "engine_self", "host_self"):
        value = getattr(operator, name, None)
        if value is not None:
            return float(value)
    return 0.0
