"""The rows of the form: a name at the left, inputs at the right."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLayout, QVBoxLayout, QWidget

from diptych.gui.theme import scaled
from diptych.gui.views.widgets import label

NAMES = 104


class Rows(QWidget):
    """Two columns; every row may have a hint below its inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.grid = QGridLayout(self)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setHorizontalSpacing(8)
        self.grid.setVerticalSpacing(11)
        self.grid.setColumnMinimumWidth(0, NAMES)
        self.grid.setColumnStretch(1, 1)

    def add(self, name: str, *inputs: QWidget | str, fill: bool = False) -> QWidget:
        """Add a row of ``inputs``; a text among them is a label. Return the whole row's right."""
        line = QHBoxLayout()
        line.setSpacing(10)
        for item in inputs:
            line.addWidget(label(item, ink="label") if isinstance(item, str) else item)
        if not fill:
            line.addStretch(1)
        return self.add_layout(name, line)

    def add_layout(self, name: str, line: QLayout) -> QWidget:
        """Add a row with any layout at the right."""
        right = QWidget()
        line.setContentsMargins(0, 0, 0, 0)
        right.setLayout(line)
        row = self.grid.rowCount()
        title = label(name, ink="label", weight=500)
        title.setMinimumHeight(scaled(28))
        self.grid.addWidget(title, row, 0, Qt.AlignmentFlag.AlignTop)
        self.grid.addWidget(right, row, 1, Qt.AlignmentFlag.AlignTop)
        return right

    def add_stretch(self) -> None:
        """Let the rest of the height be empty."""
        self.grid.setRowStretch(self.grid.rowCount(), 1)


def stacked(*widgets: QWidget, spacing: int = 4) -> QVBoxLayout:
    """Return the widgets one below the other."""
    column = QVBoxLayout()
    column.setSpacing(spacing)
    for widget in widgets:
        column.addWidget(widget)
    return column
