"""What was different in one step: its phases and its surroundings against its neighbours.

Pure: from a snapshot and a row to an `Explanation`. It says what the records
know and names what they do not; it never guesses a cause.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.records.kinds import PHASES
from diptych.profiling.runs.series import THROTTLE
from diptych.profiling.runs.snapshot import (
    Ints,
    Pauses,
    RunSnapshot,
    Series,
    StepColumns,
    StepFlag,
)
from diptych.profiling.runs.unusual import step_lengths

NEIGHBOURS = 50
"""Steps before it and after it that a step is held against."""

_FEWEST = 5
"""With fewer steady neighbours, all of them are taken."""

_PERIOD = 1_000_000_000
"""A sample says nothing of what lies further away than this, in ns."""

_MINOR, _MAJOR = 20_000.0, 5.0
"""Page faults a second more than usual that are worth a word: some 2 % of a core, a disk."""

_APART = StepFlag.PROFILED | StepFlag.COMPILING


@dataclass(frozen=True, slots=True)
class Against:
    """A value of the step and the median of its neighbours, in ns; ``None`` where not known."""

    name: str
    here: float | None
    usual: float | None

    @property
    def more(self) -> float | None:
        """How much more it was than usual."""
        known = self.here is not None and self.usual is not None
        return (self.here or 0.0) - (self.usual or 0.0) if known else None


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that can make a step long. ``found``: whether it was there, ``None``: not known.

    ``code`` is one of `CODES`; ``values`` are its numbers (ns, bytes, percent, MHz)
    and names. What is not known has the reason in ``why``: ``not_recorded``,
    ``no_sample``, or one of the records' own reasons.
    """

    code: str
    found: bool | None
    values: dict[str, float | int | str] = field(default_factory=dict)
    why: str = ""


CODES = (
    "warmup",
    "compiling",
    "window",
    "window_edge",
    "validation",
    "inference",
    "samples",
    "process",
    "others",
    "memory",
    "swap",
    "clock",
    "throttle",
    "gc",
    "faults",
)


@dataclass(frozen=True, slots=True)
class Explanation:
    """One step beside its neighbours.

    ``length`` is its completed time (dispatched where that is not known, then
    ``completed`` is false), ``gap`` the time between the end of the step before
    and its beginning. ``phases`` are in the order of ``PHASES``; ``neighbours``
    is how many steps the medians are of.
    """

    n: int
    row: int
    completed: bool
    length: Against
    dispatched: Against
    gap: Against
    phases: tuple[Against, ...]
    neighbours: int
    facts: tuple[Fact, ...]


def explain(snapshot: RunSnapshot, row: int) -> Explanation:
    """Return what was different in the step at ``row``.

    Raises:
        IndexError: when there is no such row.
    """
    steps = snapshot.steps
    if not 0 <= row < len(steps):
        raise IndexError(f"there is no step {row} among {len(steps)}")
    near = _neighbours(snapshot, row)
    lengths = step_lengths(steps)
    completed = bool(np.isfinite(steps.completed[row]))
    times = lengths if completed else steps.dispatched
    gaps = steps.start[1:] - steps.end[:-1] if len(steps) > 1 else np.empty(0, np.int64)
    between = near[near > 0] - 1
    return Explanation(
        n=int(steps.n[row]),
        row=row,
        completed=completed,
        length=_against("length", times, row, near),
        dispatched=_against("dispatched", steps.dispatched, row, near),
        gap=Against(
            "gap",
            float(gaps[row - 1]) if row else None,
            float(np.median(gaps[between])) if len(between) else None,
        ),
        phases=tuple(
            _against(name, phase, row, near)
            for name, phase in zip(PHASES, steps.phases, strict=True)
        ),
        neighbours=len(near),
        facts=tuple(_facts(snapshot, row, near)),
    )


def _neighbours(snapshot: RunSnapshot, row: int) -> Ints:
    """Return the rows that ``row`` is held against: steady ones, if there are enough."""
    steps = snapshot.steps
    rows = np.arange(max(0, row - NEIGHBOURS), min(len(steps), row + NEIGHBOURS + 1))
    rows = rows[rows != row]
    steady: Ints = rows[(rows >= (snapshot.warmup or 0)) & ((steps.flags[rows] & _APART) == 0)]
    return steady if len(steady) >= _FEWEST else rows


def _against(name: str, values: NDArray[np.generic], row: int, near: Ints) -> Against:
    known = np.asarray(values[near], np.float64)
    known = known[np.isfinite(known)]
    here = float(values[row])
    usual = float(np.median(known)) if len(known) else None
    return Against(name, here if np.isfinite(here) else None, usual)


# -- what was around it ----------------------------------------------------------------


def _facts(snapshot: RunSnapshot, row: int, near: Ints) -> list[Fact]:
    steps = snapshot.steps
    begin = int(steps.end[row - 1]) if row else int(steps.start[row])
    end = int(steps.end[row])
    if np.isfinite(steps.completed_at[row]):
        end = max(end, int(steps.completed_at[row]))
    around = _Around(
        snapshot,
        begin,
        end,
        int(steps.start[near[0]]) if len(near) else begin,
        int(steps.end[near[-1]]) if len(near) else end,
    )
    flags = int(steps.flags[row])
    warmup = snapshot.warmup
    return [
        Fact("warmup", None if warmup is None else row < warmup, why="too_few"),
        Fact("compiling", bool(flags & StepFlag.COMPILING)),
        _window(snapshot, row),
        _window_edge(snapshot, begin, end),
        _validation(snapshot, begin, end),
        _mode(steps, row, near),
        _samples(steps, row, near),
        around.process(),
        around.others(),
        around.memory(),
        around.swap(),
        *around.gpus(),
        _collected(snapshot, row, near, end),
        around.faults(),
    ]


def _window(snapshot: RunSnapshot, row: int) -> Fact:
    if not int(snapshot.steps.flags[row]) & StepFlag.PROFILED:
        return Fact("window", False)
    n = int(snapshot.steps.n[row])
    for window in snapshot.windows:
        if window.first is not None and window.first <= n <= (window.last or window.first):
            return Fact("window", True, {"window": window.id})
    return Fact("window", True)


def _window_edge(snapshot: RunSnapshot, begin: int, end: int) -> Fact:
    """Return whether a window was opened or ended between the step before and the step's end."""
    for window in snapshot.windows:
        edges = [t for t in (window.start, window.end) if t is not None]
        if any(begin <= t <= end for t in edges):
            values: dict[str, float | int | str] = {"window": window.id}
            if window.pause is not None:
                values["pause"] = window.pause
            return Fact("window_edge", True, values)
    return Fact("window_edge", False)


def _validation(snapshot: RunSnapshot, begin: int, end: int) -> Fact:
    inside = sum(max(0, min(end, e.end) - max(begin, e.start)) for e in snapshot.evals)
    return Fact("validation", inside > 0, {"length": inside} if inside else {})


def _mode(steps: StepColumns, row: int, near: Ints) -> Fact:
    infer = (steps.flags & StepFlag.INFERENCE) != 0
    other = bool(infer[row]) != bool(np.median(infer[near])) if len(near) else False
    return Fact("inference", other, {"mode": "infer" if infer[row] else "train"})


def _samples(steps: StepColumns, row: int, near: Ints) -> Fact:
    found = _against("samples", steps.samples, row, near)
    if found.here is None or found.usual is None:
        return Fact("samples", None, why="not_recorded")
    return Fact("samples", found.here != found.usual, {"here": found.here, "usual": found.usual})


def _collected(snapshot: RunSnapshot, row: int, near: Ints, end: int) -> Fact:
    """Return for how long the collector ran between the step before and the step's end, in ns."""
    pauses, steps = snapshot.pauses, snapshot.steps
    begin = int(steps.end[row - 1]) if row else int(steps.start[row])
    if pauses.since is None or pauses.since > begin:
        return Fact("gc", None, why="not_recorded")
    here = _paused(pauses, begin, end)
    begins = [int(steps.end[other - 1]) if other else int(steps.start[other]) for other in near]
    ends = steps.end[near].tolist()
    around = [_paused(pauses, *span) for span in zip(begins, ends, strict=True)]
    usual = float(np.median(around)) if around else 0.0
    return Fact("gc", here - usual > 0.02 * (end - begin), {"here": here, "usual": usual})


def _paused(pauses: Pauses, begin: int, end: int) -> int:
    """Return how much of a stretch the pauses take; they follow one another."""
    first = int(np.searchsorted(pauses.end, begin, "right"))
    stop = int(np.searchsorted(pauses.start, end, "left"))
    inside = np.minimum(pauses.end[first:stop], end) - np.maximum(pauses.start[first:stop], begin)
    return int(inside.sum())


@dataclass(frozen=True, slots=True)
class _Around:
    """Samples in the step (after ``begin`` up to ``end``) and among its neighbours, in ns."""

    snapshot: RunSnapshot
    begin: int
    end: int
    first: int
    last: int

    def _pair(self, series: Series, column: str) -> tuple[float, float] | str:
        """Return a column's value in the step and its usual one, or why there is none."""
        values = series.columns.get(column)
        if values is None or not len(values):
            return series.reasons.get(column) or "no_sample"
        own, all_of_it = (
            _covering(series.t, self.begin, self.end),
            _covering(series.t, self.first, self.last),
        )
        here = values[own]
        near = np.concatenate(
            (values[all_of_it.start : own.start], values[own.stop : all_of_it.stop])
        )
        here, near = here[np.isfinite(here)], near[np.isfinite(near)]
        if not len(here) or not len(near):
            return series.reasons.get(column) or "no_sample"
        return float(here.mean()), float(np.median(near))

    def _fact(
        self, code: str, series: Series, column: str, differs: Callable[[float, float], bool]
    ) -> Fact:
        pair = self._pair(series, column)
        if isinstance(pair, str):
            return Fact(code, None, why=pair)
        return Fact(code, differs(*pair), {"here": pair[0], "usual": pair[1]})

    def process(self) -> Fact:
        """Return the processors that the run's own processes had, percent of one core."""
        return self._fact(
            "process", self.snapshot.process, "cpu", lambda a, b: abs(a - b) > max(20.0, 0.25 * b)
        )

    def others(self) -> Fact:
        """Return the processors that everything else on the machine had, percent of one core."""
        host = self.snapshot.manifest.host if self.snapshot.manifest else None
        cores = host.cores_logical if host else None
        whole = self._pair(self.snapshot.host, "cpu")
        own = self._pair(self.snapshot.process, "cpu")
        if cores is None or isinstance(whole, str) or isinstance(own, str):
            why = next((w for w in (whole, own) if isinstance(w, str)), "unknown")
            return Fact("others", None, why=why)
        here, usual = (max(0.0, w * cores - o) for w, o in zip(whole, own, strict=True))
        return Fact("others", here - usual > 50.0, {"here": here, "usual": usual})

    def memory(self) -> Fact:
        """Return the run's resident memory, bytes."""
        return self._fact(
            "memory",
            self.snapshot.process,
            "rss",
            lambda a, b: abs(a - b) > max(64 * 2**20, 0.05 * b),
        )

    def swap(self) -> Fact:
        """Return the machine's swapped memory, bytes."""
        return self._fact("swap", self.snapshot.host, "swap_used", lambda a, b: a - b > 2**20)

    def faults(self) -> Fact:
        """Return page faults of the run's processes a second, in memory and from disk."""
        process = self.snapshot.process
        minor = self._pair(process, "minor_faults")
        major = self._pair(process, "major_faults")
        if isinstance(minor, str) or isinstance(major, str):
            known = np.isfinite(process.columns["minor_faults"]).any()
            why = "no_sample" if known or not len(process.t) else "not_recorded"
            return Fact("faults", None, why=why)
        (here, usual), (disk, usual_disk) = minor, major
        many = here - usual > max(_MINOR, 0.25 * usual)
        values = {"here": here, "usual": usual, "disk": disk, "usual_disk": usual_disk}
        return Fact("faults", many or disk - usual_disk > _MAJOR, {**values})

    def gpus(self) -> list[Fact]:
        """Return clocks of the GPUs, and what held them down."""
        made: list[Fact] = []
        for index, gpu in self.snapshot.gpus.items():
            clock = self._fact("clock", gpu, "sm_clock", lambda a, b: a < 0.95 * b)
            made.append(Fact(clock.code, clock.found, {"gpu": index, **clock.values}, clock.why))
            made.append(self._throttle(index, gpu))
        if not made:
            why = "no_gpu"
            made = [Fact("clock", None, why=why), Fact("throttle", None, why=why)]
        return made

    def _throttle(self, index: int, gpu: Series) -> Fact:
        values = gpu.columns.get("throttle")
        if values is None:
            return Fact("throttle", None, {"gpu": index}, "not_recorded")
        here = values[_covering(gpu.t, self.begin, self.end)]
        here = here[np.isfinite(here)]
        if not len(here):
            return Fact("throttle", None, {"gpu": index}, gpu.reasons.get("throttle", "no_sample"))
        bits = int(np.bitwise_or.reduce(here.astype(np.int64)))
        words = throttle_words(bits)
        return Fact("throttle", bits != 0, {"gpu": index, "reasons": ", ".join(words)})


def throttle_words(bits: int) -> Sequence[str]:
    """Return what the bits of a ``throttle`` column say."""
    return [word for number, word in enumerate(THROTTLE) if bits & (1 << number)]


def _covering(t: Ints, begin: int, end: int) -> slice:
    """Return the samples that say something of a stretch: each is of the time before it."""
    first, stop = int(np.searchsorted(t, begin, "right")), int(np.searchsorted(t, end, "right"))
    if stop < len(t) and t[stop] - end <= _PERIOD:
        stop += 1
    return slice(first, stop)
