"""The merged call tree and costs within a stretch, against a naive account of the real traces."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from tests.helpers.shared_traces import FOLDER
from tests.helpers.tables import S, build

from diptych.profiling.trace import metrics, open_trace
from diptych.profiling.trace.metrics import calltree, costs, groups
from diptych.profiling.trace.metrics.calltree import CallTree, call_tree
from diptych.profiling.trace.metrics.trees import kinds_mask, lanes, stacks
from diptych.profiling.trace.table import DEVICE_WORK, Kind, TraceTable

FILES = sorted(FOLDER.glob("*.json.gz")) if FOLDER.is_dir() else []
SMALL = [file for file in FILES if file.stat().st_size < 900_000]
PYTHON_AND_ALL = ("calls", "modules", "stacks")


@lru_cache(maxsize=2)
def opened(file: Path) -> TraceTable:
    return open_trace(file, cache=False)


@dataclass
class Node:
    """What a path of names costs, added up call by call."""

    calls: int = 0
    total: int = 0
    own: int = 0
    device: int = 0
    device_self: int = 0
    rows: set[int] = field(default_factory=set)


def naive(
    table: TraceTable, of: calltree.Of, stretch: tuple[int, int] | None = None
) -> dict[tuple[str, ...], Node]:
    """Walk every thread with a stack, in plain Python."""
    slices = table.slices
    low, high = stretch or (-(1 << 62), 1 << 62)
    start, end = slices.start.tolist(), (slices.start + slices.duration).tolist()
    kinds, thread = slices.kind.tolist(), lanes(table.tracks)[slices.track].tolist()
    wanted = calltree.wanted_rows(table, of).tolist()
    rows = sorted(range(len(start)), key=lambda r: (thread[r], start[r], start[r] - end[r], r))
    steps = sorted((start[r], r) for r in range(len(start)) if kinds[r] == Kind.STEP)
    step_name = table.text(int(slices.name[steps[0][1]])) if steps else ""
    around: dict[int, int] = {}
    open_rows: list[int] = []
    before = None
    for row in rows:
        if thread[row] != before:
            open_rows, before = [], thread[row]
        while open_rows and end[open_rows[-1]] <= start[row]:
            open_rows.pop()
        around[row] = next((r for r in reversed(open_rows) if end[r] >= end[row]), -1)
        if wanted[row]:
            open_rows.append(row)

    def cut(row: int) -> tuple[int, int]:
        return min(max(start[row], low), high), min(max(end[row], low), high)

    def path(row: int) -> tuple[str, ...]:
        names = []
        while row >= 0:
            name = table.text(int(slices.name[row]))
            names.append(step_name if kinds[row] == Kind.STEP else name)
            row = around[row]
        return tuple(reversed(names))

    def in_stretch(row: int) -> bool:
        return bool(start[row] < high and (end[row] > low or start[row] >= low))

    nodes: dict[tuple[str, ...], Node] = defaultdict(Node)
    covered: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for row in rows:
        if wanted[row]:
            covered[around[row]].append(cut(row))
    for row in rows:
        if not wanted[row] or not in_stretch(row):
            continue
        node, (begin, stop) = nodes[path(row)], cut(row)
        node.calls += 1
        node.rows.add(row)
        node.total += stop - begin
        reach, inside = begin, 0
        for left, right in covered[row]:
            inside += max(0, right - max(left, reach))
            reach = max(reach, right)
        node.own += stop - begin - inside
    for work in rows:
        if kinds[work] not in DEVICE_WORK or not in_stretch(work):
            continue
        owner = -1
        for tie in (int(slices.launch[work]), int(slices.operator[work])):
            if owner < 0 and tie >= 0:
                owner = tie if wanted[tie] else around[tie]
        begin, stop = cut(work)
        if owner >= 0:
            names = path(owner)
            nodes[names].device_self += stop - begin
            for deep in range(1, len(names) + 1):
                nodes[names[:deep]].device += stop - begin
    return {path: node for path, node in nodes.items() if node.calls or node.device}


def as_paths(table: TraceTable, tree: CallTree) -> dict[tuple[str, ...], Node]:
    paths: list[tuple[str, ...]] = []
    for name, parent in zip(tree.name.tolist(), tree.parent.tolist(), strict=True):
        paths.append((*(paths[parent] if parent >= 0 else ()), table.text(name)))
    found = {}
    for at, path in enumerate(paths):
        rows = set(tree.rows[tree.node == at].tolist())
        found[path] = Node(
            int(tree.calls[at]), int(tree.total_ns[at]), int(tree.self_ns[at]),
            int(tree.device_ns[at]), int(tree.device_self_ns[at]), rows,
        )  # fmt: skip
    assert len(found) == len(tree)
    assert np.array_equal(tree.depth, [len(path) - 1 for path in paths])
    return found


@pytest.mark.parametrize("file", SMALL, ids=lambda file: file.name.partition(".")[0])
@pytest.mark.parametrize("of", PYTHON_AND_ALL)
def test_the_tree_is_what_a_stack_in_plain_python_finds(file: Path, of: calltree.Of) -> None:
    table = opened(file)
    assert as_paths(table, call_tree(table, of)) == naive(table, of)


@pytest.mark.parametrize("file", SMALL, ids=lambda file: file.name.partition(".")[0])
def test_a_stretch_cuts_what_reaches_beyond_it(file: Path) -> None:
    table = opened(file)
    stretch = (table.duration_ns // 3, table.duration_ns // 2)
    tree = call_tree(table, "calls", stretch)
    assert as_paths(table, tree) == naive(table, "calls", stretch)


@pytest.mark.parametrize("file", SMALL, ids=lambda file: file.name.partition(".")[0])
@pytest.mark.parametrize("by", ["name", "shape", "stack", "module"])
def test_sums_of_the_whole_are_those_of_the_summary(file: Path, by: str) -> None:
    table = opened(file)
    expected = metrics.by_operator(table, by)  # type: ignore[arg-type]  # parametrized literal
    kinds = (Kind.MODULE,) if by == "module" else metrics.operators.operator_kinds(table)
    wanted = kinds_mask(table.slices, *kinds)
    found = costs.costs(table, wanted)
    rows = costs.members(found)
    keys = [table.slices.name[rows], table.slices.category[rows]]
    if by == "shape":
        keys.append(table.slices.shape[rows])
    if by == "stack":
        frames = kinds_mask(table.slices, Kind.PYTHON, Kind.MODULE)
        keys.append(stacks(found.threads, frames)[0][rows])
    group, count = groups.numbered(*keys)
    sums = costs.summed(found, rows, group, count)
    order = np.argsort(-sums.self_ns, kind="stable")
    for name in ("calls", "total_ns", "self_ns", "device_ns", "device_self_ns", "first"):
        mine, theirs = getattr(sums, name)[order], getattr(expected, name)
        assert np.array_equal(mine, theirs), name
    assert np.array_equal(sums.low_ns[order], expected.min_ns)
    assert np.array_equal(sums.high_ns[order], expected.max_ns)
    assert (found.untied, found.untied_ns) == (expected.untied, expected.untied_ns)
    for number in range(min(count, 50)):
        length = table.slices.duration[rows[group == number]]
        assert sums.median_ns[number] == pytest.approx(np.percentile(length, 50))
        assert sums.p99_ns[number] == pytest.approx(np.percentile(length, 99))


def small() -> TraceTable:
    """Return two steps of an operator that starts a kernel after its own end."""
    return build(
        S("ProfilerStep#4", 0, 100, Kind.STEP),
        S("aten::mm", 10, 40),
        S("cudaLaunchKernel", 20, 30, Kind.RUNTIME, launch=1),
        S("ProfilerStep#5", 100, 200, Kind.STEP),
        S("aten::mm", 110, 130),
        S("gemm", 50, 120, Kind.KERNEL, "gpu:0:7", 1),
        S("free", 150, 160, Kind.KERNEL, "gpu:0:7"),
    )


def test_steps_are_one_node_and_work_counts_where_it_was_started() -> None:
    table = small()
    tree = call_tree(table)
    names = [table.text(name) for name in tree.name.tolist()]
    assert names == ["ProfilerStep#4", "aten::mm", "cudaLaunchKernel"]
    assert tree.parent.tolist() == [-1, 0, 1]
    assert tree.calls.tolist() == [2, 2, 1]
    assert tree.total_ns.tolist() == [200, 50, 10]
    assert tree.self_ns.tolist() == [150, 40, 10]
    assert tree.device_ns.tolist() == [70, 70, 70]
    assert tree.device_self_ns.tolist() == [0, 0, 70]
    assert (tree.untied, tree.untied_ns) == (1, 10)


def test_work_in_a_stretch_belongs_to_who_started_it_before() -> None:
    table = small()
    tree = call_tree(table, "calls", (100, 125))
    assert [table.text(name) for name in tree.name.tolist()][1] == "aten::mm"
    assert tree.calls.tolist() == [1, 1, 0]
    assert tree.total_ns.tolist() == [25, 15, 0]
    assert tree.device_ns.tolist() == [20, 20, 20]
    assert tree.untied == 0


def test_nothing_in_the_stretch_is_an_empty_tree() -> None:
    assert len(call_tree(small(), "calls", (500, 600))) == 0
    assert len(call_tree(build(), "calls")) == 0


@pytest.mark.parametrize("file", [f for f in FILES if f not in SMALL], ids=lambda file: file.name)
def test_a_large_trace_adds_up(file: Path) -> None:
    table = opened(file)
    tree = call_tree(table)
    top = tree.parent < 0
    work = kinds_mask(table.slices, *DEVICE_WORK)
    device = int(table.slices.duration[work].sum())
    assert int(tree.device_ns[top].sum()) + tree.untied_ns == device
    assert int(tree.device_self_ns.sum()) + tree.untied_ns == device
    assert int(tree.calls.sum()) == len(tree.rows)
    inner = np.zeros(len(tree), np.int64)
    np.add.at(inner, tree.parent[~top], tree.total_ns[~top])
    assert np.all(tree.self_ns >= tree.total_ns - inner)
