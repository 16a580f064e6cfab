"""How the numbers came about, in sentences, from what was really done."""

from __future__ import annotations

from collections.abc import Iterator

from diptych.profiling.compare.bootstrap import DRAWS, LEVEL
from diptych.profiling.compare.comparison import Compared, Comparison
from diptych.profiling.compare.rounds import DROPPED
from diptych.profiling.compare.samples import MIN_BLOCKS
from diptych.profiling.compare.timed import Stretch
from diptych.profiling.report.markup import NBSP
from diptych.profiling.report.scale import fixed

RULERS = {
    "sync": "complete when Python is",
    "fence": "to the end of a wait for the device after each step",
    "event": "to a mark at the end of the step in the device's own order of work",
    "loss": "from one loss to the next",
    None: "not known",
}

SOURCES = {
    "blocks": "H. R. Künsch, The jackknife and the bootstrap for general stationary observations, "
    "Annals of Statistics 17, 1989 (block bootstrap)",
    "expanded": "T. C. Hesterberg, What teachers should know about the bootstrap, The American "
    "Statistician 69, 2015 (percentile intervals for few blocks)",
    "length": "D. N. Politis, H. White, Automatic block-length selection for the dependent "
    "bootstrap, Econometric Reviews 23, 2004; corrected with A. Patton, ibid. 28, 2009",
    "warmup": "J. Bai, Least squares estimation of a shift in linear processes, Journal of Time "
    "Series Analysis 15, 1994; E. Barrett et al., Virtual machine warmup blows hot and cold, "
    "OOPSLA 2017 (warm-up)",
}


def paragraphs(comparison: Comparison) -> list[str]:
    """Return what was done, a paragraph each: order, times, statistics, noise, operators."""
    found = (_order, _timed, _statistics, _noise, _why, _parity)
    return [text for part in found if (text := " ".join(part(comparison)))]


def sources(comparison: Comparison) -> list[str]:
    """Return the literature that the methods rest on."""
    names = ["warmup", "blocks", "expanded", *([] if comparison.together else ["length"])]
    return [SOURCES[name] for name in names]


def _order(comparison: Comparison) -> Iterator[str]:
    sides = comparison.sides
    if not comparison.together:
        yield "The sides were not run in turns: each run is a process of its own, and whatever "
        yield "changed on the machine in between may have hit one side only."
        return
    timed = sides[0].timed
    lengths = sorted({turn.steps for side in sides for turn in side.timed.turns})
    steps = f"{lengths[0]}" if len(lengths) == 1 else f"{lengths[0]} to {lengths[-1]}"
    yield f"{len(sides)} sides, each a process of its own, took turns on the same machine:"
    yield f"{timed.rounds} rounds that count, in each of which every side had two turns of {steps}"
    yield "steps, in one order and then in the reverse (A B B A); one side made steps at a time,"
    yield "the others waited in a blocking read."
    first = "step" if DROPPED == 1 else f"{DROPPED} steps"
    yield f"Not counted are the first {first} of each turn, since the caches hold what the other"
    yield "side left there, and rounds in which a side was not warm yet, was cut short, or was"
    yield "disturbed by another."


def _timed(comparison: Comparison) -> Iterator[str]:
    if comparison.stretch is not None:
        yield _part(comparison.stretch)
    counted = ", ".join(_counted(side) for side in comparison.sides)
    yield f"Counted are: {counted}."
    rulers = {side.run.ruler for side in comparison.sides}
    if len(rulers) == 1:
        yield f"A step is timed from its start {_until(rulers.pop())} on every side."
    else:
        told = (f"{s.label} {_until(s.run.ruler)}" for s in comparison.sides)
        yield f"A step is timed from its start: {'; '.join(told)}."
    if comparison.measure == "throughput":
        yield "Since these rulers differ, single steps are not compared: the time a step of whole"
        yield "turns (of a run on its own: of whole stretches) is."


def _counted(side: Compared) -> str:
    warm = side.timed.warmup
    after = "" if warm is None else f" after {warm:,} that were left out at the start"
    return f"{side.label} {_steps(len(side.timed.rows))}{after}"


def _part(stretch: Stretch) -> str:
    low, high = f"{stretch.low:,.6g}", f"{stretch.high:,.6g}"
    if stretch.axis == "step":
        return f"Only a part of the runs was chosen to be compared: steps {low} to {high}."
    return f"Only a part of the runs was chosen to be compared: {low} s to {high} s of each."


def _until(ruler: str | None) -> str:
    return RULERS.get(ruler, "not known")


def _steps(count: int) -> str:
    return f"{count:,} step" if count == 1 else f"{count:,} steps"


def _statistics(comparison: Comparison) -> Iterator[str]:
    blocks = "rounds, the same ones for all sides," if comparison.together else (
        "stretches whose length follows from the autocorrelation of the steps"
    )  # fmt: skip
    yield "Sides are compared by the ratio of their median step times."
    yield f"Its {LEVEL * 100:.0f}{NBSP}% interval is that of a block bootstrap: {DRAWS:,} times as"
    yield f"many {blocks} are drawn with replacement, so that steps which resemble their"
    yield "neighbours are not taken for independent, and the percentiles are widened for the number"
    yield "of blocks"
    counts = ", ".join(str(side.samples.blocks) for side in comparison.sides)
    yield f"({counts}; with fewer than {MIN_BLOCKS} there is no interval)."


def _noise(comparison: Comparison) -> Iterator[str]:
    floor = comparison.noise_floor
    if floor is None:
        yield "What one side run twice differs by was not measured, so a difference of a few per"
        yield "cent may be that of two processes, not of two frameworks."
        return
    if comparison.noise_run is None:
        yield "The sides are one side twice, so what they differ by, up to"
        yield f"{fixed((floor - 1) * 100, 1)}{NBSP}%, is itself the noise of this machine."
        return
    first = comparison.sides[0].label
    yield f"{first} took part a second time, as a process of its own: what the two differ by, up"
    yield f"to {fixed((floor - 1) * 100, 1)}{NBSP}%, is the noise floor of this machine, and no"
    yield "difference below it counts as one."


def _why(comparison: Comparison) -> Iterator[str]:
    shown = [why for why in comparison.why if why is not None]
    if not shown:
        return
    if any(run is not None for run in comparison.profiled):
        yield "The operators are those of further runs of the same sides with a profiler, which"
        yield "makes steps longer: their steps are not among those that were timed."
    else:
        yield "The operators are those of profile windows in the runs; steps in a window are not"
        yield "among those that were timed."
    yield "Operators of both frameworks are put into families by their names."


def _parity(comparison: Comparison) -> Iterator[str]:
    parity = comparison.parity
    if parity is None:
        return
    yield "To see whether the sides compute the same numbers, they were run once more from the"
    yield "same weights on the same data, and their losses compared step by step with what"
    yield f"rounding can explain: {parity.text}."
