"""How the sides of a comparison and their families look: mark, colour, ink."""

from __future__ import annotations

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter

from diptych.gui.models.operators_family import group
from diptych.gui.models.selection import Look
from diptych.gui.plots.paint import paint_mark
from diptych.gui.theme import current, scale
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.compare.why import REST, Bar
from diptych.profiling.records.kinds import PHASES

MOST_NAMED = 4
"""Sides that a legend names; of more the names stand beside the bars, as colours repeat."""


def looks_of(comparison: Comparison) -> list[Look]:
    """Return the look of each side; sides of one framework differ in shade, three of them."""
    looks: list[Look] = []
    for side in comparison.sides:
        manifest = side.run.manifest
        asked = manifest.request.framework if manifest is not None else None
        name = side.run.framework.name if side.run.framework is not None else asked
        kind = "mxnet" if name == "mxnet" else "torch"
        looks.append(Look(kind, sum(look.framework == kind for look in looks)))
    return looks


def bar_colour(bar: Bar) -> str | None:
    """Return the colour of a family, or of a phase; ``None`` for what is neither."""
    if REST in (bar.family, bar.phase):
        return None
    if bar.family is not None:
        return family_colour(bar.family)
    if bar.phase is not None:
        return current().phases[PHASES.index(bar.phase)]
    return current().families["other"]


def family_colour(family: str) -> str:
    """Return the colour that a family has in all views."""
    return current().families[group(family)]


def paint_side(painter: QPainter, at: QPointF, look: Look) -> None:
    """Paint the mark of a side."""
    painter.save()
    painter.setPen(Qt.PenStyle.NoPen)
    square = look.square
    radius = (4.0 if square else 4.6) * scale()
    paint_mark(painter, at, radius, look.colour, "square" if square else "dot")
    painter.restore()
