"""The tab Timeline: a trace of a shown run, or any file; a second one below it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast

import numpy as np
from PySide6.QtCore import QEvent, QPoint, Qt
from PySide6.QtGui import QKeyEvent, QShowEvent
from PySide6.QtWidgets import (
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.models.trace_names import COLOURS
from diptych.gui.models.trace_scene import Scene
from diptych.gui.models.traces import traces_of
from diptych.gui.models.window_trace import window_traces_of
from diptych.gui.plots.timeline.span import Span
from diptych.gui.text.tr import tr
from diptych.gui.views.timeline.align import AlignBar
from diptych.gui.views.timeline.bar import TimelineBar
from diptych.gui.views.timeline.choices import ask_file, compare_menu, losses_dialog, run_traces
from diptych.gui.views.timeline.details import DetailsPanel
from diptych.gui.views.timeline.foot import TimelineFoot
from diptych.gui.views.timeline.menus import more_menu
from diptych.gui.views.timeline.pages import EmptyPage, OpeningPage
from diptych.gui.views.timeline.pane import Pane
from diptych.gui.views.timeline.stretch import StretchPanel
from diptych.gui.views.widgets import hairline

_DETAILS = 320


class TimelineView(QWidget):
    """Shows what `Traces` has open; without anything the newest trace of the shown runs."""

    def __init__(self, hub: RunHub, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hub, self.selection = hub, selection
        self.traces, self.waits = traces_of(hub), window_traces_of(hub)
        self.span = Span(self)
        self.above: Pane | None = None
        self.below: Pane | None = None
        self.active: Pane | None = None
        """The pane to which table, details and search speak."""
        self._own: Path | None = None
        """The file that was opened here because its run is shown."""
        self.bar, self.foot, self.align = TimelineBar(), TimelineFoot(), AlignBar()
        self.stretch, self.details = StretchPanel(), DetailsPanel()
        self.empty, self.opening = EmptyPage(), OpeningPage()
        self.setFocusProxy(self.empty)
        self._lay_out()
        self._connect()
        self._show_traces()
        self._show_opening()

    def _lay_out(self) -> None:
        self.panes = QSplitter(Qt.Orientation.Vertical)
        self.panes.setHandleWidth(1)
        self.panes.setChildrenCollapsible(False)
        below = QSplitter(Qt.Orientation.Horizontal)
        below.setHandleWidth(1)
        below.addWidget(self.stretch)
        below.addWidget(self.details)
        below.setStretchFactor(0, 1)
        below.setSizes([10_000, _DETAILS])
        self.split = QSplitter(Qt.Orientation.Vertical)
        self.split.setHandleWidth(1)
        self.split.addWidget(self.panes)
        self.split.addWidget(below)
        self.split.setStretchFactor(0, 1)
        self.split.setSizes([500, 236])
        content = QWidget()
        column = QVBoxLayout(content)
        for widget in (self.align, self.split, self.foot):
            column.addWidget(widget, 1 if widget is self.split else 0)
        self.pages = QStackedWidget()
        for page in (self.empty, self.opening, content):
            self.pages.addWidget(page)
        whole = QVBoxLayout(self)
        for layout in (column, whole):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        whole.addWidget(self.bar)
        whole.addWidget(hairline())
        whole.addWidget(self.pages, 1)

    def _connect(self) -> None:
        traces, bar = self.traces, self.bar
        traces.changed.connect(self._show_traces)
        traces.opening_changed.connect(self._show_opening)
        traces.jump_wanted.connect(self._jump_above)
        bar.chosen.connect(self.open)
        bar.open_wanted.connect(self.ask)
        bar.searched.connect(self._search)
        bar.next_wanted.connect(lambda backward: self.find_next(backward=backward))
        bar.left.connect(self._focus_lanes)
        bar.losses_wanted.connect(self._show_losses)
        bar.compare_wanted.connect(self._offer_second)
        bar.more_wanted.connect(self._offer_more)
        self.empty.open_wanted.connect(self.ask)
        self.empty.file_wanted.connect(self.open)
        self.opening.cancelled.connect(self._give_up)
        self.waits.changed.connect(self._show_opening)
        self.align.aligned.connect(self._align)
        self.align.closed.connect(traces.close_lower)
        self.stretch.jump_wanted.connect(self.jump)
        self.stretch.cleared.connect(lambda: self.span.set_brush(None))
        self.details.jump_wanted.connect(self.jump)
        self.span.brush_changed.connect(self._show_stretch)
        self.span.brush_changed.connect(self._tell_brush)
        traces.brush_changed.connect(self._take_brush)
        self.span.changed.connect(self._show_stretch)
        self.hub.snapshot_changed.connect(self._news)
        self.selection.shown_changed.connect(self._runs_changed)

    # -- which trace ------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Open a file."""
        self._own = None
        self.waits.cancel()
        self.traces.open(path)

    def ask(self) -> None:
        """Let the user choose a file."""
        ask_file(self, self.open)

    def _news(self, run: str, _snapshot: object) -> None:
        if run in self.selection.shown and self.isVisible():
            self._list_files()
            self._open_newest()

    def _runs_changed(self) -> None:
        if self.isVisible():
            self._list_files()
            self._open_newest()

    def showEvent(self, event: QShowEvent) -> None:
        """Catch up."""
        super().showEvent(event)
        self._list_files()
        self._open_newest()
        self._show_stretch()

    def _open_newest(self) -> None:
        """Open the newest trace of the shown runs, unless a person chose another file."""
        shown = self.traces.upper.table.path if self.traces.upper else None
        busy = self.traces.opening is not None or self.waits.wanted is not None
        if busy or (shown is not None and shown != self._own):
            return
        files = run_traces(self.hub, self.selection)
        if files and files[-1][1] != self._own:
            self._own = files[-1][1]
            self.traces.open(self._own)

    def _list_files(self) -> None:
        files = run_traces(self.hub, self.selection)
        opened = self.traces.upper.table.path if self.traces.upper else None
        if opened is not None and all(path != opened for _, path in files):
            files = [*files, (opened.name, opened)]
        self.bar.show_files(files, opened)
        why = tr(
            "Capture (Ctrl+T) records the next steps of a run. Any trace of PyTorch, MXNet or "
            "Chrome can be opened too: choose a .json or .json.gz file, or drop it here."
        )
        self.empty.show_recent(self.traces.recent, why)

    def _show_content(self) -> None:
        """Show the lanes, or that there are none; the focus stays in what is shown."""
        before = self.pages.currentWidget()
        focus = self.window().focusWidget()
        mine = focus is not None and before is not None and before.isAncestorOf(focus)
        self.pages.setCurrentIndex(2 if self.above is not None else 0)
        if mine and before is not self.pages.currentWidget():
            # Else it would go to whatever comes next.
            self.setFocus(Qt.FocusReason.OtherFocusReason)

    def _give_up(self) -> None:
        """Open no more what is being opened or waited for."""
        self.waits.cancel()
        self.traces.cancel()

    def _show_opening(self) -> None:
        opening = self.traces.opening
        if opening is not None:
            self.opening.show_opening(opening)
            self.pages.setCurrentWidget(self.opening)
        elif self.waits.wanted is not None:
            self.opening.show_waiting(self.waits.words)
            self.pages.setCurrentWidget(self.opening)
        else:
            self._show_content()
        self._list_files()

    def _show_traces(self) -> None:
        """Make the panes anew for what is open."""
        upper, lower = self.traces.upper, self.traces.lower
        tables = [scene and scene.table for scene in (upper, lower)]
        before = [pane and pane.scene.table for pane in (self.above, self.below)]
        same = all(now is then for now, then in zip(tables, before, strict=True))
        if upper is not None and (self.above is None or self.above.scene is not upper):
            self.above = self._replace(self.above, upper, 0)
            if not same:
                self.span.set_brush(None)
        if lower is None and self.below is not None:
            self._drop(self.below)
            self.below = None
        elif lower is not None and (self.below is None or self.below.scene is not lower):
            self.below = self._replace(self.below, lower, 1)
        self.align.show_scenes(upper, lower)
        self._extend(fit=not same)
        if self.above is not None:
            self._use(self.above)
            self.setFocusProxy(self.above.canvas)
            self._show_content()
        self.bar.show_scene(upper)
        self.foot.show_colours(_present(upper))
        self._list_files()

    def _replace(self, before: Pane | None, scene: Scene, at: int) -> Pane:
        pane = Pane(scene, self.span)
        if before is not None:
            if before.scene.table is scene.table:
                pane.take_over(before)
            self._drop(before)
        pane.used.connect(lambda: self._use(pane))
        pane.described.connect(lambda _: self._show_details(pane))
        pane.searched.connect(lambda: self._show_found(pane))
        self.panes.insertWidget(at, pane)
        return pane

    def _drop(self, pane: Pane) -> None:
        if self.active is pane:
            self.active = None
        pane.hide()
        pane.setParent(None)
        pane.deleteLater()

    def _extend(self, *, fit: bool) -> None:
        """Let the ruler span all that is open."""
        panes = [pane for pane in (self.above, self.below) if pane is not None]
        if panes:
            ends = [(p.canvas.offset, p.canvas.offset + p.scene.table.duration_ns) for p in panes]
            low, high = min(end[0] for end in ends), max(end[1] for end in ends)
            self.span.set_extent(low, high, fit=fit)
            for pane in panes:
                pane.overview.refresh()

    def _align(self, upper: int, lower: int) -> None:
        """Put two instants, one of each trace, at the same place of the ruler."""
        if self.below is not None:
            self.below.set_offset(float(upper - lower))
            self._extend(fit=True)

    # -- the active pane -----------------------------------------------------------------

    def _use(self, pane: Pane) -> None:
        if pane is self.active:
            return
        self.active = pane
        self.stretch.show_scene(pane.scene)
        self._show_details(pane)
        self._show_found(pane)
        self._show_stretch()

    def _show_details(self, pane: Pane) -> None:
        if pane is not self.active:
            return
        if pane.details is None:
            self.details.show_nothing()
        else:
            self.details.show_details(pane.details)

    def _show_found(self, pane: Pane) -> None:
        if pane is self.active:
            self.bar.show_found(pane.found, pane.hit)

    def _show_stretch(self) -> None:
        pane, span = self.active, self.span
        if pane is not None:
            low, high = span.brush or (span.low, span.high)
            offset = pane.canvas.offset
            brushed = span.brush is not None
            self.stretch.show_stretch(low - offset, high - offset, brushed=brushed)

    def _jump_above(self, row: int) -> None:
        if self.above is not None:
            self._use(self.above)
            self.jump(row)

    def _tell_brush(self) -> None:
        """Tell other views the selected stretch, in time of the upper trace."""
        if self.above is not None:
            brush, offset = self.span.brush, self.above.canvas.offset
            ends = [round(at - offset) for at in brush] if brush is not None else None
            self.traces.set_brush((ends[0], ends[1]) if ends is not None else None)

    def _take_brush(self) -> None:
        """Let go of the stretch when another view cleared it."""
        if self.traces.brush is None:
            self.span.set_brush(None)

    def jump(self, row: int) -> None:
        """Select a slice of the active trace and bring it into sight."""
        if self.active is not None:
            self.active.jump(row)

    def _search(self, text: str) -> None:
        for pane in (self.above, self.below):
            if pane is not None:
                pane.search(text)

    def find_next(self, *, backward: bool = False) -> None:
        """Go to the next hit of the search, or the one before."""
        if self.active is not None:
            self.active.find_next(backward=backward)

    def search_for(self, text: str) -> None:
        """Look for slices."""
        self.bar.search.setText(text)

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.bar.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.bar.search.selectAll()

    def copy_rows(self) -> None:
        """Copy the chosen rows of the table."""
        self.stretch.copy_rows()

    def _focus_lanes(self) -> None:
        if self.active is not None:
            self.active.canvas.setFocus()

    # -- keys and menus -----------------------------------------------------------------

    def event(self, event: QEvent) -> bool:
        """Claim the keys of the view before the window's own shortcuts."""
        claim = event.type() is QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent)
        if claim and self._act(cast("QKeyEvent", event), do=False):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Obey a key that nothing inside wanted."""
        if not self._act(event, do=True):
            super().keyPressEvent(event)

    def _act(self, event: QKeyEvent, *, do: bool) -> bool:
        """Do what a key says, or with ``do`` false only say whether it says anything."""
        pane = self.active
        if pane is None or self.bar.search.hasFocus():
            return False
        acts: dict[str, Callable[[], object]] = {
            "/": self.focus_search,
            "m": pane.add_mark,
            ".": lambda: pane.next_mark(forward=True),
            ",": lambda: pane.next_mark(forward=False),
            "y": lambda: self.show_frames(pane),
            "h": lambda: pane.set_only_seen(not pane.only_seen),
        }
        act = acts.get(event.text().lower())
        if event.key() == Qt.Key.Key_Escape:
            act = self._something_to_clear()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and pane.found is not None:
            back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            act = (lambda: self.find_next(backward=back)) if pane.canvas.hasFocus() else None
        if act is not None and do:
            act()
        return act is not None

    def _something_to_clear(self) -> Callable[[], object] | None:
        """Return what Esc does: cancel, else clear the brush, the slice, the search."""
        pane = self.active
        if self.traces.opening is not None or self.waits.wanted is not None:
            return self._give_up
        if self.span.brush is not None:
            return lambda: self.span.set_brush(None)
        if pane is not None and pane.canvas.selected >= 0:
            return lambda: pane.pick(-1)
        return self.bar.search.clear if self.bar.search.text() else None

    def show_frames(self, pane: Pane) -> None:
        """Show Python's frames of a pane, or leave them out."""
        if pane.scene.has_frames:
            self.traces.show_frames(pane.scene, on=not pane.scene.frames)

    def _offer_more(self) -> None:
        pane = self.active
        if pane is not None:
            at = self.bar.more.mapToGlobal(QPoint(0, self.bar.more.height()))
            more_menu(pane, lambda: self.show_frames(pane)).popup(at)

    def _offer_second(self) -> None:
        at = self.bar.compare.mapToGlobal(QPoint(0, self.bar.compare.height()))
        files = run_traces(self.hub, self.selection)
        compare_menu(self, self.traces, files).popup(at)

    def _show_losses(self) -> None:
        if self.traces.upper is not None:
            losses_dialog(self, self.traces.upper.table).open()


def _present(scene: Scene | None) -> list[str]:
    """Return the colours that a trace has, the order of the legend."""
    if scene is None:
        return []
    counts = np.bincount(scene.lod.colour, minlength=len(COLOURS))
    return [name for name, count in zip(COLOURS, counts.tolist(), strict=True) if count]
