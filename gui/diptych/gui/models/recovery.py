"""Finishes the profile windows that a killed runner left, when such a run is shown.

One run at a time, in the background; never a run that is live, and none that
nobody looks at.
"""

from __future__ import annotations

import threading
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from diptych.gui.models import jobs
from diptych.gui.models.hub import RunHub
from diptych.gui.models.selection import Selection
from diptych.gui.text.tr import tr, trn
from diptych.profiling.records.layout import RunPaths

_PATIENCE = 2.0
"""Seconds that closing waits for the tracer to be ended."""


class Recovery(QObject):
    """``words`` say what goes on, or why it failed; empty when there is nothing to say."""

    changed = Signal()

    def __init__(self, hub: RunHub, selection: Selection, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hub, self._selection = hub, selection
        self.words = ""
        self._looked: set[str] = set()
        self._busy = False
        self._closing = threading.Event()
        self._idle = threading.Event()
        self._idle.set()
        hub.snapshot_changed.connect(self._look)
        selection.shown_changed.connect(self._look)

    def close(self) -> None:
        """Begin nothing more, end what goes on; what is not finished is found again."""
        self._closing.set()
        self._idle.wait(_PATIENCE)

    def _look(self, *_: object) -> None:
        """Begin with the next shown run that has ended and was not looked at."""
        shown = self._selection.shown
        self._looked.intersection_update(shown)
        if self._busy or self._closing.is_set():
            return
        for run in shown:
            snapshot = self._hub.latest(run)
            if snapshot is None or snapshot.state.live or run in self._looked:
                continue
            self._looked.add(run)
            self._begin(snapshot.name or run, snapshot.directory)
            return

    def _begin(self, name: str, directory: Path) -> None:
        self._busy = True
        self._idle.clear()
        jobs.start_told(
            self,
            lambda tell: self._work(directory, tell),
            lambda _: self._ended(""),
            lambda error: self._ended(
                tr("The profile windows of {run} cannot be finished: {why}", run=name, why=error)
            ),
            lambda count: self._say(
                trn(
                    "Finishing a profile window of {run} …",
                    "Finishing {n} profile windows of {run} …",
                    count,
                    run=name,
                )
            ),
        )

    def _work(self, directory: Path, tell: jobs.Tell) -> int:
        try:
            if not any(RunPaths(directory).raw_traces.glob("r*-w*.json")):
                return 0
            from diptych.profiling.runner.recover import recover, unfinished
            from diptych.profiling.runs.summary import write_summary

            found = unfinished(directory)
            if not found or self._closing.is_set():
                return 0
            tell(len(found))
            return recover(
                directory, on_finish=write_summary, wanted=lambda: not self._closing.is_set()
            )
        finally:
            self._idle.set()

    def _ended(self, words: str) -> None:
        self._busy = False
        # A failure stays to be read until there is something else to say.
        if words or self.words:
            self._say(words)
        self._look()

    def _say(self, words: str) -> None:
        self.words = words
        self.changed.emit()
