"""What is typed above the runs list, understood: words, and ``key:value``.

Every part must fit. ``tag:x`` (or ``#x``), ``framework:torch``, ``state:failed``,
``name:…``, ``note:…`` and ``id:…`` look in one place, anything else in all of
them; a minus before a part turns it around, quotes keep words together. No Qt here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

KEYS = ("tag", "framework", "state", "name", "note", "id")
_PART = re.compile(r'(-?)(?:(\w+):)?("[^"]*"?|\S+)?')
_SHORT = {"fw": "framework", "is": "state"}


@dataclass(frozen=True, slots=True)
class Texts:
    """What a run can be found by, folded to one case. ``tags`` each with a ``#``."""

    tag: tuple[str, ...]
    framework: str
    state: str
    name: str
    note: str
    id: str
    rest: str = ""

    @property
    def whole(self) -> str:
        """All of it."""
        parts = (self.name, self.rest, self.framework, self.state, self.id, self.note)
        return "\n".join((*parts, *self.tag))


@dataclass(frozen=True, slots=True)
class _Part:
    key: str
    value: str
    wanted: bool

    def found(self, texts: Texts) -> bool:
        """Look in the one place that the key names."""
        if self.key == "tag":
            return any(tag.startswith(f"#{self.value}") for tag in texts.tag)
        return self.value in getattr(texts, self.key)


@dataclass(frozen=True, slots=True)
class Filter:
    """All parts of a needle."""

    parts: tuple[_Part, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.parts)

    def fits(self, texts: Texts, whole: str) -> bool:
        """Say whether a run is wanted; ``whole`` is `Texts.whole`, which is worth keeping."""
        for part in self.parts:
            found = part.value in whole if not part.key else part.found(texts)
            if found != part.wanted:
                return False
        return True


@lru_cache(maxsize=8)
def parse(needle: str) -> Filter:
    """Return what ``needle`` asks for; an empty one is false and fits everything."""
    matches = _PART.finditer(needle.casefold())
    parts = [_part(m.group(), *m.groups(default="")) for m in matches if m.group()]
    return Filter(tuple(part for part in parts if part.value or part.key))


def _part(whole: str, minus: str, key: str, value: str) -> _Part:
    value = value.strip('"')
    key = _SHORT.get(key, key)
    if key in KEYS:
        return _Part(key, value.removeprefix("#") if key == "tag" else value, not minus)
    text = value if not key else f"{key}:{value}"
    if text.startswith("#") and len(text) > 1:
        return _Part("tag", text[1:], not minus)
    # A lone minus is one, as in "a - b"; so is one in what is no key.
    return _Part("", text, not minus) if text else _Part("", whole.strip(), wanted=True)


def texts_of(values: Mapping[str, str], tags: tuple[str, ...]) -> Texts:
    """Return ``values`` (by the fields of `Texts`) and tags, folded."""
    folded = {name: text.casefold() for name, text in values.items()}
    return Texts(tag=tuple(f"#{tag.casefold()}" for tag in tags), **folded)
