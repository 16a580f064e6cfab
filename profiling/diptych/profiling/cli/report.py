"""``diptych report``: a comparison as a page, a table, its steps, or one trace of all sides."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from diptych.profiling.cli.errors import CliError

_FORMATS = ("html", "markdown", "latex", "json", "csv", "parquet", "trace")
_TEXTS = ("markdown", "latex", "json")
_EPILOG = """\
Without --format the name of the file says it: .html, .md, .tex, .json, .csv,
.parquet, .json.gz (trace). Markdown, LaTeX and JSON go to standard output
without -o. csv and parquet hold one row for each step that counts.

  diptych report last -o report.html
  diptych report 20261123T200817-compare-mlp-nhef --format latex
  diptych report RUN RUN -o steps.parquet
  diptych report last -o both.json.gz --align steps
"""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `report`."""
    parser = subparsers.add_parser(
        "report",
        usage="diptych report COMPARISON | RUN RUN [RUN ...] -o FILE [options]",
        description="Write a comparison to a file that stands on its own.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("what", nargs="+", metavar="RUN", help="a comparison (`last`: the newest), or runs")
    add("-o", "--output", type=Path, metavar="FILE", help="where to write it")
    add("--format", choices=_FORMATS, help="what to write")
    add(
        "--align",
        choices=("steps", "time"),
        default="time",
        help="of a trace: first steps one above the other, or as it was in real time [time]",
    )
    add("--force", action="store_true", help="replace a file that is there")


def run(args: argparse.Namespace) -> int:
    """Write it and print where it is."""
    from diptych.profiling.cli.compared import named
    from diptych.profiling.report.write import format_of, text_of, write_report

    out: Path | None = args.output
    form = args.format or (format_of(out) if out is not None else None)
    if out is None and form not in _TEXTS:
        raise CliError("report needs a file: -o FILE, such as -o report.html", 2)
    if form is None:
        raise CliError(f"{out} does not say what to write: name a --format", 2)
    comparison = named(_found(args.what))
    if out is None:
        sys.stdout.write(text_of(comparison, form))
        return 0
    from diptych.profiling.report.errors import ReportError

    try:
        print(write_report(comparison, out, format=form, force=args.force, align=args.align))
    except ReportError as error:
        raise CliError(str(error)) from None
    return 0


def _found(words: list[str]) -> list[str]:
    """Put the newest comparison in place of `last`."""
    if words != ["last"]:
        return words
    from diptych.profiling.compare.saved import listed

    folders = listed()
    if not folders:
        raise CliError("there is no comparison yet: `diptych compare` makes one")
    return [str(folders[0])]
