"""The events of one trace as Chrome JSON, a few thousand at a time.

Times are written as exact decimals of microseconds, containers before what
they contain, overlapping slices on threads of their own: as Perfetto,
chrome://tracing and HolisticTraceAnalysis want them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np

from diptych.profiling.trace.argument_text import ArgumentText
from diptych.profiling.trace.arguments import Arguments
from diptych.profiling.trace.joining import Member
from diptych.profiling.trace.table import Int32, Int64

_CHUNK = 20_000


@dataclass(slots=True)
class Emitted:
    """What was written, counted while it is."""

    events: int = 0
    arguments_lost: int = 0
    """Arguments that are no JSON and were left out."""
    next_flow: int = 1


def encoded(text: str) -> str:
    """Return a text as JSON, whatever is in it."""
    try:
        return msgspec.json.encode(text).decode()
    except UnicodeEncodeError:
        return msgspec.json.encode(text.encode("utf-8", "replace").decode()).decode()


class Emitter:
    """Writes the events of one `Member`; `chunks` yields lines that end in a comma."""

    def __init__(self, member: Member, text: ArgumentText, emitted: Emitted) -> None:
        self._member = member
        self._table = member.table
        self._text = text
        self._done = emitted
        self._names: dict[int, str] = {}
        self._places = [f'"pid":{p.pid},"tid":{p.tid}' for p in member.places]

    def _name(self, number: int) -> str:
        known = self._names.get(number)
        if known is None:
            known = self._names[number] = encoded(self._table.text(number))
        return known

    def chunks(self, arguments: Arguments) -> Iterator[str]:
        """Yield all events but those that name processes and threads (`names`)."""
        slices = len(self._table.slices)
        for first in range(0, slices, _CHUNK):
            yield self._joined(self._slices(range(first, min(first + _CHUNK, slices)), arguments))
        for events in (self._instants(arguments), self._memory(), self._counters(), self._flows()):
            yield from self._pieces(events)

    def _joined(self, events: Iterator[str]) -> str:
        lines = list(events)
        self._done.events += len(lines)
        return "".join(f"{line},\n" for line in lines)

    def _pieces(self, events: Iterator[str]) -> Iterator[str]:
        piece: list[str] = []
        for event in events:
            piece.append(event)
            if len(piece) == _CHUNK:
                yield self._joined(iter(piece))
                piece = []
        yield self._joined(iter(piece))

    def _times(self, times: Int64) -> list[str]:
        return decimals(times + self._member.shift_ns)

    def _slices(self, rows: range, arguments: Arguments) -> Iterator[str]:
        s, part = self._table.slices, slice(rows.start, rows.stop)
        columns = zip(
            rows,
            s.name[part].tolist(),
            s.category[part].tolist(),
            s.track[part].tolist(),
            self._times(s.start[part]),
            decimals(s.duration[part]),
            s.args_at[part].tolist(),
            s.args_length[part].tolist(),
            strict=True,
        )
        for row, name, category, track, start, length, at, size in columns:
            place = self._places[track]
            args = self._args(arguments(at, size)) if at >= 0 else self._made(row)
            yield (
                f'{{"ph":"X","cat":{self._name(category)},"name":{self._name(name)},'
                f'{place},"ts":{start},"dur":{length}{args}}}'
            )

    def _args(self, raw: bytes) -> str:
        found = self._text(raw)
        if found is None:
            self._done.arguments_lost += 1
            return ""
        return f',"args":{found}'

    def _made(self, row: int) -> str:
        """Return what readers need of a slice whose file has no arguments for it."""
        s = self._table.slices
        if s.correlation[row] < 0:
            return ""
        track = self._table.tracks[int(s.track[row])]
        args: dict[str, Any] = {"correlation": int(s.correlation[row])}
        if track.device is not None:
            args.update(device=track.device, stream=track.stream)
        return self._args(msgspec.json.encode(args))

    def _instants(self, arguments: Arguments) -> Iterator[str]:
        marks = self._table.instants
        columns = zip(
            marks.name.tolist(),
            marks.category.tolist(),
            marks.track.tolist(),
            self._times(marks.time),
            marks.args_at.tolist(),
            marks.args_length.tolist(),
            strict=True,
        )
        for name, category, track, time, at, size in columns:
            place, scope = self._place(track)
            args = self._args(arguments(at, size)) if at >= 0 else ""
            yield (
                f'{{"ph":"i","s":"{scope}","cat":{self._name(category)},"name":{self._name(name)},'
                f'{place},"ts":{time}{args}}}'
            )

    def _place(self, track: int) -> tuple[str, str]:
        """Return where a mark belongs; one of no thread belongs to all."""
        if track >= 0:
            return self._places[track], "t"
        pids = [*self._member.hosts.values(), *self._member.devices.values(), 0]
        return f'"pid":{pids[0]},"tid":0', "g"

    def _memory(self) -> Iterator[str]:
        events = self._table.memory
        for i, time in enumerate(self._times(events.time)):
            place, _ = self._place(int(events.track[i]))
            device = int(events.device[i])
            args = {
                "Device Type": int(events.device_type[i]),
                "Device Id": self._member.devices.get(device, device),
                "Bytes": int(events.size[i]),
                "Addr": int(events.address[i]),
                "Total Allocated": int(events.allocated[i]),
                "Total Reserved": int(events.reserved[i]),
            }
            hidden = ("Total Allocated", "Total Reserved")
            known = {k: v for k, v in args.items() if k not in hidden or v >= 0}
            found = self._text(msgspec.json.encode(known))
            yield (
                f'{{"ph":"i","s":"t","cat":"cpu_instant_event","name":"[memory]",'
                f'{place},"ts":{time},"args":{found}}}'
            )

    def _counters(self) -> Iterator[str]:
        for counter in self._table.counters:
            name, pid = encoded(counter.name), self._member.hosts[counter.pid]
            real = np.isfinite(counter.value)
            times = self._times(counter.time[real])
            for time, value in zip(times, counter.value[real].tolist(), strict=True):
                yield (
                    f'{{"ph":"C","name":{name},"pid":{pid},"tid":0,"ts":{time},'
                    f'"args":{{"value":{value!r}}}}}'
                )

    def _flows(self) -> Iterator[str]:
        flows = self._table.flows
        for first in range(0, len(flows.source), _CHUNK):
            part = slice(first, first + _CHUNK)
            yield from self._arrows(flows.category[part], flows.source[part], flows.target[part])

    def _arrows(self, categories: Int32, sources: Int32, targets: Int32) -> Iterator[str]:
        columns = zip(categories.tolist(), *self._ends(sources), *self._ends(targets), strict=True)
        for category, start, source, end, target in columns:
            number, self._done.next_flow = self._done.next_flow, self._done.next_flow + 1
            text = self._name(category)
            head = f'"id":{number},"cat":{text},"name":{text}'
            yield f'{{"ph":"s",{head},{source},"ts":{start}}}'
            yield f'{{"ph":"f","bp":"e",{head},{target},"ts":{end}}}'

    def _ends(self, rows: Int32) -> tuple[list[str], list[str]]:
        s = self._table.slices
        places = [self._places[track] for track in s.track[rows].tolist()]
        return self._times(s.start[rows]), places


def decimals(times: Int64) -> list[str]:
    """Return nanoseconds as microseconds, exactly."""
    whole, rest = np.divmod(times, 1000)
    pairs = zip(whole.tolist(), rest.tolist(), strict=True)
    return [f"{w}.{r:03d}" if r else str(w) for w, r in pairs]
