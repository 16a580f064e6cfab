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
_NEVER = (tr("Not measured"), tr("No step of the run is known to have been completed."))
_NO_RULER = (tr("Not measured yet"), tr("No step is known to be completed."))


def ruler_words(snapshots: list[tuple[str, RunSnapshot]]) -> tuple[str, str]:
    """Return the title and the text of the card on how steps were measured.

    ``snapshots`` are (name, snapshot) of the shown runs.
    """
    rulers = {name: snapshot.ruler for name, snapshot in snapshots}
    different = set(rulers.values())
    if len(different) <= 1:
        over = not any(snapshot.state.live for _, snapshot in snapshots)
        return RULERS.get(next(iter(different), None) or "", _NEVER if over else _NO_RULER)
    unseen = _SEEN_BY[None]
    said = ", ".join(_SEEN_BY.get(ruler, unseen).format(run=run) for run, ruler in rulers.items())
    seen = tr("Completion is seen: {said}. For a verdict, run them fenced.", said=said)
    return tr("Not one ruler"), seen
