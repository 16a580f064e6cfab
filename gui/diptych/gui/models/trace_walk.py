"""From one slice to the next: along a lane, up, down, and along links. No Qt here."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from diptych.gui.models.trace_scene import Scene
from diptych.profiling.trace.table import DEVICE_WORK, Int32, Kind


def beside(scene: Scene, row: int, by: int) -> int | None:
    """Return the slice ``by`` places later (or earlier) on the same lane."""
    lod = scene.lod
    lane = lod.lanes.of(scene.table, row)
    if lane < 0:
        return None
    members = lod.lanes.members(lane)
    # The rows of a track are sorted by start, so those of a lane ascend.
    at = int(np.searchsorted(members, np.int32(row))) + by
    return int(members[at]) if 0 <= at < len(members) else None


def parent(scene: Scene, row: int) -> int | None:
    """Return the slice with a lane that contains this one."""
    slices = scene.table.slices
    found = int(slices.parent[row])
    while found >= 0 and not scene.frames and slices.kind[found] == Kind.PYTHON:
        found = int(slices.parent[found])
    return found if found >= 0 else None


def child(scene: Scene, row: int) -> int | None:
    """Return the first slice that this one contains directly."""
    slices = scene.table.slices
    last = scene.table.tracks[int(slices.track[row])]
    end = min(scene.end(row), int(slices.start[row]) + int(slices.duration[row]))
    for at in range(row + 1, last.first + last.count):
        if slices.start[at] > end:
            return None
        if parent(scene, at) == row and (scene.frames or slices.kind[at] != Kind.PYTHON):
            return at
    return None


def nearest(scene: Scene, lane: int, time: float) -> int | None:
    """Return the slice of a lane at an instant, or the next one, or the last."""
    members = scene.lod.lanes.members(lane)
    if not len(members):
        return None
    here = scene.lod.between(lane, time, time + 1)
    if len(here):
        return int(here[0])
    starts = scene.table.slices.start
    low, high = 0, len(members)
    while low < high:
        middle = (low + high) // 2
        low, high = (middle + 1, high) if starts[members[middle]] < time else (low, middle)
    return int(members[min(low, len(members) - 1)])


@dataclass(frozen=True, slots=True)
class Link:
    """An arrow from one slice to another, and what it means."""

    source: int
    target: int
    kind: str
    """``launch``, ``backward`` or the category of a flow of the file."""


_MOST = 60


def links(scene: Scene, row: int) -> list[Link]:
    """Return the arrows of a slice, at most 60. Looks through all slices: a few ms."""
    table, slices = scene.table, scene.table.slices
    kind, found = int(slices.kind[row]), dict[tuple[int, int], Link]()

    def add(source: int, target: int, what: str) -> None:
        if source >= 0 and target >= 0 and len(found) < _MOST:
            found.setdefault((source, target), Link(source, target, what))

    launch, partner = int(slices.launch[row]), int(slices.partner[row])
    if launch >= 0:
        device = kind in DEVICE_WORK
        add(*((launch, row) if device else (row, launch)), "launch")
    if kind == Kind.OPERATOR:
        for work in launched_by(scene, row)[:_MOST].tolist():
            add(int(slices.launch[work]), work, "launch")
    if partner >= 0:
        earlier = slices.start[partner] < slices.start[row]
        add(*((partner, row) if earlier else (row, partner)), "backward")
    flows = table.flows
    for at in np.flatnonzero((flows.source == row) | (flows.target == row))[:_MOST].tolist():
        source, target = int(flows.source[at]), int(flows.target[at])
        if (source, target) not in found:
            add(source, target, table.text(int(flows.category[at])))
    return list(found.values())


def launched_by(scene: Scene, row: int) -> Int32:
    """Return the work on devices that belongs to an operator itself."""
    slices = scene.table.slices
    rows = np.flatnonzero(slices.operator == row)
    work = np.isin(slices.kind[rows], np.array(DEVICE_WORK, np.uint8)) & (slices.launch[rows] >= 0)
    found: Int32 = rows[work].astype(np.int32)
    return found
