"""The trash: what is in it, the way back, and the way out."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models import jobs
from diptych.gui.models.care import RunCare
from diptych.gui.models.trash_list import TrashModel
from diptych.gui.text.format import file_size
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import font, scaled
from diptych.gui.theme.tokens import ROW
from diptych.gui.views import help as dialogs
from diptych.gui.views.help import Plain
from diptych.gui.views.screen import fit_screen
from diptych.gui.views.widgets import label
from diptych.profiling.runs.trash import KEEP_DAYS, Removed, Trashed, folder_size

_AT_ONCE = 50
"""Sizes that are asked of the disk before the table is told."""


class TrashDialog(Plain):
    """Follows the trash while it is open."""

    def __init__(self, care: RunCare, parent: QWidget | None = None) -> None:
        super().__init__(tr("Trash"), parent)
        self._care = care
        self._measuring = False
        self.model = TrashModel(self)
        self.head = label(tr("Looking…"), size=14, weight=600)
        self.table = self._make_table()
        self.restore = QPushButton(tr("Put back"))
        self.restore.clicked.connect(self._restore)
        self.remove = QPushButton(tr("Remove…"))
        self.remove.clicked.connect(self._remove)
        self.empty = QPushButton(tr("Empty the trash…"))
        self.empty.clicked.connect(self._empty)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.accept)
        for button in (self.restore, self.remove, self.empty):
            button.setAutoDefault(False)
        self._lay_out(close)
        self.table.selectionModel().selectionChanged.connect(self._update)
        care.trash_changed.connect(self.refresh)
        self.refresh()

    def _make_table(self) -> QTableView:
        made = QTableView()
        made.setModel(self.model)
        made.setAccessibleName(tr("Deleted runs"))
        made.setProperty("padded", True)
        made.setShowGrid(False)
        made.setTextElideMode(Qt.TextElideMode.ElideRight)
        made.setWordWrap(False)
        made.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        made.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        made.setTabKeyNavigation(False)
        made.doubleClicked.connect(self._restore)
        made.verticalHeader().hide()
        made.verticalHeader().setDefaultSectionSize(scaled(ROW))
        made.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = made.horizontalHeader()
        header.setFont(font(11))
        header.setHighlightSections(False)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        for column, width in ((1, 140), (2, 130), (3, 96)):
            header.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            header.resizeSection(column, scaled(width))
        return made

    def _lay_out(self, close: QPushButton) -> None:
        body = QVBoxLayout()
        body.setSpacing(6)
        body.addWidget(self.head)
        words = tr(
            "Runs stay here for {days} days. A run that is put back is whole, and where it was.",
            days=KEEP_DAYS,
        )
        body.addWidget(label(words, ink="label", wrap=True))
        body.addSpacing(4)
        body.addWidget(self.table, 1)
        self.fill(body, self.empty, None, self.remove, self.restore, close)
        self.resize(scaled(720), scaled(440))
        QTimer.singleShot(0, self, lambda: fit_screen(self))

    # -- what is shown --------------------------------------------------------------

    def refresh(self) -> None:
        """Look into the trash, beside."""
        self._care.contents(self._show, self)

    def _show(self, found: list[Trashed]) -> None:
        chosen = {trashed.directory for trashed in self.chosen()}
        self.model.show_rows(found)
        self.choose(chosen)
        self._update()
        self._measure()

    def chosen(self) -> list[Trashed]:
        """Return the selected runs."""
        return [self.model.rows[i.row()] for i in self.table.selectionModel().selectedRows()]

    def choose(self, directories: set[Path]) -> None:
        """Select these runs."""
        mode = self.table.selectionMode()
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.MultiSelection)
        self.table.clearSelection()
        for row, trashed in enumerate(self.model.rows):
            if trashed.directory in directories:
                self.table.selectRow(row)
        self.table.setSelectionMode(mode)

    def _measure(self) -> None:
        """Ask the disk for sizes, some at a time."""
        wanted = self.model.unknown()[:_AT_ONCE]
        if self._measuring or not wanted:
            return
        self._measuring = True

        def done(sizes: dict[Path, int]) -> None:
            self._measuring = False
            self.model.learn(sizes)
            self._update()
            self._measure()

        def failed(_: Exception) -> None:
            self._measuring = False

        jobs.start(self, lambda: {path: folder_size(path) for path in wanted}, done, failed)

    def _update(self) -> None:
        rows, chosen = self.model.rows, self.chosen()
        words = tr("The trash is empty")
        if rows:
            words = trn("{n} run in the trash", "{n} runs in the trash", len(rows))
            size = self.model.size_of(rows)
            words += f" · {file_size(size)}" if size is not None else ""
        self.head.setText(words)
        self.empty.setEnabled(bool(rows))
        self.restore.setEnabled(bool(chosen))
        self.remove.setEnabled(bool(chosen))

    # -- what is done ------------------------------------------------------------------

    def _restore(self) -> None:
        chosen = [trashed.directory for trashed in self.chosen()]
        if chosen:
            self._care.restore(chosen)

    def _remove(self) -> None:
        self._remove_for_good(self.chosen())

    def _empty(self) -> None:
        self._remove_for_good(self.model.rows)

    def _remove_for_good(self, rows: list[Trashed]) -> None:
        if not rows:
            return
        verb = trn("Remove {n} run for good", "Remove {n} runs for good", len(rows))
        size = self.model.size_of(rows)
        title = trn("Remove {n} run for good?", "Remove {n} runs for good?", len(rows))
        text = tr("Nothing brings them back.")
        if size is not None:
            text = tr("{size} of disk become free. Nothing brings them back.", size=file_size(size))
        if dialogs.ask(self, title, text, verb) != verb:
            return
        self.setEnabled(False)

        def done(_: Removed) -> None:
            self.setEnabled(True)

        self._care.remove([trashed.directory for trashed in rows], done, self)
