"""Compiled loops that turn folded lanes, labels and curves into pixels.

A picture is ``uint32[height, width]`` (0xffRRGGBB), in device pixels. No Qt here.
"""

from __future__ import annotations

import numpy as np

from diptych.profiling.trace.jit import jit
from diptych.profiling.trace.lod import Lod
from diptych.profiling.trace.lod_build import Array

PHASES = 4
"""Rows after which the hatching of a folded box repeats."""


@jit
def paint_lane(
    picture: Array, top: int, height: int, code: Array, ground: Array, palette: Array
) -> None:
    """Paint the pixels of one lane: ``palette`` is uint32[PHASES, 256], ``ground`` what is behind.

    ``height`` is cut to the picture; ``top`` may be negative. A lane of one
    pixel leaves what is there where it has nothing, because it may share its row.
    """
    width = len(code)
    if height == 1:
        for x in range(width if 0 <= top < picture.shape[0] else 0):
            if code[x]:
                picture[top, x] = palette[(top + x) & 3, code[x]]
        return
    lines = np.empty((4, width), np.uint32)
    for phase in range(4):
        for x in range(width):
            c = code[x]
            lines[phase, x] = ground[x] if c == 0 else palette[(phase + x) & 3, c]
    for y in range(max(0, top), min(picture.shape[0], top + height)):
        picture[y, :] = lines[y & 3, :]


@jit
def round_corners(
    picture: Array, top: int, height: int, marks: Array, count: int, ground: Array
) -> None:
    """Take the corner pixels off the slices that are wide enough for it to be seen."""
    bottom = top + height - 1
    if top < 0 or bottom >= picture.shape[0]:
        return
    for i in range(count):
        left, right = np.int64(marks[i, 0]), np.int64(marks[i, 1]) - 2
        if right - left >= 8:
            for y in (top, bottom):
                picture[y, left] = _mix(picture[y, left], ground[left], 128)
                picture[y, right] = _mix(picture[y, right], ground[right], 128)


@jit
def _mix(under: int, over: int, alpha: int) -> int:
    """Return ``alpha``/255 of ``over`` laid over ``under``."""
    made = 0xFF000000
    for shift in (0, 8, 16):
        low, high = (under >> shift) & 255, (over >> shift) & 255
        made |= ((low * (255 - alpha) + high * alpha) // 255) << shift
    return made


@jit
def wanted_names(
    marks: Array, count: int, rows: Array, names: Array, least: int, known: Array, wanted: Array,
    found: int,
) -> int:  # fmt: skip
    """Collect the names of slices of at least ``least`` pixels that have no label yet.

    ``known`` (int32 a name) is −1 where there is none, and becomes −2 for what
    was collected; ``found`` is how many are in ``wanted`` already.
    """
    for i in range(count):
        if marks[i, 1] - marks[i, 0] >= least and found < len(wanted):
            name = names[rows[marks[i, 2]]]
            if known[name] == -1:
                known[name] = -2
                wanted[found] = name
                found += 1
    return found


@jit
def paint_labels(
    picture: Array,
    top: int,
    marks: Array,
    count: int,
    rows: Array,
    names: Array,
    code: Array,
    inks: Array,
    atlas: Array,
    offset: Array,
    length: Array,
    pad: int,
    least: int,
    dots: int,
) -> None:
    """Write the names into the slices that have room for ``least`` pixels of text.

    ``atlas`` (uint8[text height, …]) holds each name once, from ``offset`` on,
    ``length`` wide; ``dots`` is the number of the ellipsis. ``inks`` is a colour
    a colour number. A name that does not fit is cut between two letters.
    """
    high = atlas.shape[0]
    if top < 0 or top + high > picture.shape[0]:
        return
    for i in range(count):
        left, room = marks[i, 0] + pad, marks[i, 1] - marks[i, 0] - 2 * pad
        name = names[rows[marks[i, 2]]]
        at, wide = offset[name], length[name]
        if room < least or at < 0:
            continue
        ink = inks[(code[marks[i, 0]] & 0x3F) - 1]
        cut = wide > room
        if cut:
            wide = _cut(atlas, at, room - length[dots])
            if wide < least // 2:
                continue
        _stamp(picture, top, left, atlas, at, wide, ink)
        if cut:
            _stamp(picture, top, left + wide, atlas, offset[dots], length[dots], ink)


@jit
def _cut(atlas: Array, at: int, room: int) -> int:
    """Return the widest cut of a name, at most ``room``, that goes through no letter."""
    for wide in range(room, max(0, room - 12), -1):
        empty = True
        for y in range(atlas.shape[0]):
            if atlas[y, at + wide] != 0:
                empty = False
                break
        if empty:
            return wide
    return max(0, room)


@jit
def _stamp(picture: Array, top: int, left: int, atlas: Array, at: int, wide: int, ink: int) -> None:
    for y in range(atlas.shape[0]):
        for x in range(wide):
            alpha = atlas[y, at + x]
            if alpha and left + x < picture.shape[1]:
                picture[top + y, left + x] = _mix(picture[top + y, left + x], ink, alpha)


@jit
def reduce_curve(
    time: Array, low: Array, high: Array, begin: float, per_pixel: float, lows: Array, highs: Array
) -> None:
    """Fill the least and the greatest value under each pixel; NaN before the first instant.

    ``low`` and ``high`` are what a curve has from an instant until the next one.
    """
    at = np.searchsorted(time, np.int64(np.floor(begin)), side="right") - 1
    under, over = (low[at], high[at]) if at >= 0 else (np.nan, np.nan)
    at += 1
    for x in range(len(lows)):
        end = begin + (x + 1) * per_pixel
        least, most = under, over
        while at < len(time) and time[at] < end:
            under, over = low[at], high[at]
            least = under if np.isnan(least) else min(least, under)
            most = over if np.isnan(most) else max(most, over)
            at += 1
        lows[x], highs[x] = least, most


@jit
def paint_curve(
    picture: Array,
    top: int,
    height: int,
    lows: Array,
    highs: Array,
    base: float,
    span: float,
    line: int,
    fill: int,
) -> None:
    """Paint a curve that stands on ``base`` and reaches the top at ``base + span``."""
    before = -1
    for x in range(len(lows)):
        if np.isnan(lows[x]):
            before = -1
            continue
        peak = top + height - 1 - int((highs[x] - base) / span * (height - 1))
        foot = top + height - 1 - int((lows[x] - base) / span * (height - 1))
        if before >= 0:
            peak, foot = min(peak, max(before, peak)), max(foot, min(before, foot))
        before = foot if highs[x] == lows[x] else (peak + foot) // 2
        for y in range(max(0, peak), min(picture.shape[0], top + height)):
            picture[y, x] = line if y <= foot else fill


def prepare(lod: Lod) -> None:
    """Compile, or load, every loop for the arrays of this trace.

    For a thread that may wait: else the first frame would, for seconds where
    nothing was compiled yet. Mapped and plain arrays are compiled apart.
    """
    if not len(lod.lanes):
        return
    wide = 8
    code = lod.picture(0, 0.0, 1e3, wide).code
    lod.between(0, 0.0, 1.0)
    picture, ground = np.zeros((16, wide), np.uint32), np.zeros(wide, np.uint32)
    marks, rows, names = np.zeros((1, 3), np.int32), lod.lanes.members(0), lod.table.slices.name
    paint_lane(picture, 0, 4, code, ground, np.zeros((PHASES, 256), np.uint32))
    round_corners(picture, 0, 4, marks, 0, ground)
    known, glyphs = np.zeros(2, np.int32), np.zeros((4, 4), np.uint8)
    wanted_names(marks, 0, rows, names, 30, known, np.zeros(2, np.int32), 0)
    inks = np.zeros(2, np.uint32)
    paint_labels(
        picture, 0, marks, 0, rows, names, code, inks, glyphs, known, known, 4, 30, 0
    )  # fmt: skip
    time, values = np.zeros(2, np.int64), np.zeros(2)
    lows, highs = np.zeros(wide), np.zeros(wide)
    reduce_curve(time, values, values, 0.0, 1.0, lows, highs)
    paint_curve(picture, 0, 4, lows, highs, 0.0, 1.0, 0xFF000000, 0xFF000000)
