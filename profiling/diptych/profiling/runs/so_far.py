"""How many steps a live run has made, from the end of its journal alone."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from diptych.profiling.records.layout import RunPaths

_LOOKS = (64 << 10, 4 << 20)
"""Bytes at the end of the journal that are looked through, first and if no step is in them."""


class _Line(msgspec.Struct):
    """What is needed of a record."""

    k: str
    n: int | None = None


_decoder = msgspec.json.Decoder(_Line)


def steps_so_far(directory: Path) -> int | None:
    """Return how many steps rank 0 has told of; ``None`` where that is not known.

    A long journal is not read: its steps are numbered from 0.
    """
    with contextlib.suppress(OSError), RunPaths(directory).worker_journal(0).open("rb") as file:
        size = os.fstat(file.fileno()).st_size
        for look in _LOOKS:
            file.seek(max(0, size - look))
            found = _last_step(file.read(look), whole=look >= size)
            if found is not None or look >= size:
                return 0 if found is None else found + 1
    return None


def _last_step(block: bytes, *, whole: bool) -> int | None:
    """Return the number of the last step in whole lines of ``block``."""
    lines = block.split(b"\n")
    # What stands before the first line break may be the rest of a line.
    for line in reversed(lines[0 if whole else 1 : -1]):
        with contextlib.suppress(msgspec.MsgspecError):
            record = _decoder.decode(line)
            if record.k == "step" and record.n is not None:
                return record.n
    return None
