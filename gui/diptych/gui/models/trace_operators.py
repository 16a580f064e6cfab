"""Which operators of a trace took the time: rows and trees for the operators view. No Qt here.

`make_forest` may take half a second with a million slices, so views call it
beside the GUI's thread.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from diptych.gui.models.trace_names import COLOURS, distinct, short
from diptych.gui.models.trace_operators_order import levels
from diptych.gui.models.trace_scene import Scene
from diptych.gui.models.trace_selection import TableColumn, unit_of
from diptych.gui.text.tr import tr
from diptych.profiling.trace.metrics.costs import Stretch
from diptych.profiling.trace.table import Int32, Int64, Kind

By = Literal["operator", "shape", "module", "stack", "kernel"]
BYS: tuple[By, ...] = ("operator", "shape", "module", "stack", "kernel")
Measure = Literal["host", "device"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What is asked for."""

    by: By = "operator"
    tree: bool = False
    stretch: Stretch | None = None


@dataclass(frozen=True, eq=False)
class Forest:
    """Nodes with their numbers, a parent before its children; in a flat list all are on top.

    Arrays have one entry a node, ``rows`` and ``group`` one a call, sorted by group.
    """

    wish: Wish
    scene: Scene
    names: Sequence[str]
    """As they are shown."""
    tips: Sequence[str]
    """Names whole, and what else is to be read under the mouse."""
    parent: Int32
    name: Int32
    """Text of the table, to find the same operator elsewhere."""
    first: Int32
    calls: Int64
    times: dict[str, NDArray[Any]]
    """ns by key: ``total``, ``self``, ``device``, ``device_self``, ``mean``, ``p50``, ``p99``;
    the last three as ``device_mean``, … too."""
    rows: Int32
    group: Int32
    spans: dict[Measure, Int64]
    """ns of each call within the stretch: on the host, and of the device work started inside."""
    untied: int = 0
    untied_ns: int = 0
    notes: Sequence[str] | None = None
    """A text beside each name: input shapes, Python frames."""
    nothing: str = ""

    def __len__(self) -> int:
        """Return the number of nodes."""
        return len(self.parent)

    @property
    def has_device(self) -> bool:
        """Whether these nodes started any work of a device."""
        values = self.times.get("device")
        return values is not None and bool(values.any())

    @property
    def is_tree(self) -> bool:
        """Whether any node lies below another."""
        return bool((self.parent >= 0).any())

    @property
    def contains(self) -> bool:
        """Whether nodes are calls, and those on top contain the time of all below them."""
        return self.wish.tree and self.wish.by in ("operator", "module", "stack")

    @cached_property
    def colours(self) -> NDArray[np.uint8]:
        """Number of a colour of `COLOURS` for each node."""
        found: NDArray[np.uint8] = self.scene.lod.colour[self.first]
        return found

    @cached_property
    def depth(self) -> Int32:
        """How deep each node lies."""
        depth = np.zeros(len(self), np.int32)
        for node, parent in enumerate(self.parent.tolist() if self.is_tree else ()):
            if parent >= 0:
                depth[node] = depth[parent] + 1
        return depth

    @cached_property
    def levels(self) -> list[Int64]:
        """The nodes of each depth."""
        return levels(self.depth)

    @cached_property
    def indent(self) -> Int32:
        """How far each node is moved in: an only child stands straight below its parent."""
        children = np.bincount(self.parent[self.parent >= 0], minlength=len(self))
        several = (children > 1).tolist()
        indent = np.zeros(len(self), np.int32)
        for node, parent in enumerate(self.parent.tolist() if self.is_tree else ()):
            if parent >= 0:
                indent[node] = indent[parent] + several[parent]
        return indent

    @cached_property
    def folded(self) -> list[str]:
        """What a filter looks at."""
        notes = self.notes or [""] * len(self.names)
        words = zip(self.names, self.tips, notes, self.colours.tolist(), strict=True)
        return [
            # The shorter the text, the sooner it is searched.
            f"{'' if name in tip else name}\0{tip}\0{note}\0{COLOURS[colour]}".casefold()
            for name, tip, note, colour in words
        ]

    def found(self, words: Sequence[str]) -> NDArray[np.bool_]:
        """Return which nodes have every one of these words, in small letters."""
        kept = np.ones(len(self), np.bool_)
        for word in words:
            rows = np.flatnonzero(kept)
            texts = self.folded if len(rows) == len(self) else [self.folded[row] for row in rows]
            kept[rows] = [word in text for text in texts]
        return kept

    @cached_property
    def rank(self) -> Int64:
        """The place of each node when sorted by name."""
        return _ranks(self.names)

    @cached_property
    def note_rank(self) -> Int64:
        """The place of each node when sorted by note."""
        return _ranks(self.notes or [""] * len(self.names))

    def calls_of(self, node: int, measure: Measure) -> tuple[Int32, Int64]:
        """Return the slices of a node by start, and the time of each in ns."""
        low, high = np.searchsorted(self.group, [node, node + 1])
        rows = self.rows[low:high]
        spans = self.spans.get(measure, self.spans["host"])[low:high]
        order = np.argsort(self.scene.table.slices.start[rows], kind="stable")
        return rows[order], spans[order]

    def colour(self, node: int) -> str:
        """Return the name of the colour of a node."""
        return COLOURS[int(self.colours[node])]

    def prepare(self) -> Forest:
        """Work out what sorting and filtering need, while nobody waits for it."""
        _ = self.colours, self.levels, self.indent, self.folded, self.rank, self.note_rank
        return self


def _ranks(texts: Sequence[str]) -> Int64:
    order = sorted(range(len(texts)), key=[text.casefold() for text in texts].__getitem__)
    ranks = np.empty(len(texts), np.int64)
    ranks[order] = np.arange(len(texts))
    return ranks


def _title(title: str, values: NDArray[Any]) -> tuple[str, float, int]:
    scale, unit, decimals = unit_of(float(np.nanmax(values, initial=0)))
    return tr("{title}, {unit}", title=title, unit=unit), scale, decimals


_HINTS = {
    "total": tr("Time on the host thread, with what is called inside"),
    "self": tr("Time on the host thread, without what is called inside"),
    "device": tr("Work of the device that was started here or inside, each piece once"),
    "device_self": tr("Work of the device that was started here itself"),
    "mean": tr("Total divided by calls"),
    "p50": tr("Half of the calls took no longer"),
    "p99": tr("99 of 100 calls took no longer"),
    "low": tr("The shortest call"),
    "high": tr("The longest call"),
}
_TITLES = {
    "total": tr("Host"),
    "self": tr("Host self"),
    "device": tr("Device"),
    "device_self": tr("Device self"),
    "mean": tr("Mean"),
    "p50": tr("p50"),
    "p99": tr("p99"),
    "low": tr("Min"),
    "high": tr("Max"),
}
_NAMES: dict[By, str] = {
    "operator": tr("Operator"),
    "shape": tr("Operator"),
    "module": tr("Module"),
    "stack": tr("Operator"),
    "kernel": tr("Kernel"),
}


def base_of(forest: Forest, measure: Measure) -> str:
    """Return the key of what shares are shares of: what adds up, or in a tree what contains."""
    if forest.wish.by == "kernel":
        return "total"
    if forest.contains:
        return "device" if measure == "device" else "total"
    return "device_self" if measure == "device" else "self"


def shares(forest: Forest, measure: Measure) -> NDArray[np.float64]:
    """Return the share of each node, in per cent of all on top; NaN where there is no time."""
    if not len(forest):
        return np.zeros(0)
    base = forest.times[base_of(forest, measure)]
    top = base[forest.parent < 0]
    whole = float(top.sum())
    if whole <= 0:
        return np.full(len(forest), np.nan)
    found: NDArray[np.float64] = base / whole * 100
    return found


def columns_of(forest: Forest, measure: Measure) -> list[TableColumn]:
    """Return the columns of a table: names first, the share with its bar last."""
    made = [TableColumn("name", _name_title(forest), np.array(forest.names, object))]
    if forest.notes is not None:
        made.append(TableColumn("note", _note_title(forest), np.array(forest.notes, object)))
    made.append(TableColumn("calls", tr("Calls"), forest.calls, 0, tr("How often it was called")))
    made += [_time_column(forest, key, measure) for key in _keys(forest)]
    title = tr("Share, %")
    made.append(
        TableColumn("share", title, shares(forest, measure), 1, share_hint(forest, measure), True)
    )
    return made


def _keys(forest: Forest) -> list[str]:
    return [
        key
        for key in _TITLES
        if key in forest.times and (forest.has_device or not key.startswith("device"))
    ]


def _time_column(forest: Forest, key: str, measure: Measure) -> TableColumn:
    name, hint, values = _TITLES[key], _HINTS[key], forest.times[key]
    if key == "total" and forest.wish.by == "kernel":
        name, hint = tr("Device"), tr("Time on the device")
    elif key in _ENGINE and forest.scene.table.source == "mxnet":
        name, hint = _ENGINE[key]
    if measure == "device" and f"device_{key}" in forest.times and key in _OF_CALLS:
        values = forest.times[f"device_{key}"]
        hint = tr("{hint}, of the device work that a call started", hint=hint)
    elif key in _OF_CALLS and forest.has_device:
        hint = tr("{hint}, of the time on the host", hint=hint)
    title, scale, decimals = _title(name, values)
    return TableColumn(key, title, values * scale, decimals, hint)


_OF_CALLS = ("mean", "p50", "p99")
_ENGINE_HINT = tr(
    "Interval of MXNet's engine. On a GPU it contains the wait for the stream, "
    "so it is not comparable with the host or device time of PyTorch."
)
_ENGINE = {"total": (tr("Time"), _ENGINE_HINT), "self": (tr("Self"), _ENGINE_HINT)}


def share_hint(forest: Forest, measure: Measure) -> str:
    """Return what shares are shares of."""
    if forest.wish.by == "kernel":
        return tr("Of the device time of all kernels, copies and memsets")
    if forest.contains:
        return (
            tr("Of the device work that all on top started")
            if measure == "device"
            else tr("Of the host time of all on top")
        )
    if measure == "device":
        return tr("Of the device work that all rows started themselves")
    return tr("Of the host time of all rows, what is called inside left out")


def _name_title(forest: Forest) -> str:
    if not forest.wish.tree:
        return _NAMES[forest.wish.by]
    return {
        "operator": tr("Call"),
        "shape": tr("Operator, shapes"),
        "module": tr("Module, operator"),
        "stack": tr("Frame, operator"),
        "kernel": tr("Kernel, started by"),
    }[forest.wish.by]


def _note_title(forest: Forest) -> str:
    return tr("Input shapes") if forest.wish.by == "shape" else tr("Called from")


def labels(scene: Scene, names: Int32, kinds: NDArray[Any] | None = None) -> list[str]:
    """Return what nodes are called on screen; all steps are one."""
    texts = [scene.table.text(number) for number in names.tolist()]
    once = list(dict.fromkeys(texts))
    shown = dict(zip(once, distinct(once), strict=True))
    made = [shown[text] for text in texts]
    if kinds is not None:
        for node in np.flatnonzero(kinds == Kind.STEP).tolist():
            made[node] = tr("steps")
    return made


def frame_path(frames: Sequence[str]) -> str:
    """Return the Python frames around a call, the innermost first, as short as can be."""
    return " ‹ ".join(short(frame) for frame in reversed(frames))
