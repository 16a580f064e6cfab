"""Where deleted runs wait: ``<home>/trash/<folder of the run>``, until it is emptied.

A run comes here, and goes back, by one rename: it is whole in one place or
whole in the other. ``trashed.json`` in it says when and from where. Runs that
lie on another file system than the home have their trash beside them,
``<runs>/.trash``. Several windows may use one trash at once.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec

from diptych.profiling.runner.files import write_atomically
from diptych.profiling.runner.home import runs_dir
from diptych.profiling.runner.locks import is_live
from diptych.profiling.runs.exclusive import BusyError, hold
from diptych.profiling.runs.files import RunError, RunGoneError, is_ours, read_bounded
from diptych.profiling.runs.notes import announce
from diptych.profiling.runs.store import RunEntry, RunNotFoundError, RunStore, choose, read_entry

RECORD = "trashed.json"
KEEP_DAYS = 30
"""Days after which a run goes from the trash by itself."""
_DAY = 86_400 * 10**9
_GOING = ".going-"
_LONGEST = 255
"""Bytes that the name of a folder can have."""


class TrashError(RunError):
    """A run cannot be moved to the trash, or out of it; the text says why, in one line."""


class LiveRunError(TrashError):
    """The run is live: it must be stopped first."""


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    origin: str
    moved: int


@dataclass(frozen=True, slots=True)
class Trashed:
    """A run in the trash. ``key`` is its folder there, ``moved`` Unix time in ns.

    ``origin`` is where it was, ``None`` when that is not known.
    """

    key: str
    entry: RunEntry
    moved: int
    origin: Path | None

    @property
    def directory(self) -> Path:
        """Where it is now."""
        return self.entry.directory


@dataclass(frozen=True, slots=True)
class Removed:
    """What an emptying did. ``size`` in bytes; ``problems`` names what is still there."""

    count: int
    size: int
    problems: tuple[str, ...] = ()


class Trash:
    """The trash of the runs of ``home``."""

    def __init__(self, home: Path) -> None:
        runs = runs_dir(home)
        self.runs = runs
        self.places = (home / "trash", runs / ".trash")

    def list(self) -> list[Trashed]:
        """Return what is in the trash, what came last first. Never raises."""
        entries = [entry for place in self.places for entry in RunStore(place).list()]
        return sorted(map(_trashed, entries), key=lambda t: (t.moved, t.key), reverse=True)

    def find(self, text: str) -> Trashed:
        """Return the trashed run that ``text`` names, as `RunStore.find` does.

        Raises:
            RunNotFoundError: none does, or several do.
        """
        entries = [trashed.entry for trashed in self.list()]
        if not entries:
            raise RunNotFoundError(f"no run {text!r} in the trash: it is empty")
        try:
            return _trashed(choose(text, entries))
        except RunNotFoundError as error:
            raise RunNotFoundError(f"in the trash: {error}; see `diptych runs trash`") from None

    def move(self, directory: Path) -> Trashed:
        """Move a run into the trash.

        Raises:
            LiveRunError: it is live.
            RunGoneError: it is no longer there.
            TrashError: Diptych did not make it, or it cannot be moved.
        """
        directory = directory.absolute()
        if not os.path.lexists(directory):
            raise RunGoneError(directory)
        if is_live(directory):
            raise LiveRunError(f"run {directory.name} is live: stop it first")
        if not directory.is_symlink() and not is_ours(directory):
            raise TrashError(f"{directory} is not a Diptych run: it stays where it is")
        target = self._move(directory)
        announce(directory.parent)
        return _trashed(read_entry(target))

    def restore(self, directory: Path) -> Path:
        """Put a run back where it was, beside whatever is there now; return its directory.

        Raises:
            RunGoneError: it is no longer in the trash.
            TrashError: it cannot be moved.
        """
        try:
            with hold(directory.parent):
                target = self._target(directory)
                target.parent.mkdir(parents=True, exist_ok=True)
                directory.rename(target)
        except FileNotFoundError:
            raise RunGoneError(directory) from None
        except OSError as error:
            reason = error.strerror or str(error)
            raise TrashError(f"{directory} cannot be put back: {reason}") from None
        if not target.is_symlink():
            with contextlib.suppress(OSError):
                (target / RECORD).unlink()
        announce(target.parent)
        return target

    def remove(self, directories: Iterable[Path] | None = None) -> Removed:
        """Remove runs from the trash for good; without ``directories``, all. Never raises."""
        wanted = None if directories is None else set(directories)
        inside = [trashed.directory for trashed in self.list()]
        return self._remove([d for d in inside if wanted is None or d in wanted])

    def remove_older(self, days: float = KEEP_DAYS, *, now: int | None = None) -> Removed:
        """Remove what has been in the trash for longer. Never raises.

        ``now`` is Unix time in ns.
        """
        limit = (time.time_ns() if now is None else now) - int(days * _DAY)
        return self._remove([t.directory for t in self.list() if t.moved < limit])

    # -- moving -----------------------------------------------------------------

    def _move(self, directory: Path) -> Path:
        """Move to the first place on the same file system."""
        for place in self.places:
            try:
                return _into(directory, place)
            except FileNotFoundError:
                raise RunGoneError(directory) from None
            except BusyError as error:
                raise TrashError(f"{error}: try again") from None
            except OSError as error:
                if error.errno == errno.EXDEV:
                    continue
                reason = error.strerror or str(error)
                raise TrashError(f"{directory} cannot be moved: {reason}") from None
        raise TrashError(
            f"{directory} lies on another file system than the trash {self.places[0]}: "
            "remove it by hand"
        )

    def _target(self, directory: Path) -> Path:
        origin = _origin(_read_record(directory))
        if origin is None or not origin.parent.is_dir():
            origin = self.runs / directory.name
        return _free(origin)

    # -- removing ---------------------------------------------------------------

    def _remove(self, going: Sequence[Path]) -> Removed:
        count = total = 0
        problems = []
        for directory in going:
            try:
                # Out of sight at once, so that nobody puts half a run back.
                hidden = _hide(directory)
            except FileNotFoundError:
                continue  # another window was faster
            except OSError as error:
                problems.append(f"{directory}: {error.strerror or error}")
                continue
            size = folder_size(hidden)
            _delete(hidden)
            if os.path.lexists(hidden):
                problems.append(f"{hidden}: not all of it could be removed")
            else:
                count, total = count + 1, total + size
        for place in self.places:
            for rest in _hidden(place):
                _delete(rest)
        return Removed(count, total, tuple(problems))


def folder_size(directory: Path) -> int:
    """Return the bytes of disk that a folder takes; links are not followed. Never raises."""
    total = 0
    waiting = [os.fspath(directory)]
    while waiting:
        with contextlib.suppress(OSError), os.scandir(waiting.pop()) as found:
            for item in found:
                with contextlib.suppress(OSError):
                    # Blocks, because long logs have holes.
                    total += item.stat(follow_symlinks=False).st_blocks * 512
                    if item.is_dir(follow_symlinks=False):
                        waiting.append(item.path)
    return total


def _trashed(entry: RunEntry) -> Trashed:
    record = _read_record(entry.directory)
    moved = record.moved if record else _changed(entry.directory)
    return Trashed(entry.directory.name, entry, moved, _origin(record))


def _origin(record: _Record | None) -> Path | None:
    origin = Path(record.origin) if record else None
    return origin if origin is not None and origin.is_absolute() else None


def _into(directory: Path, place: Path) -> Path:
    """Move ``directory`` into ``place`` by one rename; return where it is now."""
    if place.exists() and place.stat().st_dev != directory.lstat().st_dev:
        raise OSError(errno.EXDEV, os.strerror(errno.EXDEV))
    place.mkdir(parents=True, exist_ok=True, mode=0o700)
    with hold(place):
        target = _free(place / directory.name)
        _write_record(directory)
        directory.rename(target)
    return target


def _write_record(directory: Path) -> None:
    # A disk that is full is a reason to delete: without the record it is moved all the same.
    if not directory.is_symlink():
        record = _Record(origin=str(directory), moved=time.time_ns())
        with contextlib.suppress(OSError):
            write_atomically(directory / RECORD, msgspec.json.encode(record))


def _read_record(directory: Path) -> _Record | None:
    path = directory / RECORD
    try:
        if directory.is_symlink() or not path.is_file():
            return None
        return msgspec.json.decode(read_bounded(path), type=_Record)
    except (OSError, ValueError, RecursionError):
        return None


def _changed(directory: Path) -> int:
    """Return when a directory was renamed last; now, when that cannot be told."""
    try:
        return directory.lstat().st_ctime_ns
    except OSError:
        return time.time_ns()


def _free(wanted: Path) -> Path:
    """Return ``wanted``, or where something is there already, the next name beside it."""
    number, found = 2, wanted
    while os.path.lexists(found):
        ending = f"~{number}".encode()
        name = os.fsencode(wanted.name)[: _LONGEST - len(ending)] + ending
        found = wanted.with_name(os.fsdecode(name))
        number += 1
    return found


def _hide(directory: Path) -> Path:
    hidden = directory.with_name(f"{_GOING}{secrets.token_hex(8)}")
    with hold(directory.parent):
        directory.rename(hidden)
    return hidden


def _hidden(place: Path) -> Iterator[Path]:
    """Return what an emptying that was cut short left behind."""
    with contextlib.suppress(OSError):
        yield from [path for path in place.iterdir() if path.name.startswith(_GOING)]


def _delete(path: Path) -> None:
    """Remove a folder, or a link but not what it leads to. Never raises."""
    with contextlib.suppress(OSError):
        if path.is_symlink():
            path.unlink()
            return
    shutil.rmtree(path, ignore_errors=True)
    if os.path.lexists(path):
        _make_writable(path)
        shutil.rmtree(path, ignore_errors=True)


def _make_writable(path: Path) -> None:
    for folder, _, _ in os.walk(path):
        with contextlib.suppress(OSError):
            os.chmod(folder, stat.S_IRWXU)  # noqa: PTH101 - as os.walk gives it
