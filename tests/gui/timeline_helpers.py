"""A small training step as a trace, and the Timeline tab that shows it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, QPointF
from pytestqt.qtbot import QtBot
from tests.helpers.tables import S, build

from diptych.gui.models import jobs
from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.models.trace_scene import Scene, make_scene
from diptych.gui.models.traces import Traces, traces_of
from diptych.gui.plots.timeline.canvas import Canvas
from diptych.gui.views.timeline.pane import Pane
from diptych.gui.views.timeline.view import TimelineView
from diptych.profiling.trace.table import Kind, TraceTable

MS = 1_000_000


def step(number: int, at: int) -> list[S]:
    """Return one step of 10 ms: a convolution with its kernel, and a <b>relu</b>."""
    launch = 10 * number + 1
    return [
        S(f"ProfilerStep#{number}", at, at + 10 * MS, Kind.STEP),
        S("aten::conv2d", at + MS, at + 4 * MS),
        S("aten::convolution", at + MS, at + 3 * MS),
        S("cudaLaunchKernel", at + 2 * MS, at + 2 * MS + 9000, Kind.RUNTIME, launch=launch),
        S("aten::<b>relu</b>", at + 5 * MS, at + 6 * MS),
        S(
            "void sm80_conv_fprop<64>(int)",
            at + 3 * MS,
            at + 5 * MS,
            Kind.KERNEL,
            "gpu:0:7",
            launch,
        ),
        S("data", at + 6 * MS, at + 8 * MS, Kind.DATA, "cpu:2"),
    ]


def training(steps: int = 3, name: str = "training.json", first: int = 0) -> TraceTable:
    """Return a trace of some steps, 10 ms each, with memory that grows."""
    slices = [s for n in range(steps) for s in step(first + n, n * 10 * MS)]
    memory = [(n * MS, 2**20, (n + 1) * 2**20, 0) for n in range(10 * steps)]
    made = build(*slices, memory=memory)
    return replace(made, path=Path(name), duration_ns=10 * MS * steps)


class Timeline:
    """The tab, with what tests ask of it. Nothing of it outlives `close`."""

    def __init__(self, qtbot: QtBot, runs: Path) -> None:
        self.qtbot = qtbot
        self.hub = RunHub(runs)
        self.traces: Traces = traces_of(self.hub)
        self.selection = Selection()
        self.view = TimelineView(self.hub, self.selection)
        self.view.resize(1100, 800)
        self.view.show()
        qtbot.waitExposed(self.view)

    def show(self, table: TraceTable, place: str = "upper") -> Scene:
        """Show a trace and wait until everything about it is worked out."""
        scene = make_scene(table)
        self.traces.show(scene, "lower" if place == "lower" else "upper")
        self.settle()
        return scene

    def settle(self) -> None:
        """Wait for the jobs."""
        self.qtbot.waitUntil(lambda: not jobs.busy(), timeout=20_000)

    @property
    def pane(self) -> Pane:
        """The pane that is used."""
        assert self.view.active is not None
        return self.view.active

    @property
    def canvas(self) -> Canvas:
        """Its lanes."""
        return self.pane.canvas

    def row(self, name: str, nth: int = 0) -> int:
        """Return the nth slice of that name."""
        table = self.pane.scene.table
        number = list(table.strings).index(name)
        return [r for r, n in enumerate(table.slices.name.tolist()) if n == number][nth]

    def middle(self, row: int) -> QPoint:
        """Return a point of a slice on the lanes."""
        box = self.canvas.box(row)
        assert box is not None
        return QPointF(box.center()).toPoint()

    def close(self) -> None:
        """End it."""
        self.settle()
        self.view.close()
        self.view.deleteLater()
        self.hub.close()
        self.hub.deleteLater()
        self.selection.deleteLater()
