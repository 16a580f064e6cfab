"""The output of a run as it is written: standard output and standard error."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import (
    QCloseEvent,
    QHideEvent,
    QKeyEvent,
    QKeySequence,
    QShowEvent,
    QTextCursor,
    QTextDocument,
)
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.hub import RunHub
from diptych.gui.models.log_reader import LogReader, Portion
from diptych.gui.models.selection import Selection
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import bind_icon, font, scaled
from diptych.gui.views import log_brush
from diptych.gui.views.live_series import short_names
from diptych.gui.views.log_count import MatchCounter
from diptych.gui.views.log_text import LogText
from diptych.gui.views.widgets import Elided, Segments, icon_button, label, set_ink
from diptych.profiling.records.layout import RunPaths

_LINES = 50_000
"""Lines that are kept in the view; the file has them all."""


class _Mail(QObject):
    """Brings portions from the reader's thread to the window's."""

    came = Signal(object)


class LogView(QWidget):
    """Shows the end of one log of one shown run, and follows it while it grows.

    The reading goes on only while the view can be seen.
    """

    def __init__(self, hub: RunHub, selection: Selection, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.hub, self.selection = hub, selection
        self._path: Path | None = None
        self._appending = self._seeking = False
        self._lines = 0
        self._holes: list[tuple[int, int]] = []
        self._mail = _Mail(self)
        self._mail.came.connect(self._take, Qt.ConnectionType.QueuedConnection)
        self._reader: LogReader | None = None
        self._make_controls()
        self._make_text()
        self._lay_out()
        hub.snapshot_changed.connect(self._news)
        selection.shown_changed.connect(self.refresh)
        selection.range_changed.connect(self._show_stretch)
        self.destroyed.connect(_Closer(self))
        self.refresh()

    # -- parts --------------------------------------------------------------

    def _make_controls(self) -> None:
        self.runs = QComboBox()
        self.runs.setAccessibleName(tr("Run whose log is shown"))
        self.runs.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.runs.activated.connect(self._follow_file)
        self.streams = Segments((("stdout", tr("Output")), ("stderr", tr("Errors"))), tr("Stream"))
        self.streams.chosen.connect(self._follow_file)
        self.note = Elided(ink="label")
        self.search = QLineEdit()
        self.search.setPlaceholderText(tr("Search the log"))
        self.search.setAccessibleName(tr("Search the log"))
        self.search.setToolTip(tr("Enter for the next, Shift+Enter for the one before (Ctrl+F)"))
        self.search.setClearButtonEnabled(True)
        self.search.setFixedWidth(scaled(200))
        self.matches = label(ink="label", size=11)
        self._counter = MatchCounter(self)
        self._counter.counted.connect(self._show_count)
        self.search.textChanged.connect(self._search_anew)
        self.before = icon_button("chevron-up", tr("Previous match"), "Shift+F3")
        self.after = icon_button("chevron-down", tr("Next match"), "F3")
        self.before.clicked.connect(lambda: self.find_next(backward=True))
        self.after.clicked.connect(lambda: self.find_next(backward=False))
        self.wrap = _toggle("wrap", tr("Wrap long lines"))
        self.wrap.toggled.connect(self._wrap)
        self.end = _toggle("follow", tr("Stay at the end (End)"))
        self.end.setChecked(True)
        self.end.toggled.connect(self._stay)

    def _make_text(self) -> None:
        self.text = LogText(_LINES)
        self.text.setAccessibleName(tr("Log"))
        self.text.verticalScrollBar().valueChanged.connect(self._scrolled)

    def _lay_out(self) -> None:
        bar = QHBoxLayout()
        bar.setContentsMargins(16, 8, 16, 8)
        bar.setSpacing(8)
        bar.addWidget(self.runs)
        bar.addWidget(self.streams)
        bar.addWidget(self.note, 1)
        for widget in (self.matches, self.search, self.before, self.after, self.wrap, self.end):
            bar.addWidget(widget)
        self.empty = label("", ink="label")
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.pages = QStackedWidget()
        self.pages.addWidget(self.empty)
        self.pages.addWidget(self.text)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addLayout(bar)
        self.stretch = Elided(ink="label", size=11)
        self.stretch.setContentsMargins(16, 0, 16, 6)
        self.stretch.hide()
        whole.addWidget(self.stretch)
        whole.addWidget(self.pages, 1)
        self.setFocusProxy(self.text)

    def save_state(self) -> dict[str, Any]:
        """Return which stream, and whether lines are wrapped."""
        return {"stream": self.streams.value, "wrap": self.wrap.isChecked()}

    def restore_state(self, state: dict[str, Any]) -> None:
        """Take them up again."""
        self.streams.choose(str(state.get("stream")))
        self.wrap.setChecked(bool(state.get("wrap")))
        self._follow_file()

    # -- which file ---------------------------------------------------------

    def _news(self, run: str, _snapshot: object) -> None:
        if run in self.selection.shown and self.runs.findData(run) < 0:
            self.refresh()
        yet = _nothing(self.streams.value, live=True)
        if self.empty.text() == yet and not self._is_live():
            self.empty.setText(_nothing(self.streams.value, live=False))
        if run == self.runs.currentData() and self.selection.range is not None:
            self._mark_stretch()

    def _is_live(self) -> bool:
        run = self.runs.currentData()
        snapshot = self.hub.latest(run) if run is not None else None
        return snapshot is not None and snapshot.state.live

    def refresh(self) -> None:
        """Offer the shown runs, and follow the log of the chosen one."""
        found = [s for s in map(self.hub.latest, self.selection.shown) if s is not None]
        chosen = self.runs.currentData()
        self.runs.blockSignals(True)
        self.runs.clear()
        for snapshot, name in zip(found, short_names(found), strict=True):
            self.runs.addItem(name, snapshot.id)
        self.runs.setCurrentIndex(max(0, self.runs.findData(chosen)) if found else -1)
        self.runs.blockSignals(False)
        self.runs.setVisible(len(found) > 1)
        self._follow_file()

    def _follow_file(self) -> None:
        run = self.runs.currentData()
        snapshot = self.hub.latest(run) if run is not None else None
        path = None
        if snapshot is not None:
            paths = RunPaths(snapshot.directory)
            path = paths.stderr if self.streams.value == "stderr" else paths.stdout
        if path != self._path:
            self._path = path
            self._clear()
        self._say_nothing(None)
        self._attend()

    def _attend(self) -> None:
        """Read while somebody looks."""
        wanted = self._path if self.isVisible() else None
        if self._reader is None and wanted is not None:
            self._reader = LogReader(self._mail.came.emit)
        if self._reader is not None:
            self._reader.follow(wanted)

    def showEvent(self, event: QShowEvent) -> None:
        """Begin to read."""
        super().showEvent(event)
        self._clear()
        self._attend()

    def hideEvent(self, event: QHideEvent) -> None:
        """Read no more."""
        super().hideEvent(event)
        self.shut()

    def closeEvent(self, event: QCloseEvent) -> None:
        """End the reader's thread."""
        self.shut()
        super().closeEvent(event)

    def shut(self) -> None:
        """End the reader's thread; showing the view again makes a new one."""
        reader, self._reader = self._reader, None
        if reader is not None:
            reader.close()

    # -- what is shown ------------------------------------------------------

    def _clear(self) -> None:
        self.text.forget()
        self._seeking = self.selection.range is not None
        self._lines, self._holes = 0, []

    def _take(self, portion: Portion) -> None:
        reader = self._reader
        if portion.path == self._path:
            self._append(portion)
        if reader is not None:
            reader.shown()

    def _append(self, portion: Portion) -> None:
        news = portion.news
        if news.restarted:
            self._clear()
        if news.skipped:
            self._holes.append((self._lines, news.skipped))
        self._lines += len(news.lines)
        lines = [*news.lines, *([news.partial] if news.partial else [])]
        ends = [*news.ends, *([news.end] if news.partial else [])]
        if news.skipped and not news.restarted:
            lines.insert(0, f"… {fmt.memory(news.skipped)} left out here; the file has them …")
            ends.insert(0, ends[0] if ends else news.end)
        self._appending = True
        self.text.add(lines, ends, partial=bool(news.partial))
        self._appending = False
        self._counter.again()
        self._mark_stretch()
        if self._seeking and not portion.behind:
            self._seeking = False
            self._show_stretch()
        self._stay(self.end.isChecked())
        self._say_nothing(portion)

    def _mark_stretch(self) -> None:
        """Tint what was written in the brushed stretch, and say how much that is."""
        run = self.runs.currentData()
        snapshot = self.hub.latest(run) if run is not None else None
        words = log_brush.mark(self.text, self.selection, snapshot, self.streams.value)
        self.stretch.show_text(words)
        self.stretch.setVisible(bool(words))

    def _show_stretch(self) -> None:
        """Go to what was written in the stretch that was just brushed."""
        self._mark_stretch()
        marked = self.text.marked()
        if marked:
            self.end.setChecked(False)
            self.text.show_line(marked.start)

    def _say_nothing(self, portion: Portion | None) -> None:
        """Say how large the log is, or why nothing is shown."""
        shown = not self.text.document().isEmpty()
        self.pages.setCurrentWidget(self.text if shown else self.empty)
        set_ink(self.note, "label")
        if portion is None:
            why = tr("Choose a run in the list to see what it prints.")
            self.empty.setText(why if self._path is None else "")
            self.note.show_text("")
            return
        if portion.trouble:
            why = tr(
                "{path} cannot be read: {trouble}.", path=portion.path, trouble=portion.trouble
            )
            self.empty.setText(why)
        else:
            self.empty.setText(_nothing(self.streams.value, live=self._is_live()))
        words = [fmt.memory(portion.size) if (portion.size or 0) >= 2**20 else "", *self._parts()]
        self.note.show_text(", ".join(w for w in words if w))

    def _parts(self) -> list[str]:
        """Return which part of the file is shown, where it is not all of it."""
        room = self.text.count - self.text.partial
        # A place where something is left out takes a line of its own.
        marks = sum(line > self._lines - room for line, _ in self._holes)
        shown = min(self._lines, room - marks)
        first = self._lines - shown
        inside = sum(size for line, size in self._holes if line > first)
        words = []
        if first or any(line <= first for line, _ in self._holes):
            words.append(trn("the last line", "the last {n} lines", shown))
        if inside:
            size = fmt.memory(inside)
            words.append(tr("without {size} between them that came too fast", size=size))
        return words

    def _scrolled(self, value: int) -> None:
        """Leave the end when somebody scrolls up, and stay again when he is back."""
        if not self._appending:
            self.end.setChecked(value >= self.text.verticalScrollBar().maximum())

    def _stay(self, stay: bool) -> None:
        if stay:
            bar = self.text.verticalScrollBar()
            bar.setValue(bar.maximum())

    def _wrap(self, wrap: bool) -> None:
        mode = LogText.LineWrapMode
        self.text.setLineWrapMode(mode.WidgetWidth if wrap else mode.NoWrap)

    # -- search -------------------------------------------------------------

    def focus_search(self) -> None:
        """Put the cursor into the search field."""
        self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
        self.search.selectAll()

    def _search_anew(self) -> None:
        cursor = self.text.textCursor()
        cursor.setPosition(cursor.selectionStart())
        self.text.setTextCursor(cursor)
        self._counter.count(self.text.document(), self.search.text())
        if self.search.text():
            self.find_next()
        else:
            self._tell(True)

    def search_for(self, text: str) -> None:
        """Look for ``text`` in the log."""
        self.search.setText(text)
        self.focus_search()

    def _show_count(self, found: int, done: bool) -> None:
        if not self.search.text():
            self.matches.setText("")
        elif done:
            self.matches.setText(trn("{n} match", "{n} matches", found))
        else:
            self.matches.setText(tr("{n} and more", n=f"{found:,}"))

    def find_next(self, *, backward: bool = False) -> bool:
        """Select the next match, around the end if need be; return whether there is one."""
        words = self.search.text()
        if not words:
            return False
        self.end.setChecked(False)
        flags = QTextDocument.FindFlag.FindBackward if backward else QTextDocument.FindFlag(0)
        found = self.text.find(words, flags)
        if not found:
            was = self.text.textCursor()
            move = QTextCursor.MoveOperation
            self.text.moveCursor(move.End if backward else move.Start)
            found = self.text.find(words, flags)
            if not found:
                self.text.setTextCursor(was)
        self._tell(found)
        return found

    def _tell(self, found: bool) -> None:
        set_ink(self.note, "label" if found else "warning")
        self.note.show_text(
            "" if found else tr("“{value}” does not occur here", value=self.search.text())
        )

    def event(self, event: QEvent) -> bool:
        """Claim Ctrl+F before the window's own shortcuts, while the focus is in here."""
        if event.type() is QEvent.Type.ShortcutOverride and self._is_mine(event):
            event.accept()
            return True
        return super().event(event)

    def _is_mine(self, event: QEvent) -> bool:
        if not isinstance(event, QKeyEvent):
            return False
        leave = event.key() == Qt.Key.Key_Escape and self.search.hasFocus()
        return leave or event.matches(QKeySequence.StandardKey.Find)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Search with Ctrl+F, go on with Enter and Shift+Enter, leave with Esc."""
        if self._is_mine(event) and event.key() != Qt.Key.Key_Escape:
            self.focus_search()
        elif event.key() == Qt.Key.Key_Escape and self.search.hasFocus():
            self.search.clear()
            self.text.setFocus()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            back = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.find_next(backward=back)
        else:
            super().keyPressEvent(event)


def _nothing(stream: str, *, live: bool) -> str:
    """Say that there is nothing in a log."""
    if stream == "stderr":
        yet, never = (
            tr("Nothing was printed to standard error yet."),
            tr("Nothing was printed to standard error."),
        )
    else:
        yet, never = (
            tr("Nothing was printed to standard output yet."),
            tr("Nothing was printed to standard output."),
        )
    return yet if live else never


class _Closer:
    """Ends the reader of a view that is destroyed without having been closed."""

    def __init__(self, view: LogView) -> None:
        self._held = view.__dict__

    def __call__(self, *_: object) -> None:
        reader = self._held.get("_reader")
        if reader is not None:
            reader.close()


def _toggle(icon: str, name: str) -> QToolButton:
    made = QToolButton()
    made.setCheckable(True)
    made.setFont(font())
    made.setProperty("toggle", True)
    made.setAccessibleName(name)
    made.setToolTip(name)
    bind_icon(made, icon)
    return made
