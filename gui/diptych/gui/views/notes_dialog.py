"""Name, tags and note of a run, or the tags of several, in a dialog."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from diptych.gui.models.care import care_of
from diptych.gui.models.hub import RunHub
from diptych.gui.text.runs import describe
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import scaled
from diptych.gui.views.help import Plain, primary
from diptych.gui.views.notes_editor import NotesEditor
from diptych.gui.views.widgets import Elided, label
from diptych.profiling.runs.notes import RunNotes
from diptych.profiling.runs.store import RunEntry


class NotesDialog(Plain):
    """Keeps what was typed when it is accepted."""

    def __init__(
        self, hub: RunHub, entries: Sequence[RunEntry], parent: QWidget | None = None
    ) -> None:
        super().__init__(tr("Note and tags"), parent)
        self._runs = [entry.id for entry in entries]
        self._care = care_of(hub)
        self.editor = NotesEditor()
        first = entries[0]
        title = describe(first, hub.latest(first.id)).title
        if len(entries) > 1:
            title = trn("Tags of {n} run", "Tags of {n} runs", len(entries))
            self.editor.only_tags()
        body = QVBoxLayout()
        body.setSpacing(12)
        body.addWidget(Elided(title, size=14, weight=600))
        body.addWidget(self.editor)
        hint = tr("Kept in the folder of the run.")
        if len(entries) > 1:
            hint = tr("Shown are the tags that all of them have; others stay as they are.")
        body.addWidget(label(hint, ink="hint", size=11, wrap=True))
        body.addStretch(1)
        cancel = QPushButton(tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.keep = primary(tr("Keep"))
        self.keep.clicked.connect(self.accept)
        self.fill(body, None, cancel, self.keep)
        self.setMinimumWidth(scaled(480))
        if len(entries) > 1:
            self.editor.load(RunNotes(tags=common_tags(entries)), "")
            self.editor.tags.setFocus()
        else:
            self._load(first, hub)

    def _load(self, entry: RunEntry, hub: RunHub) -> None:
        """Show all that is said of the run; the list knows only the beginning of a note."""
        called = describe(entry, hub.latest(entry.id)).title
        self.editor.setEnabled(False)

        def done(notes: RunNotes) -> None:
            self.editor.load(RunNotes(name=entry.name, note=notes.note, tags=notes.tags), called)
            self.editor.setEnabled(True)
            self.editor.note.setFocus()

        self._care.read(entry.id, done, self)

    def accept(self) -> None:
        """Keep it."""
        change = self.editor.take()
        if change is not None:
            self._care.edit(self._runs, change)
        super().accept()


def common_tags(entries: Sequence[RunEntry]) -> tuple[str, ...]:
    """Return the tags that all runs have, as the first of them writes them."""
    sets = [{tag.casefold() for tag in entry.tags} for entry in entries]
    return tuple(tag for tag in entries[0].tags if all(tag.casefold() in s for s in sets))
