"""Pieces of HTML and SVG in which every text is escaped, unless it is a piece itself.

What they make is well-formed XML too. Characters that neither may hold
(control characters, lone surrogates) are replaced.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from html import escape
from typing import TypeAlias

_BAD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_VOID = frozenset({"br", "circle", "col", "hr", "line", "meta", "path", "rect"})
NBSP = "\N{NO-BREAK SPACE}"
UNKNOWN = "—"


class Piece(str):
    """Markup that is finished: it is not escaped again."""

    __slots__ = ()


Child: TypeAlias = "str | Piece | Iterable[Child] | None"
Value = str | float | bool | None


def clean(text: str) -> str:
    """Return a text without characters that no document may hold."""
    return _BAD.sub("\N{REPLACEMENT CHARACTER}", text)


def tag(name: str, /, *children: Child, **attributes: Value) -> Piece:
    """Return an element; ``class_`` is the attribute class, ``aria_label`` aria-label.

    An attribute that is ``None`` or ``False`` is left out.
    """
    head = name + "".join(
        f' {key.rstrip("_").replace("_", "-")}="{_value(value)}"'
        for key, value in attributes.items()
        if value is not None and value is not False
    )
    if name in _VOID:
        return Piece(f"<{head}/>")
    return Piece(f"<{head}>{join(children)}</{name}>")


def join(children: Child) -> Piece:
    """Return pieces and texts one after the other."""
    if children is None:
        return Piece("")
    if isinstance(children, Piece):
        return children
    if isinstance(children, str):
        return Piece(escape(clean(children), quote=False))
    return Piece("".join(map(join, children)))


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return "true"
    if isinstance(value, int | float):
        return coordinate(value)
    return escape(clean(value or ""), quote=True).replace("\n", " ")


def coordinate(value: float) -> str:
    """Return a number of a drawing: tenths are enough."""
    text = f"{value:.1f}"
    return text.removesuffix(".0") if text != "-0.0" else "0"


def number(value: float | None, text: str) -> Piece:
    """Return a number as people read it, with all of its digits for programs."""
    if value is None or not math.isfinite(value):
        return tag("span", UNKNOWN, class_="unknown")
    return tag("data", text, value=repr(value))
