"""Ask in SQL: the tables of the open trace, a question, its answer; beside the window."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QGuiApplication, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QFileDialog,
    QHBoxLayout,
    QHeaderView,
    QMenu,
    QPlainTextEdit,
    QPushButton,
    QSplitter,
    QStackedWidget,
    QTableView,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models import jobs
from diptych.gui.models.trace_scene import Scene
from diptych.gui.models.trace_sql import EXAMPLES, LIMIT, Answer, AnswerModel, Asking, schema
from diptych.gui.models.traces import Traces
from diptych.gui.models.writing import write_aside
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import font, mono, scaled
from diptych.gui.theme.tokens import ROW
from diptych.gui.views.screen import room
from diptych.gui.views.trace_operators import files
from diptych.gui.views.widgets import Elided, icon_button, label, part

_WIDEST = 420


class SqlDialog(QDialog):
    """Asks the upper trace of ``traces``; a row with a column ``row`` leads to its slice."""

    def __init__(self, traces: Traces, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("Ask in SQL"))
        self.traces = traces
        self.asking = Asking(self)
        self.model = AnswerModel(self)
        self._scene: Scene | None = None
        self._make_tables()
        self._make_question()
        self._make_answer()
        self._lay_out()
        self.asking.changed.connect(self._tell_asking)
        self.asking.answered.connect(self._show_answer)
        self.asking.failed.connect(self._show_error)
        traces.changed.connect(self._show_trace)
        self._show_trace()
        self._tell_asking()
        size = self.sizeHint().expandedTo(self.minimumSize())
        size.setWidth(scaled(980))
        size.setHeight(scaled(640))
        self.resize(size.boundedTo(room(self)))
        self.question.setFocus()

    def _make_tables(self) -> None:
        self.tables = QTreeWidget()
        self.tables.setHeaderHidden(True)
        self.tables.setColumnCount(2)
        self.tables.setAccessibleName(tr("Tables and their columns"))
        self.tables.setToolTip(tr("A double click writes the name into the question"))
        self.tables.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
        self.tables.itemDoubleClicked.connect(
            lambda item: self.question.insertPlainText(item.text(0))
        )

    def _make_question(self) -> None:
        self.question = QPlainTextEdit()
        self.question.setFont(mono(12))
        self.question.setAccessibleName(tr("Question in SQL"))
        self.question.setPlaceholderText("SELECT …")
        self.question.setTabChangesFocus(True)
        self.question.setPlainText(EXAMPLES[0][1])
        self.question.installEventFilter(self)
        self.examples = QPushButton(tr("Examples"))
        menu = QMenu(self.examples)
        for title, text in EXAMPLES:
            menu.addAction(title).triggered.connect(lambda _=False, text=text: self._take(text))
        self.examples.setMenu(menu)
        self.run = QPushButton(tr("Ask"))
        self.run.setProperty("primary", True)
        self.run.setToolTip(tr("Ask this question (Ctrl+Enter)"))
        self.run.clicked.connect(self.ask)
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.setToolTip(tr("Wait for the answer no more (Esc)"))
        self.cancel.clicked.connect(self._cancel)
        for button in (self.examples, self.run, self.cancel):
            button.setAutoDefault(False)

    def _make_answer(self) -> None:
        self.table = QTableView()
        self.table.setModel(self.model)
        self.table.setProperty("padded", True)
        self.table.setAccessibleName(tr("Answer"))
        self.table.setShowGrid(False)
        self.table.setFont(font(12))
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.table.setTabKeyNavigation(False)
        self.table.verticalHeader().hide()
        self.table.verticalHeader().setDefaultSectionSize(scaled(ROW))
        header = self.table.horizontalHeader()
        header.setFont(font(11))
        header.setHighlightSections(False)
        header.setSectionsClickable(True)
        header.sectionClicked.connect(self.model.turn)
        self.table.activated.connect(lambda index: self.show_row(index.row()))
        self.table.installEventFilter(self)
        self.words = label("", ink="label", wrap=True)
        self.words.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.words.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.state = Elided(ink="label")
        self.copy = icon_button("copy", tr("Copy the chosen rows, or all"), "Ctrl+C")
        self.copy.clicked.connect(self.copy_rows)
        self.export = icon_button("export", tr("Export CSV"))
        self.export.clicked.connect(self._ask_and_export)

    def _lay_out(self) -> None:
        left = QWidget()
        part(left, "dialogside")
        side = QVBoxLayout(left)
        side.setContentsMargins(12, 12, 4, 8)
        self.file = Elided(weight=600, mode=Qt.TextElideMode.ElideMiddle)
        side.addWidget(self.file)
        side.addWidget(self.tables, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.examples)
        buttons.addWidget(label(tr("At most {n} rows are shown", n=f"{LIMIT:,}"), ink="hint"))
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.run)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.words)
        self.pages.addWidget(self.table)
        foot = QHBoxLayout()
        foot.addWidget(self.state, 1)
        foot.addWidget(self.copy)
        foot.addWidget(self.export)
        right = QWidget()
        part(right, "dialogbody")
        column = QVBoxLayout(right)
        column.setContentsMargins(16, 12, 16, 8)
        column.setSpacing(8)
        self.question.setFixedHeight(scaled(132))
        column.addWidget(self.question)
        column.addLayout(buttons)
        column.addWidget(self.pages, 1)
        column.addLayout(foot)
        split = QSplitter(Qt.Orientation.Horizontal)
        split.setHandleWidth(1)
        split.setChildrenCollapsible(False)
        split.addWidget(left)
        split.addWidget(right)
        split.setStretchFactor(1, 1)
        split.setSizes([scaled(230), 10_000])
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addWidget(split)

    # -- which trace --------------------------------------------------------------------

    def _show_trace(self) -> None:
        scene = self.traces.upper
        if scene is self._scene and scene is not None:
            return
        self.asking.cancel()
        self._scene = scene
        self.model.set_answer(Answer((), (), 0.0, more=False))
        self.file.show_text(scene.name if scene is not None else tr("No trace is open"))
        self._say(
            tr("Press Ctrl+Enter to ask. Times are nanoseconds since the trace began.")
            if scene is not None
            else tr("Open a trace (Ctrl+Alt+O) to ask it something.")
        )
        self.tables.clear()
        self._tell_asking()
        if scene is not None:
            table = scene.table
            jobs.start(self, lambda: schema(table), self._show_tables, lambda _: None)

    def _show_tables(self, known: dict[str, list[tuple[str, str]]]) -> None:
        self.tables.clear()
        for name, columns in known.items():
            item = QTreeWidgetItem([name])
            item.setFont(0, mono(12))
            for column, kind in columns:
                below = QTreeWidgetItem([column, kind])
                below.setFont(0, mono(11))
                below.setFont(1, font(11))
                item.addChild(below)
            self.tables.addTopLevelItem(item)
        first = self.tables.topLevelItem(0)
        if first is not None:
            first.setExpanded(True)

    # -- question and answer --------------------------------------------------------------

    def _take(self, text: str) -> None:
        self.question.setPlainText(text)
        self.ask()

    def ask(self) -> None:
        """Ask the question that stands there."""
        question = self.question.toPlainText().strip().rstrip(";")
        if self._scene is not None and question:
            self.asking.ask(self._scene.table, question)

    def _cancel(self) -> None:
        self.asking.cancel()
        self._say(tr("Cancelled."))

    def _tell_asking(self) -> None:
        asks = self.asking.asks
        self.run.setEnabled(self._scene is not None and not asks)
        self.cancel.setVisible(asks)
        has = bool(len(self.model.answer)) and not asks
        for button in (self.copy, self.export):
            button.setEnabled(has)
        if asks:
            self._say(tr("Asking…"))

    def _say(self, words: str) -> None:
        self.words.setText(words)
        self.words.setAccessibleName(words)
        self.state.show_text("")
        self.pages.setCurrentWidget(self.words)

    def _show_error(self, why: str) -> None:
        self.model.set_answer(Answer((), (), 0.0, more=False))
        self._tell_asking()
        self._say(why)

    def _show_answer(self, answer: Answer) -> None:
        self.model.set_answer(answer)
        self._tell_asking()
        if not len(answer):
            self._say(tr("No row answers this question."))
            return
        self.pages.setCurrentWidget(self.table)
        time = fmt.duration(answer.seconds * 1e9)
        count = trn("{n} row", "{n} rows", len(answer))
        words = tr("{count} in {time}", count=count, time=time)
        if answer.more:
            words = tr("The first {count}; there are more. {time}", count=count, time=time)
        if "row" in answer.names:
            words = tr("{words} · Enter shows the slice of a row in the timeline", words=words)
        self.state.show_text(words)
        self.table.resizeColumnsToContents()
        for column in range(self.model.columnCount()):
            width = self.table.columnWidth(column) + 16
            self.table.setColumnWidth(column, min(width, scaled(_WIDEST)))

    def show_row(self, row: int) -> None:
        """Show the slice of a row in the timeline, if the answer names it."""
        number = self.model.value(row, "row")
        scene = self._scene
        if isinstance(number, int) and scene is not None and 0 <= number < len(scene.table.slices):
            self.traces.jump(number)

    # -- out, keys --------------------------------------------------------------------------

    def copy_rows(self) -> None:
        """Put the chosen rows, or all, on the clipboard with tabs between the cells."""
        chosen = sorted(index.row() for index in self.table.selectionModel().selectedRows())
        rows = self.model.to_rows(chosen or range(self.model.rowCount()))
        text = [["" if value is None else str(value) for value in row] for row in rows]
        QGuiApplication.clipboard().setText(files.as_tsv(text))

    def _ask_and_export(self) -> None:
        title = tr("Export the answer")
        path, _ = QFileDialog.getSaveFileName(self, title, "answer.csv", "CSV (*.csv)")
        if path:
            self.export_csv(Path(path))

    def export_csv(self, path: Path) -> None:
        """Write the shown rows; how it went is told below them."""
        rows = self.model.to_rows(range(self.model.rowCount()))
        count = trn("{n} row", "{n} rows", len(rows) - 1)
        words = tr("{count} written to {path}", count=count, path=path)
        write_aside(
            self, path, lambda out: files.write_rows(out, rows), words, self.state.show_text
        )

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Ask with Ctrl+Enter; copy whole rows."""
        if event.type() is QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            act = self._act(watched, event)
            if act is not None:
                act()
                return True
        return super().eventFilter(watched, event)

    def _act(self, watched: QObject, event: QKeyEvent) -> Callable[[], None] | None:
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if watched is self.question and enter:
            held = event.modifiers() & Qt.KeyboardModifier.ControlModifier
            return self.ask if held else None
        if watched is self.table and event.matches(QKeySequence.StandardKey.Copy):
            return self.copy_rows
        return None

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Esc cancels the question first, then closes."""
        if event.key() == Qt.Key.Key_Escape and self.asking.asks:
            self._cancel()
            return
        super().keyPressEvent(event)

    def done(self, result: int) -> None:
        """Wait no more for what nobody will see."""
        self.asking.cancel()
        super().done(result)
