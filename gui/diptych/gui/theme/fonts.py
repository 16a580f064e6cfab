"""The typefaces: Inter for the window, JetBrains Mono for code, paths and logs.

Both are bundled with their licences; where they cannot be loaded the system's
own sans and fixed fonts stand in.
"""

from __future__ import annotations

from functools import cache
from importlib import resources

from PySide6.QtGui import QFont, QFontDatabase

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


@cache
def _prototype(
    family: str, system: QFontDatabase.SystemFont, size: int, weight: int, tabular: bool
) -> QFont:
    made = QFont(family) if family in _load() else QFontDatabase.systemFont(system)
    made.setPixelSize(size)
    made.setWeight(QFont.Weight(weight))
    made.setHintingPreference(QFont.HintingPreference.PreferNoHinting)
    if tabular:
        made.setFeature(QFont.Tag("tnum"), 1)
    return made


def _make(
    family: str, system: QFontDatabase.SystemFont, size: int, weight: int, tabular: bool
) -> QFont:
    return QFont(_prototype(family, system, size, weight, tabular))
