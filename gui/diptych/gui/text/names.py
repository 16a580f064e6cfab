"""What a run is called wherever it is named: list, legends, numbers, details, status."""

from __future__ import annotations

from collections.abc import Sequence

from diptych.gui.text.plain import one_line
from diptych.gui.text.tr import tr
from diptych.profiling.runs.snapshot import RunSnapshot

_SHORT = 32
"""Characters of a name in a legend."""


def title(framework: str | None, subject: str | None, name: str | None, fallback: str) -> str:
    """Return the name that a person gave, else such as ``torch resnet18``; plain, on one line."""
    given = one_line(name or "")
    if given:
        return given
    words = [word for word in (None if framework == "auto" else framework, subject) if word]
    return one_line(" ".join(words) or fallback)


def title_of(snapshot: RunSnapshot) -> str:
    """Return the whole name of a run that is followed."""
    request = snapshot.manifest.request if snapshot.manifest else None
    subject = (request.workload or request.script) if request else None
    last = (subject or "").rpartition("/")[2]
    return title(_framework(snapshot), last, snapshot.name, snapshot.id)


def quoted(text: str, most: int = 60) -> str:
    """Return a name as it stands in a sentence, ``most`` characters of it."""
    return tr("“{name}”", name=one_line(text, most))


def short_names(snapshots: Sequence[RunSnapshot]) -> list[str]:
    """Return the shortest names that tell the runs apart, in their order.

    A name that a person gave always stands. Runs that would be called the same
    are told apart by framework, workload and part of the id.
    """
    chosen: dict[int, str] = {}
    for name in (_shortest, _with_subject, _with_tail):
        names = [name(snapshot) for snapshot in snapshots]
        for place, text in enumerate(names):
            if place not in chosen and names.count(text) == 1 and text not in chosen.values():
                chosen[place] = text
    return [chosen.get(place, snapshot.id) for place, snapshot in enumerate(snapshots)]


def _shortest(snapshot: RunSnapshot) -> str:
    return one_line(snapshot.name or "", _SHORT) or _framework(snapshot)


def _with_subject(snapshot: RunSnapshot) -> str:
    request = snapshot.manifest.request if snapshot.manifest else None
    subject = (request.workload or request.script) if request else None
    named = one_line(snapshot.name or "", _SHORT)
    last = (subject or snapshot.id).rpartition("/")[2]
    return f"{_framework(snapshot)} {named or one_line(last, _SHORT)}"


def _with_tail(snapshot: RunSnapshot) -> str:
    return f"{_with_subject(snapshot)} {snapshot.id.rpartition('-')[2]}"


def _framework(snapshot: RunSnapshot) -> str:
    if snapshot.framework is not None:
        return snapshot.framework.name
    return snapshot.manifest.request.framework if snapshot.manifest else snapshot.id
