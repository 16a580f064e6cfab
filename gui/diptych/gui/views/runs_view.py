"""The list of runs as a widget: what keys and the mouse do in it."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import (
    QAbstractItemDelegate,
    QAbstractItemView,
    QLineEdit,
    QListView,
    QWidget,
)

from diptych.gui.models.run_list import RunListModel
from diptych.gui.models.selection import Selection
from diptych.gui.text.tr import tr
from diptych.gui.views.run_delegate import RunDelegate


class RunsView(QListView):
    """Enter opens a run; a click on a group opens or closes it, as do Left and Right."""

    opened = Signal(QModelIndex)
    group_pressed = Signal(QModelIndex)
    fold_wanted = Signal(bool)
    """Close the group of the current run (true), or open all (false)."""
    menu_wanted = Signal(QModelIndex, QPoint)
    """A run's menu, and where on the screen."""

    def __init__(self, model: RunListModel, selection: Selection) -> None:
        super().__init__()
        self.runs = model
        self.setAccessibleName(tr("Runs"))
        self.setModel(model)
        self.setItemDelegate(RunDelegate(selection, self))
        self.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMouseTracking(True)
        self.setUniformItemSizes(False)
        self.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        self.customContextMenuRequested.connect(self._menu_at)

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
        """Take Enter, Left, Right and the keys of the menu; the view's own are the platform's."""
        if self.state() == QAbstractItemView.State.EditingState:
            # What the field of the name has no use for, such as its Enter, is for nobody else.
            event.accept()
            return
        key, current = event.key(), self.currentIndex()
        shift = event.modifiers() == Qt.KeyboardModifier.ShiftModifier
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and current.isValid():
            self.opened.emit(current)
        elif key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.fold_wanted.emit(key == Qt.Key.Key_Left)
        elif key == Qt.Key.Key_Menu or (key == Qt.Key.Key_F10 and shift):
            self.ask_menu()
        elif event.text() in ("/", " ", "?"):
            # Left to the window: they search, follow and help, they select nothing.
            event.ignore()
            return
        else:
            super().keyPressEvent(event)
            return
        event.accept()

    def ask_menu(self) -> None:
        """Ask for the menu of the current run, beside it."""
        current = self.currentIndex()
        if current.isValid():
            self.scrollTo(current)
            at = self.visualRect(current).center()
            self.menu_wanted.emit(current, self.viewport().mapToGlobal(at))

    def rename(self, index: QModelIndex) -> None:
        """Let the name of a run be typed; the list stands still meanwhile."""
        if not index.flags() & Qt.ItemFlag.ItemIsEditable:
            return
        self.scrollTo(index)
        self.runs.hold()
        self.edit(index)
        if self.state() != QAbstractItemView.State.EditingState:
            self.runs.release()
        for field in self.viewport().findChildren(QLineEdit):
            # All of it is selected; a long name is shown from its beginning.
            field.end(False)
            field.home(True)

    def closeEditor(self, editor: QWidget, _hint: QAbstractItemDelegate.EndEditHint) -> None:
        """Let the list go on."""
        # Tab ends the typing; it does not begin it in the next row.
        super().closeEditor(editor, QAbstractItemDelegate.EndEditHint.NoHint)
        self.runs.release()

    def _menu_at(self, at: QPoint) -> None:
        self.menu_wanted.emit(self.indexAt(at), self.viewport().mapToGlobal(at))
