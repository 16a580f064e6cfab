"""Entry point of the tracer process: ``_tracer RUN_DIRECTORY``.

Ends when its standard input does (the runner closed it, or is gone) and every
window that was announced by then is finished.
"""

from __future__ import annotations

import argparse
import os
import select
import sys
from pathlib import Path

PACE = 0.2
"""Seconds between two looks at the journals."""


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the entry; it is not shown in the help."""
    parser = subparsers.add_parser("_tracer")
    parser.add_argument("directory", type=Path)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Follow one run directory until standard input ends."""
    from diptych.profiling.trace.tracer import Tracer

    # Whatever is done here may take longer, but must not slow the training.
    os.nice(10)
    tracer = Tracer(args.directory)
    while not _ended(sys.stdin.fileno()):
        tracer.step()
    tracer.finish()
    return 0


def _ended(stdin: int) -> bool:
    ready, _, _ = select.select([stdin], [], [], PACE)
    return bool(ready) and os.read(stdin, 4096) == b""
