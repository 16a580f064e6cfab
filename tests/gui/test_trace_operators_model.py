"""Rows and trees of a trace's operators: what they hold, their order, how they are laid out."""

from __future__ import annotations

import numpy as np
import pytest
from tests.gui.timeline_helpers import MS, training
from tests.helpers.shared_traces import table_of
from tests.helpers.tables import S, build

from diptych.gui.models.trace_operators import BYS, By, Forest, Measure, Wish, columns_of, shares
from diptych.gui.models.trace_operators_build import make_forest
from diptych.gui.models.trace_operators_order import ancestors_of, levels, visible
from diptych.gui.models.trace_operators_table import TraceOperatorsModel
from diptych.gui.models.trace_scene import Scene, make_scene
from diptych.gui.plots.histogram_bins import make_bins, wants_log
from diptych.gui.plots.icicle_layout import lay_out
from diptych.profiling.trace import metrics
from diptych.profiling.trace.table import DEVICE_WORK, Kind


@pytest.fixture(scope="module")
def scene() -> Scene:
    return make_scene(training())


@pytest.fixture(scope="module")
def resnet() -> Scene:
    return make_scene(table_of("mi300_resnet_training"))


def named(forest: Forest, name: str) -> int:
    return list(forest.names).index(name)


def test_rows_have_the_numbers_of_the_command_line(resnet: Scene) -> None:
    forest, rows = make_forest(resnet, Wish()), metrics.by_operator(resnet.table)
    ours = dict(zip(forest.tips, zip(forest.calls, forest.times["self"], strict=True), strict=True))
    for number, name in enumerate(rows.name.tolist()):
        told = (int(rows.calls[number]), int(rows.self_ns[number]))
        assert tuple(map(int, ours[resnet.table.text(name)])) == told


def test_kernels_have_the_numbers_of_the_command_line(resnet: Scene) -> None:
    forest = make_forest(resnet, Wish("kernel"))
    rows = metrics.by_kernel(resnet.table, DEVICE_WORK)
    assert sorted(forest.times["total"].tolist()) == sorted(rows.total_ns.tolist())
    assert sorted(forest.calls.tolist()) == sorted(rows.calls.tolist())


@pytest.mark.parametrize("tree", [False, True])
@pytest.mark.parametrize("by", BYS)
def test_every_grouping_shares_out_one_whole(resnet: Scene, by: By, tree: bool) -> None:
    forest = make_forest(resnet, Wish(by, tree))
    if by == "shape" and forest.nothing:
        return
    assert not forest.nothing
    top = forest.parent < 0
    measures: tuple[Measure, ...] = ("host", "device")
    for measure in measures:
        share = shares(forest, measure)
        assert float(share[top].sum()) == pytest.approx(100)
        assert np.all(share <= 100 + 1e-9)
    assert np.array_equal(np.bincount(forest.group, minlength=len(forest)), forest.calls)


def test_a_stretch_counts_only_what_lies_in_it(scene: Scene) -> None:
    forest = make_forest(scene, Wish(stretch=(0, 10 * MS)))
    conv = named(forest, "conv2d")
    assert int(forest.calls[conv]) == 1
    assert int(forest.times["total"][conv]) == 3 * MS
    rows, spans = forest.calls_of(conv, "host")
    assert len(rows) == 1
    assert spans.tolist() == [3 * MS]
    assert make_forest(scene, Wish(stretch=(10**9, 10**9 + 5))).nothing


def test_what_a_trace_lacks_is_said(scene: Scene) -> None:
    assert "modules" in make_forest(scene, Wish("module")).nothing
    assert "Python frames" in make_forest(scene, Wish("stack")).nothing
    assert "input shapes" in make_forest(scene, Wish("shape")).nothing
    cpu = make_scene(build(S("aten::mm", 0, 10)))
    assert "recorded on a CPU" in make_forest(cpu, Wish("kernel")).nothing


def test_the_tree_of_steps_is_one_node(scene: Scene) -> None:
    forest = make_forest(scene, Wish(tree=True))
    top = [forest.names[node] for node in np.flatnonzero(forest.parent < 0).tolist()]
    assert top[0] == "steps"
    assert int(forest.calls[0]) == 3
    assert int(forest.depth[named(forest, "convolution")]) == 2


def test_device_time_of_calls(scene: Scene) -> None:
    forest = make_forest(scene, Wish())
    rows, spans = forest.calls_of(named(forest, "conv2d"), "device")
    assert spans.tolist() == [2 * MS] * 3
    titles = {c.key: c for c in columns_of(forest, "device")}
    assert titles["mean"].values[named(forest, "conv2d")] == pytest.approx(2)
    assert titles["mean"].title == "Mean, ms"
    assert len(rows) == 3


def test_shapes_and_starters_stand_below_their_operator() -> None:
    table = build(
        S("aten::mm", 0, 10, shape="[[2, 2]]"),
        S("aten::mm", 20, 50, shape="[[4, 4]]"),
        S("cudaLaunchKernel", 22, 24, Kind.RUNTIME, launch=3),
        S("gemm", 30, 60, Kind.KERNEL, "gpu:0:7", 3),
    )
    scene = make_scene(table)
    shapes = make_forest(scene, Wish("shape", tree=True))
    assert list(shapes.names) == ["mm", "[[2, 2]]", "[[4, 4]]"]
    assert shapes.parent.tolist() == [-1, 0, 0]
    assert shapes.calls.tolist() == [2, 1, 1]
    kernels = make_forest(scene, Wish("kernel", tree=True))
    assert list(kernels.names) == ["gemm", "mm"]
    assert kernels.times["total"].tolist() == [30, 30]


# -- order --------------------------------------------------------------------------------


def test_nodes_follow_their_parent_in_the_order_asked_for() -> None:
    parent = np.array([-1, 0, 0, 1, -1, 4], np.int32)
    depth = np.array([0, 1, 1, 2, 0, 1], np.int32)
    ranked = np.array([4, 5, 2, 0, 1, 3])
    every = np.ones(6, bool)
    assert visible(parent, levels(depth), ranked, every).tolist() == [4, 5, 0, 2, 1, 3]
    folded = every.copy()
    folded[0] = False
    assert visible(parent, levels(depth), ranked, folded).tolist() == [4, 5, 0]
    found = np.array([False, False, False, True, False, False])
    above = ancestors_of(parent, levels(depth), found)
    assert above.tolist() == [True, True, False, False, False, False]
    assert visible(parent, levels(depth), ranked, every, found | above).tolist() == [0, 1, 3]
    nothing = np.zeros(0, np.int32)
    assert visible(nothing, [], nothing.astype(np.int64), np.zeros(0, bool)).tolist() == []


def test_a_random_tree_is_walked_like_a_naive_one() -> None:
    random = np.random.default_rng(7)
    parent = np.array([-1, *(int(random.integers(-1, n)) for n in range(1, 400))], np.int32)
    depth = np.zeros(400, np.int32)
    for node in range(400):
        depth[node] = 0 if parent[node] < 0 else depth[parent[node]] + 1
    unfolded = random.random(400) < 0.7
    ranked = random.permutation(400)

    def walk(up: int) -> list[int]:
        made = []
        for node in ranked.tolist():
            if parent[node] == up:
                made += [node, *(walk(node) if unfolded[node] else [])]
        return made

    assert visible(parent, levels(depth), ranked, unfolded).tolist() == walk(-1)


def test_the_table_sorts_and_filters(resnet: Scene) -> None:
    model = TraceOperatorsModel()
    model.set_forest(make_forest(resnet, Wish()), "host")
    host = next(at for at, c in enumerate(model.columns) if c.key == "total")
    model.turn(host)
    values = model.columns[host].values[model.order]
    assert np.all(np.diff(values) <= 0)
    model.turn(host)
    assert np.all(np.diff(model.columns[host].values[model.order]) >= 0)
    model.turn(0)
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names == sorted(names, key=str.casefold)
    model.set_filter("CONV back")
    found = [model.index(row, 0).data().casefold() for row in range(model.rowCount())]
    assert found
    assert all("conv" in name and "back" in name for name in found)
    model.set_filter("no such operator")
    assert model.rowCount() == 0


def test_a_filtered_tree_shows_what_is_above_a_match(resnet: Scene) -> None:
    model = TraceOperatorsModel()
    forest = make_forest(resnet, Wish(tree=True))
    model.set_forest(forest, "host")
    folded = model.rowCount()
    model.unfold_all(on=True)
    assert model.rowCount() == len(forest) > folded
    model.unfold_all(on=False)
    assert model.rowCount() == int((forest.parent < 0).sum())
    model.set_filter("miopen_convolution")
    shown = set(model.order.tolist())
    for node in shown:
        assert forest.parent[node] < 0 or int(forest.parent[node]) in shown
    assert any("miopen" in forest.names[node] for node in shown)
    model.set_filter("")
    deepest = int(np.argmax(forest.depth))
    model.reveal(deepest)
    assert model.row_of(deepest) > 0


# -- pictures, without Qt --------------------------------------------------------------------


@pytest.mark.parametrize("measure", ["total", "device"])
def test_boxes_lie_under_their_parent_and_never_overlap(resnet: Scene, measure: str) -> None:
    forest = make_forest(resnet, Wish(tree=True))
    starts = resnet.table.slices.start[forest.first].astype(np.float64)
    boxes = lay_out(forest.parent, forest.depth, forest.times[measure], starts)
    for depth, level in enumerate(boxes.levels):
        left, right = boxes.left[level], boxes.right[level]
        assert np.all(right > left)
        assert np.all(left[1:] >= right[:-1] - 1e-12)
        if depth:
            up = forest.parent[level]
            assert np.all(left >= boxes.left[up] - 1e-12)
            assert np.all(right <= boxes.right[up] + 1e-12)
            middle = int(level[len(level) // 2])
            assert boxes.at(depth, float(boxes.left[middle] + boxes.right[middle]) / 2) == middle
    top = boxes.levels[0]
    assert float((boxes.right[top] - boxes.left[top]).sum()) == pytest.approx(1)
    wide = boxes.right[top] - boxes.left[top]
    whole = forest.times[measure][forest.parent < 0].sum()
    assert np.allclose(wide, forest.times[measure][top] / whole)


@pytest.mark.parametrize("log", [False, True])
def test_every_duration_stands_in_a_bin(log: bool) -> None:
    values = np.random.default_rng(3).lognormal(10, 2, 5000).astype(np.int64) + 1
    bins = make_bins(values, log=log)
    assert int(bins.counts.sum()) == len(values)
    assert bins.place(float(values.min())) == pytest.approx(0)
    assert bins.place(float(values.max())) == pytest.approx(1)
    assert wants_log(values)
    assert bins.ticks
    same = make_bins(np.full(7, 100), log=log)
    assert int(same.counts.sum()) == 7
    assert 0 < same.place(100) < 1


def test_durations_of_zero_have_no_place_on_a_logarithmic_axis() -> None:
    assert int(make_bins(np.array([0, 0, 10, 1000]), log=True).counts.sum()) == 2
    assert int(make_bins(np.array([0, 0]), log=True).counts.sum()) == 2
