"""What a comparison comes to, in sentences."""

from __future__ import annotations

from diptych.profiling.compare.bootstrap import Interval
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.verdict import Finding, Verdict


def sentence(comparison: Comparison, side: int = 1) -> str:
    """Return the verdict on side ``side`` against the first, in one sentence."""
    verdict = comparison.verdicts[side]
    a, b = comparison.sides[0].label, comparison.sides[side].label
    if verdict is None:
        return f"{a} and {b} cannot be compared: no step of one side counts"
    other = comparison.by_sample[side] if comparison.by_sample else None
    if other is not None:
        # With other batches a step is other work: what people mean is the time of a sample.
        return (
            f"per sample {_told(other, a, b)}; per step, of another batch, {_told(verdict, a, b)}"
        )
    return _told(verdict, a, b)


def _told(verdict: Verdict, a: str, b: str) -> str:
    ratio, times = verdict.ratio, verdict.times_as_fast
    if verdict.finding is Finding.A_FASTER:
        return f"{a} is {_times(times)} as fast as {b}{_rests(times)}"
    if verdict.finding is Finding.B_FASTER:
        return f"{b} is {_times(times)} as fast as {a}{_rests(times)}"
    if verdict.finding is Finding.SAME:
        return f"{a} and {b} are equally fast within 1 %{_rests(ratio)}"
    if verdict.finding is Finding.TOO_SHORT:
        return (
            f"too short to tell {a} from {b}: the estimate of {_times(ratio)} the time "
            f"has no interval{_more(verdict)}"
        )
    return f"{a} and {b} are not distinguishable{_rests(ratio)}{_why_not(verdict)}"


def _times(interval: Interval) -> str:
    return f"{interval.estimate:.2f} times"


def _rests(interval: Interval) -> str:
    if interval.low is None or interval.high is None:
        return ""
    level = round(interval.level * 100)
    return f" ({level} % interval {interval.low:.3f} to {interval.high:.3f})"


def _why_not(verdict: Verdict) -> str:
    floor = verdict.noise_floor
    if verdict.ratio.excludes_one and floor is not None:
        return (
            f": the difference is not larger than the {floor:.3f} that one side, run twice, "
            "shows on this machine"
        )
    return _more(verdict)


def _more(verdict: Verdict) -> str:
    if verdict.more_steps is None:
        return ""
    return f"; about {verdict.more_steps:,} more steps of each side would settle it"
