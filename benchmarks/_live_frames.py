"""Draws 12 curves of a million points, in a process of its own; prints one JSON object.

``python -m benchmarks._live_frames`` shows four plots of three curves, as the
live view would, and times each frame from its news to the end of its painting:
while the runs grow by 33 steps a frame (``grow``), while the picture is moved
(``move``) and zoomed in at one place (``zoom``), in seconds; ``first`` is the
first picture, until its last median is there.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from typing import Any

import numpy as np

POINTS, CURVES, PLOTS = 1_000_000, 12, 4
GROWN, FRAMES = 33, 60


class Drawing:
    """Plots over a shared axis, and columns that have room to grow."""

    def __init__(self) -> None:
        from PySide6.QtWidgets import QApplication

        from diptych.gui.app import application
        from diptych.gui.plots.row import Row
        from diptych.gui.plots.stack import PlotStack
        from diptych.gui.plots.timeview import TimeView
        from diptych.gui.theme import manager

        self.app: QApplication = application(["diptych"])
        manager().apply()
        self.time = TimeView()
        self.stack = PlotStack(self.time)
        self.rows = [Row(f"row{n}", f"Plot {n}", "ms", self.time) for n in range(PLOTS)]
        for row in self.rows:
            self.stack.add_row(row)
        self.stack.resize(1000, 760)
        self.stack.show()
        rng, room = np.random.default_rng(0), POINTS + GROWN * (FRAMES + 1)
        self.t = np.cumsum(rng.integers(900_000, 1_100_000, room))
        self.values = [
            1e6 * (10 + curve + rng.standard_normal(room)) * (1 + 9 * (rng.random(room) < 1e-5))
            for curve in range(CURVES)
        ]
        self.size = POINTS

    def news(self) -> None:
        """Hand the plots what there is now."""
        from diptych.gui.plots.marks import Marks
        from diptych.gui.plots.series import Kind, Series

        size, each = self.size, CURVES // PLOTS
        self.time.set_extent(self.t[size - 1] / 1e9)
        for number, row in enumerate(self.rows):
            made = [
                Series(
                    f"run {n}",
                    "",
                    ("#F2993D", "#5AAAF5", "#22957F")[n],
                    "dot",
                    self.t[:size],
                    self.values[number * each + n][:size],
                    0,
                    1e-6,
                    Kind.MEDIAN,
                    key=(number, n),
                )
                for n in range(each)
            ]
            row.set_series(made, {}, Marks())

    def frame(self, change: Callable[[], object]) -> float:
        """Return how long a change takes until every plot is painted."""
        began = time.perf_counter()
        change()
        while any(chart._stale for row in self.rows for chart in row.charts):  # noqa: SLF001 - asked
            self.app.processEvents()
        self.app.processEvents()
        return time.perf_counter() - began

    def grow(self) -> None:
        """Let a thirtieth of a second pass."""
        self.size += GROWN
        self.news()

    def close(self) -> None:
        """Take the plots away."""
        self.stack.close()
        self.stack.deleteLater()
        self.app.processEvents()


def main() -> None:
    """Draw, and print."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    drawing = Drawing()
    seen: dict[str, Any] = {"first": drawing.frame(drawing.news)}
    seen["grow"] = [drawing.frame(drawing.grow) for _ in range(FRAMES)]
    time_view = drawing.time
    time_view.set_range(100.0, 600.0)
    drawing.frame(lambda: None)
    seen["move"] = [drawing.frame(lambda: time_view.pan(3.0)) for _ in range(FRAMES)]
    seen["zoom"] = [drawing.frame(lambda: time_view.zoom(0.9, 400.0)) for _ in range(FRAMES)]
    drawing.close()
    print(json.dumps(seen))


if __name__ == "__main__":
    main()
