"""From a profile window to its trace, and back: waits for what is not finished yet.

One `WindowTraces` a window, found with `window_traces_of`. Lives on the GUI thread.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from diptych.gui.models import jobs
from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.models.traces import traces_of
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.tr import tr
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runs.snapshot import RunSnapshot, WindowState

Key = tuple[str, int, int]
"""Run, rank and number of a profile window."""


class WindowTraces(QObject):
    """``wanted`` is the window whose trace is opened as soon as it is finished."""

    changed = Signal()
    """Another trace is waited for, or none."""

    def __init__(self, hub: RunHub) -> None:
        super().__init__(hub)
        self._hub, self._traces = hub, traces_of(hub)
        self.wanted: Key | None = None
        self._asked: Key | None = None
        hub.snapshot_changed.connect(self._news)
        self._traces.opening_changed.connect(self._give_way)

    @property
    def words(self) -> str:
        """Say what is waited for."""
        if self.wanted is None:
            return ""
        return tr(
            "The trace of window w{window} is being finished; it opens here when it is ready",
            window=f"{self.wanted[2]:03d}",
        )

    def open(self, key: Key) -> None:
        """Show the trace of a window in the timeline, or wait for it there."""
        self._traces.cancel()
        self._set(key)
        self._look()
        if self.wanted is not None:
            self._traces.wanted.emit()

    def cancel(self) -> None:
        """Wait no more."""
        self._set(None)

    def key_of(self, path: Path) -> Key | None:
        """Return the window whose trace a file is; ``None`` where no listed run has it."""
        for entry in self._hub.entries:
            snapshot = self._hub.latest(entry.id)
            if entry.directory not in path.parents:
                continue
            for window in snapshot.windows if snapshot is not None else ():
                if path == _file(snapshot, window):
                    return (entry.id, window.rank, window.id)
            return _by_name(entry.id, path.name)
        return None

    def _news(self, run: str, _snapshot: object) -> None:
        if self.wanted is not None and self.wanted[0] == run:
            self._look()

    def _look(self) -> None:
        key = self.wanted
        snapshot = self._hub.latest(key[0]) if key is not None else None
        if key is None or snapshot is None:
            return
        window = next((w for w in snapshot.windows if (w.rank, w.id) == key[1:]), None)
        file = _file(snapshot, window) if window is not None else None
        if file is not None:
            self._set(None)
            self._show(file)
            return
        why = _why_never(window)
        if why:
            self._give_up(key, snapshot, why)
        elif not snapshot.state.live and window is not None and window.trace is None:
            self._look_for_raw(key, snapshot)

    def _look_for_raw(self, key: Key, snapshot: RunSnapshot) -> None:
        """Give up where a run that has ended left nothing that a trace can be made of."""
        if self._asked == key:
            return
        self._asked = key

        def done(left: bool) -> None:
            self._asked = None
            now = self._hub.latest(key[0])
            if self.wanted != key or now is None:
                return
            if now is not snapshot:
                # The trace may have come in the meantime.
                self._look()
            elif not left:
                why = tr("The run ended before the window was recorded.")
                self._give_up(key, snapshot, why)

        def failed(_error: Exception) -> None:
            self._asked = None

        folder = RunPaths(snapshot.directory).raw_traces
        jobs.start(self, lambda: _holds_any(folder), done, failed)

    def _give_up(self, key: Key, snapshot: RunSnapshot, why: str) -> None:
        self._set(None)
        what = tr("Window w{window} has no trace", window=f"{key[2]:03d}")
        do = tr("Capture (Ctrl+T) records the next steps of a run that is live.")
        self._traces.trouble.emit(Trouble(what, why, do, str(snapshot.directory)))

    def _show(self, file: Path) -> None:
        upper = self._traces.upper
        if upper is not None and upper.table.path == file:
            self._traces.wanted.emit()
        else:
            self._traces.open(file)

    def _give_way(self) -> None:
        """Wait no more once something else is opened."""
        if self._traces.opening is not None:
            self.cancel()

    def _set(self, key: Key | None) -> None:
        if key != self.wanted:
            self.wanted = key
            self.changed.emit()


def _file(snapshot: RunSnapshot | None, window: WindowState) -> Path | None:
    if snapshot is None or window.trace is None or not window.trace.path:
        return None
    return (snapshot.directory / window.trace.path).absolute()


def _why_never(window: WindowState | None) -> str:
    """Say why a trace that is not there will not come; nothing while it may.

    What a killed run left is finished when the run is shown.
    """
    if window is None:
        return tr("The run does not know of it.")
    if window.trace is not None:
        return window.trace.error or tr("The tracer could not finish it.")
    if window.state == "failed":
        return window.text or tr("It could not be recorded.")
    return ""


def _holds_any(folder: Path) -> bool:
    """Whether a folder has anything in it; one that cannot be read has nothing."""
    try:
        return any(folder.iterdir())
    except OSError:
        return False


def _by_name(run: str, name: str) -> Key | None:
    """Return the window that the name of a trace file tells: ``r0-w003.json.gz``."""
    rank, _, window = name.partition(".")[0].partition("-")
    if rank[:1] == "r" and window[:1] == "w" and rank[1:].isdecimal() and window[1:].isdecimal():
        return (run, int(rank[1:]), int(window[1:]))
    return None


class WindowWanted(QObject):
    """Shows the operators of a window, and first its run where that is not shown."""

    def __init__(self, hub: RunHub, selection: Selection) -> None:
        super().__init__(selection)
        self._hub, self._selection = hub, selection
        self._key: Key | None = None
        hub.snapshot_changed.connect(self._look)

    def show(self, key: Key) -> None:
        """Show them, as soon as the run was read."""
        self._key = key
        if key[0] not in self._selection.shown:
            self._selection.show([key[0]])
        self._look(key[0])

    def _look(self, run: str, _snapshot: object = None) -> None:
        key = self._key
        if key is not None and key[0] == run and self._hub.latest(run) is not None:
            self._key = None
            self._selection.window_wanted.emit(*key)


def window_traces_of(hub: RunHub) -> WindowTraces:
    """Return the one of whoever owns the runs, made at the first call."""
    return hub.findChild(WindowTraces) or WindowTraces(hub)
