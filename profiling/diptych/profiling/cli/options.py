"""Options of `diptych run` that need more than argparse: profile, env, knobs."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import Literal

from diptych.profiling.cli.errors import CliError
from diptych.profiling.records.manifest import ProfileOptions, Schedule

_FIELDS = ("skip", "wait", "warmup", "active", "repeat")


def add_window_options(parser: argparse.ArgumentParser) -> None:
    """Add what a window records besides names and times."""
    group = parser.add_argument_group("what a profile window records (each costs time)")
    group.add_argument("--shapes", action="store_true", help="shapes of the operators' inputs")
    group.add_argument("--stacks", action="store_true", help="Python stacks")
    group.add_argument("--memory", action="store_true", help="memory of each operator")


def window_options(args: argparse.Namespace) -> ProfileOptions:
    """Return what `add_window_options` took."""
    return ProfileOptions(shapes=args.shapes, stacks=args.stacks, memory=args.memory)


def add_schedule_options(parser: argparse.ArgumentParser) -> None:
    """Add the ways of saying when profile windows open."""
    group = parser.add_argument_group("when to profile (in steps; default: 5 steps after 10)")
    group.add_argument("--no-profile", action="store_true", help="no profile window")
    group.add_argument(
        "--profile",
        metavar="SKIP,WAIT,WARMUP,ACTIVE,REPEAT",
        help="skip once; then, REPEAT times (0: always): wait, warm up, record",
    )
    for name, text in (
        ("skip", "steps before the first window"),
        ("wait", "steps before each window"),
        ("warmup", "steps in which the profiler warms up"),
        ("active", "steps that are recorded"),
        ("repeat", "how many windows, 0 for as many as fit"),
    ):
        group.add_argument(f"--{name}", type=int, metavar="N", help=text)


def schedule(args: argparse.Namespace) -> Schedule | Literal["default"] | None:
    """Return the schedule asked for, None for no profile, ``"default"`` if unsaid.

    Raises:
        CliError: it is no schedule, or two that contradict each other.
    """
    single = {name: getattr(args, name) for name in _FIELDS if getattr(args, name) is not None}
    said = [bool(single), args.profile is not None, args.no_profile]
    if sum(said) > 1:
        raise CliError("--profile, --no-profile and --skip, --active ... exclude each other", 2)
    if args.no_profile:
        return None
    if args.profile is not None:
        return _from_list(args.profile)
    return Schedule(**single) if single else "default"


def _from_list(text: str) -> Schedule:
    try:
        numbers = [int(word) for word in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != len(_FIELDS):
        raise CliError(
            f"--profile {text!r}: five whole numbers are needed, such as 10,0,1,5,1 "
            "(skip, wait, warmup, active, repeat)",
            2,
        )
    return Schedule(**dict(zip(_FIELDS, numbers, strict=True)))


def environment(words: Sequence[str]) -> dict[str, str]:
    """Return the variables of ``--env NAME=VALUE``.

    Raises:
        CliError: a word has no name or no ``=``.
    """
    found = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not name or not equals:
            raise CliError(f"--env {word!r}: NAME=VALUE is needed", 2)
        found[name] = value
    return found


def leftover_knobs(unknown: Sequence[str]) -> dict[str, str]:
    """Read options that argparse did not know as knobs, so that the catalogue names them.

    Raises:
        CliError: a word that is no option.
    """
    found = {}
    words = list(unknown)
    while words:
        word = words.pop(0)
        if not word.startswith("--") or len(word) == 2:
            raise CliError(f"unexpected argument {word!r}; a script's own go behind `--`", 2)
        name, equals, value = word[2:].partition("=")
        if not equals:
            value = words.pop(0) if words and not words[0].startswith("--") else ""
        found[name.replace("-", "_")] = value
    return found
