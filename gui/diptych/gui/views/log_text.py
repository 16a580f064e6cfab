"""The lines of a log, some of them tinted: a plain text that knows where each line ended."""

from __future__ import annotations

from bisect import bisect_right
from collections import deque
from collections.abc import Sequence

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPaintEvent, QTextCursor
from PySide6.QtWidgets import QPlainTextEdit

from diptych.gui.models.log_stretch import Part
from diptych.gui.theme import current, mono

_BAR = 3.0
"""Pixels of the bar beside tinted lines."""
_TINT = 0.09
_MOST = 32 << 20
"""Characters that are kept."""


class LogText(QPlainTextEdit):
    """Holds ``most`` lines; `mark` tints those of a part of the file."""

    def __init__(self, most: int) -> None:
        super().__init__()
        self.setMaximumBlockCount(most)
        self.setReadOnly(True)
        self.setTabChangesFocus(True)
        self.setFont(_plain_mono())
        self.setStyleSheet("QPlainTextEdit { border: 2px solid transparent; border-radius: 0 }")
        self.setFrameShape(QPlainTextEdit.Shape.NoFrame)
        self.document().setDocumentMargin(12)
        self.setUndoRedoEnabled(False)
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self._ends: deque[int] = deque(maxlen=most)
        self._lengths: deque[int] = deque(maxlen=most)
        self._part: Part | None = None
        self._partial = False

    @property
    def part(self) -> Part | None:
        """The part that is tinted."""
        return self._part

    @property
    def count(self) -> int:
        """How many lines there are, one that has not ended among them."""
        return len(self._ends)

    @property
    def partial(self) -> bool:
        """Whether the last line has not ended yet."""
        return self._partial

    def forget(self) -> None:
        """Show nothing."""
        self.clear()
        self._ends.clear()
        self._lengths.clear()
        self._partial = False

    def add(self, lines: Sequence[str], ends: Sequence[int], *, partial: bool) -> None:
        """Append ``lines``, each with its end in the file; a last line that was partial gives way.

        ``partial``: the last of them has not ended yet.
        """
        if self._partial:
            self._drop_last()
        if lines:
            self.appendPlainText("\n".join(lines))
            self._ends += ends
            self._lengths += map(len, lines)
            self._drop_first()
        self._partial = partial
        if self._part is not None:
            self.viewport().update()

    def _drop_first(self) -> None:
        """Let the oldest lines go where they are so long that all together are too much."""
        size, gone = sum(self._lengths), 0
        while size > _MOST and len(self._lengths) > 1:
            size -= self._lengths.popleft()
            self._ends.popleft()
            gone += 1
        if gone:
            move = QTextCursor.MoveOperation
            cursor = QTextCursor(self.document())
            cursor.movePosition(move.NextBlock, QTextCursor.MoveMode.KeepAnchor, gone)
            cursor.removeSelectedText()

    def _drop_last(self) -> None:
        cursor = QTextCursor(self.document())
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.select(QTextCursor.SelectionType.BlockUnderCursor)
        cursor.removeSelectedText()
        if self.document().blockCount() == 1 and not self.toPlainText():
            self.clear()
        self._ends.pop()
        self._lengths.pop()

    def mark(self, part: Part | None) -> None:
        """Tint the lines of ``part``, or none."""
        if part != self._part:
            self._part = part
            self.viewport().update()

    def marked(self) -> range:
        """Return the numbers of the tinted lines that are there."""
        if self._part is None:
            return range(0)
        ends = list(self._ends)
        return range(bisect_right(ends, self._part.first), bisect_right(ends, self._part.stop))

    def show_line(self, number: int) -> None:
        """Bring a line to the top."""
        bar = self.verticalScrollBar()
        block = self.document().findBlockByNumber(number)
        bar.setValue(block.firstLineNumber() if block.isValid() else bar.maximum())

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the tint under the text."""
        marked = self.marked()
        if marked:
            painter = QPainter(self.viewport())
            self._paint_tint(painter, marked)
            painter.end()
        super().paintEvent(event)

    def _paint_tint(self, painter: QPainter, marked: range) -> None:
        accent = QColor(current().accent)
        tint = QColor(accent)
        tint.setAlphaF(_TINT)
        block, bottom = self.firstVisibleBlock(), self.viewport().height()
        while block.isValid():
            rect = self.blockBoundingGeometry(block).translated(self.contentOffset())
            if rect.top() > bottom:
                return
            if block.blockNumber() in marked:
                band = QRectF(0.0, rect.top(), float(self.viewport().width()), rect.height())
                painter.fillRect(band, tint)
                band.setWidth(_BAR)
                painter.fillRect(band, accent)
            block = block.next()


def _plain_mono() -> QFont:
    """Return the fixed-width typeface without ligatures: a log shows what was printed."""
    made = mono(12)
    made.setFeature(QFont.Tag("calt"), 0)
    made.setFeature(QFont.Tag("liga"), 0)
    return made
