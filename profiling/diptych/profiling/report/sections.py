"""The parts of a report's page, from top to bottom."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timezone

from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.families_data import UNMATCHED, built_in
from diptych.profiling.compare.scaling import scaling_of
from diptych.profiling.compare.why import REST, Bar, Why
from diptych.profiling.report import environment, methods
from diptych.profiling.report import table as tables
from diptych.profiling.report.drawing.distributions import distributions
from diptych.profiling.report.drawing.frame import Figure
from diptych.profiling.report.drawing.over_time import over_time
from diptych.profiling.report.drawing.phases import phases
from diptych.profiling.report.drawing.ratio import ratio
from diptych.profiling.report.drawing.scaling import scaling
from diptych.profiling.report.drawing.waterfall import decimals, waterfall
from diptych.profiling.report.limits import limits
from diptych.profiling.report.looks import looks
from diptych.profiling.report.markup import UNKNOWN, Child, Piece, join, number, tag
from diptych.profiling.report.scale import fixed

_ANSWERS = {"yes": ("✓ yes", "yes"), "no": ("✗ no", "no"), "unknown": ("? unknown", "maybe")}
_PARITY = {"same": ("✓ same", "yes"), "different": ("✗ different", "no"),
           "unknown": ("? unknown", "maybe")}  # fmt: skip


def head(comparison: Comparison) -> Piece:
    """Return the verdicts and what they rest on."""
    first, *others = tables.sentences(comparison)
    lines = [tag("p", _when(comparison), class_="kicker"), tag("h1", f"{first}.")]
    lines += [tag("p", tag("strong", f"{text}.")) for text in others]
    measured = "single steps" if comparison.measure == "steps" else "whole stretches of steps"
    taken = "taken in turns" if comparison.together else "one run after the other"
    counted = sum(len(side.timed.rows) for side in comparison.sides)
    lines.append(
        tag("p", f"{counted:,} steps, {taken}, compared by {measured}. {_fair(comparison)}")
    )
    return tag("header", lines)


def _when(comparison: Comparison) -> str:
    manifest = comparison.sides[0].run.manifest
    words = ["Diptych", comparison.id or "comparison of runs"]
    if manifest is not None:
        when = datetime.fromtimestamp(manifest.created / 1e9, timezone.utc)
        words += [manifest.request.workload or "", f"{when:%Y-%m-%d %H:%M} UTC"]
    return " · ".join(word for word in words if word)


def _fair(comparison: Comparison) -> str:
    answers = [line.answer for line in comparison.fairness]
    yes, no, unknown = (answers.count(answer) for answer in ("yes", "no", "unknown"))
    whole = f"{yes} of {len(answers)} conditions of a fair race hold"
    return f"{whole}, {no} do not, {unknown} are not known."


# -- tables ----------------------------------------------------------------------------


def sides(comparison: Comparison) -> Piece:
    """Return the table of sides with their intervals, and what each used."""
    used = [column for column in tables.resources(comparison) if column.known]
    parts = [tag("h2", "Sides"), _columns(comparison, tables.times(comparison), "Step times")]
    if used:
        table = tag("div", _columns(comparison, used, "Resources"), class_="narrow")
        parts += [tag("h3", "What they used"), table]
    return tag("section", parts)


def _columns(comparison: Comparison, columns: Sequence[tables.Column], caption: str) -> Piece:
    heads = [tag("th", "side", scope="col")]
    heads += [tag("th", c.title, tag("br"), c.unit, scope="col", class_="n") for c in columns]
    rows = []
    for at, (side, look) in enumerate(zip(comparison.sides, looks(comparison), strict=True)):
        name = tag("span", look.chip(), side.label, class_="side")
        cells = [tag("td", _cell(c.cells[at]), class_="n") for c in columns]
        rows.append(tag("tr", tag("th", name, scope="row"), cells))
    return _table(caption, heads, rows)


def _cell(cell: tables.Cell) -> Piece:
    if len(cell.values) == 2:
        low, _, high = cell.text.partition(" to ")
        ends = (number(cell.values[0], low), " to ", number(cell.values[1], high))
        return tag("span", ends, class_="range")
    return number(cell.values[0] if cell.values else None, cell.text)


def _table(caption: str, heads: Iterable[Piece], rows: Iterable[Piece]) -> Piece:
    body = (tag("thead", tag("tr", heads)), tag("tbody", rows))
    return tag("div", tag("table", body, aria_label=caption), class_="wide")


# -- figures ---------------------------------------------------------------------------


def figures(comparison: Comparison) -> Piece:
    """Return all figures that there is something to draw in."""
    swept = scaling_of(comparison)
    drawn = (
        ratio(comparison),
        distributions(comparison),
        over_time(comparison),
        phases(comparison),
        scaling(comparison, swept) if swept is not None else None,
    )
    legend = _legend(comparison)
    parts = [_figure(figure, legend) for figure in drawn if figure is not None]
    return tag("section", tag("h2", "Figures"), parts)


def _legend(comparison: Comparison) -> Piece:
    styles = looks(comparison)
    names = [
        tag("span", look.chip(), side.label)
        for side, look in zip(comparison.sides, styles, strict=True)
    ]
    return tag("p", names, class_="legend")


def _figure(figure: Figure, legend: Child) -> Piece:
    unit = tag("small", figure.unit) if figure.unit else None
    caption = tag("figcaption", " ".join(figure.notes)) if figure.notes else None
    beside = figure.beside if figure.beside is not None else legend
    return tag("figure", tag("h3", figure.title, unit), beside, figure.drawing, caption)


def why(comparison: Comparison) -> Piece | None:
    """Return the waterfalls with their tables; ``None`` where there is none."""
    parts = list(_whys(comparison))
    return tag("section", tag("h2", "Where the difference comes from"), parts) if parts else None


def _whys(comparison: Comparison) -> Iterator[Piece]:
    styles = looks(comparison)
    for at, found in enumerate(comparison.why):
        if found is None or not found.comparable:
            continue
        labels = comparison.sides[0].label, comparison.sides[at].label
        names = [bar_name(bar) for bar in found.families]
        figure = waterfall(found, names, labels, (styles[0], styles[at]))
        if figure is not None:
            legend = [
                tag("span", tag("i", class_=f"swatch {styles[0].hue}"), f"{labels[1]} needs less"),
                tag("span", tag("i", class_=f"swatch {styles[at].hue}"), f"{labels[1]} needs more"),
            ]
            yield _figure(figure, tag("p", legend, class_="legend"))
            yield _bars(found, labels)


def _bars(found: Why, labels: tuple[str, str]) -> Piece:
    digits = decimals(found)
    heads = [tag("th", "family and phase", scope="col")]
    heads += [tag("th", label, tag("br"), "ms", scope="col", class_="n") for label in labels]
    heads.append(tag("th", "difference", tag("br"), "ms", scope="col", class_="n"))
    rows = []
    for bar in found.cells:
        values = (bar.a / 1e6, bar.b / 1e6, bar.delta / 1e6)
        cells = [
            tag("td", number(v, fixed(v, digits, sign=place == 2)), class_="n")
            for place, v in enumerate(values)
        ]
        rows.append(tag("tr", tag("th", bar_name(bar), scope="row"), cells))
    share = found.matched_share
    note = None if share is None else f"{share * 100:.1f} % of the operators' time is in a family."
    return join((_table("Families of operators", heads, rows), tag("p", note, class_="note")))


def bar_name(bar: Bar) -> str:
    """Return such as ``convolution, backward``."""
    if REST in (bar.family, bar.phase):
        return "not in operators"
    titles = {UNMATCHED: "in no family", **built_in().titles}
    family = bar.family or ""
    words = [titles.get(family, family.replace("_", " "))] if family else []
    if bar.phase is not None and bar.phase != family:
        words.append(bar.phase)
    return ", ".join(words)


# -- words -----------------------------------------------------------------------------


def fairness(comparison: Comparison) -> Piece:
    """Return the fairness list and what parity says."""
    heads = [tag("th", word, scope="col") for word in ("condition", "holds", "evidence")]
    rows = []
    for line in comparison.fairness:
        words, class_ = _ANSWERS[line.answer]
        answer = tag("td", words, class_=f"answer {class_}")
        rows.append(tag("tr", tag("th", line.title, scope="row"), answer, tag("td", line.evidence)))
    return tag(
        "section", tag("h2", "Fairness"), _table("Fairness", heads, rows), _parity(comparison)
    )


def _parity(comparison: Comparison) -> list[Piece]:
    found = comparison.parity
    if found is None:
        text = "The numbers of the sides were not compared (diptych compare --parity does)."
        return [tag("h3", "Parity"), tag("p", text)]
    words, class_ = _PARITY[found.status]
    line = tag("p", tag("span", words, class_=f"answer {class_}"), f": {found.text}.")
    more = None
    if found.max_rel_diff is not None:
        largest = number(found.max_rel_diff, f"{found.max_rel_diff:.1e}")
        told = f" over {found.compared:,} losses."
        more = tag("p", "Largest relative difference: ", largest, told, class_="note")
    return [tag("h3", "Parity"), line, *([more] if more else [])]


def method(comparison: Comparison) -> Piece:
    """Return how it was done, and after whom."""
    told = [tag("p", text) for text in methods.paragraphs(comparison)]
    listed = tag("ul", [tag("li", text) for text in methods.sources(comparison)], class_="note")
    return tag("section", tag("h2", "Methods"), told, tag("h3", "Sources"), listed)


def surroundings(comparison: Comparison) -> Piece:
    """Return what each side ran on, and the commands that repeat it."""
    names = [
        tag("th", tag("span", look.chip(), side.label, class_="side"), scope="col")
        for side, look in zip(comparison.sides, looks(comparison), strict=True)
    ]
    rows = [
        tag("tr", tag("th", title, scope="row"), _shared(values))
        for title, values in environment.rows(comparison)
    ]
    commands: list[Piece] = []
    for side, command in zip(comparison.sides, environment.commands(comparison), strict=True):
        commands += [tag("p", side.label, class_="note")]
        commands += [tag("pre", command or f"{UNKNOWN} (its request cannot be repeated here)")]
    table = _table("Environment", [tag("th", "", scope="col"), *names], rows)
    return tag(
        "section", tag("h2", "Environment"), table, tag("h3", "Commands that repeat each side"),
        commands,
    )  # fmt: skip


def _shared(values: Sequence[str | None]) -> list[Piece]:
    """Return one wide cell where all sides have the same."""
    if len(set(values)) == 1:
        return [tag("td", values[0] or UNKNOWN, colspan=len(values))]
    return [tag("td", value or tag("span", UNKNOWN, class_="unknown")) for value in values]


def caution(comparison: Comparison) -> Piece:
    """Return the known limits."""
    listed = tag("ul", [tag("li", text) for text in limits(comparison)])
    return tag("section", tag("h2", "Known limits"), listed)
