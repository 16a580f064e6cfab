"""The fields in which a person names a run, tags it and writes a note."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtWidgets import QGridLayout, QLineEdit, QPlainTextEdit, QWidget

from diptych.gui.text.plain import plain
from diptych.gui.text.tr import tr
from diptych.gui.theme import font, scaled
from diptych.gui.views.widgets import label
from diptych.profiling.runs.notes import LONGEST_NAME, RunNotes

Change = Callable[[RunNotes], RunNotes]
_LINES, _LEAST, _MOST = 17, 3, 10
_FAR_TOO_LONG = 2_000
"""Characters of a name beyond which it is shown only in part, and cannot be typed."""


class NotesEditor(QWidget):
    """Three fields. What is typed is never replaced by news of the run."""

    typed = Signal()
    """Something was typed."""
    left = Signal()
    """A field was left, or Enter pressed in it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.name, self.tags, self.note = QLineEdit(), QLineEdit(), QPlainTextEdit()
        self._tags: tuple[str, ...] = ()
        self._names = {
            self.name: label(tr("Name"), ink="label"),
            self.tags: label(tr("Tags"), ink="label"),
            self.note: label(tr("Note"), ink="label"),
        }
        self.name.setMaxLength(LONGEST_NAME)
        self.name.setAccessibleName(tr("Name of the run"))
        self.tags.setAccessibleName(tr("Tags of the run, with commas between them"))
        self.tags.setPlaceholderText(tr("baseline, fp16"))
        self.note.setAccessibleName(tr("Note on the run"))
        self.note.setPlaceholderText(tr("What was tried, and what came of it"))
        self.note.setTabChangesFocus(True)
        self.note.setFont(font())
        # As far from the edge as the text of the other fields.
        self.note.document().setDocumentMargin(8)
        self._lay_out()
        for field in (self.name, self.tags):
            field.textEdited.connect(self.typed)
            field.editingFinished.connect(self.left)
        self.note.textChanged.connect(self._note_changed)
        self.note.installEventFilter(self)
        self._fit_note()
        # A margin is a change to a document as well.
        self.start_over()

    def _lay_out(self) -> None:
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(12)
        grid.setVerticalSpacing(8)
        for row, (field, name) in enumerate(self._names.items()):
            name.setBuddy(field)
            top = Qt.AlignmentFlag.AlignTop if field is self.note else Qt.AlignmentFlag.AlignVCenter
            grid.addWidget(name, row, 0, top)
            grid.addWidget(field, row, 1)
        grid.setColumnStretch(1, 1)

    @property
    def dirty(self) -> bool:
        """Whether something was typed that was not taken yet."""
        note = self.note.document().isModified()
        return self.name.isModified() or self.tags.isModified() or note

    def load(self, notes: RunNotes, called: str) -> None:
        """Show what is said of a run that is ``called`` so without a name of its own."""
        self._tags = notes.tags
        self.name.setPlaceholderText(called)
        name, tags, note = notes.name or "", ", ".join(map(plain, notes.tags)), notes.note
        if not self.name.isModified() and self.name.text() != name:
            # A field of one line with much more text than fits is slow, and of no use.
            self.name.setText(name[:_FAR_TOO_LONG])
            self.name.setCursorPosition(0)
            self.name.setReadOnly(len(name) > _FAR_TOO_LONG)
        if not self.tags.isModified() and self.tags.text() != tags:
            self.tags.setText(tags)
        document = self.note.document()
        if not document.isModified() and self.note.toPlainText() != note:
            self.note.setPlainText(note)
            document.setModified(False)

    def start_over(self) -> None:
        """Forget what was typed."""
        self.name.setModified(False)
        self.tags.setModified(False)
        self.note.document().setModified(False)

    def only_tags(self) -> None:
        """Leave only what several runs can have in common."""
        for field in (self.name, self.note):
            field.hide()
            self._names[field].hide()

    def take(self) -> Change | None:
        """Return what was typed as a change, once; ``None`` when nothing was."""
        changes: list[Change] = []
        if self.name.isModified():
            name = self.name.text()
            changes.append(lambda notes: notes.renamed(name))
        if self.tags.isModified():
            changes.append(retagged(self._tags, self.tags.text()))
        if self.note.document().isModified():
            note = self.note.toPlainText()
            changes.append(lambda notes: notes.noted(note))
        self.start_over()
        return _together(changes) if changes else None

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """See when the note is left."""
        if watched is self.note and event.type() == QEvent.Type.FocusOut:
            self.left.emit()
        return super().eventFilter(watched, event)

    def _note_changed(self) -> None:
        self._fit_note()
        if self.note.document().isModified():
            self.typed.emit()

    def _fit_note(self) -> None:
        lines = min(_MOST, max(_LEAST, self.note.document().blockCount()))
        self.note.setFixedHeight(scaled(lines * _LINES + 14))


def retagged(before: Sequence[str], text: str) -> Change:
    """Return the change from the tags ``before`` to those in ``text``, with commas between."""
    wanted = [part.strip() for part in text.split(",") if part.strip().strip("#")]
    kept = {tag.removeprefix("#").strip().casefold() for tag in wanted}
    gone = [tag for tag in before if plain(tag).casefold() not in kept]
    return lambda notes: notes.tagged(wanted, gone)


def _together(changes: Sequence[Change]) -> Change:
    def change(notes: RunNotes) -> RunNotes:
        for one in changes:
            notes = one(notes)
        return notes

    return change
