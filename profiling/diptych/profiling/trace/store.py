"""Opens a trace file of any of the formats we know as one `TraceTable`.

Kineto's, MXNet's and plain Chrome JSON, whole or broken off, compressed or
not; told by what is in the file, never by its name.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from diptych.profiling.trace.build import built
from diptych.profiling.trace.gather import gathered
from diptych.profiling.trace.outer import OuterReader
from diptych.profiling.trace.scan import Scanner, cancelled
from diptych.profiling.trace.source import Limits, opened
from diptych.profiling.trace.table import TraceTable

Progress = Callable[[str, int, int], None]
"""Called with what is done now, how much of it is done, and of how much."""
PREPARING, READING, BUILDING = "preparing the reader, once", "reading", "building the table"


def open_trace(
    path: Path | str,
    *,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
    cache: bool = True,
    limits: Limits = Limits(),
    threads: int | None = None,
) -> TraceTable:
    """Read a trace file.

    Raises:
        TraceError: when it cannot be read as a trace; one line that says why.
        TraceCancelledError: when ``cancel`` returned true.
    """
    path = Path(path)

    def look(what: str, done: int, total: int) -> None:
        cancelled(cancel)
        if progress is not None:
            progress(what, done, total)

    with opened(path, limits) as source:
        look(READING, 0, source.size)
        scanner = Scanner(source, limits, lambda done: look(READING, done, source.size), threads)
        try:
            outer = OuterReader(source, limits, scanner.events).read()
        finally:
            scanner.close()
    raw = gathered(scanner.found)
    return built(path, raw, outer, lambda share: look(BUILDING, int(share * 100), 100))
