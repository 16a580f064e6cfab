"""Two or more runs of the same work, compared: what every view and report of it shows.

Pure: made from snapshots, without a clock and without a random seed of its own,
so the same runs always say the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec
import numpy as np

from diptych.profiling.compare import rates, rounds
from diptych.profiling.compare.bootstrap import Interval, median_interval
from diptych.profiling.compare.explain import NoWindowError, explain
from diptych.profiling.compare.fairness import Line, fairness
from diptych.profiling.compare.families import Classifier
from diptych.profiling.compare.order import order_lines
from diptych.profiling.compare.parity import Parity
from diptych.profiling.compare.resources import Resources, resources
from diptych.profiling.compare.samples import Side
from diptych.profiling.compare.timed import Measure, Stretch, Timed, measure_of, timed
from diptych.profiling.compare.verdict import Verdict, judge, noise_of
from diptych.profiling.compare.why import Why
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.statistics import phase_means

QUANTILES = (0.5, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Compared:
    """One side.

    ``samples`` are what the verdict rests on (ns, in blocks), ``throughput`` the
    same by whole stretches. ``quantiles`` are the median, p95 and p99 of the
    completed step time with their intervals, ns; without an interval where a
    tail has too few steps. ``phases`` are means in ms. ``rate`` is in samples a second.
    """

    label: str
    run: RunSnapshot
    timed: Timed
    samples: Side
    throughput: Side
    quantiles: dict[float, Interval | None]
    phases: dict[str, float | None]
    rate: Interval | None
    resources: Resources


@dataclass(frozen=True, slots=True)
class Comparison:
    """``sides[0]`` is what the others are held against.

    ``verdicts[i]`` is that of side i against side 0 (`None` for side 0 and
    where a side has no time). ``check`` is the same from the throughput, where the
    verdicts are from steps. ``together``: the sides were run in turns.
    ``by_sample[i]`` is the verdict on the time of a sample, where side i has another
    batch than side 0. ``noise_floor`` is the largest ratio that one side run twice
    shows: the noise run, or the sides themselves where they are one side twice.
    ``why[i]`` is the waterfall from side 0 to side i, ``why_not[i]`` the
    reason where there is none. ``noise_run`` is side 0 run a second time.
    """

    id: str
    sides: tuple[Compared, ...]
    measure: Measure
    together: bool
    verdicts: tuple[Verdict | None, ...]
    check: tuple[Verdict | None, ...]
    noise_floor: float | None
    noise_run: RunSnapshot | None
    fairness: tuple[Line, ...]
    parity: Parity | None
    why: tuple[Why | None, ...]
    why_not: tuple[str | None, ...]
    profiled: tuple[RunSnapshot | None, ...] = field(default=())
    """Runs whose operators are shown, by side."""
    stretch: Stretch | None = None
    """The part of the runs that is compared; ``None``: all of them."""
    by_sample: tuple[Verdict | None, ...] = ()

    @property
    def verdict(self) -> Verdict | None:
        """The verdict of the second side against the first."""
        return self.verdicts[1] if len(self.verdicts) > 1 else None


def compare(
    runs: Sequence[RunSnapshot],
    labels: Sequence[str],
    *,
    identity: str = "",
    noise: RunSnapshot | None = None,
    profiled: Mapping[int, RunSnapshot] | None = None,
    parity: Parity | None = None,
    classifier: Classifier | None = None,
    stretch: Stretch | None = None,
) -> Comparison:
    """Compare runs; the first is what the others are held against.

    ``noise`` is the first side run again in the same race, ``profiled`` runs
    with a profile window by side (the runs themselves, where there is none).
    ``stretch`` restricts the steps that are compared; operators are always
    those of the profile windows.

    Raises:
        FamiliesError: the user's own operator families cannot be read.
    """
    if noise is not None and not _of_use(noise, runs):
        noise = None
    everyone = [*runs, noise] if noise is not None else list(runs)
    parts = timed(everyone, stretch)
    measure = measure_of(everyone)
    together = all(part.raced for part in parts)
    sides = tuple(
        _side(run, label, part, measure)
        for run, label, part in zip(runs, labels, parts, strict=False)
    )
    floor = None
    if noise is not None:
        floor = noise_of(sides[0].samples, _samples(parts[-1], measure), together=together)
    samples = [side.samples for side in sides]
    verdicts = _verdicts(parts, samples, together, floor)
    check = _verdicts(parts, [side.throughput for side in sides], together, floor)
    by_sample = rates.by_sample(parts, samples, together=together, floor=floor)
    if _one_side_twice(runs):
        floor = noise_of(samples[0], samples[1], together=together)
    shown = [(profiled or {}).get(at, run) for at, run in enumerate(runs)]
    why, why_not = _explained(shown, classifier)
    lines = (*order_lines(parts, labels), *fairness(runs, parity, labels, everyone[len(runs) :]))
    return Comparison(
        identity, sides, measure, together, verdicts, check, floor, noise, lines, parity,
        why, why_not, tuple((profiled or {}).get(at) for at in range(len(runs))), stretch,
        by_sample,
    )  # fmt: skip


def _of_use(noise: RunSnapshot, runs: Sequence[RunSnapshot]) -> bool:
    """Say whether a noise run got as far as the sides did: one that failed is none."""
    if not rounds.in_one_race(runs):
        return len(noise.steps) > 0
    return rounds.in_one_race([*runs, noise]) and bool(rounds.complete(noise))


def _one_side_twice(runs: Sequence[RunSnapshot]) -> bool:
    """Say whether this is an A/A comparison."""
    asked = [
        msgspec.structs.replace(run.manifest.request, name=None, gate=None, pair=None)
        for run in runs
        if run.manifest is not None
    ]
    return len(asked) == 2 == len(runs) and asked[0] == asked[1]


def _samples(part: Timed, measure: Measure) -> Side:
    return part.by_step() if measure == "steps" else part.by_throughput()


def _side(run: RunSnapshot, label: str, part: Timed, measure: Measure) -> Compared:
    steps = part.by_step()
    counted = np.zeros(len(run.steps), bool)
    counted[part.rows] = True
    throughput = part.by_throughput()
    return Compared(
        label=label,
        run=run,
        timed=part,
        samples=steps if measure == "steps" else throughput,
        throughput=throughput,
        quantiles={q: _quantile(steps, q) for q in QUANTILES},
        phases=phase_means(run.steps, counted),
        rate=rates.rate(part, steps if measure == "steps" else throughput),
        resources=resources(part),
    )


def _quantile(side: Side, quantile: float) -> Interval | None:
    """Return a quantile, without an interval where fewer than five steps lie beyond it."""
    found = median_interval(side, quantile)
    if found is None or len(side.times) * (1 - quantile) >= 5 or quantile == 0.5:
        return found
    return Interval(found.estimate, None, None, blocks=found.blocks)


def _verdicts(
    parts: Sequence[Timed], sides: Sequence[Side], together: bool, floor: float | None
) -> tuple[Verdict | None, ...]:
    counts = [len(part.rows) for part in parts]
    others = (
        judge(sides[0], side, together=together, noise_floor=floor, steps=min(counts[0], count))
        for side, count in zip(sides[1:], counts[1:], strict=False)
    )
    return (None, *others)


def _explained(
    runs: Sequence[RunSnapshot], classifier: Classifier | None
) -> tuple[tuple[Why | None, ...], tuple[str | None, ...]]:
    why: list[Why | None] = [None]
    reasons: list[str | None] = [None]
    for run in runs[1:]:
        try:
            why.append(explain(runs[0], run, classifier))
            reasons.append(None)
        except NoWindowError as error:
            why.append(None)
            reasons.append(str(error))
    return tuple(why), tuple(reasons)
