"""Writes a file beside its place, then gives it its name: never half a file under that name."""

from __future__ import annotations

import errno
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
        raise TraceError(f"{out}: {_cause(error)}") from None
    finally:
        temporary.unlink(missing_ok=True)


_FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk is used up",
}


def _cause(error: OSError) -> str:
    """Say why a file could not be written, and where there is something to do, what."""
    full = _FULL.get(error.errno or 0)
    if full is None:
        return error.strerror or str(error)
    return f"{full}; nothing was written: free some space, or name a file on another disk"
