"""A drawing with its grid, its scales and what it says to those who do not see it."""

from __future__ import annotations

from dataclasses import dataclass

from diptych.profiling.report.markup import Child, Piece, tag
from diptych.profiling.report.scale import Axis

WIDTH = 960
LEFT, RIGHT = 56, 16


@dataclass(frozen=True, slots=True)
class Figure:
    """One figure: what it is, in a word and in sentences, its drawing and what belongs to it."""

    title: str
    unit: str
    says: str
    drawing: Piece
    notes: tuple[str, ...] = ()
    beside: Child = None


def drawing(height: float, title: str, says: str, *parts: Child) -> Piece:
    """Return an SVG that is as wide as its page."""
    head = (tag("title", title), tag("desc", says))
    return tag(
        "svg", head, parts, viewBox=f"0 0 {WIDTH} {round(height)}", role="img",
        aria_label=title, xmlns="http://www.w3.org/2000/svg",
    )  # fmt: skip


def text(x: float, y: float, words: str, *, anchor: str = "start", class_: str = "tick") -> Piece:
    """Return words at a place."""
    return tag("text", words, x=x, y=y, text_anchor=anchor, class_=class_)


def across(axis: Axis, top: float, bottom: float, about: int = 7) -> list[Piece]:
    """Return the grid and the words of an axis from left to right."""
    parts = []
    for place, words in axis.ticks(about):
        parts.append(tag("line", x1=place, x2=place, y1=top, y2=bottom, class_="grid"))
        parts.append(text(place, bottom + 15, words, anchor="middle"))
    return parts


def upwards(
    axis: Axis, left: float = LEFT, right: float = WIDTH - RIGHT, about: int = 4
) -> list[Piece]:
    """Return the grid and the words of an axis from bottom to top."""
    parts = []
    for place, words in axis.ticks(about):
        parts.append(tag("line", x1=left, x2=right, y1=place, y2=place, class_="grid"))
        parts.append(text(left - 8, place + 4, words, anchor="end"))
    return parts


def base(y: float, left: float = LEFT, right: float = WIDTH - RIGHT) -> Piece:
    """Return the line on which a drawing stands."""
    return tag("line", x1=left, x2=right, y1=y, y2=y, class_="base")
