"""The models of one window, made and closed together."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject

from diptych.gui.models.experiments import Experiments
from diptych.gui.models.hub import RunHub
from diptych.gui.models.machine import MachineModel
from diptych.gui.models.queue import RunQueue
from diptych.gui.models.recovery import Recovery
from diptych.gui.models.runtimes import RuntimeModel
from diptych.gui.models.selection import Selection
from diptych.gui.models.settings import Settings
from diptych.gui.models.steer import Steering
from diptych.gui.models.traces import Traces
from diptych.profiling.runner import home as places


class Context(QObject):
    """Everything a window shows and does, on the folder ``home``."""

    def __init__(self, home: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.home = home
        self.settings = Settings(home)
        self.hub = RunHub(places.runs_dir(home), self)
        self.selection = Selection(self)
        # Views find it by its owner.
        self.traces = Traces(self.settings, self.hub)
        self.queue = RunQueue(home, self)
        self.experiments = Experiments(home, self)
        self.runtimes = RuntimeModel(home, self)
        self.machine = MachineModel(self)
        self.steering = Steering(self.hub, self)
        self.recovery = Recovery(self.hub, self.selection, self)
        self.selection.shown_changed.connect(lambda: self.hub.show(self.selection.shown))
        self.hub.entries_changed.connect(lambda _: self._learn())
        self.hub.snapshot_changed.connect(self._learn_one)

    def live(self) -> list[str]:
        """Return the ids of all runs that are live."""
        return [entry.id for entry in self.hub.entries if self.is_live(entry.id)]

    def is_live(self, run: str) -> bool:
        """Say whether more is to come from ``run``, as far as is known."""
        snapshot, entry = self.hub.latest(run), self.hub.entry(run)
        if snapshot is not None:
            return snapshot.state.live
        return entry is not None and entry.state.live

    def close(self) -> None:
        """End every thread; runs go on."""
        self.recovery.close()
        self.queue.close()
        self.experiments.close()
        self.runtimes.close()
        self.hub.close()

    def _learn(self) -> None:
        told = {
            entry.id: entry.framework
            for entry in self.hub.entries
            if entry.framework not in (None, "auto")
        }
        self.selection.learn(told)
        known = {entry.id for entry in self.hub.entries}
        gone = any(run not in known for run in self.selection.shown)
        if gone and self.hub.complete:
            self.selection.show([run for run in self.selection.shown if run in known])

    def _learn_one(self, run: str) -> None:
        snapshot = self.hub.latest(run)
        if snapshot is not None and snapshot.framework is not None:
            self.selection.learn({run: snapshot.framework.name})
