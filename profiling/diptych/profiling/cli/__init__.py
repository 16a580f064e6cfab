"""The command line: one file a subcommand, of which only the chosen one is imported.

Each file has ``add_parser(subparsers)`` and ``run(args) -> int``; one with
``TAKES_REST = True`` gets unknown options as ``args.unknown`` and everything
behind ``--`` as ``args.rest``. Exit status: 0 done, 1 the workload or the input
failed, 2 wrong usage, 130 interrupted. Errors are one line on stderr.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from diptych.profiling.cli.errors import CliError

COMMANDS = {
    "run": "run a workload or a script under the profiler",
    "compare": "run the same work under both frameworks in turns, and say which is faster and why",
    "report": "write a comparison as a page, a table, its steps, or one trace of all sides",
    "stop": "stop a run",
    "capture": "profile the next steps of a run now",
    "runs": "list, show and export runs",
    "trace": "open, sum up, convert, merge and check trace files; ask them in SQL",
    "runtimes": "list, install and check the interpreters that hold a framework",
    "doctor": "look for what is missing on this machine",
    "demo": "run a small workload under both frameworks and show where its results are",
}
HIDDEN = ("_conduct", "_runner", "_sampler", "_tracer", "_open-trace")


class Parser(argparse.ArgumentParser):
    """An argument parser whose errors are one line."""

    def error(self, message: str) -> NoReturn:
        """Leave with status 2."""
        raise CliError(f"{self.prog}: {message} (see `{self.prog} --help`)", 2)


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit status.

    Without a command it opens the window, with the trace files that are named.
    """
    words = list(sys.argv[1:] if argv is None else argv)
    _open_standard()
    try:
        status = _window(words) if _only_files(words) else _dispatch(words)
        sys.stdout.flush()
    except CliError as error:
        _say(f"diptych: {error}" if not str(error).startswith("diptych") else str(error))
        return error.status
    except KeyboardInterrupt:
        return 128 + signal.SIGINT
    except BrokenPipeError:
        # Whoever read our output left; nothing more may be flushed into it.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return 1
    return status


def _open_standard() -> None:
    """Fill the places of closed standard streams: no lock or log may come to lie there."""
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _only_files(words: list[str]) -> bool:
    """Return whether no word can be a command: there is none, or each looks like a file."""
    return all(word.endswith((".json", ".gz")) or os.sep in word for word in words)


def _window(files: list[str]) -> int:
    for file in files:
        if not Path(file).is_file():
            raise CliError(f"there is no file {file!r} to open", 2)
    # By name: the window is no part of what the command line is built on.
    return int(import_module("diptych.gui.app").main(files))


def _dispatch(words: list[str]) -> int:
    name = words[0]
    if name not in COMMANDS and name not in HIDDEN:
        _top_level(words)
        return 0
    module = import_module(f"diptych.profiling.cli.{name.replace('-', '_')}")
    parser = Parser(prog="diptych", allow_abbrev=False)
    module.add_parser(parser.add_subparsers())
    if not getattr(module, "TAKES_REST", False):
        return int(module.run(parser.parse_args(words)))
    words, rest = _split(words)
    args, unknown = parser.parse_known_args(words)
    args.unknown, args.rest = unknown, rest
    return int(module.run(args))


def _split(words: list[str]) -> tuple[list[str], list[str]]:
    if "--" not in words:
        return words, []
    place = words.index("--")
    return words[:place], words[place + 1 :]


def _top_level(words: list[str]) -> None:
    """Take ``--help`` and ``--version``, refuse everything else, without any import."""
    width = max(map(len, COMMANDS))
    listing = "\n".join(f"  {name:<{width}}  {text}" for name, text in COMMANDS.items())
    parser = Parser(
        prog="diptych",
        description="A profiler for deep learning: PyTorch and MXNet. "
        "Without a command it opens its window, with the trace files that are named.",
        epilog=f"commands:\n{listing}\n\n`diptych COMMAND --help` says more.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        usage="diptych [--version] [COMMAND ... | TRACE [TRACE]]",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="show the version")
    parser.add_argument("command", nargs="?", help=argparse.SUPPRESS)
    name = next((word for word in words if not word.startswith("-")), None)
    parser.parse_args(words[:1] if name is None else [])
    raise CliError(f"unknown command {name!r}; there are: {', '.join(COMMANDS)}", 2)


class _Version(argparse.Action):
    """Looks the version up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        print(f"diptych {version('diptych')}")
        parser.exit()


def _say(line: str) -> None:
    """One line, whatever the error's text holds."""
    print(" ".join(line.split()), file=sys.stderr)
