"""What stands in the Compare dialog: plain data, remembered from one time to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from diptych.gui.models.draft import Source
from diptych.profiling.records.experiment import Order
from diptych.workloads import catalogue
from diptych.workloads.catalogue import FRAMEWORKS, WORKLOADS, Framework, Knob

LEFT_OUT = ("execution", "steps")
"""Knobs that no side shares: each has its own execution, and turns say how many steps."""


class SideDraft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One side as typed; ``knobs`` such as ``threads=1, batch_size=8``."""

    framework: str = "torch"
    execution: str = "eager"
    knobs: str = ""


Preset = Literal["frameworks", "compile", "hybridize", "same"]
_TORCH, _MXNET = SideDraft(), SideDraft(framework="mxnet", execution="imperative")
PRESETS: dict[Preset, tuple[SideDraft, ...]] = {
    "frameworks": (_TORCH, _MXNET),
    "compile": (_TORCH, SideDraft(execution="compile")),
    "hybridize": (_MXNET, SideDraft(framework="mxnet", execution="hybridize")),
    "same": (_TORCH, _TORCH),
}


class CompareDraft(msgspec.Struct, kw_only=True, omit_defaults=True):
    """Everything as the user typed it; `compare_plan.plan` says what it amounts to.

    ``knobs`` is by workload, then by knob. ``turn`` empty is found out.
    ``sweep_values`` such as ``8, 16, 32``.
    """

    source: Source = "catalogue"
    workload: str = "resnet18"
    sides: list[SideDraft] = msgspec.field(default_factory=lambda: list(PRESETS["frameworks"]))
    knobs: dict[str, dict[str, str]] = {}
    scripts: list[str] = msgspec.field(default_factory=lambda: ["", ""])
    args: str = ""
    sweep_knob: str = ""
    sweep_values: str = ""
    order: Order = "turns"
    rounds: str = "10"
    turn: str = ""
    warm: str = "10"
    noise: bool = True
    parity: bool = False
    why: bool = True
    fenced: bool = True
    name: str = ""

    @property
    def frameworks(self) -> list[Framework]:
        """The frameworks of the sides, each once."""
        return [name for name in FRAMEWORKS if any(s.framework == name for s in self.sides)]

    @property
    def same(self) -> bool:
        """Whether all sides are one and the same: then they say themselves what noise there is."""
        things: Sequence[object] = self.sides if self.source == "catalogue" else self.scripts
        swept = self.source == "catalogue" and bool(self.sweep_knob)
        same = len(things) > 1 and all(thing == things[0] for thing in things)
        return same and not swept and bool(things[0])

    def shared(self) -> list[Knob]:
        """Return the knobs that all sides can have in common."""
        knobs = catalogue.workload(self.workload).knobs
        wanted = set(self.frameworks)
        return [k for k in knobs if k.name not in LEFT_OUT and wanted <= set(k.applies_to)]

    def knob(self, name: str) -> str:
        """Return the text of a shared knob; its default while nothing was typed."""
        typed = self.knobs.get(self.workload, {})
        default = next(k.default for k in self.shared() if k.name == name)
        return typed.get(name, str(default))

    def set_knob(self, key: str, text: str) -> None:
        """Take in what was typed."""
        self.knobs.setdefault(self.workload, {})[key] = text


def executions(framework: str) -> tuple[str, ...]:
    """Return the ways in which a framework executes a workload, the usual one first."""
    knobs = next(iter(WORKLOADS.values())).knobs
    return next(k.choices for k in knobs if k.name == "execution" and framework in k.applies_to)


def remembered(value: Any) -> CompareDraft:
    """Return what was kept as ``value``, or a fresh draft where that is of no use."""
    try:
        draft = msgspec.convert(value, CompareDraft)
    except msgspec.ValidationError:
        return CompareDraft()
    fits = all(s.framework in FRAMEWORKS and s.execution in executions(s.framework)
               for s in draft.sides)  # fmt: skip
    if not fits or len(draft.sides) < 2:
        draft.sides = list(PRESETS["frameworks"])
    if len(draft.scripts) < 2:
        draft.scripts = [*draft.scripts, "", ""][:2]
    if draft.workload not in WORKLOADS:
        draft.workload = next(iter(WORKLOADS))
    return draft
