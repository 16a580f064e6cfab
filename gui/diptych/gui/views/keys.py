"""Every key of the window, as the actions themselves tell it: grouped by menu, to be filtered."""

from __future__ import annotations

from itertools import groupby

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QMenuBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.text.tr import tr
from diptych.gui.theme import font, scaled
from diptych.gui.views.actions import KeyRow, key_rows
from diptych.gui.views.help import Plain
from diptych.gui.views.screen import room
from diptych.gui.views.view_keys import view_keys
from diptych.gui.views.widgets import label, part


class KeysDialog(Plain):
    """Two columns of groups; typing leaves what fits."""

    def __init__(self, menus: QMenuBar, parent: QWidget | None = None) -> None:
        super().__init__(tr("Keyboard shortcuts"), parent)
        self.rows = [*key_rows(menus), *view_keys()]
        self.filter = QLineEdit()
        self.filter.setPlaceholderText(tr("Filter by name or key"))
        self.filter.setAccessibleName(tr("Filter shortcuts"))
        self.filter.setClearButtonEnabled(True)
        self.filter.textChanged.connect(self._show)
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setAccessibleName(tr("Keyboard shortcuts"))
        body = QVBoxLayout()
        body.setSpacing(12)
        head = QHBoxLayout()
        head.addWidget(label(tr("Keyboard shortcuts"), size=14, weight=600), 1)
        self.filter.setMinimumWidth(scaled(220))
        head.addWidget(self.filter)
        body.addLayout(head)
        body.addWidget(self._scroll, 1)
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.accept)
        self.fill(body, None, close)
        self._show()
        self.filter.setFocus()
        content = self._scroll.widget()
        inside = content.sizeHint() if content is not None else QSize(400, 300)
        around = QSize(scaled(130), scaled(190))
        self.resize((inside + around).boundedTo(room(self)))

    def shown(self) -> list[KeyRow]:
        """Return the rows that fit what was typed."""
        words = self.filter.text().lower().split()
        return [row for row in self.rows if all(word in _text(row) for word in words)]

    def _show(self) -> None:
        inside = QWidget()
        part(inside, "dialogbody")
        line = QHBoxLayout(inside)
        line.setContentsMargins(0, 0, 8, 0)
        line.setSpacing(40)
        columns, heights = [QVBoxLayout(), QVBoxLayout()], [0, 0]
        for name, grouped in groupby(self.shown(), lambda row: row.group):
            rows = list(grouped)
            shorter = heights.index(min(heights))
            columns[shorter].addWidget(_group(name, rows))
            heights[shorter] += len(rows) + 2
        if not any(heights):
            columns[0].addWidget(label(tr("No action fits"), ink="label"))
        for column in columns:
            column.setSpacing(18)
            column.addStretch(1)
            line.addLayout(column, 1)
        self._scroll.setWidget(inside)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Leave with Esc: first the filter, then the list."""
        if event.key() == Qt.Key.Key_Escape and self.filter.text():
            self.filter.clear()
            return
        super().keyPressEvent(event)


def _text(row: KeyRow) -> str:
    return f"{row.group} {row.name} {row.tip} {' '.join(row.keys)}".lower()


def _group(name: str, rows: list[KeyRow]) -> QWidget:
    made = QWidget()
    grid = QGridLayout(made)
    grid.setContentsMargins(0, 0, 0, 0)
    grid.setHorizontalSpacing(16)
    grid.setVerticalSpacing(6)
    grid.addWidget(label(name, ink="label", size=11, weight=600), 0, 0)
    for number, row in enumerate(rows, 1):
        title = label(row.name)
        title.setToolTip(row.tip)
        grid.addWidget(title, number, 0)
        grid.addWidget(_keys(row.keys), number, 1, Qt.AlignmentFlag.AlignRight)
    grid.setColumnStretch(0, 1)
    return made


def _keys(keys: tuple[str, ...]) -> QWidget:
    made = QFrame()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(6)
    for key in keys:
        chip = QLabel(key)
        chip.setTextFormat(Qt.TextFormat.PlainText)
        chip.setFont(font(11, 500))
        chip.setProperty("chip", True)
        row.addWidget(chip)
    return made
