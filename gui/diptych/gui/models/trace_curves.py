"""The curves under the lanes: memory, launch queue, counters of the file. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr
from diptych.profiling.trace import metrics
from diptych.profiling.trace.table import Counter, Float64, Int64, TraceTable

_NOISE = ("MXNET_C_API",)
"""Counters that count the profiler's own doings, hundreds of them."""
_ALLOCATED = "allocated since profiling began, "
"""How finished traces of MXNet name the bytes of a device."""
_MOST = 40
_FEW = 40
"""Changes of a queue that say nothing."""


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
        # Copied, because mapped arrays would be compiled apart.
        value = np.array(self.value)
        made = [(np.array(self.time), value, value)]
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
        known = counter.name.startswith("Memory: ") or noisy
        if len(counter.time) and not known and len(made) < _MOST:
            made.append(_counter(counter))
    return made


def _counter(counter: Counter) -> Curve:
    name, key = counter.name, f"counter:{counter.pid}:{counter.name}"
    if name.startswith(_ALLOCATED):
        title = tr("{device} allocated", device=_device(name[len(_ALLOCATED) :].split("/")[0]))
        return _bytes(key, title, counter.time, counter.value)
    if "bytes" in name.lower():
        return _bytes(key, name, counter.time, counter.value)
    unit = "%" if "%" in name or "util" in name.lower() else ""
    return Curve(key, name.replace("%", "").strip(), unit, counter.time, counter.value)


def _bytes(key: str, title: str, time: Int64, value: Float64) -> Curve:
    most = float(np.nanmax(value)) if len(value) else 0.0
    unit, scale = ("GiB", 2.0**-30) if most >= 2**30 else ("MiB", 2.0**-20)
    return Curve(key, title, unit, time, value, scale)


def _device(name: str) -> str:
    kind, _, number = name.partition(" ")
    if kind == "gpu" and number:
        return tr("GPU {device}", device=number)
    return tr("CPU") if kind == "cpu" else name


def _memory(table: TraceTable) -> list[Curve]:
    made = []
    for curve in metrics.memory_curves(table):
        device = _device(curve.device)
        title = tr("{device} memory", device=device)
        value = curve.allocated.astype(np.float64)
        made.append(_bytes(f"memory:{curve.device}", title, curve.time, value))
        if curve.reserved is not None:
            title = tr("{device} memory reserved", device=device)
            value = curve.reserved.astype(np.float64)
            made.append(_bytes(f"reserved:{curve.device}", title, curve.time, value))
    return made


def _queues(table: TraceTable) -> list[Curve]:
    """Return how many launches wait, of every stream with more than a few."""
    made = []
    for queue in metrics.queues(table):
        stream = "" if queue.stream is None else str(queue.stream)
        title = tr("Launch queue, stream {stream}", stream=stream)
        key, value = f"queue:{queue.device}:{stream}", queue.length.astype(np.float64)
        if len(value) > _FEW:
            made.append(Curve(key, title, tr("waiting"), queue.time, value))
    return made
