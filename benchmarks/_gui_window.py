"""The real window, watched in a process of its own: prints one JSON object.

``python -m benchmarks._gui_window HOME live ID...`` shows these runs from their
first step to their end. ``... HOME reopen FIRST SECOND STEPS`` shows FIRST, then
SECOND until all its STEPS are painted.

* ``paints``: ``[ns of CLOCK_MONOTONIC, steps]`` of each picture of the step
  chart: how many steps of the first run the picture holds, known at its end.
* ``stalls``: for how long the event loop stood still, and the processor time of the
  process meanwhile, s; the longest last.
* ``cpu``: processor time of the whole process over wall time, from the first
  picture to the last.
* ``steps`` and ``lost`` of each run, ``rss`` in bytes.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, cast

from benchmarks._stalls import StallMeter

from diptych.gui import app as program
from diptych.gui.models import jobs
from diptych.profiling.records.summary import Losses

ROOT = Path(__file__).parent.parent
_LIMIT = 60.0
_LOOK_MS = 10


@dataclass
class Seen:
    """What was measured; see above. ``opened`` is when the second run was chosen, in ns."""

    paints: list[tuple[int, int]] = field(default_factory=list)
    stalls: list[tuple[float, float]] = field(default_factory=list)
    cpu: float = 0.0
    steps: list[int] = field(default_factory=list)
    lost: list[int] = field(default_factory=list)
    rss: int = 0
    rss_before: int = 0
    peak: int = 0
    opened: int = 0


def watch(home: Path, *words: object) -> Seen:
    """Run this module in a process and return what it printed."""
    screen = {"name": "screen", "x": 0, "y": 0, "width": 1920, "height": 1080}
    shape = home / "screen.json"
    shape.write_text(json.dumps({"screens": [screen | {"logicalDpi": 96, "dpr": 1}]}))
    env = {**os.environ, "QT_QPA_PLATFORM": f"offscreen:configfile={shape}"}
    argv = [sys.executable, "-m", "benchmarks._gui_window", str(home), *map(str, words)]
    done = subprocess.run(argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, check=True)
    return Seen(**json.loads(done.stdout))


class Watched:
    """A window on ``home``, its pictures and its stalls."""

    def __init__(self, home: Path) -> None:
        from diptych.gui.views.main_window import MainWindow

        self.app = program.application(["diptych"])
        self.seen = Seen()
        self._watch_paints()
        self.window = MainWindow(home)
        self.window.resize(1280, 800)
        self.meter = StallMeter()
        self.window.show()
        self.turn_until(lambda: self.window.context.hub.listed)
        self.turn_until(lambda: self.window.stage.view("Live") is not None)

    @property
    def live(self) -> Any:
        """The live view."""
        return cast("Any", self.window.stage.view("Live"))

    def _watch_paints(self) -> None:
        # Before there is a chart: the method is looked up once an object.
        from diptych.gui.plots.chart import Chart

        paint = Chart.paintEvent

        def paint_and_note(chart: Any, event: Any) -> None:
            paint(chart, event)
            if self.live.rows["step"].charts[:1] == [chart] and chart.pairs:
                self.seen.paints.append((time.monotonic_ns(), len(chart.pairs[0][0].t)))

        Chart.paintEvent = paint_and_note  # type: ignore[method-assign, assignment] # to measure

    def turn_until(self, holds: Callable[[], bool]) -> None:
        """Let the event loop turn until ``holds``; it waits as in a real program."""
        from PySide6.QtCore import QEventLoop, QTimer

        loop, timer, deadline = QEventLoop(), QTimer(), time.monotonic() + _LIMIT
        timer.timeout.connect(lambda: loop.quit() if late(deadline) or holds() else None)
        timer.start(_LOOK_MS)
        loop.exec()
        timer.stop()
        if late(deadline):
            raise TimeoutError("the window did not get there")

    def painted(self) -> int:
        """Return how many steps the newest picture holds."""
        return self.seen.paints[-1][1] if self.seen.paints else 0

    def follow_live(self, runs: Sequence[str]) -> None:
        """Show ``runs`` until they have ended."""
        hub, begin = self.window.context.hub, self.meter.start
        self.turn_until(lambda: all(hub.entry(run) for run in runs))
        self.window.context.selection.show(runs)
        self.turn_until(lambda: self.painted() > 0)
        # How long a start takes is measured elsewhere.
        self.turn_until(lambda: not jobs.busy())
        wall, cpu = time.monotonic(), time.process_time()
        begin()
        self.turn_until(lambda: not any(s is None or s.state.live for s in map(hub.latest, runs)))
        self.seen.cpu = (time.process_time() - cpu) / (time.monotonic() - wall)
        self.meter.stop()
        last = hub.latest(runs[0])
        self.turn_until(lambda: last is not None and self.painted() == len(last.steps))

    def reopen(self, first: str, second: str, steps: int) -> None:
        """Show one run, then another until it is painted whole."""
        show = self.window.context.selection.show
        show([first])
        self.turn_until(lambda: self.painted() > 0)
        self.seen.rss_before = _resident()
        self.seen.paints.clear()
        self.meter.start()
        self.seen.opened = time.monotonic_ns()
        show([second])
        self.turn_until(lambda: self.painted() == steps)
        self.meter.stop()

    def result(self, runs: Sequence[str]) -> Seen:
        """Close the window and return what was seen."""
        found = [s for s in map(self.window.context.hub.latest, runs) if s is not None]
        self.seen.steps = [len(s.steps) for s in found]
        self.seen.lost = [_lost(s.losses) for s in found]
        self.seen.stalls = sorted(self.meter.stalls)[-20:]
        self.seen.rss = _resident()
        self.seen.peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self.window.close_unasked()
        self.window.deleteLater()
        self.app.processEvents()
        return self.seen


def late(deadline: float) -> bool:
    """Say whether waiting is to end."""
    return time.monotonic() > deadline


def _lost(losses: Losses) -> int:
    return losses.missing + losses.malformed + losses.not_written + losses.unknown_kind


def _resident() -> int:
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * 4096


def main(words: list[str]) -> None:
    """Watch, and print."""
    home, what, *rest = words
    watched = Watched(Path(home))
    if what == "live":
        watched.follow_live(rest)
        runs = rest
    else:
        first, second, steps = rest
        watched.reopen(first, second, int(steps))
        runs = [second]
    print(json.dumps(asdict(watched.result(runs))))


if __name__ == "__main__":
    main(sys.argv[1:])
