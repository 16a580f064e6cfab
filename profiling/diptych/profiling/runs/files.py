"""Reads the small files of a run directory and says plainly what is wrong with one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from diptych.profiling.records.layout import RunPaths
from diptych.profiling.records.manifest import FORMAT, VERSION, Manifest

_MAX_BYTES = 16 << 20


class RunError(Exception):
    """A run directory cannot be used; the text says why, in one line."""


class NotARunError(RunError):
    """The directory was not made by Diptych."""


class DamagedRunError(RunError):
    """The directory is a run, but its manifest cannot be read."""


class RunGoneError(RunError):
    """The directory is no longer there."""

    def __init__(self, directory: Path) -> None:
        super().__init__(f"{directory} is no longer there: it was moved or removed")


class _Header(msgspec.Struct):
    format: Any = None
    version: Any = None


def load_manifest(directory: Path) -> Manifest:
    """Return the manifest of the run in ``directory``.

    Raises:
        NotARunError: there is no manifest, or it is another program's.
        DamagedRunError: it cannot be read, or has another major version.
    """
    path = RunPaths(directory).manifest
    data = _read(path, directory)
    try:
        header = msgspec.json.decode(data, type=_Header)
    except (ValueError, RecursionError):
        raise DamagedRunError(f"{path}: not valid JSON; the run cannot be shown") from None
    if header.format != FORMAT:
        raise NotARunError(f"{directory} is not a Diptych run: its manifest.json is another's")
    _check_version(path, header.version)
    try:
        return msgspec.json.decode(data, type=Manifest)
    except (ValueError, RecursionError) as error:
        raise DamagedRunError(f"{path}: {error}") from None


def is_ours(directory: Path) -> bool:
    """Say whether Diptych made the directory, be it damaged. Never raises."""
    try:
        load_manifest(directory)
    except NotARunError:
        # A run that ended before it had a manifest.
        paths = RunPaths(directory)
        return paths.runner_lock.is_file() or paths.runner_journal.is_file()
    except RunError:
        return True
    return True


def _read(path: Path, directory: Path) -> bytes:
    try:
        if not path.is_file():
            raise NotARunError(f"{directory} is not a Diptych run: it has no manifest.json")
        return read_bounded(path)
    except OSError as error:
        raise DamagedRunError(f"{path}: {error.strerror or error}") from None


def read_bounded(path: Path) -> bytes:
    """Return the bytes of a small file.

    Raises:
        OSError: it cannot be read, or is larger than any file of its sort.
    """
    with path.open("rb") as file:
        data = file.read(_MAX_BYTES + 1)
    if len(data) > _MAX_BYTES:
        raise OSError(0, f"larger than {_MAX_BYTES >> 20} MiB")
    return data


def _check_version(path: Path, version: Any) -> None:
    if not (isinstance(version, list) and version and isinstance(version[0], int)):
        raise DamagedRunError(f"{path}: no format version")
    if version[0] != VERSION[0]:
        raise DamagedRunError(
            f"{path}: format {version[0]}, this Diptych reads {VERSION[0]}: use a newer Diptych"
        )
