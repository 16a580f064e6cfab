"""The sides of a comparison, a row each; presets for the usual questions."""

from __future__ import annotations

from functools import partial

import msgspec
from PySide6.QtCore import Signal
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.compare_draft import PRESETS, CompareDraft, SideDraft, executions
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager, mono, scaled
from diptych.gui.views.new_run.rows import Rows, stacked
from diptych.gui.views.widgets import Mark, icon_button, label, link, set_property
from diptych.profiling.compare.sides import MOST
from diptych.profiling.runner.runtimes import FRAMEWORKS, TITLES

PRESET_WORDS = {
    "frameworks": tr("PyTorch against MXNet"),
    "compile": tr("PyTorch: eager against compile"),
    "hybridize": tr("MXNet: imperative against hybridize"),
    "same": tr("The same twice (A/A)"),
}
_OWN = tr("Sides of your choice")


class SidesForm(QWidget):
    """``changed`` comes when the user changed anything; the draft has it then."""

    changed = Signal()

    def __init__(self, draft: CompareDraft) -> None:
        super().__init__()
        self._draft = draft
        self.rows: list[SideRow] = []
        self.preset = QComboBox()
        self.preset.setFont(font())
        self.preset.setAccessibleName(tr("Sides"))
        for key, words in PRESET_WORDS.items():
            self.preset.addItem(words, key)
        self.preset.addItem(_OWN, "")
        self.preset.activated.connect(self._chosen)
        self.add = link(tr("Add a side"))
        self.add.clicked.connect(self._add)
        self._hint = label(
            tr(
                "All sides are held against the first. A knob of one side only, such as "
                "threads=1, stands behind it."
            ),
            ink="hint",
            size=11,
            wrap=True,
        )
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        column = stacked(spacing=6)
        column.addLayout(self._list)
        foot = QHBoxLayout()
        foot.addWidget(self.add)
        foot.addStretch(1)
        column.addLayout(foot)
        column.addWidget(self._hint)
        rows = Rows()
        rows.add(tr("Compare"), self.preset)
        rows.add_layout(tr("Sides"), column)
        whole = stacked(rows)
        whole.setContentsMargins(0, 0, 0, 0)
        self.setLayout(whole)
        self.refresh()

    def refresh(self) -> None:
        """Show the sides of the draft."""
        while len(self.rows) > len(self._draft.sides):
            gone = self.rows.pop()
            # At once: until it is deleted Tab would go through it.
            gone.hide()
            self._list.removeWidget(gone)
            gone.deleteLater()
        while len(self.rows) < len(self._draft.sides):
            self._make_row(len(self.rows))
        removable = len(self.rows) > 2
        for row, side in zip(self.rows, self._draft.sides, strict=True):
            row.show_side(side)
            row.remove.setEnabled(removable)
            row.remove.setToolTip(
                tr("Remove this side") if removable else tr("A comparison has two sides at least")
            )
        self.add.setEnabled(len(self.rows) < MOST)
        self._show_preset()
        self._order()

    def _make_row(self, number: int) -> None:
        row = SideRow(number)
        row.changed.connect(self._typed)
        row.remove.clicked.connect(partial(self._remove, number))
        self.rows.append(row)
        self._list.addWidget(row)

    def _order(self) -> None:
        """Let Tab go through the rows where they stand."""
        before: QWidget = self.preset
        for row in self.rows:
            for widget in (row.framework, row.execution, row.knobs, row.remove):
                QWidget.setTabOrder(before, widget)
                before = widget
        QWidget.setTabOrder(before, self.add)

    def _show_preset(self) -> None:
        sides = tuple(self._draft.sides)
        key = next((key for key, preset in PRESETS.items() if preset == sides), "")
        self.preset.setCurrentIndex(max(0, self.preset.findData(key)))

    def _chosen(self, _index: int) -> None:
        preset = next((p for key, p in PRESETS.items() if key == self.preset.currentData()), None)
        if preset is not None:
            self._draft.sides = list(preset)
            self._tell()

    def _add(self) -> None:
        self._draft.sides.append(self._draft.sides[-1])
        self._tell()
        self.rows[-1].framework.setFocus()

    def _remove(self, number: int, _checked: bool = False) -> None:
        del self._draft.sides[number]
        self._tell()

    def _typed(self, number: int, side: SideDraft) -> None:
        self._draft.sides[number] = side
        self._show_preset()
        self.rows[number].show_side(side)
        self.changed.emit()

    def _tell(self) -> None:
        self.refresh()
        self.changed.emit()

    def mark(self, errors: dict[str, str]) -> None:
        """Mark the sides that are wrong."""
        for number, row in enumerate(self.rows):
            wrong = errors.get(f"side{number}")
            set_property(row.knobs, "wrong", wrong is not None)
            row.knobs.setToolTip(wrong or _KNOBS_TIP)


_KNOBS_TIP = tr("Knobs of this side only, such as threads=1, batch_size=8")


class SideRow(QWidget):
    """Framework, execution, own knobs, and the button that removes it."""

    changed = Signal(int, object)
    """Number, `SideDraft`."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self._number, self._side = number, SideDraft()
        self._mark = Mark()
        self.framework = QComboBox()
        self.execution = QComboBox()
        self.knobs = QLineEdit()
        self.remove = icon_button("cross", tr("Remove side {n}", n=number + 1))
        for combo, name in (
            (self.framework, tr("Framework of side {n}", n=number + 1)),
            (self.execution, tr("Execution of side {n}", n=number + 1)),
        ):
            combo.setFont(font())
            combo.setAccessibleName(name)
            combo.setMinimumWidth(scaled(112))
            combo.activated.connect(self._take)
        for framework in FRAMEWORKS:
            self.framework.addItem(TITLES[framework], framework)
        self.knobs.setFont(mono(12))
        self.knobs.setAccessibleName(tr("Knobs of side {n} only", n=number + 1))
        self.knobs.setPlaceholderText(tr("own knobs"))
        self.knobs.textEdited.connect(self._take)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(self._mark)
        for widget in (self.framework, self.execution):
            row.addWidget(widget)
        row.addWidget(self.knobs, 1)
        row.addWidget(self.remove)
        manager().changed.connect(self._paint)

    def show_side(self, side: SideDraft) -> None:
        """Show what a side is."""
        self._side = side
        self.framework.setCurrentIndex(max(0, self.framework.findData(side.framework)))
        offered = executions(side.framework)
        if [self.execution.itemText(n) for n in range(self.execution.count())] != list(offered):
            self.execution.clear()
            self.execution.addItems(list(offered))
        self.execution.setCurrentText(side.execution)
        if self.knobs.text() != side.knobs:
            self.knobs.setText(side.knobs)
        self._paint()

    def _take(self, _: object = None) -> None:
        framework = str(self.framework.currentData())
        execution = self.execution.currentText()
        if execution not in executions(framework):
            execution = executions(framework)[0]
        self._side = msgspec.structs.replace(
            self._side, framework=framework, execution=execution, knobs=self.knobs.text()
        )
        self.changed.emit(self._number, self._side)

    def _paint(self) -> None:
        square = self._side.framework == "mxnet"
        hues = current().mxnet if square else current().torch
        self._mark.look(square=square, colour=hues[0])
