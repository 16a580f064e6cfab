"""``diptych runs``: what was run, how to get it out, and (`runs_care`) how to keep it tidy."""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from diptych.profiling.cli import runs_care
from diptych.profiling.cli.errors import CliError

if TYPE_CHECKING:
    from diptych.profiling.runs.store import RunEntry


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the subcommand and its actions."""
    parser = subparsers.add_parser("runs", help="list, show, export, name and delete runs")
    parser.set_defaults(run=run)
    names = "|".join(("list", "show", "export", *runs_care.ACTIONS))
    actions = parser.add_subparsers(dest="action", required=True, metavar=names)
    listing = actions.add_parser("list", help="all runs, the newest first")
    listing.add_argument("--json", action="store_true", help="one JSON array")
    listing.add_argument("--limit", type=_count, metavar="N", help="the newest N only")
    listing.add_argument(
        "--tag", action="append", default=[], metavar="TAG", help="only runs that have it"
    )
    show = actions.add_parser("show", help="the summary of one run")
    _add_run(show)
    show.add_argument("--json", action="store_true", help="one JSON object")
    export = actions.add_parser("export", help="steps as CSV, summary as JSON, Chrome traces")
    _add_run(export)
    export.add_argument("--format", required=True, choices=("csv", "json", "chrome"))
    export.add_argument(
        "-o", "--output", required=True, type=Path, metavar="OUT", help="file to write"
    )
    export.add_argument("--window", type=int, metavar="N", help="the trace of this window only")
    export.add_argument("--force", action="store_true", help="replace what is there")
    runs_care.add_parsers(actions)


def _add_run(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="RUN", help="id, its start or end, name, or directory")


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a positive whole number")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Carry out one action; returns the exit status."""
    if args.action in runs_care.ACTIONS:
        return runs_care.run(args)
    return {"list": _list, "show": _show, "export": _export}[args.action](args)


def _list(args: argparse.Namespace) -> int:
    from diptych.profiling.cli.runs_text import listing, listing_json, open_store

    store = open_store()
    every = store.list()
    wanted = {tag.removeprefix("#").casefold() for tag in args.tag}
    entries = [e for e in every if wanted <= {tag.casefold() for tag in e.tags}]
    entries = [_completed(entry) for entry in entries[: args.limit]]
    if args.json:
        print(listing_json(entries))
    elif entries:
        print(listing(entries))
    elif every:
        print(f"none of {len(every):,} runs has the tag {' and '.join(args.tag)}", file=sys.stderr)
    else:
        print(f"no runs in {store.folder} yet; `diptych run` makes one", file=sys.stderr)
    return 0


def _completed(entry: RunEntry) -> RunEntry:
    """Say how far a live run is; make a summary that is missing, as of a killed runner."""
    from diptych.profiling.runs.so_far import steps_so_far
    from diptych.profiling.runs.store import read_entry
    from diptych.profiling.runs.summary import write_summary

    if entry.state.live and entry.steps is None and entry.problem is None:
        return replace(entry, steps=steps_so_far(entry.directory))
    if entry.outcome is not None or entry.problem is not None or entry.state.live:
        return entry
    write_summary(entry.directory)
    return read_entry(entry.directory)


def _recovered(entry: RunEntry) -> RunEntry:
    """Finish the profile windows that a killed runner left; what cannot be is left as it is."""
    from diptych.profiling.runner.recover import recover, unfinished
    from diptych.profiling.runs.store import read_entry
    from diptych.profiling.runs.summary import write_summary

    left = unfinished(entry.directory)
    if not left:
        return entry
    windows = "a profile window" if len(left) == 1 else f"{len(left):,} profile windows"
    print(f"finishing {windows} that the run's killed runner left ...", file=sys.stderr)
    try:
        recover(entry.directory, on_finish=write_summary)
    except OSError as error:
        print(f"not finished: {error.strerror or error}", file=sys.stderr)
    return read_entry(entry.directory)


def _show(args: argparse.Namespace) -> int:
    from diptych.profiling.cli.runs_text import shown, shown_json
    from diptych.profiling.runs.summary import checked_summary

    entry = _recovered(_find(args.name))
    summary = checked_summary(entry.directory)
    print((shown_json if args.json else shown)(entry, summary))
    return 0


def _export(args: argparse.Namespace) -> int:
    from diptych.profiling.export import files
    from diptych.profiling.runs.session import RunSession

    if args.window is not None and args.format != "chrome":
        raise CliError("--window goes with --format chrome", 2)
    entry = _recovered(_find(args.name))
    with RunSession(entry.directory) as session:
        snapshot = session.drain()
    out: Path = args.output
    try:
        if args.format == "csv":
            written = files.export_csv(snapshot, out, force=args.force)
        elif args.format == "json":
            written = files.export_json(snapshot, out, force=args.force)
        else:
            written = files.export_chrome(snapshot, out, window=args.window, force=args.force)
    except files.ExportError as error:
        raise CliError(str(error)) from None
    for path in written:
        print(path)
    return 0


def _find(text: str) -> RunEntry:
    from diptych.profiling.cli.runs_text import open_store
    from diptych.profiling.runs.files import RunError

    try:
        return open_store().find(text)
    except RunError as error:
        raise CliError(str(error)) from None
