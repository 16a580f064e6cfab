"""The look: colours, typefaces, icons, palette and style sheet.

``current()`` gives the colours shown now; ``manager().changed`` says when they
are others. Widgets that paint read the colours when they paint.
"""

from __future__ import annotations

from diptych.gui.theme.fonts import font, mono, scale, scaled
from diptych.gui.theme.icons import bind_icon, icon, pixmap
from diptych.gui.theme.manager import CHOICES, Choice, ThemeManager, current, manager, moves
from diptych.gui.theme.tokens import DARK, LIGHT, Tokens

__all__ = [
    "CHOICES",
    "DARK",
    "LIGHT",
    "Choice",
    "ThemeManager",
    "Tokens",
    "bind_icon",
    "current",
    "font",
    "icon",
    "manager",
    "mono",
    "moves",
    "pixmap",
    "scale",
    "scaled",
]
