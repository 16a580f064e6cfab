"""Writes a file beside its place, then gives it its name: never half a file under that name."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from diptych.profiling.trace.errors import TraceError


@contextmanager
def placed(out: Path, *, force: bool = False) -> Iterator[Path]:
    """Give a temporary path to write to; it becomes ``out`` at the end, or goes if that fails.

    Raises:
        TraceError: ``out`` is there already (and not ``force``), or cannot be written.
    """
    if out.is_dir():
        raise TraceError(f"{out} is a folder; name a file")
    if not force and os.path.lexists(out):
        raise TraceError(f"{out} exists already; --force replaces it")
    temporary = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        yield temporary
        temporary.replace(out)
    except OSError as error:
        raise TraceError(f"{out}: {error.strerror or error}") from None
    finally:
        temporary.unlink(missing_ok=True)
