"""``diptych capture RUN``: profiles the next steps of a run that is going on."""

from __future__ import annotations

import argparse
import sys

from diptych.profiling.cli import options

_MOST = 10_000
"""Steps of one window: a profiler keeps all of it in the worker's memory."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `capture`."""
    parser = subparsers.add_parser(
        "capture", description="Open a profile window over the next steps of a live run."
    )
    parser.add_argument("run", metavar="RUN", help="id of the run, its beginning, or its directory")
    parser.add_argument("--steps", type=int, default=5, metavar="N", help="how many (default: 5)")
    parser.add_argument("--json", action="store_true", help="print the request as JSON")
    options.add_window_options(parser)


def run(args: argparse.Namespace) -> int:
    """Ask for the window."""
    import json

    from diptych.profiling.cli.choose import live_run
    from diptych.profiling.cli.errors import CliError
    from diptych.profiling.runner.control import ask_capture
    from diptych.profiling.runner.takeover import is_orphaned

    if not 1 <= args.steps <= _MOST:
        raise CliError(f"--steps has to be from 1 to {_MOST:,}", 2)
    directory = live_run(args.run)
    names = [name for name in ("shapes", "stacks", "memory") if getattr(args, name)]
    try:
        identity = ask_capture(directory, args.steps, names)
    except OSError as error:
        raise CliError(f"{directory} cannot be written: {error.strerror}") from None
    if is_orphaned(directory):
        print(
            f"the runner of {directory.name} is gone: the window is recorded, "
            f"but nobody makes a trace of it; the raw profile stays in {directory}/traces/raw",
            file=sys.stderr,
        )
    if args.json:
        print(json.dumps({"run": directory.name, "capture": identity, "steps": args.steps}))
    else:
        print(f"{directory.name}: the next {args.steps} steps will be profiled")
    return 0
