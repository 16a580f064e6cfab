"""A command as it is typed: lines break between words, never within ``--steps``."""

from __future__ import annotations

from PySide6.QtCore import QMimeData, QTextBoundaryFinder
from PySide6.QtWidgets import QPlainTextEdit

_JOINER = "\N{WORD JOINER}"
"""No width, and no line breaks beside it."""
_SPACES = {space.encode("utf-16-le") for space in " \n\t"}


class CommandText(QPlainTextEdit):
    """Read only. What is copied out of it, and `toPlainText`, is the command as it was set.

    A word that is longer than a line still breaks.
    """

    def __init__(self) -> None:
        super().__init__()
        self.setReadOnly(True)

    def setPlainText(self, text: str) -> None:
        """Show ``text``."""
        super().setPlainText(_joined(text))

    def toPlainText(self) -> str:
        """Return the command."""
        return super().toPlainText().replace(_JOINER, "")

    def createMimeDataFromSelection(self) -> QMimeData:
        """Give away the selected part of the command."""
        data = QMimeData()
        chosen = self.textCursor().selection().toPlainText()
        data.setText(chosen.replace(_JOINER, ""))
        return data


def _joined(text: str) -> str:
    """Return ``text`` with a joiner wherever a line could break within a word."""
    finder = QTextBoundaryFinder(QTextBoundaryFinder.BoundaryType.Line, text)
    # The finder counts as Qt does: in units of UTF-16.
    units = text.encode("utf-16-le")
    made, last = b"", 0
    while (at := finder.toNextBoundary()) >= 0:
        made += units[2 * last : 2 * at]
        before, after = units[2 * at - 2 : 2 * at], units[2 * at : 2 * at + 2]
        if after and before not in _SPACES and after not in _SPACES:
            made += _JOINER.encode("utf-16-le")
        last = at
    return (made + units[2 * last :]).decode("utf-16-le")
