"""The operators of a trace: its calls as a tree, and a table of 100,000 rows, sorted and filtered.

Medians of repetitions; the compiler has worked before. The 100,000 rows have as
many names, three numbers each, once as a list and once as a tree.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import numpy as np
from benchmarks import trace_files
from benchmarks.trace_frames import table

if TYPE_CHECKING:
    from diptych.gui.models.trace_operators import Forest

TIMES = 7
ROWS = 100_000
SLICES = 1_000_000

Row = tuple[str, float, str, str]


def taken(act: Callable[[], object]) -> float:
    """Return the median ms of a call."""
    act()
    found = []
    for _ in range(TIMES):
        began = time.perf_counter()
        act()
        found.append(time.perf_counter() - began)
    return median(found) * 1000


def call_trees() -> list[Row]:
    """Return how long merging takes, for all of a trace and for a third of it."""
    from diptych.profiling.trace import open_trace
    from diptych.profiling.trace.metrics.calltree import call_tree

    with TemporaryDirectory() as folder:
        file = Path(folder) / "steps.json"
        trace_files.write(file, SLICES)
        made = open_trace(file, cache=False)
    third = made.duration_ns // 3
    whole = taken(lambda: call_tree(made))
    part = taken(lambda: call_tree(made, "calls", (third, 2 * third)))
    odd = table(SLICES)
    every = taken(lambda: call_tree(odd))
    name = f"operators: call tree of a trace of {SLICES:,} events"
    return [
        (name, whole, "ms", "<= 300"),
        (f"{name}, a third of it", part, "ms", "<= 300"),
        (f"operators: the same of {SLICES:,} slices at random, most a node each", every, "ms", ""),
    ]


def tables() -> list[Row]:
    """Return how long sorting and filtering a table takes, a list and a tree."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from diptych.gui.app import application
    from diptych.gui.models.trace_operators_table import TraceOperatorsModel

    application(["bench"])
    rows: list[Row] = []
    for shape, deep in (("list", False), ("tree", True)):
        model = TraceOperatorsModel()
        model.set_forest(forest(deep=deep), "host")
        model.unfold_all(on=True)
        keys = [column.key for column in model.columns]
        for key in ("name", "total"):
            turn = partial(model.turn, keys.index(key))
            rows.append((f"operators: sort {ROWS:,} rows by {key}, {shape}", taken(turn), "ms", ""))
        sift = partial(model.set_filter, "conv 7")
        rows.append((f"operators: filter {ROWS:,} rows, {shape}", taken(sift), "ms", ""))
        model.deleteLater()
    return [(name, value, unit, "<= 50") for name, value, unit, _ in rows]


def forest(*, deep: bool) -> Forest:
    """Return 100,000 nodes: a list, or a tree in which each has four below it."""
    from diptych.gui.models.trace_operators import Forest, Wish
    from diptych.gui.models.trace_scene import make_scene

    scene = make_scene(table(10_000))
    random = np.random.default_rng(1)
    words = ("conv2d", "relu", "batch_norm", "addmm", "copy", "softmax")
    names = [f"aten::{words[at % 6]}_{int(random.integers(1 << 30))}" for at in range(ROWS)]
    parent = np.arange(-1, ROWS - 1, dtype=np.int32) // 4 if deep else np.full(ROWS, -1, np.int32)
    parent[0] = -1
    nothing = np.zeros(0, np.int32)
    times = {key: random.integers(0, 1 << 40, ROWS) for key in ("total", "self", "mean")}
    return Forest(
        Wish(tree=deep),
        scene,
        names,
        names,
        parent.astype(np.int32),
        np.zeros(ROWS, np.int32),
        random.integers(0, len(scene.table.slices), ROWS).astype(np.int32),
        random.integers(1, 1000, ROWS),
        times,
        nothing,
        nothing,
        {"host": nothing.astype(np.int64)},
    ).prepare()


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    return [*call_trees(), *tables()]


if __name__ == "__main__":
    for line in run():
        print(line)
