"""Keeps what is selected in the list of runs in step with what the window shows.

Selecting runs shows them, several overlaid, as many as have a colour of their
own; more can be selected, to be tagged or deleted together.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication

from diptych.gui.models.selection import Selection
from diptych.gui.views.runs_view import RunsView


class RunsChoice(QObject):
    """Belongs to one list."""

    changed = Signal()
    """Other runs are selected, or shown."""

    def __init__(self, view: RunsView, selection: Selection) -> None:
        super().__init__(view)
        self._view, self._model, self._selection = view, view.runs, selection
        self._chosen: tuple[str, ...] = ()
        self._keys: list[str] | None = None
        self._restoring = self._choosing = False
        self._before: tuple[str, int] = ("", 0)
        self._shown: tuple[str, ...] = ()
        self._wanted: str | None = None
        self._expected: tuple[str, ...] = ()
        self._model.about_to_change.connect(self._note_place)
        self._model.rows_changed.connect(self._rows_changed)
        view.selectionModel().selectionChanged.connect(self._selected)
        selection.shown_changed.connect(self._shown_changed)

    def keys(self) -> list[str]:
        """Return the ids of the selected runs that are in sight, in the order of the list."""
        if self._keys is None:
            ranges = [
                (found.top(), found.bottom() + 1)
                for found in self._view.selectionModel().selection().toList()
            ]
            rows = self._model.rows
            self._keys = [
                row.key for top, end in sorted(ranges) for row in rows[top:end] if row.is_run
            ]
        return list(self._keys)

    def neighbour(self, runs: Sequence[str]) -> str | None:
        """Return the run that stands behind ``runs``, or else before them."""
        places = [place for run in runs if (place := self._model.row_of(run)) is not None]
        if not places:
            return None
        rows, gone = self._model.rows, set(runs)
        around = [*rows[max(places) + 1 :], *reversed(rows[: min(places)])]
        return next((r.key for r in around if r.is_run and r.key not in gone), None)

    def expect(self, runs: Sequence[str]) -> None:
        """Show runs as soon as they are in the list."""
        self._expected = tuple(runs)
        self._show_expected()

    def restore(self) -> None:
        """Let the list show what is selected: after a reset, or when somebody else chose."""
        self._restoring = True
        selected = QItemSelection()
        for run in dict.fromkeys((*self._selection.shown, *self._chosen)):
            row = self._model.row_of(run)
            if row is not None:
                index = self._model.index(row)
                selected.select(index, index)
        flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self._view.selectionModel().select(selected, flag)
        if not self._view.currentIndex().isValid() and selected.indexes():
            self._make_current(selected.indexes()[0])
        self._restoring = False
        self.changed.emit()
        self._view.viewport().update()

    def _selected(self, *_: object) -> None:
        self._keys = None
        if self._restoring:
            return
        chosen = self.keys()
        adding = QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier
        # What is filtered out or in a closed group stays when a run is added to it.
        hidden = {run for run in self._selection.shown if self._model.row_of(run) is None}
        wanted = {*chosen, *(hidden if adding else ())}
        kept = [run for run in self._selection.shown if run in wanted]
        self._choosing = True
        self._chosen = tuple(chosen)
        self._selection.show([*kept, *(run for run in chosen if run not in set(kept))])
        self._choosing = False
        self.changed.emit()
        self._view.viewport().update()

    def _make_current(self, index: QModelIndex) -> None:
        none = QItemSelectionModel.SelectionFlag.NoUpdate
        self._view.selectionModel().setCurrentIndex(index, none)

    def _note_place(self) -> None:
        place, rows = self._view.currentIndex().row(), self._model.rows
        key = rows[place].key if 0 <= place < len(rows) else ""
        self._before = (key, self._view.verticalScrollBar().value())

    def _rows_changed(self) -> None:
        """Leave the place as it was, unless a run is wanted that is there only now."""
        self._keys = None
        key, place = self._before
        row = self._model.row_of(key)
        if row is not None:
            self._make_current(self._model.index(row))
        self.restore()
        self._view.verticalScrollBar().setValue(place)
        self._show_expected()
        self._go_to_wanted()

    def _show_expected(self) -> None:
        expected = self._expected
        if expected and all(self._model.row_of(run) is not None for run in expected):
            self._expected = ()
            self._selection.show(expected)

    def _shown_changed(self) -> None:
        new = [run for run in self._selection.shown if run not in self._shown]
        self._shown = self._selection.shown
        if self._choosing:
            return
        self._chosen = ()
        self.restore()
        if new:
            self._wanted = new[-1]
            self._model.reveal(new[-1])
            self._go_to_wanted()

    def _go_to_wanted(self) -> None:
        """Bring the run that somebody else showed into sight, once it is in the list."""
        row = self._model.row_of(self._wanted) if self._wanted else None
        if row is not None:
            self._wanted = None
            # A list that was just filled does not know its heights yet.
            self._view.doItemsLayout()
            self._make_current(self._model.index(row))
            self._view.scrollTo(self._model.index(row))
