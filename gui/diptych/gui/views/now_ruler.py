"""How the shown runs' steps were measured, in words for the *Now* panel. No Qt here."""

from __future__ import annotations

from diptych.gui.text.tr import tr
from diptych.profiling.runs.snapshot import RunSnapshot

RULERS = {
    "fence": (
        tr("Fenced"),
        tr("Each step ends with a wait for the device: exact times, one ruler."),
    ),
    "sync": (
        tr("Synchronous"),
        tr(
            "On this device the framework finishes a step before it returns: "
            "dispatched is completed."
        ),
    ),
    "event": (
        tr("Observed, not fenced"),
        tr(
            "A mark in the device's queue ends a step. "
            "Good for watching; for a verdict, run fenced."
        ),
    ),
    "loss": (
        tr("Observed, not fenced"),
        tr("A step lasts from loss to loss. Good for watching; for a verdict, run fenced."),
    ),
}
_SEEN_BY = {
    "fence": tr("{run} by a fence"),
    "sync": tr("{run} as dispatched"),
    "event": tr("{run} by the device's own marks"),
    "loss": tr("{run} by its loss"),
    None: tr("{run} not yet"),
}
_NONE_MADE = (tr("No step was made"), tr("The run ended before its first step."))
_NO_STEPS = (tr("No step was made"), tr("The runs ended before their first step."))
_NEVER = (tr("Not measured"), tr("No step of the run is known to have been completed."))
_NO_RULER = (tr("Not measured yet"), tr("No step is known to be completed."))


def ruler_words(snapshots: list[tuple[str, RunSnapshot]]) -> tuple[str, str]:
    """Return the title and the text of the card on how steps were measured.

    ``snapshots`` are (name, snapshot) of the shown runs.
    """
    different = {snapshot.ruler for _, snapshot in snapshots}
    if len(different) <= 1:
        known = RULERS.get(next(iter(different), None) or "")
        return known or _unmeasured([snapshot for _, snapshot in snapshots])
    said = ", ".join(_seen_by(name, snapshot) for name, snapshot in snapshots)
    seen = tr("Completion is seen: {said}. For a verdict, run them fenced.", said=said)
    return tr("Not one ruler"), seen


def _unmeasured(snapshots: list[RunSnapshot]) -> tuple[str, str]:
    if any(snapshot.state.live for snapshot in snapshots):
        return _NO_RULER
    if any(len(snapshot.steps) for snapshot in snapshots):
        return _NEVER
    return _NONE_MADE if len(snapshots) == 1 else _NO_STEPS


def _seen_by(name: str, snapshot: RunSnapshot) -> str:
    if snapshot.ruler is None and not snapshot.state.live:
        if len(snapshot.steps):
            return tr("{run} never", run=name)
        return tr("{run} not at all, it made no step", run=name)
    return _SEEN_BY.get(snapshot.ruler, _SEEN_BY[None]).format(run=name)
