"""What the actions of the window do to keep runs tidy: name, note, tags, trash."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QAction, QGuiApplication

from diptych.gui.models.care import care_of
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.names import quoted
from diptych.gui.text.runs import describe, is_foreign, short_path
from diptych.gui.text.tr import tr, trn
from diptych.gui.views.open_dialogs import OpenDialogs
from diptych.profiling.runs.store import RunEntry

if TYPE_CHECKING:
    from diptych.gui.views.main_window import MainWindow

FOR_RUN = (None, "rename", "notes", "copy_id", None, "delete")


class CareCommands(QObject):
    """Wires these actions of one window."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._window, self._context, self._actions = window, window.context, window.actions_
        self._care = care_of(window.context.hub)
        self.dialogs = OpenDialogs()
        self._known: dict[str, RunEntry] = {}
        self._seen: tuple[tuple[str, ...], tuple[str, ...]] = ((), ())
        self._gone: list[Trouble] = []
        self._cleared = False
        does = {
            "rename": self._rename,
            "notes": self._notes,
            "copy_id": self._copy_id,
            "delete": window.runs.delete,
            "undo": self._care.undo,
            "trash": self.show_trash,
        }
        for name, act in does.items():
            self._actions[name].triggered.connect(lambda _=False, act=act: act())
        self._only_in_list(self._actions["delete"])
        window.runs.offer([self._separator() if n is None else self._actions[n] for n in FOR_RUN])
        self._connect()
        self.update_enabled()

    def _connect(self) -> None:
        care, window = self._care, self._window
        care.trouble.connect(window.errors.say)
        care.live.connect(self._offer_stop)
        care.undo_changed.connect(self.update_enabled)
        window.runs.chosen_changed.connect(self.update_enabled)
        self._context.selection.shown_changed.connect(self._note_shown)
        self._context.hub.entries_changed.connect(self._listed)

    def _separator(self) -> QAction:
        made = QAction(self)
        made.setSeparator(True)
        return made

    def _only_in_list(self, action: QAction) -> None:
        """Let the key of an action mean it only where the runs have the focus."""
        view = self._window.runs.view
        self._window.removeAction(action)
        action.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        view.addAction(action)

    def update_enabled(self) -> None:
        """Allow what can be done to the selected runs; say of the rest why it cannot."""
        chosen = self._chosen()
        some = "" if chosen else tr("No run is selected.")
        ours = [entry for entry in chosen if not is_foreign(entry)]
        own = some or ("" if ours else tr("What is selected is not a Diptych run."))
        undoable = "" if self._care.undoable else tr("Nothing was deleted.")
        for name, reason in (
            ("rename", own),
            ("notes", own),
            ("copy_id", some),
            ("delete", own),
            ("undo", undoable),
        ):
            self._actions.allow(name, reason)

    def _chosen(self) -> list[RunEntry]:
        chosen = self._window.runs.keys()
        entries = (self._context.hub.entry(run) for run in chosen)
        return [entry for entry in entries if entry is not None]

    # -- actions ----------------------------------------------------------------------

    def _rename(self) -> None:
        self._window.runs.view.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self._window.runs.rename()

    def _notes(self) -> None:
        from diptych.gui.views.notes_dialog import NotesDialog

        entries = [entry for entry in self._chosen() if not is_foreign(entry)]
        if entries:
            self.dialogs.show("notes", NotesDialog(self._context.hub, entries, self._window))

    def show_trash(self) -> None:
        """Show what is in the trash."""
        from diptych.gui.views.trash_dialog import TrashDialog

        self.dialogs.show("trash", TrashDialog(self._care, self._window))

    def _copy_id(self) -> None:
        ids = [Path(entry.id).name for entry in self._chosen()]
        QGuiApplication.clipboard().setText("\n".join(ids))

    def _offer_stop(self, runs: Sequence[str]) -> None:
        from diptych.gui.views import help as dialogs

        count = len(runs)
        stop = trn("Stop it", "Stop {n} runs", count)
        title = trn(
            "{name} is still going", "{n} runs are still going", count, name=self._names(runs)
        )
        text = trn(
            "A run that is live cannot go to the trash. Stop it, and delete it when it has ended.",
            "Runs that are live cannot go to the trash. Stop them, and delete them when they have "
            "ended.",
            count,
        )
        if dialogs.ask(self._window, title, text, stop) == stop:
            self._context.steering.stop(runs)

    # -- what happens to runs elsewhere ---------------------------------------------------

    def _note_shown(self) -> None:
        # By the time a run is known to be gone it is no longer among those that are shown.
        shown = self._context.selection.shown
        if set(shown) - set(self._seen[1]):
            # Another run was chosen: what was said of those that are gone has been read.
            for trouble in self._gone:
                self._window.errors.forget(trouble)
            self._gone.clear()
        self._seen = (self._seen[1], shown)

    def _listed(self, entries: list[RunEntry]) -> None:
        if not self._cleared:
            # What is long in the trash goes when the window stands and has listed its runs.
            self._cleared = True
            self._care.clear_old()
        known = {entry.id: entry for entry in entries}
        seen = {*self._seen[0], *self._seen[1]}
        for run in seen & (self._known.keys() - known.keys()):
            self._tell_gone(self._known[run])
        self._known = known
        self.update_enabled()

    def _tell_gone(self, entry: RunEntry) -> None:
        if self._care.took(entry.directory):
            return
        name = quoted(describe(entry, None).title)
        where = short_path(entry.directory.parent)

        def tell(trashed: bool) -> None:
            if trashed:
                what = tr("{name} was moved to the trash elsewhere", name=name)
                self._say(what, tr("Run › Trash puts it back."))
            else:
                what = tr("{name} is no longer there", name=name)
                self._say(what, tr("Its folder is gone from {where}.", where=where))

        self._care.is_trashed(entry.directory, tell)

    def _say(self, what: str, why: str) -> None:
        trouble = Trouble(what, why, level="info")
        self._gone.append(trouble)
        self._window.errors.say(trouble)

    def _names(self, runs: Sequence[str]) -> str:
        entry = self._context.hub.entry(runs[0])
        return quoted(describe(entry, None).title) if entry is not None else runs[0]
