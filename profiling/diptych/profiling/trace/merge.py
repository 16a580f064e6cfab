"""Writes one Chrome trace from one or several, event by event.

See ``docs/traces.md`` for what readers ask of such a file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from diptych.profiling.trace.argument_text import ArgumentText, exact
from diptych.profiling.trace.arguments import Arguments
from diptych.profiling.trace.arrow import sound
from diptych.profiling.trace.emitting import Emitted, Emitter, encoded
from diptych.profiling.trace.errors import TraceCancelledError
from diptych.profiling.trace.joining import Align, Given, Member, Plan, plan
from diptych.profiling.trace.metrics.trees import lanes
from diptych.profiling.trace.placing import placed
from diptych.profiling.trace.table import TraceTable, Track

Progress = Callable[[str, int, int], None]

_ALONE = {"backend": "none", "rank": 0, "world_size": 1}
"""HolisticTraceAnalysis refuses a file without a rank."""
_OWN = {"distributedInfo", "deviceProperties", "baseTimeNanoseconds", "traceEvents", "traceName"}


@dataclass(frozen=True, slots=True)
class Merged:
    """What was written."""

    path: Path
    events: int
    clock: str
    """``unix``: by the files' own clocks; ``first step``: those were put one above the other."""
    base_ns: int
    labels: tuple[str, ...]
    shifts_ns: tuple[int, ...]
    arguments_lost: int
    """Arguments of events that are no JSON."""


def write_chrome(
    tables: Sequence[TraceTable],
    out: Path,
    *,
    align: Align = "auto",
    given: Given | None = None,
    force: bool = False,
    progress: Progress | None = None,
    cancel: Callable[[], bool] | None = None,
) -> Merged:
    """Write the events of all tables to ``out`` (compressed if it ends in ``.gz``).

    ``given`` takes the place of ``align`` and of the files' own names.

    Raises:
        TraceError: ``out`` is there already or cannot be written, or a file cannot be read.
        TraceCancelledError: ``cancel`` said so; nothing is left.
        ValueError: they are to be aligned by a clock that one of them has not.
    """
    joined = plan(tables, align, given)
    done = Emitted()
    with placed(out, force=force) as temporary, _opened(temporary, out) as file:
        file.write(_head(joined).encode("utf-8", "replace"))
        whole = sum(table.events for table in tables)
        held = b""
        for text in filter(None, _body(joined, done, out.parent)):
            if cancel is not None and cancel():
                raise TraceCancelledError
            file.write(held)
            held = text.encode("utf-8", "replace")
            if progress is not None:
                progress("writing", min(done.events, whole), whole)
        # Every event ends in a comma but the last.
        file.write(held.removesuffix(b",\n") + b"\n]}\n")
    return Merged(
        path=out,
        events=done.events,
        clock=joined.clock,
        base_ns=joined.base_ns,
        labels=tuple(member.label for member in joined.members),
        shifts_ns=tuple(member.shift_ns for member in joined.members),
        arguments_lost=done.arguments_lost,
    )


@contextmanager
def _opened(path: Path, named: Path) -> Iterator[IO[bytes]]:
    with path.open("wb") as file:
        if named.suffix != ".gz":
            yield file
            return
        from isal import igzip

        packed: Any = igzip.IGzipFile
        with packed("", "wb", compresslevel=2, fileobj=file, mtime=0) as zipped:
            yield zipped


def _body(joined: Plan, done: Emitted, folder: Path) -> Iterator[str]:
    offset = 0
    for order, member in enumerate(joined.members):
        text = ArgumentText(offset, member.devices, alone=len(joined.members) == 1)
        yield from _names(member, order)
        emitter = Emitter(member, text, done)
        with Arguments(member.table, folder) as arguments:
            yield from emitter.chunks(arguments)
        # A round number above every id so far keeps those of the next file apart, and readable.
        offset += 10 ** len(str(text.largest))


def _meta(kind: str, pid: int, tid: int, **args: Any) -> str:
    shown = json.dumps({k: sound(v) if isinstance(v, str) else v for k, v in args.items()})
    return f'{{"ph":"M","name":"{kind}","pid":{pid},"tid":{tid},"ts":0,"args":{shown}}},\n'


def _names(member: Member, order: int) -> Iterator[str]:
    seen = set()
    thread = lanes(member.table.tracks).tolist()
    for position, (track, place) in enumerate(zip(member.table.tracks, member.places, strict=True)):
        if place.pid not in seen:
            seen.add(place.pid)
            yield _meta("process_name", place.pid, 0, name=_process(member, track))
            sort = order * 1_000_000 + position
            yield _meta("process_sort_index", place.pid, 0, sort_index=sort)
        beside = "" if thread[position] == position else ", overlapping"
        name = f"{track.thread or track.tid}{beside}"
        yield _meta("thread_name", place.pid, place.tid, name=name)
        yield _meta("thread_sort_index", place.pid, place.tid, sort_index=position)
    for counter in member.table.counters:
        pid = member.hosts[counter.pid]
        if pid not in seen:
            seen.add(pid)
            name = _called(member, counter.process, counter.pid)
            yield _meta("process_name", pid, 0, name=name)


def _process(member: Member, track: Track) -> str:
    if track.device is None:
        return _called(member, track.process, track.pid)
    name = track.process if "GPU" in track.process else f"{track.process} GPU {track.device}"
    return f"{member.label}: {name.strip()}" if member.label else name.strip()


def _called(member: Member, process: str, pid: str) -> str:
    if not member.label:
        return process or pid
    known = f"{process} ({pid})" if process and process != pid else pid
    return f"{member.label}: {known}"


def _head(joined: Plan) -> str:
    """Return the file up to its first event; the rank comes first, where HTA looks for it."""
    top: dict[str, Any] = {}
    properties = [member.table.properties for member in joined.members]
    infos = [p["distributedInfo"] for p in properties if "distributedInfo" in p]
    top["distributedInfo"] = infos[0] if infos else _ALONE
    top["schemaVersion"] = 1
    devices = [entry for member in joined.members for entry in _devices(member, joined)]
    if devices:
        top["deviceProperties"] = devices
    for values in properties:
        top.update({k: v for k, v in values.items() if k not in _OWN and k not in top})
    top["displayTimeUnit"] = "ms"
    top["diptych"] = {**_ours(properties), "merged": [_said(member) for member in joined.members]}
    lines = [
        f"{encoded(key)}: {json.dumps(exact(value), default=str)}" for key, value in top.items()
    ]
    if joined.base_ns:
        # A whole second: as a double, too, it is exact.
        lines.append(f'"baseTimeNanoseconds": {joined.base_ns}')
    return "{" + ",\n".join(lines) + ',\n"traceEvents": [\n'


def _ours(properties: Sequence[Any]) -> dict[str, Any]:
    """Return what Diptych itself wrote into a single file."""
    said = properties[0].get("diptych") if len(properties) == 1 else None
    return dict(said) if isinstance(said, dict) else {}


def _devices(member: Member, joined: Plan) -> Iterator[dict[str, Any]]:
    listed = member.table.properties.get("deviceProperties")
    for entry in listed if isinstance(listed, list) else []:
        if not isinstance(entry, dict):
            continue
        number = entry.get("id")
        if number in member.devices:
            yield {**entry, "id": member.devices[number]}
        elif len(joined.members) == 1:
            yield entry


def _said(member: Member) -> dict[str, Any]:
    table = member.table
    return {
        "file": sound(table.path.name),
        "label": member.label,
        "rank": member.rank,
        "source": table.source,
        "events": table.events,
        # As texts: JavaScript rounds such integers.
        "origin_ns": str(table.origin_ns),
        "absolute": table.absolute,
        "dropped": dict(table.dropped),
        "truncated": table.truncated is not None,
    }
