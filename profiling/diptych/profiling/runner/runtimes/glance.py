"""What can be seen of the runtimes without starting an interpreter: whether to look again."""

from __future__ import annotations

from pathlib import Path

from diptych.profiling.runner.home import runtimes_dir
from diptych.profiling.runner.runtimes import store
from diptych.profiling.runner.runtimes.diagnose import INSTALLING
from diptych.profiling.runner.runtimes.discover import interpreter

Seen = frozenset[tuple[str, bool]]
"""Interpreters that Diptych manages or was told of, each with whether it can be used."""


def glance(home: Path | None = None) -> Seen:
    """Look at the disk alone, some files' worth. Two that differ mean another list.

    Never raises: what cannot be read is not seen.
    """
    seen = {(python, _is_there(Path(python))) for python in store.load(home).named}
    try:
        folders = [entry for entry in runtimes_dir(home).iterdir() if entry.name[0] != "."]
    except OSError:
        folders = []
    for folder in folders:
        python = interpreter(folder)
        whole = not _is_there(folder / INSTALLING)
        seen.add((python, whole and _is_there(Path(python))))
    return frozenset(seen)


def _is_there(path: Path) -> bool:
    try:
        return path.exists()
    except OSError:
        return False
