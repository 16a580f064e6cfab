"""Traces that were opened before, kept as tables that open at once.

A trace is known by its content: `digest` of the file and its size. Beside it,
by path, lies what the file system said of the file when it was read; as long
as it says the same the content is not read again. Everything in the folder
may be deleted at any time, and what is damaged is made anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import astuple
from pathlib import Path
from typing import Any

from diptych.profiling.trace import packing
from diptych.profiling.trace.digest import Stamp, digest
from diptych.profiling.trace.folders import traces_dir
from diptych.profiling.trace.table import TraceTable

LIMIT = 4 << 30
"""Bytes that all kept tables may take; those that were not used for longest go first."""
_KEPT, _PATH, _PART = ".trace", ".path", ".part"
_ABANDONED = 3600.0
"""Seconds after which a file that was not finished is one that nobody writes any more."""


class Cache:
    """A folder of tables."""

    def __init__(self, folder: Path | None = None, limit: int = LIMIT) -> None:
        self.folder = traces_dir() if folder is None else folder
        self._limit = limit

    def find(self, path: Path, now: Stamp, *, read: bool = True) -> TraceTable | None:
        """Return the table of a file if it is kept and the file is what it was.

        Where the file system cannot tell, the file is read, but for ``read=False``.
        """
        found = self.place(path, now, read=read)
        return found[0] if found else None

    def place(self, path: Path, now: Stamp, *, read: bool = True) -> tuple[TraceTable, Path] | None:
        """Return what `find` does, and the file that holds it."""
        entry = self._by_path(path, now)
        if entry is None and read and self._may_know(now.size):
            with suppress(OSError):
                entry = self._entry(now.size, digest(path))
        if entry is None:
            return None
        table = self._load(entry, path, now)
        if table is None:
            return None
        self._note(path, now, entry.stem.rpartition("-")[2])
        return table, entry

    def keep(self, path: Path, now: Stamp, content: str, table: TraceTable) -> Path | None:
        """Keep a table; return where, ``None`` where that is not possible."""
        entry = self._entry(now.size, content)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            with tempfile.NamedTemporaryFile(dir=self.folder, suffix=_PART, delete=False) as part:
                try:
                    packing.write(part.file, table)
                    part.close()
                    Path(part.name).replace(entry)
                except BaseException:
                    Path(part.name).unlink(missing_ok=True)
                    raise
        except (OSError, ValueError):
            return None
        self._note(path, now, content)
        self._trim(entry)
        return entry

    def _entry(self, size: int, content: str) -> Path:
        return self.folder / f"v{packing.VERSION}-{size}-{content}{_KEPT}"

    def _may_know(self, size: int) -> bool:
        with suppress(OSError):
            return any(self.folder.glob(f"v{packing.VERSION}-{size}-*{_KEPT}"))
        return False

    def _load(self, entry: Path, path: Path, now: Stamp) -> TraceTable | None:
        try:
            table = packing.read(entry, path, (now.size, now.modified))
        except FileNotFoundError:
            return None
        except (packing.DamagedError, OSError, ValueError, KeyError, TypeError):
            with suppress(OSError):
                entry.unlink()
            return None
        with suppress(OSError):
            os.utime(entry)
        return table

    def _path_file(self, path: Path) -> Path:
        name = hashlib.blake2b(os.fsencode(path.absolute()), digest_size=16).hexdigest()
        return self.folder / f"{name}{_PATH}"

    def _by_path(self, path: Path, now: Stamp) -> Path | None:
        try:
            noted: Any = json.loads(self._path_file(path).read_bytes())
            if tuple(noted["stamp"]) != astuple(now):
                return None
            entry = self._entry(now.size, str(noted["content"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None
        return entry if entry.parent == self.folder and entry.is_file() else None

    def _note(self, path: Path, now: Stamp, content: str) -> None:
        target = self._path_file(path)
        part = target.with_suffix(f".{os.getpid()}.part")
        with suppress(OSError):
            part.write_text(json.dumps({"stamp": astuple(now), "content": content}))
            part.replace(target)

    def _trim(self, newest: Path) -> None:
        """Delete what was not used for longest until everything fits."""
        total, now = 0, time.time()
        for used, size, entry in sorted(self._sizes(), reverse=True):
            total += size
            left_over = entry.suffix == _PART and used < now - _ABANDONED
            if (total > self._limit or left_over) and entry != newest:
                with suppress(OSError):
                    entry.unlink()

    def _sizes(self) -> Iterator[tuple[float, int, Path]]:
        for entry in self.folder.iterdir():
            with suppress(OSError):
                status = entry.stat()
                yield status.st_mtime, status.st_size, entry
