"""The sidebar: filter, the runs by day, what was just deleted, how many there are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QStackedLayout, QVBoxLayout, QWidget

from diptych.gui.models.care import Batch, care_of
from diptych.gui.models.hub import RunHub
from diptych.gui.models.queue import RunQueue
from diptych.gui.models.run_list import ROW, RunListModel
from diptych.gui.models.run_rows import Row
from diptych.gui.models.selection import Selection
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import bind_icon, font, manager, scaled
from diptych.gui.theme.tokens import SIDEBAR
from diptych.gui.views.runs_choice import RunsChoice
from diptych.gui.views.runs_view import RunsView
from diptych.gui.views.undo_bar import UndoBar
from diptych.gui.views.widgets import hairline, icon_button, label, part

_FILTER_TIP = tr(
    "Words of the name, the setup or the state; tag:x, framework:torch, state:failed, "
    "note:x; a minus leaves out"
)


class RunsList(QWidget):
    """Selecting runs shows them; several are overlaid."""

    opened = Signal(str)
    """A run was double-clicked, or Enter pressed on it."""
    new_wanted = Signal()
    cancel_wanted = Signal(str)
    """Key of a waiting run."""
    chosen_changed = Signal()
    """Other runs are selected."""

    def __init__(
        self,
        hub: RunHub,
        queue: RunQueue,
        selection: Selection,
        menu_actions: Sequence[QAction],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        part(self, "sidebar")
        self.setMinimumWidth(scaled(180))
        self.resize(scaled(SIDEBAR), self.height())
        self._hub, self._selection, self._actions = hub, selection, list(menu_actions)
        self._care = care_of(hub)
        self.model = RunListModel(hub, queue, self)
        self.filter = self._make_filter()
        self.view = RunsView(self.model, selection)
        self.choice = RunsChoice(self.view, selection)
        self.undo_bar = UndoBar()
        self._footer = label(ink="label", size=11)
        self._next: str | None = None
        self._lay_out()
        self._connect()
        self.model.refresh()
        self.choice.restore()

    def _make_filter(self) -> QLineEdit:
        made = QLineEdit()
        made.setPlaceholderText(tr("Filter runs"))
        made.setAccessibleName(tr("Filter runs"))
        made.setAccessibleDescription(_FILTER_TIP)
        made.setToolTip(_FILTER_TIP)
        made.setClearButtonEnabled(True)
        action = QAction(made)
        bind_icon(action, "filter", "text2")
        made.addAction(action, QLineEdit.ActionPosition.LeadingPosition)
        made.textChanged.connect(self._filter)
        return made

    def _connect(self) -> None:
        view, care = self.view, self._care
        view.group_pressed.connect(self._pressed)
        view.fold_wanted.connect(self._fold)
        view.doubleClicked.connect(self._open)
        view.opened.connect(self._open)
        view.menu_wanted.connect(self._menu)
        self.choice.changed.connect(self._count)
        self.model.renamed.connect(care.rename)
        care.not_edited.connect(self.model.forget_typed)
        care.moved.connect(self._moved)
        care.restored.connect(self._restored)
        care.undo_changed.connect(self._undo_changed)
        self.undo_bar.undo_wanted.connect(care.undo)
        manager().changed.connect(view.viewport().update)

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(14, 6, 8, 4)
        head.addWidget(label(tr("Runs"), weight=600), 1)
        plus = icon_button("plus", tr("New run"), "Ctrl+N")
        plus.clicked.connect(self.new_wanted)
        head.addWidget(plus)
        column.addLayout(head)
        line = QHBoxLayout()
        line.setContentsMargins(10, 0, 10, 6)
        line.addWidget(self.filter)
        column.addLayout(line)
        self._stack = QStackedLayout()
        self._stack.addWidget(self.view)
        self._nothing = self._empty()
        self._stack.addWidget(self._nothing)
        column.addLayout(self._stack, 1)
        column.addWidget(self.undo_bar)
        column.addWidget(hairline())
        foot = QHBoxLayout()
        foot.setContentsMargins(14, 6, 14, 6)
        foot.addWidget(self._footer)
        column.addLayout(foot)

    def _empty(self) -> QWidget:
        made = QWidget()
        column = QVBoxLayout(made)
        column.setContentsMargins(16, 0, 16, 0)
        column.addStretch(1)
        self._none = label(ink="label", weight=600)
        self._hint = label(ink="hint", size=11, wrap=True)
        for words in (self._none, self._hint):
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(words)
        column.addStretch(4)
        return made

    def keys(self) -> list[str]:
        """Return the ids of the selected runs, in the order of the list."""
        return self.choice.keys()

    def offer(self, actions: Sequence[QAction]) -> None:
        """Put more actions into the menu of a run."""
        self._actions += actions

    def _count(self) -> None:
        total, shown = len(self._hub.entries), len(self._selection.shown)
        fitting, chosen = self.model.runs_shown, len(self.choice.keys())
        filtered = bool(self.filter.text())
        parts = [trn("{n} run", "{n} runs", total)]
        if filtered:
            parts = [trn("{n} of {total} runs", "{n} of {total} runs", fitting, total=f"{total:,}")]
        if chosen > shown:
            parts.append(trn("{n} selected", "{n} selected", chosen))
        if total:
            parts.append(trn("{n} shown", "{n} shown", shown))
        self._footer.setText(" · ".join(parts))
        empty = not self.model.rows
        self._stack.setCurrentWidget(self._nothing if empty else self.view)
        self._none.setText(tr("No run fits") if filtered else tr("No runs yet"))
        hint = tr("Esc clears the filter.")
        self._hint.setText(hint if filtered else tr("Runs you make or open appear here."))
        self.chosen_changed.emit()

    # -- what is done to it -----------------------------------------------------------

    def rename(self) -> None:
        """Let the name of the current run be typed."""
        keys = self.keys()
        current = self.view.currentIndex()
        if keys and (not current.isValid() or self.model.rows[current.row()].key not in keys):
            current = self.model.index(self.model.row_of(keys[0]) or 0)
        if current.isValid():
            self.view.rename(current)

    def delete(self) -> None:
        """Move the selected runs to the trash."""
        runs = self.keys()
        if runs:
            self._next = self.choice.neighbour(runs)
            self._care.delete(runs)

    def _moved(self, batch: Batch) -> None:
        self.undo_bar.say(batch.words)
        if self._next is not None and self._next not in self._selection.shown:
            self._selection.show([self._next])
        self._next = None

    def _restored(self, directories: list[Path]) -> None:
        self.choice.expect([directory.name for directory in directories])

    def _undo_changed(self) -> None:
        batch = self._care.undoable
        if batch is None:
            self.undo_bar.hide()
        elif self.undo_bar.isVisible():
            self.undo_bar.say(batch.words)

    def _filter(self, text: str) -> None:
        self.model.filter(text)
        self._count()

    def _fold(self, close: bool) -> None:
        current = self.view.currentIndex()
        if not close:
            self.model.open_all()
        elif current.isValid():
            self.model.toggle(self.model.group_of(current.row()))

    def _pressed(self, index: QModelIndex) -> None:
        row: Row = index.data(ROW)
        if row.group:
            self.model.toggle(row.key)

    def _open(self, index: QModelIndex) -> None:
        row: Row = index.data(ROW)
        if row.is_run:
            self._selection.show([row.key])
            self.opened.emit(row.key)

    def _menu(self, index: QModelIndex, at: QPoint) -> None:
        row: Row | None = index.data(ROW) if index.isValid() else None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setFont(font())
        menu.setToolTipsVisible(True)
        if row is not None and row.waiting is not None:
            cancel = menu.addAction(tr("Do not start it"))
            cancel.setEnabled(not row.waiting.starting)
            cancel.triggered.connect(lambda: self.cancel_wanted.emit(row.key))
        elif row is not None and row.is_run:
            if row.key not in self.keys():
                self._selection.show([row.key])
            menu.addActions(self._actions)
        if menu.actions():
            menu.popup(at)
        else:
            menu.deleteLater()
