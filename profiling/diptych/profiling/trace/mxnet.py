"""Reads what MXNet 1.9.1's profiler dumps.

The first line of the file is the agent's: ``{"diptych": {"pids": …}}``, since
only the first dump of a process names its devices. The rest is as MXNet wrote
it: it may begin with a comma, its names are not escaped, each operator stands
in it twice (B/E and async b/e), times are integer µs of the Unix epoch.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import msgspec

NOISE = frozenset({"DeleteVariable", "WaitForVar", "SetValueOp", "CopyCPU2CPU"})
"""The engine's own work, not operators of the model."""

_EVENT = re.compile(
    r'\{\s*"name": "(?P<name>[^\n]*)",\s*\n\s*"cat": "(?P<cat>[^\n]*)",\s*\n\s*"ph": "(?P<ph>.)",'
    r'\s*\n\s*"ts": (?P<ts>\d+),(?P<rest>[^{}]*(?:\{[^{}]*\}[^{}]*)?)\}',
)
_META = re.compile(
    r'"ph": "M",\s*"args": \{\s*"name": "(?P<name>[^\n]*)"\s*\},\s*"pid": (?P<pid>\d+),'
)
_FIELD = re.compile(r'"(pid|tid|id)": (\d+)')
_VALUE = re.compile(r'"args": \{[^\n]*: (-?\d+)')
_STARTS = re.compile(r'"ph": "[^M]"')


class _Meta(msgspec.Struct):
    pids: dict[str, str] = {}
    version: str | None = None


class _Header(msgspec.Struct):
    diptych: _Meta


@dataclass(frozen=True, slots=True)
class MxSlice:
    """One interval, ns of the Unix epoch. ``thread`` counts from 0.

    ``category`` is ``operator``, or what a script called an event of its own.
    """

    name: str
    category: str
    device: str
    thread: int
    start: int
    end: int

    @property
    def noise(self) -> bool:
        """Whether this is the engine's housekeeping."""
        return self.name in NOISE


@dataclass(frozen=True, slots=True)
class MxCounter:
    """One value of a counter at ``t`` (Unix ns)."""

    name: str
    t: int
    value: int


@dataclass(slots=True)
class MxTrace:
    """A dump in memory, sorted by start."""

    version: str | None
    slices: list[MxSlice] = field(default_factory=list)
    counters: list[MxCounter] = field(default_factory=list)
    dropped: dict[str, int] = field(default_factory=dict)

    def drop(self, reason: str, count: int = 1) -> None:
        """Count events that could not be used."""
        if count:
            self.dropped[reason] = self.dropped.get(reason, 0) + count


@dataclass(frozen=True, slots=True)
class _Raw:
    name: str
    cat: str
    ph: str
    ts: int
    pid: int
    tid: int
    value: int | None


def _split(data: bytes) -> tuple[_Meta, str]:
    first, newline, rest = data.partition(b"\n")
    try:
        meta = msgspec.json.decode(first, type=_Header).diptych
    except msgspec.MsgspecError:
        return _Meta(), data.decode("utf-8", "replace")
    return meta, rest.decode("utf-8", "replace") if newline else ""


def _raw_events(body: str) -> Iterator[_Raw]:
    # By pattern rather than as JSON: names are written unescaped, so one
    # quotation mark in a name makes the whole file invalid, while the layout
    # (one key a line) never varies.
    for match in _EVENT.finditer(body):
        rest = match["rest"]
        fields = {key: int(value) for key, value in _FIELD.findall(rest)}
        value = _VALUE.search(rest)
        yield _Raw(
            match["name"],
            match["cat"],
            match["ph"],
            int(match["ts"]),
            fields.get("pid", -1),
            fields.get("tid", -1),
            int(value[1]) if value else None,
        )


def load(data: bytes) -> MxTrace:
    """Read a raw window of MXNet.

    Raises:
        ValueError: when it holds nothing that looks like a profile.
    """
    meta, body = _split(data)
    if "traceEvents" not in body:
        raise ValueError("this is not the output of MXNet's profiler")
    trace = MxTrace(meta.version)
    names = {int(pid): name for pid, name in meta.pids.items() if pid.isdigit()}
    names.update((int(m["pid"]), m["name"]) for m in _META.finditer(body))
    threads: dict[int, int] = {}
    begun: dict[int, list[_Raw]] = {}
    seen = 0
    for raw in _raw_events(body):
        seen += 1
        if raw.ph == "C":
            _counter(trace, raw)
        elif raw.ph == "B":
            begun.setdefault(raw.tid, []).append(raw)
        elif raw.ph == "E":
            _pair(trace, raw, begun, names, threads)
        else:
            trace.drop("async copy of an operator" if raw.cat == "operator" else "user's own mark")
    trace.drop("begin without end", sum(map(len, begun.values())))
    trace.drop("malformed", len(_STARTS.findall(body)) - seen)
    trace.slices.sort(key=lambda s: (s.start, -s.end))
    return trace


def _counter(trace: MxTrace, raw: _Raw) -> None:
    if raw.cat == "Device Storage" and raw.value is not None:
        trace.counters.append(MxCounter(raw.name, raw.ts * 1000, raw.value))
    else:
        trace.drop("C API counter" if raw.cat == "MXNET_C_API" else "user's own mark")


def _pair(
    trace: MxTrace,
    end: _Raw,
    begun: dict[int, list[_Raw]],
    names: dict[int, str],
    threads: dict[int, int],
) -> None:
    stack = begun.get(end.tid, [])
    for position in range(len(stack) - 1, -1, -1):
        if stack[position].name == end.name:
            begin = stack.pop(position)
            break
    else:
        trace.drop("end without begin")
        return
    device = names.get(end.pid, f"device {end.pid}").strip("/")
    thread = threads.setdefault(end.tid, len(threads))
    trace.slices.append(
        MxSlice(begin.name, begin.cat, device, thread, begin.ts * 1000, end.ts * 1000)
    )
