"""What the actions of the View menu do to the plots, while the live view is shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from diptych.gui.models.selection import Selection
from diptych.gui.text.tr import tr
from diptych.gui.views.actions import PLOTS, TAB_NAMES, Actions
from diptych.gui.views.stage import Stage

if TYPE_CHECKING:
    from diptych.gui.views.live import LiveView

_PICTURES = ("export_png", "copy_plots")


class PlotActions(QObject):
    """Wires the actions to the live view of ``stage``; their single letters hold within it."""

    def __init__(self, stage: Stage, selection: Selection, actions: Actions) -> None:
        super().__init__(stage)
        self._stage, self._selection, self._actions = stage, selection, actions
        does: dict[str, Callable[[LiveView], object]] = {
            "axis": lambda view: view.toggle_axis(),
            "pause": lambda view: view.toggle_pause(),
            "fit": lambda view: view.time.fit(),
            "next_window": lambda view: view.chooser.go_to_window(1),
            "previous_window": lambda view: view.chooser.go_to_window(-1),
            "next_unusual": lambda view: view.chooser.go_to_unusual(1),
            "previous_unusual": lambda view: view.chooser.go_to_unusual(-1),
            "export_png": lambda view: view.menu.ask_and_save(None),
            "copy_plots": lambda view: view.menu.copy(None),
        }
        for name, act in does.items():
            actions[name].triggered.connect(lambda _=False, act=act: self._do(act))
            if name in PLOTS:
                stage.addAction(actions[name])
        for changed in (stage.changed, selection.shown_changed):
            changed.connect(self.refresh)
        selection.axis_changed.connect(self.refresh)
        selection.paused_changed.connect(self.refresh)
        self.refresh()

    def _view(self) -> LiveView | None:
        from diptych.gui.views.live import LiveView

        view = self._stage.view("Live")
        return view if isinstance(view, LiveView) else None

    def _do(self, act: Callable[[LiveView], object]) -> None:
        view = self._view()
        if view is not None:
            act(view)
        self.refresh()

    def refresh(self) -> None:
        """Say what can be done now, and what holds."""
        here = TAB_NAMES[self._stage.current] == "Live"
        reason = "" if here else tr("Only in the tab Live.")
        if here and not self._selection.shown:
            reason = tr("No run is shown.")
        for name in (*PLOTS, *_PICTURES):
            if name != "follow":
                self._actions.allow(name, reason)
        self._actions["axis"].setChecked(self._selection.axis == "step")
        self._actions["pause"].setChecked(self._selection.held is not None)
