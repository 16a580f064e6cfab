"""Finds the live run that a word on the command line means."""

from __future__ import annotations

from pathlib import Path

from diptych.profiling.cli.errors import CliError
from diptych.profiling.runner.home import runs_dir
from diptych.profiling.runner.locks import is_live
from diptych.profiling.runs.files import RunError
from diptych.profiling.runs.store import RunStore


def live_run(word: str) -> Path:
    """Return the directory of the live run that ``word`` means.

    A path, an id, its beginning or end, a name, or ``last`` (the newest that lives).

    Raises:
        CliError: there is none, it is over, or several fit.
    """
    store = RunStore(runs_dir())
    if word == "last":
        alive = [entry.directory for entry in store.list() if is_live(entry.directory)]
        if not alive:
            raise CliError("no run is live now: see `diptych runs list`")
        return alive[0]
    try:
        entry = store.find(word)
    except RunError as error:
        raise CliError(str(error)) from None
    if not is_live(entry.directory):
        raise CliError(f"run {entry.id} is over: see `diptych runs show {entry.id}`")
    return entry.directory
