"""The curves under the lanes: memory, launch queue, counters of the file. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr
from diptych.profiling.trace.table import DEVICE_WORK, Float64, Int64, TraceTable

_NOISE = ("MXNET_C_API",)
"""Counters that count the profiler's own doings, hundreds of them."""
_MOST = 40


_BLOCK = 8
"""Instants of a level that are one of the next."""


@dataclass(frozen=True)
class Curve:
    """One value over time; it holds from each instant to the next."""

    key: str
    title: str
    unit: str
    """``GiB``, ``MiB``, ``%`` or what the counter's name says; "" for plain numbers."""
    time: Int64
    value: Float64
    scale: float = 1.0
    """What a value is multiplied with to have ``unit``."""

    @cached_property
    def levels(self) -> list[tuple[Int64, Float64, Float64]]:
        """Time, least and greatest value of every block of instants: each level 8 times coarser."""
        made = [(self.time, self.value, self.value)]
        while len(made[-1][0]) > 4096:
            time, low, high = made[-1]
            begins = np.arange(0, len(time), _BLOCK)
            lows, highs = np.minimum.reduceat(low, begins), np.maximum.reduceat(high, begins)
            made.append((time[begins], lows, highs))
        return made

    def level(self, low: float, high: float, room: int) -> tuple[Int64, Float64, Float64]:
        """Return the coarsest level that has at least two instants a pixel between two times."""
        found = self.levels[0]
        for level in self.levels[1:]:
            first, last = np.searchsorted(level[0], np.array([int(low), int(high)], np.int64))
            if last - first < 2 * room:
                break
            found = level
        return found

    def at(self, time: float) -> float | None:
        """Return the value that holds at an instant; ``None`` before the first."""
        found = int(np.searchsorted(self.time, int(time), side="right")) - 1
        return float(self.value[found]) if found >= 0 else None

    def words(self, time: float) -> str:
        """Return the value at an instant, with its unit."""
        value = self.at(time)
        if value is None:
            return fmt.UNKNOWN
        shown = value * self.scale
        return fmt.with_unit(shown, self.unit) if self.unit else fmt.number(shown)


def curves(table: TraceTable) -> list[Curve]:
    """Return every curve that the table holds, the most telling first."""
    made = [*_memory(table), *_queues(table)]
    for counter in table.counters:
        noisy = any(word in counter.name or word in counter.process for word in _NOISE)
        if len(counter.time) and not noisy and len(made) < _MOST:
            made.append(_counter(counter.name, counter.pid, counter.time, counter.value))
    return made


def _counter(name: str, pid: str, time: Int64, value: Float64) -> Curve:
    if name.lower().startswith("memory") or "bytes" in name.lower():
        return _bytes(f"counter:{pid}:{name}", name, time, value)
    unit = "%" if "%" in name or "util" in name.lower() else ""
    return Curve(f"counter:{pid}:{name}", name.replace("%", "").strip(), unit, time, value)


def _bytes(key: str, title: str, time: Int64, value: Float64) -> Curve:
    most = float(np.nanmax(value)) if len(value) else 0.0
    unit, scale = ("GiB", 2.0**-30) if most >= 2**30 else ("MiB", 2.0**-20)
    return Curve(key, title, unit, time, value, scale)


def _memory(table: TraceTable) -> list[Curve]:
    events, made = table.memory, []
    where = np.stack([events.device_type, events.device], axis=1) if len(events.time) else None
    if where is None:
        return []
    for kind, device in np.unique(where, axis=0).tolist():
        here = (events.device_type == kind) & (events.device == device)
        name = tr("CPU") if kind == 0 else tr("GPU {device}", device=device)
        for values, word in (
            (events.allocated, tr("{device} memory allocated", device=name)),
            (events.reserved, tr("{device} memory reserved", device=name)),
        ):
            known = here & (values >= 0)
            # A CPU allocator reserves nothing, and says 0 of it.
            if known.any() and (values is events.allocated or values[known].any()):
                value = values[known].astype(np.float64)
                made.append(_bytes(f"memory:{word}", word, events.time[known], value))
    return made


def _queues(table: TraceTable) -> list[Curve]:
    """Return per device how many launches wait: asked for, and not begun."""
    slices, made = table.slices, []
    work = np.isin(slices.kind, np.array(DEVICE_WORK, np.uint8)) & (slices.launch >= 0)
    of_track = np.array([-1 if t.device is None else t.device for t in table.tracks], np.int64)
    rows = np.flatnonzero(work)
    devices = of_track[slices.track[rows]]
    for device in np.unique(devices[devices >= 0]).tolist():
        begun = rows[devices == device]
        asked = slices.start[slices.launch[begun]]
        time = np.concatenate([asked, np.maximum(slices.start[begun], asked)])
        change = np.repeat(np.array([1.0, -1.0]), len(begun))
        order = np.argsort(time, kind="stable")
        title = tr("GPU {device} launch queue", device=device)
        value = np.cumsum(change[order])
        made.append(Curve(f"queue:{device}", title, tr("waiting"), time[order], value))
    return made
