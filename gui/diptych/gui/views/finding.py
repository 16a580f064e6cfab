"""Searching and finding: the field of the header, and what Ctrl+F, F3 and Ctrl+C mean where."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QWidget

from diptych.gui.models.search import Finder, Hit
from diptych.gui.text.tr import tr
from diptych.gui.views.actions import TAB_NAMES, menu_actions, words

if TYPE_CHECKING:
    from diptych.gui.views.main_window import MainWindow


class Finding(QObject):
    """Wires the header's field and the actions that look for something."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._finder = Finder()
        actions = window.actions_
        self._actions = {str(n): a for n, a in enumerate(menu_actions(window.header.menus))}
        field = window.header.search
        field.look = self.look
        field.chosen.connect(self.go)
        actions["search"].triggered.connect(window.header.begin_search)
        actions["find"].triggered.connect(self.find)
        actions["find_next"].triggered.connect(lambda: self._call("find_next", backward=False))
        actions["find_before"].triggered.connect(lambda: self._call("find_next", backward=True))
        actions["copy"].triggered.connect(lambda: self._call("copy_rows"))
        window.stage.changed.connect(self.update_enabled)
        self.update_enabled()

    def look(self, text: str) -> list[Hit]:
        """Return what fits: runs, operators of the shown runs, actions that can be done now."""
        context = self._window.context
        shown = (context.hub.latest(run) for run in context.selection.shown)
        snapshots = [snapshot for snapshot in shown if snapshot is not None]
        named = [
            (key, words(action), action.statusTip() or action.toolTip())
            for key, action in self._actions.items()
            if action.isEnabled()
        ]
        return self._finder.search(text, context.hub.entries, snapshots, named)

    def go(self, hit: Hit) -> None:
        """Go to what was found."""
        if hit.kind == "action":
            self._actions[hit.key].trigger()
        elif hit.kind == "run":
            self._window.context.selection.show([hit.key])
            self._window.runs.view.setFocus()
        else:
            self._find_in("Operators" if hit.kind == "operator" else "Log", hit.key)

    def _find_in(self, tab: str, text: str) -> None:
        stage = self._window.stage
        stage.choose(TAB_NAMES.index(tab))
        stage.build_current()
        search = getattr(stage.view(tab), "search_for", None)
        if search is not None:
            search(text)

    def find(self) -> None:
        """Look in the view that has the focus; elsewhere filter the runs."""
        stage = self._window.stage
        view = self._view()
        focus = self._window.focusWidget()
        inside = focus is not None and stage.isAncestorOf(focus)
        if inside and hasattr(view, "focus_search"):
            self._call("focus_search")
            return
        self._window.runs.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._window.runs.filter.selectAll()

    def update_enabled(self) -> None:
        """Allow what the present view can do."""
        view = self._view()
        log, table = hasattr(view, "find_next"), hasattr(view, "copy_rows")
        for name in ("find_next", "find_before"):
            self._window.actions_.allow(name, "" if log else tr("This view has no text to search."))
        self._window.actions_.allow("copy", "" if table else tr("This view has no table."))

    def _view(self) -> QWidget | None:
        stage = self._window.stage
        return stage.view(TAB_NAMES[stage.current])

    def _call(self, name: str, **how: bool) -> None:
        act = getattr(self._view(), name, None)
        if act is not None:
            act(**how)
