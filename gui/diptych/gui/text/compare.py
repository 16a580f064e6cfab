"""What a comparison comes to, in words: verdict, what it rests on, the fairness list."""

from __future__ import annotations

from collections.abc import Sequence

from diptych.gui.text import format as fmt
from diptych.gui.text.names import quoted
from diptych.gui.text.plain import one_line
from diptych.gui.text.tr import tr, trn
from diptych.profiling.compare.bootstrap import Interval
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.verdict import Finding, Verdict
from diptych.profiling.records.experiment import ExperimentState

OPEN, CLOSE = "\ue000", "\ue001"
"""Around a side's label in a sentence, so that it can be painted; see `bare`."""
_OPENS = tuple(chr(0xE010 + n) for n in range(64))

ANSWERS = {"yes": ("✓", tr("equal")), "no": ("✗", tr("not equal")), "unknown": ("?", tr("unknown"))}

TITLES = {
    "order": tr("Taken in turns"),
    "parked": tr("The others stand still"),
    "work": tr("Same work"),
    "parameters": tr("Same number of parameters"),
    "batch": tr("Same batch size"),
    "shapes": tr("Same shape of a sample"),
    "dtype": tr("Same precision"),
    "optimizer": tr("Same optimizer and settings"),
    "flops": tr("Same operations in a step"),
    "ruler": tr("Same ruler"),
    "threads": tr("Same number of threads"),
    "layout": tr("Same data layout"),
    "tf32": tr("Same TF32 and mixed precision"),
    "autotune": tr("Same autotuning of cuDNN"),
    "execution": tr("Same way of execution"),
    "bulk": tr("Same bulking and static allocation"),
    "numbers": tr("Same numbers"),
}


def line_title(code: str, title: str) -> str:
    """Return what a line of the fairness list asks; ``title`` where it is a new one."""
    return TITLES.get(code, title[:1].upper() + title[1:])


def marked(label: str, side: int) -> str:
    """Return a label as it stands in a sentence: between marks that say whose it is."""
    return f"{_OPENS[side % len(_OPENS)]}{one_line(label, 60)}{CLOSE}"


def side_of(mark: str) -> int | None:
    """Return which side a mark begins; ``None`` for what is none."""
    return _OPENS.index(mark) if mark in _OPENS else None


def bare(text: str) -> str:
    """Return a sentence without the marks."""
    return "".join(c for c in text if c != CLOSE and c not in _OPENS)


def times(value: float | None, decimals: int | None = None) -> str:
    """Return a ratio such as ``1.21×``, finer where it is near 1."""
    if value is None or not fmt.known(value):
        return fmt.UNKNOWN
    if value >= 100:
        return fmt.ratio(value)
    return f"{value:.{_decimals(value) if decimals is None else decimals}f}×"


def _decimals(*values: float) -> int:
    return 3 if any(abs(value - 1) < 0.1 for value in values) else 2


def ends(low: float, high: float) -> tuple[str, str]:
    """Return both ends of an interval of ratios, as fine as the finer one."""
    decimals = _decimals(low, high)
    return times(low, decimals), times(high, decimals)


def between(low: float | None, high: float | None) -> str:
    """Return an interval of ratios, an empty text where there is none."""
    if low is None or high is None:
        return ""
    first, last = ends(low, high)
    return tr("{low} to {high}", low=first, high=last)


def headline(comparison: Comparison) -> str:
    """Return the verdict in one sentence, labels between marks (`marked`)."""
    if len(comparison.sides) == 2:
        return side_sentence(comparison, 1)
    found = [v.finding for v in comparison.verdicts[1:] if v is not None]
    first = marked(comparison.sides[0].label, 0)
    slower, faster = found.count(Finding.A_FASTER), found.count(Finding.B_FASTER)
    others = len(comparison.sides) - 1
    if slower == others:
        return tr("{a} is faster than all {n} others", a=first, n=others)
    if faster == others:
        return tr("{a} is slower than all {n} others", a=first, n=others)
    return tr(
        "Against {a}: {faster} faster, {slower} slower, {rest} not told apart",
        a=first,
        faster=faster,
        slower=slower,
        rest=others - faster - slower,
    )


def side_sentence(comparison: Comparison, side: int) -> str:
    """Return the verdict on ``side`` against the first side."""
    verdict = comparison.verdicts[side]
    a, b = marked(comparison.sides[0].label, 0), marked(comparison.sides[side].label, side)
    if verdict is None:
        return tr("{a} and {b} cannot be compared: one of them has no known time", a=a, b=b)
    if verdict.finding is Finding.A_FASTER:
        ratio = times(verdict.times_as_fast.estimate)
        return tr("{a} is {ratio} as fast as {b}", a=a, b=b, ratio=ratio)
    if verdict.finding is Finding.B_FASTER:
        ratio = times(verdict.times_as_fast.estimate)
        return tr("{b} is {ratio} as fast as {a}", a=a, b=b, ratio=ratio)
    if verdict.finding is Finding.SAME:
        return tr("{a} and {b} are equally fast within 1 %", a=a, b=b)
    if verdict.finding is Finding.TOO_SHORT:
        return tr("Too short to tell {a} from {b}", a=a, b=b)
    return tr("{a} and {b} are not distinguishable", a=a, b=b)


def evidence(comparison: Comparison, side: int, medians: Sequence[float]) -> str:
    """Return what the verdict on ``side`` rests on: both medians and the interval."""
    verdict = comparison.verdicts[side]
    if verdict is None:
        return ""
    told = verdict.times_as_fast if _decided(verdict) else verdict.ratio
    a, b = fmt.duration(medians[0]), fmt.duration(medians[side])
    if told.low is None or told.high is None:
        return tr(
            "{a} against {b} a step, {ratio} the step time: an estimate without an interval.",
            a=a,
            b=b,
            ratio=times(verdict.ratio.estimate),
        )
    low, high = ends(told.low, told.high)
    values = {"a": a, "b": b, "level": fmt.percent(told.level * 100), "low": low, "high": high}
    if _decided(verdict):
        return tr("{a} against {b} a step. {level} interval {low} to {high} as fast.", **values)
    return tr("{a} against {b} a step. {level} interval {low} to {high} the step time.", **values)


def _decided(verdict: Verdict) -> bool:
    return verdict.finding in (Finding.A_FASTER, Finding.B_FASTER)


def settles(verdict: Verdict | None) -> str:
    """Return what would settle what is not told apart; an empty text where it is."""
    if verdict is None or _decided(verdict) or verdict.finding is Finding.SAME:
        return ""
    if verdict.more_steps is not None:
        return trn(
            "About {n} more step of each side would settle it.",
            "About {n} more steps of each side would settle it.",
            verdict.more_steps,
        )
    if verdict.noise_floor is not None:
        return tr("No number of steps would settle it: the difference is within the noise.")
    return ""


def noise(comparison: Comparison) -> str:
    """Return what one side shows that is run twice."""
    if comparison.noise_floor is None:
        if comparison.noise_run is None:
            return tr("The noise of this machine was not measured.")
        return tr("Too short to tell the noise of this machine.")
    return tr(
        "One side, run twice, differs by up to {size} on this machine.",
        size=fmt.percent((comparison.noise_floor - 1) * 100),
    )


def method(comparison: Comparison) -> str:
    """Return how the numbers were made: blocks, ruler."""
    blocks = min((side.samples.blocks for side in comparison.sides), default=0)
    rounds = tr("rounds of turns") if comparison.together else tr("stretches of steps")
    if comparison.measure == "throughput":
        return tr(
            "Medians of the time a step over whole stretches, bootstrap over {n} {blocks}.",
            n=f"{blocks:,}",
            blocks=rounds,
        )
    return tr(
        "Medians of the completed step times, warm-up set apart, bootstrap over {n} {blocks}.",
        n=f"{blocks:,}",
        blocks=rounds,
    )


def ruler(comparison: Comparison) -> str:
    """Return what is compared, short."""
    if comparison.measure == "throughput":
        return tr("Ruler: whole stretches")
    return tr("Ruler: completed steps")


def ruler_why(comparison: Comparison) -> str:
    """Return why it is that ruler."""
    if comparison.measure == "throughput":
        return tr(
            "The sides were not timed with one ruler: the time that whole stretches of steps "
            "took is compared, which is the same for both."
        )
    return tr("Every side was timed with the same or an exact ruler: single steps are compared.")


def check(comparison: Comparison, side: int) -> str:
    """Return what whole stretches say beside the steps, where they say something else."""
    verdict, other = comparison.verdicts[side], comparison.check[side]
    if comparison.measure == "throughput" or verdict is None or other is None:
        return ""
    if verdict.finding is other.finding or other.finding is Finding.TOO_SHORT:
        return ""
    return tr(
        "Whole stretches say otherwise: {ratio} the step time ({interval}).",
        ratio=times(other.ratio.estimate),
        interval=between(other.ratio.low, other.ratio.high) or tr("no interval"),
    )


STAGES = {
    "parity": tr("comparing the numbers of both from the same weights"),
    "starting": tr("starting the sides"),
    "race": tr("taking turns"),
    "profile": tr("recording the operators"),
    "done": tr("done"),
}


def stage(state: ExperimentState) -> str:
    """Return where a comparison that goes on stands."""
    what = STAGES[state.stage]
    if not state.total:
        return tr("Goes on: {what}. The numbers so far:", what=what)
    return tr(
        "Goes on: {what}, {done} of {total}. The numbers so far:",
        what=what,
        done=f"{min(state.done + 1, state.total):,}",
        total=f"{state.total:,}",
    )


def ended(state: ExperimentState) -> str:
    """Return that a comparison did not come to its end; an empty text where it did."""
    why = one_line(state.text or "", 200)
    if state.status == "failed":
        return tr("It did not come to its end: {why}", why=why or tr("nobody said why"))
    if state.status == "cancelled":
        return tr("It was cancelled; what was made until then is compared.")
    return ""


def told_error(error: Exception | None) -> str:
    """Return why there is no comparison; ``None``: a run has no step yet."""
    if error is None:
        return tr("One of the shown runs has not made a step yet.")
    return tr("This cannot be compared: {why}", why=one_line(str(error), 300))


def interval_ms(found: Interval | None) -> str:
    """Return an interval of times (ns) in ms."""
    if found is None or found.low is None or found.high is None:
        return fmt.UNKNOWN
    return tr("{low} to {high}", low=fmt.milliseconds(found.low), high=fmt.milliseconds(found.high))


def interval_of(found: Interval | None) -> str:
    """Return an interval of rates."""
    if found is None or found.low is None or found.high is None:
        return fmt.UNKNOWN
    return tr("{low} to {high}", low=fmt.number(found.low), high=fmt.number(found.high))


def name_of(labels: Sequence[str], name: str) -> str:
    """Return what a comparison is called in a list."""
    sides = tr(" against ").join(one_line(label, 40) for label in labels)
    return tr("{name}: {sides}", name=quoted(name), sides=sides) if name else sides


def stage_without_numbers(state: ExperimentState) -> str:
    """Return where a comparison stands that has nothing to compare yet."""
    what = STAGES[state.stage]
    if not state.total:
        return tr("The comparison goes on: {what}. Numbers come with the first turns.", what=what)
    return tr(
        "The comparison goes on: {what}, {done} of {total}. Numbers come with the first turns.",
        what=what,
        done=f"{min(state.done + 1, state.total):,}",
        total=f"{state.total:,}",
    )


def phases_note(*, fenced: bool) -> str:
    """Return what the phases add up to."""
    if fenced:
        return tr("they add up to the completed step; the fence is in other")
    return tr("they add up to what Python took; the device may go on after it")
