"""A row of words of which one is chosen."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QWidget

from diptych.gui.theme import current, font, scaled


class _Word(QPushButton):
    """One word: bright when chosen."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setCheckable(True)
        self.setAutoDefault(False)
        self.setFont(font(12, 500))
        self.setFixedSize(self.fontMetrics().horizontalAdvance(text) + 20, scaled(26))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw it."""
        tokens = current()
        painter = QPainter(self)
        bright = self.isChecked() or self.underMouse()
        painter.setPen(QColor(tokens.text1 if bright else tokens.text2))
        painter.setFont(font(12, 600 if self.isChecked() else 500))
        painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self.text())
        if self.isChecked():
            painter.fillRect(8, self.height() - 2, self.width() - 16, 2, QColor(tokens.accent))
        if self.hasFocus():
            painter.setPen(QColor(tokens.accent))
            painter.drawRoundedRect(self.rect().adjusted(1, 1, -2, -2), 4, 4)
        painter.end()


class TextTabs(QWidget):
    """``chosen`` tells the key of a word that was clicked, or gone to with ← and →."""

    chosen = Signal(str)

    def __init__(self, words: Sequence[tuple[str, str]], name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        self._group = QButtonGroup(self)
        self._buttons: dict[str, _Word] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        for key, text in words:
            button = _Word(text)
            self._group.addButton(button)
            self._buttons[key] = button
            row.addWidget(button)
            button.clicked.connect(lambda _=False, key=key: self.chosen.emit(key))
        self._buttons[words[0][0]].setChecked(True)

    @property
    def value(self) -> str:
        """The key that is chosen."""
        return next(key for key, button in self._buttons.items() if button.isChecked())

    def choose(self, key: str) -> None:
        """Choose a word; nobody is told."""
        self._buttons[key].setChecked(True)

    def button(self, key: str) -> QPushButton:
        """Return one of the words."""
        return self._buttons[key]

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Go to the next or the previous word."""
        keys = list(self._buttons)
        way = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1}.get(Qt.Key(event.key()))
        if way is None:
            super().keyPressEvent(event)
            return
        key = keys[(keys.index(self.value) + way) % len(keys)]
        self._buttons[key].setFocus()
        self._buttons[key].click()
