"""The recorded comparison that comes with Diptych, copied into a home when it is asked for.

It is an ordinary comparison with ordinary runs from then on: it can be opened,
exported and deleted like all others; what was deleted of it comes back when it
is asked for again. ``resources/sample/PROVENANCE.md`` says where it is from.
"""

from __future__ import annotations

import contextlib
import shutil
import tempfile
import zipfile
from dataclasses import dataclass
from importlib import resources
from pathlib import Path, PurePosixPath

from diptych.profiling.compare.conduct import EXPERIMENT, comparisons_dir
from diptych.profiling.runner import home as places

ARCHIVE = "comparison.zip"


@dataclass(frozen=True, slots=True)
class Installed:
    """Where the sample is, and the ids of the runs that belong to it."""

    directory: Path
    runs: tuple[str, ...]


def install(home: Path | None = None) -> Installed:
    """Put what is not there yet of the sample into ``home``; nothing there is replaced.

    Raises:
        OSError: it cannot be written.
    """
    home = home or places.home()
    runs, folder = places.runs_dir(home), comparisons_dir(home)
    for made in (runs, folder):
        made.mkdir(parents=True, exist_ok=True, mode=0o700)
    packed = resources.files("diptych.resources").joinpath("sample").joinpath(ARCHIVE)
    with (
        resources.as_file(packed) as path,
        zipfile.ZipFile(path) as archive,
        tempfile.TemporaryDirectory(prefix=".sample-", dir=folder) as beside,
    ):
        archive.extractall(beside)
        ids = sorted({name for kind, name in _tops(archive) if kind == "runs"})
        (identity,) = {name for kind, name in _tops(archive) if kind == "comparisons"}
        # The comparison last: whoever finds it finds its runs.
        for run in ids:
            _move(Path(beside) / "runs" / run, runs / run)
        _move(Path(beside) / "comparisons" / identity, folder / identity)
    return Installed(folder / identity, tuple(ids))


def _tops(archive: zipfile.ZipFile) -> set[tuple[str, str]]:
    parts = (PurePosixPath(name).parts for name in archive.namelist())
    return {(kind, name) for kind, name, *_ in parts}


def _move(source: Path, target: Path) -> None:
    if target.parent.name == "comparisons" and not (target / EXPERIMENT).is_file():
        shutil.rmtree(target, ignore_errors=True)
    for path in (source, *source.rglob("*")):
        path.chmod(0o700 if path.is_dir() else 0o600)
    # Another window may have been quicker.
    with contextlib.suppress(FileExistsError):
        if not target.exists():
            source.rename(target)
