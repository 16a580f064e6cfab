"""From the operators of a profile window to its trace in the timeline, and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QComboBox

from diptych.gui.models.window_trace import Key, WindowWanted, window_traces_of
from diptych.gui.text.tr import tr
from diptych.gui.views.actions import TAB_NAMES

if TYPE_CHECKING:
    from diptych.gui.views.main_window import MainWindow


class Jumping(QObject):
    """Wires the action ``jump``: one key, and one button beside the tabs, for both ways."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        context = window.context
        self._stage, self._traces = window.stage, context.traces
        self._action, self._actions = window.actions_["jump"], window.actions_
        self._to_trace = window_traces_of(context.hub)
        self._to_operators = WindowWanted(context.hub, context.selection)
        self._action.triggered.connect(self.go)
        self._stage.tabs.offer(self._action)
        for changed in (self._stage.changed, context.selection.shown_changed, self._traces.changed):
            changed.connect(self.refresh)
        context.hub.snapshot_changed.connect(lambda *_: self.refresh())
        self.refresh()

    def go(self) -> None:
        """Show the other view of the same window."""
        key = self._key()
        if self._tab == "Operators" and self._of_trace:
            self._traces.wanted.emit()
        elif key is not None and self._tab == "Operators":
            self._to_trace.open(key)
        elif key is not None:
            self._to_operators.show(key)

    @property
    def _tab(self) -> str:
        return TAB_NAMES[self._stage.current]

    @property
    def _of_trace(self) -> bool:
        """Whether the operators are those of the open trace, not of a window's summary."""
        windows = getattr(self._stage.view("Operators"), "windows", None)
        hidden = isinstance(windows, QComboBox) and not windows.isVisible()
        return hidden and self._traces.upper is not None

    def _key(self) -> Key | None:
        """Return the window that is shown, in whichever view."""
        if self._tab == "Timeline":
            upper = self._traces.upper
            return self._to_trace.key_of(upper.table.path) if upper is not None else None
        view = self._stage.view("Operators") if self._tab == "Operators" else None
        # Before the view is built it has no list of windows.
        windows = getattr(view, "windows", None)
        key = windows.currentData() if isinstance(windows, QComboBox) else None
        return tuple(key) if isinstance(key, tuple | list) and len(key) == 3 else None

    def refresh(self) -> None:
        """Say which way the action goes, and whether it can be done."""
        back = self._tab == "Timeline"
        self._action.setText(tr("Show operators") if back else tr("Show in Timeline"))
        there = self._tab in ("Operators", "Timeline")
        reason = ""
        if not there:
            reason = tr("Operators and Timeline lead to each other.")
        elif self._key() is None and (back or not self._of_trace):
            reason = (
                tr("The open file is no trace of a run in the list.")
                if back
                else tr("No profile window is shown.")
            )
        self._actions.allow("jump", reason)
        self._stage.tabs.show_offer(there and not reason)
