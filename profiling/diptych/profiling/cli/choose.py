"""Finds the run that a word on the command line means."""

from __future__ import annotations

from pathlib import Path

from diptych.profiling.cli.errors import CliError
from diptych.profiling.runner.home import runs_dir
from diptych.profiling.runner.locks import is_live


def live_run(word: str) -> Path:
    """Return the directory of the live run that ``word`` means.

    An id, a directory, ``last``, or a piece of an id that fits one live run.

    Raises:
        CliError: there is none, it is over, or several fit.
    """
    given = Path(word)
    for directory in (runs_dir() / word, given.absolute()):
        if word and (directory / "manifest.json").is_file():
            return _live(directory)
    runs = sorted(p.parent for p in runs_dir().glob("*/manifest.json"))
    alive = [run for run in runs if is_live(run)]
    found = alive[-1:] if word == "last" else [run for run in alive if word in run.name]
    if len(found) == 1:
        return found[0]
    names = ", ".join(run.name for run in (found or alive))
    if found:
        raise CliError(f"{word!r} fits several live runs: {names}")
    raise CliError(f"no live run {word!r}; live now: {names or 'none'}")


def _live(directory: Path) -> Path:
    if not is_live(directory):
        raise CliError(f"run {directory.name} is over: see `diptych runs show {directory.name}`")
    return directory
