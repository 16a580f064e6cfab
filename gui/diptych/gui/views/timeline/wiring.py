"""How traces reach the window: menu, recent files, dropped files, the command line."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QMenu

from diptych.gui.models.traces import Traces
from diptych.gui.text.tr import tr
from diptych.gui.views.actions import TAB_NAMES
from diptych.gui.views.timeline.choices import ask_file

if TYPE_CHECKING:
    from diptych.gui.views.main_window import MainWindow


class Tracing(QObject):
    """Wires *Open trace*, the recent files and dropped files of one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self.traces: Traces = window.context.traces
        action = window.actions_["open_trace"]
        action.triggered.connect(lambda: ask_file(window, self.traces.open))
        self.traces.trouble.connect(window.errors.say)
        self.traces.wanted.connect(self._show_timeline)
        self.traces.changed.connect(self._list_recent)
        self._second: tuple[Path, Path] | None = None
        """The first of two files, which is being opened, and the one that comes after it."""
        self.traces.changed.connect(self._open_below)
        self.traces.failed.connect(self._open_instead)
        self.recent = QMenu(tr("Open recent trace"), window)
        for menu in window.header.menus.findChildren(QMenu):
            names = menu.actions()
            if action in names:
                after = names.index(action) + 1
                menu.insertMenu(names[after] if after < len(names) else action, self.recent)
        self._list_recent()
        window.setAcceptDrops(True)
        window.installEventFilter(self)

    def open(self, files: Sequence[Path]) -> None:
        """Open one file, or two one below the other."""
        if not files:
            return
        self._second = None
        self.traces.open(files[0])
        if len(files) > 1:
            self._second = (files[0].absolute(), files[1].absolute())

    def _open_below(self) -> None:
        """Open the second file below the first, unless something else is shown by now."""
        upper, second = self.traces.upper, self._second
        if second is not None and upper is not None and upper.table.path == second[0]:
            self._second = None
            self.traces.open(second[1], "lower")

    def _open_instead(self, failed: Path) -> None:
        """Open the second file in the place of the first, which could not be opened."""
        second = self._second
        if second is not None and failed == second[0]:
            self._second = None
            self.traces.open(second[1])

    def _show_timeline(self) -> None:
        """Bring the tab to the front; what is open is shown even where there are no runs."""
        window = self._window
        window.middle.setCurrentWidget(window.stage)
        number = TAB_NAMES.index("Timeline")
        if window.stage.current != number:
            window.stage.choose(number)
        window.stage.build_current()

    def _list_recent(self) -> None:
        self.recent.clear()
        files = self.traces.recent
        for path in files:
            action = self.recent.addAction(path.name.replace("&", "&&"))
            action.setToolTip(str(path))
            action.triggered.connect(lambda _=False, path=path: self.traces.open(path))
        self.recent.setToolTipsVisible(True)
        self.recent.menuAction().setVisible(bool(files))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Take files that are dropped on the window."""
        if isinstance(event, QDropEvent):
            # A drag enters and moves before it is dropped, and is a drop event all the time.
            files = _dropped(event)
            if not files:
                return False
            event.acceptProposedAction()
            if event.type() is QEvent.Type.Drop:
                self.open(files[:2])
            return True
        return super().eventFilter(watched, event)


def _dropped(event: QDropEvent) -> list[Path]:
    """Return the files that a drop brings; a folder is none."""
    files = [Path(url.toLocalFile()) for url in event.mimeData().urls() if url.isLocalFile()]
    return [path for path in files if path.is_file()]
