"""The ``args`` of events, read back from the file they came from.

A table keeps where they lie in the inflated file. A plain file is mapped; a
compressed one is inflated once into a file without a name, which goes with
the object.
"""

from __future__ import annotations

import mmap
import tempfile
from pathlib import Path
from typing import IO, TYPE_CHECKING

from diptych.profiling.trace.digest import unchanged
from diptych.profiling.trace.errors import TraceError
from diptych.profiling.trace.source import GZIP, Limits, buffer_of, opened
from diptych.profiling.trace.table import Int32, Int64, TraceTable

if TYPE_CHECKING:
    from types import TracebackType

_BLOCK = 4 << 20


class Arguments:
    """The raw ``args`` of a table's events; a context manager.

    Raises:
        TraceError: the file cannot be read any more, or has changed.
        OSError: ``folder`` cannot hold what is inflated.
    """

    def __init__(self, table: TraceTable, folder: Path) -> None:
        self._size = max(
            _reach(table.slices.args_at, table.slices.args_length),
            _reach(table.instants.args_at, table.instants.args_length),
        )
        self._file: IO[bytes] | None = None
        self._bytes: mmap.mmap | bytes = b""
        if not self._size:
            return
        unchanged(table.path, table.stamp)
        self._file = _inflated(table.path, self._size, folder)
        try:
            self._bytes = mmap.mmap(self._file.fileno(), 0, access=mmap.ACCESS_READ)
        except (OSError, ValueError) as error:
            self._file.close()
            raise TraceError(f"{table.path} cannot be read: {error}") from None

    def __call__(self, at: int, length: int) -> bytes:
        """Return the bytes of one object; none if it has none."""
        return self._bytes[at : at + length] if at >= 0 else b""

    def __enter__(self) -> Arguments:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _where: TracebackType | None,
    ) -> None:
        if isinstance(self._bytes, mmap.mmap):
            self._bytes.close()
        if self._file is not None:
            self._file.close()


def _reach(at: Int64, length: Int32) -> int:
    return int((at + length)[at >= 0].max(initial=0))


def _inflated(path: Path, size: int, folder: Path) -> IO[bytes]:
    """Open a file of which the first ``size`` inflated bytes can be mapped."""
    try:
        file = path.open("rb")
        if file.read(len(GZIP)) != GZIP:
            return file
        file.close()
    except OSError as error:
        raise TraceError(f"{path} cannot be read: {error.strerror}") from None
    target = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - handed to the caller
    try:
        _inflate(path, target, size)
    except BaseException:
        target.close()
        raise
    return target


def _inflate(path: Path, target: IO[bytes], size: int) -> None:
    buffer = buffer_of(_BLOCK)
    at = 0
    with opened(path, Limits()) as source:
        while at < size:
            got = source.fill(buffer, at, min(_BLOCK, size - at))
            if not got:
                break
            target.write(memoryview(buffer)[:got])
            at += got
            source.forget(at)
    target.flush()
