"""Starts the window as a user does, and says when it could be used.

``python -m benchmarks._gui_start`` runs the program (on ``DIPTYCH_HOME``) and prints
instants of CLOCK_MONOTONIC in ns as a JSON object: when its window was painted;
when it was usable, that is served a timer after its list was filled; when all
runs were listed. ``heavy`` is what was imported when it was painted.
"""

from __future__ import annotations

import json
import sys
import time

from diptych.gui import app as program

HEAVY = ("pyqtgraph", "numba", "pyarrow", "duckdb", "psutil", "scipy", "pynvml")


class Watch:
    """The instants of one start."""

    def __init__(self) -> None:
        self.painted = self.listed = self.usable = 0
        self.heavy: list[str] = []

    def attach(self) -> None:
        """Look into the window's class; the program then makes the window by itself."""
        from PySide6.QtCore import QTimer
        from PySide6.QtGui import QPaintEvent

        from diptych.gui.views import main_window

        watch, whole = self, main_window.MainWindow

        class Watched(whole):  # type: ignore[misc, valid-type] # to measure
            def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - as Qt has it
                super().paintEvent(event)
                if not watch.painted:
                    watch.painted = time.monotonic_ns()
                    watch.heavy = [name for name in HEAVY if name in sys.modules]
                    timer = QTimer(self)
                    timer.timeout.connect(self.look)
                    timer.start(1)

            def look(self) -> None:
                hub = self.context.hub
                if hub.listed and not watch.usable:
                    watch.usable = time.monotonic_ns()
                if hub.complete:
                    watch.listed = time.monotonic_ns()
                    self.close_unasked()

        main_window.MainWindow = Watched  # type: ignore[misc] # to measure


def main() -> None:
    """Start, and print."""
    watch = Watch()
    show = program._show  # noqa: SLF001 - right before the window is made

    def attach_and_show(*args: object) -> int:
        watch.attach()
        return show(*args)  # type: ignore[arg-type] # handed on

    program._show = attach_and_show  # type: ignore[assignment] # noqa: SLF001 - to measure
    program.main([])
    print(json.dumps(vars(watch)))


if __name__ == "__main__":
    main()
