"""The menu Trace of a window: questions in SQL, and from occurrence to occurrence."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QAction, QKeySequence
from PySide6.QtWidgets import QMenu

from diptych.gui.text.tr import tr
from diptych.gui.theme import bind_icon, font
from diptych.gui.views.actions import with_key

if TYPE_CHECKING:
    from diptych.gui.views.main_window import MainWindow
    from diptych.gui.views.trace_operators.sql_dialog import SqlDialog


class TraceMenu(QObject):
    """Puts the menu before the last one, Help."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.traces = window.context.traces
        self.dialog: SqlDialog | None = None
        self.menu = QMenu(tr("&Trace"), window)
        self.menu.setFont(font())
        self.menu.setToolTipsVisible(True)
        self.sql = self._add(
            tr("Ask in SQL…"), tr("Ask the open trace in SQL"), "Ctrl+Shift+Q", self.ask
        )
        bind_icon(self.sql, "terminal")
        self.menu.addSeparator()
        self.after = self._add(
            tr("Next occurrence"),
            tr("Show the next call of what is chosen in the timeline"),
            "Ctrl+]",
            lambda: self.traces.go(1),
        )
        self.before = self._add(
            tr("Previous occurrence"),
            tr("Show the call before it in the timeline"),
            "Ctrl+[",
            lambda: self.traces.go(-1),
        )
        bar = window.header.menus
        bar.insertMenu(bar.actions()[-1], self.menu)
        self.traces.changed.connect(self._enable)
        self.traces.occurrences_changed.connect(self._enable)
        self.traces.sql_wanted.connect(self.ask)
        self._enable()

    def _add(self, text: str, tip: str, key: str, act: Callable[[], object]) -> QAction:
        made = self.menu.addAction(text)
        made.setFont(font())
        made.setShortcut(QKeySequence(key))
        made.setToolTip(with_key(tip, made))
        made.setStatusTip(tip)
        made.triggered.connect(lambda _=False: act())
        self._window.addAction(made)
        return made

    def _enable(self) -> None:
        some = len(self.traces.occurrences) > 0
        for action in (self.after, self.before):
            action.setEnabled(some)

    def ask(self) -> None:
        """Open the dialog, or bring the one that is open to the front."""
        from diptych.gui.views.trace_operators.sql_dialog import SqlDialog

        if self.dialog is None:
            self.dialog = SqlDialog(self.traces, self._window)
            self.dialog.finished.connect(self._gone)
        self.dialog.show()
        self.dialog.raise_()
        self.dialog.activateWindow()

    def _gone(self) -> None:
        if self.dialog is not None:
            self.dialog.deleteLater()
            self.dialog = None
