"""What a frame of the timeline costs: 10 million slices in 64 lanes, 1920 pixels, any zoom.

The widget itself is painted, labels, names and overlays included: at each zoom
it is panned and painted anew, and the time of each paint counts. The table of a
stretch is that of the middle third of the trace.
"""

from __future__ import annotations

import os
import time
from pathlib import Path

import numpy as np

from diptych.profiling.trace.table import (
    Flows,
    Instants,
    Kind,
    MemoryEvents,
    Slices,
    TraceTable,
    Track,
)

SLICES = 10_000_000
TRACKS, DEPTH = 8, 8
WIDTH, HEIGHT = 1920, 1240
ZOOMS = range(26)
FRAMES = 12
NAMES = 400

Row = tuple[str, float, str, str]


def table(total: int = SLICES, seed: int = 0) -> TraceTable:
    """Return slices of all lengths (a heavy tail), with pauses between them."""
    draw = np.random.default_rng(seed)
    each = total // (TRACKS * DEPTH)
    starts, lengths, depths, tracks = [], [], [], []
    for number in range(TRACKS):
        parts = [_lane(draw, each) for _ in range(DEPTH)]
        start = np.concatenate([part[0] for part in parts])
        length = np.concatenate([part[1] for part in parts])
        depth = np.repeat(np.arange(DEPTH, dtype=np.uint16), each)
        order = np.lexsort((-length, start))
        starts.append(start[order])
        lengths.append(length[order])
        depths.append(depth[order])
        first, count = number * each * DEPTH, each * DEPTH
        tracks.append(Track("1", str(number), "bench", f"thread {number}", first, count, DEPTH))
    return _table(tracks, [np.concatenate(part) for part in (starts, lengths, depths)], draw)


def _lane(draw: np.random.Generator, count: int) -> tuple[np.ndarray, np.ndarray]:
    pause = draw.exponential(3000, count).astype(np.int64)
    length = (draw.pareto(1.5, count) * 2000).astype(np.int64) + 50
    return np.cumsum(pause + length) - length, length


def _table(tracks: list[Track], columns: list[np.ndarray], draw: np.random.Generator) -> TraceTable:
    start, length, depth = columns
    rows, families = len(start), ("conv2d", "mm", "add_", "copy_", "batch_norm", "max_pool2d")
    none = np.full(rows, -1, np.int32)
    nothing64, nothing32 = np.empty(0, np.int64), np.empty(0, np.int32)
    slices = Slices(
        start=start,
        duration=length,
        name=draw.integers(0, NAMES, rows, np.int32),
        category=np.full(rows, NAMES, np.int32),
        kind=np.full(rows, Kind.OPERATOR, np.uint8),
        track=np.repeat(np.arange(TRACKS, dtype=np.int32), rows // TRACKS),
        depth=depth,
        parent=none,
        correlation=np.full(rows, -1, np.int64),
        launch=none,
        operator=none,
        partner=none,
        shape=none,
        args_at=np.full(rows, -1, np.int64),
        args_length=np.zeros(rows, np.int32),
    )
    small = np.empty(0, np.int16)
    return TraceTable(
        path=Path("bench.json"),
        source="kineto",
        origin_ns=0,
        absolute=False,
        duration_ns=int((start + length).max()),
        events=rows,
        strings=[*(f"aten::{families[n % 6]}_{n}" for n in range(NAMES)), "cpu_op"],
        tracks=tracks,
        slices=slices,
        instants=Instants(nothing64, nothing32, nothing32, nothing32, nothing64, nothing32),
        counters=[],
        memory=MemoryEvents(
            nothing64, nothing64, np.empty(0, np.uint64), small, small, nothing64, nothing64,
            nothing32,
        ),
        flows=Flows(nothing32, nothing32, nothing32),
    )  # fmt: skip


def run() -> list[Row]:
    """Return rows of (name, value, unit, target)."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from diptych.gui.app import application
    from diptych.gui.models.trace_scene import make_scene

    application(["bench"])
    make_scene(table(100_000))  # what has to be compiled is compiled once a machine
    made = table()
    started = time.perf_counter()
    scene = make_scene(made)
    built = time.perf_counter() - started
    rows: list[Row] = [("timeline: 10 M slices into lanes and levels of detail", built, "s", "")]
    boxes = sum(len(level.begins) for lane in scene.lod.levels for level in lane)
    rows.append(("timeline: levels of detail, memory", boxes * 29 / 2**20, "MiB", ""))
    return rows + _frames(scene) + _selection(scene)


def _frames(scene: object) -> list[Row]:
    from PySide6.QtWidgets import QApplication

    from diptych.gui.models.trace_scene import Scene
    from diptych.gui.plots.timeline.canvas import Canvas
    from diptych.gui.plots.timeline.span import Span
    from diptych.gui.plots.timeline.strip import margin

    assert isinstance(scene, Scene)
    span = Span()
    whole = float(scene.table.duration_ns)
    span.set_extent(0, whole, fit=True)
    canvas = Canvas(scene, span)
    canvas.resize(WIDTH + margin(), HEIGHT)
    canvas.show()
    QApplication.processEvents()
    taken: dict[int, list[float]] = {}
    for zoom in ZOOMS:
        length = whole / 2**zoom
        span.show(whole * 0.3, whole * 0.3 + length)
        _painted(canvas)  # labels that were never drawn are drawn in the first frames
        taken[zoom] = []
        for _ in range(FRAMES):
            span.pan(0.02)
            taken[zoom].append(_painted(canvas))
    every = np.concatenate([np.array(times) for times in taken.values()]) * 1e3
    worst = max(taken, key=lambda zoom: float(np.median(taken[zoom])))
    slowest = float(np.median(taken[worst])) * 1e3
    canvas.close()
    name = "timeline: frame, 10 M slices, 64 lanes, 1920 px, all zooms"
    return [
        (f"{name}, p95", float(np.percentile(every, 95)), "ms", "<= 8"),
        (f"{name}, median", float(np.median(every)), "ms", ""),
        (f"timeline: frame at the slowest zoom (1/{2**worst} of the trace)", slowest, "ms", ""),
    ]


def _painted(canvas: object) -> float:
    from diptych.gui.plots.timeline.canvas import Canvas

    assert isinstance(canvas, Canvas)
    started = time.perf_counter()
    canvas.refresh()
    canvas.repaint()
    return time.perf_counter() - started


def _selection(scene: object) -> list[Row]:
    from diptych.gui.models.trace_scene import Scene
    from diptych.gui.models.trace_selection import in_stretch

    assert isinstance(scene, Scene)
    whole = scene.table.duration_ns
    rows = []
    for name, low, high in (
        ("the middle third", whole // 3, 2 * whole // 3),
        ("everything", 0, whole),
        ("a thousandth", whole // 2, whole // 2 + whole // 1000),
    ):
        in_stretch(scene, "operators", low, high)
        times = []
        for _ in range(5):
            started = time.perf_counter()
            in_stretch(scene, "operators", low, high)
            times.append(time.perf_counter() - started)
        what = f"timeline: table of a stretch of 10 M slices, {name}"
        rows.append((what, float(np.median(times)) * 1e3, "ms", "<= 100"))
    return rows


if __name__ == "__main__":
    for name, value, unit, target in run():
        print(f"{name:<72} {value:>10.3f} {unit} {target}")
