"""Metrics on a handful of slices, small enough to work out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from tests.helpers.tables import S, build

from diptych.profiling.trace import metrics
from diptych.profiling.trace.metrics import intervals
from diptych.profiling.trace.metrics.idle import CAUSES
from diptych.profiling.trace.metrics.operators import OperatorRows
from diptych.profiling.trace.table import Kind, TraceTable

CALL, KERNEL, NCCL, COPY = Kind.RUNTIME, Kind.KERNEL, Kind.COMMUNICATION, Kind.MEMCPY
GPU = "gpu:0:7"


def rows_of(table: TraceTable, rows: OperatorRows) -> dict[str, dict[str, int]]:
    names = ("calls", "total_ns", "outer_ns", "self_ns", "device_ns", "device_self_ns")
    return {
        table.text(int(rows.name[i])): {n: int(getattr(rows, n)[i]) for n in names}
        for i in range(len(rows.name))
    }


def test_an_operator_with_children_calls_and_device_work() -> None:
    table = build(
        S("outer", 0, 100),
        S("inner", 10, 60),
        S("cudaLaunchKernel", 20, 30, CALL, launch=1),
        S("inner", 60, 80),
        S("cudaLaunchKernel", 85, 90, CALL, launch=2),
        S("gemm", 200, 250, KERNEL, GPU, launch=1),
        S("add", 250, 257, KERNEL, GPU, launch=2),
        S("nobody's", 300, 310, KERNEL, GPU),
    )
    rows = metrics.by_operator(table)
    assert rows_of(table, rows) == {
        "outer": {
            "calls": 1,
            "total_ns": 100,
            "outer_ns": 100,
            "self_ns": 30,
            "device_ns": 57,
            "device_self_ns": 7,
        },
        "inner": {
            "calls": 2,
            "total_ns": 70,
            "outer_ns": 70,
            "self_ns": 70,
            "device_ns": 50,
            "device_self_ns": 50,
        },
    }
    assert (rows.untied, rows.untied_ns) == (1, 10)
    assert rows.runtime_ns.tolist() == [10, 5]
    assert rows.min_ns.tolist() == [20, 100]
    assert rows.max_ns.tolist() == [50, 100]
    counted = {int(row) for row in rows.rows[rows.group == 0]}
    assert counted == {
        row
        for row in range(len(table.slices))
        if table.text(int(table.slices.name[row])) == "inner"
    }


def test_recursion_counts_calls_each_and_device_work_once() -> None:
    table = build(
        S("sum", 0, 100),
        S("sum", 10, 90),
        S("cudaLaunchKernel", 20, 30, CALL, launch=1),
        S("k", 200, 240, KERNEL, GPU, launch=1),
    )
    row = rows_of(table, metrics.by_operator(table))["sum"]
    assert row["total_ns"] == 180
    assert row["outer_ns"] == 100
    assert row["self_ns"] == 100
    assert row["device_ns"] == 40


def test_a_python_frame_between_two_operators_hides_nothing() -> None:
    table = build(
        S("outer", 0, 100),
        S("train.py(3): step", 5, 95, Kind.PYTHON),
        S("inner", 10, 60),
    )
    assert rows_of(table, metrics.by_operator(table))["outer"]["self_ns"] == 50


def test_shapes_make_rows_of_their_own() -> None:
    table = build(
        S("mm", 0, 10, shape="[[2,2]]"), S("mm", 20, 25, shape="[[4,4]]"), S("mm", 30, 33)
    )
    rows = metrics.by_operator(table, "shape")
    shapes = {table.text(int(s)): int(t) for s, t in zip(rows.shape, rows.total_ns, strict=True)}
    assert shapes == {"[[2,2]]": 10, "[[4,4]]": 5, "": 3}


def test_stacks_make_rows_of_their_own() -> None:
    table = build(
        S("a.py(1): f", 0, 50, Kind.PYTHON),
        S("nn.Module: Linear_0", 5, 45, Kind.MODULE),
        S("mm", 10, 20),
        S("mm", 20, 30),
        S("a.py(1): f", 60, 90, Kind.PYTHON),
        S("mm", 70, 75),
    )
    rows = metrics.by_operator(table, "stack")
    found = {
        tuple(metrics.stack_of(table, int(first))): int(calls)
        for first, calls in zip(rows.first, rows.calls, strict=True)
    }
    assert found == {("a.py(1): f", "nn.Module: Linear_0"): 2, ("a.py(1): f",): 1}


def test_modules_own_the_backward_of_their_operators() -> None:
    table = build(
        S("nn.Module: Net", 0, 100, Kind.MODULE),
        S("nn.Module: Linear", 10, 60, Kind.MODULE),
        S("aten::mm", 20, 50),
        S("cudaLaunchKernel", 25, 30, CALL, launch=1),
        S("MmBackward", 200, 240, lane="cpu:2", partner="aten::mm"),
        S("cudaLaunchKernel", 210, 215, CALL, lane="cpu:2", launch=2),
        S("k", 300, 310, KERNEL, GPU, launch=1),
        S("k", 310, 315, KERNEL, GPU, launch=2),
    )
    rows = metrics.by_operator(table, "module")
    found = rows_of(table, rows)
    assert found["nn.Module: Linear"]["self_ns"] == 50
    assert found["nn.Module: Linear"]["device_ns"] == 15
    assert found["nn.Module: Net"]["self_ns"] == 50
    assert found["nn.Module: Net"]["device_ns"] == 15
    assert found["nn.Module: Net"]["device_self_ns"] == 0
    backward = dict(zip((table.text(int(n)) for n in rows.name), rows.backward_ns, strict=True))
    assert backward == {"nn.Module: Linear": 40, "nn.Module: Net": 0}
    assert rows.untied == 0


def test_kernels_by_name_and_device() -> None:
    table = build(
        S("gemm", 0, 10, KERNEL, "gpu:0:7"),
        S("gemm", 20, 50, KERNEL, "gpu:0:8"),
        S("gemm", 0, 7, KERNEL, "gpu:1:7"),
        S("Memcpy DtoH", 60, 99, COPY, "gpu:1:7"),
    )
    rows = metrics.by_kernel(table)
    columns = (rows.device, rows.calls, rows.total_ns, rows.min_ns, rows.mean_ns, rows.max_ns)
    assert [c.tolist() for c in columns] == [[0, 1], [2, 1], [40, 7], [10, 7], [20, 7], [30, 7]]
    both = metrics.by_kernel(table, (KERNEL, COPY))
    assert {table.text(int(n)) for n in both.name} == {"gemm", "Memcpy DtoH"}


def test_a_device_is_busy_once_however_many_streams_work() -> None:
    table = build(
        S("gemm", 0, 50, KERNEL, "gpu:0:7"),
        S("nccl", 40, 100, NCCL, "gpu:0:8"),
        S("gemm", 90, 95, KERNEL, "gpu:0:7"),
        S("Memcpy", 120, 130, COPY, "gpu:0:9"),
        properties={"deviceProperties": [{"id": 0, "name": "GPU X"}, {"id": 1, "name": "GPU Y"}]},
    )
    (device,) = metrics.by_device(table)
    assert (device.id, device.name, device.streams) == (0, "GPU X", 3)
    assert (device.kernels, device.kernel_ns) == (3, 115)
    assert (device.busy_ns, device.span_ns, device.idle_ns) == (110, 130, 20)
    assert (device.compute_ns, device.communication_ns) == (55, 60)
    assert (device.overlap_ns, device.exposed_ns) == (15, 45)


def test_the_split_gives_each_instant_to_the_first_in_the_order() -> None:
    table = build(
        S("ProfilerStep#1", 0, 100, Kind.STEP),
        S("enumerate(DataLoader)", 0, 20, Kind.DATA),
        S("aten::mm", 10, 60),
        S("cudaLaunchKernel", 30, 40, CALL, launch=1),
        S("gemm", 35, 50, KERNEL, GPU, launch=1),
        S("nccl", 45, 70, NCCL, "gpu:0:8"),
        S("Memcpy", 68, 80, COPY, "gpu:0:9"),
    )
    split = metrics.split_steps(table)
    parts = dict(zip(metrics.PARTS, split.parts[0].tolist(), strict=True))
    assert parts == {
        "kernel": 15,
        "memcpy": 12,
        "memset": 0,
        "communication": 18,
        "runtime": 5,
        "data": 20,
        "host": 10,
        "idle": 20,
    }


def test_the_split_can_be_of_one_device() -> None:
    table = build(
        S("ProfilerStep#1", 0, 100, Kind.STEP),
        S("a", 0, 30, KERNEL, "gpu:0:7"),
        S("b", 20, 90, KERNEL, "gpu:1:7"),
    )
    kernels = [metrics.split_steps(table, device).parts[0, 0] for device in (None, 0, 1)]
    assert kernels == [90, 30, 70]


def test_without_steps_recurring_ranges_stand_in_else_the_whole_trace() -> None:
    ranges = build(
        *(S(f"iteration {i}", i * 100, i * 100 + 90, Kind.ANNOTATION) for i in range(3)),
        S("mm", 10, 20),
    )
    steps = metrics.find_steps(ranges)
    assert (steps.origin, steps.names[0], len(steps)) == ("annotation", "iteration 0", 3)
    assert len(metrics.marked_steps(ranges)) == 0
    whole = metrics.find_steps(build(S("mm", 10, 20), S("mm", 30, 70)))
    assert (whole.origin, whole.duration.tolist()) == ("trace", [60])


def test_idle_time_by_cause() -> None:
    table = build(
        S("launch", 0, 5, CALL, launch=1),
        S("launch", 5, 9, CALL, launch=2),
        S("launch", 10, 15, CALL, launch=3),
        S("launch", 500, 505, CALL, launch=4),
        S("a", 100, 200, KERNEL, GPU, launch=1),
        S("b", 220, 300, KERNEL, GPU, launch=2),
        S("c", 400, 450, KERNEL, GPU, launch=3),
        S("d", 600, 700, KERNEL, GPU, launch=4),
        S("e", 780, 800, KERNEL, GPU),
    )
    (idle,) = metrics.idle_by_stream(table)
    found = (idle.host_ns, idle.between_ns, idle.other_ns, idle.unknown_ns)
    assert found == (150, 20, 100, 80)
    (device,) = metrics.by_device(table)
    assert idle.total_ns == device.idle_ns == metrics.idle_by_device(table)[0].total_ns


def test_gaps_one_by_one_add_up_to_the_idle_time() -> None:
    table = build(
        S("launch", 0, 5, CALL, launch=1),
        S("launch", 500, 505, CALL, launch=2),
        S("a", 100, 200, KERNEL, GPU, launch=1),
        S("b", 150, 300, KERNEL, "gpu:0:8"),
        S("c", 310, 450, KERNEL, GPU),
        S("d", 600, 700, KERNEL, GPU, launch=2),
        S("e", 780, 800, KERNEL, GPU),
    )
    (gaps,) = metrics.gaps_by_device(table)
    causes = [CAUSES[cause] for cause in gaps.cause]
    assert list(zip(gaps.start.tolist(), gaps.duration.tolist(), causes, strict=True)) == [
        (300, 10, "between"),
        (450, 150, "host"),
        (700, 80, "unknown"),
    ]
    assert [table.text(int(table.slices.name[row])) for row in gaps.after] == ["c", "d", "e"]
    (idle,) = metrics.idle_by_device(table)
    for number, cause in enumerate(CAUSES):
        whole = int(gaps.duration[gaps.cause == number].sum())
        assert getattr(idle, f"{cause}_ns") == whole
    part = gaps.within(305, 500)
    assert part.start.tolist() == [305, 450]
    assert part.duration.tolist() == [5, 50]
    assert len(gaps.within(310, 450).start) == 0


def test_launch_delays_and_queues() -> None:
    table = build(
        S("launch", 0, 10, CALL, launch=1),
        S("launch", 10, 20, CALL, launch=2),
        S("launch", 20, 30, CALL, launch=3),
        S("launch", 100, 110, CALL, launch=4),
        S("a", 5, 50, KERNEL, GPU, launch=1),
        S("b", 50, 60, KERNEL, GPU, launch=2),
        S("c", 60, 70, KERNEL, GPU, launch=3),
        S("d", 90, 120, KERNEL, GPU, launch=4),
    )
    found = metrics.launches(table)
    assert found.delay_ns.tolist() == [0, 30, 30, 0]
    assert found.early == 1
    (queue,) = metrics.queues(table)
    assert queue.longest == 2
    assert queue.length[-1] == 0
    # 1 for 5 + 10, 2 for 30, 1 for 10 ns; at 90 the start comes before its launch.
    assert queue.time.tolist() == [0, 5, 10, 20, 50, 60, 90, 100]
    assert queue.length.tolist() == [1, 0, 1, 2, 1, 0, -1, 0]


def test_memory_of_an_allocator_that_says_totals_and_one_that_does_not() -> None:
    table = build(
        S("op", 0, 100),
        memory=[(10, 100, 500, 0), (20, 300, 800, 0), (30, -300, 500, 0), (15, 64, -1, -1)],
        counters={"Memory: gpu/1": [(0, 0.0), (50, 4096.0), (60, float("nan")), (70, 0.0)]},
    )
    curves = {curve.device: curve for curve in metrics.memory_curves(table)}
    assert (curves["gpu 0"].peak, curves["gpu 0"].peak_time) == (800, 20)
    assert curves["gpu 0"].since == "allocator"
    assert (curves["cpu"].peak, curves["cpu"].since) == (64, "trace")
    assert (curves["gpu 1"].peak, curves["gpu 1"].time.tolist()) == (4096, [0, 50, 70])


def test_memory_of_diptychs_own_traces_of_mxnet() -> None:
    name = "allocated since profiling began, cpu/0"
    table = build(S("op", 0, 100), counters={name: [(5, 64.0), (9, 4096.0), (60, 32.0)]})
    (curve,) = metrics.memory_curves(table)
    assert (curve.device, curve.peak, curve.peak_time, curve.since) == ("cpu 0", 4096, 9, "trace")


def test_a_selection_cuts_what_reaches_beyond_it() -> None:
    table = build(
        S("outer", 0, 100), S("inner", 20, 60), S("inner", 70, 90), S("k", 30, 50, KERNEL, GPU)
    )
    rows = metrics.select(table, 40, 80)
    names = [table.text(int(n)) for n in rows.name]
    assert names == ["inner", "outer", "k"]
    assert rows.calls.tolist() == [2, 1, 1]
    assert rows.total_ns.tolist() == [30, 40, 10]
    assert rows.self_ns.tolist() == [30, 10, 10]
    assert rows.share.tolist() == pytest.approx([0.6, 0.2, 0.2])
    on_device = [n for n, track in enumerate(table.tracks) if track.device is not None]
    assert len(metrics.select(table, 40, 80, on_device).name) == 1
    assert len(metrics.select(table, 200, 300).name) == 0


@pytest.mark.parametrize(
    "metric",
    [
        metrics.by_category,
        metrics.by_operator,
        metrics.by_kernel,
        metrics.by_device,
        metrics.split_steps,
        metrics.idle_by_stream,
        metrics.idle_by_device,
        metrics.launches,
        metrics.queues,
        metrics.memory_curves,
        lambda table: metrics.by_operator(table, "module"),
        lambda table: metrics.by_operator(table, "stack"),
        lambda table: metrics.select(table, 0, 10),
    ],
)
def test_a_trace_without_anything_breaks_nothing(metric: object) -> None:
    assert callable(metric)
    assert metric(build()) is not None


def test_unions_and_what_lies_in_a_stretch() -> None:
    spans = intervals.union(np.array([5, 0, 20, 7, 20]), np.array([9, 6, 30, 8, 20]))
    assert spans.start.tolist() == [0, 20]
    assert spans.end.tolist() == [9, 30]
    inside = intervals.within(spans, np.array([-5, 4, 9, 25]), np.array([3, 22, 20, 99]))
    assert inside.tolist() == [3, 7, 0, 5]
    assert intervals.common(spans, intervals.union(np.array([8]), np.array([22]))) == 3
