"""Reads a journal while it grows: complete lines in, typed records out.

Whatever the file holds, reading never raises: what cannot be used is skipped,
counted, and reading goes on at the next line. Memory is bounded whatever the
length of a line. A file of another major version is refused as a whole, with
a sentence that says so.

Counts of one journal:

* ``malformed``: lines that are no record: not JSON, wrong types, too long, or
  a ``seq`` that was there before.
* ``unknown_kind``: sound lines of a kind that this version does not know.
* ``missing``: numbers of ``seq`` that never came and that no malformed line
  and no ``lost`` record of the writer accounts for.
* ``not_written``: what the writer itself reported lost.

A record that went missing is counted once, so the four add up.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from pathlib import Path
from typing import Any, cast

import msgspec

from diptych.profiling.records.kinds import SCHEMA, VERSION, AnyRecord, Lost, Open
from diptych.profiling.records.sequence import Place, SequenceCheck

MAX_LINE = 16 << 20
"""Longest line that is read, in bytes; the largest real one, an operator
summary with 20,000 lines, has about 6 MB."""

BLOCK = 256 << 10
"""Bytes read and decoded at once: small enough that the records are still in
the processor's cache when they are put into columns."""

_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_decoder = cast("msgspec.json.Decoder[AnyRecord]", msgspec.json.Decoder(AnyRecord))
_KINDS = frozenset(str(kind.__struct_config__.tag) for kind in cast("Any", AnyRecord).__args__)


class _Loose(msgspec.Struct):
    """The little that is needed of a line that is no known record."""

    k: str
    seq: int
    version: Any = None


_loose_decoder = msgspec.json.Decoder(_Loose)


class TailState(msgspec.Struct, frozen=True):
    """Where a `JournalTail` stands at the end of a whole journal, and its counts."""

    taken: int
    malformed: int
    unknown_kind: int
    not_written: int
    place: Place


class JournalTail:
    """Follows one journal file.

    ``refused`` says why nothing is read (another major version), else
    ``None``. ``generation`` grows when the file was replaced or cut: the
    records come again from the start, and what was read before is void.
    ``behind`` tells whether the file held more when it was last read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.generation = 0
        self._fd = -1
        self._inode = (0, 0)
        self._forget()

    def _forget(self) -> None:
        self.refused: str | None = None
        self.behind = False
        self.not_written = 0
        self._sequence = SequenceCheck()
        self._malformed = 0
        self.unknown_kind = 0
        self._offset = 0
        self._partial: list[bytes] = []
        self._partial_size = 0
        self._skipping = False

    @property
    def taken(self) -> int:
        """How many bytes have been read."""
        return self._offset

    @property
    def size(self) -> int:
        """How many bytes the file has now, as far as it has been opened."""
        return max(self._size(), self._offset) if self._fd >= 0 else self._offset

    def state(self) -> TailState | None:
        """Return what `resume` needs; ``None`` in the middle of a line or of a refused file."""
        if self.refused is not None or self.unfinished:
            return None
        counts = (self._offset, self._malformed, self.unknown_kind, self.not_written)
        return TailState(*counts, self._sequence.where())

    def resume(self, state: TailState) -> None:
        """Go on from where another tail of the same file stood; nothing has been read yet."""
        with contextlib.suppress(OSError):
            status = self.path.stat()
            self._inode = (status.st_dev, status.st_ino)
        self._offset, self._malformed = state.taken, state.malformed
        self.unknown_kind, self.not_written = state.unknown_kind, state.not_written
        self._sequence.resume(state.place)

    @property
    def unfinished(self) -> bool:
        """Whether the file ends in the middle of a line."""
        return self.refused is None and (bool(self._partial) or self._skipping)

    @property
    def malformed(self) -> int:
        """Lines that are no usable record."""
        return self._malformed + self._sequence.rejected

    @property
    def missing(self) -> int:
        """Records that never came and that nobody accounted for."""
        return max(0, self._sequence.holes - self._sequence.explained - self.not_written)

    @property
    def counted_once(self) -> int:
        """Of ``not_written``, what is not counted as malformed already.

        A write that the kernel cut short leaves a torn line *and* is reported
        by the writer.
        """
        explained = self._sequence.explained
        twice = explained + self.not_written - self._sequence.holes
        return self.not_written - min(explained, max(0, twice))

    def read(self, limit_bytes: int = 4 << 20) -> list[AnyRecord]:
        """Return the records of the next complete lines, at most about ``limit_bytes``.

        An empty list means that there is nothing new (or no file yet); look at
        ``behind`` to know whether to call again at once.
        """
        records: list[AnyRecord] = []
        if not self._ready():
            return records
        left = limit_bytes
        while left > 0 and self.refused is None:
            block = self._next_block(min(left, BLOCK))
            if not block:
                break
            left -= len(block)
            records += self._take(block)
        self.behind = self.refused is None and self._size() > self._offset
        return records

    def finish(self) -> list[AnyRecord]:
        """Return what a last line without its newline holds; call when no more will come."""
        return self._take(b"\n") if self.unfinished else []

    def close(self) -> None:
        """Close the file; a later ``read`` opens it again."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    # -- the file -------------------------------------------------------------

    def _ready(self) -> bool:
        """Open the file, or notice that it is another one than before."""
        try:
            now = self.path.stat()
        except (OSError, ValueError):
            return self._fd >= 0
        inode = (now.st_dev, now.st_ino)
        known = self._inode != (0, 0)
        if known and (inode != self._inode or now.st_size < self._offset):
            self.close()
            self._forget()
            self.generation += 1
        if self._fd < 0 and stat.S_ISREG(now.st_mode):
            self._open(inode)
        return self._fd >= 0

    def _open(self, inode: tuple[int, int]) -> None:
        try:
            # O_NONBLOCK: a fifo put in place of the file must not block us.
            self._fd = os.open(self.path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except OSError:
            return
        self._inode = inode

    def _size(self) -> int:
        try:
            return os.fstat(self._fd).st_size
        except OSError:
            return 0

    def _next_block(self, size: int) -> bytes:
        try:
            block = os.pread(self._fd, size, self._offset)
        except OSError:
            return b""
        self._offset += len(block)
        return block

    # -- the lines ------------------------------------------------------------

    def _take(self, block: bytes) -> list[AnyRecord]:
        """Cut ``block`` into complete lines; keep the rest for the next one."""
        end = block.rfind(b"\n") + 1
        if end == 0:
            self._keep(block)
            return []
        if self._skipping:
            self._skipping = False
            self._count_malformed()
            start = block.find(b"\n") + 1
        else:
            start = 0
        lines = block[start:end]
        if self._partial:
            lines = b"".join((*self._partial, lines))
            self._partial.clear()
            self._partial_size = 0
        if end < len(block):
            self._keep(block[end:])
        return self._decode(lines)

    def _keep(self, rest: bytes) -> None:
        if self._skipping:
            return
        self._partial.append(rest)
        self._partial_size += len(rest)
        if self._partial_size > MAX_LINE:
            self._skipping = True
            self._partial.clear()
            self._partial_size = 0

    def _decode(self, lines: bytes) -> list[AnyRecord]:
        try:
            records = _decoder.decode_lines(lines)
        except (ValueError, RecursionError):
            # UnicodeDecodeError and msgspec's errors are ValueErrors.
            return self._decode_each(lines)
        if self._sequence.follows(records):
            return self._noted(records)
        return self._noted([record for record in records if self._accept(record)])

    def _decode_each(self, lines: bytes) -> list[AnyRecord]:
        records: list[AnyRecord] = []
        for line in lines.split(b"\n"):
            if not line.strip():
                continue
            record = _decode_line(line)
            if record is None:
                self._set_aside(line)
            elif self._accept(record):
                records.append(record)
        return self._noted(records)

    def _noted(self, records: list[AnyRecord]) -> list[AnyRecord]:
        self.not_written += sum([r.count for r in records if type(r) is Lost and r.count > 0])
        return records

    def _accept(self, record: AnyRecord) -> bool:
        """Whether ``record`` may be used: right version, right place."""
        if self.refused is not None:
            return False
        if type(record) is Open:
            if record.schema != SCHEMA:
                self._count_malformed()
                return False
            if record.version[0] != VERSION[0]:
                self._refuse(record.version)
                return False
            self._sequence.restart(record.seq)
        return self._sequence.place(record.seq)

    def _set_aside(self, line: bytes) -> None:
        """Count a line that is no known record."""
        if self.refused is not None:
            return
        try:
            loose = _loose_decoder.decode(line)
        except (ValueError, RecursionError):
            self._count_malformed()
            return
        if loose.k == "open" and _major(loose.version) not in (None, VERSION[0]):
            self._refuse(loose.version)
        elif loose.k in _KINDS:
            self._count_malformed()
        elif self._sequence.place(loose.seq):
            self.unknown_kind += 1

    def _count_malformed(self) -> None:
        self._malformed += 1
        self._sequence.damaged()

    def _refuse(self, version: Any) -> None:
        shown = ".".join(str(part) for part in version[:3])
        self.refused = (
            f"{self.path.name} has format {shown}; this Diptych reads {VERSION[0]}.x: "
            "open the run with a newer Diptych"
        )


def _decode_line(line: bytes) -> AnyRecord | None:
    try:
        return _decoder.decode(line)
    except (ValueError, RecursionError):
        if b"\\ud" not in line:
            return None
    # Half a surrogate pair: Python writes it for a file name that is not
    # UTF-8, JSON readers refuse it. Only that character is lost.
    try:
        return _decoder.decode(_SURROGATE.sub(rb"\\ufffd", line))
    except (ValueError, RecursionError):
        return None


def _major(version: Any) -> int | None:
    if isinstance(version, list) and version and isinstance(version[0], int):
        return version[0]
    return None
