"""The numbers of one stretch of one run, in words for the *Now* panel. No Qt here.

They are the summary's numbers (`runs.statistics`) over the stretch. What is
not known is ``—`` with the reason as its hint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from diptych.gui.models.completion import completed_at, completed_count
from diptych.gui.models.own_gpus import own_gpus
from diptych.gui.text import format as fmt
from diptych.gui.text.runs import lost_count, lost_parts
from diptych.gui.text.tr import tr, trn
from diptych.profiling.runs.snapshot import Floats, Ints, RunSnapshot, Series, StepColumns, StepFlag
from diptych.profiling.runs.statistics import (
    counted_steps,
    overhead_percent,
    phase_means,
    samples_per_second,
    step_times,
)

_HEAD = 16_384
"""Steps after the warm-up in which the device has caught up with it, or nothing is known."""


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as it is shown, and what its tooltip says."""

    text: str
    hint: str = ""
    share: str = ""
    """A part of the whole, in percent, that belongs to it."""


MEDIAN = tr("ms/step, median")
PHASES = tr("Phases, mean ms and share")
_AHEAD = tr("Run-ahead, mean")
_DEVICE = tr("Device")
_HOST = tr("Host")
_TRUST = tr("Can I trust this?")
Rows = dict[tuple[str, str], Cell]
"""By section and label, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class _Counted:
    """Steps, which of them count, and in words what was left out."""

    steps: StepColumns
    mask: NDArray[np.bool_]
    note: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a run that is looked at: ``low`` to ``high`` in ns of its clock."""

    snapshot: RunSnapshot
    low: int
    high: int

    @property
    def steps(self) -> StepColumns:
        """The steps that were completed in it: those of the curves."""
        return self._cut(*self._rows())

    def _cut(self, first: int, stop: int) -> StepColumns:
        cut = {
            f.name: getattr(self.snapshot.steps, f.name)[..., first:stop]
            for f in fields(StepColumns)
        }
        return StepColumns(**cut)

    def _rows(self) -> tuple[int, int]:
        # Beyond the newest completion is what the device is still at.
        over = completed_at(self.snapshot)[: completed_count(self.snapshot)]
        return _between(over, self.low, self.high)

    def counted(self) -> tuple[_Counted, _Counted]:
        """Return the steps completed in it, as the curves, and those dispatched, as the bars.

        Whether a step counts is a matter of the whole run, not of the stretch.
        """
        dispatched = _between(self.snapshot.steps.end, self.low, self.high)
        return self._count(*self._rows()), self._count(*dispatched)

    def _which_count(self, first: int, stop: int) -> NDArray[np.bool_]:
        """Return `counted_steps` of some rows, without a look at all others if that can be.

        Beyond the warm-up, and the steps queued behind it, each step speaks for itself.
        """
        steps, warmup = self.snapshot.steps, self.snapshot.warmup
        head = min(len(steps), (warmup or 0) + _HEAD)
        if first >= head or (stop - first) * 4 < len(steps):
            mask = counted_steps(self._cut(0, head), warmup)
            if head == len(steps) or mask[-_HEAD // 2 :].any():
                apart = StepFlag.PROFILED | StepFlag.COMPILING
                rest = (steps.flags[max(first, head) : stop] & apart) == 0
                return np.concatenate((mask[min(first, head) : min(stop, head)], rest))
        return counted_steps(steps, warmup)[first:stop]

    def _count(self, first: int, stop: int) -> _Counted:
        steps, counted = self._cut(first, stop), self._which_count(first, stop)
        if len(steps) and not counted.any():
            note = tr("only warm-up and profiled steps in this stretch")
            return _Counted(steps, np.ones(len(steps), bool), note)
        words = trn(
            "{n} warm-up or profiled step left out",
            "{n} warm-up or profiled steps left out",
            int((~counted).sum()),
        )
        return _Counted(steps, counted, "" if counted.all() else words)

    @property
    def steady_from(self) -> int:
        """When the run's warm-up was over, in ns; its beginning where there is none."""
        count = self.snapshot.warmup or 0
        done = completed_at(self.snapshot)
        return int(done[count - 1]) if 0 < count <= len(done) else self.snapshot.origin

    def completed_between(self, low: int, high: int) -> StepColumns:
        """Return the steps that were completed after ``low`` and up to ``high`` ns."""
        return Stretch(self.snapshot, low, high).steps

    @property
    def count(self) -> int:
        """How many steps were completed in it."""
        first, stop = self._rows()
        return stop - first

    def readings(self, series: Series, column: str) -> tuple[Ints, Floats]:
        """Return when a sampled column was known within it, and the values."""
        values = series.columns.get(column)
        if values is None:
            return np.empty(0, np.int64), np.empty(0)
        first, stop = _between(series.t, self.low, self.high)
        part = values[first:stop]
        known = np.isfinite(part)
        return series.t[first:stop][known], part[known]

    def sampled(self, series: Series, column: str) -> Floats:
        """Return the known values of a sampled column within it."""
        return self.readings(series, column)[1]


def _between(times: Ints, low: int, high: int) -> tuple[int, int]:
    """Return the first row after ``low`` and the first after ``high``."""
    return int(np.searchsorted(times, low, "right")), int(np.searchsorted(times, high, "right"))


def whole(snapshot: RunSnapshot) -> Stretch:
    """Return all of a run: the numbers of its summary."""
    return Stretch(snapshot, -1, np.iinfo(np.int64).max)


def rows(stretch: Stretch) -> Rows:
    """Return everything that the panel says of one run's stretch."""
    completed, dispatched = stretch.counted()
    made = _speed(stretch, completed) | _ahead(stretch, completed, dispatched)
    made |= _device(stretch) | _host(stretch) | _phases(dispatched)
    return made | _trust(stretch, completed)


def _speed(stretch: Stretch, seen: _Counted) -> Rows:
    times = step_times(seen.steps.completed[seen.mask], stretch.snapshot.ruler)
    rate = samples_per_second(seen.steps, seen.mask)
    why = "" if times.counted else _why_no_time(seen.steps)
    no_rate = why or tr("the number of samples in a batch is not known")
    median = _noted(trn("median of {n} step", "median of {n} steps", times.counted), seen.note)
    mean = _noted(trn("mean of {n} step", "mean of {n} steps", times.counted), seen.note)
    return {
        ("", MEDIAN): Cell(fmt.number(times.median), why or median),
        ("", tr("mean")): Cell(fmt.number(times.mean), why or mean),
        ("", "p95"): Cell(fmt.number(times.p95), why or tr("95 of 100 steps are as fast, in ms")),
        ("", "p99"): Cell(fmt.number(times.p99), why or tr("99 of 100 steps are as fast, in ms")),
        ("", tr("samples/s")): Cell(fmt.number(rate), "" if rate is not None else no_rate),
    }


def _noted(text: str, note: str) -> str:
    return tr("{text}; {note}", text=text, note=note) if note else text


def _ahead(stretch: Stretch, seen: _Counted, dispatched: _Counted) -> Rows:
    """Return how far the Python loop is ahead of the device."""
    steps = seen.steps
    known = seen.mask & np.isfinite(steps.completed)
    why = "" if known.any() else _why_no_time(steps)
    gap = late = None
    if stretch.snapshot.ruler == "sync":
        why = tr("dispatched is completed here")
    elif known.any():
        gap = float((steps.completed - steps.dispatched)[known].mean())
        late = float((steps.completed_at - steps.end)[known].mean())
    same = tr("completed less dispatched of the same steps, mean")
    lag = tr("from the end of a step's dispatch to its completion, mean")
    return {
        (_AHEAD, tr("dispatched")): _dispatched(dispatched),
        (_AHEAD, tr("gap")): Cell(fmt.duration(gap), same if gap is not None else why),
        (_AHEAD, tr("device is late")): Cell(fmt.duration(late), lag if late is not None else why),
    }


def _dispatched(seen: _Counted) -> Cell:
    times = step_times(seen.steps.dispatched[seen.mask].astype(np.float64), None)
    hint = trn(
        "time of the Python loop per step, mean of the {n} step dispatched in this stretch",
        "time of the Python loop per step, mean of the {n} steps dispatched in this stretch",
        times.counted,
    )
    known = _noted(hint, seen.note)
    return Cell(fmt.duration(_ns(times.mean)), known if times.counted else _NO_DISPATCH)


_NO_DISPATCH = tr("no step was dispatched in this stretch")


def _ns(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds * 1e6


def _why_no_time(steps: StepColumns) -> str:
    if not len(steps):
        return tr("no step was completed in this stretch")
    return tr("the completion of these steps is not known")


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def _why(series: Series, column: str) -> str:
    return fmt.reason(series.reasons.get(column)) or tr("no sample in this stretch")


def _cell(
    stretch: Stretch, series: Series, column: str, show: Callable[[float | None], str], hint: str
) -> Cell:
    """Return the mean of a sampled column, or why there is none."""
    value = _mean(stretch.sampled(series, column))
    return Cell(show(value), hint if value is not None else _why(series, column))


def _device(stretch: Stretch) -> Rows:
    made: Rows = {}
    indices, why = own_gpus(stretch.snapshot)
    if stretch.snapshot.gpus and not indices:
        made[_DEVICE, tr("GPU")] = Cell(fmt.UNKNOWN, why)
    for index in indices:
        section = _DEVICE if len(indices) == 1 else tr("GPU {device}", device=index)
        gpu = stretch.snapshot.gpus[index]
        info = stretch.snapshot.gpu_info.get(index)
        name = (info.name or "") if info else ""
        made[section, tr("GPU")] = _cell(stretch, gpu, "util", fmt.percent, name)
        made[section, tr("SM clock")] = _cell(stretch, gpu, "sm_clock", _gigahertz, name)
        made[section, tr("memory")] = _cell(stretch, gpu, "mem_used", fmt.memory, name)
        made[section, tr("power")] = _cell(stretch, gpu, "power", _watts, name)
        made[section, tr("energy")] = _energy_used(stretch, gpu)
        made[section, tr("energy/sample")] = _energy(stretch, gpu)
    return made | _allocator(stretch)


def _gigahertz(megahertz: float | None) -> str:
    return fmt.with_unit(None if megahertz is None else megahertz / 1e3, "GHz")


def _watts(value: float | None) -> str:
    return fmt.with_unit(value, "W")


def _energy_used(stretch: Stretch, gpu: Series) -> Cell:
    times, used = stretch.readings(gpu, "energy")
    if len(used) < 2:
        return Cell(fmt.UNKNOWN, _why(gpu, "energy") if not len(used) else _ONE_READING)
    span = fmt.number((times[-1] - times[0]) / 1e9)
    hint = tr("of the whole GPU, between the readings in this stretch ({span} s)", span=span)
    return Cell(fmt.with_unit(float(used[-1] - used[0]) / 1e3, "J"), hint)


def _energy(stretch: Stretch, gpu: Series) -> Cell:
    times, used = stretch.readings(gpu, "energy")
    if len(used) < 2:
        return Cell(fmt.UNKNOWN, _why(gpu, "energy") if not len(used) else _ONE_READING)
    steady = times >= stretch.steady_from
    if steady.sum() >= 2:
        times, used = times[steady], used[steady]
    # Of the same time: what was used before the first reading is not known.
    steps = stretch.completed_between(int(times[0]), int(times[-1]))
    samples = float(steps.samples.sum())
    if not len(steps):
        return Cell(fmt.UNKNOWN, tr("no step was completed between two readings"))
    if not samples > 0:
        return Cell(fmt.UNKNOWN, tr("the number of samples is not known"))
    each = float(used[-1] - used[0]) / samples
    span = (times[-1] - times[0]) / 1e9
    hint = trn(
        "of the whole GPU, over {n} step in {span} s",
        "of the whole GPU, over {n} steps in {span} s",
        len(steps),
        span=fmt.number(span),
    )
    return Cell(fmt.with_unit(each, "mJ"), hint)


_ONE_READING = tr("only one reading in this stretch")


def _allocator(stretch: Stretch) -> Rows:
    made: Rows = {}
    for device, series in stretch.snapshot.memory.items():
        for column, name in (("allocated", tr("allocated")), ("peak", tr("peak"))):
            values = stretch.sampled(series, column)
            if len(values):
                text = fmt.memory(float(values.max() if column == "peak" else values.mean()))
                hint = tr("by the framework, on {device}", device=device)
                made[_DEVICE, name] = Cell(text, hint)
    return made


def _host(stretch: Stretch) -> Rows:
    process = stretch.snapshot.process
    every = tr("all processes of the run")
    of_core = tr("of one core, all processes of the run")
    cpu = _cell(stretch, process, "cpu", fmt.percent, of_core)
    return {
        (_HOST, tr("CPU")): cpu,
        (_HOST, tr("RSS")): _cell(stretch, process, "rss", fmt.memory, every),
    }


def _phases(seen: _Counted) -> Rows:
    means = phase_means(seen.steps, seen.mask)
    fenced = ((seen.steps.flags[seen.mask] & StepFlag.FENCED) != 0).any()
    mean_of = trn(
        "mean of the {n} step dispatched in this stretch",
        "mean of the {n} steps dispatched in this stretch",
        int(seen.mask.sum()),
    )
    hint = _noted(
        mean_of,
        tr("the wait for the device counts as other, so they add up to the mean completed time")
        if fenced
        else tr("they add up to dispatched"),
    )
    total = sum(mean for mean in means.values() if mean is not None)
    return {
        (PHASES, name): Cell(fmt.number(mean), hint, fmt.percent(mean / total * 100))
        if mean is not None and total > 0
        else Cell(fmt.UNKNOWN, _NO_DISPATCH)
        for name, mean in means.items()
    }


def _trust(stretch: Stretch, seen: _Counted) -> Rows:
    snapshot, losses = stretch.snapshot, stretch.snapshot.losses
    overhead = overhead_percent(seen.steps, seen.mask)
    parts = tr("of the whole run: {parts}", parts=lost_parts(losses))
    warmup = snapshot.warmup
    made = {
        (_TRUST, tr("overhead")): Cell(
            fmt.at_least_percent(overhead),
            tr(
                "Diptych's own instructions in the training thread; what they push out of the "
                "processor's caches cannot be seen from inside"
            )
            if overhead is not None
            else tr("not measured in this stretch"),
        ),
        (_TRUST, tr("records lost")): Cell(fmt.count(lost_count(losses)), parts),
        (_TRUST, tr("warm-up")): Cell(
            fmt.UNKNOWN if warmup is None else trn("{n} step", "{n} steps", warmup),
            tr("too few steps to tell") if warmup is None else tr("slow first steps, set apart"),
        ),
    }
    if snapshot.notices:
        texts = "\n".join(notice.text for notice in snapshot.notices[:8])
        made[_TRUST, tr("warnings")] = Cell(fmt.count(len(snapshot.notices)), texts)
    return made
