"""``diptych trace convert``: a trace as Parquet, CSV, or a Chrome trace that opens everywhere."""

from __future__ import annotations

import argparse
from pathlib import Path

from diptych.profiling.cli.errors import CliError
from diptych.profiling.cli.trace_open import ProgressLine, open_one
from diptych.profiling.cli.trace_text import as_json
from diptych.profiling.trace.table import TraceTable

_SUFFIX = {"parquet": ".parquet", "csv": ".csv", "chrome": ".chrome.json.gz"}


def run(args: argparse.Namespace) -> int:
    """Write the file and say where it is."""
    from diptych.profiling.trace.arrow import TABLES

    if args.table not in TABLES:
        raise CliError(f"no table {args.table!r}; there are: {', '.join(TABLES)}", 2)
    if args.to == "chrome" and args.table != "slices":
        raise CliError("--table goes with --to parquet and --to csv", 2)
    table = open_one(args.file)
    out = args.output or _beside(table, args.to, args.table)
    written = _write(table, out, args)
    print(as_json({"path": str(out), **written}) if args.json else out)
    return 0


def _beside(table: TraceTable, form: str, name: str) -> Path:
    """Return a name in the current folder, after that of the trace."""
    stem = table.path.name.removesuffix(".gz").removesuffix(".json")
    return Path(stem + ("" if name == "slices" else f".{name}") + _SUFFIX[form])


def _write(table: TraceTable, out: Path, args: argparse.Namespace) -> dict[str, int]:
    from diptych.profiling.trace.convert import write_table
    from diptych.profiling.trace.errors import TraceError
    from diptych.profiling.trace.merge import write_chrome

    try:
        with ProgressLine(wanted=True) as line:
            if args.to == "chrome":
                done = write_chrome([table], out, force=args.force, progress=line)
                return {"events": done.events, "arguments_lost": done.arguments_lost}
            rows = write_table(table, out, args.to, args.table, force=args.force, progress=line)
            return {"rows": rows}
    except TraceError as error:
        raise CliError(str(error)) from None
