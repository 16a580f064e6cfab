"""What is known of one slice of a trace, with links to the slices it belongs to. No Qt here.

`describe` looks through all slices and decodes arguments from the file: it is
meant for a thread of its own.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from diptych.gui.models import trace_walk as walk
from diptych.gui.models.trace_arguments import arguments
from diptych.gui.models.trace_names import COLOURS, short
from diptych.gui.models.trace_scene import Scene
from diptych.gui.models.trace_walk import Link
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.profiling.trace.metrics import trees
from diptych.profiling.trace.table import DEVICE_WORK, Kind

_MOST_LINKS = 4
_MOST_FRAMES = 40
_LONGEST = 2000
_SHOWN_ALREADY = {"correlation", "External id", "Ev Idx", "Record function id", "Input Dims"}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line: ``row`` is the slice to which its value leads, −1 for none."""

    name: str
    value: str
    row: int = -1
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Details:
    """Everything that the panel and the arrows say of one slice."""

    row: int
    title: str
    colour: str
    facts: Sequence[Fact]
    arguments: Sequence[Fact]
    stack: Sequence[Fact]
    """Innermost first."""
    links: Sequence[Link]
    arguments_note: str = ""

    def text(self) -> str:
        """Return all of it for the clipboard."""
        lines = [self.title]
        for part in (self.facts, self.arguments, self.stack):
            lines += [f"{fact.name}\t{fact.hint or fact.value}" for fact in part]
        return "\n".join(lines) + "\n"


def describe(scene: Scene, row: int) -> Details:
    """Return what is known of a slice."""
    table = scene.table
    found, note = arguments(table, row)
    return Details(
        row,
        table.text(int(table.slices.name[row])),
        COLOURS[int(scene.lod.colour[row])],
        list(_facts(scene, row)),
        [
            Fact(name, _value(value), hint=_value(value, longest=_LONGEST))
            for name, value in found.items()
            if name not in _SHOWN_ALREADY
        ],
        _stack(scene, row),
        walk.links(scene, row),
        note,
    )


def _value(value: Any, longest: int = 160) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _link(scene: Scene, name: str, row: int) -> Fact:
    whole = scene.table.text(int(scene.table.slices.name[row]))
    return Fact(name, short(whole), row, whole)


def _facts(scene: Scene, row: int) -> Iterator[Fact]:
    table, slices = scene.table, scene.table.slices
    kind, start = int(slices.kind[row]), int(slices.start[row])
    yield Fact(tr("duration"), fmt.duration(int(slices.duration[row])))
    inside = _covered(scene, row)
    if inside:
        yield Fact(tr("self"), fmt.duration(int(slices.duration[row]) - inside))
    step = scene.step_at(start)
    began = fmt.with_unit(start / 1e6, "ms")
    where = tr("{time}, {step}", time=began, step=step.name) if step else began
    yield Fact(tr("start"), where, step.row if step and step.row != row else -1)
    words = scene.tracks[int(slices.track[row])]
    yield Fact(tr("track"), ", ".join(part for part in (words.title, words.detail) if part))
    category = table.text(int(slices.category[row]))
    if category:
        yield Fact(tr("category"), category)
    if kind in DEVICE_WORK:
        yield from _of_work(scene, row)
    elif kind in (Kind.RUNTIME, Kind.SYNC):
        yield from _of_call(scene, row)
    else:
        yield from _of_operator(scene, row)
    shape = table.text(int(slices.shape[row]))
    if shape:
        yield Fact(tr("input"), _value(shape), hint=_value(shape, _LONGEST))
    module = _module(scene, row)
    if module >= 0 and module != row:
        yield _link(scene, tr("module"), module)


def _covered(scene: Scene, row: int) -> int:
    """Return the time of what a slice contains directly."""
    slices = scene.table.slices
    track = scene.table.tracks[int(slices.track[row])]
    stop = track.first + track.count
    starts = slices.start[row + 1 : stop]
    last = row + 1 + int(np.searchsorted(starts, np.int64(scene.end(row)), side="right"))
    mine = slices.parent[row + 1 : last] == row
    return int(slices.duration[row + 1 : last][mine].sum())


def _of_work(scene: Scene, row: int) -> Iterator[Fact]:
    slices = scene.table.slices
    call, operator = int(slices.launch[row]), int(slices.operator[row])
    if operator >= 0:
        yield _link(scene, tr("launched by"), operator)
    if call < 0:
        yield Fact(tr("launch"), tr("not in the trace"))
        return
    yield _link(scene, tr("call"), call)
    delay = int(slices.start[row]) - scene.end(call)
    if delay >= 0:
        yield Fact(tr("launch delay"), fmt.duration(delay), hint=tr("From the end of the call on"))
    elif slices.start[row] >= slices.start[call]:
        yield Fact(tr("launch delay"), tr("none: it began before the call ended"))
    else:
        yield Fact(tr("launch delay"), tr("not known: it begins before its call"))


def _of_call(scene: Scene, row: int) -> Iterator[Fact]:
    slices = scene.table.slices
    if int(slices.operator[row]) >= 0:
        yield _link(scene, tr("called by"), int(slices.operator[row]))
    if int(slices.launch[row]) >= 0:
        yield _link(scene, tr("launches"), int(slices.launch[row]))


def _of_operator(scene: Scene, row: int) -> Iterator[Fact]:
    slices, partner = scene.table.slices, int(scene.table.slices.partner[row])
    if partner >= 0:
        earlier = slices.start[partner] < slices.start[row]
        yield _link(scene, tr("forward") if earlier else tr("backward"), partner)
    if int(slices.kind[row]) != Kind.OPERATOR:
        return
    work = walk.launched_by(scene, row)
    if len(work):
        time = fmt.duration(int(slices.duration[work].sum()))
        count = trn("{n} piece of work", "{n} pieces of work", len(work))
        yield Fact(tr("on the device"), tr("{time} in {count}", time=time, count=count))
        for at in work[:_MOST_LINKS].tolist():
            yield _link(scene, tr("kernel"), at)


def _ancestors(scene: Scene, row: int) -> Iterator[int]:
    """Yield what contains a slice, the innermost first: of its thread, whatever the lanes."""
    kinds = scene.table.slices.kind
    for at in reversed(trees.around(scene.table, row)):
        if scene.frames or kinds[at] != Kind.PYTHON:
            yield at


def _host(scene: Scene, row: int) -> int:
    """Return the slice of the host to which something on a device belongs."""
    slices = scene.table.slices
    if int(slices.kind[row]) not in DEVICE_WORK:
        return row
    operator, call = int(slices.operator[row]), int(slices.launch[row])
    return operator if operator >= 0 else call


def _module(scene: Scene, row: int) -> int:
    host, kinds = _host(scene, row), scene.table.slices.kind
    if host < 0:
        return -1
    return next((at for at in _ancestors(scene, host) if kinds[at] == Kind.MODULE), -1)


def _stack(scene: Scene, row: int) -> list[Fact]:
    host, slices = _host(scene, row), scene.table.slices
    if host < 0:
        return []
    frames = []
    for at in _ancestors(scene, host):
        whole = scene.table.text(int(slices.name[at]))
        frames.append(Fact("", _frame(whole), at, whole))
        if len(frames) == _MOST_FRAMES:
            break
    return frames


def _frame(name: str) -> str:
    """Return ``_call_impl  module.py:1747`` for a Python frame, else the short name."""
    file, found, function = name.partition("): ")
    path, bracket, line = file.rpartition("(")
    if found and bracket and line.isdigit():
        return f"{function}  {path.rpartition('/')[2]}:{line}"
    return short(name)
