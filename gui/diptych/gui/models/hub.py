"""The one source of news for every view: runs and their snapshots.

A `RunHub` owns one reader thread and lives on the GUI's. Signals are emitted
on the GUI's thread, at most about 30 times a second and less often where
showing them takes long, each with the newest snapshot only. Snapshots are
immutable and may be kept.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal

from diptych.gui.models.pace import Pace
from diptych.gui.models.reader import Inbox, Reader
from diptych.profiling.runs.snapshot import RunSnapshot
from diptych.profiling.runs.store import RunEntry


class RunHub(QObject):
    """Reads the runs in the folder ``runs`` (``<home>/runs``), which need not exist."""

    entries_changed = Signal(object)
    """``list[RunEntry]``, the newest first."""
    snapshot_changed = Signal(str, object)
    """Run id, `RunSnapshot`."""
    trouble = Signal(str)
    """The reader met an error that it did not expect; it goes on."""
    _rung = Signal()

    def __init__(self, runs: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.runs = runs
        self._entries: list[RunEntry] = []
        self._by_id: dict[str, RunEntry] = {}
        self._snapshots: dict[str, RunSnapshot] = {}
        self._shown: tuple[str, ...] = ()
        self._listed = self._complete = False
        self._rung.connect(self._deliver, Qt.ConnectionType.QueuedConnection)
        self._inbox = Inbox(self._rung.emit)
        self._reader = Reader(runs, self._inbox)
        self._pace = Pace()
        self._reader.start()

    @property
    def entries(self) -> list[RunEntry]:
        """All runs that are known, the newest first."""
        return self._entries

    @property
    def listed(self) -> bool:
        """Whether the store was looked at yet."""
        return self._listed

    @property
    def complete(self) -> bool:
        """Whether `entries` are all runs: thousands are listed one after the other."""
        return self._complete

    def entry(self, run_id: str) -> RunEntry | None:
        """Return the run's line of the list."""
        return self._by_id.get(run_id)

    def show(self, run_ids: Iterable[str]) -> None:
        """Follow these runs closely; what is known of them is sent again at once."""
        self._shown = tuple(run_ids)
        self._drop()
        self._reader.show(self._shown)

    def latest(self, run_id: str) -> RunSnapshot | None:
        """Return the newest snapshot of a run that is or was followed."""
        return self._snapshots.get(run_id)

    def directory(self, run_id: str) -> Path | None:
        """Return the run's directory."""
        entry = self.entry(run_id)
        return entry.directory if entry else None

    def open(self, directory: Path) -> None:
        """List a run that lies somewhere else as well."""
        self._reader.add(directory.absolute())

    def refresh(self) -> None:
        """Look at the store now, not within the next second."""
        self._reader.refresh()

    def close(self) -> None:
        """End the reader's thread. Must be called before the hub goes."""
        self._reader.close()

    def _drop(self) -> None:
        """Let go of what nobody looks at; showing it again brings it again."""
        kept = {entry.id for entry in self._entries if entry.state.live} | set(self._shown)
        self._snapshots = {run: s for run, s in self._snapshots.items() if run in kept}

    def _deliver(self) -> None:
        self._reader.pace(self._pace.next())
        news = self._inbox.take()
        if news.entries is not None:
            self._listed, self._complete = True, news.complete
            self._entries = news.entries
            self._by_id = {entry.id: entry for entry in news.entries}
            self._drop()
            self.entries_changed.emit(news.entries)
        for run, snapshot in news.snapshots.items():
            self._snapshots[run] = snapshot
            self.snapshot_changed.emit(run, snapshot)
        if news.trouble is not None:
            self.trouble.emit(news.trouble)
