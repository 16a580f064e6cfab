"""All runs below one folder: listed, found, watched.

The folder is the truth: a listing reads three small files a run and keeps what
it read until a file changes, in memory and, if it is told where, in an index
that can be deleted at any time. Any number of stores may look at one folder at
once; none ever changes anything in it.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from difflib import get_close_matches
from pathlib import Path

from diptych.profiling.runs.entry import RunEntry, read_entry
from diptych.profiling.runs.files import RunError
from diptych.profiling.runs.index import Known, RunIndex
from diptych.profiling.runs.liveness import probe
from diptych.profiling.runs.notes import notes_stamp

__all__ = ["AmbiguousRunError", "RunEntry", "RunNotFoundError", "RunStore", "choose", "read_entry"]

_GRAIN = 50_000_000
"""Nanoseconds in which two changes may bear the same time."""
_NEAR = 300
"""Characters of a name that are looked at for what is near."""


class RunNotFoundError(RunError):
    """No run, or more than one, answers to what was asked for."""


class AmbiguousRunError(RunNotFoundError):
    """More than one does."""


class RunStore:
    """The runs below ``folder``, which need not exist yet.

    ``index`` is a file in which listings of many runs are remembered; it may
    be shared, and lost.
    """

    def __init__(self, folder: Path, index: Path | None = None) -> None:
        self.folder = folder
        self._index = RunIndex(index) if index is not None else None
        self._cache: dict[str, Known] = {}
        self._listed = False
        self._left: list[str] = []
        self._scanned = -1

    @property
    def complete(self) -> bool:
        """Whether the last listing had all runs, as they were then."""
        return not self._left

    def list(self, budget: float = float("inf")) -> list[RunEntry]:
        """Return all runs, the newest first. Never raises.

        Where that would take longer than ``budget`` seconds, the oldest are
        left out, or are as they were: the next listing goes on there.
        """
        if self._index is not None and not self._listed:
            self._cache = self._index.load(self.folder)
        self._listed = True
        if not self._left:
            # Ids begin with the time: the newest come last.
            self._scanned = _settled_mtime(self.folder)
            self._left = list(self._names())
            self._cache = {n: self._cache[n] for n in self._left if n in self._cache}
        self._look(budget)
        if self._index is not None and self.complete:
            self._index.keep(self._cache)
        entries = [known.entry for known in self._cache.values()]
        return sorted(entries, key=lambda entry: (entry.created, entry.id), reverse=True)

    def outdated(self) -> bool:
        """Say whether a listing may be another now than the last one; cheap."""
        if self._left or _mtime(self.folder) != self._scanned:
            return True
        return any(
            _stamp(self.folder / name) != known.stamp or not probe(self.folder / name).live
            for name, known in self._cache.items()
            if known.entry.state.live
        )

    def find(self, text: str, *, damaged: bool = False) -> RunEntry:
        """Return the run that ``text`` names.

        That is a path, a folder or an id, their start, end or any part, or a name.
        ``damaged`` takes directories as well that cannot be shown as a run.

        Raises:
            RunNotFoundError: none does, or several do.
            RunError: it is a path, and no usable run is there.
        """
        entry = self._find(text)
        if entry.problem is not None and not damaged:
            raise RunError(entry.problem)
        return entry

    def _find(self, text: str) -> RunEntry:
        path, is_path = _folder(text), os.sep in text or text in (".", "..")
        if is_path and path is not None:
            return read_entry(path.absolute())
        entries = self.list()
        try:
            return choose(text, entries)
        except AmbiguousRunError:
            raise
        except RunNotFoundError as error:
            if path is not None:
                return read_entry(path.absolute())
            if is_path:
                raise RunNotFoundError(f"there is no run directory {text}") from None
            if not entries:
                raise RunNotFoundError(
                    f"no run {text!r}: there are no runs in {self.folder} yet"
                ) from None
            raise RunNotFoundError(f"{error} (`diptych runs list` shows all)") from None

    def _names(self) -> Sequence[str]:
        try:
            with os.scandir(self.folder) as found:
                return sorted(e.name for e in found if e.name[0] != "." and _is_folder(e))
        except OSError:
            return []

    def _look(self, budget: float) -> None:
        until = time.monotonic() + budget
        while self._left:
            self._look_at(self._left.pop())
            if time.monotonic() > until:
                break

    def _look_at(self, name: str) -> None:
        directory, known = self.folder / name, self._cache.get(name)
        stamp = _stamp(directory)
        if not any(stamp) and not directory.is_dir():
            self._cache.pop(name, None)
        elif known is None or known.stamp != stamp or known.entry.state.live:
            self._cache[name] = Known(stamp, read_entry(directory))


def choose(text: str, entries: Sequence[RunEntry]) -> RunEntry:
    """Return the one of ``entries`` that ``text`` names, by folder, id, name or part of them.

    Raises:
        RunNotFoundError: none does; the error names some that are near.
        AmbiguousRunError: several do.
    """
    for matches in (
        [e for e in entries if e.directory.name == text],
        [e for e in entries if e.id == text],
        [e for e in entries if e.name == text],
        [e for e in entries if text and any(_ends_in(n, text) for n in e.names)],
        [e for e in entries if text and any(text in n for n in e.names)],
    ):
        if len(matches) == 1:
            return matches[0]
        if matches:
            raise AmbiguousRunError(_ambiguous(text, matches))
    raise RunNotFoundError(_unknown(text, entries))


def _folder(text: str) -> Path | None:
    """Return the folder that ``text`` is the path of; nothing when there is none."""
    try:
        path = Path(text).expanduser()
        return path if text and path.is_dir() else None
    except (OSError, ValueError, RuntimeError):
        # Too long for a path, no text of a path, the home of nobody.
        return None


def _unknown(text: str, entries: Sequence[RunEntry]) -> str:
    known = [e.directory.name for e in entries] + [e.name[:_NEAR] for e in entries if e.name]
    near = get_close_matches(text, known, n=3, cutoff=0.4) or known[:1]
    return f"no run {text!r}" + (f"; near it: {', '.join(near)}" if near else "")


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        # A link that leads in a circle, a mount that is gone.
        return False


def _ends_in(name: str, text: str) -> bool:
    return name.startswith(text) or name.endswith(text)


def _ambiguous(text: str, matches: Sequence[RunEntry]) -> str:
    shown = ", ".join(entry.directory.name for entry in matches[:4])
    more = f" and {len(matches) - 4} more" if len(matches) > 4 else ""
    return f"{text!r} fits {len(matches)} runs: {shown}{more}; give more of it"


def _stamp(directory: Path) -> tuple[int, ...]:
    # As text: thousands of paths are asked for at every listing.
    root = os.fspath(directory)
    parts = ("manifest.json", "summary.json", "events/runner.jsonl")
    return (*(_mtime(f"{root}/{part}") for part in parts), *notes_stamp(directory))


def _settled_mtime(folder: Path) -> int:
    """Return when a folder changed last; never the same twice when that is just now.

    File systems count time in milliseconds: what changes in the same one, but
    after a look, would not be seen.
    """
    changed = _mtime(folder)
    return changed if time.time_ns() - changed > _GRAIN else -1


def _mtime(path: Path | str) -> int:
    try:
        return os.stat(path).st_mtime_ns  # noqa: PTH116 - quicker, for thousands
    except OSError:
        return 0
