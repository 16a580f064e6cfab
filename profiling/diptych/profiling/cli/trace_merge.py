"""``diptych trace merge``: several traces on one clock, in one file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from dataclasses import asdict
from itertools import pairwise

from diptych.profiling.cli.errors import CliError
from diptych.profiling.cli.runs_text import plain
from diptych.profiling.cli.trace_open import ProgressLine, find_traces, open_path
from diptych.profiling.cli.trace_text import as_json, duration
from diptych.profiling.trace.table import TraceTable


def run(args: argparse.Namespace) -> int:
    """Write the file; say on stderr how the clocks were brought together."""
    from diptych.profiling.trace.errors import TraceError
    from diptych.profiling.trace.merge import write_chrome

    paths = [path for word in args.files for path in find_traces(word)]
    if args.output.exists() and any(args.output.samefile(path) for path in paths):
        raise CliError(f"{args.output} is one of the traces to merge; name another file", 2)
    tables = [open_path(path) for path in paths]
    try:
        with ProgressLine(wanted=True) as line:
            done = write_chrome(
                tables, args.output, align=args.align, force=args.force, progress=line
            )
    except (TraceError, ValueError) as error:
        raise CliError(str(error)) from None
    if args.json:
        print(as_json({**asdict(done), "path": str(done.path)}))
        return 0
    print(done.path)
    if done.clock == "first step" and args.align != "step":
        print("diptych: aligned at the first step: not all files have a clock", file=sys.stderr)
    elif apart := _apart(tables):
        print(f"diptych: {plain(apart)}", file=sys.stderr)
    return 0


def _apart(tables: Sequence[TraceTable]) -> str | None:
    """Say so where two traces lie so far apart that nobody would see both at once."""
    spans = sorted((t.origin_ns, t.origin_ns + t.duration_ns, t.path.name) for t in tables)
    for (_, end, before), (start, _, after) in pairwise(spans):
        if start - end > 10 * sum(table.duration_ns for table in tables):
            return (
                f"{after} begins {duration(start - end)} after the end of {before}: "
                "--align step puts them side by side"
            )
    return None
