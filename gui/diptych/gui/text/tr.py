"""Where every sentence of the window passes on its way to the screen.

`tr` marks a text for translation and looks it up; a text without a translation
is shown as it is written. Values are put in after the lookup, so that a
translator sees whole sentences: ``tr("{n} runs in {place}", n=3, place=name)``.
Catalogues are GNU gettext's, in ``resources`` (``languages/<language>/
LC_MESSAGES/diptych.mo``); the language is chosen once, when the process starts.
"""

from __future__ import annotations

import gettext
from functools import lru_cache
from importlib.resources import files
from typing import Any

DOMAIN = "diptych"


def folder() -> str:
    """Return the folder of the catalogues, which need not exist."""
    # The name of a file that is there: a namespace has no path of its own.
    return str(files("diptych.resources").joinpath("languages"))


@lru_cache(maxsize=1)
def _catalogue() -> gettext.NullTranslations:
    return gettext.translation(DOMAIN, folder(), fallback=True)


def tr(text: str, /, **values: Any) -> str:
    """Return ``text`` in the user's language, with ``values`` in its braces."""
    found = _catalogue().gettext(text)
    return found.format(**values) if values else found


def trn(one: str, many: str, n: int, /, **values: Any) -> str:
    """Return the form for the number ``n``, which both texts may name as ``{n}``."""
    shown = values.pop("shown", f"{n:,}")
    return _catalogue().ngettext(one, many, n).format(n=shown, **values)
