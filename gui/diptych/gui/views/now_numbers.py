"""The numbers of one stretch of one run, in words for the *Now* panel. No Qt here.

They are the summary's numbers (`runs.statistics`) over the stretch. What is
not known is ``—`` with the reason as its hint.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from diptych.gui.text import format as fmt
from diptych.gui.views.live_series import gpus_of
from diptych.profiling.records.summary import StepTimes
from diptych.profiling.runs.snapshot import Floats, RunSnapshot, Series, StepColumns
from diptych.profiling.runs.statistics import (
    counted_steps,
    overhead_percent,
    phase_means,
    samples_per_second,
    step_times,
)

RULERS = {
    "fence": ("Fenced", "Each step ends with a wait for the device: exact times, one ruler."),
    "sync": (
        "Synchronous",
        "On this device the framework finishes a step before it returns: dispatched is completed.",
    ),
    "event": (
        "Observed, not fenced",
        "A mark in the device's queue ends a step. Good for watching; for a verdict, run fenced.",
    ),
    "loss": (
        "Observed, not fenced",
        "A step lasts from loss to loss. Good for watching; for a verdict, run fenced.",
    ),
}
_SEEN_BY = {
    "fence": "by a fence",
    "sync": "as dispatched",
    "event": "by the device's own marks",
    "loss": "by its loss",
    None: "not yet",
}
_NO_RULER = ("Not measured yet", "No step is known to be completed.")


@dataclass(frozen=True, slots=True)
class Cell:
    """A number as it is shown, and what its tooltip says."""

    text: str
    hint: str = ""


Rows = dict[tuple[str, str], Cell]
"""By section and label, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The part of a run that is looked at: ``low`` to ``high`` in ns of its clock."""

    snapshot: RunSnapshot
    low: int
    high: int

    @property
    def steps(self) -> StepColumns:
        """The steps that ended in it."""
        first, stop = self._rows()
        cut = {
            f.name: getattr(self.snapshot.steps, f.name)[..., first:stop]
            for f in fields(StepColumns)
        }
        return StepColumns(**cut)

    def _rows(self) -> tuple[int, int]:
        end = self.snapshot.steps.end
        first = int(np.searchsorted(end, self.low, "right"))
        return first, int(np.searchsorted(end, self.high, "right"))

    @property
    def count(self) -> int:
        """How many steps ended in it."""
        first, stop = self._rows()
        return stop - first

    @property
    def warmup(self) -> int:
        """How many of its first steps are warm-up."""
        return max(0, (self.snapshot.warmup or 0) - self._rows()[0])

    def sampled(self, series: Series, column: str) -> Floats:
        """Return the known values of a sampled column within it."""
        values = series.columns.get(column)
        if values is None:
            return np.empty(0)
        low = int(np.searchsorted(series.t, self.low, "right"))
        high = int(np.searchsorted(series.t, self.high, "right"))
        part = values[low:high]
        return part[np.isfinite(part)]


def rows(stretch: Stretch) -> Rows:
    """Return everything that the panel says of one run's stretch."""
    made = _speed(stretch) | _device(stretch) | _host(stretch) | _phases(stretch)
    return made | _trust(stretch)


def _counted(stretch: Stretch) -> tuple[StepColumns, NDArray[np.bool_], str]:
    """Return the steps, which of them count, and what was left out."""
    steps = stretch.steps
    counted = counted_steps(steps, stretch.warmup)
    left_out = int((~counted).sum())
    if not counted.any() and len(steps):
        return steps, np.ones(len(steps), bool), "only warm-up and profiled steps in this stretch"
    words = fmt.plural(left_out, "warm-up or profiled step")
    return steps, counted, f"{words} left out" if left_out else ""


def _speed(stretch: Stretch) -> Rows:
    steps, counted, note = _counted(stretch)
    times = step_times(steps.completed[counted], stretch.snapshot.ruler)
    dispatched = step_times(steps.dispatched[counted].astype(np.float64), None)
    rate = samples_per_second(steps, counted)
    why = "" if times.counted else _why_no_time(steps)
    hint = why or f"mean of {fmt.plural(times.counted, 'step')}" + (f"; {note}" if note else "")
    no_rate = why or "the number of samples in a batch is not known"
    return {
        ("", "ms/step"): Cell(fmt.number(times.mean), hint),
        ("", "p50"): Cell(fmt.number(times.median), why or "half of the steps are as fast, in ms"),
        ("", "p99"): Cell(fmt.number(times.p99), why or "99 of 100 steps are as fast, in ms"),
        ("", "samples/s"): Cell(fmt.number(rate), "" if rate is not None else no_rate),
    } | _ahead(stretch, steps, counted, times, dispatched)


def _ahead(
    stretch: Stretch,
    steps: StepColumns,
    counted: NDArray[np.bool_],
    times: StepTimes,
    dispatched: StepTimes,
) -> Rows:
    """Return how far the Python loop is ahead of the device."""
    why = "" if times.counted else _why_no_time(steps)
    gap = late = None
    if stretch.snapshot.ruler == "sync":
        why = "dispatched is completed here"
    elif times.median is not None and dispatched.median is not None:
        gap = times.median - dispatched.median
        lags = (steps.completed_at - steps.end)[counted]
        late = float(np.nanmedian(lags)) if np.isfinite(lags).any() else None
    return {
        ("Run-ahead", "dispatched"): Cell(
            fmt.duration(_ns(dispatched.median)),
            "time of the Python loop per step, median" if dispatched.counted else why,
        ),
        ("Run-ahead", "gap"): Cell(
            fmt.duration(_ns(gap)),
            "completed less dispatched, medians" if gap is not None else why,
        ),
        ("Run-ahead", "device is late"): Cell(
            fmt.duration(late),
            "from the end of a step's dispatch to its completion, median"
            if late is not None
            else why,
        ),
    }


def _ns(milliseconds: float | None) -> float | None:
    return None if milliseconds is None else milliseconds * 1e6


def _why_no_time(steps: StepColumns) -> str:
    if not len(steps):
        return "no step ended in this stretch"
    return "the completion of these steps is not known"


def _mean(values: Floats) -> float | None:
    return float(values.mean()) if len(values) else None


def _why(series: Series, column: str) -> str:
    return fmt.reason(series.reasons.get(column)) or "no sample in this stretch"


def _cell(
    stretch: Stretch, series: Series, column: str, show: Callable[[float | None], str], hint: str
) -> Cell:
    """Return the mean of a sampled column, or why there is none."""
    value = _mean(stretch.sampled(series, column))
    return Cell(show(value), hint if value is not None else _why(series, column))


def _device(stretch: Stretch) -> Rows:
    made: Rows = {}
    indices = gpus_of(stretch.snapshot)
    for index in indices:
        section = "Device" if len(indices) == 1 else f"GPU {index}"
        gpu = stretch.snapshot.gpus[index]
        info = stretch.snapshot.gpu_info.get(index)
        name = (info.name or "") if info else ""
        made[section, "GPU"] = _cell(stretch, gpu, "util", fmt.percent, name)
        made[section, "SM clock"] = _cell(stretch, gpu, "sm_clock", _gigahertz, name)
        made[section, "memory"] = _cell(stretch, gpu, "mem_used", fmt.memory, name)
        made[section, "power"] = _cell(stretch, gpu, "power", _watts, name)
        made[section, "energy/sample"] = _energy(stretch, gpu)
    return made | _allocator(stretch)


def _gigahertz(megahertz: float | None) -> str:
    return fmt.with_unit(None if megahertz is None else megahertz / 1e3, "GHz")


def _watts(value: float | None) -> str:
    return fmt.with_unit(value, "W")


def _energy(stretch: Stretch, gpu: Series) -> Cell:
    used = stretch.sampled(gpu, "energy")
    samples = float(np.nansum(stretch.steps.samples))
    if len(used) < 2:
        return Cell(fmt.UNKNOWN, _why(gpu, "energy"))
    if samples <= 0:
        return Cell(fmt.UNKNOWN, "the number of samples is not known")
    each = float(used[-1] - used[0]) / samples
    return Cell(fmt.with_unit(each, "mJ"), "of the whole GPU, over the samples of these steps")


def _allocator(stretch: Stretch) -> Rows:
    made: Rows = {}
    for device, series in stretch.snapshot.memory.items():
        for column, name in (("allocated", "allocated"), ("peak", "peak")):
            values = stretch.sampled(series, column)
            if len(values):
                text = fmt.memory(float(values.max() if column == "peak" else values.mean()))
                made["Device", name] = Cell(text, f"by the framework, on {device}")
    return made


def _host(stretch: Stretch) -> Rows:
    process = stretch.snapshot.process
    every = "all processes of the run"
    cpu = _cell(stretch, process, "cpu", fmt.percent, f"of one core, {every}")
    return {
        ("Host", "CPU"): cpu,
        ("Host", "RSS"): _cell(stretch, process, "rss", fmt.memory, every),
    }


def _phases(stretch: Stretch) -> Rows:
    steps, counted, _ = _counted(stretch)
    means = phase_means(steps, counted)
    hint = "mean of the steps; the phases add up to dispatched"
    return {
        ("Phases, mean", name): Cell(
            fmt.duration(None if mean is None else mean * 1e6),
            _why_no_time(steps) if mean is None else hint,
        )
        for name, mean in means.items()
    }


def _trust(stretch: Stretch) -> Rows:
    steps, counted, _ = _counted(stretch)
    snapshot, losses = stretch.snapshot, stretch.snapshot.losses
    overhead = overhead_percent(steps, counted)
    lost = losses.missing + losses.malformed + losses.not_written
    parts = (
        f"{losses.missing} missing, {losses.malformed} damaged, {losses.not_written} not written"
    )
    section = "Can I trust this?"
    warmup = snapshot.warmup
    made = {
        (section, "overhead"): Cell(
            fmt.percent(overhead),
            "Diptych's own time in the training thread"
            if overhead is not None
            else "not measured in this stretch",
        ),
        (section, "records lost"): Cell(fmt.count(lost), f"of the whole run: {parts}"),
        (section, "warm-up"): Cell(
            fmt.UNKNOWN if warmup is None else fmt.plural(warmup, "step"),
            "too few steps to tell" if warmup is None else "slow first steps, set apart",
        ),
    }
    if snapshot.notices:
        texts = "\n".join(notice.text for notice in snapshot.notices[:8])
        made[section, "warnings"] = Cell(fmt.count(len(snapshot.notices)), texts)
    return made


def ruler_words(snapshots: list[tuple[str, RunSnapshot]]) -> tuple[str, str]:
    """Return the title and the text of the card on how steps were measured.

    ``snapshots`` are (name, snapshot) of the shown runs.
    """
    rulers = {name: snapshot.ruler for name, snapshot in snapshots}
    different = set(rulers.values())
    if len(different) <= 1:
        return RULERS.get(next(iter(different), None) or "", _NO_RULER)
    said = ", ".join(f"{name} {_SEEN_BY.get(ruler)}" for name, ruler in rulers.items())
    return "Not one ruler", f"Completion is seen: {said}. For a verdict, run them fenced."
