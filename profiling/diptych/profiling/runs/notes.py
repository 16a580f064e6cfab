"""What a person says of a run: its name, a note, tags; kept as ``notes.json`` in the run.

Any text is kept as it is; whoever shows it makes it plain. Reading takes what
can be read and never raises. Writing is atomic, two writers at once lose
nothing, and what cannot be read is put aside, not overwritten.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec

from diptych.profiling.runner.files import write_atomically
from diptych.profiling.runs.exclusive import BusyError, hold
from diptych.profiling.runs.files import (
    NotARunError,
    RunError,
    RunGoneError,
    is_ours,
    read_bounded,
)

FILE = "notes.json"
FORMAT = "diptych.notes"
VERSION = (1, 0)

LONGEST_NAME = 20_000
LONGEST_NOTE = 200_000
LONGEST_TAG = 200
MOST_TAGS = 100
_LARGEST = 4 << 20


class NotesError(RunError):
    """A name, note or tag cannot be kept; the text says why, in one line."""


class RunNotes(msgspec.Struct, frozen=True, kw_only=True):
    """``name`` is ``None`` while the run has the name with which it was started.

    A tag is one line without commas; its case is kept and does not count.
    """

    name: str | None = None
    note: str = ""
    tags: tuple[str, ...] = ()

    def renamed(self, name: str | None) -> RunNotes:
        """Return them with another name; an empty one takes the name away again.

        Raises:
            NotesError: it is too long.
        """
        text = _whole(name or "")
        _limit(text, LONGEST_NAME, "a name")
        return msgspec.structs.replace(self, name=text if text.strip() else None)

    def noted(self, note: str) -> RunNotes:
        """Return them with another note; an empty one takes it away.

        Raises:
            NotesError: it is too long.
        """
        text = _whole(note)
        _limit(text, LONGEST_NOTE, "a note")
        return msgspec.structs.replace(self, note=text if text.strip() else "")

    def tagged(self, add: Iterable[str] = (), remove: Iterable[str] = ()) -> RunNotes:
        """Return them with these tags more, and these less.

        Raises:
            NotesError: one is empty, too long or has a comma, or there would be too many.
        """
        known = {tag.casefold(): tag for tag in self.tags}
        for tag in map(clean_tag, remove):
            known.pop(tag.casefold(), None)
        for tag in map(clean_tag, add):
            known.setdefault(tag.casefold(), tag)
        if len(known) > MOST_TAGS:
            raise NotesError(f"a run can have {MOST_TAGS} tags, not {len(known)}")
        return msgspec.structs.replace(self, tags=tuple(known.values()))


def clean_tag(text: str) -> str:
    """Return ``text`` as a tag: on one line, without a leading ``#``.

    Raises:
        NotesError: it is empty, too long, or has a comma.
    """
    tag = " ".join(_whole(text).split()).removeprefix("#").strip()
    if not tag:
        raise NotesError("a tag needs at least one letter")
    if "," in tag:
        raise NotesError(f"a tag has no commas: {tag[:40]!r} would be several")
    _limit(tag, LONGEST_TAG, "a tag")
    return tag


def read_notes(directory: Path) -> RunNotes:
    """Return what is known; what cannot be read is left out. Never raises."""
    read = _read(directory)
    if not isinstance(read, dict):
        return RunNotes()
    name, note, tags = read.get("name"), read.get("note"), read.get("tags")
    kept = tags if isinstance(tags, list) else []
    return RunNotes(
        name=name[:LONGEST_NAME] if isinstance(name, str) and name.strip() else None,
        note=note[:LONGEST_NOTE] if isinstance(note, str) else "",
        tags=tuple(tag[:LONGEST_TAG] for tag in kept if isinstance(tag, str) and tag)[:MOST_TAGS],
    )


def notes_stamp(directory: Path) -> tuple[int, ...]:
    """Return what is other whenever the notes may be. Never raises."""
    try:
        found = os.stat(os.path.join(directory, FILE))  # noqa: PTH116, PTH118 - thousands at a time
    except OSError:
        return ()
    return (found.st_mtime_ns, found.st_size, found.st_ino)


def edit_notes(directory: Path, change: Callable[[RunNotes], RunNotes]) -> RunNotes:
    """Replace the notes of a run by ``change`` of what they are, and return them.

    Every listing of the folder in which the run lies looks again.

    Raises:
        NotesError: they cannot be kept: too long, no permission, the disk is full.
        NotARunError: the directory was not made by Diptych; nothing is written into it.
        RunGoneError: it is no longer there.
    """
    _check(directory)
    try:
        with hold(directory):
            before = read_notes(directory)
            after = change(before)
            if after != before:
                _write(directory, after)
    except BusyError:
        raise NotesError(f"{directory.name} is being changed elsewhere: try again") from None
    except FileNotFoundError:
        raise RunGoneError(directory) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise NotesError(f"{directory / FILE} cannot be written: {reason}") from None
    announce(directory.parent)
    return after


def announce(runs: Path) -> None:
    """Let everybody who lists the folder look again: its time of change is what they watch."""
    with contextlib.suppress(OSError):
        os.utime(runs)


def _check(directory: Path) -> None:
    if not directory.is_dir():
        raise RunGoneError(directory)
    if not is_ours(directory):
        raise NotARunError(f"{directory} is not a Diptych run: nothing is written into it")


def _read(directory: Path) -> Any:
    """Return what the file holds; ``None`` when there is none that can be read."""
    path = directory / FILE
    try:
        # Only plain files: to open a fifo would block.
        data = read_bounded(path) if path.is_file() else b""
        return msgspec.json.decode(data) if 0 < len(data) <= _LARGEST else None
    except (OSError, ValueError, RecursionError):
        return None


def _write(directory: Path, notes: RunNotes) -> None:
    path = directory / FILE
    read = _read(directory)
    if not isinstance(read, dict):
        read = {}
        _put_aside(path)
    # What a newer Diptych wrote beside these stays.
    known = {**read, "format": FORMAT, "version": read.get("version", VERSION)}
    known |= {"name": notes.name, "note": notes.note, "tags": notes.tags}
    write_atomically(path, msgspec.json.format(msgspec.json.encode(known)))


def _put_aside(path: Path) -> None:
    """Keep a file that cannot be read under another name."""
    if not os.path.lexists(path):
        return
    for number in range(1, 1000):
        aside = path.with_name(f"{path.name}.unreadable-{number}")
        if not os.path.lexists(aside):
            path.rename(aside)
            return


def _whole(text: str) -> str:
    """Return ``text`` without halves of characters, which no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _limit(text: str, most: int, what: str) -> None:
    if len(text) > most:
        raise NotesError(f"{what} can have {most:,} characters, not {len(text):,}")
