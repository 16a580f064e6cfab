"""How a run is put into words: title, second line, value, state."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np

from diptych.gui.models.completion import progress
from diptych.gui.text import format as fmt
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.runs.snapshot import RunSnapshot, RunState
from diptych.profiling.runs.statistics import counted_steps
from diptych.profiling.runs.store import RunEntry

ICONS = {
    RunState.DONE: ("check", "text3"),
    RunState.FAILED: ("cross", "error"),
    RunState.TIMEOUT: ("clock", "error"),
    RunState.STOPPED: ("square", "text3"),
    RunState.INTERRUPTED: ("warning", "warning"),
    RunState.DAMAGED: ("warning", "error"),
}
"""Icon and colour of the states that do not move."""

WORDS = {
    RunState.STARTING: "starting",
    RunState.RUNNING: "running",
    RunState.STOPPING: "stopping",
    RunState.DONE: "done",
    RunState.FAILED: "failed",
    RunState.STOPPED: "stopped",
    RunState.TIMEOUT: "timed out",
    RunState.INTERRUPTED: "interrupted",
    RunState.DAMAGED: "cannot be read",
}

BAD = (RunState.FAILED, RunState.TIMEOUT, RunState.DAMAGED, RunState.INTERRUPTED)

NOT_A_RUN = "not a Diptych run"

_LATEST = 200
"""Steps of a live run over which its ms/step is taken."""


@dataclass(frozen=True, slots=True)
class RunWords:
    """What a list says of one run. ``fraction`` is how far it is, if that is known."""

    title: str
    second: str
    value: str
    state: RunState
    bad: bool
    fraction: float | None = None
    lost: int = 0
    """Records that could not be written or read."""


def title(framework: str | None, subject: str | None, name: str | None, fallback: str) -> str:
    """Return such as ``torch resnet18``, or the name that the user gave."""
    if name:
        return name
    words = [word for word in (None if framework == "auto" else framework, subject) if word]
    return " ".join(words) or fallback


def setup(request: RunRequest | None) -> str:
    """Return what was asked for in short: ``batch 32 · fp32 · 200 steps``."""
    if request is None:
        return ""
    if request.workload is None:
        return " ".join(request.args) or "own script"
    knobs = request.knobs
    words = []
    if "batch_size" in knobs:
        words.append(f"batch {knobs['batch_size']}")
    words += [str(knobs[k]) for k in ("precision", "device") if k in knobs and knobs[k] != "cpu"]
    if knobs.get("mode") == "infer":
        words.append("inference")
    if knobs.get("execution") in ("compile", "hybridize"):
        words.append({"compile": "compiled", "hybridize": "hybridized"}[str(knobs["execution"])])
    return " · ".join([*words, "fenced"] if request.fenced else words)


def describe(entry: RunEntry, snapshot: RunSnapshot | None) -> RunWords:
    """Put one run into words."""
    state = snapshot.state if snapshot is not None else entry.state
    request = entry.manifest.request if entry.manifest else None
    framework = entry.framework
    if snapshot is not None and snapshot.framework is not None:
        framework = snapshot.framework.name
    if entry.problem is not None:
        return _unreadable(entry, snapshot, entry.problem)
    second = setup(request)
    if state not in (RunState.DONE, RunState.RUNNING):
        second = _trouble(entry, snapshot, state)
    own = title(framework, entry.subject, None, "") if entry.name else ""
    lost = _lost(entry, snapshot)
    return RunWords(
        title=title(framework, entry.subject, entry.name, entry.id),
        second=" · ".join(filter(None, (own, lost_words(lost), second))),
        value=_value(entry, snapshot),
        state=state,
        bad=state in BAD,
        fraction=_fraction(snapshot) if state.live else None,
        lost=lost,
    )


def _unreadable(entry: RunEntry, snapshot: RunSnapshot | None, problem: str) -> RunWords:
    """Put a directory into words that has no manifest: its name, and first what is wrong."""
    second = NOT_A_RUN
    if not is_foreign(entry):
        paths = (f"{RunPaths(entry.directory).manifest}: ", f"{entry.directory}: ")
        for path in paths:
            problem = problem.removeprefix(path)
        second = f"{problem[:1].upper()}{problem[1:]}"
    value = _value(entry, snapshot)
    return RunWords(entry.directory.name, second, value, RunState.DAMAGED, bad=True)


def is_foreign(entry: RunEntry) -> bool:
    """Say whether the folder was not made by Diptych."""
    return entry.problem is not None and "is not a Diptych run" in entry.problem


def lost_words(lost: int) -> str:
    """Return such as ``3 records lost``; nothing when none was."""
    return f"{fmt.plural(lost, 'record')} lost" if lost else ""


def _lost(entry: RunEntry, snapshot: RunSnapshot | None) -> int:
    losses = snapshot.losses if snapshot else entry.summary.losses if entry.summary else None
    if losses is None:
        return 0
    return losses.missing + losses.malformed + losses.unknown_kind + losses.not_written


def _trouble(entry: RunEntry, snapshot: RunSnapshot | None, state: RunState) -> str:
    if snapshot is not None and snapshot.state_text:
        return snapshot.state_text
    if entry.summary is not None and entry.summary.status_text:
        return entry.summary.status_text
    return WORDS[state]


def _value(entry: RunEntry, snapshot: RunSnapshot | None) -> str:
    ended = snapshot is None or not snapshot.state.live
    if ended and entry.median_ms is not None:
        return fmt.duration(entry.median_ms * 1e6)
    if snapshot is not None and len(snapshot.steps):
        return fmt.duration(latest_step_ns(snapshot))
    return fmt.UNKNOWN


def latest_step_ns(snapshot: RunSnapshot) -> float | None:
    """Return the median completed step time: of the newest steps while live, else of all."""
    steps = snapshot.steps
    times = steps.completed[counted_steps(steps, snapshot.warmup)]
    times = times[~np.isnan(times)]
    times = times[-_LATEST:] if snapshot.state.live else times
    return float(np.median(times)) if len(times) else None


def _fraction(snapshot: RunSnapshot | None) -> float | None:
    if snapshot is None or not snapshot.total_steps:
        return None
    return min(1.0, progress(snapshot) / snapshot.total_steps)


def day(then: date, today: date) -> str:
    """Return the name of a day: Today, Yesterday, ``16 November``, ``16 November 2025``."""
    if then >= today:
        return "Today"
    if then == today - timedelta(days=1):
        return "Yesterday"
    words = f"{then.day} {then:%B}"
    return words if then.year == today.year else f"{words} {then.year}"


def created(entry: RunEntry) -> datetime:
    """Return when the run was made, in local time."""
    return datetime.fromtimestamp(entry.created / 1e9).astimezone()


def short_path(path: Path | str) -> str:
    """Return ``path`` with ``~`` for the user's own folder."""
    text, own = str(path), str(Path.home())
    return "~" + text[len(own) :] if own != "/" and (text + "/").startswith(own + "/") else text
