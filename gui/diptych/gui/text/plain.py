"""Text from outside made fit to be shown: one line, in one direction, not endless.

What is kept on disk is not touched by this. Nothing here makes rich text:
tags are shown as they were written.
"""

from __future__ import annotations

MOST = 300
"""Characters of a name that are shown anywhere; every place elides further to its room."""

_DIRECTIONS = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_INVISIBLE = "\u200b\u2060\ufeff\u00ad"
_CONTROLS = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")
_TABLE = str.maketrans({**dict.fromkeys(_DIRECTIONS + _INVISIBLE), **_CONTROLS})


def plain(text: str) -> str:
    """Return ``text`` without control characters and marks that turn its direction.

    Line breaks stay. Such marks could make ``gpj.exe`` look like ``exe.jpg``, or
    turn around what stands beside the name.
    """
    return "\n".join(line.translate(_TABLE) for line in text.splitlines())


def one_line(text: str, most: int = MOST) -> str:
    """Return ``text`` on one line, with … where it was longer than ``most`` characters."""
    if text.isascii() and len(text) <= most and text.isprintable():
        return " ".join(text.split())
    # Cut first: ten thousand characters need not all be looked at.
    line = " ".join(text[: 4 * most].translate(_TABLE).split())
    cut = len(line) > most or len(text) > 4 * most
    return f"{line[: most - 1]}…" if cut else line


def tooltip(text: str) -> str:
    """Return ``text`` so that a tooltip shows its lines as they are, tags included."""
    if "<" not in text and "&" not in text:
        return text
    escaped = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return f"<qt>{escaped.replace(chr(10), '<br>')}</qt>"
