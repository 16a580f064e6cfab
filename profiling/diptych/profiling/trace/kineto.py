"""Reads the Chrome trace that torch.profiler (Kineto) writes.

Times become integer nanoseconds since ``base`` (itself Unix ns). What cannot
be used is counted by reason. A file that broke off is read up to the break.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec

from diptych.profiling.trace import salvage


class Args(msgspec.Struct, gc=False):
    """The few arguments that tie events together."""

    external: int | str | None = msgspec.field(name="External id", default=None)
    correlation: int | None = None
    bytes_: int | None = msgspec.field(name="Bytes", default=None)
    device_type: int | None = msgspec.field(name="Device Type", default=None)


class Event(msgspec.Struct, gc=False):
    """One event as it stands in the file; ``ts`` and ``dur`` in µs."""

    ph: str
    name: str = ""
    cat: str = ""
    pid: int | str | None = None
    tid: int | str | None = None
    ts: float | None = None
    dur: float | None = None
    args: Args | None = None

    @property
    def start(self) -> int:
        """Start in ns since the file's base."""
        return round((self.ts or 0.0) * 1000)

    @property
    def end(self) -> int:
        """End in ns since the file's base."""
        return self.start + round((self.dur or 0.0) * 1000)


@dataclass(slots=True)
class KinetoTrace:
    """A file in memory: ``top`` holds the raw bytes of every top-level key."""

    top: dict[str, bytes]
    raw_events: bytes
    events: list[Event]
    base: int
    dropped: dict[str, int] = field(default_factory=dict)


def _number(raw: bytes | None) -> int:
    """``baseTimeNanoseconds`` as an integer; an old file has none, which means 0."""
    if raw is None:
        return 0
    try:
        return int(raw)
    except ValueError:
        return 0


def load(data: bytes) -> KinetoTrace:
    """Read the bytes of a Kineto file (not compressed).

    Raises:
        ValueError: when there is not one event in it.
    """
    try:
        top = msgspec.json.decode(data, type=dict[str, msgspec.Raw])
        raw = bytes(top.pop("traceEvents"))
        events = msgspec.json.decode(raw, type=list[Event])
    except (msgspec.MsgspecError, KeyError, UnicodeDecodeError):
        return _salvaged(data)
    keys = {key: bytes(value) for key, value in top.items()}
    return KinetoTrace(keys, raw, events, _number(keys.get("baseTimeNanoseconds")))


def _salvaged(data: bytes) -> KinetoTrace:
    text = data.decode("utf-8", "replace")
    objects, skipped = salvage.events(text)
    events: list[Event] = []
    kept: list[Any] = []
    for item in objects:
        try:
            events.append(msgspec.convert(item, Event))
        except msgspec.ValidationError:
            skipped += 1
            continue
        kept.append(item)
    if not events:
        raise ValueError("the profiler wrote no event that can be read")
    top = {key: msgspec.json.encode(value) for key, value in salvage.top_level(text).items()}
    dropped = {"malformed": skipped} if skipped else {}
    base = _number(top.get("baseTimeNanoseconds"))
    return KinetoTrace(top, msgspec.json.encode(kept), events, base, dropped)
