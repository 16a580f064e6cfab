"""Entry point of the runner process: ``_runner RUN_DIRECTORY``, the request on stdin.

Leaves its parent at once (so nobody has to collect it), says ``ready`` on
stdout when the manifest stands, or why it cannot, and then needs nobody any more.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from diptych.profiling.records.manifest import RunRequest


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the entry; it is not shown in the help."""
    parser = subparsers.add_parser("_runner")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--lock-fd", type=int, default=None)
    parser.add_argument("--stdin-fd", type=int, default=None)
    parser.add_argument("--take-over", action="store_true")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Supervise one run to its end."""
    import msgspec

    from diptych.profiling.cli.errors import CliError
    from diptych.profiling.records.manifest import RunRequest

    if args.take_over:
        return _take_over(args.directory.absolute())
    try:
        request = msgspec.json.decode(sys.stdin.buffer.read(), type=RunRequest)
    except msgspec.MsgspecError as error:
        raise CliError(f"the request on standard input is not valid: {error}", 2) from None
    if os.fork():
        os._exit(0)
    for descriptor in (args.lock_fd, args.stdin_fd):
        if descriptor is not None:
            os.set_inheritable(descriptor, False)
    return _supervise(args.directory.absolute(), request, args.lock_fd, args.stdin_fd)


def _supervise(directory: Path, request: RunRequest, lock: int | None, stdin: int | None) -> int:
    from diptych.profiling.cli.errors import CliError
    from diptych.profiling.runner.launch import appear
    from diptych.profiling.runner.supervise import supervise
    from diptych.profiling.runs.summary import write_summary

    try:
        directory = appear(directory)
        supervise(
            directory, request, on_ready=_ready, on_finish=write_summary, lock=lock, stdin=stdin
        )
    except OSError as error:
        text = f"{error.filename or directory}: {error.strerror or error}"
        # To the launcher too: on a full disk the log holds nothing.
        with contextlib.suppress(OSError):
            os.write(1, text.encode())
        raise CliError(text) from None
    return 0


def _take_over(directory: Path) -> int:
    """End a run whose runner was killed."""
    from diptych.profiling.runner.takeover import take_over
    from diptych.profiling.runs.summary import write_summary

    if os.fork():
        os._exit(0)
    take_over(directory, on_finish=write_summary)
    return 0


def _ready() -> None:
    """Tell the launcher, who may be gone, and let go of its pipe."""
    from diptych.profiling.runner.launch import READY

    with contextlib.suppress(OSError):
        os.write(1, READY)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(nothing, 1)
    os.close(nothing)
