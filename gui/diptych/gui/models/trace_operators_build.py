"""Makes the forests of the operators view from a trace. No Qt here; slow, so call it aside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from diptych.gui.models.trace_names import short
from diptych.gui.models.trace_operators import By, Forest, Measure, Wish, frame_path, labels
from diptych.gui.models.trace_scene import Scene
from diptych.gui.text.tr import tr, trn
from diptych.profiling.trace.metrics import groups, trees
from diptych.profiling.trace.metrics.calltree import Of, merged, wanted_rows
from diptych.profiling.trace.metrics.costs import (
    Costs,
    Stretch,
    costs,
    members,
    quantiles,
    summed,
    within,
)
from diptych.profiling.trace.metrics.kernels import device_of
from diptych.profiling.trace.metrics.operators import operator_kinds
from diptych.profiling.trace.metrics.trees import kinds_mask
from diptych.profiling.trace.table import DEVICE_WORK, Int32, Int64, Kind, TraceTable

_FRAMES = (Kind.PYTHON, Kind.MODULE)
_TREES: dict[By, Of] = {"operator": "calls", "module": "modules", "stack": "stacks"}
_DEEPEST = 12
"""Frames that are written beside an operator."""
_LONGEST = 600
"""Characters of a name in a tooltip."""


def make_forest(scene: Scene, wish: Wish) -> Forest:
    """Return what is asked for, ready to be sorted and filtered."""
    why = lacking(scene.table, wish.by)
    if why:
        return empty(scene, wish, why)
    if wish.by == "kernel":
        made = _kernels(scene, wish)
    elif wish.tree and wish.by in _TREES:
        made = _call_tree(scene, wish)
    else:
        made = _operators(scene, wish)
    if not len(made):
        return empty(scene, wish, tr("Nothing of this kind runs in the selected stretch."))
    return made.prepare()


def lacking(table: TraceTable, by: By) -> str:
    """Return why a trace cannot be grouped in a way; "" where it can."""
    kinds = np.bincount(table.slices.kind, minlength=len(Kind))
    if by == "kernel" and not kinds[list(DEVICE_WORK)].any():
        return tr("This trace has no work on a device: it was recorded on a CPU.")
    if by == "module" and not kinds[Kind.MODULE]:
        return tr("This trace names no modules: record with the option Stacks.")
    if by == "stack" and not kinds[list(_FRAMES)].any():
        return tr("This trace has no Python frames: record with the option Stacks.")
    if by == "shape" and not (table.slices.shape >= 0).any():
        return tr("This trace has no input shapes: record with the option Shapes.")
    operators = operator_kinds(table)
    if by == "operator" and not kinds[list(operators)].any():
        return tr("This trace names no operators.")
    return ""


def empty(scene: Scene, wish: Wish, why: str) -> Forest:
    """Return a forest without nodes that says why."""
    none, long = np.zeros(0, np.int32), np.zeros(0, np.int64)
    return Forest(
        wish, scene, [], [], none, none, none, long, {"total": long}, none, none, {"host": long},
        nothing=why,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Level:
    """One level of groups: which group each row is in."""

    group: Int32
    count: int


def _times(
    found: Costs, rows: Int32, level: _Level
) -> tuple[Int64, Int32, dict[str, NDArray[Any]]]:
    """Return calls, first rows and times of the groups of a level."""
    sums = summed(found, rows, level.group, level.count)
    calls = sums.calls
    counted = found.counted[rows]
    per_call = found.device_ns[rows][counted]
    median, p99 = quantiles(level.group[counted], per_call, calls, (0.5, 0.99))
    times = {
        "total": sums.total_ns,
        "self": sums.self_ns,
        "device": sums.device_ns,
        "device_self": sums.device_self_ns,
        "mean": _mean(sums.total_ns, calls),
        "p50": np.where(calls > 0, sums.median_ns, np.nan),
        "p99": np.where(calls > 0, sums.p99_ns, np.nan),
        "device_mean": _mean(sums.device_ns, calls),
        "device_p50": np.where(calls > 0, median, np.nan),
        "device_p99": np.where(calls > 0, p99, np.nan),
    }
    return calls, sums.first, times


def _mean(total: Int64, calls: Int64) -> NDArray[np.float64]:
    made: NDArray[np.float64] = np.where(calls > 0, total / np.maximum(calls, 1), np.nan)
    return made


def _operators(scene: Scene, wish: Wish) -> Forest:
    """Return rows by name, by name and shape, or by name and stack; or modules."""
    table = scene.table
    kinds = (Kind.MODULE,) if wish.by == "module" else operator_kinds(table)
    found = costs(table, kinds_mask(table.slices, *kinds), wish.stretch)
    rows = members(found)
    keys: list[NDArray[Any]] = [table.slices.name[rows], table.slices.category[rows]]
    coarse = _Level(*groups.numbered(*keys)) if len(rows) else _Level(rows, 0)
    if wish.by == "shape":
        keys.append(table.slices.shape[rows])
    if wish.by == "stack":
        frames = kinds_mask(table.slices, *_FRAMES)
        keys.append(trees.stacks(found.threads, frames)[0][rows])
    fine = _Level(*groups.numbered(*keys)) if len(rows) else coarse
    if wish.tree and wish.by == "shape":
        return _two_levels(scene, wish, found, rows, coarse, fine)
    return _flat(scene, wish, found, rows, fine)


def _flat(scene: Scene, wish: Wish, found: Costs, rows: Int32, level: _Level) -> Forest:
    calls, first, times = _times(found, rows, level)
    real, group = _calls(found, rows, level.group)
    names = scene.table.slices.name[first]
    return Forest(
        wish=wish, scene=scene, names=labels(scene, names), tips=_tips(scene, names),
        parent=np.full(level.count, -1, np.int32), name=names, first=first, calls=calls,
        times=times, rows=real, group=group, spans=_spans(found, real),
        untied=found.untied, untied_ns=found.untied_ns, notes=_notes(scene, wish.by, first, found),
    )  # fmt: skip


def _spans(found: Costs, rows: Int32) -> dict[Measure, Int64]:
    return {"host": found.total_ns[rows], "device": found.device_ns[rows]}


def _calls(found: Costs, rows: Int32, group: Int32) -> tuple[Int32, Int32]:
    counted = found.counted[rows]
    order = np.argsort(group[counted], kind="stable")
    return rows[counted][order], group[counted][order]


def _tips(scene: Scene, names: Int32) -> list[str]:
    return [scene.table.text(name)[:_LONGEST] for name in names.tolist()]


def _notes(scene: Scene, by: By, first: Int32, found: Costs) -> list[str] | None:
    table = scene.table
    if by == "shape":
        return [shape_text(table.text(shape)) for shape in table.slices.shape[first].tolist()]
    if by == "stack":
        above = trees.containers(found.threads, kinds_mask(table.slices, *_FRAMES))
        return [frame_path(_frames(table, above, row)) or "—" for row in first.tolist()]
    return None


def _frames(table: TraceTable, above: Int32, row: int) -> list[str]:
    """Return the innermost Python frames around a slice, the outer ones first."""
    made: list[str] = []
    row = int(above[row])
    while row >= 0 and len(made) < _DEEPEST:
        made.append(table.text(int(table.slices.name[row])))
        row = int(above[row])
    return made[::-1]


def shape_text(shape: str) -> str:
    """Return input shapes as they stand in the file."""
    return shape or tr("not recorded")


def _two_levels(
    scene: Scene, wish: Wish, found: Costs, rows: Int32, coarse: _Level, fine: _Level
) -> Forest:
    """Return operators, and below each its shapes."""
    calls, first, times = _times(found, rows, coarse)
    more_calls, more_first, more_times = _times(found, rows, fine)
    above = np.zeros(fine.count, np.int32)
    above[fine.group] = coarse.group
    outer, outer_group = _calls(found, rows, coarse.group)
    inner, inner_group = _calls(found, rows, fine.group)
    real = np.concatenate([outer, inner])
    first = np.concatenate([first, more_first])
    names = scene.table.slices.name[first]
    shapes = _notes(scene, "shape", more_first, found) or []
    return Forest(
        wish=wish, scene=scene, names=[*labels(scene, names[: coarse.count]), *shapes],
        tips=_tips(scene, names),
        parent=np.concatenate([np.full(coarse.count, -1, np.int32), above]),
        name=names, first=first, calls=np.concatenate([calls, more_calls]),
        times={key: np.concatenate([times[key], more_times[key]]) for key in times},
        rows=real, group=np.concatenate([outer_group, inner_group + np.int32(coarse.count)]),
        spans=_spans(found, real), untied=found.untied, untied_ns=found.untied_ns,
    )  # fmt: skip


def _call_tree(scene: Scene, wish: Wish) -> Forest:
    of = _TREES[wish.by]
    found = costs(scene.table, wanted_rows(scene.table, of), wish.stretch)
    tree = merged(scene.table, found)
    return Forest(
        wish=wish, scene=scene, names=labels(scene, tree.name, tree.kind),
        tips=_tips(scene, tree.name), parent=tree.parent, name=tree.name, first=tree.first,
        calls=tree.calls,
        times={
            "total": tree.total_ns, "self": tree.self_ns, "device": tree.device_ns,
            "device_self": tree.device_self_ns, "mean": _mean(tree.total_ns, tree.calls),
            "device_mean": _mean(tree.device_ns, tree.calls),
        },
        rows=tree.rows, group=tree.node, spans=_spans(found, tree.rows),
        untied=tree.untied, untied_ns=tree.untied_ns,
    )  # fmt: skip


# -- work of the device ------------------------------------------------------------------


def _kernels(scene: Scene, wish: Wish) -> Forest:
    """Return kernels, copies and memsets by name and device; in a tree with who started them."""
    slices = scene.table.slices
    rows, length = device_rows(scene.table, wish.stretch)
    device = device_of(scene.table)[slices.track[rows]]
    keys = (slices.name[rows], device, slices.kind[rows])
    group, count = groups.numbered(*keys) if len(rows) else (rows, 0)
    first = groups.firsts(group, rows, count)
    names = labels(scene, slices.name[first])
    if len(np.unique(device)) > 1:
        of_first = device_of(scene.table)[slices.track[first]].tolist()
        names = [
            tr("{name} (GPU {device})", name=name, device=number) if number >= 0 else name
            for name, number in zip(names, of_first, strict=True)
        ]
    parent = np.full(count, -1, np.int32)
    upper = _piece_times(group, length, count)
    order = np.argsort(group, kind="stable")
    flat = Forest(
        wish=wish, scene=scene, names=names, tips=_tips(scene, slices.name[first]), parent=parent,
        name=slices.name[first], first=first, calls=groups.counts(group, count), times=upper,
        rows=rows[order], group=group[order], spans={"host": length[order]},
    )  # fmt: skip
    return _with_starters(flat, rows, group, length) if wish.tree else flat


def device_rows(table: TraceTable, stretch: Stretch | None) -> tuple[Int32, Int64]:
    """Return every piece of device work within a stretch, and how much of it lies in it."""
    _, length, inside = within(table, stretch)
    rows = np.flatnonzero(kinds_mask(table.slices, *DEVICE_WORK) & inside).astype(np.int32)
    return rows, length[rows]


def _piece_times(group: Int32, length: Int64, count: int) -> dict[str, NDArray[Any]]:
    calls = groups.counts(group, count)
    total = groups.sums(group, length, count)
    low, high = groups.extremes(group, length, count)
    median, p99 = quantiles(group, length, calls, (0.5, 0.99))
    return {
        "total": total, "mean": _mean(total, calls), "low": low, "p50": median, "p99": p99,
        "high": high,
    }  # fmt: skip


def _with_starters(flat: Forest, rows: Int32, group: Int32, length: Int64) -> Forest:
    """Return kernels, and below each the operators that started it."""
    scene, slices = flat.scene, flat.scene.table.slices
    operator = slices.operator[rows]
    starter = np.where(operator >= 0, slices.name[operator], np.int32(-1))
    fine, count = groups.numbered(group, starter)
    first = groups.firsts(fine, rows, count)
    above = np.zeros(count, np.int32)
    above[fine] = group
    name = np.zeros(count, np.int32)
    name[fine] = starter
    unknown = tr("not known")
    below = [short(scene.table.text(n)) if n >= 0 else unknown for n in name.tolist()]
    lower = _piece_times(fine, length, count)
    base, order = np.int32(len(flat)), np.argsort(fine, kind="stable")
    return Forest(
        wish=flat.wish, scene=scene, names=[*flat.names, *below],
        tips=[*flat.tips, *_tips(scene, name)],
        parent=np.concatenate([flat.parent, above]),
        name=np.concatenate([flat.name, name]), first=np.concatenate([flat.first, first]),
        calls=np.concatenate([flat.calls, groups.counts(fine, count)]),
        times={key: np.concatenate([flat.times[key], lower[key]]) for key in lower},
        rows=np.concatenate([flat.rows, rows[order]]),
        group=np.concatenate([flat.group, fine[order] + base]),
        spans={"host": np.concatenate([flat.spans["host"], length[order]])},
    )  # fmt: skip


def summary(forest: Forest) -> str:
    """Return what a table holds, in a line."""
    tops = int(np.count_nonzero(forest.parent < 0))
    calls = int(forest.calls[forest.parent < 0].sum())
    if forest.wish.by == "kernel":
        return tr(
            "{names}, {calls}",
            names=trn("{n} kernel", "{n} kernels", tops),
            calls=trn("{n} launch", "{n} launches", calls),
        )
    if forest.is_tree:
        return trn("{n} node", "{n} nodes", len(forest))
    return tr(
        "{rows}, {calls}",
        rows=trn("{n} row", "{n} rows", len(forest)),
        calls=trn("{n} call", "{n} calls", calls),
    )
