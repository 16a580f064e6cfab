"""A comparison as one HTML file that needs nothing else: no script, no network."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.report import sections
from diptych.profiling.report.markup import tag
from diptych.profiling.report.style import sheet

_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"
"""What a browser may load for the page: nothing."""


def page(comparison: Comparison) -> str:
    """Return the whole file: well-formed HTML, and well-formed XML behind its first line."""
    labels = " and ".join(side.label for side in comparison.sides)
    head = (
        tag("meta", charset="utf-8"),
        tag("meta", name_="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name_="generator", content=f"Diptych {_version()}"),
        tag("title", f"{labels}, compared by Diptych"),
        tag("style", sheet()),
    )
    parts = (
        sections.head(comparison),
        sections.sides(comparison),
        sections.figures(comparison),
        sections.why(comparison),
        sections.fairness(comparison),
        sections.method(comparison),
        sections.surroundings(comparison),
        sections.caution(comparison),
    )
    foot = tag("footer", f"Made by Diptych {_version()} from the recorded runs; nothing in this "
               "file was typed in by hand.")  # fmt: skip
    body = tag("body", tag("main", parts), foot)
    return f"<!DOCTYPE html>\n{tag('html', tag('head', head), body, lang='en')}\n"


def _version() -> str:
    try:
        return version("diptych")
    except PackageNotFoundError:
        return "of unknown version"
