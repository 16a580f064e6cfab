"""What the window does with comparisons: start, follow, cancel, open, the sample."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from diptych.gui.models import jobs
from diptych.gui.models.experiments import is_comparison
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.experiment import title
from diptych.gui.text.tr import tr
from diptych.gui.views.actions import TAB_NAMES
from diptych.gui.views.experiment_bar import ExperimentBar
from diptych.profiling.records.experiment import ExperimentState

if TYPE_CHECKING:
    from diptych.gui.views.main_window import MainWindow

_TAIL = 4_000
"""Characters of what the conductor wrote that go into the details."""


class ExperimentCommands(QObject):
    """Wires the comparisons of one window; ``bar`` is what it shows of them."""

    def __init__(self, window: MainWindow, bar: ExperimentBar) -> None:
        super().__init__(window)
        self._window, self._context, self._actions = window, window.context, window.actions_
        self._experiments = window.context.experiments
        self.bar = bar
        self._following: Path | None = None
        """A comparison of this window whose sides are to be shown as they come."""
        self._shown: tuple[str, ...] = ()
        self._awaited: tuple[Path, tuple[str, ...]] | None = None
        does = {
            "compare": self.show_dialog,
            "sample": self.open_sample,
            "its_comparison": self._open_its,
        }
        for name, act in does.items():
            self._actions[name].triggered.connect(lambda _=False, act=act: act())
        window.runs.offer([self._actions["its_comparison"]])
        self._connect()
        self._update_enabled()

    def _connect(self) -> None:
        experiments, bar = self._experiments, self.bar
        experiments.trouble.connect(self._window.errors.say)
        experiments.started.connect(self._started)
        experiments.changed.connect(self._changed)
        experiments.ended.connect(self._ended)
        bar.cancel_wanted.connect(experiments.cancel)
        bar.open_wanted.connect(self.open)
        bar.again_wanted.connect(self.show_dialog)
        self._context.hub.entries_changed.connect(lambda _: self._listed())
        self._window.runs.chosen_changed.connect(self._update_enabled)
        self._window.empty.sample_wanted.connect(self.open_sample)

    # -- starting ---------------------------------------------------------------------

    def show_dialog(self) -> None:
        """Open the dialog, with the last choice in it."""
        from diptych.gui.views.new_compare.dialog import CompareDialog

        # One may have been added since, by the command line say.
        self._context.runtimes.refresh()
        dialog = CompareDialog(self._context, self._window)
        dialog.runtimes_wanted.connect(self._window.commands.show_runtimes)
        self._window.commands.dialogs.show("compare", dialog)

    # -- following --------------------------------------------------------------------

    def _started(self, path: Path) -> None:
        if self._experiments.is_own(path):
            self._following, self._shown = path, ()

    def _changed(self, path: Path, state: ExperimentState) -> None:
        found = self._experiments.get(path)
        if found is not None:
            self.bar.show_running(path, found.experiment, state)
        if path == self._following:
            self._show_sides(state)

    def _show_sides(self, state: ExperimentState) -> None:
        """Show the sides live as they begin, unless the user looks at something else by now."""
        hub, selection = self._context.hub, self._context.selection
        begun = tuple(run for run in state.runs if run is not None)
        known = tuple(run for run in begun if hub.entry(run) is not None)
        if len(known) < len(begun):
            hub.refresh()
        if known and known != self._shown:
            if self._shown and selection.shown != self._shown:
                self._following = None
                return
            if not self._shown:
                self._window.stage.choose(TAB_NAMES.index("Live"))
            selection.show(known)
            self._shown = selection.shown

    def _listed(self) -> None:
        found = self._experiments.get(self._following) if self._following else None
        if found is not None:
            self._show_sides(found.state)
        if self._awaited is not None and self._known(self._awaited[1]):
            path, self._awaited = self._awaited[0], None
            self.open(path)

    def _known(self, runs: tuple[str, ...]) -> bool:
        return all(self._context.hub.entry(run) is not None for run in runs)

    def _ended(self, path: Path, state: ExperimentState) -> None:
        if path == self._following:
            self._following = None
        if state.status in ("done", "cancelled"):
            self.bar.show_ended(path, state)
            return
        self.bar.drop(path)
        jobs.start(self, lambda: _what_happened(path, state), self._window.errors.say, self._lost)

    def _lost(self, error: Exception) -> None:
        self._window.errors.say(Trouble(tr("The comparison failed"), str(error)))

    # -- opening ----------------------------------------------------------------------

    def open(self, path: Path) -> None:
        """Show a comparison in its tab."""
        from diptych.gui.models.comparing import comparing_of

        self._window.stage.choose(TAB_NAMES.index("Compare"))
        comparing_of(self._context.hub, self._context.selection).open_comparison(path)

    def open_sample(self) -> None:
        """Show the recorded comparison; the first time it is copied into the home."""
        from diptych.profiling.compare import sample

        home = self._context.home

        def done(found: sample.Installed) -> None:
            self._awaited = (found.directory, found.runs)
            self._context.hub.refresh()
            self._listed()

        def failed(error: Exception) -> None:
            do = tr("Make room, or choose another folder with DIPTYCH_HOME, and try again.")
            what = tr("The sample comparison could not be opened")
            self._window.errors.say(Trouble(what, str(error), do))

        jobs.start(self, lambda: sample.install(home), done, failed)

    def _open_its(self) -> None:
        """Show the comparison to which the selected run belongs."""
        from diptych.profiling.compare import saved

        pair = self._pair()
        path = saved.find(pair, self._context.home) if pair else None
        if path is not None:
            self.open(path)
        elif pair:
            what = tr("The comparison of this run is gone")
            why = tr("There is no {name} in the folder of comparisons.", name=pair)
            do = tr("Select its runs together to compare them all the same.")
            self._window.errors.say(Trouble(what, why, do, level="info"))

    def _pair(self) -> str | None:
        """Return the one comparison to which all selected runs belong."""
        chosen = self._window.runs.keys()
        entries = (self._context.hub.entry(run) for run in chosen)
        pairs = {entry.pair for entry in entries if entry is not None}
        pair = pairs.pop() if len(pairs) == 1 else None
        return pair if is_comparison(pair) else None

    def _update_enabled(self) -> None:
        reason = "" if self._pair() else tr("What is selected was not run for one comparison.")
        self._actions.allow("its_comparison", reason)


def _what_happened(path: Path, state: ExperimentState) -> Trouble:
    """Put the end of a comparison into words: what, why, what to do."""
    from diptych.profiling.compare import interrupted, saved

    experiment, _ = saved.read(path)
    what = tr("The comparison {name} failed", name=title(experiment))
    why, do = state.text, tr("What its runs wrote is in their Log. Start it again with Compare.")
    if state.text == interrupted.TEXT:
        what = tr("The comparison {name} was interrupted", name=title(experiment))
        why = tr(
            "The process that carried it out is gone: it was killed, or the machine was restarted."
        )
        do = tr("Its runs were ended; what they measured until then is kept. Start it again.")
    return Trouble(what, why, do, details=_log(path), folder=str(path))


def _log(path: Path) -> str:
    try:
        return (path / "conductor.log").read_text(encoding="utf-8", errors="replace")[-_TAIL:]
    except OSError:
        return ""
