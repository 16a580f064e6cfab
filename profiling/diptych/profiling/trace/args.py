"""The arguments of one slice, read out of the file when they are asked for."""

from __future__ import annotations

import json
import os
import threading
import zlib
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diptych.profiling.trace.digest import Stamp, unchanged
from diptych.profiling.trace.errors import TraceCancelledError, TraceError
from diptych.profiling.trace.source import GZIP
from diptych.profiling.trace.table import Instants, Slices, TraceTable

LARGEST = 1 << 24
_STEP = 1 << 23
"""Inflated bytes between two places from which inflating can go on."""
_PLACES = 256
_FILES = 4
_READ = 1 << 18


def decode_args(
    table: TraceTable,
    row: int,
    *,
    of: Slices | Instants | None = None,
    cancel: Callable[[], bool] | None = None,
) -> dict[str, Any]:
    """Return the arguments of a row, of the slices if ``of`` does not say else.

    What is no valid JSON comes back whole under the key ``""``. In a
    compressed file all that stands before is inflated the first time, in
    later calls only what is new: call it where waiting does no harm.

    Raises:
        TraceError: when the file is gone or has changed since it was opened.
        TraceCancelledError: when ``cancel`` returned true.
    """
    columns = table.slices if of is None else of
    at, length = int(columns.args_at[row]), int(columns.args_length[row])
    if at < 0 or length <= 0:
        return {}
    raw = _read(table, at, min(length, LARGEST), cancel)
    if len(raw) < length or not raw.startswith(b"{"):
        raise TraceError(f"{table.path} has changed since it was opened")
    try:
        args = json.loads(raw, strict=False)
    except (ValueError, RecursionError):
        return {"": raw.decode("utf-8", "replace")}
    return args if isinstance(args, dict) else {"": args}


def _read(table: TraceTable, at: int, length: int, cancel: Callable[[], bool] | None) -> bytes:
    now = unchanged(table.path, table.stamp)
    try:
        with table.path.open("rb") as file:
            if file.read(2) != GZIP:
                return os.pread(file.fileno(), length, at)
            return _inflating(table.path, now).read(file.fileno(), at, length, cancel)
    except OSError as error:
        raise TraceError(f"{table.path} cannot be read: {error.strerror}") from None


@dataclass(slots=True)
class _Place:
    """A state of inflating from which it can go on."""

    made: int
    """Inflated bytes before it."""
    read: int
    """Bytes of the file before it."""
    inflater: Any


@dataclass(slots=True)
class _Inflating:
    """A compressed file with places to start from."""

    places: list[_Place] = field(default_factory=lambda: [_Place(0, 0, zlib.decompressobj(31))])
    step: int = field(default_factory=lambda: _STEP)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def read(self, handle: int, at: int, length: int, cancel: Callable[[], bool] | None) -> bytes:
        """Return bytes of the inflated file."""
        with self.lock:
            place = max((p for p in self.places if p.made <= at), key=lambda p: p.made)
            return self._from(handle, place, at, length, cancel)

    def _from(
        self,
        handle: int,
        place: _Place,
        at: int,
        length: int,
        cancel: Callable[[], bool] | None,
    ) -> bytes:
        made, read, inflater = place.made, place.read, place.inflater.copy()
        kept = bytearray()
        while made < at + length:
            if cancel is not None and cancel():
                raise TraceCancelledError
            raw = os.pread(handle, _READ, read)
            if not raw:
                break
            if inflater.eof:
                read += len(raw) - len(raw.lstrip(b"\0"))
                inflater = zlib.decompressobj(31)
                continue
            try:
                piece = inflater.decompress(raw, 4 * _READ)
            except zlib.error:
                break
            # What was not taken is read again the next time.
            left = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
            read += len(raw) - len(left)
            begin = max(0, at - made)
            kept += piece[begin : max(begin, at + length - made)]
            made += len(piece)
            self._remember(made, read, inflater)
        return bytes(kept)

    def _remember(self, made: int, read: int, inflater: Any) -> None:
        if made < self.places[-1].made + self.step or inflater.eof:
            return
        if len(self.places) >= _PLACES:
            self.places[:] = self.places[::2]
            self.step *= 2
        state = inflater.copy()
        self.places.append(_Place(made, read, state))


_open: OrderedDict[tuple[Path, Stamp], _Inflating] = OrderedDict()
_open_lock = threading.Lock()


def _inflating(path: Path, now: Stamp) -> _Inflating:
    with _open_lock:
        found = _open.setdefault((path.absolute(), now), _Inflating())
        _open.move_to_end((path.absolute(), now))
        while len(_open) > _FILES:
            _open.popitem(last=False)
        return found
