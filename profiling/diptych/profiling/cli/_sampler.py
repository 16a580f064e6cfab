"""Entry point of the sampler process: ``_sampler RUN_DIRECTORY PID --hz 5``."""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the entry; it is not shown in the help."""
    parser = subparsers.add_parser("_sampler")
    parser.add_argument("directory", type=Path)
    parser.add_argument("pid", type=int)
    parser.add_argument("--hz", type=float, default=5.0)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Sample until the worker is gone."""
    from diptych.profiling.sampling.sampler import Sampler

    Sampler(args.directory, args.pid, args.hz).run()
    return 0
