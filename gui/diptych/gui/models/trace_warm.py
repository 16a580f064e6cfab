"""Compiles all that opening and drawing a trace needs: ``python -m diptych.gui.models.trace_warm``.

Part of the set-up: compiled later, in the window's own process, it would hold
up the window for seconds, because the compiler keeps the interpreter's lock.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from diptych.gui.models.trace_scene import make_scene
from diptych.gui.plots.timeline import pixels
from diptych.profiling.trace import metrics, open_trace
from diptych.profiling.trace.prepare import SMALL


def main() -> None:
    """Open, add up and draw a trace with one event of each kind."""
    with tempfile.TemporaryDirectory() as folder:
        small = Path(folder, "small.json")
        small.write_bytes(SMALL)
        table = open_trace(small, cache=False)
    pixels.prepare(make_scene(table).lod)
    for by in ("name", "shape", "stack", "module"):
        metrics.by_operator(table, by)
    metrics.split_steps(table)
    metrics.select(table, 0, table.duration_ns)


if __name__ == "__main__":
    main()
