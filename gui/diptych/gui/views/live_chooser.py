"""Choosing in the plots: windows open their operators, unusual steps a card.

Keys: N and P go to the next and the previous profile window, Shift+N and
Shift+P to the next and the previous unusual step, Enter opens what the
crosshair is at, X counts steps or seconds, H holds the picture, Esc closes
the card.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QRect, Qt
from PySide6.QtGui import QKeyEvent

from diptych.gui.plots.marks import Stretch
from diptych.gui.plots.row import Row
from diptych.gui.views.live_marks import Choice, shared_marks
from diptych.gui.views.live_series import Shown
from diptych.gui.views.step_card import StepCard
from diptych.profiling.runs.outlier import NEIGHBOURS, explain
from diptych.profiling.runs.unusual import step_lengths

if TYPE_CHECKING:
    from diptych.gui.views.live import LiveView

_STEPPED = ("step", "phases", "throughput", "loss")
"""Plots that have a point for each step."""


class Chooser(QObject):
    """Belongs to one live view; ``card`` is shown while ``chosen`` is a step."""

    def __init__(self, view: LiveView) -> None:
        super().__init__(view)
        self._view = view
        self.card = StepCard(view)
        self.chosen: Choice | None = None
        self.card.closed.connect(self.dismiss)
        self.card.stepped.connect(self.go_to_unusual)
        self.card.brush_wanted.connect(self._brush)
        view.time.range_changed.connect(self.fit)
        view.selection.shown_changed.connect(self.dismiss)
        view.selection.axis_changed.connect(self.fit)

    # -- what was chosen -----------------------------------------------------------

    def choose(self, mark: Stretch) -> None:
        """Open what a mark stands for."""
        choice = mark.key
        if not isinstance(choice, Choice):
            return
        if choice.window is not None:
            self._view.selection.window_wanted.emit(choice.run, choice.rank, choice.window)
        elif choice.row is not None:
            self.show_step(choice.run, choice.row)

    def look_at(self, row: Row, place: float, near: float) -> None:
        """Show the unusual step that was clicked; close the card where there is none."""
        found = self._unusual_near(place, near) if row.key in _STEPPED else None
        if found is None:
            self.dismiss()
        else:
            self.show_step(*found)

    def _unusual_near(self, place: float, near: float) -> tuple[str, int] | None:
        """Return run and row of the longest unusual step around a place."""
        best: tuple[float, str, int] | None = None
        for run in self._view.shown():
            first, stop = run.placing.row_at(place - near) + 1, run.placing.row_at(place + near) + 1
            rows = self._unusual_rows(run)
            rows = rows[(rows >= first) & (rows < stop)]
            if len(rows):
                lengths = np.nan_to_num(np.asarray(step_lengths(run.snapshot.steps)[rows], float))
                at = int(np.argmax(lengths))
                if best is None or lengths[at] > best[0]:
                    best = (float(lengths[at]), run.snapshot.id, int(rows[at]))
        return best[1:] if best else None

    def _unusual_rows(self, run: Shown) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
        """Return the rows of slow steps, of those that ended a stall, and of the warm-up."""
        found = self._view.unusual.look(s.snapshot for s in self._view.shown())
        unusual = found[run.snapshot.id]
        ends = [stall.row for stall in unusual.stalls if stall.row is not None]
        warm = np.arange(min(run.snapshot.warmup or 0, len(run.snapshot.steps)))
        return np.unique(np.concatenate((warm, unusual.slow, np.array(ends, np.int64))))

    def show_step(self, run: str, row: int) -> None:
        """Say in the card what was different in a step."""
        shown = next((s for s in self._view.shown() if s.snapshot.id == run), None)
        if shown is None or row >= len(shown.snapshot.steps):
            return
        found = explain(shown.snapshot, row)
        self.chosen = Choice(run, row=row)
        self.card.show_step(found, shown.name, square=shown.mark == "square", colour=shown.colour)
        self._reveal(shown.placing.place_of_row(row))
        self.fit()

    def dismiss(self) -> None:
        """Close the card."""
        focused = self.card.isVisible() and self.card.isAncestorOf(
            self._view.focusWidget() or self.card
        )
        self.chosen = None
        self.card.hide()
        if focused:
            self._view.stack.setFocus()

    def fit(self) -> None:
        """Put the card beside its step; hide it while that is out of sight."""
        choice, view = self.chosen, self._view
        if choice is None or choice.row is None:
            return
        shown = next((s for s in view.shown() if s.snapshot.id == choice.run), None)
        if shown is None or choice.row >= len(shown.snapshot.steps):
            self.dismiss()
            return
        place = shown.placing.place_of_row(choice.row)
        low, high = view.time.range
        self.card.setVisible(low <= place <= high)
        at = view.stack.place_in_view(place)
        self.card.stand_at(at, QRect(8, at.y(), view.width() - 16, view.height() - at.y() - 8))
        self.card.raise_()

    def _reveal(self, place: float) -> None:
        """Put the crosshair there, and the picture around it if it is elsewhere."""
        time = self._view.time
        low, high = time.range
        if not low <= place <= high:
            time.set_range(place - (high - low) / 2, place + (high - low) / 2)
        time.set_cross(place)

    def _brush(self) -> None:
        choice = self.chosen
        shown = next(
            (s for s in self._view.shown() if choice and s.snapshot.id == choice.run), None
        )
        if shown is None or choice is None or choice.row is None:
            return
        last = len(shown.snapshot.steps) - 1
        rows = max(0, choice.row - NEIGHBOURS), min(last, choice.row + NEIGHBOURS)
        low, high = (shown.placing.place_of_row(row) for row in rows)
        self._view.selection.set_range((low, high))

    # -- the keyboard ----------------------------------------------------------------

    def claims(self, event: QKeyEvent) -> bool:
        """Whether a key is meant for this view although the window has a use for it too."""
        return event.key() == Qt.Key.Key_Escape and self.card.isVisible()

    def obey(self, event: QKeyEvent) -> bool:
        """Do what a key says; return whether it says anything here."""
        key, shift = event.key(), bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        others = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if event.modifiers() & others:
            return False
        if key in (Qt.Key.Key_N, Qt.Key.Key_P):
            way = 1 if key == Qt.Key.Key_N else -1
            (self.go_to_unusual if shift else self.go_to_window)(way)
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            return self.open_here()
        elif key == Qt.Key.Key_X:
            self._view.toggle_axis()
        elif key in (Qt.Key.Key_H, Qt.Key.Key_Pause):
            self._view.toggle_pause()
        elif key == Qt.Key.Key_Escape and self.card.isVisible():
            self.dismiss()
        else:
            return False
        return True

    def go_to_window(self, way: int) -> None:
        """Put the crosshair on the next profile window (1), or the one before (−1)."""
        marks = sorted(shared_marks(self._view.shown()).captures, key=lambda mark: mark.low)
        here = self._here(way)
        beyond = [m for m in marks if (m.low - here) * way > 1e-9]
        if beyond:
            self._reveal(beyond[0 if way > 0 else -1].low)

    def go_to_unusual(self, way: int) -> None:
        """Show the next unusual step, or the one before, in the card."""
        here = self._here(way)
        best: tuple[float, str, int] | None = None
        for run in self._view.shown():
            rows = self._unusual_rows(run)
            rows = rows[rows >= (run.snapshot.warmup or 0)]
            if not len(rows):
                continue
            places = (run.placing.steps()[rows] - run.placing.origin) / run.placing.per
            beyond = np.flatnonzero((places - here) * way > 1e-9)
            if len(beyond):
                at = int(beyond[0] if way > 0 else beyond[-1])
                found = (float(places[at]) * way, run.snapshot.id, int(rows[at]))
                best = found if best is None else min(best, found)
        if best is not None:
            self.show_step(*best[1:])

    def _here(self, way: int) -> float:
        time = self._view.time
        if time.cross is not None:
            return time.cross
        return time.range[0] if way > 0 else time.range[1]

    def open_here(self) -> bool:
        """Open the window or the unusual step at the crosshair; return whether there is one."""
        time = self._view.time
        if time.cross is None:
            return False
        near = (time.range[1] - time.range[0]) / 150
        shown = self._view.shown()
        unusual = self._view.unusual.look(s.snapshot for s in shown)
        marks = shared_marks(shown, unusual)
        for mark in (*marks.captures, *marks.stalls):
            if mark.key is not None and mark.low - near <= time.cross <= mark.high + near:
                self.choose(mark)
                return True
        found = self._unusual_near(time.cross, near)
        if found is not None:
            self.show_step(*found)
        return found is not None
