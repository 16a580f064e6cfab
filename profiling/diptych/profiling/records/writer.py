"""Appends records to a journal: one record, one line, one unbuffered write.

Used by the runner, the sampler and the tracer. The agent, which must do with
the standard library and must never wait in the training thread, has its own.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import msgspec

from diptych.profiling.records.kinds import SCHEMA, VERSION, AnyRecord, Lost, Open


class JournalWriter:
    """One append-only JSON Lines file with one writer.

    A write that fails (a full disk, say) never raises: the record is counted,
    and a ``lost`` record says so as soon as writing works again. ``seq`` goes
    on counting over lost records, so the hole shows in any case.

    Raises:
        OSError: when the file cannot be opened.
    """

    def __init__(self, path: Path, writer: str) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o600)
        self._seq = 0
        self._lost = 0
        self._why = ""
        self._torn = _ends_torn(path)
        self._encode = msgspec.json.Encoder().encode
        self.write(Open, schema=SCHEMA, version=VERSION, writer=writer, pid=os.getpid())

    def write(self, kind: type[AnyRecord], /, *, t: int | None = None, **fields: Any) -> bool:
        """Append one record of ``kind``; ``t`` defaults to now.

        Returns whether the kernel has it.
        """
        if self._lost and kind is not Lost:
            count, why = self._lost, self._why
            if self.write(Lost, count=count, why=why):
                self._lost -= count
        record = kind(seq=self._seq, t=time.monotonic_ns() if t is None else t, **fields)
        self._seq += 1
        return self._append(self._encode(record) + b"\n", counts=kind is not Lost)

    def _append(self, line: bytes, *, counts: bool) -> bool:
        data = b"\n" + line if self._torn else line
        try:
            written = os.write(self._fd, data)
        except OSError as error:
            self._why = error.strerror or str(error)
            self._lost += counts
            return False
        # A short write (the disk filled up) leaves half a line: the next
        # record starts on a line of its own, so only this one is lost.
        self._torn = written < len(data)
        if self._torn:
            self._why = "short write"
            self._lost += counts
        return not self._torn

    def close(self) -> None:
        """Close the file. Nothing is buffered, so nothing can be lost here."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> JournalWriter:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _ends_torn(path: Path) -> bool:
    """Whether an earlier writer of the file died in the middle of a line."""
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1))
        return file.read(1) not in (b"", b"\n")
