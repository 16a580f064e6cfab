"""What the timeline says of slices, boxes and bands. No Qt here."""

from __future__ import annotations

import numpy as np

from diptych.gui.models.trace_layout import Band
from diptych.gui.models.trace_scene import Scene
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn

_COUNTED = 200_000
"""Slices of a folded box that are looked at for its most frequent names."""


def hit_words(scene: Scene, band: Band, lane: int, rows: tuple[int, int]) -> str:
    """Return a tooltip as rich text, everything escaped; "" where there is nothing to say."""
    count = rows[1] - rows[0]
    if lane < 0 or not count:
        lines = [band.title, band.detail]
    elif count == 1:
        lines = slice_lines(scene, int(scene.lod.lanes.members(lane)[rows[0]]))
    else:
        lines = folded_lines(scene, lane, rows)
    return rich([line for line in lines if line])


def rich(lines: list[str]) -> str:
    """Return lines as a tooltip shows them, tags included."""
    escaped = (
        line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") for line in lines
    )
    return f"<qt>{'<br>'.join(escaped)}</qt>" if lines else ""


def slice_lines(scene: Scene, row: int) -> list[str]:
    """Return name, duration, start and step of a slice."""
    slices = scene.table.slices
    start = int(slices.start[row])
    step = scene.step_at(start)
    where = tr("at {time}", time=fmt.duration(start))
    words = [fmt.duration(int(slices.duration[row])), where, step.name if step else ""]
    name = scene.table.text(int(slices.name[row]))
    return [name[:300], " · ".join(word for word in words if word)]


def folded_lines(scene: Scene, lane: int, rows: tuple[int, int]) -> list[str]:
    """Return how many slices a box stands for, how long they took, and which they are."""
    slices = scene.table.slices
    inside = scene.lod.lanes.members(lane)[rows[0] : rows[1]]
    first, last = int(inside[0]), int(inside[-1])
    extent = scene.end(last) - int(slices.start[first])
    counted = inside[:_COUNTED]
    count = trn("{n} slice folded here", "{n} slices folded here", len(inside))
    lines = [count]
    if len(counted) == len(inside):
        busy = int(slices.duration[counted].sum())
        lines.append(
            tr("{busy} within {extent}", busy=fmt.duration(busy), extent=fmt.duration(extent))
        )
        lines += _most_frequent(scene, counted)
    lines.append(tr("Click to zoom in"))
    return lines


def _most_frequent(scene: Scene, rows: np.ndarray[tuple[int], np.dtype[np.int32]]) -> list[str]:
    names, counts = np.unique(scene.table.slices.name[rows], return_counts=True)
    order = np.argsort(-counts, kind="stable")[:3].tolist()
    return [
        tr(
            "{count}× {name}",
            count=f"{int(counts[at]):,}",
            name=scene.table.text(int(names[at]))[:80],
        )
        for at in order
    ]
