"""The keys that hold within one view only, for the list of all keys."""

from __future__ import annotations

from diptych.gui.text.tr import tr
from diptych.gui.views.actions import KeyRow

_PLOTS = (
    (("+", "W"), tr("Zoom in")),
    (("−", "S"), tr("Zoom out")),
    (("←", "A"), tr("Move back in time")),
    (("→", "D"), tr("Move forward in time")),
    (("Home", "End"), tr("Go to the beginning, to the newest")),
    (("Ctrl+←", "Ctrl+→"), tr("Move the crosshair")),
    (("Shift+←", "Shift+→"), tr("Select from the crosshair on")),
    (("Enter",), tr("Open what the crosshair is on")),
)
_TIMELINE = (
    (("W", "S"), tr("Zoom in, zoom out")),
    (("A", "D"), tr("Move back, forward in time")),
    (("F",), tr("Fit the selected slice, or everything")),
    (("←", "→"), tr("Slice before, slice after")),
    (("↑", "↓"), tr("Slice around it, slice inside it")),
    (("Ctrl+↑", "Ctrl+↓"), tr("Lane above, lane below")),
    (("Alt+↑", "Alt+↓"), tr("Move the lane up, down")),
    (("C",), tr("Collapse or expand the lane")),
    (("P",), tr("Pin the lane on top, or let it go")),
    (("H",), tr("Hide lanes that are empty in sight")),
    (("Y",), tr("Show or leave out Python frames")),
    (("M",), tr("Mark this instant")),
    ((",", "."), tr("Previous mark, next mark")),
    (("/",), tr("Search slices")),
    (("Enter", "Shift+Enter"), tr("Next hit, previous hit")),
)


def view_keys() -> list[KeyRow]:
    """Return the keys of the plots and of the timeline, with what they do there."""
    plots, timeline = tr("Plots"), tr("Timeline")
    rows = [KeyRow(plots, name, keys, tr("In the plots of Live")) for keys, name in _PLOTS]
    return rows + [KeyRow(timeline, name, keys, tr("In the timeline")) for keys, name in _TIMELINE]
