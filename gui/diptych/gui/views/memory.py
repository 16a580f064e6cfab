"""What a window finds again at its next start; kept a moment after each change, for crashes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

if TYPE_CHECKING:
    from diptych.gui.views.main_window import MainWindow

_PAUSE_MS = 1_000


class Memory(QObject):
    """Geometry, splitters, tab, shown runs, brush, the state of the views; in `Settings`."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window = window
        self._settings = window.context.settings
        kept = self._settings.read("shown", list[str]) or []
        self._kept = kept
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self.save)
        self._over = False
        selection = window.context.selection
        selection.shown_changed.connect(self.soon)
        selection.range_changed.connect(self.soon)
        window.stage.changed.connect(self.soon)
        window.split.splitterMoved.connect(self.soon)

    def runs(self) -> list[str]:
        """Return the runs that were shown last and are still there."""
        known = {entry.id for entry in self._window.context.hub.entries}
        return [run for run in self._kept if run in known]

    def restore(self) -> None:
        """Take up place, size and tab; the runs come when they are known."""
        read = self._settings.read
        self._window.restore_geometry(read("geometry", str))
        self._window.stage.restore()

    def restore_split(self) -> None:
        """Take up the places of the splitter, once the window has its size."""
        self._window.restore_split(self._settings.read("split", str))

    def restore_brush(self) -> None:
        """Brush what was brushed, where the same runs are shown."""
        span = self._settings.read("brush", tuple[float, float])
        selection = self._window.context.selection
        if span is not None and list(selection.shown) == self._kept:
            selection.set_axis(self._settings.read("brush_axis", str) or "time")
            selection.set_range(span)

    def soon(self, *_: object) -> None:
        """Remember the present state in a moment."""
        if not self._over and self._window.isVisible():
            self._timer.start()

    def save(self) -> None:
        """Remember it now."""
        selection = self._window.context.selection
        shown = list(selection.shown)
        # Before the runs are listed nothing is shown, which is nobody's choice.
        if shown or self._window.context.hub.listed:
            brush = None if selection.range is None else list(selection.range)
            self._settings.set(shown=shown, brush=brush, brush_axis=selection.axis)
        self._window.stage.save()
        self._settings.set(**self._window.geometry_state())

    def stop(self) -> None:
        """Remember nothing more."""
        self._over = True
        self._timer.stop()
