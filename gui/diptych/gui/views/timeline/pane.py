"""One trace in the timeline: overview, ruler, lanes, and its own search, marks and slice."""

from __future__ import annotations

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QInputDialog, QScrollBar, QVBoxLayout, QWidget

from diptych.gui.models import jobs
from diptych.gui.models.trace_details import Details, describe
from diptych.gui.models.trace_marks import Mark
from diptych.gui.models.trace_scene import Scene
from diptych.gui.models.trace_search import Found, search
from diptych.gui.plots.timeline.canvas import Canvas
from diptych.gui.plots.timeline.overview import Overview
from diptych.gui.plots.timeline.ruler import Ruler
from diptych.gui.plots.timeline.span import Span
from diptych.gui.text.tr import tr, trn
from diptych.gui.views.timeline.menus import band_menu, mark_menu

_SEARCH_MS = 80


class Pane(QWidget):
    """Half of the timeline at the most.

    ``described`` tells `Details` or ``None``; ``searched`` that hits are others;
    ``used`` that somebody turned to this pane.
    """

    described = Signal(object)
    searched = Signal()
    used = Signal()

    def __init__(self, scene: Scene, span: Span) -> None:
        super().__init__()
        self.scene, self.span = scene, span
        self.overview, self.ruler = Overview(scene, span), Ruler(span)
        self.canvas = Canvas(scene, span)
        self.found: Found | None = None
        self.hit = -1
        """Number of the hit that was gone to last."""
        self.details: Details | None = None
        self._text = ""
        self._only_seen = False
        self._timer, self._seen_timer = QTimer(self), QTimer(self)
        for timer, act in ((self._timer, self._search), (self._seen_timer, self._hide_empty)):
            timer.setSingleShot(True)
            timer.timeout.connect(act)
        self._lay_out()
        if scene.steps:
            self.overview.detail = trn("{n} step", "{n} steps", len(scene.steps))
        self.ruler.show_steps(scene.steps)
        self.ruler.words = tr("since the trace began")
        self.ruler.offset = lambda: self.canvas.offset
        self.ruler.marked.connect(self.go_to_mark)
        self.canvas.picked.connect(self.pick)
        self.canvas.scrolled.connect(self._scrolled)
        self.canvas.menu_wanted.connect(self._menu)
        self.bar.valueChanged.connect(self.canvas.scroll_to)
        span.changed.connect(self._moved)
        self.setFocusProxy(self.canvas)

    def _lay_out(self) -> None:
        self.bar = QScrollBar(Qt.Orientation.Vertical)
        self.bar.setAccessibleName(tr("Scroll the lanes"))
        lanes = QHBoxLayout()
        lanes.setContentsMargins(0, 0, 0, 0)
        lanes.setSpacing(0)
        lanes.addWidget(self.canvas, 1)
        lanes.addWidget(self.bar)
        # The strips end where the lanes end, so that one pixel is one instant in all three.
        wide = self.bar.sizeHint().width()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        for strip in (self.overview, self.ruler):
            row = QHBoxLayout()
            row.setContentsMargins(0, 0, wide, 0)
            row.addWidget(strip)
            column.addLayout(row)
        self.bar.setFixedWidth(wide)
        column.addLayout(lanes, 1)

    # -- moving ---------------------------------------------------------------

    def set_offset(self, offset: float) -> None:
        """Put the trace that much later on the ruler."""
        self.canvas.offset = self.overview.offset = offset
        self.overview.refresh()
        self.ruler.update()
        self.canvas.refresh()

    def take_over(self, other: Pane) -> None:
        """Take over the marks, the place and the slice of a pane of the same table."""
        self.canvas.marks = other.canvas.marks
        self.set_offset(other.canvas.offset)
        self.show_marks()
        if other.canvas.selected >= 0:
            self.pick(other.canvas.selected)

    def _scrolled(self) -> None:
        self.bar.blockSignals(True)
        self.bar.setRange(0, self.canvas.most_scroll)
        self.bar.setPageStep(max(1, self.canvas.height()))
        self.bar.setSingleStep(self.canvas.layout_.row)
        self.bar.setValue(self.canvas.scrolled_by)
        self.bar.blockSignals(False)
        self.bar.setEnabled(self.canvas.most_scroll > 0)

    def _moved(self) -> None:
        if self._only_seen:
            self._seen_timer.start(150)

    # -- one slice ----------------------------------------------------------------

    def pick(self, row: int) -> None:
        """Select a slice, or with −1 none, and find out what is known of it."""
        self.used.emit()
        self.canvas.select(row)
        self.details = None
        if row < 0:
            self.described.emit(None)
            return
        scene = self.scene
        jobs.start(self, lambda: describe(scene, row), self._described, lambda _: None)

    def _described(self, details: Details) -> None:
        if details.row != self.canvas.selected:
            return
        self.details = details
        self.canvas.links = details.links
        self.canvas.update()
        self.described.emit(details)

    def jump(self, row: int) -> None:
        """Select a slice and bring it into sight."""
        self.pick(row)
        self.canvas.reveal(row)

    # -- search ----------------------------------------------------------------------

    def search(self, text: str) -> None:
        """Look for slices whose name holds all words of ``text``; soon, and aside."""
        self._text = text
        self._timer.start(_SEARCH_MS)

    def _search(self) -> None:
        scene, text = self.scene, self._text
        if not text.strip():
            self._found(Found("", scene.lod.lanes.rows[:0], scene.step_starts[:0]))
            return
        jobs.start(self, lambda: search(scene, text), self._found, lambda _: None)

    def _found(self, found: Found) -> None:
        if found.text.strip() != self._text.strip():
            return
        self.found = found if found.text.strip() else None
        self.hit = -1
        self.overview.show_hits(found.starts)
        self.searched.emit()

    def find_next(self, *, backward: bool = False) -> None:
        """Go to the next hit, or the one before; around the end."""
        if self.found is None or not len(self.found):
            return
        time = self.span.low - self.canvas.offset
        row = self.canvas.selected
        if row >= 0:
            time = float(self.scene.table.slices.start[row])
        self.hit = self.found.beside(row, time, forward=not backward)
        self.jump(int(self.found.rows[self.hit]))
        self.searched.emit()

    # -- marks --------------------------------------------------------------------------

    def add_mark(self, name: str = "") -> Mark:
        """Mark where the crosshair is, else the selected slice, else the middle."""
        canvas, span = self.canvas, self.span
        if span.cross is not None:
            time = span.cross - canvas.offset
        elif canvas.selected >= 0:
            time = float(self.scene.table.slices.start[canvas.selected])
        else:
            time = (span.low + span.high) / 2 - canvas.offset
        mark = canvas.marks.add(time, name)
        self.show_marks()
        return mark

    def show_marks(self) -> None:
        """Paint the marks as they are now."""
        self.ruler.marks = self.canvas.marks.all
        self.ruler.update()
        self.canvas.update()

    def go_to_mark(self, mark: Mark) -> None:
        """Bring a mark into the middle."""
        at, half = mark.time + self.canvas.offset, self.span.length / 2
        self.span.show(at - half, at + half)

    def next_mark(self, *, forward: bool) -> None:
        """Go to the mark after or before the middle of what is in sight."""
        middle = (self.span.low + self.span.high) / 2 - self.canvas.offset
        mark = self.canvas.marks.beside(middle, forward=forward)
        if mark is not None:
            self.go_to_mark(mark)

    def remove_mark(self, mark: Mark) -> None:
        """Forget a mark."""
        self.canvas.marks.remove(mark)
        self.show_marks()

    def ask_name(self, mark: Mark) -> None:
        """Let the user name a mark."""
        dialog = QInputDialog(self)
        dialog.setWindowTitle(tr("Rename the mark"))
        dialog.setLabelText(tr("Name"))
        dialog.setTextValue(mark.name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.textValueSelected.connect(lambda text: self._rename(mark, text))
        dialog.open()

    def _rename(self, mark: Mark, name: str) -> None:
        if name.strip():
            self.canvas.marks.rename(mark, name.strip())
            self.show_marks()

    def marks_menu(self, where: QPoint) -> None:
        """Offer what can be done with each mark."""
        mark_menu(self).popup(where)

    # -- bands ------------------------------------------------------------------------------

    def _menu(self, key: str, where: QPoint) -> None:
        self.canvas.set_current(key)
        band_menu(self, key).popup(where)

    @property
    def only_seen(self) -> bool:
        """Whether bands without a slice in sight are hidden."""
        return self._only_seen

    def set_only_seen(self, on: bool) -> None:
        """Hide the bands that have nothing in sight, or show all."""
        self._only_seen = on
        self._hide_empty()

    def _hide_empty(self) -> None:
        canvas, lod = self.canvas, self.scene.lod
        low, high = self.span.low - canvas.offset, self.span.high - canvas.offset
        hidden = set()
        for band in canvas.layout_.bands if self._only_seen else ():
            if band.track >= 0 and not band.pinned:
                # What is nested lies within what is on top.
                lanes = range(int(lod.lanes.base[band.track]), int(lod.lanes.base[band.track + 1]))
                if not any(len(lod.between(lane, low, high)[:1]) for lane in lanes):
                    hidden.add(band.key)
        if hidden != canvas.layout_.hidden:
            canvas.layout_.hidden = frozenset(hidden)
            canvas.rearranged()
