"""From snapshots of runs to the curves and marks of the live view. No Qt here.

A plot without a known value has no series, so its row is not shown; why stands
in the *Now* panel and in *Details*.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from diptych.gui.models.completion import completed_at, completed_count
from diptych.gui.models.own_gpus import gpus_of, used
from diptych.gui.plots.marks import Marks, Stretch
from diptych.gui.plots.reduce import Floats, Ints
from diptych.gui.plots.series import Kind, Series
from diptych.gui.text import names
from diptych.gui.text.format import plural
from diptych.gui.theme import Tokens
from diptych.profiling.records.kinds import PHASES
from diptych.profiling.runs import snapshot as runs
from diptych.profiling.runs.snapshot import RunSnapshot

short_names = names.short_names
_MS, _GIB = 1e-6, 1 / 2**30
_LEAST_GAP = 2_000_000_000
"""Nanoseconds between two samples that a line bridges at least."""


@dataclass(frozen=True, slots=True)
class Shown:
    """One run as it is drawn: ``name`` tells it from the others, ``mark`` dot or square."""

    snapshot: RunSnapshot
    name: str
    colour: str
    mark: str


def all_series(shown: list[Shown], tokens: Tokens) -> dict[str, list[Series]]:
    """Return the curves of every plot by the plot's key, in the order of the runs."""
    plots: dict[str, list[Series]] = {}
    for run in shown:
        for key, series in (*_steps(run, tokens), *_devices(run), *_process(run)):
            plots.setdefault(key, []).append(series)
    return plots


def _curve(run: Shown, label: str, t: Ints, values: Floats | Ints, scale: float) -> Series:
    return Series(run.name, label, run.colour, run.mark, t, values, run.snapshot.origin, scale)


def _known(values: Floats) -> bool:
    return bool(np.isfinite(values).any())


def _steps(run: Shown, tokens: Tokens) -> list[tuple[str, Series]]:
    steps = run.snapshot.steps
    if not len(steps):
        return []
    made = []
    completed = _known(steps.completed)
    done = completed_at(run.snapshot)
    if completed:
        made.append(("step", _step_line(run, "completed", done, steps.completed)))
    # Where the framework works synchronously, dispatched is completed: one line says it.
    if not completed or run.snapshot.ruler != "sync":
        made.append(("step", _step_line(run, "dispatched", steps.end, steps.dispatched)))
    made.append(("phases", _phases(run, tokens)))
    if completed and _known(steps.samples):
        made.append(("throughput", _throughput(run, done)))
    if _known(steps.loss):
        made.append(("loss", _loss(run, done)))
    return made


def _step_line(run: Shown, label: str, t: Ints, values: Floats | Ints) -> Series:
    snapshot = run.snapshot
    return Series(
        run.name,
        label,
        run.colour,
        run.mark,
        t,
        values,
        snapshot.origin,
        _MS,
        Kind.MEDIAN,
        dashed=label == "dispatched",
    )


def _phases(run: Shown, tokens: Tokens) -> Series:
    steps = run.snapshot.steps
    return Series(
        run.name,
        "phases",
        run.colour,
        run.mark,
        steps.end,
        steps.phases,
        run.snapshot.origin,
        _MS,
        Kind.STACK,
        begin=steps.start,
        colours=tokens.phases,
        labels=PHASES,
    )


def _throughput(run: Shown, done: Ints) -> Series:
    steps = run.snapshot.steps
    return Series(
        run.name,
        run.name,
        run.colour,
        run.mark,
        done,
        steps.samples,
        run.snapshot.origin,
        1e9,
        Kind.RATE,
        under=steps.completed,
    )


def _loss(run: Shown, done: Ints) -> Series:
    steps = run.snapshot.steps
    return Series(
        run.name,
        run.name,
        run.colour,
        run.mark,
        done,
        steps.loss,
        run.snapshot.origin,
        1.0,
        Kind.MEDIAN,
    )


def _samples(
    run: Shown,
    label: str,
    series: runs.Series,
    column: str,
    scale: float = 1.0,
    *,
    dashed: bool = False,
) -> list[Series]:
    """Return the curve of a sampled column, none when nothing of it is known."""
    values = series.columns.get(column)
    if values is None or not _known(values):
        return []
    made = Series(
        run.name,
        label,
        run.colour,
        run.mark,
        series.t,
        values,
        run.snapshot.origin,
        scale,
        dashed=dashed,
        gap=_gap(series.t),
    )
    return [made]


def _gap(t: Ints) -> int:
    """Return the longest time without a sample that is no hole: five usual intervals."""
    lately = np.diff(t[-64:])
    return max(_LEAST_GAP, int(5 * np.median(lately))) if len(lately) else _LEAST_GAP


def _devices(run: Shown) -> list[tuple[str, Series]]:
    made = []
    mine = gpus_of(run.snapshot)
    for index in mine:
        gpu, label = run.snapshot.gpus[index], f"{run.name} GPU {index}"
        made += [("gpu_util", s) for s in _samples(run, label, gpu, "util")]
        made += [("gpu_power", s) for s in _samples(run, label, gpu, "power")]
        made += [("gpu_temp", s) for s in _samples(run, label, gpu, "temperature")]
        if not _allocator(run.snapshot):
            made += [("gpu_mem", s) for s in _gpu_memory(run, gpu)]
    for device, memory in run.snapshot.memory.items():
        key = "memory" if device == "cpu" else "gpu_mem"
        for column, dashed in (("allocated", False), ("reserved", True)):
            found = _samples(run, column, memory, column, _GIB, dashed=dashed)
            made += [(key, s) for s in found]
    return made


def _allocator(snapshot: RunSnapshot) -> bool:
    """Whether the framework says how much of the GPU's memory it has."""
    devices = (m for device, m in snapshot.memory.items() if device != "cpu")
    return any(_known(values) for memory in devices for values in memory.columns.values())


def _gpu_memory(run: Shown, gpu: runs.Series) -> list[Series]:
    """Return what the driver says: of the process tree, else of the whole device."""
    if used(gpu.columns.get("tree_mem")):
        return _samples(run, "process", gpu, "tree_mem", _GIB)
    return _samples(run, "whole GPU", gpu, "mem_used", _GIB)


def _process(run: Shown) -> list[tuple[str, Series]]:
    process = run.snapshot.process
    cpu = [("cpu", s) for s in _samples(run, run.name, process, "cpu")]
    return cpu + [("memory", s) for s in _samples(run, "RSS", process, "rss", _GIB)]


def marks_of(run: Shown) -> Marks:
    """Return the marks of one run's own chart."""
    return shared_marks([run])


def shared_marks(shown: list[Shown]) -> Marks:
    """Return the marks of a chart that shows all runs."""
    warmup = _union([stretch for run in shown for stretch in _warmup(run)])
    counts = [run.snapshot.warmup for run in shown if run.snapshot.warmup]
    counts = counts[:1] if len(set(counts)) == 1 else counts
    said = " and ".join(f"{n:,}" for n in counts[:-1]) + (" and " if counts[1:] else "")
    text = f"warm-up, {said}{plural(counts[-1], 'step')}" if counts else ""
    return Marks(
        warmup=warmup,
        warmup_text=text,
        captures=tuple(stretch for run in shown for stretch in _captures(run, len(shown) > 1)),
        evals=tuple(
            Stretch(_at(run, e.start), _at(run, e.end), "validation", run.colour)
            for run in shown
            for e in run.snapshot.evals
        ),
    )


def _at(run: Shown, t: int) -> float:
    return (t - run.snapshot.origin) / 1e9


def _warmup(run: Shown) -> list[Stretch]:
    count, steps = run.snapshot.warmup, run.snapshot.steps
    if not count or count > len(steps):
        return []
    done = completed_at(run.snapshot)
    begin, end = _at(run, int(steps.start[0])), _at(run, int(done[count - 1]))
    return [Stretch(begin, end, "warm-up", run.colour)]


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
        if window.start is None:
            continue
        start, end = _window(run.snapshot, window)
        if window.state != "failed":
            name = f"trace w{window.id:03d}" + (f" {run.name}" if several else "")
            made.append(Stretch(_at(run, start), _at(run, end), name, run.colour))
    return made


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


def last_second(snapshot: RunSnapshot) -> float:
    """Return when the newest of everything that is drawn was seen, in s."""
    done = completed_at(snapshot)
    times = [snapshot.steps.end, done, snapshot.process.t, snapshot.host.t]
    times += [gpu.t for gpu in snapshot.gpus.values()]
    newest = max((int(t[-1]) for t in times if len(t)), default=snapshot.origin)
    return max(0.0, (newest - snapshot.origin) / 1e9)


def seconds_to_go(snapshot: RunSnapshot) -> float | None:
    """Return the likely rest of a live run in s, from its latest completed steps."""
    total, count = snapshot.total_steps, completed_count(snapshot)
    if not snapshot.state.live or total is None or count < 5:
        return None
    done = completed_at(snapshot)
    lately = min(count - 1, 50)
    each = float(done[count - 1] - done[count - 1 - lately]) / lately / 1e9
    return max(0.0, (total - count) * each)
