"""From snapshots of runs to the curves and marks of the live view. No Qt here.

A plot without a known value has no series, so its row is not shown; why stands
in the *Now* panel and in *Details*.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from diptych.gui.models.completion import completed_at, completed_count, settled_count
from diptych.gui.models.own_gpus import gpus_of, used
from diptych.gui.models.placing import Axis, Placing
from diptych.gui.plots.reduce import Floats, Ints
from diptych.gui.plots.series import Kind, Series
from diptych.gui.text import names
from diptych.gui.text.format import MINUS, reason
from diptych.gui.text.tr import tr
from diptych.gui.theme import Tokens
from diptych.profiling.records.kinds import PHASES
from diptych.profiling.runs import snapshot as runs
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.unusual import STALL_LEAST, STALL_TIMES

short_names = names.short_names
Bools = NDArray[np.bool_]
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
    axis: Axis = "time"

    @property
    def placing(self) -> Placing:
        """Where on the shared axis things of the run stand."""
        return Placing(self.snapshot, self.axis)

    def key(self, column: str) -> tuple[object, ...]:
        """Return the name of a column in all pictures."""
        return (self.snapshot.directory, self.axis, column)


def all_series(shown: list[Shown], tokens: Tokens) -> dict[str, list[Series]]:
    """Return the curves of every plot by the plot's key, in the order of the runs."""
    plots: dict[str, list[Series]] = {}
    for run in shown:
        for key, series in (*_steps(run, tokens), *_devices(run), *_process(run)):
            plots.setdefault(key, []).append(series)
    return plots


def _known(values: Floats) -> bool:
    """Whether anything is known: of long columns the newest say it at once."""
    return bool(np.isfinite(values[-4096:]).any()) or bool(np.isfinite(values).any())


def _steps(run: Shown, tokens: Tokens) -> list[tuple[str, Series]]:
    steps = run.snapshot.steps
    if not len(steps):
        return []
    made = []
    completed = _known(steps.completed)
    if completed:
        made.append(("step", _step_line(run, "completed", steps.completed)))
    # Where the framework works synchronously, dispatched is completed: one line says it.
    if not completed or run.snapshot.ruler != "sync":
        line = _step_line(run, "dispatched", steps.dispatched)
        # Alone it is the step time: a single slow step has to be seen in it.
        made.append(("step", replace(line, alone=not completed)))
    made.append(("phases", _phases(run, tokens)))
    if completed and _known(steps.samples):
        made.append(("throughput", _throughput(run)))
    odd = run.snapshot.odd_losses.first_nan is not None
    if odd or not np.isnan(steps.loss[-4096:]).all() or not np.isnan(steps.loss).all():
        made.append(("loss", _loss(run)))
    return made


def _step_line(run: Shown, label: str, values: Floats | Ints) -> Series:
    place, completed = run.placing, label == "completed"
    return Series(
        run.name,
        label,
        run.colour,
        run.mark,
        place.steps() if completed else place.dispatched(),
        values,
        place.origin,
        _MS,
        Kind.MEDIAN,
        dashed=not completed,
        gap=_step_gap(run),
        per=place.per,
        key=run.key(label),
        settled=settled_count(run.snapshot) if completed else None,
        why=tr("not completed yet, or its completion is not known") if completed else "",
    )


def _step_gap(run: Shown) -> int | None:
    """Return for how long no step may end, in ns, before the curves say so: as a stall."""
    lately = np.diff(run.placing.steps()[-256:])
    if run.axis == "step" or not len(lately):
        return None
    return max(STALL_LEAST, int(STALL_TIMES * float(np.median(lately))))


def _phases(run: Shown, tokens: Tokens) -> Series:
    place = run.placing
    begin, end = place.bars()
    return Series(
        run.name,
        "phases",
        run.colour,
        run.mark,
        end,
        run.snapshot.steps.phases,
        place.origin,
        _MS,
        Kind.STACK,
        begin=begin,
        colours=tokens.phases,
        labels=PHASES,
        per=place.per,
        key=run.key("phases"),
    )


def _throughput(run: Shown) -> Series:
    steps, place = run.snapshot.steps, run.placing
    return Series(
        run.name,
        run.name,
        run.colour,
        run.mark,
        place.steps(),
        steps.samples,
        place.origin,
        1e9,
        Kind.RATE,
        under=steps.completed,
        gap=_step_gap(run),
        per=place.per,
        key=run.key("samples"),
        settled=settled_count(run.snapshot),
    )


def _loss(run: Shown) -> Series:
    place, loss = run.placing, run.snapshot.steps.loss
    t = place.steps()
    return Series(
        run.name,
        run.name,
        run.colour,
        run.mark,
        t,
        loss,
        place.origin,
        1.0,
        Kind.MEDIAN,
        gap=_step_gap(run),
        per=place.per,
        key=run.key("loss"),
        settled=settled_count(run.snapshot),
        odd=_odd(run, t, loss),
        lost=_lost(run, t),
        why=tr("the script's loss was not seen, or was no finite number"),
    )


def _lost(run: Shown, t: Ints) -> tuple[int, str] | None:
    """Return since when every loss is NaN, and the words for it."""
    since, n = run.snapshot.odd_losses.nan_since, run.snapshot.steps.n
    row = len(n) if since is None else int(np.searchsorted(n, since))
    if row >= len(t):
        return None
    return int(t[row]), tr("loss is NaN since step {n}", n=f"{since:,}")


_ODD = 256
"""Marks of values that are no finite number, at the most: the first and the last ones."""
_odd_rows: dict[object, tuple[int, int, list[int]]] = {}


def _is_odd(run: Shown, part: slice) -> Bools:
    """Return which losses were infinite or NaN; those after the last number have a mark."""
    steps, since = run.snapshot.steps, run.snapshot.odd_losses.nan_since
    nan = (steps.flags[part] & np.uint8(runs.StepFlag.LOSS_NAN)) != 0
    if since is not None:
        nan &= steps.n[part] <= since
    odd: Bools = nan | np.isinf(steps.loss[part])
    return odd


def _odd(run: Shown, t: Ints, values: Floats) -> tuple[tuple[int, str], ...]:
    """Return where a loss was no number; rows that will not change are looked at once."""
    key, first = run.snapshot.directory, int(run.snapshot.steps.start[0])
    begun, done, rows = _odd_rows.get(key, (first, 0, []))
    if begun != first or done > len(values):
        done, rows = 0, []
    settled = settled_count(run.snapshot)
    rows = rows + (done + np.flatnonzero(_is_odd(run, slice(done, settled)))).tolist()
    rows = [*rows[:_ODD], *rows[-_ODD:]] if len(rows) > 2 * _ODD else rows
    if key not in _odd_rows and len(_odd_rows) > _ODD:
        _odd_rows.clear()
    _odd_rows[key] = (first, max(done, settled), rows)
    late = (settled + np.flatnonzero(_is_odd(run, slice(settled, None)))).tolist()
    return tuple((int(t[row]), _named(values[row])) for row in rows + late)


def _named(value: float) -> str:
    if value != value:
        return "NaN"
    return "+∞" if value > 0 else f"{MINUS}∞"


def _samples(
    run: Shown,
    label: str,
    series: runs.Series,
    column: str,
    scale: float = 1.0,
    *,
    where: str,
    dashed: bool = False,
) -> list[Series]:
    """Return the curve of a sampled column, none when nothing of it is known."""
    values = series.columns.get(column)
    if values is None or not _known(values):
        return []
    place, key = run.placing, run.key(f"{where} {column}")
    t, part = place.samples(series.t, where)
    made = Series(
        run.name,
        label,
        run.colour,
        run.mark,
        t,
        values[part],
        place.origin,
        scale,
        dashed=dashed,
        gap=_gap(series.t) if run.axis == "time" else None,
        per=place.per,
        # By step the first sample that has a place may change.
        key=key if run.axis == "time" else None,
        why=reason(series.reasons.get(column)) or tr("no sample there"),
    )
    return [made]


def _gap(t: Ints) -> int:
    """Return the longest time without a sample that is no hole: five usual intervals."""
    lately = np.diff(t[-64:])
    return max(_LEAST_GAP, int(5 * np.median(lately))) if len(lately) else _LEAST_GAP


def _devices(run: Shown) -> list[tuple[str, Series]]:
    made = []
    for index in gpus_of(run.snapshot):
        gpu, where = run.snapshot.gpus[index], f"gpu {index}"
        label = f"{run.name} GPU {index}"
        for key, column, scale in _GPU_ROWS:
            made += [(key, s) for s in _samples(run, label, gpu, column, scale, where=where)]
        if not _allocator(run.snapshot):
            made += [("gpu_mem", s) for s in _gpu_memory(run, gpu, where)]
    for device, memory in run.snapshot.memory.items():
        key = "memory" if device == "cpu" else "gpu_mem"
        for column, dashed in (("allocated", False), ("reserved", True)):
            found = _samples(run, column, memory, column, _GIB, dashed=dashed, where=device)
            made += [(key, s) for s in found]
    return made


_GPU_ROWS = (
    ("gpu_util", "util", 1.0),
    ("gpu_clock", "sm_clock", 1e-3),
    ("gpu_power", "power", 1.0),
    ("gpu_temp", "temperature", 1.0),
)


def _allocator(snapshot: RunSnapshot) -> bool:
    """Whether the framework says how much of the GPU's memory it has."""
    devices = (m for device, m in snapshot.memory.items() if device != "cpu")
    return any(_known(values) for memory in devices for values in memory.columns.values())


def _gpu_memory(run: Shown, gpu: runs.Series, where: str) -> list[Series]:
    """Return what the driver says: of the process tree, else of the whole device."""
    if used(gpu.columns.get("tree_mem")):
        return _samples(run, tr("process"), gpu, "tree_mem", _GIB, where=where)
    return _samples(run, tr("whole GPU"), gpu, "mem_used", _GIB, where=where)


def _process(run: Shown) -> list[tuple[str, Series]]:
    process = run.snapshot.process
    cpu = _samples(run, run.name, process, "cpu", where="process")
    rss = _samples(run, "RSS", process, "rss", _GIB, where="process")
    return [*(("cpu", s) for s in cpu), *(("memory", s) for s in rss)]


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
