"""The style sheet: ``resources/style/diptych.qss`` with ``$tokens`` filled in."""

from __future__ import annotations

import atexit
import dataclasses
import re
import shutil
import tempfile
from functools import cache
from importlib import resources
from pathlib import Path
from string import Template

from diptych.gui.theme.fonts import scale, scaled
from diptych.gui.theme.tokens import Tokens


@cache
def _template() -> Template:
    folder = resources.files("diptych.resources").joinpath("style")
    return Template(folder.joinpath("diptych.qss").read_text(encoding="utf-8"))


@cache
def _sheet(name: str, colours: tuple[tuple[str, str], ...]) -> str:
    values = dict(colours)
    images = _images(name, values)
    return _scaled(_template().substitute(values, **images))


def _scaled(sheet: str) -> str:
    """Make what holds text as much higher as the text is."""
    if scale() == 1:
        return sheet
    return re.sub(
        r"((?:min|max)-height: )(\d+)px",
        # Hairlines and bars hold none.
        lambda found: f"{found[1]}{scaled(int(found[2])) if int(found[2]) > 8 else found[2]}px",
        sheet,
    )


def style_sheet(tokens: Tokens) -> str:
    """Return the application's style sheet in these colours."""
    fields = dataclasses.fields(tokens)
    values = ((f.name, getattr(tokens, f.name)) for f in fields)
    return _sheet(tokens.name, tuple((k, v) for k, v in values if isinstance(v, str)))


# A sheet names images by file only, and they must be in the theme's colours.
_IMAGES = {
    "chevron_down": ("chevron-down", "text2"),
    "chevron_right": ("chevron-right", "text3"),
    "chevron_open": ("chevron-down", "text3"),
    "chevron_up": ("chevron-up", "text2"),
    "check_white": ("check-bold", "on_accent"),
    "menu_check": ("check", "text1"),
    "dot_white": ("dot", "on_accent"),
}


@cache
def _folder() -> Path:
    folder = tempfile.mkdtemp(prefix="diptych-style-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)


def _images(name: str, colours: dict[str, str]) -> dict[str, str]:
    icons = resources.files("diptych.resources").joinpath("icons")
    made = {}
    for key, (icon, token) in _IMAGES.items():
        text = icons.joinpath(f"{icon}.svg").read_text(encoding="utf-8")
        path = _folder() / f"{name}-{key}.svg"
        path.write_text(text.replace("currentColor", colours[token]), encoding="utf-8")
        made[key] = path.as_posix()
    return made
