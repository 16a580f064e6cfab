"""The theme's colours as numbers for the painting loops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QColor

from diptych.gui.models.trace_names import COLOURS
from diptych.gui.plots.items import blended
from diptych.gui.plots.timeline.pixels import PHASES
from diptych.gui.theme import Tokens
from diptych.profiling.trace.lod import EDGE, FOLDED

UInt32 = NDArray[np.uint32]
_DARK, _WHITE = "#0E1114", "#FFFFFF"


def number(colour: str | QColor) -> int:
    """Return a colour as 0xffRRGGBB."""
    return int(QColor(colour).rgb())


def slice_colour(tokens: Tokens, name: str) -> str:
    """Return the colour of a colour name of `COLOURS`."""
    if name == "frame":
        return "#343A44" if tokens.dark else "#DDE1E7"
    if name == "data":
        return tokens.phases[0]
    return tokens.families[name]


@dataclass(frozen=True, slots=True)
class Palette:
    """``codes`` (PHASES × 256) by the code of a pixel, ``inks`` by colour number."""

    codes: UInt32
    inks: UInt32


def make_palette(tokens: Tokens) -> Palette:
    """Return the colours of slices in this theme."""
    codes = np.zeros((PHASES, 256), np.uint32)
    inks = np.zeros(len(COLOURS), np.uint32)
    for at, name in enumerate(COLOURS):
        colour = slice_colour(tokens, name)
        weaker = blended(colour, tokens.bg1, 0.62)
        edge = blended(colour, tokens.bg1, 0.35)
        for phase in range(PHASES):
            codes[phase, at + 1] = number(colour)
            codes[phase, (at + 1) | EDGE] = number(edge)
            codes[phase, (at + 1) | FOLDED] = number(colour if phase else weaker)
        inks[at] = number(_ink(tokens, name, colour))
    return Palette(codes, inks)


def _ink(tokens: Tokens, name: str, colour: str) -> str:
    if name == "frame":
        return tokens.text1
    return _DARK if _contrast(_DARK, colour) >= _contrast(_WHITE, colour) else _WHITE


def _contrast(one: str, other: str) -> float:
    first, second = sorted((_light(one), _light(other)), reverse=True)
    return (first + 0.05) / (second + 0.05)


def _light(colour: str) -> float:
    parts = QColor(colour)
    linear = [
        v / 12.92 if v <= 0.03928 else ((v + 0.055) / 1.055) ** 2.4
        for v in (parts.redF(), parts.greenF(), parts.blueF())
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
