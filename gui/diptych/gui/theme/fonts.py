"""The typefaces: Inter for the window, JetBrains Mono for code, paths and logs.

Both are bundled with their licences; where they cannot be loaded the system's
own sans and fixed fonts stand in. Sizes are relative to the system's font, so
that who has made that one larger can read this window too.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from PySide6.QtGui import QFont, QFontDatabase, QFontInfo, QGuiApplication

_FILES = {
    "Inter": ("Inter-Regular.ttf", "Inter-Medium.ttf", "Inter-SemiBold.ttf"),
    "JetBrains Mono": ("JetBrainsMono-Regular.ttf", "JetBrainsMono-Medium.ttf"),
}


@cache
def _load() -> frozenset[str]:
    """Register the bundled files once and return the families that are there."""
    folder = resources.files("diptych.resources").joinpath("fonts")
    for files in _FILES.values():
        for name in files:
            QFontDatabase.addApplicationFontFromData(folder.joinpath(name).read_bytes())
    return frozenset(_FILES) & frozenset(QFontDatabase.families())


def font(size: int = 12, weight: int = 400, *, tabular: bool = True) -> QFont:
    """Return the window's typeface: ``size`` in pixels, ``weight`` 400, 500 or 600."""
    return _make("Inter", QFontDatabase.SystemFont.GeneralFont, size, weight, tabular)


def mono(size: int = 12, weight: int = 400) -> QFont:
    """Return the fixed-width typeface for code, paths and logs."""
    return _make("JetBrains Mono", QFontDatabase.SystemFont.FixedFont, size, weight, False)


_NORMAL = 13.0
"""Pixels of the system's font at which nothing is scaled: what most desktops have."""
_LARGEST = 2.5


def scale() -> float:
    """Return how much larger than usual the user's system font is; 1 at least.

    A smaller one scales nothing: the smallest type of the window is small already.
    """
    there = isinstance(QGuiApplication.instance(), QGuiApplication)
    return _scale() if there else 1.0


@cache
def _scale() -> float:
    system = QFontDatabase.systemFont(QFontDatabase.SystemFont.GeneralFont)
    pixels = QFontInfo(system).pixelSize()
    return min(_LARGEST, max(1.0, round(pixels / _NORMAL, 2)))


def scaled(pixels: float) -> int:
    """Return a length that holds text, in pixels of the window, as large as the text is."""
    return round(pixels * scale())


@cache
def _prototype(
    family: str, system: QFontDatabase.SystemFont, size: int, weight: int, tabular: bool
) -> QFont:
    made = QFont(family) if family in _load() else QFontDatabase.systemFont(system)
    made.setPixelSize(scaled(size))
    made.setWeight(QFont.Weight(weight))
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if tabular:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


def _make(
    family: str, system: QFontDatabase.SystemFont, size: int, weight: int, tabular: bool
) -> QFont:
    return QFont(_prototype(family, system, size, weight, tabular))
