"""Name, tags and note of the run whose details are shown; kept as they are typed."""

from __future__ import annotations

from msgspec import structs
from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from diptych.gui.models.care import care_of
from diptych.gui.models.hub import RunHub
from diptych.gui.text.names import title, title_of
from diptych.gui.text.plain import one_line
from diptych.gui.text.tr import tr
from diptych.gui.views.notes_editor import NotesEditor
from diptych.gui.views.widgets import Elided, label
from diptych.profiling.runs.notes import RunNotes
from diptych.profiling.runs.snapshot import RunSnapshot

_PAUSE_MS = 1_500
"""Without a key for that long, what was typed is kept; leaving a field keeps it at once."""
_SETTLE_MS = 2_000
"""After it was kept, for that long what is read of the run is not shown: it may be older."""


class NotesPanel(QWidget):
    """Belongs to one run at a time."""

    def __init__(self, hub: RunHub, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._hub, self._care = hub, care_of(hub)
        self._run: str | None = None
        self._ahead = False
        self._asked = 0
        """Changes on their way: before the last one is kept, what was kept is older than shown."""
        self._started: str | None = None
        self.title = Elided(size=14, weight=600)
        self.editor = NotesEditor()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self.commit)
        self._settling = QTimer(self)
        self._settling.setSingleShot(True)
        self._settling.setInterval(_SETTLE_MS)
        self._settling.timeout.connect(self._settled)
        self._said = label(ink="hint", size=11)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        head.addWidget(self._said)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(10)
        column.addLayout(head)
        column.addWidget(self.editor)
        self.editor.typed.connect(self._typed)
        self.editor.left.connect(self.commit)
        self._care.edited.connect(self._kept)
        self._care.not_edited.connect(self._not_kept)

    def show_run(self, snapshot: RunSnapshot) -> None:
        """Show what is said of a run, unless something else is being typed or kept."""
        if snapshot.id != self._run:
            self.commit()
            self._run, self._asked = snapshot.id, 0
            self._catch_up()
            self.editor.start_over()
            self._said.clear()
        if not self._ahead:
            self.title.show_text(title_of(snapshot))
            self._load(snapshot)

    def _load(self, snapshot: RunSnapshot) -> None:
        request = snapshot.manifest.request if snapshot.manifest else None
        self._started = request.name if request else None
        framework = snapshot.framework.name if snapshot.framework else None
        if request is not None and framework is None:
            framework = request.framework
        subject = (request.workload or request.script or "") if request else ""
        called = title(framework, subject.rpartition("/")[2], None, snapshot.id)
        notes = snapshot.notes
        whole = RunNotes(name=snapshot.name, note=notes.note, tags=notes.tags)
        self.editor.load(whole, called)

    def commit(self) -> None:
        """Keep what was typed."""
        self._timer.stop()
        change = self.editor.take()
        if change is not None and self._run is not None:
            # What is read of the run in the next moment may be older than this.
            self._settling.stop()
            self._ahead = True
            self._asked += 1
            self._care.edit([self._run], change)

    def hideEvent(self, event: QHideEvent) -> None:
        """Keep what was typed last."""
        super().hideEvent(event)
        self.commit()
        self._catch_up()

    def _typed(self) -> None:
        self._said.clear()
        self._timer.start()

    def _kept(self, run: str, notes: RunNotes) -> None:
        if run == self._run and self._is_last():
            called = self.editor.name.placeholderText()
            name = notes.name or self._started
            self.editor.load(structs.replace(notes, name=name), called)
            self.title.show_text(one_line(name or "") or called)
            self._said.setText(tr("Kept in the folder of the run"))
            if self.isVisible():
                self._settling.start()

    def _is_last(self) -> bool:
        self._asked = max(0, self._asked - 1)
        return not self._asked

    def _not_kept(self, run: str) -> None:
        if run == self._run and self._is_last():
            self._said.clear()
            self._settled()

    def _settled(self) -> None:
        """Follow the run again."""
        self._catch_up()
        snapshot = self._hub.latest(self._run) if self._run is not None else None
        if snapshot is not None:
            self.show_run(snapshot)

    def _catch_up(self) -> None:
        self._settling.stop()
        self._ahead = False
