"""The operators of a profile window: which took the time, in a table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QCheckBox,
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.brush import brushed
from diptych.gui.models.hub import RunHub
from diptych.gui.models.operators import OperatorModel
from diptych.gui.models.selection import Selection
from diptych.gui.models.writing import write_aside
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import bind_icon, font, manager, scaled
from diptych.gui.theme.tokens import ROW
from diptych.gui.views.live_series import short_names
from diptych.gui.views.operators_delegate import OperatorDelegate
from diptych.gui.views.operators_words import (
    Nothing,
    nothing,
    outside_brush,
    summary_words,
    window_title,
)
from diptych.gui.views.timeline.choices import run_traces
from diptych.gui.views.trace_operators.switch import SUMMARY, TRACE, Switch
from diptych.gui.views.widgets import Elided, label
from diptych.profiling.runs.snapshot import RunSnapshot, WindowState

Key = tuple[str, int, int]
"""Run, rank and window."""


_WIDE = {"bar": 150, "phase": 92}
"""Pixels of columns whose title says nothing of their width."""


class OperatorsView(QWidget):
    """Table of one window of one shown run; the newest until another is chosen."""

    def __init__(self, hub: RunHub, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hub, self.selection = hub, selection
        self.model = OperatorModel(self)
        self._key: Key | None = None
        self._chosen = False
        self._shown: object = None
        self._make_controls()
        self._make_table()
        self._lay_out()
        hub.snapshot_changed.connect(self._news)
        selection.shown_changed.connect(self._start_over)
        selection.range_changed.connect(self._take_brush)
        manager().changed.connect(self.table.viewport().update)
        self.refresh()

    # -- parts --------------------------------------------------------------

    def _make_controls(self) -> None:
        self.windows = QComboBox()
        self.windows.setAccessibleName(tr("Profile window"))
        self.windows.setToolTip(tr("Profile window whose operators are shown"))
        self.windows.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.windows.activated.connect(self._choose)
        self.summary = Elided(ink="label")
        self.noise = QCheckBox(tr("Engine noise"))
        self.noise.setToolTip(tr("Show and count the bookkeeping of MXNet's engine as well"))
        self.noise.toggled.connect(self.model.set_noise)
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(tr("Filter, e.g. conv"))
        self.filter.setAccessibleName(tr("Filter operators"))
        self.filter.setToolTip(tr("Words of the name or of the family (Ctrl+F)"))
        self.filter.setClearButtonEnabled(True)
        self.filter.setFixedWidth(scaled(160))
        self.columns = self._make_columns()
        self.filter.textChanged.connect(self.model.set_filter)
        self.export = QPushButton(tr("Export CSV"))
        self.export.setToolTip(tr("Write the shown operators to a file, times in ns"))
        bind_icon(self.export, "export")
        self.export.clicked.connect(self._ask_and_export)

    def _make_table(self) -> None:
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setItemDelegate(OperatorDelegate(self.table))
        self.table.setAccessibleName(tr("Operators"))
        self.table.installEventFilter(self)
        self.table.setShowGrid(False)
        self.table.setSortingEnabled(False)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(scaled(ROW))
        self.table.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        header = self.table.horizontalHeader()
        header.setFont(font(11))
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.setMinimumSectionSize(scaled(60))
        header.sectionClicked.connect(self._sort)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 16, 8)
        bar.setSpacing(12)
        bar.addWidget(self.windows)
        bar.addWidget(self.summary, 1)
        for widget in (self.noise, self.filter, self.columns, self.export):
            bar.addWidget(widget)
        self.empty = QWidget()
        column = QVBoxLayout(self.empty)
        self.empty_title = label("", size=14, weight=600)
        self.empty_text = label("", ink="label", wrap=True)
        column.addStretch(1)
        for text in (self.empty_title, self.empty_text):
            text.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            column.addWidget(text)
        column.addStretch(2)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.table)
        windows, whole = QWidget(), QVBoxLayout(self)
        inside = QVBoxLayout(windows)
        for layout in (inside, whole):
            layout.setContentsMargins(0, 0, 0, 0)
            layout.setSpacing(0)
        inside.addLayout(bar)
        self.pages.setContentsMargins(8, 0, 8, 0)
        inside.addWidget(self.pages, 1)
        self.switch = Switch(self.hub, self.selection, windows, whole, self._trace_file)
        self.switch.changed.connect(self._follow_switch)
        self._follow_switch()

    def _follow_switch(self) -> None:
        deep = self.switch.value == TRACE
        self.setFocusProxy(self.switch.trace if deep else self.table)

    def _trace_file(self) -> Path | None:
        """Return the finished trace of the chosen window, else the newest of the shown runs."""
        files = run_traces(self.hub, self.selection)
        if self._key is not None:
            name = f"r{self._key[1]}-w{self._key[2]:03d}."
            same = [p for _, p in files if self._key[0] in p.parts and p.name.startswith(name)]
            files = [("", path) for path in same] or files
        return files[-1][1] if files else None

    # -- what is shown ------------------------------------------------------

    def _news(self, run: str, _snapshot: object) -> None:
        if run in self.selection.shown:
            self.refresh()

    def _start_over(self) -> None:
        if self._key is None or self._key[0] not in self.selection.shown:
            self._key, self._chosen = None, False
        self.refresh()

    def _found(self) -> list[RunSnapshot]:
        return [s for s in map(self.hub.latest, self.selection.shown) if s is not None]

    def refresh(self) -> None:
        """Look for windows, and show the chosen or the newest one if it changed."""
        found = self._found()
        choices = [
            ((s.id, w.rank, w.id), window_title(name, w, several=len(found) > 1), s, w)
            for s, name in zip(found, short_names(found), strict=True)
            for w in s.windows
            if self._in_brush(s, w)
        ]
        # Windows change rarely, snapshots thirty times a second.
        state = (tuple((key, title, w.operators is not None) for key, title, _, w in choices),)
        traced = sum(w.trace is not None for s in found for w in s.windows)
        signature = (state, tuple((s.id, s.state) for s in found), self._key, traced)
        if signature == self._shown:
            return
        if not self._chosen or self._key not in [key for key, *_ in choices]:
            ready = [key for key, _, _, w in choices if w.operators is not None]
            self._key = ready[-1] if ready else (choices[-1][0] if choices else None)
        self._fill_windows([(key, title) for key, title, _, _ in choices])
        self._shown = (state, signature[1], self._key, traced)
        self.switch.refresh()
        entry = next(((s, w) for key, _, s, w in choices if key == self._key), None)
        self._show(entry, found)

    def _fill_windows(self, choices: list[tuple[Key, str]]) -> None:
        self.windows.blockSignals(True)
        self.windows.clear()
        for key, title in choices:
            self.windows.addItem(title, key)
        self.windows.setCurrentIndex(
            next((i for i, (key, _) in enumerate(choices) if key == self._key), -1)
        )
        self.windows.blockSignals(False)
        self.windows.setVisible(bool(choices))

    def show_window(self, run: str, rank: int, window: int) -> None:
        """Show that profile window, whatever was chosen or brushed before."""
        self.switch.show(SUMMARY)
        key = (run, rank, window)
        if key not in [self.windows.itemData(i) for i in range(self.windows.count())]:
            self.selection.set_range(None)
        self._key, self._chosen, self._shown = key, True, None
        self.refresh()

    def _in_brush(self, snapshot: RunSnapshot, window: WindowState) -> bool:
        part = brushed(self.selection.range, self.selection.axis, snapshot)
        return part is None or part.holds(window)

    def _take_brush(self) -> None:
        """Offer the windows of the brushed stretch only."""
        self._shown = None
        self.refresh()

    def _choose(self, number: int) -> None:
        self._key, self._chosen = self.windows.itemData(number), True
        self._shown = None
        self.refresh()

    def _show(
        self, entry: tuple[RunSnapshot, WindowState] | None, found: list[RunSnapshot]
    ) -> None:
        summary = entry[1].operators if entry else None
        self.model.set_window(summary)
        has = summary is not None and bool(summary.ops)
        self.pages.setCurrentWidget(self.table if has else self.empty)
        for widget in (self.filter, self.columns, self.export, self.summary):
            widget.setVisible(has)
        self.noise.setVisible(has and any(o.noise for o in self.model.operators))
        if has and entry is not None and summary is not None:
            self.summary.show_text(summary_words(entry[1], summary))
            self._fit_columns()
            return
        words: Nothing = nothing(entry[1] if entry else None, found, self.selection.shown)
        outside = sum(len(s.windows) for s in found)
        if entry is None and outside and self.selection.range is not None:
            words = outside_brush(outside)
        self.empty_title.setText(words.title)
        self.empty_text.setText(words.text)

    def _fit_columns(self) -> None:
        header = self.table.horizontalHeader()
        for number, column in enumerate(self.model.columns):
            wide = column.key == "name"
            mode = QHeaderView.ResizeMode.Stretch if wide else QHeaderView.ResizeMode.Fixed
            header.setSectionResizeMode(number, mode)
            if not wide:
                title = header.fontMetrics().horizontalAdvance(column.title)
                self.table.setColumnWidth(
                    number, scaled(_WIDE[column.key]) if column.key in _WIDE else title + 34
                )

    def _sort(self, column: int) -> None:
        was, order = self.model.sorted_by()
        text = self.model.columns[column].key in ("name", "phase")
        first = Qt.SortOrder.AscendingOrder if text else Qt.SortOrder.DescendingOrder
        turned = (
            Qt.SortOrder.DescendingOrder
            if order is Qt.SortOrder.AscendingOrder
            else Qt.SortOrder.AscendingOrder
        )
        self.model.sort(column, turned if column == was else first)

    # -- keys ---------------------------------------------------------------

    def focus_search(self) -> None:
        """Put the cursor into the filter."""
        if self.switch.value == TRACE:
            self.switch.trace.focus_search()
            return
        self.filter.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.filter.selectAll()

    def search_for(self, text: str) -> None:
        """Show the operators whose name holds ``text``."""
        if self.switch.value == TRACE:
            self.switch.trace.search_for(text)
            return
        self.filter.setText(text)
        self.focus_search()

    def event(self, event: QEvent) -> bool:
        """Claim Esc before the window's own shortcut, while somebody types in the filter."""
        if event.type() is QEvent.Type.ShortcutOverride and self._leaves(event):
            event.accept()
            return True
        return super().event(event)

    def _leaves(self, event: QEvent) -> bool:
        escape = isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape
        return escape and self.filter.hasFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave the filter with Esc."""
        if self._leaves(event):
            self.filter.clear()
            self.table.setFocus()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Keep letters, and Ctrl+C, from the table, which would search or copy one cell."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            if event.matches(QKeySequence.StandardKey.Copy):
                self.copy_rows()
                return True
            if event.text() in ("/", "?", " "):
                event.ignore()
                return True
        return super().eventFilter(watched, event)

    # -- columns, and what is remembered ----------------------------------------

    def _make_columns(self) -> QPushButton:
        made = QPushButton(tr("Columns"))
        made.setToolTip(tr("Choose which columns are shown"))
        self._menu = QMenu(made)
        self._menu.aboutToShow.connect(self._fill_columns)
        made.setMenu(self._menu)
        return made

    def _fill_columns(self) -> None:
        menu = self._menu
        menu.clear()
        sorting = menu.addMenu(tr("Sort by"))
        for number, column in enumerate(self.model.columns):
            if column.title:
                act = sorting.addAction(column.title)
                act.triggered.connect(lambda _=False, number=number: self._sort(number))
        menu.addSeparator()
        for column in self.model.possible:
            if column.key == "name":
                continue
            action = menu.addAction(column.title or tr("Bar"))
            action.setCheckable(True)
            action.setChecked(column.key not in self.model.hidden)
            action.triggered.connect(
                lambda on, key=column.key: self.hide_column(key, hidden=not on)
            )

    def hide_column(self, key: str, *, hidden: bool) -> None:
        """Take a column away, or show it again."""
        now = self.model.hidden | {key} if hidden else self.model.hidden - {key}
        self.model.set_hidden(now)
        self._fit_columns()

    def save_state(self) -> dict[str, Any]:
        """Return order, filter and columns."""
        key, order = self.model.order
        return {
            "sort": key,
            "down": order is Qt.SortOrder.DescendingOrder,
            "filter": self.filter.text()[:200],
            "noise": self.noise.isChecked(),
            "hidden": sorted(self.model.hidden),
            "trace": self.switch.save_state(),
        }

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take them up again."""
        trace = state.get("trace")
        if isinstance(trace, dict):
            self.switch.restore_state(trace)
        hidden = state.get("hidden")
        if isinstance(hidden, list):
            self.model.set_hidden(frozenset(key for key in hidden if isinstance(key, str)))
        self.model.set_order(str(state.get("sort")), down=bool(state.get("down")))
        self.filter.setText(str(state.get("filter") or ""))
        self.noise.setChecked(bool(state.get("noise")))
        self._fit_columns()

    # -- copy and export -----------------------------------------------------------

    def copy_rows(self) -> None:
        """Put the selected rows, or all, on the clipboard with tabs between the cells."""
        if self.switch.value == TRACE:
            self.switch.trace.copy_rows()
            return
        chosen = self.table.selectionModel().selectedRows()
        rows = [index.row() for index in chosen] or list(range(self.model.rowCount()))
        QGuiApplication.clipboard().setText(self.model.to_tsv(sorted(rows)))

    def _ask_and_export(self) -> None:
        run, rank, window = self._key or ("run", 0, 0)
        name = f"{run}-r{rank}-w{window:03d}-operators.csv"
        path, _ = QFileDialog.getSaveFileName(self, tr("Export operators"), name, "CSV (*.csv)")
        if path:
            self.export_csv(Path(path))

    def export_csv(self, path: Path) -> None:
        """Write the shown operators; an error is told in place of the summary."""
        text = self.model.to_csv()
        words = trn(
            "{n} operator written to {path}",
            "{n} operators written to {path}",
            self.model.rowCount(),
            path=path,
        )
        say = self.summary.show_text
        write_aside(self, path, lambda out: _write_text(out, text), words, say)


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, encoding="utf-8")
