"""One frame of the lanes and curves of a trace as an image. Makes no widget.

A `LanePicture` keeps its buffers between frames; `draw` fills them and
returns an image that is valid until the next call.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil

import numpy as np
from PySide6.QtGui import QImage

from diptych.gui.models.trace_layout import Placed
from diptych.gui.models.trace_names import short
from diptych.gui.models.trace_scene import Scene
from diptych.gui.plots.items import blended
from diptych.gui.plots.scale import Axis, axis
from diptych.gui.plots.timeline import pixels
from diptych.gui.plots.timeline.glyphs import Glyphs, line_height
from diptych.gui.plots.timeline.palette import UInt32, make_palette, number
from diptych.gui.theme import Tokens
from diptych.profiling.trace.table import Float64

LEAST_LABEL = 30
"""Pixels of text: about four letters. Less is no label."""
_PAD = 4
_NEW_LABELS = 150
"""Names drawn in one frame at the most; the rest follow in the next."""
CURVE_TOP, CURVE_FOOT = 10, 8


class LanePicture:
    """Paints the bands of one scene."""

    def __init__(self, scene: Scene, tokens: Tokens, ratio: float = 1.0) -> None:
        self.scene, self.tokens, self.ratio = scene, tokens, ratio
        self._palette = make_palette(tokens)
        self._glyphs = Glyphs(scene.table.strings, ratio)
        self._picture = np.zeros((1, 1), np.uint32)
        self._room(1, 1)
        self._wanted = np.empty(_NEW_LABELS, np.int32)
        self.behind = False
        """Whether labels are missing that the next frame will have."""
        self.ranges = [_range(curve.value * curve.scale) for curve in scene.curves]

    def _room(self, width: int, lanes: int) -> None:
        self._marks = np.empty((lanes, width, 3), np.int32)
        self._codes = np.empty((lanes, width), np.uint8)
        self._runs = np.empty((width, 4), np.int64)

    def restyle(self, tokens: Tokens) -> None:
        """Paint in other colours from now on."""
        self.tokens, self._palette = tokens, make_palette(tokens)

    def draw(
        self,
        placed: Sequence[Placed],
        size: tuple[int, int],
        low: float,
        per_pixel: float,
        grid: Sequence[float] = (),
        pinned: int = 0,
    ) -> QImage:
        """Paint the bands; ``size`` and ``placed`` in logical pixels, ``per_pixel`` in ns a such.

        ``grid`` are the pixels of the faint lines. Scrolled bands are cut where
        the ``pinned`` pixels on top end.
        """
        ratio = self.ratio
        width, height = max(1, ceil(size[0] * ratio)), max(1, ceil(size[1] * ratio))
        if self._picture.shape != (height, width):
            self._picture = np.zeros((height, width), np.uint32)
        self._picture[:] = number(self.tokens.bg1)
        ground = self._ground(width, grid)
        self._picture[:, ground != number(self.tokens.bg1)] = number(self.tokens.grid)
        self._begin(placed)
        cut = ceil(pinned * ratio)
        view = _View(low, per_pixel / ratio, ground)
        for part, top, end in ((False, cut, height), (True, 0, cut)):
            canvas = self._picture[top:end]
            for item in placed:
                if item.band.pinned is part and item.bottom > 0 and item.y < size[1]:
                    self._band(canvas, item, top, view)
        self._labels()
        made = QImage(
            self._picture.data,
            width,
            height,
            width * 4,
            QImage.Format.Format_RGB32,
        )
        made.setDevicePixelRatio(ratio)
        return made

    def _ground(self, width: int, grid: Sequence[float]) -> UInt32:
        ground = np.full(width, number(self.tokens.bg1), np.uint32)
        for x in grid:
            at = int(x * self.ratio)
            if 0 <= at < width:
                ground[at] = number(self.tokens.grid)
        return ground

    def _begin(self, placed: Sequence[Placed]) -> None:
        self._drawn: list[_Drawn] = []
        lanes = sum(item.band.lanes for item in placed)
        width = self._picture.shape[1]
        if self._codes.shape[0] < lanes or self._codes.shape[1] != width:
            self._room(width, max(lanes, self._codes.shape[0]))

    def _band(self, canvas: UInt32, item: Placed, top: int, view: _View) -> None:
        if item.band.curve >= 0:
            self._curve(canvas, item, top, view)
            return
        base = int(self.scene.lod.lanes.base[item.band.track])
        for level, (y, height) in enumerate(lane_places(item)):
            at, high = round(y * self.ratio) - top, max(1, round(height * self.ratio))
            if at + high > 0 and at < len(canvas):
                self._lane(canvas, base + level, at, high, view)

    def _lane(self, canvas: UInt32, lane: int, top: int, height: int, view: _View) -> None:
        at = len(self._drawn)
        code, marks = self._codes[at], self._marks[at]
        count, _ = self.scene.lod.fold(lane, view.low, view.per_pixel, code, marks, self._runs)
        pixels.paint_lane(canvas, top, height, code, view.ground, self._palette.codes)
        if height >= line_height() * self.ratio and count:
            pixels.round_corners(canvas, top, height, marks, count, view.ground)
            self._drawn.append(_Drawn(canvas, lane, top, height, count))

    def _labels(self) -> None:
        """Write the names, those that were never drawn first being drawn."""
        lod, glyphs = self.scene.lod, self._glyphs
        names, pad = lod.table.slices.name, round(_PAD * self.ratio)
        least = round(LEAST_LABEL * self.ratio)
        found = 0
        for at, drawn in enumerate(self._drawn):
            rows = lod.lanes.members(drawn.lane)
            marks, wide = self._marks[at], least + 2 * pad
            found = pixels.wanted_names(
                marks, drawn.count, rows, names, wide, glyphs.offset, self._wanted, found
            )
        for name in self._wanted[:found].tolist():
            glyphs.add(name, short(lod.table.strings[name]))
        self.behind = found == len(self._wanted)
        for at, drawn in enumerate(self._drawn):
            pixels.paint_labels(
                drawn.canvas,
                drawn.top + (drawn.height - glyphs.rows) // 2,
                self._marks[at],
                drawn.count,
                lod.lanes.members(drawn.lane),
                names,
                self._codes[at],
                self._palette.inks,
                glyphs.atlas,
                glyphs.offset,
                glyphs.length,
                pad,
                least,
                glyphs.dots,
            )

    def _curve(self, canvas: UInt32, item: Placed, top: int, view: _View) -> None:
        curve, rule = self.scene.curves[item.band.curve], self.ranges[item.band.curve]
        width = self._picture.shape[1]
        lows, highs = np.empty(width), np.empty(width)
        time, low, high = curve.level(view.low, view.low + width * view.per_pixel, width)
        pixels.reduce_curve(time, low, high, view.low, view.per_pixel, lows, highs)
        above, below = curve_room(item)
        colour = (
            self.tokens.torch[0] if self.scene.table.source != "mxnet" else self.tokens.mxnet[0]
        )
        share = 0.22 if self.tokens.dark else 0.14
        pixels.paint_curve(
            canvas,
            round(above * self.ratio) - top,
            round((below - above) * self.ratio),
            lows * curve.scale,
            highs * curve.scale,
            rule.low,
            rule.high - rule.low,
            number(colour),
            number(blended(colour, self.tokens.bg1, share)),
        )


@dataclass(frozen=True, slots=True)
class _View:
    low: float
    per_pixel: float
    ground: UInt32


@dataclass(frozen=True, slots=True)
class _Drawn:
    """A lane that was painted, for the labels that come after."""

    canvas: UInt32
    lane: int
    top: int
    height: int
    count: int


def lane_places(item: Placed) -> list[tuple[float, float]]:
    """Return top and height of each lane of a band, in logical pixels.

    The lanes of a collapsed band share its height.
    """
    band = item.band
    if band.collapsed:
        room = band.folded - 8
        each = max(1.0, min(band.row - 4, room / max(1, band.lanes)))
        return [(item.y + 4 + (n * each) % room, max(1.0, each)) for n in range(band.lanes)]
    above = (band.height - band.lanes * band.row) / 2
    return [(item.y + above + n * band.row, band.row - 1) for n in range(band.lanes)]


def curve_room(item: Placed) -> tuple[int, int]:
    """Return between which pixels a curve is drawn."""
    small = item.band.collapsed
    return item.y + (4 if small else CURVE_TOP), item.bottom - (4 if small else CURVE_FOOT)


def _range(values: Float64) -> Axis:
    """Return the axis of a curve: from zero up to its peak."""
    known = values[np.isfinite(values)]
    low, high = (float(known.min()), float(known.max())) if len(known) else (0.0, 1.0)
    return axis(min(0.0, low), max(high, low + 1e-9, 1e-9), 3)
