"""Words of the lower half of a comparison: families, phases, what is not known and why. No Qt."""

from __future__ import annotations

from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr
from diptych.profiling.compare.breakdown import WHAT
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.families import UNMATCHED
from diptych.profiling.compare.why import REST, Bar, Why

_FAMILIES = {
    "convolution": tr("convolution"),
    "matmul": tr("matrix product"),
    "normalisation": tr("normalisation"),
    "activation": tr("activation"),
    "pooling": tr("pooling"),
    "softmax_loss": tr("softmax and loss"),
    "embedding": tr("embedding"),
    "recurrent": tr("recurrent"),
    "attention": tr("attention"),
    "elementwise": tr("element-wise"),
    "reduction": tr("reduction"),
    "copy": tr("copy and layout"),
    "random": tr("random numbers"),
    "optimizer": tr("optimizer"),
    "communication": tr("communication"),
    "overhead": tr("framework overhead"),
    UNMATCHED: tr("unmatched"),
    REST: tr("not in operators"),
}
_PHASES = {
    "forward": tr("forward"),
    "backward": tr("backward"),
    "optimizer": tr("optimizer"),
    "data": tr("data"),
    "other": tr("other"),
    REST: tr("not in operators"),
}
_WHAT = {
    WHAT["cpu"]: tr("Time of execution on the CPU, without operators inside."),
    WHAT["gpu"]: tr("Time of kernels on the GPU, by the operator that launched them."),
    WHAT["gpu_waiting"]: tr(
        "Intervals of MXNet's engine on a GPU: they contain waiting for the stream."
    ),
    WHAT["none"]: tr("No operator has a time."),
}


def family_title(family: str) -> str:
    """Return what people call a family; one of the user's own is called as they wrote it."""
    return _FAMILIES.get(family, family.replace("_", " "))


def phase_title(phase: str) -> str:
    """Return what people call a phase."""
    return _PHASES.get(phase, phase)


def bar_title(bar: Bar) -> str:
    """Return such as ``convolution, backward``."""
    if REST in (bar.family, bar.phase):
        return _FAMILIES[REST]
    words = [family_title(bar.family)] if bar.family is not None else []
    if bar.phase is not None and bar.phase != bar.family:
        words.append(phase_title(bar.phase))
    return ", ".join(words)


def what_words(why: Why) -> str:
    """Return what the times are, or why they cannot be compared, as a sentence."""
    return _WHAT.get(why.what) or sentence(why.what)


def sentence(text: str) -> str:
    """Return a remark with a capital and a full stop."""
    text = text.strip()
    whole = f"{text[:1].upper()}{text[1:]}"
    return whole if whole.endswith((".", "?")) or not whole else f"{whole}."


def named(text: str, labels: tuple[str, str]) -> str:
    """Return a remark as a sentence, with the name of the side that it calls A or B."""
    for letter, label in zip("AB", labels, strict=True):
        if text.startswith(f"{letter}: "):
            rest = text[3:].rstrip(".")
            return tr("{side}: {remark}.", side=label, remark=rest)
    return sentence(text)


def labels_of(comparison: Comparison, side: int) -> tuple[str, str]:
    """Return the names of the first side and of the one that is held against it."""
    return comparison.sides[0].label, comparison.sides[side].label


def cautions(comparison: Comparison, side: int) -> list[str]:
    """Return what the bars do not show, in sentences."""
    why = comparison.why[side]
    labels = labels_of(comparison, side)
    found = [] if why is None else [named(text, labels) for _, text in why.cautions]
    return list(dict.fromkeys(found))


def no_bars(comparison: Comparison | None, side: int) -> str:
    """Return why there is nothing to show of a side; "" where there is."""
    if comparison is None:
        return tr("No comparison is open.")
    if not 0 < side < len(comparison.sides):
        return tr("There is only one side.")
    why = comparison.why[side]
    if why is not None and why.comparable:
        return ""
    if why is not None:
        return tr("The operators of the sides cannot be compared: {why}", why=what_words(why))
    if not comparison.why_not[side]:
        return tr("What the operators took is not known.")
    reason = named(comparison.why_not[side] or "", labels_of(comparison, side))
    return tr("What the operators took is not known. {why}", why=reason)


def steps_words(comparison: Comparison, side: int) -> str:
    """Return which steps are explained, beside those that the verdict rests on."""
    why = comparison.why[side]
    if why is None:
        return ""
    text = tr(
        "Mean steps of the profile windows: {a} and {b}.",
        a=fmt.duration(why.a),
        b=fmt.duration(why.b),
    )
    timed = [comparison.sides[at].quantiles.get(0.5) for at in (0, side)]
    medians = [found.estimate for found in timed if found is not None]
    if len(medians) < 2:
        return text
    more = tr(
        "Medians without the profiler: {a} and {b}.",
        a=fmt.duration(medians[0]),
        b=fmt.duration(medians[1]),
    )
    return f"{text} {more}"


def share_words(why: Why) -> str:
    """Return how much of the time is in a family."""
    if why.matched_share is None:
        return tr("How much operator time is in a family is not known.")
    # Never rounded up to all of it.
    percent = int(why.matched_share * 1000) / 10
    text = f"{percent:g}{fmt.NBSP}%"
    return tr("{share} of operator time is in a family", share=text)
