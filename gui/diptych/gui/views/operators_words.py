"""What the operator view says of a window, and what when there is none. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.profiling.records.kinds import Operators
from diptych.profiling.runs.snapshot import RunSnapshot, WindowState


@dataclass(frozen=True, slots=True)
class Nothing:
    """Why there is no table, and what to do."""

    title: str
    text: str


def window_title(run: str, window: WindowState, *, several: bool) -> str:
    """Return such as ``w003, steps 412–416, captured now``."""
    words = [f"{run} w{window.id:03d}" if several else f"w{window.id:03d}"]
    if window.rank:
        words.append(tr("rank {rank}", rank=window.rank))
    if window.first is not None and window.last is not None:
        words.append(tr("steps {first:,}–{last:,}", first=window.first, last=window.last))
    words.append({"schedule": tr("by schedule"), "capture": tr("captured")}.get(window.origin, ""))
    if window.state not in ("ready", "captured"):
        words.append(_STATES.get(window.state, window.state))
    return ", ".join(word for word in words if word)


def summary_words(window: WindowState, summary: Operators) -> str:
    """Return such as ``38 operators, mean over 10 steps of w003 · pause 12 ms``."""
    count = sum(not o.noise for o in summary.ops)
    operators = trn("{n} operator", "{n} operators", count)
    mean = trn(
        "mean over {n} step of {window}",
        "mean over {n} steps of {window}",
        summary.steps,
        window=f"w{window.id:03d}",
    )
    words = [f"{operators}, {mean}"]
    if window.options:
        words.append(tr("with {options}", options=", ".join(window.options)))
    if window.pause is not None:
        words.append(tr("pause {time}", time=fmt.duration(window.pause)))
    return " · ".join(words)


_CAPTURE = tr("Capture (Ctrl+T) records the next 5 steps.")
_STATES = {
    "open": tr("warming up"),
    "active": tr("recording"),
    "failed": tr("failed"),
}


def nothing(
    window: WindowState | None, found: list[RunSnapshot], wanted: tuple[str, ...]
) -> Nothing:
    """Return what to say when there is no table."""
    if not wanted:
        return Nothing(tr("No run is shown"), tr("Choose a run in the list to see its operators."))
    if not found:
        return Nothing(tr("Reading the run"), tr("Its profile windows appear here."))
    if window is None:
        if any(s.state.live for s in found):
            return Nothing(tr("No profile window yet"), _CAPTURE)
        return Nothing(tr("No profile window"), " ".join(map(_why_none, found)))
    return _without_operators(window)


def outside_brush(count: int) -> Nothing:
    """Return what to say when every window lies outside of the brushed stretch."""
    return Nothing(
        tr("No profile window in the selected stretch"),
        trn(
            "{n} window lies outside of it. Esc clears the selection.",
            "{n} windows lie outside of it. Esc clears the selection.",
            count,
        ),
    )


def _why_none(snapshot: RunSnapshot) -> str:
    """Return why an ended run has no profile window."""
    schedule = snapshot.manifest.request.schedule if snapshot.manifest else None
    if schedule is None:
        return tr(
            "This run ended without one: it had no schedule, and nobody captured. "
            "Give the next run a schedule, or capture while it runs."
        )
    first = schedule.skip + schedule.wait + schedule.warmup
    return trn(
        "This run ended after {n} step, before the first window of its schedule, "
        "which begins at step {first:,}.",
        "This run ended after {n} steps, before the first window of its schedule, "
        "which begins at step {first:,}.",
        len(snapshot.steps),
        first=first,
    )


def _without_operators(window: WindowState) -> Nothing:
    name = f"w{window.id:03d}"
    if window.state == "failed":
        why = window.text or tr("the profiler gave no reason")
        return Nothing(tr("The window {name} failed", name=name), f"{why}. {_CAPTURE}")
    if window.state in ("open", "active"):
        return Nothing(
            tr("Recording {name}", name=name),
            tr("The operators appear when its last step has ended."),
        )
    if window.operators is None and window.trace is not None and window.trace.error:
        return Nothing(tr("The trace of {name} cannot be used", name=name), window.trace.error)
    if window.operators is None:
        return Nothing(
            tr("Adding up {name}", name=name),
            tr("The trace is being read; this takes about a second."),
        )
    return Nothing(
        tr("No operator in {name}", name=name), tr("The profiler recorded nothing in these steps.")
    )
