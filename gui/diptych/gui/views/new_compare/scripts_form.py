"""Scripts of the user's own as sides: a file each, the same arguments for all."""

from __future__ import annotations

from functools import partial
from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from diptych.gui.models.compare_draft import CompareDraft
from diptych.gui.text.tr import tr
from diptych.gui.views.new_run.rows import Rows, stacked
from diptych.gui.views.new_run.script_form import line as command_line
from diptych.gui.views.widgets import icon_button, label, link, set_property
from diptych.profiling.compare.sides import MOST


class ScriptsForm(QWidget):
    """``changed`` comes when the user changed anything; the draft has it then."""

    changed = Signal()

    def __init__(self, draft: CompareDraft) -> None:
        super().__init__()
        self._draft = draft
        self.lines: list[QLineEdit] = []
        self._rows: list[QWidget] = []
        self._list = QVBoxLayout()
        self._list.setSpacing(6)
        self.add = link(tr("Add a script"))
        self.add.clicked.connect(self._add)
        hint = label(
            tr(
                "Each script is a side and runs unchanged, in the folder of the first. The same "
                "file twice is an A/A comparison. Knobs and parity are for the catalogue."
            ),
            ink="hint",
            size=11,
            wrap=True,
        )
        foot = QHBoxLayout()
        foot.addWidget(self.add)
        foot.addStretch(1)
        column = stacked(spacing=6)
        column.addLayout(self._list)
        column.addLayout(foot)
        column.addWidget(hint)
        self.args = command_line(tr("Arguments"), "--epochs=3")
        self.args.setText(draft.args)
        self.args.textEdited.connect(self._take)
        rows = Rows()
        rows.add_layout(tr("Scripts"), column)
        rows.add(tr("Arguments"), self.args, fill=True)
        whole = stacked(rows)
        whole.setContentsMargins(0, 0, 0, 0)
        self.setLayout(whole)
        self._build()

    def _build(self) -> None:
        for row in self._rows:
            row.hide()
            self._list.removeWidget(row)
            row.deleteLater()
        self._rows, self.lines = [], []
        for number, script in enumerate(self._draft.scripts):
            self._make_row(number, script)
        self.add.setEnabled(len(self.lines) < MOST)

    def _make_row(self, number: int, script: str) -> None:
        made = QWidget()
        line = command_line(tr("Script of side {n}", n=number + 1), "/path/to/train.py")
        line.setText(script)
        line.textEdited.connect(self._take)
        find = QPushButton(tr("Choose…"))
        find.setAccessibleName(tr("Choose the script of side {n}", n=number + 1))
        find.setAutoDefault(False)
        find.clicked.connect(partial(self._find, number))
        remove = icon_button("cross", tr("Remove side {n}", n=number + 1))
        remove.setEnabled(len(self._draft.scripts) > 2)
        remove.clicked.connect(partial(self._remove, number))
        row = QHBoxLayout(made)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(8)
        row.addWidget(line, 1)
        row.addWidget(find)
        row.addWidget(remove)
        self.lines.append(line)
        self._rows.append(made)
        self._list.addWidget(made)

    def _find(self, number: int, _checked: bool = False) -> None:
        start = self.lines[number].text() or self.lines[0].text() or str(Path.home())
        found, _ = QFileDialog.getOpenFileName(
            self, tr("Choose the script"), start, "Python (*.py);;All files (*)"
        )
        if found:
            self.lines[number].setText(found)
            self._take()

    def _add(self) -> None:
        self._draft.scripts.append("")
        self._build()
        self.lines[-1].setFocus()
        self.changed.emit()

    def _remove(self, number: int, _checked: bool = False) -> None:
        del self._draft.scripts[number]
        self._build()
        self.changed.emit()

    def _take(self, _: object = None) -> None:
        self._draft.scripts = [line.text() for line in self.lines]
        self._draft.args = self.args.text()
        self.changed.emit()

    def mark(self, errors: dict[str, str]) -> None:
        """Mark the scripts that are wrong."""
        for number, line in enumerate(self.lines):
            wrong = errors.get(f"side{number}")
            set_property(line, "wrong", wrong is not None)
            line.setToolTip(wrong or "")
        set_property(self.args, "wrong", "args" in errors)
        self.args.setToolTip(errors.get("args", ""))
