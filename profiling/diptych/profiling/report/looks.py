"""How each side is told from the others: a colour of its framework, a mark, a kind of line."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.report.markup import Piece, coordinate, tag

HUES = 3
_DASHES = (None, "6 3", "2 3", "8 3 2 3")


@dataclass(frozen=True, slots=True)
class Look:
    """One side. ``hue`` is a class of the style sheet."""

    hue: str
    square: bool
    dash: str | None

    def mark(self, x: float, y: float, radius: float = 3.5) -> Piece:
        """Return the mark of the side, at a place of a drawing."""
        if not self.square:
            return tag("circle", cx=x, cy=y, r=radius, class_="ink")
        size = 2 * radius - 0.5
        return tag("rect", x=x - size / 2, y=y - size / 2, width=size, height=size, class_="ink")

    def chip(self) -> Piece:
        """Return the mark as a small picture in a line of text."""
        line = tag("path", d="M0 6H14", class_="stroke", stroke_width=2, stroke_dasharray=self.dash)
        parts = (line, self.mark(7, 6))
        return tag(
            "svg", parts, class_=f"chip {self.hue}", viewBox="0 0 14 12", aria_hidden="true"
        )  # fmt: skip


def looks(comparison: Comparison) -> tuple[Look, ...]:
    """Return the look of each side: the window's colours, and dashes once these run out."""
    seen: Counter[bool] = Counter()
    found = []
    for side in comparison.sides:
        square = side.run.framework is not None and side.run.framework.name == "mxnet"
        place = seen[square]
        seen[square] += 1
        name = "mxnet" if square else "torch"
        dash = _DASHES[place // HUES % len(_DASHES)]
        found.append(Look(f"{name}-{place % HUES}", square, dash))
    return tuple(found)


def points(places: list[tuple[float, float]]) -> str:
    """Return a path from place to place."""
    return "M" + "L".join(f"{coordinate(x)} {coordinate(y)}" for x, y in places)
