"""What the reader of a report has to know before the numbers are repeated elsewhere."""

from __future__ import annotations

from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.verdict import Finding


def limits(comparison: Comparison) -> list[str]:
    """Return the limits of this comparison, in sentences."""
    found = [_whole(f"{line.title}: {line.evidence}", "Not given: ")
             for line in comparison.fairness if line.answer == "no"]  # fmt: skip
    open_ = [line.title for line in comparison.fairness if line.answer == "unknown"]
    if open_:
        found.append(_whole(f"Not known: {'; '.join(open_)}"))
    found += _of_verdicts(comparison)
    found += _of_operators(comparison)
    if comparison.noise_floor is None and not _twice(comparison):
        found.append("No side was run twice: how far two runs of one side differ is not known.")
    found.append(
        "It holds for this machine, these versions and this workload; another batch size, another "
        "number of threads or another processor may turn it round."
    )
    return found


def _twice(comparison: Comparison) -> bool:
    """Return whether the comparison is itself one of a side with itself."""
    manifests = [side.run.manifest for side in comparison.sides]
    requests = [(m.request.framework, m.request.workload, m.request.knobs) for m in manifests if m]
    return len(requests) == len(manifests) and all(one == requests[0] for one in requests)


def _of_verdicts(comparison: Comparison) -> list[str]:
    found = []
    for side, verdict, check in zip(
        comparison.sides, comparison.verdicts, comparison.check, strict=True
    ):
        if verdict is None:
            continue
        if verdict.finding is Finding.TOO_SHORT:
            found.append(f"{side.label}: too few blocks of steps for an interval.")
        opposite = {Finding.A_FASTER, Finding.B_FASTER}
        if check is not None and {verdict.finding, check.finding} == opposite:
            found.append(
                f"{side.label}: its single steps and its throughput tell opposite stories "
                f"(ratio {verdict.ratio.estimate:.3f} and {check.ratio.estimate:.3f})."
            )
    return found


def _of_operators(comparison: Comparison) -> list[str]:
    found = []
    first = comparison.sides[0].label
    for side, why, reason in zip(comparison.sides, comparison.why, comparison.why_not, strict=True):
        if reason is not None:
            text = f"Why {side.label} differs is not known: {called(reason, first, side.label)}"
            found.append(_whole(text))
        elif why is not None:
            if not why.comparable:
                found.append(_whole(f"Operators of {side.label} are not compared: {why.what}"))
            found += [_whole(called(text, first, side.label)) for _, text in why.cautions]
    return list(dict.fromkeys(found))


def called(text: str, first: str, other: str) -> str:
    """Put the names of the sides where a remark calls them A and B."""
    for letter, label in (("A", first), ("B", other)):
        if text.startswith(f"{letter}: "):
            return f"{label}: {text[3:]}"
    return text


def _whole(text: str, before: str = "") -> str:
    whole = f"{before}{text}".strip()
    whole = whole[:1].upper() + whole[1:]
    return whole if whole.endswith((".", "?")) else f"{whole}."
