"""What the actions of the window do to runs, and which of them can be done now."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QAction, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenuBar, QWidget

from diptych.gui.models.context import Context
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.runs import is_foreign
from diptych.gui.text.tr import tr
from diptych.gui.views.actions import Actions
from diptych.gui.views.error_bar import ErrorBar
from diptych.gui.views.open_dialogs import OpenDialogs
from diptych.profiling.records.layout import RunPaths
from diptych.profiling.runner import launch
from diptych.profiling.runs.files import RunError, load_manifest

CAPTURE_STEPS = 5


def _csv_name(run: str) -> str:
    return f"{Path(run).name}-steps.csv"


class Commands(QObject):
    """Wires the actions of one window."""

    opened = Signal()
    """A run folder was opened and is shown."""

    def __init__(
        self, window: QWidget, context: Context, actions: Actions, errors: ErrorBar
    ) -> None:
        super().__init__(window)
        self._window, self._context, self._errors = window, context, errors
        self._actions = actions
        self.dialogs = OpenDialogs()
        self._asked = False
        does = {
            "new": lambda: self.new_run(""),
            "open": self.open_folder,
            "export_csv": self._export_steps,
            "export_traces": self._export_traces,
            "runtimes": self.show_runtimes,
            "copy_path": self._copy_path,
            "copy_command": self._copy_command,
            "refresh": self._refresh,
            "stop": self._stop,
            "capture": lambda: context.steering.capture(self._live(), CAPTURE_STEPS),
            "capture_setup": self._capture_setup,
            "folder": self._open_folder_outside,
            "cancel_waiting": self._cancel_waiting,
            "guide": lambda: self.show_guide(""),
            "problems": self._show_problems,
            "about": self._show_about,
        }
        for name, act in does.items():
            actions[name].triggered.connect(lambda _=False, act=act: act())
        context.selection.shown_changed.connect(self.update_enabled)
        context.hub.entries_changed.connect(lambda _: self.update_enabled())
        context.hub.snapshot_changed.connect(lambda *_: self.update_enabled())
        context.queue.changed.connect(self.update_enabled)
        self.update_enabled()

    def for_run(self) -> list[QAction]:
        """Return the actions of a run's context menu."""
        names = ("stop", "capture", "folder", "copy_path", "copy_command", "export_csv")
        return [self._actions[name] for name in (*names, "export_traces")]

    def update_enabled(self) -> None:
        """Enable what can be done to the shown runs; say of the rest why it cannot."""
        shown, live = self._context.selection.shown, self._live()
        runs = any(map(self._is_run, shown))
        some = "" if shown else tr("No run is shown.")
        alive = some or ("" if live else tr("No shown run is live."))
        none = tr("What is shown is not a Diptych run.")
        steps = some or ("" if runs else none)
        traced = any(map(self._has_trace, shown))
        traces = some or ("" if traced else tr("The shown runs have no finished trace."))
        reasons = {
            "stop": alive,
            "capture": alive,
            "capture_setup": alive,
            "folder": some,
            "copy_path": some,
            "copy_command": steps,
            "export_csv": steps,
            "export_traces": traces,
            "cancel_waiting": "" if self._context.queue.waiting else tr("No run waits."),
        }
        for name, reason in reasons.items():
            self._actions.allow(name, reason)

    # -- runs ---------------------------------------------------------------------

    def _live(self) -> list[str]:
        return [run for run in self._context.selection.shown if self._context.is_live(run)]

    def _has_trace(self, run: str) -> bool:
        snapshot = self._context.hub.latest(run)
        windows = snapshot.windows if snapshot else ()
        return any(window.trace and window.trace.path for window in windows)

    def _is_run(self, run: str) -> bool:
        entry = self._context.hub.entry(run)
        return entry is not None and not is_foreign(entry)

    def _directories(self) -> list[Path]:
        found = (self._context.hub.directory(run) for run in self._context.selection.shown)
        return [directory for directory in found if directory is not None]

    def _stop(self) -> None:
        self._context.steering.stop(self._live())

    def _cancel_waiting(self) -> None:
        for waiting in self._context.queue.waiting:
            self._context.queue.cancel(waiting.key)

    def _refresh(self) -> None:
        self._context.hub.refresh()
        self._context.runtimes.refresh()

    def pair_of(self, directory: Path) -> str | None:
        """Return the pair to which a run belongs."""
        with contextlib.suppress(RunError):
            return load_manifest(directory).request.pair
        return None

    def _copy_path(self) -> None:
        QGuiApplication.clipboard().setText("\n".join(map(str, self._directories())))

    def _copy_command(self) -> None:
        entries = [self._context.hub.entry(run) for run in self._context.selection.shown]
        requests = [entry.manifest.request for entry in entries if entry and entry.manifest]
        with contextlib.suppress(ValueError):
            lines = [launch.shell_command(request) for request in requests]
            QGuiApplication.clipboard().setText("\n".join(lines))

    def _open_folder_outside(self) -> None:
        for directory in self._directories():
            if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(directory))):
                say = Trouble(
                    tr("The folder could not be opened"),
                    tr("The desktop has no file manager that could be started."),
                    tr("It is {directory}", directory=directory),
                )
                self._errors.say(say)

    def open_folder(self) -> None:
        """Let the user name a run directory, and show it."""
        chosen = QFileDialog.getExistingDirectory(
            self._window, tr("Open a run folder"), str(self._context.hub.runs)
        )
        if chosen:
            self.open_run(Path(chosen))

    def open_run(self, directory: Path) -> None:
        """Show the run in ``directory``, or say why it is none."""
        hub = self._context.hub
        known = next((e.id for e in hub.entries if e.directory == directory.absolute()), None)
        if known is None and not RunPaths(directory).manifest.exists():
            self._errors.say(
                Trouble(
                    tr("{name} is not a run folder", name=directory.name),
                    tr("There is no manifest.json in it."),
                    tr("Choose a folder such as 20261123T101502-torch-resnet18-k3f9."),
                    str(directory),
                )
            )
            return
        hub.open(directory)
        self._show_when_listed(directory.absolute())

    def _show_when_listed(self, directory: Path) -> None:
        hub, selection = self._context.hub, self._context.selection

        def look() -> None:
            entry = next((e for e in hub.entries if e.directory == directory), None)
            if entry is not None:
                with contextlib.suppress(RuntimeError):
                    hub.entries_changed.disconnect(look)
                selection.show([entry.id])
                self.opened.emit()

        hub.entries_changed.connect(look)
        look()

    # -- export ---------------------------------------------------------------------

    def _export_steps(self) -> None:
        shown = self._context.selection.shown
        if len(shown) == 1:
            start = str(Path.home() / _csv_name(shown[0]))
            chosen, _ = QFileDialog.getSaveFileName(
                self._window, tr("Export the steps"), start, "CSV (*.csv)"
            )
            if chosen:
                self._context.steering.export_steps(shown[0], Path(chosen))
            return
        folder = self._ask_folder(tr("Write the steps of each run to"))
        for run in filter(self._is_run, shown):
            if folder is not None:
                self._context.steering.export_steps(run, folder / _csv_name(run))

    def _export_traces(self) -> None:
        folder = self._ask_folder(tr("Copy the Chrome traces to"))
        for run in filter(self._has_trace, self._context.selection.shown):
            if folder is not None:
                # The traces of every run have the same names.
                self._context.steering.export_traces(run, folder / f"{Path(run).name}-traces")

    def _ask_folder(self, title: str) -> Path | None:
        chosen = QFileDialog.getExistingDirectory(self._window, title, str(Path.home()))
        return Path(chosen) if chosen else None

    # -- dialogs --------------------------------------------------------------------

    def new_run(self, source: str = "") -> None:
        """Open the New run dialog; ``source`` is ``catalogue``, ``script``, or as last time."""
        from diptych.gui.views.new_run.dialog import NewRunDialog

        # One may have been added since, by the command line say.
        self._context.runtimes.refresh()
        dialog = NewRunDialog(self._context, self._window)
        if source:
            dialog.choose_source(source)
        dialog.runtimes_wanted.connect(self.show_runtimes)
        self.dialogs.show("new", dialog)

    def show_runtimes(self) -> None:
        """Open the Runtimes dialog."""
        from diptych.gui.views.runtimes_dialog import RuntimesDialog

        self.dialogs.show("runtimes", RuntimesDialog(self._context.runtimes, self._window))

    def install_runtime(self, framework: str) -> None:
        """Create the runtime of ``framework`` and show how it goes."""
        self._context.runtimes.install(framework)
        self.show_runtimes()

    def _capture_setup(self) -> None:
        from diptych.gui.views.capture_dialog import CaptureDialog

        selection = self._context.selection
        frameworks = {selection.look(run).framework for run in self._live()}
        dialog = CaptureDialog(frameworks, self._window)
        dialog.wanted.connect(self._capture_as)
        self.dialogs.show("capture", dialog)

    def _capture_as(self, steps: int, options: Sequence[str]) -> None:
        self._context.steering.capture(self._live(), steps, options)

    def show_keys(self, menus: QMenuBar) -> None:
        """List every key of the actions in ``menus``."""
        from diptych.gui.views.keys import KeysDialog

        self.dialogs.show("keys", KeysDialog(menus, self._window))

    def show_guide(self, section: str) -> None:
        """Open the guide at the section of that name."""
        from diptych.gui.views.guide import GuideDialog

        self.dialogs.show("guide", GuideDialog(section, self._window))

    def _show_problems(self) -> None:
        from diptych.gui.views.problems import ProblemsDialog

        self.dialogs.show("problems", ProblemsDialog(self._errors.history, self._window))

    def _show_about(self) -> None:
        from diptych.gui.views.help import AboutDialog

        self.dialogs.show("about", AboutDialog(self._context.home, self._window))
