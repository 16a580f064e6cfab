"""How slices of a trace are called on screen and which colour they have. No Qt here."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from diptych.gui.models.operators_family import FAMILIES, family
from diptych.gui.text.tr import tr
from diptych.profiling.trace.lod import UInt8
from diptych.profiling.trace.table import Kind, TraceTable

COLOURS = (*FAMILIES, "frame", "data")
"""What the colour numbers of a trace mean: families of operators, ranges without work of
their own (steps, annotations, modules, Python), loading of data."""

_BY_NAME = 255
_OF_KIND = {
    Kind.MEMCPY: "copy",
    Kind.MEMSET: "copy",
    Kind.SYNC: "copy",
    Kind.COMMUNICATION: "comm",
    Kind.RUNTIME: "other",
    Kind.OVERHEAD: "other",
    Kind.ENGINE: "other",
    Kind.PYTHON: "frame",
    Kind.MODULE: "frame",
    Kind.STEP: "frame",
    Kind.DEVICE_ANNOTATION: "frame",
    Kind.DATA: "data",
}
_LEGEND = {"frame": tr("range"), "data": tr("data loading"), "copy": tr("copy, wait")}


def legend(colour: str) -> str:
    """Return what a colour stands for."""
    return _LEGEND.get(colour) or FAMILIES[colour]


def row_colours(table: TraceTable) -> UInt8:
    """Return the colour number of each row of the table."""
    of_kind = np.full(256, _BY_NAME, np.uint8)
    for kind, name in _OF_KIND.items():
        of_kind[kind] = COLOURS.index(name)
    colours = of_kind[table.slices.kind]
    open_rows = colours == _BY_NAME
    names = table.slices.name[open_rows]
    of_name = np.zeros(len(table.strings) + 1, np.uint8)
    for number in np.flatnonzero(np.bincount(names, minlength=len(table.strings))).tolist():
        of_name[number] = COLOURS.index(family(table.strings[number]))
    colours[open_rows] = of_name[names]
    notes = (table.slices.kind == Kind.ANNOTATION) & (colours == COLOURS.index("other"))
    colours[notes] = COLOURS.index("frame")
    return colours


_FRAME = re.compile(r"^.*\(\d+\): ")
_BUILT_IN = re.compile(r"^<built-in (?:method|function) ([^ >]+).*")
_HEADS = ("autograd::engine::evaluate_function: ", "nn.Module: ", "Optimizer.step#", "void ")


@lru_cache(maxsize=16384)
def short(name: str) -> str:
    """Return the part of a name that tells most, for a label: no namespaces, no templates.

    ``void at::native::reduce_kernel<512, 1>(…)`` becomes ``reduce_kernel``,
    ``torch/nn/module.py(1747): _call_impl`` becomes ``_call_impl``.
    """
    shown = " ".join(name[:600].split())
    for head in _HEADS:
        shown = shown.removeprefix(head)
    shown = _BUILT_IN.sub(r"\1", _FRAME.sub("", shown))
    if "::" in shown or "<" in shown:
        shown = _without_templates(shown) or shown
    return shown[:160]


def distinct(names: Sequence[str]) -> list[str]:
    """Return the short names; where two are the same, nearly whole ones."""
    shown = [short(name) for name in names]
    often = Counter(shown)
    return [
        text if often[text] == 1 else name.removeprefix("void ")
        for text, name in zip(shown, names, strict=True)
    ]


def _without_templates(name: str) -> str:
    """Drop what is in brackets, and then the namespaces."""
    depth, kept = 0, []
    for letter in name.replace("(anonymous namespace)", "anonymous"):
        depth += letter in "<("
        if not depth:
            kept.append(letter)
        depth -= letter in ">)" and depth > 0
    return "".join(kept).strip().rpartition("::")[2]
