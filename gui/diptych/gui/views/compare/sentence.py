"""A sentence in which the labels of sides have the colours of their runs. Plain text only."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QPointF, QSize
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPaintEvent, QTextCharFormat, QTextLayout
from PySide6.QtWidgets import QSizePolicy, QWidget

from diptych.gui.models.selection import Look
from diptych.gui.text.compare import CLOSE, bare, side_of
from diptych.gui.theme import current, font, manager


class Sentence(QWidget):
    """Wraps where there is no room. Only the first run of a framework may colour a word."""

    def __init__(self, size: int = 12, weight: int = 400) -> None:
        super().__init__()
        self.setFont(font(size, weight))
        self.text = ""
        self._ranges: list[tuple[int, int, int]] = []
        self._looks: Sequence[Look] = ()
        policy = QSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Minimum)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        manager().changed.connect(self.update)

    def tell(self, marked: str, looks: Sequence[Look]) -> None:
        """Show a sentence with its labels between marks (`text.compare.marked`)."""
        self.text, self._looks = bare(marked), looks
        self._ranges = _ranges(marked)
        self.setAccessibleName(self.text)
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Say that narrower is higher."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of all lines."""
        return round(self._laid(width).boundingRect().height()) + 1

    def sizeHint(self) -> QSize:
        """Ask for one line."""
        metrics = QFontMetricsF(self.font())
        wide = round(metrics.horizontalAdvance(self.text)) + 2
        return QSize(min(wide, 900), round(metrics.lineSpacing()))

    def minimumSizeHint(self) -> QSize:
        """Ask for little: it wraps."""
        return QSize(120, round(QFontMetricsF(self.font()).lineSpacing()))

    def _laid(self, width: int) -> QTextLayout:
        layout = QTextLayout(self.text, self.font())
        layout.setFormats([self._format(*found) for found in self._ranges])
        layout.beginLayout()
        y = 0.0
        while (line := layout.createLine()).isValid():
            line.setLineWidth(max(width, 1))
            line.setPosition(QPointF(0, y))
            y += line.height()
        layout.endLayout()
        return layout

    def _format(self, side: int, first: int, length: int) -> QTextLayout.FormatRange:
        form = QTextCharFormat()
        look = self._looks[side] if side < len(self._looks) else None
        if look is not None and look.index == 0:
            form.setForeground(QColor(look.colour))
        made = QTextLayout.FormatRange()
        # The binding knows these only as attributes.
        made.start, made.length, made.format = first, length, form
        return made

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        painter.setPen(QColor(current().text1))
        self._laid(self.width()).draw(painter, QPointF(0, 0))
        painter.end()


def _ranges(marked: str) -> list[tuple[int, int, int]]:
    """Return (side, first letter, letters) of each label."""
    found, at, begun = [], 0, (0, 0)
    for letter in marked:
        side = side_of(letter)
        if side is not None:
            begun = (side, at)
        elif letter == CLOSE:
            found.append((*begun, at - begun[1]))
        else:
            at += 1
    return found
