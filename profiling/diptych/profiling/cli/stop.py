"""``diptych stop RUN``: asks a run to end, and waits until it has."""

from __future__ import annotations

import argparse
import sys


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register `stop`."""
    parser = subparsers.add_parser(
        "stop",
        description="Ask a run to stop: first politely, then with SIGTERM, then with SIGKILL.",
    )
    parser.add_argument("run", metavar="RUN", help="id of the run, its beginning, or its directory")
    parser.add_argument("--kill", action="store_true", help="kill it at once")
    parser.add_argument("--no-wait", action="store_true", help="do not wait for its end")


def run(args: argparse.Namespace) -> int:
    """Stop one run."""
    import time

    from diptych.profiling.cli.choose import live_run
    from diptych.profiling.cli.errors import CliError
    from diptych.profiling.runner.launch import ask_stop
    from diptych.profiling.runner.locks import is_live
    from diptych.profiling.runner.takeover import is_orphaned
    from diptych.profiling.runs.session import RunSession

    directory = live_run(args.run)
    if is_orphaned(directory):
        print(
            f"the runner of {directory.name} is gone: a stand-in ends the worker, "
            "whose exit code stays unknown",
            file=sys.stderr,
        )
    try:
        ask_stop(directory, "diptych stop", kill=args.kill)
    except OSError as error:
        raise CliError(f"{directory} cannot be written: {error.strerror}") from None
    if args.no_wait:
        return 0
    with RunSession(directory) as session:
        while is_live(directory):
            time.sleep(0.1)
        snapshot = session.drain()
    print(f"{snapshot.id}: {snapshot.state.value}, {snapshot.state_text}")
    return 0
