"""From snapshots of runs to the marks of the live view: warm-up, windows, validation, stalls.

No Qt here. What can be chosen has a `Choice` as its key.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from diptych.gui.models.completion import completed_at
from diptych.gui.plots.marks import Marks, Stretch
from diptych.gui.text.format import duration
from diptych.gui.text.tr import tr, trn
from diptych.gui.views.live_series import Shown
from diptych.profiling.runs import snapshot as runs
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.unusual import Stall, Unusual


@dataclass(frozen=True, slots=True)
class Choice:
    """What a mark is: a profile window, or the step (its row) that ended a stall."""

    run: str
    rank: int = 0
    window: int | None = None
    row: int | None = None


def marks_of(run: Shown, unusual: Unusual | None = None) -> Marks:
    """Return the marks of one run's own chart."""
    return shared_marks([run], {run.snapshot.id: unusual} if unusual else {})


def shared_marks(shown: list[Shown], unusual: Mapping[str, Unusual] | None = None) -> Marks:
    """Return the marks of a chart that shows all runs; ``unusual`` by run."""
    several, found = len(shown) > 1, unusual or {}
    counts = [run.snapshot.warmup for run in shown if run.snapshot.warmup]
    counts = counts[:1] if len(set(counts)) == 1 else counts
    return Marks(
        warmup=_union([stretch for run in shown for stretch in _warmup(run)]),
        warmup_text=_warmup_text(counts),
        captures=tuple(stretch for run in shown for stretch in _captures(run, several)),
        evals=tuple(
            Stretch(run.placing.place(e.start), run.placing.place(e.end), "validation", run.colour)
            for run in shown
            for e in run.snapshot.evals
        ),
        stalls=tuple(
            _stall(run, stall, several)
            for run in shown
            if run.snapshot.id in found
            for stall in found[run.snapshot.id].stalls
        ),
    )


def _warmup_text(counts: list[int]) -> str:
    if len(counts) < 2:
        return trn("warm-up, {n} step", "warm-up, {n} steps", counts[0]) if counts else ""
    first, last = ", ".join(f"{n:,}" for n in counts[:-1]), counts[-1]
    return tr("warm-up, {first} and {last} steps", first=first, last=f"{last:,}")


def _warmup(run: Shown) -> list[Stretch]:
    count, steps, place = run.snapshot.warmup, run.snapshot.steps, run.placing
    if not count or count > len(steps):
        return []
    begin = place.place(int(steps.start[0])) if run.axis == "time" else 0.0
    return [Stretch(begin, place.place_of_row(count - 1), "warm-up", run.colour)]


def _union(stretches: list[Stretch]) -> tuple[Stretch, ...]:
    """Return the stretches with those joined that overlap: shade upon shade says nothing."""
    joined: list[Stretch] = []
    for stretch in sorted(stretches, key=lambda s: s.low):
        if joined and stretch.low <= joined[-1].high:
            joined[-1] = replace(joined[-1], high=max(joined[-1].high, stretch.high))
        else:
            joined.append(stretch)
    return tuple(joined)


def _captures(run: Shown, several: bool) -> list[Stretch]:
    made = []
    for window in run.snapshot.windows:
        if window.start is None or window.state == "failed":
            continue
        start, end = _window(run.snapshot, window)
        name = tr("trace {name}", name=f"w{window.id:03d}") + (f" {run.name}" if several else "")
        key = Choice(run.snapshot.id, window.rank, window.id)
        place = run.placing
        made.append(
            Stretch(place.place(start), place.place(end), name, run.colour, key, _tip(window, name))
        )
    return made


def _tip(window: runs.WindowState, name: str) -> str:
    if window.operators is None:
        return tr("{name}: its operators are not there yet", name=name)
    return tr("{name}: click for its operators", name=name)


def _window(snapshot: RunSnapshot, window: runs.WindowState) -> tuple[int, int]:
    """Return when the profiled steps were completed, in ns: there the curves have them."""
    steps, done = snapshot.steps, completed_at(snapshot)
    start = window.start or 0
    end = window.end
    if end is None:
        end = int(done[-1]) if len(steps) else start
    if snapshot.ruler in ("event", "loss") and window.first is not None:
        first = int(np.searchsorted(steps.n, window.first))
        last = first if window.last is None else int(np.searchsorted(steps.n, window.last))
        if 0 < first <= last < len(steps):
            start = max(start, int(done[first - 1]))
            end = max(end, int(done[last]))
    return start, max(start, end)


def _stall(run: Shown, stall: Stall, several: bool) -> Stretch:
    length = duration(stall.length)
    name = (
        tr("stall {length} so far", length=length)
        if stall.row is None
        else tr("stall {length}", length=length)
    )
    name += f" {run.name}" if several else ""
    place = run.placing
    key = None if stall.row is None else Choice(run.snapshot.id, row=stall.row)
    tip = tr("No step ended for {length}. Click for what was different.", length=length)
    return Stretch(place.place(stall.start), place.place(stall.end), name, run.colour, key, tip)
