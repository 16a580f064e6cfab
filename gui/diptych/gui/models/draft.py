"""What stands in the New run dialog: plain data, remembered from one time to the next."""

from __future__ import annotations

from typing import Any, Literal, Protocol

import msgspec

from diptych.workloads import catalogue
from diptych.workloads.catalogue import FRAMEWORKS, WORKLOADS, Framework

Source = Literal["catalogue", "script"]


class Sourced(Protocol):
    """Whatever is made of a workload of the catalogue or of the user's own script."""

    source: Source
    workload: str


class Draft(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Everything as the user typed it; `evaluate` says what it amounts to.

    ``knobs`` is by workload, then by knob (``execution`` by framework, as
    ``execution@torch``). ``pythons`` is the interpreter chosen by framework,
    missing where the preferred one is meant. ``schedule`` is by the names of
    `Schedule`. ``env`` is pairs of name and value.
    """

    source: Source = "catalogue"
    workload: str = "resnet18"
    frameworks: list[str] = msgspec.field(default_factory=lambda: ["torch", "mxnet"])
    pythons: dict[str, str] = {}
    knobs: dict[str, dict[str, str]] = {}
    fenced: bool = False
    profile: bool = True
    schedule: dict[str, str] = {}
    options: list[str] = []
    name: str = ""
    script: str = ""
    args: str = ""
    cwd: str = ""
    env: list[tuple[str, str]] = []
    script_framework: str = "auto"
    script_python: str = ""

    @property
    def chosen_frameworks(self) -> list[str]:
        """The frameworks that would run; ``auto`` where the script will tell."""
        return [self.script_framework] if self.source == "script" else self.frameworks

    def knob(self, name: str, framework: Framework) -> str:
        """Return the text of a knob; its default while nothing was typed."""
        typed = self.knobs.get(self.workload, {})
        key = knob_key(name, self.workload, framework)
        return typed.get(key, str(catalogue.workload(self.workload).defaults(framework)[name]))

    def set_knob(self, key: str, text: str) -> None:
        """Take in what was typed; ``key`` is of `knob_key`."""
        self.knobs.setdefault(self.workload, {})[key] = text

    def knobs_for(self, framework: Framework) -> dict[str, str]:
        """Return the texts of all knobs under one framework."""
        chosen = catalogue.workload(self.workload)
        return {knob.name: self.knob(knob.name, framework) for knob in chosen.knobs_for(framework)}


def knob_key(name: str, workload: str, framework: Framework) -> str:
    """Return under which key a knob is kept: one that differs by framework has one each."""
    knobs = [knob for knob in catalogue.workload(workload).knobs if knob.name == name]
    shared = len(knobs) == 1 and set(knobs[0].applies_to) == set(FRAMEWORKS)
    return name if shared else f"{name}@{framework}"


def remembered(value: Any) -> Draft:
    """Return what was kept as ``value``, or a fresh draft where that is of no use."""
    try:
        draft = msgspec.convert(value, Draft)
    except msgspec.ValidationError:
        return Draft()
    draft.frameworks = [name for name in FRAMEWORKS if name in draft.frameworks] or ["torch"]
    if draft.workload not in WORKLOADS:
        draft.workload = next(iter(WORKLOADS))
    return draft
