"""The live view: what the shown runs do, as plots over the time since each began."""

from __future__ import annotations

from functools import partial
from time import perf_counter

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QCloseEvent, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from diptych.gui.models.hub import RunHub
from diptych.gui.models.own_gpus import gpus_of
from diptych.gui.models.selection import Selection
from diptych.gui.plots.marks import Marks
from diptych.gui.plots.row import Row
from diptych.gui.plots.series import Kind, Series
from diptych.gui.plots.stack import PlotStack
from diptych.gui.plots.timeview import TimeView
from diptych.gui.text.format import UNKNOWN, elapsed, fixed, known, number, percent
from diptych.gui.theme import current, manager
from diptych.gui.views.live_series import (
    Shown,
    all_series,
    last_second,
    marks_of,
    seconds_to_go,
    shared_marks,
    short_names,
)
from diptych.gui.views.widgets import label

_FRAME_MS = 33
_SHARE = 4
"""A picture may take a quarter of the time at the most."""


def _whole(value: float) -> str:
    return percent(value).split("\N{NO-BREAK SPACE}", maxsplit=1)[0]


def _two(value: float) -> str:
    return fixed(value, 2) if known(value) else UNKNOWN


def _short(value: float) -> str:
    return fixed(value, 2) if abs(value) < 10 else number(value)


def _degrees(value: float) -> str:
    return fixed(value, 0)


class LiveView(QWidget):
    """Plots of every run that ``selection`` shows.

    Redrawn at most 30 times a second, only after news, only what can be seen.
    Range, crosshair, brush and follow are shared with ``selection``.
    """

    def __init__(self, hub: RunHub, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hub, self.selection = hub, selection
        self.time = TimeView(self)
        self.stack = PlotStack(self.time)
        self.rows = {row.key: row for row in self._make_rows()}
        for row in self.rows.values():
            row.hide()
            self.stack.add_row(row)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_FRAME_MS)
        self._timer.timeout.connect(self.refresh)
        self._dirty = True
        self._drawn: set[str] = set()
        self._lay_out()
        self._connect()

    def _make_rows(self) -> list[Row]:
        row = partial(Row, time=self.time)
        return [
            row("step", "Step time", "ms", height=190, least=104, named=True),
            row(
                "phases",
                "Phases",
                "ms/step, host",
                height=66,
                least=52,
                each=True,
                show=_short,
            ),
            row("throughput", "Throughput", "samples/s", height=64),
            row("loss", "Loss", "", height=60, zero=False),
            row("gpu_util", "GPU utilisation", "%", height=56, top=100.0, show=_whole),
            row("gpu_mem", "GPU memory", "GiB", height=64, show=_two),
            row("gpu_power", "Power", "W", height=56),
            row("gpu_temp", "Temperature", "°C", height=52, zero=False, show=_degrees),
            row("cpu", "CPU", "% of one core, process tree", height=60, show=_whole),
            row("memory", "Memory", "GiB", height=60, show=_two),
        ]

    def _lay_out(self) -> None:
        self.empty = QWidget()
        column = QVBoxLayout(self.empty)
        self._empty_title = label("", size=14, weight=600)
        self._empty_text = label("", ink="label", wrap=True)
        for widget in (self._empty_title, self._empty_text):
            widget.setAlignment(Qt.AlignmentFlag.AlignCenter)
        column.addStretch(1)
        column.addWidget(self._empty_title)
        column.addWidget(self._empty_text)
        column.addStretch(2)
        self._pages = QStackedLayout(self)
        self._pages.addWidget(self.empty)
        self._pages.addWidget(self.stack)
        self.setFocusProxy(self.stack)

    def _connect(self) -> None:
        selection, time = self.selection, self.time
        self.hub.snapshot_changed.connect(self._news)
        selection.shown_changed.connect(self.mark_dirty)
        selection.range_changed.connect(self._take_brush)
        selection.cursor_changed.connect(self._take_cross)
        selection.follow_changed.connect(time.set_follow)
        time.brush_changed.connect(self._give_brush)
        time.cross_changed.connect(self._give_cross)
        time.follow_changed.connect(selection.set_follow)
        time.set_follow(selection.follow)
        manager().changed.connect(self.mark_dirty)

    def _take_brush(self) -> None:
        self.time.set_brush(self.selection.range)

    def _take_cross(self) -> None:
        self.time.set_cross(self.selection.cursor)

    def _give_brush(self) -> None:
        self.selection.set_range(self.time.brush)

    def _give_cross(self) -> None:
        self.selection.set_cursor(self.time.cross)

    def _news(self, run: str, _snapshot: object) -> None:
        if run in self.selection.shown:
            self.mark_dirty()

    def mark_dirty(self) -> None:
        """Redraw within the next 33 ms, or when the view is shown."""
        self._dirty = True
        if self.isVisible() and not self._timer.isActive():
            self._timer.start()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while nobody looked."""
        super().showEvent(event)
        if self._dirty:
            self._timer.start(0)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Draw no more."""
        self._timer.stop()
        super().closeEvent(event)

    # -- what is drawn ------------------------------------------------------

    def shown(self) -> list[Shown]:
        """Return the shown runs of which something is known."""
        ids = self.selection.shown
        found = [s for s in (self.hub.latest(run) for run in ids) if s is not None]
        looks = [self.selection.look(s.id) for s in found]
        return [
            Shown(snapshot, name, look.colour, "square" if look.square else "dot")
            for snapshot, name, look in zip(found, short_names(found), looks, strict=True)
        ]

    def refresh(self) -> None:
        """Draw the newest snapshots now."""
        begun = perf_counter()
        self._dirty = False
        self._draw()
        # Where drawing takes long, the rest of the window still gets most of the time.
        cost = int((perf_counter() - begun) * 1000)
        self._timer.setInterval(max(_FRAME_MS, _SHARE * cost))

    def _draw(self) -> None:
        shown = self.shown()
        if not self._show_page(shown):
            return
        plots = all_series(shown, current())
        own = {run.name: marks_of(run) for run in shown}
        shared = shared_marks(shown)
        self._show_rows(plots)
        for key, row in self.rows.items():
            if key in plots:
                row.set_series(plots[key], own, self._with_limits(key, shown, shared))
        self._show_time(shown)
        self._show_overview(shown, plots)

    def _show_time(self, shown: list[Shown]) -> None:
        """Show the whole of a run that is new here, and follow only what goes on."""
        ids = {run.snapshot.id for run in shown}
        new, self._drawn = ids - self._drawn, ids
        live = any(run.snapshot.state.live for run in shown)
        self.time.set_extent(max(last_second(run.snapshot) for run in shown))
        self.time.set_live(live)
        if new:
            self.time.fit()

    def _show_page(self, shown: list[Shown]) -> bool:
        """Show the plots, or say what would be here; return whether there are plots."""
        busy = any(len(run.snapshot.steps) or len(run.snapshot.process.t) for run in shown)
        self._pages.setCurrentWidget(self.stack if busy else self.empty)
        if not busy:
            title, text = _nothing(self.selection.shown, shown)
            self._empty_title.setText(title)
            self._empty_text.setText(text)
        return busy

    def _show_rows(self, plots: dict[str, list[Series]]) -> None:
        changed = False
        for key, row in self.rows.items():
            charts = len({s.group for s in plots.get(key, [])}) if row.each else 1
            if row.isHidden() == (key in plots) or (row.each and charts != len(row.charts)):
                row.setVisible(key in plots)
                changed = True
        if changed:
            # Charts of one run each come and go with the runs; their heights follow.
            QTimer.singleShot(0, self.stack, self.stack.fit_heights)

    def _with_limits(self, key: str, shown: list[Shown], marks: Marks) -> Marks:
        if key != "gpu_power":
            return marks
        known = [(run.snapshot.gpu_info, gpus_of(run.snapshot)) for run in shown]
        found = {infos[i].power_limit for infos, mine in known for i in mine if i in infos}
        limits = sorted(limit for limit in found if limit is not None)
        levels = tuple((limit, "limit") for limit in limits)
        return Marks(marks.warmup, "", marks.captures, marks.evals, levels)

    def _show_overview(self, shown: list[Shown], plots: dict[str, list[Series]]) -> None:
        overview = self.stack.overview
        curves = plots.get("step") or plots.get("cpu", [])
        lines = {s.group: s for s in reversed(curves) if s.kind is not Kind.STACK}
        rests = [(seconds_to_go(run.snapshot), run.snapshot) for run in shown]
        ends = [last_second(s) + rest for rest, s in rests if rest is not None]
        overview.expected = max(ends) if ends else None
        rest = max((rest for rest, _ in rests if rest is not None), default=None)
        overview.text = f"about {elapsed(rest)} to go" if rest else ""
        overview.set_series(list(reversed(lines.values())))


def _nothing(wanted: tuple[str, ...], shown: list[Shown]) -> tuple[str, str]:
    if not wanted:
        return "No run is shown", "Choose a run in the list, or start one with New run (Ctrl+N)."
    if not shown:
        return "Reading the run", "Its records appear here as soon as they are read."
    snapshot = shown[0].snapshot
    if snapshot.state.live:
        return "Starting", "Steps appear here as soon as the first one ends."
    return "Nothing was recorded", f"The run ended before its first step: {snapshot.state_text}."
