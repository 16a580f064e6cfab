"""The user's own script: file, arguments, folder, environment, interpreter."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFileDialog, QLineEdit, QPushButton, QWidget

from diptych.gui.models.draft import Draft
from diptych.gui.models.runtimes import RuntimeModel
from diptych.gui.text.runs import short_path
from diptych.gui.text.tr import tr
from diptych.gui.theme import font, mono
from diptych.gui.views.new_run.env_table import EnvTable
from diptych.gui.views.new_run.rows import Rows, stacked
from diptych.gui.views.widgets import ElidedCombo, Segments, label, set_property
from diptych.profiling.runner.runtimes import TITLES, RuntimeInfo

_PREFERRED = tr("Preferred one for the framework")
_OTHER = tr("Choose a Python…")


class ScriptForm(QWidget):
    """``changed`` comes when the user changed anything; the draft has it then."""

    changed = Signal()

    def __init__(self, draft: Draft, runtimes: RuntimeModel) -> None:
        super().__init__()
        self._draft, self._runtimes = draft, runtimes
        self.script = line(tr("Script"), "/path/to/train.py")
        self.args = line(tr("Arguments"), "--epochs 3 --data 'my folder'")
        self.cwd = line(tr("Working folder"), tr("The folder of the script"))
        self.env = EnvTable()
        self.framework = Segments(
            (("auto", tr("Find out")), ("torch", "PyTorch"), ("mxnet", "MXNet")), tr("Framework")
        )
        self.python = ElidedCombo()
        self.python.setFont(font())
        self.python.setAccessibleName(tr("Interpreter"))
        self._lay_out()
        for field in (self.script, self.args, self.cwd):
            field.textEdited.connect(lambda _: self._take())
        self.env.changed.connect(self._take)
        self.framework.chosen.connect(lambda _: self._take())
        self.python.activated.connect(self._chosen)
        self.refresh()

    def _lay_out(self) -> None:
        rows = Rows()
        column = stacked(rows)
        column.setContentsMargins(0, 0, 0, 0)
        self.setLayout(column)
        find = QPushButton(tr("Choose…"))
        find.setAccessibleName(tr("Choose the script"))
        find.setAutoDefault(False)
        find.clicked.connect(self._find_script)
        folder = QPushButton(tr("Choose…"))
        folder.setAccessibleName(tr("Choose the working folder"))
        folder.setAutoDefault(False)
        folder.clicked.connect(self._find_folder)
        rows.add(tr("Script"), self.script, find, fill=True)
        rows.add(tr("Arguments"), self.args, fill=True)
        rows.add(tr("Working folder"), self.cwd, folder, fill=True)
        rows.add(tr("Framework"), self.framework)
        rows.add(tr("Interpreter"), self.python, fill=True)
        hint = label(
            tr(
                "The script runs unchanged: same arguments, output and exit code as "
                "without Diptych."
            ),
            ink="hint",
            size=11,
            wrap=True,
        )
        rows.add_layout(tr("Environment"), stacked(self.env, hint))

    def refresh(self) -> None:
        """Show the draft, and the interpreters that there are."""
        draft = self._draft
        for field, text in ((self.script, draft.script), (self.args, draft.args)):
            if field.text() != text:
                field.setText(text)
        if self.cwd.text() != draft.cwd:
            self.cwd.setText(draft.cwd)
        if self.env.pairs() != draft.env or not self.env.rowCount():
            self.env.show_pairs(list(draft.env))
        self.framework.choose(draft.script_framework)
        self._offer_pythons()

    def _offer_pythons(self) -> None:
        self.python.clear()
        self.python.addItem(_PREFERRED, "")
        for info in self._runtimes.infos:
            if info.usable:
                self.python.addItem(_describe(info), info.python)
        wanted = self._draft.script_python
        if wanted and self.python.findData(wanted) < 0:
            self.python.addItem(short_path(wanted), wanted)
        self.python.addItem(_OTHER, None)
        self.python.setCurrentIndex(max(0, self.python.findData(wanted)))

    def mark(self, errors: dict[str, str]) -> None:
        """Mark the inputs that are wrong."""
        inputs: dict[str, QWidget] = {
            "script": self.script,
            "args": self.args,
            "cwd": self.cwd,
            "runtime": self.python,
        }
        for name, widget in inputs.items():
            set_property(widget, "wrong", name in errors)
            widget.setToolTip(errors.get(name, ""))

    def _take(self) -> None:
        draft = self._draft
        draft.script, draft.args, draft.cwd = (
            self.script.text(),
            self.args.text(),
            self.cwd.text(),
        )
        draft.env = self.env.pairs()
        draft.script_framework = self.framework.value
        self.changed.emit()

    def _chosen(self, index: int) -> None:
        python = self.python.itemData(index)
        if python is None:
            found, _ = QFileDialog.getOpenFileName(self, tr("Choose a Python interpreter"), "/")
            python = found or self._draft.script_python
        self._draft.script_python = python
        self._offer_pythons()
        self.changed.emit()

    def _find_script(self) -> None:
        start = self.script.text() or str(Path.home())
        found, _ = QFileDialog.getOpenFileName(
            self, tr("Choose the script"), start, "Python (*.py);;All files (*)"
        )
        if found:
            self.script.setText(found)
            self._take()

    def _find_folder(self) -> None:
        start = self.cwd.text() or str(Path(self.script.text() or str(Path.home())).parent)
        found = QFileDialog.getExistingDirectory(self, tr("Choose the working folder"), start)
        if found:
            self.cwd.setText(found)
            self._take()


def line(name: str, placeholder: str) -> QLineEdit:
    """Return a line for what a terminal takes."""
    made = QLineEdit()
    made.setFont(mono(12))
    made.setAccessibleName(name)
    made.setPlaceholderText(placeholder)
    return made


def _describe(info: RuntimeInfo) -> str:
    parts = []
    for framework in info.usable:
        version = (info.frameworks[framework].version or "").partition("+")[0]
        parts.append(f"{TITLES[framework]} {version}")
    return f"{', '.join(parts)}: {short_path(info.python)}"
