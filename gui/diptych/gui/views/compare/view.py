"""The tab Compare: the verdict, what it rests on, why it is so, and whether it is fair."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QAction, QHideEvent, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QFrame, QScrollArea, QStackedWidget, QVBoxLayout, QWidget

from diptych.gui.models.comparing import Found, comparing_of
from diptych.gui.models.comparing_pictures import Pictures
from diptych.gui.models.hub import RunHub
from diptych.gui.models.placing import Placing
from diptych.gui.models.selection import Look, Selection
from diptych.gui.text import compare as words
from diptych.gui.text.tr import tr
from diptych.gui.theme import manager
from diptych.gui.views.compare.bar import Bar
from diptych.gui.views.compare.empty import Empty
from diptych.gui.views.compare.leading import Leading
from diptych.gui.views.compare.looks import looks_of
from diptych.gui.views.compare.page import Page
from diptych.gui.views.widgets import hairline, label, part
from diptych.profiling.compare.comparison import Comparison
from diptych.profiling.runs.snapshot import RunSnapshot


class CompareView(QWidget):
    """``comparing`` is what works; ``page`` what shows it."""

    def __init__(self, hub: RunHub, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.selection = selection
        self.comparing = comparing_of(hub, selection)
        self._looks: tuple[Look, ...] = ()
        self.bar = Bar()
        self.stage = label(ink="label", wrap=True)
        self.stage.setContentsMargins(16, 8, 16, 0)
        self.page = Page()
        self.empty = Empty()
        self.leading = Leading(hub, selection, self)
        self._lay_out()
        self._connect()
        self._show()

    def _lay_out(self) -> None:
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setFrameShape(QFrame.Shape.NoFrame)
        self.area.setAccessibleName(tr("Comparison"))
        self.area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        part(self.page, "stage")
        self.area.setWidget(self.page)
        self.shown = QWidget()
        inside = QVBoxLayout(self.shown)
        inside.setContentsMargins(0, 0, 0, 0)
        inside.setSpacing(0)
        for widget in (self.bar, hairline(), self.stage):
            inside.addWidget(widget)
        inside.addWidget(self.area, 1)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.shown)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(self.pages)
        for section in self.page.stops():
            section.installEventFilter(self)

    def _connect(self) -> None:
        self.comparing.changed.connect(self._show)
        self.comparing.busy_changed.connect(self._tell_busy)
        self.comparing.listed_changed.connect(self._offer)
        self.selection.shown_changed.connect(self._recolour)
        self.selection.range_changed.connect(self._show_brush)
        self.selection.axis_changed.connect(self._show_brush)
        self.bar.report.clicked.connect(lambda: self._trigger("report"))
        self.bar.clear.clicked.connect(lambda: self.selection.set_range(None))
        self.empty.compare_wanted.connect(lambda: self._trigger("compare"))
        self.empty.opened.connect(self._open)
        self.page.turns.brushed.connect(self._brush)
        self.page.differences.wanted.connect(self._lead)
        self.leading.found.connect(self._search)
        manager().changed.connect(self._recolour)

    # -- coming and going -----------------------------------------------------------

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to compare."""
        super().showEvent(event)
        self.bar.report.setVisible(self._action("report") is not None)
        self.empty.start.setVisible(self._action("compare") is not None)
        self.comparing.look(True)

    def hideEvent(self, event: QHideEvent) -> None:
        """Compare no more while nobody looks."""
        super().hideEvent(event)
        self.comparing.look(False)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Put the cards beside one another where there is room."""
        super().resizeEvent(event)
        self.page.arrange(self.width())

    def eventFilter(self, watched: Any, event: QEvent) -> bool:
        """Bring what the focus comes to into sight."""
        if event.type() is QEvent.Type.FocusIn and isinstance(watched, QWidget):
            self.area.ensureWidgetVisible(watched, 0, 24)
        return super().eventFilter(watched, event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Scroll the page by the usual keys, wherever in it the focus is."""
        bar = self.area.verticalScrollBar()
        key = Qt.Key(event.key())
        moves = {
            Qt.Key.Key_PageDown: bar.value() + bar.pageStep(),
            Qt.Key.Key_PageUp: bar.value() - bar.pageStep(),
            Qt.Key.Key_Down: bar.value() + bar.singleStep() * 3,
            Qt.Key.Key_Up: bar.value() - bar.singleStep() * 3,
            Qt.Key.Key_Home: bar.minimum(),
            Qt.Key.Key_End: bar.maximum(),
        }
        if key in moves and not event.modifiers():
            bar.setValue(moves[key])
        else:
            super().keyPressEvent(event)

    def copy_rows(self) -> None:
        """Copy the table of the sides."""
        if self.comparing.found.comparison is not None:
            self.page.table.copy_rows()

    # -- what is shown ----------------------------------------------------------------

    @property
    def comparison(self) -> Comparison | None:
        """What is shown now."""
        return self.comparing.found.comparison

    def _show(self) -> None:
        found = self.comparing.found
        comparison, pictures = found.comparison, found.pictures
        focused = self.isAncestorOf(self.window().focusWidget() or self)
        there = comparison is not None and pictures is not None
        self.pages.setCurrentWidget(self.shown if there else self.empty)
        self.setFocusProxy(self.page.head if there else self.empty.list)
        self._tell_stage(found)
        if comparison is None or pictures is None:
            self.empty.say(_reason(found))
            self.page.clear()
        else:
            self._looks = looks_of(comparison, self.selection)
            self.bar.show_comparison(comparison, self._looks)
            self.page.show_found(found, self._looks)
            self._show_brush()
        if focused and self.isVisible() and not self.window().focusWidget():
            self.setFocus()

    def _tell_stage(self, found: Found) -> None:
        text = ""
        if found.state is not None:
            text = words.stage(found.state) if found.conducted else words.ended(found.state)
        self.stage.setText(text)
        self.stage.setVisible(bool(text))

    def _tell_busy(self) -> None:
        self.bar.tell_busy(self.comparing.busy)
        if self.comparison is None:
            self.empty.say(_reason(self.comparing.found), busy=self.comparing.busy)

    def _recolour(self) -> None:
        found = self.comparing.found
        if found.comparison is not None:
            looks = looks_of(found.comparison, self.selection)
            if looks != self._looks or self.sender() is manager():
                self._show()

    def _offer(self) -> None:
        self.empty.offer(self.comparing.listed)

    def _open(self, directory: Path) -> None:
        self.comparing.open_comparison(directory)

    # -- brush ------------------------------------------------------------------------

    def _show_brush(self) -> None:
        found = self.comparing.found
        self.bar.tell_stretch(self.selection.range, self.selection.axis, found.comparison)
        if found.comparison is None or found.pictures is None:
            return
        span = self._span(found.comparison, found.pictures)
        self.page.turns.show_tracks(found.pictures.tracks, self._looks, span)

    def _span(self, comparison: Comparison, pictures: Pictures) -> tuple[float, float] | None:
        """Return where the brush is in the plot of turns, as the first side has it."""
        span, tracks = self.selection.range, pictures.tracks
        if span is None or tracks is None:
            return None
        run, zero = comparison.sides[0].run, tracks.sides[0].origin
        placing = Placing(run, self.selection.axis)
        low, high = (zero + (placing.instant(place) - run.origin) / 1e9 for place in span)
        return low, high

    def _brush(self, span: tuple[float, float] | None) -> None:
        """Select a stretch of the plot of turns in the whole window."""
        found = self.comparing.found
        tracks = found.pictures.tracks if found.pictures is not None else None
        if span is None or found.comparison is None or tracks is None:
            self.selection.set_range(None)
            return
        run, zero = found.comparison.sides[0].run, tracks.sides[0].origin
        low, high = (self._place(run, seconds - zero) for seconds in span)
        self.selection.set_range((low, high))

    def _place(self, run: RunSnapshot, seconds: float) -> float:
        placing = Placing(run, self.selection.axis)
        return max(0.0, placing.place(run.origin + round(seconds * 1e9)))

    # -- links --------------------------------------------------------------------------

    def _lead(self, run: str, operator: str, where: str) -> None:
        if self.comparison is not None:
            self.leading.go(self.comparison, run, operator, where)

    def _search(self, operator: str) -> None:
        """Look for an operator in the table that was just shown."""
        stage = getattr(self.window(), "stage", None)
        search = getattr(stage.view("Operators") if stage else None, "search_for", None)
        if search is not None:
            search(operator)

    # -- actions of the window ----------------------------------------------------------

    def _action(self, name: str) -> QAction | None:
        """Return an action of the window; ``None`` where it has none of that name."""
        actions = getattr(self.window(), "actions_", None)
        found = getattr(actions, "by_name", {}).get(name)
        return found if isinstance(found, QAction) else None

    def _trigger(self, name: str) -> None:
        action = self._action(name)
        if action is not None:
            action.trigger()


def _reason(found: Found) -> str:
    """Return why there is nothing to see; an empty text where nothing was asked for."""
    if found.conducted and found.state is not None:
        return words.stage_without_numbers(found.state)
    return found.reason
