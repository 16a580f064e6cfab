"""Opens a trace file of any of the formats we know as one `TraceTable`.

Kineto's, MXNet's and plain Chrome JSON, whole or broken off, compressed or
not; told by what is in the file, never by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from diptych.profiling.trace.cache import Cache
from diptych.profiling.trace.digest import Stamp, digest, stamp
from diptych.profiling.trace.errors import TraceCancelledError
from diptych.profiling.trace.source import Limits, opened
from diptych.profiling.trace.table import TraceTable

Progress = Callable[[str, int, int], None]
"""Called with what is done now, how much of it is done, and of how much."""
READING, BUILDING, KEEPING = "reading", "building the table", "keeping it for the next time"
DEFAULT = Limits()
_Look = Callable[[str, int, int], None]


def open_trace(
    path: Path | str,
    *,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
    cache: bool | Cache = True,
    limits: Limits = DEFAULT,
    threads: int | None = None,
) -> TraceTable:
    """Read a trace file, or find it among those that were read before.

    Args:
        path: the file.
        progress: told what is done now, how much of it, and of how much.
        cancel: asked many times a second; once it returns true, reading ends.
        cache: whether, and where, tables of files are kept.
        limits: what the file may ask of the machine; with other than the
            usual ones nothing is kept.
        threads: how many read; one a core by default.

    Raises:
        TraceError: when it cannot be read as a trace; one line that says why.
        TraceCancelledError: when ``cancel`` returned true.
    """
    kept = cache if isinstance(cache, Cache) else Cache() if cache else None
    return _open(Path(path), _looking(progress, cancel), kept, limits, threads)[0]


def open_kept(
    path: Path, *, progress: Progress | None = None, cancel: Callable[[], bool] | None = None
) -> tuple[TraceTable, Path | None]:
    """Do what `open_trace` does; return the file that keeps the table too, if one does."""
    return _open(path, _looking(progress, cancel), Cache(), DEFAULT, None)


def _open(
    path: Path, look: _Look, cache: Cache | None, limits: Limits, threads: int | None
) -> tuple[TraceTable, Path | None]:
    now = stamp(path)
    if cache is None or limits != DEFAULT:
        return _stamped(_read(path, look, limits, threads), now), None
    if found := cache.place(path, now):
        return found
    with ThreadPoolExecutor(1, "digest") as aside:
        content = aside.submit(_digest, path)
        table = _stamped(_read(path, look, limits, threads), now)
        key = content.result()
    look(KEEPING, 0, 1)
    # A file that is written while it is read is not kept.
    entry = cache.keep(path, now, key, table) if key and stamp(path) == now else None
    return table, entry


def _stamped(table: TraceTable, now: Stamp) -> TraceTable:
    return replace(table, stamp=(now.size, now.modified))


def _looking(progress: Progress | None, cancel: Callable[[], bool] | None) -> _Look:
    def look(what: str, done: int, total: int) -> None:
        if cancel is not None and cancel():
            raise TraceCancelledError
        if progress is not None:
            progress(what, done, total)

    return look


def _digest(path: Path) -> str | None:
    try:
        return digest(path)
    except OSError:
        return None


def _read(path: Path, look: _Look, limits: Limits, threads: int | None) -> TraceTable:
    # Imported here: a trace that is kept opens without a compiler.
    from diptych.profiling.trace.build import built
    from diptych.profiling.trace.gather import gathered
    from diptych.profiling.trace.outer import OuterReader
    from diptych.profiling.trace.prepare import prepare
    from diptych.profiling.trace.scan import Scanner

    with opened(path, limits) as source:
        prepare(look)
        look(READING, 0, source.size)
        scanner = Scanner(source, limits, lambda done: look(READING, done, source.size), threads)
        try:
            outer = OuterReader(source, limits, scanner.events).read()
        finally:
            scanner.close()
    raw = gathered(scanner.found)
    return built(path, raw, outer, lambda share: look(BUILDING, round(share * 100), 100))
