"""What is said of a step that took unusually long; no Qt here."""

from __future__ import annotations

from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr
from diptych.profiling.runs.outlier import Against, Explanation, Fact

PHASE_WORDS = {
    "data": tr("data"),
    "forward": tr("forward"),
    "backward": tr("backward"),
    "optimizer": tr("optimizer"),
    "other": tr("other"),
    "gap": tr("before it"),
}

NAMES = {
    "warmup": tr("warm-up"),
    "compiling": tr("compilation"),
    "window": tr("profile window"),
    "window_edge": tr("start or end of a profile window"),
    "validation": tr("validation"),
    "inference": tr("another mode"),
    "samples": tr("another number of samples"),
    "process": tr("processor time of the run"),
    "others": tr("other programs"),
    "memory": tr("memory of the run"),
    "swap": tr("swapping"),
    "clock": tr("GPU clock"),
    "throttle": tr("GPU throttling"),
    "gc": tr("Python's garbage collector"),
    "faults": tr("page faults"),
}

_WHY = {
    "not_recorded": tr("not recorded"),
    "no_sample": tr("no sample there"),
    "no_gpu": tr("no GPU was watched"),
    "too_few": tr("too few steps to tell"),
}


def headline(found: Explanation) -> str:
    """Return such as ``118 ms, 9.6× the median of the 100 steps around it (12.3 ms)``."""
    here, usual = found.length.here, found.length.usual
    if here is None:
        return tr("How long it took is not known.")
    took = fmt.duration(here)
    if not usual:
        return tr("{took}; there are no steps around it to compare with.", took=took)
    words = tr(
        "{took}, {times} the median of the {n} steps around it ({usual})",
        took=took,
        times=fmt.ratio(here / usual),
        n=found.neighbours,
        usual=fmt.duration(usual),
    )
    return words if found.completed else tr("{words}; dispatched, not completed", words=words)


def difference(line: Against) -> str:
    """Return such as ``+105 ms``; nothing where it is not known."""
    if line.more is None:
        return fmt.UNKNOWN
    sign = "+" if line.more >= 0 else ""
    return f"{sign}{fmt.duration(line.more)}"


def different(found: Explanation) -> list[str]:
    """Return a sentence for each thing that was different."""
    return [_sentence(fact) for fact in found.facts if fact.found]


def the_same(found: Explanation) -> str:
    """Return what was looked at and not different, in one line."""
    names = [NAMES[fact.code] for fact in found.facts if fact.found is False]
    return ", ".join(dict.fromkeys(names))


def unknown(found: Explanation) -> str:
    """Return what is not known, with the reasons, in one line."""
    by_reason: dict[str, list[str]] = {}
    for fact in found.facts:
        if fact.found is None:
            by_reason.setdefault(_WHY.get(fact.why) or fmt.reason(fact.why), []).append(
                NAMES[fact.code]
            )
    parts = []
    for reason, names in by_reason.items():
        listed = ", ".join(dict.fromkeys(names))
        parts.append(tr("{names} ({reason})", names=listed, reason=reason) if reason else listed)
    return "; ".join(parts)


def _sentence(fact: Fact) -> str:
    values = fact.values
    here, usual = values.get("here"), values.get("usual")
    if fact.code in ("process", "others"):
        return _percents(fact.code, here, usual)
    if fact.code in ("memory", "swap"):
        text = (
            tr("The run's memory was {here}, around it {usual}.")
            if fact.code == "memory"
            else tr("The machine swapped: {here} in use, around it {usual}.")
        )
        return text.format(here=fmt.memory(_number(here)), usual=fmt.memory(_number(usual)))
    if fact.code in ("clock", "throttle"):
        return _gpu(fact)
    if fact.code in ("gc", "faults"):
        return _python(fact)
    return _plain(fact)


def _plain(fact: Fact) -> str:
    values = fact.values
    if fact.code == "window" and "window" in values:
        return tr("It lies in profile window {window}.", window=values["window"])
    if fact.code == "window_edge" and "pause" in values:
        return tr(
            "Profile window {window} began or ended at it; ending it took {pause}.",
            window=values["window"],
            pause=fmt.duration(_number(values["pause"])),
        )
    if fact.code == "validation":
        return tr(
            "Validation ran before it for {time}.", time=fmt.duration(_number(values["length"]))
        )
    if fact.code == "samples":
        return tr(
            "It had {here} samples, the steps around it {usual}.",
            here=fmt.number(_number(values["here"])),
            usual=fmt.number(_number(values["usual"])),
        )
    return {
        "warmup": tr("It belongs to the warm-up."),
        "compiling": tr("Something was compiled in it."),
        "window": tr("It lies in a profile window."),
        "window_edge": tr("A profile window began or ended at it."),
        "inference": tr("It ran in another mode (training, inference) than the steps around it."),
    }[fact.code]


def _percents(code: str, here: object, usual: object) -> str:
    text = (
        tr("The run's processes had {here} of a core, around it {usual}.")
        if code == "process"
        else tr("Other programs had {here} of a core, around it {usual}.")
    )
    return text.format(here=fmt.percent(_number(here)), usual=fmt.percent(_number(usual)))


def _python(fact: Fact) -> str:
    here, usual = _number(fact.values["here"]), _number(fact.values["usual"])
    if fact.code == "gc":
        return tr("Python's garbage collector ran for {time} of it.", time=fmt.duration(here))
    disk = _number(fact.values["disk"])
    if disk and disk > (_number(fact.values["usual_disk"]) or 0.0):
        return tr(
            "The run had {disk} page faults a second that waited for a disk, and {here} others; "
            "around it {usual}.",
            disk=fmt.number(disk),
            here=fmt.number(here),
            usual=fmt.number(usual),
        )
    return tr(
        "The run had {here} page faults a second, around it {usual}.",
        here=fmt.number(here),
        usual=fmt.number(usual),
    )


def _gpu(fact: Fact) -> str:
    values = fact.values
    if fact.code == "throttle":
        return tr(
            "GPU {gpu} was held back: {reasons}.", gpu=values["gpu"], reasons=values["reasons"]
        )
    return tr(
        "GPU {gpu} ran at {here}, around it at {usual}.",
        gpu=values["gpu"],
        here=fmt.with_unit(_number(values["here"]), "MHz"),
        usual=fmt.with_unit(_number(values["usual"]), "MHz"),
    )


def _number(value: object) -> float | None:
    return float(value) if isinstance(value, (int, float)) else None
