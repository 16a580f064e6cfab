"""The sidebar: filter, the runs by day, how many there are."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QAction, QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QLineEdit,
    QListView,
    QMenu,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.hub import RunHub
from diptych.gui.models.queue import RunQueue
from diptych.gui.models.run_list import ROW, RunListModel
from diptych.gui.models.run_rows import Row
from diptych.gui.models.selection import Selection
from diptych.gui.text import format as fmt
from diptych.gui.theme import bind_icon, font, manager
from diptych.gui.theme.tokens import SIDEBAR
from diptych.gui.views.run_delegate import RunDelegate
from diptych.gui.views.widgets import hairline, icon_button, label, part


class _List(QListView):
    """Enter opens a run; a click on a group opens or closes it, as do Left and Right."""

    opened = Signal(QModelIndex)
    group_pressed = Signal(QModelIndex)
    fold_wanted = Signal(bool)
    """Close the group of the current run (true), or open all (false)."""

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Keep the selection where the press is not on a run."""
        index = self.indexAt(event.position().toPoint())
        if index.flags() & Qt.ItemFlag.ItemIsSelectable:
            super().mousePressEvent(event)
            return
        if index.isValid() and event.button() == Qt.MouseButton.LeftButton:
            self.group_pressed.emit(index)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Take Enter, Left and Right; the view's own handling is the platform's."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.opened.emit(self.currentIndex())
            event.accept()
            return
        if event.key() in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.fold_wanted.emit(event.key() == Qt.Key.Key_Left)
            event.accept()
            return
        # Left to the window: "/" filters and Space follows, they select nothing.
        if event.text() in ("/", " "):
            event.ignore()
            return
        super().keyPressEvent(event)


class RunsList(QWidget):
    """Selecting runs shows them; several are overlaid."""

    opened = Signal(str)
    """A run was double-clicked, or Enter pressed on it."""
    new_wanted = Signal()
    cancel_wanted = Signal(str)
    """Key of a waiting run."""

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
        self.setMinimumWidth(180)
        self.resize(SIDEBAR, self.height())
        self._hub, self._selection, self._actions = hub, selection, menu_actions
        self.model = RunListModel(hub, queue, self)
        self.filter = self._make_filter()
        self.view = self._make_view()
        self._footer = label(ink="label", size=11)
        self._restoring = self._choosing = False
        self._before: tuple[str, int] = ("", 0)
        self._shown: tuple[str, ...] = ()
        self._wanted: str | None = None
        self._lay_out()
        self.model.about_to_change.connect(self._note_place)
        self.model.rows_changed.connect(self._rows_changed)
        selection.shown_changed.connect(self._shown_changed)
        manager().changed.connect(self.view.viewport().update)
        self.model.refresh()
        self._restore()

    def _make_filter(self) -> QLineEdit:
        made = QLineEdit()
        made.setPlaceholderText("Filter runs")
        made.setAccessibleName("Filter runs")
        made.setClearButtonEnabled(True)
        action = QAction(made)
        bind_icon(action, "filter", "text2")
        made.addAction(action, QLineEdit.ActionPosition.LeadingPosition)
        made.textChanged.connect(self._filter)
        return made

    def _make_view(self) -> _List:
        made = _List()
        made.setAccessibleName("Runs")
        made.setModel(self.model)
        made.setItemDelegate(RunDelegate(self._selection, made))
        made.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        made.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        made.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        made.setMouseTracking(True)
        made.setUniformItemSizes(False)
        made.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        made.customContextMenuRequested.connect(self._menu)
        made.selectionModel().selectionChanged.connect(self._selected)
        made.group_pressed.connect(self._pressed)
        made.fold_wanted.connect(self._fold)
        made.doubleClicked.connect(self._open)
        made.opened.connect(self._open)
        return made

    def _lay_out(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        head = QHBoxLayout()
        head.setContentsMargins(14, 6, 8, 4)
        head.addWidget(label("Runs", weight=600), 1)
        plus = icon_button("plus", "New run", "Ctrl+N")
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
        self._none = label("No runs yet", ink="label", weight=600)
        self._hint = label("Runs you make or open appear here.", ink="hint", size=11, wrap=True)
        for words in (self._none, self._hint):
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(words)
        column.addStretch(4)
        return made

    # -- what is selected -----------------------------------------------------------

    def keys(self) -> list[str]:
        """Return the ids of the selected runs, in the order of the list."""
        indexes = sorted(self.view.selectionModel().selectedIndexes(), key=lambda i: i.row())
        rows: list[Row] = [index.data(ROW) for index in indexes]
        return [row.key for row in rows if row.run is not None]

    def _selected(self, *_: object) -> None:
        if self._restoring:
            return
        chosen = self.keys()
        adding = QGuiApplication.keyboardModifiers() & Qt.KeyboardModifier.ControlModifier
        # What is filtered out or in a closed group stays when a run is added to it.
        hidden = {run for run in self._selection.shown if self.model.row_of(run) is None}
        wanted = {*chosen, *(hidden if adding else ())}
        kept = [run for run in self._selection.shown if run in wanted]
        self._choosing = True
        self._selection.show([*kept, *(run for run in chosen if run not in kept)])
        self._choosing = False
        if set(self._selection.shown) != set(chosen):
            self._restore()

    def _restore(self) -> None:
        """Let the list show what is selected: after a reset, or when somebody else chose."""
        self._restoring = True
        selected = QItemSelection()
        for run in self._selection.shown:
            row = self.model.row_of(run)
            if row is not None:
                index = self.model.index(row)
                selected.select(index, index)
        flag = QItemSelectionModel.SelectionFlag.ClearAndSelect
        self.view.selectionModel().select(selected, flag)
        if not self.view.currentIndex().isValid() and selected.indexes():
            self._make_current(selected.indexes()[0])
        self._restoring = False
        self._count()
        self.view.viewport().update()

    def _make_current(self, index: QModelIndex) -> None:
        none = QItemSelectionModel.SelectionFlag.NoUpdate
        self.view.selectionModel().setCurrentIndex(index, none)

    def _note_place(self) -> None:
        row: Row | None = self.view.currentIndex().data(ROW)
        self._before = (row.key if row else "", self.view.verticalScrollBar().value())

    def _rows_changed(self) -> None:
        """Leave the place as it was, unless a run is wanted that is there only now."""
        key, place = self._before
        row = self.model.row_of(key)
        if row is not None:
            self._make_current(self.model.index(row))
        self._restore()
        self.view.verticalScrollBar().setValue(place)
        self._go_to_wanted()

    def _shown_changed(self) -> None:
        new = [run for run in self._selection.shown if run not in self._shown]
        self._shown = self._selection.shown
        self._restore()
        if new and not self._choosing:
            self._wanted = new[-1]
            self.model.reveal(new[-1])
            self._go_to_wanted()

    def _go_to_wanted(self) -> None:
        """Bring the run that somebody else showed into sight, once it is in the list."""
        row = self.model.row_of(self._wanted) if self._wanted else None
        if row is not None:
            self._wanted = None
            # A list that was just filled does not know its heights yet.
            self.view.doItemsLayout()
            self._make_current(self.model.index(row))
            self.view.scrollTo(self.model.index(row))

    def _count(self) -> None:
        total, shown = len(self._hub.entries), len(self._selection.shown)
        words = fmt.plural(total, "run")
        self._footer.setText(f"{words} · {shown} shown" if total else words)
        empty = not self.model.rows
        self._stack.setCurrentWidget(self._nothing if empty else self.view)
        filtered = bool(self.filter.text())
        self._none.setText("No run fits" if filtered else "No runs yet")
        hint = "Esc clears the filter." if filtered else "Runs you make or open appear here."
        self._hint.setText(hint)

    # -- what is done to it -----------------------------------------------------------

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
        if row.run is not None:
            self._selection.show([row.key])
            self.opened.emit(row.key)

    def _menu(self, at: QPoint) -> None:
        index = self.view.indexAt(at)
        row: Row | None = index.data(ROW) if index.isValid() else None
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setFont(font())
        if row is not None and row.waiting is not None:
            cancel = menu.addAction("Do not start it")
            cancel.setEnabled(not row.waiting.starting)
            cancel.triggered.connect(lambda: self.cancel_wanted.emit(row.key))
        elif row is not None and row.run is not None:
            if row.key not in self.keys():
                self._selection.show([row.key])
            menu.addActions(list(self._actions))
        if menu.actions():
            menu.popup(self.view.viewport().mapToGlobal(at))
        else:
            menu.deleteLater()
