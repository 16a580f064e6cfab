"""Where the bands of a timeline lie: order, pins, folding, height. No Qt here.

A *band* is one track or one curve. Pinned bands stand on top and do not
scroll. All heights are logical pixels; what holds text grows with the type.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

from diptych.gui.models.trace_scene import Scene
from diptych.gui.models.trace_tracks import track_order

ROW = 18
"""Height of a lane with the pixel that sets it apart."""
GAP = 8
"""Room in a band beside its lanes."""
CURVE = 52
FOLDED = 26
"""Height of what is collapsed."""
LEAST = 30
"""A track of one lane."""


@dataclass(frozen=True, slots=True)
class Band:
    """One track or curve."""

    key: str
    title: str
    detail: str
    track: int = -1
    """Number of the track; −1 for a curve."""
    curve: int = -1
    lanes: int = 0
    collapsed: bool = False
    pinned: bool = False
    scale: float = 1.0
    """How much larger than usual the type is."""

    @property
    def height(self) -> int:
        """Height in pixels."""
        if self.collapsed:
            return self.folded
        if self.curve >= 0:
            return round(CURVE * self.scale)
        return max(round(LEAST * self.scale), self.lanes * self.row + GAP)

    @property
    def row(self) -> int:
        """Height of a lane with the pixel that sets it apart."""
        return round(ROW * self.scale)

    @property
    def folded(self) -> int:
        """Height of what is collapsed."""
        return round(FOLDED * self.scale)


@dataclass(frozen=True, slots=True)
class Placed:
    """A band and where it begins; ``y`` is on screen, so it depends on how far is scrolled."""

    band: Band
    y: int

    @property
    def bottom(self) -> int:
        """Where the next band begins."""
        return self.y + self.band.height


class Layout:
    """The bands of one scene, in an order that the user can change."""

    def __init__(self, scene: Scene, scale: float = 1.0) -> None:
        self.bands = [replace(band, scale=scale) for band in _bands(scene)]
        self.row = round(ROW * scale)
        self.hidden: frozenset[str] = frozenset()
        """Keys of bands that are not shown for now."""

    def shown(self) -> list[Band]:
        """Return what is shown, pinned bands first."""
        seen = [band for band in self.bands if band.key not in self.hidden]
        return [b for b in seen if b.pinned] + [b for b in seen if not b.pinned]

    @property
    def pinned_height(self) -> int:
        """Height of the bands that do not scroll."""
        return sum(band.height for band in self.shown() if band.pinned)

    @property
    def height(self) -> int:
        """Height of all bands that are shown."""
        return sum(band.height for band in self.shown())

    def place(self, scroll: int) -> list[Placed]:
        """Return where each shown band lies when the others are scrolled by ``scroll``."""
        made, y, scrolled = [], 0, False
        for band in self.shown():
            if not band.pinned and not scrolled:
                y, scrolled = y - scroll, True
            made.append(Placed(band, y))
            y += band.height
        return made

    def find(self, key: str) -> Band | None:
        """Return a band by its key."""
        return next((band for band in self.bands if band.key == key), None)

    def of_track(self, track: int) -> Band | None:
        """Return the band of a track."""
        return next((band for band in self.bands if band.track == track), None)

    def top(self, key: str) -> int | None:
        """Return where a band begins when nothing is scrolled; ``None`` while it is not shown."""
        return next((p.y for p in self.place(0) if p.band.key == key), None)

    def collapse(self, key: str, *, on: bool | None = None) -> None:
        """Make a band low, or high again; without ``on`` the other way round."""
        self._change(key, lambda b: replace(b, collapsed=(not b.collapsed) if on is None else on))

    def collapse_all(self, *, on: bool) -> None:
        """Make every band low, or high again."""
        self.bands = [replace(band, collapsed=on) for band in self.bands]

    def pin(self, key: str) -> None:
        """Keep a band on top, or let it go."""
        self._change(key, lambda band: replace(band, pinned=not band.pinned))

    def _change(self, key: str, change: Callable[[Band], Band]) -> None:
        self.bands = [change(band) if band.key == key else band for band in self.bands]

    def move(self, key: str, by: int) -> bool:
        """Move a band by so many of the shown places; say whether it moved."""
        shown = [band.key for band in self.shown()]
        if key not in shown:
            return False
        at = shown.index(key)
        to = min(max(at + by, 0), len(shown) - 1)
        return to != at and self.move_to(key, shown[to], after=to > at)

    def move_to(self, key: str, other: str, *, after: bool) -> bool:
        """Put a band before or after another one of its kind (pinned or not)."""
        band, target = self.find(key), self.find(other)
        if band is None or target is None or band is target or band.pinned != target.pinned:
            return False
        rest = [b for b in self.bands if b is not band]
        at = rest.index(target) + (1 if after else 0)
        self.bands = [*rest[:at], band, *rest[at:]]
        return True


def _bands(scene: Scene) -> Iterator[Band]:
    table = scene.table
    for number in track_order(table):
        words, track = scene.tracks[number], table.tracks[number]
        key = f"track:{number}:{track.pid}/{track.tid}"
        lanes = scene.lod.lanes.height(number)
        yield Band(key, words.title, words.detail, track=number, lanes=lanes)
    for number, curve in enumerate(scene.curves):
        yield Band(curve.key, curve.title, "", curve=number)
