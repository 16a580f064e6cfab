"""Environment variables as rows of name and value; there is always an empty row to type in."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHeaderView, QTableWidget, QTableWidgetItem

from diptych.gui.text.tr import tr
from diptych.gui.theme import mono, scaled


class EnvTable(QTableWidget):
    """``changed`` comes when the user changed a cell."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__(0, 2)
        self.setAccessibleName(tr("Environment variables"))
        self.setHorizontalHeaderLabels(["Name", "Value"])
        self.setFont(mono(11))
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(scaled(25))
        header = self.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Interactive)
        header.setStretchLastSection(True)
        header.resizeSection(0, 180)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        self.setFixedHeight(scaled(108))
        self.setTabKeyNavigation(False)
        self.setProperty("framed", True)
        self.cellChanged.connect(self._edited)

    def pairs(self) -> list[tuple[str, str]]:
        """Return what stands there, without empty rows."""
        rows = ((self._text(row, 0), self._text(row, 1)) for row in range(self.rowCount()))
        return [(name, value) for name, value in rows if name.strip() or value]

    def show_pairs(self, pairs: list[tuple[str, str]]) -> None:
        """Show these variables and an empty row."""
        self.blockSignals(True)
        self.setRowCount(0)
        for name, value in [*pairs, ("", "")]:
            row = self.rowCount()
            self.insertRow(row)
            self.setItem(row, 0, QTableWidgetItem(name))
            self.setItem(row, 1, QTableWidgetItem(value))
        self.blockSignals(False)

    def _edited(self, row: int, _column: int) -> None:
        if row == self.rowCount() - 1:
            self.blockSignals(True)
            self.insertRow(row + 1)
            self.blockSignals(False)
        self.changed.emit()

    def _text(self, row: int, column: int) -> str:
        item = self.item(row, column)
        return item.text() if item is not None else ""
