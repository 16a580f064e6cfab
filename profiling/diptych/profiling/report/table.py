"""The sides of a comparison as a table, and that table as Markdown and LaTeX."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from diptych.profiling.compare.bootstrap import Interval
from diptych.profiling.compare.comparison import Compared, Comparison
from diptych.profiling.compare.words import sentence
from diptych.profiling.report.markup import UNKNOWN, clean
from diptych.profiling.report.scale import MINUS, digits_for, fixed

_MS, _MIB = 1e6, 1 << 20


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands there, and the numbers that it is made of: none, one, or the two of a range."""

    text: str
    values: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Column:
    """One column, a cell a side; ``unit`` belongs to all of it."""

    title: str
    unit: str
    cells: tuple[Cell, ...]

    @property
    def known(self) -> bool:
        """Whether any side has it."""
        return any(cell.values for cell in self.cells)


def times(comparison: Comparison) -> list[Column]:
    """Return how long the steps of each side take, and how that compares with the first."""
    sides = comparison.sides
    medians = [side.quantiles[0.5] for side in sides]
    digits = digits_for([found.estimate / _MS for found in medians if found])
    rates = [side.rate.estimate if side.rate else None for side in sides]
    ratios = [verdict.ratio if verdict else None for verdict in comparison.verdicts]
    return [
        Column("median", "ms", tuple(_estimate(found, _MS, digits) for found in medians)),
        Column("95 % interval", "ms", tuple(_range(found, _MS, digits) for found in medians)),
        Column("p95", "ms", tuple(_estimate(s.quantiles[0.95], _MS, digits) for s in sides)),
        Column("p99", "ms", tuple(_estimate(s.quantiles[0.99], _MS, digits) for s in sides)),
        _numbers("throughput", "samples/s", rates),
        Column("over the first", "ratio", tuple(_estimate(r, 1, 3) for r in ratios)),
        Column("95 % interval", "ratio", tuple(_range(r, 1, 3) for r in ratios)),
        _numbers("counted", "steps", [float(len(side.timed.rows)) for side in sides]),
    ]


def resources(comparison: Comparison) -> list[Column]:
    """Return what each side used while its steps were made."""
    of: Sequence[tuple[str, str, Callable[[Compared], float | None]]] = (
        ("process, peak", "MiB", lambda s: _over(s.resources.process_memory, _MIB)),
        ("framework, peak", "MiB", lambda s: _over(s.resources.framework_memory, _MIB)),
        ("GPU memory, peak", "MiB", lambda s: _over(s.resources.gpu_memory, _MIB)),
        ("CPU", "% of a core", lambda s: s.resources.cpu),
        ("GPU", "%", lambda s: s.resources.gpu),
        ("power", "W", lambda s: s.resources.power),
        ("energy", "J/sample", lambda s: s.resources.energy),
    )
    return [_numbers(title, unit, [get(s) for s in comparison.sides]) for title, unit, get in of]


def _over(value: float | None, unit: float) -> float | None:
    return None if value is None else value / unit


def _numbers(title: str, unit: str, values: Sequence[float | None]) -> Column:
    whole = all(value is None or value == int(value) for value in values)
    digits = 0 if whole else digits_for(values)
    return Column(title, unit, tuple(_one(value, digits) for value in values))


def _one(value: float | None, digits: int) -> Cell:
    return Cell(UNKNOWN) if value is None else Cell(fixed(value, digits), (value,))


def _estimate(found: Interval | None, per: float, digits: int) -> Cell:
    return Cell(UNKNOWN) if found is None else _one(found.estimate / per, digits)


def _range(found: Interval | None, per: float, digits: int) -> Cell:
    if found is None or found.low is None or found.high is None:
        return Cell(UNKNOWN)
    low, high = found.low / per, found.high / per
    return Cell(f"{fixed(low, digits)} to {fixed(high, digits)}", (low, high))


# -- as text ------------------------------------------------------------------------------


def markdown(comparison: Comparison) -> str:
    """Return the verdicts, the table of sides and the fairness list."""
    columns = _shown(comparison)
    heads = ["side", *(f"{c.title}, {c.unit}" for c in columns)]
    lines = [f"**{_md(_whole(text))}**" for text in sentences(comparison)]
    lines += ["", _row(heads), _row(["---", *("---:" for _ in columns)])]
    for at, side in enumerate(comparison.sides):
        lines.append(_row([_md(side.label), *(_md(c.cells[at].text) for c in columns)]))
    lines.append("")
    marks = {"yes": "✓", "no": "✗", "unknown": "?"}
    for line in comparison.fairness:
        lines.append(f"- {marks[line.answer]} {_md(line.title)}: {_md(line.evidence)}")
    return "\n".join(lines) + "\n"


def latex(comparison: Comparison) -> str:
    """Return the table of sides as a ``tabular`` with the verdicts as its comment."""
    columns = _shown(comparison)
    lines = [f"% {_one_line(_whole(text))}" for text in sentences(comparison)]
    lines += [r"% \usepackage{booktabs}", rf"\begin{{tabular}}{{l{'r' * len(columns)}}}"]
    lines.append(r"\toprule")
    lines.append(" & ".join(["side", *(_tex(c.title) for c in columns)]) + r" \\")
    lines.append(" & ".join(["", *(_tex(c.unit) for c in columns)]) + r" \\")
    lines.append(r"\midrule")
    for at, side in enumerate(comparison.sides):
        cells = [_tex(side.label), *(_tex(c.cells[at].text) for c in columns)]
        lines.append(" & ".join(cells) + r" \\")
    return "\n".join([*lines, r"\bottomrule", r"\end{tabular}"]) + "\n"


def sentences(comparison: Comparison) -> list[str]:
    """Return the verdict on each side but the first, as it stands on top of everything."""
    return [sentence(comparison, side) for side in range(1, len(comparison.sides))]


def _whole(text: str) -> str:
    return f"{text}."


def _shown(comparison: Comparison) -> list[Column]:
    memory = resources(comparison)[0]
    return [c for c in (*times(comparison), memory) if c.known]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _one_line(text: str) -> str:
    return " ".join(clean(text).split())


def _md(text: str) -> str:
    """Return a text that Markdown (and HTML in it) shows as it is."""
    return re.sub(r"([\\`*_\[\]<>|#~&$])", r"\\\1", _one_line(text))


_TEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#",
    "_": r"\_", "%": r"\%", "^": r"\textasciicircum{}", "~": r"\textasciitilde{}",
    "<": r"\textless{}", ">": r"\textgreater{}", "|": r"\textbar{}", '"': r"\textquotedbl{}",
    UNKNOWN: "---", MINUS: "$-$", "×": r"$\times$",
}  # fmt: skip


def _tex(text: str) -> str:
    """Return a text that LaTeX typesets as it is."""
    escaped = "".join(_TEX.get(letter, letter) for letter in _one_line(text))
    return re.sub(r"^(\d[\d.,]*) to ", r"\1--", escaped)
