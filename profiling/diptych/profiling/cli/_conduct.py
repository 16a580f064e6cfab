"""Entry point of the process that carries a comparison out: ``_conduct FOLDER``.

Needs nobody: the window that started it may end. ``cancel`` in the folder ends it.
"""

from __future__ import annotations

import argparse
from pathlib import Path


def add_parser(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Register the entry; it is not shown in the help."""
    parser = subparsers.add_parser("_conduct")
    parser.add_argument("directory", type=Path)


def run(args: argparse.Namespace) -> int:
    """Carry it out; what becomes of it stands in its folder."""
    from diptych.profiling.cli.errors import CliError
    from diptych.profiling.cli.interrupts import Flag
    from diptych.profiling.compare.conduct import conduct

    directory: Path = args.directory.absolute()
    with Flag() as flag:
        try:
            state = conduct(directory, cancelled=lambda: flag.up)
        except OSError as error:
            raise CliError(f"{error.filename or directory}: {error.strerror or error}") from None
    return 0 if state.status == "done" else 1
