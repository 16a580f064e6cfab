"""What can be done to runs: stop, capture, export. Off the GUI's thread."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from diptych.gui.models import jobs
from diptych.gui.models.hub import RunHub
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.tr import tr
from diptych.profiling.export.files import export_chrome, export_csv
from diptych.profiling.runner import launch
from diptych.profiling.runs.session import RunSession
from diptych.profiling.runs.snapshot import RunSnapshot

BY = "window"


class Steering(QObject):
    """Steers the runs of one hub."""

    trouble = Signal(object)
    """`Trouble`."""
    told = Signal(object)
    """`Trouble` of the level ``info``: something was done."""

    def __init__(self, hub: RunHub, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._hub = hub

    def stop(self, runs: Sequence[str]) -> None:
        """Ask these runs to end; asked again, they are ended harder."""
        self._each(
            runs,
            lambda directory: launch.ask_stop(directory, BY),
            lambda run: tr("{run} could not be stopped", run=run),
        )

    def capture(self, runs: Sequence[str], steps: int, options: Sequence[str] = ()) -> None:
        """Ask these runs for a profile window over their next ``steps`` steps."""
        self._each(
            runs,
            lambda directory: launch.ask_capture(directory, steps, options),
            lambda run: tr("{run} could not be asked to capture", run=run),
        )

    def export_steps(self, run: str, out: Path) -> None:
        """Write the steps of a run as CSV; the file was agreed to be replaced."""
        self._export(run, lambda snapshot: export_csv(snapshot, out, force=True))

    def export_traces(self, run: str, folder: Path) -> None:
        """Copy the Chrome traces of a run into ``folder``; nothing there is replaced."""

        def write(snapshot: RunSnapshot) -> list[Path]:
            # A folder that is there gets the files, one trace or many.
            folder.mkdir(parents=True, exist_ok=True)
            return export_chrome(snapshot, folder)

        self._export(run, write)

    def _each(
        self, runs: Sequence[str], act: Callable[[Path], object], what: Callable[[str], str]
    ) -> None:
        for run in runs:
            directory = self._hub.directory(run)
            if directory is not None:
                jobs.start(
                    self,
                    lambda directory=directory: act(directory),  # type: ignore[misc]  # its type is known
                    lambda _: None,
                    lambda error, run=run: self._failed(what(run), error),  # type: ignore[misc]
                )

    def _export(self, run: str, write: Callable[[RunSnapshot], list[Path]]) -> None:
        directory = self._hub.directory(run)
        if directory is None:
            return

        def work() -> list[Path]:
            with RunSession(directory) as session:
                return write(session.drain())

        jobs.start(
            self, work, self._exported, lambda e: self._failed(tr("Nothing was exported"), e)
        )

    def _exported(self, paths: list[Path]) -> None:
        where = str(paths[0])
        if len(paths) > 1:
            where = tr("{n} files in {folder}", n=len(paths), folder=paths[0].parent)
        self.told.emit(Trouble(tr("Exported"), where, level="info"))

    def _failed(self, what: str, error: Exception) -> None:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.trouble.emit(Trouble(what, why))
