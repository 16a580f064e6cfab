"""What the window does to hand a comparison on: ask for a file, write it, say where it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from diptych.gui.models import jobs
from diptych.gui.models.comparing import comparing_of
from diptych.gui.models.traces import read_table
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.tr import tr
from diptych.gui.views.actions import TAB_NAMES

if TYPE_CHECKING:
    from diptych.gui.views.main_window import MainWindow
    from diptych.profiling.compare.comparison import Comparison
    from diptych.profiling.report.write import Align, Format
    from diptych.profiling.trace.table import TraceTable


@dataclass(frozen=True, slots=True)
class Choice:
    """One thing that can be written: what it is called, and how its file ends."""

    words: str
    ending: str
    form: Format
    align: Align = "time"

    @property
    def filter(self) -> str:
        """The line of a file dialog."""
        return f"{self.words} (*{self.ending})"


CHOICES = (
    Choice(tr("Page with figures"), ".html", "html"),
    Choice(tr("Table in Markdown"), ".md", "markdown"),
    Choice(tr("Table in LaTeX"), ".tex", "latex"),
    Choice(tr("Numbers as JSON"), ".json", "json"),
    Choice(tr("Steps as CSV"), ".csv", "csv"),
    Choice(tr("Steps as Parquet"), ".parquet", "parquet"),
    Choice(tr("Trace of all sides as it was"), ".json.gz", "trace"),
    Choice(tr("Trace of all sides from their first steps"), ".json.gz", "trace", "steps"),
)
_TAB = TAB_NAMES.index("Compare")


class ReportCommands(QObject):
    """Wires the action ``report`` of one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._context = window, window.context
        self._action = window.actions_["report"]
        self._comparing = comparing_of(self._context.hub, self._context.selection)
        self._wanted = self._writes = False
        self._action.triggered.connect(self.start)
        self._comparing.changed.connect(self.update_enabled)
        self._comparing.busy_changed.connect(self._go_on)
        window.stage.changed.connect(self._look_at_tab)
        self._context.selection.shown_changed.connect(self.update_enabled)
        self.update_enabled()

    def update_enabled(self) -> None:
        """Allow it where there is something to compare."""
        comparing = self._comparing
        some = comparing.found.comparison is not None or comparing.folder() is not None
        reason = "" if some or len(self._context.selection.shown) > 1 else (
            tr("Show two runs or a comparison first.")
        )  # fmt: skip
        if self._writes:
            reason = tr("A report is being written.")
        self._window.actions_.allow("report", reason)

    def start(self) -> None:
        """Show what is to be reported, and ask where to as soon as it stands there."""
        self._window.stage.choose(_TAB)
        self._wanted = True
        # It may stand there already: then nothing is worked out anew, and nobody tells of it.
        QTimer.singleShot(0, self, self._go_on)

    def _look_at_tab(self) -> None:
        """Ask nothing any more once somebody has gone elsewhere."""
        self._wanted = self._wanted and self._window.stage.current == _TAB

    def _go_on(self) -> None:
        if not self._wanted or not self._comparing.current:
            return
        self._wanted = False
        found = self._comparing.found
        if found.comparison is not None:
            self._ask(found.comparison)
            return
        why = found.reason or tr("What is shown cannot be compared.")
        self._window.errors.say(Trouble(tr("There is nothing to report"), why))

    def _ask(self, comparison: Comparison) -> None:
        start = Path.home() / f"{comparison.id or tr('comparison')}{CHOICES[0].ending}"
        filters = ";;".join(choice.filter for choice in CHOICES)
        name, chosen = QFileDialog.getSaveFileName(
            self._window, tr("Write a report of the comparison"), str(start), filters
        )
        if name:
            choice = next((c for c in CHOICES if c.filter == chosen), CHOICES[0])
            self.write(comparison, Path(name), choice)

    def write(self, comparison: Comparison, path: Path, choice: Choice) -> None:
        """Write it beside the window; a file of that very name was agreed to be replaced."""
        named = _named(path, choice)
        self._set_writing(True)

        def work() -> Path:
            # The page's builders and the compiler of traces are not needed before.
            from diptych.profiling.report.write import write_report

            return write_report(
                comparison, named, format=choice.form, align=choice.align, force=named == path,
                opener=_open,
            )  # fmt: skip

        jobs.start(self, work, self._done, self._failed)

    def _set_writing(self, writes: bool) -> None:
        self._writes = writes
        self.update_enabled()

    def _done(self, path: Path) -> None:
        self._set_writing(False)
        told = Trouble(tr("Report written"), str(path), level="info", folder=str(path.parent))
        self._window.errors.say(told)

    def _failed(self, error: Exception) -> None:
        self._set_writing(False)
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self._window.errors.say(Trouble(tr("No report was written"), why))


def _named(path: Path, choice: Choice) -> Path:
    """Let the name end as the format does; another format's ending gives way."""
    name = path.name
    if name.lower().endswith(choice.ending):
        return path
    for other in sorted({c.ending for c in CHOICES}, key=len, reverse=True):
        if name.lower().endswith(other):
            name = name[: -len(other)]
            break
    return path.with_name(name + choice.ending)


def _open(path: Path) -> TraceTable:
    return read_table(path, lambda *_: None, lambda: False)
