"""The live view: what the shown runs do, as plots over one axis, by time or by step."""

from __future__ import annotations

from math import ceil, floor, log2
from time import perf_counter, thread_time
from typing import Any, cast

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import QCloseEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QStackedLayout, QVBoxLayout, QWidget

from diptych.gui.models.hub import RunHub
from diptych.gui.models.own_gpus import gpus_of
from diptych.gui.models.placing import Axis, Placing
from diptych.gui.models.selection import Selection, Span
from diptych.gui.models.unusual import EVERY_MS, UnusualWatch
from diptych.gui.plots.marks import Marks
from diptych.gui.plots.row import Row
from diptych.gui.plots.scale import SECONDS, STEPS
from diptych.gui.plots.series import Kind, Series
from diptych.gui.plots.stack import PlotStack
from diptych.gui.plots.timeview import TimeView
from diptych.gui.text.format import elapsed
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, manager
from diptych.gui.views.live_chooser import Chooser
from diptych.gui.views.live_marks import marks_of, shared_marks
from diptych.gui.views.live_rows import make_rows
from diptych.gui.views.live_series import (
    Shown,
    all_series,
    last_second,
    seconds_to_go,
    short_names,
)
from diptych.gui.views.plot_menu import PlotMenu
from diptych.gui.views.widgets import label

_FRAME_MS, _SLOWEST_MS = 33, 150
_SHARE = 2
"""Pictures take half of a processor at the most; of live runs the hub brings news less often."""


class LiveView(QWidget):
    """Plots of every run that ``selection`` shows.

    Redrawn at most 30 times a second, only after news, only what can be seen.
    Range, crosshair, brush, follow, axis and pause are shared with ``selection``.
    """

    def __init__(self, hub: RunHub, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hub, self.selection = hub, selection
        self.time = TimeView(self)
        self.stack = PlotStack(self.time)
        self.rows = {row.key: row for row in make_rows(self.time)}
        for row in self.rows.values():
            row.hide()
            self.stack.add_row(row)
        self.unusual = UnusualWatch()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.refresh)
        self._later = QTimer(self)
        self._later.setSingleShot(True)
        self._later.timeout.connect(self.mark_dirty)
        self._apart = _FRAME_MS
        self._begun = 0.0
        self._dirty = True
        self._spent = thread_time()
        self._drawn: set[str] = set()
        self._lay_out()
        self.chooser = Chooser(self)
        self.menu = PlotMenu(self)
        self._connect()

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
        selection.axis_changed.connect(self._take_axis)
        selection.paused_changed.connect(self.mark_dirty)
        selection.convert = self._converted
        time.brush_changed.connect(self._give_brush)
        time.cross_changed.connect(self._give_cross)
        time.follow_changed.connect(selection.set_follow)
        time.set_follow(selection.follow)
        for row in self.rows.values():
            row.mark_chosen.connect(self.chooser.choose)
            row.place_chosen.connect(self.chooser.look_at)
            row.menu_wanted.connect(self.menu.open)
        self.stack.other_keys = self.chooser.obey
        manager().changed.connect(self.mark_dirty)
        if selection.axis == "step":
            self._take_axis()

    def _take_brush(self) -> None:
        self.time.set_brush(self.selection.range)

    def _take_cross(self) -> None:
        self.time.set_cross(self.selection.cursor)

    def _give_brush(self) -> None:
        self.selection.set_range(self.time.brush)

    def _give_cross(self) -> None:
        self.selection.set_cursor(self.time.cross)

    def _news(self, run: str, _snapshot: object) -> None:
        if run in self.selection.shown and self.selection.held is None:
            self.mark_dirty()

    def mark_dirty(self) -> None:
        """Redraw soon: at once if the last time was long enough ago, or when the view is shown."""
        self._dirty = True
        if self.isVisible() and not self._timer.isActive():
            waited = int((perf_counter() - self._begun) * 1000)
            self._timer.start(max(0, self._apart - waited))

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up with what came while nobody looked."""
        super().showEvent(event)
        if self._dirty:
            self._timer.start(0)

    def closeEvent(self, event: QCloseEvent) -> None:
        """Draw no more."""
        self._timer.stop()
        self._later.stop()
        super().closeEvent(event)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Keep the card within the view."""
        super().resizeEvent(event)
        self.chooser.fit()

    def event(self, event: QEvent) -> bool:
        """Claim keys before the window's own shortcuts, while the focus is in here."""
        override = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if override and self.chooser.claims(cast("QKeyEvent", event)):
            event.accept()
            return True
        return super().event(event)

    # -- what the window remembers -------------------------------------------

    def save_state(self) -> dict[str, Any]:
        """Return the axis and which plots are folded."""
        folded = [key for key, row in self.rows.items() if row.folded]
        return {"axis": self.selection.axis, "folded": folded}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take them up again."""
        self.selection.set_axis(state.get("axis"))
        for key in state.get("folded", ()):
            if key in self.rows and not self.rows[key].folded:
                self.rows[key].toggle()

    # -- axis and pause --------------------------------------------------------

    def toggle_axis(self) -> None:
        """Count steps instead of seconds, or seconds again."""
        self.selection.set_axis("step" if self.selection.axis == "time" else "time")

    def toggle_pause(self) -> None:
        """Let the picture stand still while reading goes on, or show the newest again."""
        if self.selection.held is not None:
            self.selection.hold(None)
            return
        known = {run: self.hub.latest(run) for run in self.selection.shown}
        self.selection.hold({run: s for run, s in known.items() if s is not None})

    def _converted(self, span: Span, axis: Axis) -> Span | None:
        """Return a span of the axis on the other one, by the first shown run with steps."""
        for run in self.shown():
            if len(run.snapshot.steps):
                here, there = run.placing, Placing(run.snapshot, axis)
                low, high = (there.place(here.instant(place)) for place in span)
                return (low, high) if high > low else None
        return None

    def _take_axis(self) -> None:
        axis, time = self.selection.axis, self.time
        unit = STEPS if axis == "step" else SECONDS
        if time.unit is unit:
            return
        whole = time.range[1] - time.range[0] >= time.extent[1] * 0.98
        other: Axis = "time" if axis == "step" else "step"
        shown = [Shown(s.snapshot, s.name, s.colour, s.mark, other) for s in self.shown()]
        span = None
        for run in shown[:1] if not whole else ():
            there = Placing(run.snapshot, axis)
            low, high = (there.place(run.placing.instant(place)) for place in time.range)
            span = (low, high) if high > low else None
        time.set_unit(unit, self._last(self.shown()), span, self.selection.range)
        self.mark_dirty()

    def _last(self, shown: list[Shown]) -> float:
        """Return the place of the newest of everything that is drawn."""
        if self.selection.axis == "step":
            return max((run.placing.last() for run in shown), default=0.0)
        return max((last_second(run.snapshot) for run in shown), default=0.0)

    # -- what is drawn ------------------------------------------------------

    def shown(self) -> list[Shown]:
        """Return the shown runs of which something is known; while paused as they were then."""
        selection = self.selection
        seen = [selection.seen(run, self.hub.latest(run)) for run in selection.shown]
        found = [s for s in seen if s is not None]
        looks = [selection.look(s.id) for s in found]
        return [
            Shown(snapshot, name, look.colour, "square" if look.square else "dot", selection.axis)
            for snapshot, name, look in zip(found, short_names(found), looks, strict=True)
        ]

    def refresh(self) -> None:
        """Draw the newest snapshots now."""
        self._begun = perf_counter()
        # What this thread did since the last picture: working out, painting, all else.
        spent, self._spent = thread_time() - self._spent, thread_time()
        self._apart = min(max(_FRAME_MS, int(_SHARE * 1000 * spent)), _SLOWEST_MS)
        self._dirty = False
        self._draw()
        if not self.unusual.whole:
            self.mark_dirty()
        elif self.unusual.late and not self._later.isActive():
            self._later.start(EVERY_MS)

    def _draw(self) -> None:
        shown = self.shown()
        if not self._show_page(shown):
            return
        plots = all_series(shown, current())
        unusual = self.unusual.look(run.snapshot for run in shown)
        own = {run.name: marks_of(run, unusual.get(run.snapshot.id)) for run in shown}
        shared = shared_marks(shown, unusual)
        self._show_rows(plots)
        for key, row in self.rows.items():
            if key in plots:
                marks = self._with_limits(key, shown, shared)
                if row.is_news(plots[key], marks):
                    row.set_series(plots[key], own, marks)
        self._show_time(shown)
        self._show_overview(shown, plots)

    def _show_time(self, shown: list[Shown]) -> None:
        """Show the whole of a run that is new here, and follow only what goes on."""
        ids = {run.snapshot.id for run in shown}
        new, self._drawn = ids - self._drawn, ids
        live = any(run.snapshot.state.live for run in shown)
        last = self._last(shown)
        self.time.set_extent(self._by_pixels(last) if live else last)
        if self.selection.held is None:
            self.time.set_live(live)
        if new:
            self.time.fit()

    def _by_pixels(self, last: float) -> float:
        """Return an end that moves by about a pixel at once: between, most plots can stay."""
        low, high = self.time.range
        pixel = 2.0 ** floor(log2(max(high - low, 1e-3) / max(self.width(), 100)))
        return ceil(last / pixel) * pixel

    def _show_page(self, shown: list[Shown]) -> bool:
        """Show the plots, or say what would be here; return whether there are plots."""
        busy = any(len(run.snapshot.steps) or len(run.snapshot.process.t) for run in shown)
        self._pages.setCurrentWidget(self.stack if busy else self.empty)
        if not busy:
            title, text = _nothing(self.selection.shown, shown)
            self._empty_title.setText(title)
            self._empty_text.setText(text)
            self.chooser.dismiss()
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
        levels = tuple((limit, tr("limit")) for limit in limits)
        return Marks(marks.warmup, "", marks.captures, marks.evals, levels, marks.stalls)

    def _show_overview(self, shown: list[Shown], plots: dict[str, list[Series]]) -> None:
        overview = self.stack.overview
        curves = plots.get("step") or plots.get("cpu", [])
        lines = {s.group: s for s in reversed(curves) if s.kind is not Kind.STACK}
        rests = [(seconds_to_go(run.snapshot), run.snapshot) for run in shown]
        if self.selection.axis == "step":
            ends = [float(s.total_steps) for rest, s in rests if rest is not None and s.total_steps]
        else:
            ends = [last_second(s) + rest for rest, s in rests if rest is not None]
        overview.expected = max(ends) if ends else None
        rest = max((rest for rest, _ in rests if rest is not None), default=None)
        overview.text = tr("about {time} to go", time=elapsed(rest)) if rest else _stepless(shown)
        overview.set_series(list(reversed(lines.values())))

    def row_under(self, at: QPoint) -> Row | None:
        """Return the plot at a position of this view."""
        child = self.childAt(at)
        while child is not None and not isinstance(child, Row):
            child = child.parentWidget()
        return child


def _stepless(shown: list[Shown]) -> str:
    """Say so if runs ended without a step: of them there are no plots of steps."""
    ended = [run for run in shown if not run.snapshot.state.live and not len(run.snapshot.steps)]
    if not ended:
        return ""
    if len(shown) == 1:
        return tr("no step was made")
    return tr("no step was made by {runs}", runs=", ".join(run.name for run in ended))


def _nothing(wanted: tuple[str, ...], shown: list[Shown]) -> tuple[str, str]:
    if not wanted:
        return tr("No run is shown"), tr(
            "Choose a run in the list, or start one with New run (Ctrl+N)."
        )
    if not shown:
        return tr("Reading the run"), tr("Its records appear here as soon as they are read.")
    snapshot = shown[0].snapshot
    if snapshot.state.live:
        return tr("Starting"), tr("Steps appear here as soon as the first one ends.")
    return tr("Nothing was recorded"), tr(
        "The run ended before its first step: {why}.", why=snapshot.state_text
    )
