"""How a run is put into words: title, second line, value, state."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
from msgspec.structs import astuple
from numpy.typing import NDArray

from diptych.gui.models.completion import progress
from diptych.gui.text import format as fmt
from diptych.gui.text.names import title
from diptych.gui.text.plain import one_line
from diptych.gui.text.tr import tr, trn
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import RunRequest
from diptych.profiling.records.summary import Losses
from diptych.profiling.runs.snapshot import RunSnapshot, RunState, StepFlag
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
    RunState.STARTING: tr("starting"),
    RunState.RUNNING: tr("running"),
    RunState.STOPPING: tr("stopping"),
    RunState.DONE: tr("done"),
    RunState.FAILED: tr("failed"),
    RunState.STOPPED: tr("stopped"),
    RunState.TIMEOUT: tr("timed out"),
    RunState.INTERRUPTED: tr("interrupted"),
    RunState.DAMAGED: tr("cannot be read"),
}

BAD = (RunState.FAILED, RunState.TIMEOUT, RunState.DAMAGED, RunState.INTERRUPTED)

NOT_A_RUN = tr("not a Diptych run")

_LATEST = 200
"""Steps of a live run over which its ms/step is taken."""
_LOOK_BACK = 100_000
"""Steps among which they are looked for."""
_MANY = 2_000_000
"""Steps of an ended run whose median would hold the window for longer than a frame or two."""


@dataclass(frozen=True, slots=True)
class RunWords:
    """What a list says of one run, all of it plain and on one line.

    ``fraction`` is how far it is, if that is known. ``lost`` counts records
    that could not be written or read.
    """

    title: str
    second: str
    value: str
    state: RunState
    bad: bool
    fraction: float | None = None
    lost: int = 0
    tags: tuple[str, ...] = ()
    note: str = ""


def setup(request: RunRequest | None) -> str:
    """Return what was asked for in short: ``batch 32 · fp32 · 200 steps``."""
    if request is None:
        return ""
    if request.workload is None:
        return " ".join(request.args) or tr("own script")
    knobs = request.knobs
    words = []
    if "batch_size" in knobs:
        words.append(tr("batch {size}", size=knobs["batch_size"]))
    words += [str(knobs[k]) for k in ("precision", "device") if k in knobs and knobs[k] != "cpu"]
    if knobs.get("mode") == "infer":
        words.append(tr("inference"))
    execution = {"compile": tr("compiled"), "hybridize": tr("hybridized")}
    if knobs.get("execution") in execution:
        words.append(execution[str(knobs["execution"])])
    return " · ".join([*words, tr("fenced")] if request.fenced else words)


def describe(entry: RunEntry, snapshot: RunSnapshot | None) -> RunWords:
    """Put one run into words."""
    if entry.problem is not None:
        return _unreadable(entry, snapshot, entry.problem)
    state = snapshot.state if snapshot is not None else entry.state
    framework = entry.framework
    if snapshot is not None and snapshot.framework is not None:
        framework = snapshot.framework.name
    second = setup(entry.request)
    if state not in (RunState.DONE, RunState.RUNNING):
        second = _trouble(entry, snapshot, state)
    own = title(framework, entry.subject, None, "") if entry.name else ""
    lost = _lost(entry, snapshot)
    return RunWords(
        title=title(framework, entry.subject, entry.name, entry.id),
        second=one_line(_joined(own, lost_words(lost), second, tag_words(entry.tags))),
        value=_value(entry, snapshot),
        state=state,
        bad=state in BAD,
        fraction=_fraction(snapshot) if state.live else None,
        lost=lost,
        tags=entry.tags,
        note=entry.note,
    )


def tag_words(tags: Iterable[str]) -> str:
    """Return such as ``#baseline #fp16``."""
    return " ".join(f"#{one_line(tag, 60)}" for tag in tags)


def _joined(*parts: str) -> str:
    return " · ".join(part for part in parts if part)


def _unreadable(entry: RunEntry, snapshot: RunSnapshot | None, problem: str) -> RunWords:
    """Put a directory into words that has no manifest: its name, and first what is wrong."""
    second = NOT_A_RUN
    if not is_foreign(entry):
        paths = (f"{RunPaths(entry.directory).manifest}: ", f"{entry.directory}: ")
        for path in paths:
            problem = problem.removeprefix(path)
        second = f"{problem[:1].upper()}{problem[1:]}"
    folder = one_line(entry.directory.name)
    named = one_line(entry.name or "")
    return RunWords(
        title=named or folder,
        second=one_line(_joined(second, folder if named else "", tag_words(entry.tags))),
        value=_value(entry, snapshot),
        state=RunState.DAMAGED,
        bad=True,
        tags=entry.tags,
        note=entry.note,
    )


def is_foreign(entry: RunEntry) -> bool:
    """Say whether the folder was not made by Diptych."""
    return entry.problem is not None and "is not a Diptych run" in entry.problem


def lost_words(lost: int) -> str:
    """Return such as ``3 records lost``; nothing when none was."""
    return trn("{n} record lost", "{n} records lost", lost) if lost else ""


def lost_parts(losses: Losses) -> str:
    """Return what became of the records that are not shown, kind by kind."""
    return tr(
        "{missing} missing, {damaged} damaged, {unknown} of an unknown kind, "
        "{unwritten} not written",
        missing=fmt.count(losses.missing),
        damaged=fmt.count(losses.malformed),
        unknown=fmt.count(losses.unknown_kind),
        unwritten=fmt.count(losses.not_written),
    )


def lost_count(losses: Losses) -> int:
    """Return how many records are not shown."""
    return sum(astuple(losses))


def lost_of(each: Iterable[Losses]) -> Losses:
    """Return what several runs lost, together."""
    found = list(each)
    names = Losses.__struct_fields__
    return Losses(**{name: sum(getattr(one, name) for one in found) for name in names})


def _lost(entry: RunEntry, snapshot: RunSnapshot | None) -> int:
    return entry.lost if snapshot is None else lost_count(snapshot.losses)


def _trouble(entry: RunEntry, snapshot: RunSnapshot | None, state: RunState) -> str:
    if snapshot is not None and snapshot.state_text:
        return snapshot.state_text
    return entry.outcome or WORDS[state]


def _value(entry: RunEntry, snapshot: RunSnapshot | None) -> str:
    ended = snapshot is None or not snapshot.state.live
    if ended and entry.median_ms is not None:
        return fmt.duration(entry.median_ms * 1e6)
    if snapshot is not None and len(snapshot.steps):
        return fmt.duration(latest_step_ns(snapshot))
    return fmt.UNKNOWN


def latest_step_ns(snapshot: RunSnapshot) -> float | None:
    """Return the median completed step time: of the newest steps while live, else of all.

    Of very many steps of an ended run it is not worked out: its summary says it.
    """
    steps, warmup = snapshot.steps, snapshot.warmup
    if not snapshot.state.live:
        if len(steps) > _MANY:
            return None
        times = steps.completed[counted_steps(steps, warmup) & ~np.isnan(steps.completed)]
    else:
        # Long runs have millions of steps, and this is asked four times a second.
        first = max(0, len(steps) - _LOOK_BACK)
        times = steps.completed[first:]
        times = times[_counted_lately(snapshot, first) & ~np.isnan(times)][-_LATEST:]
    return float(np.median(times)) if len(times) else None


def _counted_lately(snapshot: RunSnapshot, first: int) -> NDArray[np.bool_]:
    """Return `counted_steps` from ``first`` on; far behind the warm-up each speaks for itself."""
    steps, warmup = snapshot.steps, snapshot.warmup
    if first < (warmup or 0) + _LOOK_BACK:
        return counted_steps(steps, warmup)[first:]
    apart = StepFlag.PROFILED | StepFlag.COMPILING
    counted: NDArray[np.bool_] = (steps.flags[first:] & apart) == 0
    return counted


def _fraction(snapshot: RunSnapshot | None) -> float | None:
    if snapshot is None or not snapshot.total_steps:
        return None
    return min(1.0, progress(snapshot) / snapshot.total_steps)


def day(then: date, today: date) -> str:
    """Return the name of a day: Today, Yesterday, ``16 November``, ``16 November 2025``."""
    if then >= today:
        return tr("Today")
    if then == today - timedelta(days=1):
        return tr("Yesterday")
    words = f"{then.day} {then:%B}"
    return words if then.year == today.year else f"{words} {then.year}"


def created(entry: RunEntry) -> datetime:
    """Return when the run was made, in local time."""
    return datetime.fromtimestamp(entry.created / 1e9).astimezone()


def short_path(path: Path | str) -> str:
    """Return ``path`` with ``~`` for the user's own folder."""
    text, own = str(path), str(Path.home())
    return "~" + text[len(own) :] if own != "/" and (text + "/").startswith(own + "/") else text
