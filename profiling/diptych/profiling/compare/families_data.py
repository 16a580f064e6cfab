"""The rules that say to which family an operator belongs: files, and how they are checked.

The built-in file is ``resources/operators/families.json``; a user's own of the
same form, ``<home>/families.json``, is read before it. What is wrong with a
file is said in one sentence, `FamiliesError`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Any

from diptych.profiling.runner.home import home

FORMAT = "diptych.families"
UNMATCHED = "unmatched"
"""What no rule knows. Not a family: it cannot be named in a file."""


class FamiliesError(ValueError):
    """A file of families cannot be used; the text says which, why and where."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule; ``names`` are squashed (`squashed`), ``words`` and ``parts`` in lower case."""

    family: str
    names: frozenset[str]
    words: frozenset[str]
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Rules in the order in which they are tried, and what each family is called."""

    titles: dict[str, str]
    rules: tuple[Rule, ...]

    def over(self, other: RuleSet) -> RuleSet:
        """Return these rules in front of ``other``'s."""
        return RuleSet({**other.titles, **self.titles}, self.rules + other.rules)

    def names(self) -> dict[str, str]:
        """Return the family of every whole name; the first rule that has it counts."""
        found: dict[str, str] = {}
        for rule in self.rules:
            for name in rule.names:
                found.setdefault(name, rule.family)
        return found


def squashed(name: str) -> str:
    """Return a name without underscores, in lower case: ``_To_Copy`` is ``tocopy``."""
    return name.replace("_", "").lower()


def user_file() -> Path:
    """Return where a user's own rules are looked for."""
    return home() / "families.json"


@lru_cache(maxsize=1)
def built_in() -> RuleSet:
    """Return the rules that come with Diptych."""
    file = resources.files("diptych.resources").joinpath("operators").joinpath("families.json")
    return parse(file.read_text(encoding="utf-8"), "families.json", {})


def load(path: Path) -> RuleSet:
    """Return the built-in rules with those of ``path`` in front; a file that is not there is none.

    Raises `FamiliesError`.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return built_in()
    except (OSError, UnicodeDecodeError) as error:
        raise FamiliesError(f"{path} cannot be read: {error}") from None
    return parse(text, str(path), built_in().titles).over(built_in())


def parse(text: str, source: str, known: dict[str, str]) -> RuleSet:
    """Read a file of families; ``known`` are families that its rules may name besides its own.

    Raises `FamiliesError`.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise FamiliesError(f"{source} is not valid JSON: {error}") from None
    if not isinstance(data, dict) or data.get("format", FORMAT) != FORMAT:
        raise FamiliesError(f'{source} is no file of families: "format" has to be "{FORMAT}"')
    if data.get("version", 1) != 1:
        raise FamiliesError(f"{source} is of version {data['version']}; this Diptych reads 1")
    titles = _titles(data.get("families", {}), source)
    rules = data.get("rules", [])
    if not isinstance(rules, list):
        raise FamiliesError(f'{source}: "rules" has to be a list')
    allowed = {**known, **titles}
    return RuleSet(
        titles, tuple(_rule(r, f"{source}, rule {i}", allowed) for i, r in enumerate(rules, 1))
    )


def _titles(data: Any, source: str) -> dict[str, str]:
    if not isinstance(data, dict) or not all(isinstance(t, str) and t for t in data.values()):
        raise FamiliesError(f'{source}: "families" has to give each family a title')
    if UNMATCHED in data:
        raise FamiliesError(f'{source}: "{UNMATCHED}" is what no rule knows, and no family')
    return dict(data)


def _rule(data: Any, where: str, allowed: dict[str, str]) -> Rule:
    if not isinstance(data, dict):
        raise FamiliesError(f"{where} has to be an object")
    family = data.get("family")
    if family not in allowed:
        raise FamiliesError(f"{where}: there is no family {family!r}; known: {', '.join(allowed)}")
    for key in data:
        if key not in ("family", "names", "words", "parts"):
            raise FamiliesError(f"{where}: {key!r} is not known; known: names, words, parts")
    names, words, parts = (_strings(data.get(k, ()), k, where) for k in ("names", "words", "parts"))
    return Rule(
        family, frozenset(map(squashed, names)), frozenset(w.lower() for w in words),
        tuple(p.lower() for p in parts),
    )  # fmt: skip


def _strings(value: Any, key: str, where: str) -> list[str]:
    """Accept ``"one two"`` and ``["one", "two"]``."""
    found = value.split() if isinstance(value, str) else list(value) if _is_list(value) else None
    if found is None or not all(isinstance(item, str) and squashed(item) for item in found):
        raise FamiliesError(f'{where}: "{key}" has to be a text of words or a list of texts')
    return found


def _is_list(value: Any) -> bool:
    return isinstance(value, list | tuple)
