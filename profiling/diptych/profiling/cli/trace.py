"""``diptych trace open|summary|ops|convert|merge|check|sql``: questions to trace files."""

from __future__ import annotations

import argparse
from importlib import import_module
from pathlib import Path

ACTIONS = ("open", "summary", "ops", "convert", "merge", "check", "sql")


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand and its actions."""
    parser = subparsers.add_parser("trace", help="sum up, convert, merge and check trace files")
    actions = parser.add_subparsers(dest="action", required=True, metavar="|".join(ACTIONS))
    _add_open(actions.add_parser("open", help="show one trace, or two one below the other"))
    _add_summary(actions.add_parser("summary", help="what is in a trace, and where the time went"))
    _add_ops(actions.add_parser("ops", help="operators, modules or kernels, one a row"))
    _add_convert(actions.add_parser("convert", help="write a trace as Parquet, CSV or Chrome JSON"))
    _add_merge(actions.add_parser("merge", help="put several traces on one clock, in one file"))
    _add_check(actions.add_parser("check", help="what is wrong with a trace, what was lost"))
    _add_sql(actions.add_parser("sql", help="ask the tables of a trace in SQL"))


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="FILE", help="a trace (.json, .json.gz), or a run")
    parser.add_argument("--json", action="store_true", help="machine-readable, on one stream")


def _add_open(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="one or two traces, or runs")


def _add_out(parser: argparse.ArgumentParser, *, required: bool) -> None:
    parser.add_argument(
        "-o", "--output", type=Path, metavar="OUT", required=required, help="file to write"
    )
    parser.add_argument("--force", action="store_true", help="replace what is there")


def _add_summary(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)


def _add_ops(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument(
        "--by",
        choices=("name", "shape", "kernel", "module", "stack"),
        default="name",
        help="what makes a row (default: name)",
    )
    parser.add_argument(
        "--top", type=_count, metavar="N", help="the first N rows (default: 30; all with --json)"
    )


def _add_convert(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument("--to", required=True, choices=("parquet", "chrome", "csv"))
    parser.add_argument(
        "--table", default="slices", metavar="TABLE", help="of Parquet and CSV (default: slices)"
    )
    _add_out(parser, required=False)


def _add_merge(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", metavar="FILE", nargs="+", help="traces, or runs (all of theirs)")
    parser.add_argument("--json", action="store_true", help="say what was written as JSON")
    parser.add_argument(
        "--align",
        choices=("auto", "clock", "step"),
        default="auto",
        help="by the clock, or at the first step; auto: by the clock where all files have it",
    )
    _add_out(parser, required=True)


def _add_check(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument(
        "--strict", action="store_true", help="exit status 1 if anything is wrong or lost"
    )


def _add_sql(parser: argparse.ArgumentParser) -> None:
    _add_file(parser)
    parser.add_argument("question", metavar="SQL", help='"SELECT name, calls FROM operators", say')
    parser.add_argument(
        "--top", type=_count, metavar="N", help="the first N rows (default: 100; all with --json)"
    )


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Carry out one action; returns the exit status."""
    module = import_module(f"diptych.profiling.cli.trace_{args.action}")
    return int(module.run(args))
