"""Levels of detail of a trace: what a picture of any zoom needs, in time that hardly grows.

Slices are sorted into *lanes* (track × depth). For each busy lane there is a
pyramid: on each level neighbours that fit into that level's width (ns) are
one box. A picture takes the level whose boxes are no wider than a pixel, so
whatever the zoom it looks at a few boxes a pixel, and no slice is left out.

No Qt here. Colours are small numbers (0–61) that the caller gives the rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from diptych.profiling.trace import lod_build, lod_fold
from diptych.profiling.trace.lod_fold import EDGE, FOLDED, SMALL
from diptych.profiling.trace.table import Int32, Int64, TraceTable

__all__ = ["EDGE", "FOLDED", "SMALL", "Lanes", "Level", "Lod", "Picture", "make_lod"]

UInt8 = NDArray[np.uint8]

_FEW = 2048
"""A lane with so few slices needs no pyramid."""
_ALL = np.empty(0, np.bool_)
"""Nothing is hidden."""
_SHRINK = 2
"""Each level has at most half of the boxes of the one below."""


@dataclass(frozen=True, slots=True)
class Lanes:
    """Which slices lie on which lane."""

    rows: Int32
    """Rows of the table, lane after lane, by start."""
    offset: Int64
    """Where each lane begins in ``rows``; one more than there are lanes."""
    track: Int32
    """Track of each lane."""
    level: Int32
    """Place of each lane in its track, 0 on top; the track's depth and more: overlapping slices."""
    base: Int32
    """First lane of each track; one more than there are tracks."""
    moved: Int32
    """Rows that do not lie at their depth, sorted: they overlap another there, or levels are
    hidden."""
    moved_level: Int32
    """Place in the track of each of them; −1 for a hidden one."""

    def __len__(self) -> int:
        """Return the number of lanes."""
        return len(self.track)

    def of(self, table: TraceTable, row: int) -> int:
        """Return the lane of a row of the table; −1 for one that is hidden."""
        at = int(np.searchsorted(self.moved, np.int32(row)))
        track = int(table.slices.track[row])
        if at < len(self.moved) and int(self.moved[at]) == row:
            level = int(self.moved_level[at])
            return int(self.base[track]) + level if level >= 0 else -1
        return int(self.base[track]) + int(table.slices.depth[row])

    def members(self, lane: int) -> Int32:
        """Return the rows of a lane, by start."""
        return self.rows[int(self.offset[lane]) : int(self.offset[lane + 1])]

    def height(self, track: int) -> int:
        """Return how many lanes a track has."""
        return int(self.base[track + 1] - self.base[track])


@dataclass(frozen=True, slots=True)
class Level:
    """The boxes of one lane whose extent is at most ``width`` ns, by start."""

    width: int
    begins: Int64
    ends: Int64
    first: Int32
    """Number within the lane of the first slice of each box; it ends where the next begins."""
    colour: UInt8
    longest: Int64


@dataclass(frozen=True, slots=True)
class Picture:
    """One row of pixels of a lane."""

    code: UInt8
    """One a pixel: 0 nothing, else 1 + colour, with `FOLDED` and `EDGE`."""
    marks: Int32
    """Of each slice of `SMALL` pixels or more: first pixel, end pixel, number in the lane."""
    runs: Int64
    """Of each run of touching smaller ones: first and end pixel, numbers of first and end slice."""


_NOTHING = Level(
    0,
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty(0, np.int32),
    np.empty(0, np.uint8),
    np.empty(0, np.int64),
)


@dataclass(frozen=True, slots=True)
class Lod:
    """Lanes and pyramids of one table."""

    table: TraceTable
    lanes: Lanes
    colour: UInt8
    """Of each row of the table."""
    levels: Sequence[Sequence[Level]]
    """Of each lane, the finest first."""

    def level(self, lane: int, per_pixel: float) -> Level:
        """Return the coarsest level whose boxes are no wider than a pixel (ns)."""
        found = _NOTHING
        for level in self.levels[lane]:
            if level.width > per_pixel:
                break
            found = level
        return found

    def fold(
        self, lane: int, low: float, per_pixel: float, code: UInt8, marks: Int32, runs: Int64
    ) -> tuple[int, int]:
        """Fill the arrays of a `Picture` with what begins at ``low`` ns; return the counts.

        ``code`` has one number a pixel, ``marks`` and ``runs`` as many rows.
        """
        level, slices = self.level(lane, per_pixel), self.table.slices
        counts: tuple[int, int] = lod_fold.fold_lane(
            self.lanes.members(lane),
            slices.start,
            slices.duration,
            self.colour,
            level.begins,
            level.ends,
            level.first,
            level.colour,
            level.longest,
            float(low),
            float(per_pixel),
            code,
            marks,
            runs,
        )
        return counts

    def picture(self, lane: int, low: float, per_pixel: float, width: int) -> Picture:
        """Return ``width`` pixels of ``per_pixel`` ns of a lane from ``low`` ns on."""
        code = np.empty(width, np.uint8)
        marks, runs = np.empty((width, 3), np.int32), np.empty((width, 4), np.int64)
        n_marks, n_runs = self.fold(lane, low, per_pixel, code, marks, runs)
        return Picture(code, marks[:n_marks], runs[:n_runs])

    def between(self, lane: int, low: float, high: float) -> Int32:
        """Return the rows of a lane that are touched by ``low`` to ``high`` ns, ends excluded."""
        members, slices = self.lanes.members(lane), self.table.slices
        begin = lod_fold.first_row_in_sight(members, slices.start, slices.duration, float(low))
        end = lod_fold.first_row_in_sight(members, slices.start, slices.duration, float(high))
        while end < len(members) and slices.start[members[end]] < high:
            end += 1
        return members[begin:end]


def make_lod(table: TraceTable, colour: UInt8, hidden: NDArray[np.bool_] | None = None) -> Lod:
    """Sort the slices of ``table`` into lanes and fold each; takes 0.1 µs a slice.

    Rows of ``hidden`` are on no lane, and what they contain moves up.
    Meant for a thread of its own: nearly all of it runs without the interpreter's lock.
    """
    lanes = _make_lanes(table, hidden)
    levels = [
        tuple(_pyramid(table, colour, lanes.members(lane))) if _is_busy(lanes, lane) else ()
        for lane in range(len(lanes))
    ]
    return Lod(table, lanes, colour, levels)


def _is_busy(lanes: Lanes, lane: int) -> bool:
    return int(lanes.offset[lane + 1] - lanes.offset[lane]) > _FEW


def _make_lanes(table: TraceTable, hidden: NDArray[np.bool_] | None) -> Lanes:
    slices = table.slices
    depths = slices.depth
    if hidden is not None:
        depths = np.zeros(len(slices), np.uint16)
        lod_build.visible_depths(slices.parent, hidden, depths)
    levels = np.zeros(len(slices), np.int32)
    heights = np.zeros(len(table.tracks), np.int32)
    for number, track in enumerate(table.tracks):
        part = slice(track.first, track.first + track.count)
        away = hidden[part] if hidden is not None else _ALL
        if track.count and not (len(away) and away.all()):
            depth = depths[part]
            heights[number] = lod_build.levels_of_track(
                slices.start[part],
                slices.duration[part],
                depth,
                away,
                levels[part],
                int(depth.max()) + 1,
            )
    base = np.concatenate([np.zeros(1, np.int32), np.cumsum(heights, dtype=np.int32)])
    shown = len(slices) if hidden is None else int(np.count_nonzero(~hidden))
    if hidden is not None:
        levels[hidden] = -1
    count, rows = np.zeros(int(base[-1]) + 1, np.int64), np.empty(shown, np.int32)
    lod_build.sort_into_lanes(levels, slices.track, base, count, rows)
    moved = np.flatnonzero(levels != slices.depth).astype(np.int32)
    owner = np.repeat(np.arange(len(heights), dtype=np.int32), heights)
    place = (np.arange(int(base[-1]), dtype=np.int32) - base[owner]).astype(np.int32)
    return Lanes(rows, count, owner, place, base, moved, levels[moved])


def _pyramid(table: TraceTable, colour: UInt8, members: Int32) -> Iterator[Level]:
    n = len(members)
    below = Level(
        0,
        np.empty(n, np.int64),
        np.empty(n, np.int64),
        np.arange(n, dtype=np.int32),
        colour[members],
        np.empty(n, np.int64),
    )
    slices = table.slices
    lod_build.gather_lane(
        members, slices.start, slices.duration, below.begins, below.ends, below.longest
    )
    power = lod_build.first_width(below.begins, below.ends)
    while len(below.begins) > _FEW and power < 62:
        width = 1 << power
        made = lod_build.count_boxes(below.begins, below.ends, width)
        if made * _SHRINK <= len(below.begins):
            below = _folded(below, width, made)
            yield below
        power += 1


def _folded(below: Level, width: int, made: int) -> Level:
    level = Level(
        width,
        np.empty(made, np.int64),
        np.empty(made, np.int64),
        np.empty(made, np.int32),
        np.empty(made, np.uint8),
        np.empty(made, np.int64),
    )
    lod_build.fold_boxes(
        below.begins,
        below.ends,
        below.first,
        below.colour,
        below.longest,
        width,
        level.begins,
        level.ends,
        level.first,
        level.colour,
        level.longest,
    )
    return level
