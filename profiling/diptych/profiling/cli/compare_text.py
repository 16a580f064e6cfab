"""What `diptych compare` writes for people: progress, and the result."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from typing import TextIO

from diptych.profiling.compare.bootstrap import Interval, median_interval
from diptych.profiling.compare.comparison import Compared, Comparison
from diptych.profiling.compare.families import UNMATCHED
from diptych.profiling.compare.verdict import Finding
from diptych.profiling.compare.why import REST, Bar, Why
from diptych.profiling.compare.words import sentence
from diptych.profiling.records.experiment import ExperimentState
from diptych.profiling.report.figures import UNKNOWN, number, size

_MARKS = {"yes": "✓", "no": "✗", "unknown": "?"}
_STAGES = {
    "parity": "same weights",
    "starting": "starting",
    "race": "turn of",
    "profile": "operators of",
    "done": "done",
}
_MS = 1e6
_BARS = 12


class ProgressLine:
    """One line in place on a terminal, else one line a stage."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._terminal = stream.isatty()
        self._stage = ""

    def show(self, state: ExperimentState) -> None:
        """Show where a comparison stands."""
        count = f" {state.done + 1} of {state.total}" if state.total else ""
        text = f"{_STAGES[state.stage]} {state.text}{count}".strip()
        if self._terminal:
            width = shutil.get_terminal_size().columns - 1
            self._stream.write(f"\r\x1b[2K{text[:width]}")
            self._stream.flush()
        elif state.stage != self._stage and state.stage != "done":
            self._stream.write(f"{text}\n")
            self._stream.flush()
        self._stage = state.stage

    def clear(self) -> None:
        """Take the line away."""
        if self._terminal and self._stage:
            self._stream.write("\r\x1b[2K")
            self._stream.flush()


def lines(comparison: Comparison) -> Iterator[str]:
    """Return the result, line by line."""
    for side in range(1, len(comparison.sides)):
        yield sentence(comparison, side) + "."
    if comparison.measure == "throughput":
        yield "The sides were not timed with one ruler: whole stretches of steps are compared."
    else:
        yield from _other_ruler(comparison)
    if comparison.noise_floor is not None:
        yield f"One side run twice differs by up to {_percent(comparison.noise_floor)} here."
    else:
        yield "No side was run twice: how much of a difference is the machine's is not known."
    if not comparison.together:
        yield "The sides did not take turns: what the machine did may have hit one of them only."
    yield ""
    yield from _table(comparison)
    yield ""
    for line in comparison.fairness:
        yield f"  {_MARKS[line.answer]} {line.title}: {line.evidence}"
    for why, reason, compared in zip(
        comparison.why, comparison.why_not, comparison.sides, strict=True
    ):
        if why is not None:
            yield from _why(why, comparison.sides[0], compared)
        elif reason is not None:
            yield from ("", f"Why {compared.label} differs is not known: {reason}")


def _other_ruler(comparison: Comparison) -> Iterator[str]:
    """Say where whole stretches tell the opposite of single steps."""
    opposite = {Finding.A_FASTER, Finding.B_FASTER}
    for side, steps, stretches in zip(
        comparison.sides, comparison.verdicts, comparison.check, strict=True
    ):
        if steps and stretches and {steps.finding, stretches.finding} == opposite:
            yield (
                f"{side.label}: whole stretches of steps say the opposite of single steps "
                f"(ratio {stretches.ratio.estimate:.3f} and {steps.ratio.estimate:.3f})."
            )


def _percent(ratio: float) -> str:
    return f"{(ratio - 1) * 100:.1f} %"


def _table(comparison: Comparison) -> Iterator[str]:
    head = ["", "median ms", "95 % interval", "p95 ms", "p99 ms", "samples/s", "steps", "RSS",
            "ruler"]  # fmt: skip
    rows = [head, *(_row(side) for side in comparison.sides)]
    if comparison.measure == "throughput":
        # Medians by different rulers stand beside each other: this one is the same for all.
        stretches = (median_interval(side.throughput) for side in comparison.sides)
        for row, cell in zip(rows, ["ms by stretches", *map(_ms, stretches)], strict=True):
            row.insert(1, cell)
    if any(side.resources.energy is not None for side in comparison.sides):
        used = (side.resources.energy for side in comparison.sides)
        cells = ["J/sample", *(UNKNOWN if one is None else number(one) for one in used)]
        for row, cell in zip(rows, cells, strict=True):
            row.append(cell)
    widths = [max(len(row[at]) for row in rows) for at in range(len(head))]
    for row in rows:
        first, *rest = (
            cell.ljust(width) if at == 0 else cell.rjust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        yield "  ".join(["", first, *rest]).rstrip()


def _row(side: Compared) -> list[str]:
    median = side.quantiles[0.5]
    memory = side.resources.process_memory
    return [
        side.label,
        _ms(median),
        _range(median),
        _ms(side.quantiles[0.95]),
        _ms(side.quantiles[0.99]),
        UNKNOWN if side.rate is None else number(side.rate.estimate),
        f"{len(side.timed.rows):,}",
        UNKNOWN if memory is None else size(memory),
        side.run.ruler or UNKNOWN,
    ]


def _ms(found: Interval | None) -> str:
    return UNKNOWN if found is None else number(found.estimate / _MS)


def _range(found: Interval | None) -> str:
    if found is None or found.low is None or found.high is None:
        return UNKNOWN
    return f"{number(found.low / _MS)} to {number(found.high / _MS)}"


def _why(why: Why, first: Compared, other: Compared) -> Iterator[str]:
    yield ""
    yield f"From a step of {first.label} to one of {other.label}, in ms ({why.what}):"
    if not why.comparable:
        yield f"  not compared: {why.what}"
        return
    bars = _shown(why.families)
    width = max((len(bar.family or "") for bar in bars), default=0)
    for bar in bars:
        yield "  " + _bar(bar, width)
    if why.matched_share is not None:
        yield f"  {why.matched_share * 100:.1f} % of the operators' time is in a family"
    for _, text in why.cautions:
        yield f"  ! {text}"


def _shown(bars: Sequence[Bar]) -> list[Bar]:
    """Return the largest bars, the small ones as one, and what is in no family or operator last."""
    last = [bar for bar in bars if bar.family in (UNMATCHED, REST)]
    known = [bar for bar in bars if bar not in last]
    rest = known[_BARS:]
    if rest:
        known[_BARS:] = [Bar("others", None, sum(bar.a for bar in rest), sum(b.b for b in rest))]
    return [*known, *last]


def _bar(bar: Bar, width: int) -> str:
    cells = (f"{number(bar.a / _MS):>8}", f"{number(bar.b / _MS):>8}")
    return f"{(bar.family or ''):<{width}} {cells[0]} -> {cells[1]}  {bar.delta / _MS:+.3f}"
