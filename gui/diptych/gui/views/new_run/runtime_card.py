"""Whether to run under one framework, and in which interpreter."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models.runtimes import RuntimeModel
from diptych.gui.text.runs import short_path
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, font, manager
from diptych.gui.views.widgets import ElidedCombo, Mark, as_tooltip, label, link, set_property
from diptych.profiling.runner.runtimes import TITLES, RuntimeInfo


class RuntimeCard(QFrame):
    """``changed`` comes when it was checked, unchecked, or another interpreter chosen."""

    changed = Signal()
    runtimes_wanted = Signal()

    def __init__(self, framework: str, runtimes: RuntimeModel) -> None:
        super().__init__()
        self.framework = framework
        self._runtimes = runtimes
        self.setObjectName("runtimecard")
        self.check = QCheckBox()
        self.check.setAccessibleName(tr("Run under {framework}", framework=TITLES[framework]))
        self._mark = Mark(square=framework == "mxnet")
        self._title = label(TITLES[framework], weight=600)
        self._combo = ElidedCombo()
        self._combo.setFont(font(11))
        self._combo.currentIndexChanged.connect(self._tell_whole)
        self._combo.setAccessibleName(
            tr("Interpreter for {framework}", framework=TITLES[framework])
        )
        self._none = link(
            tr("Create one…"), tr("Create a runtime for {framework}", framework=TITLES[framework])
        )
        self._none.clicked.connect(self.runtimes_wanted)
        head = QHBoxLayout()
        head.setSpacing(8)
        for widget in (self.check, self._mark, self._title):
            head.addWidget(widget)
        head.addStretch(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(10, 8, 10, 10)
        column.setSpacing(6)
        column.addLayout(head)
        column.addWidget(self._combo)
        column.addWidget(self._none)
        self.check.toggled.connect(self._toggled)
        self._combo.activated.connect(lambda _: self.changed.emit())
        manager().changed.connect(self._paint)
        self._paint()

    @property
    def last(self) -> QWidget:
        """The last of its widgets that takes the focus."""
        return self._none

    @property
    def python(self) -> str:
        """The chosen interpreter; empty for the preferred one."""
        return str(self._combo.currentData() or "") if self._combo.currentIndex() > 0 else ""

    @property
    def info(self) -> RuntimeInfo | None:
        """What is known of the interpreter that would be taken."""
        return self._runtimes.find(str(self._combo.currentData() or ""))

    def show_state(self, *, checked: bool, python: str) -> None:
        """Show what was chosen, and the interpreters that there are."""
        usable = self._runtimes.usable(self.framework)
        self._combo.clear()
        for info in usable:
            self._combo.addItem(describe(info, self.framework), info.python)
            self._combo.setItemData(
                self._combo.count() - 1, info.python, Qt.ItemDataRole.ToolTipRole
            )
        self._combo.setCurrentIndex(max(0, self._combo.findData(python)))
        self._tell_whole()
        self._combo.setVisible(bool(usable))
        self._none.setVisible(not usable)
        looking = not self._runtimes.known
        broken = any(self.framework in info.frameworks for info in self._runtimes.infos)
        words = tr("Broken. What to do…") if broken else tr("None found. Create one…")
        self._none.setText(tr("Looking…") if looking else words)
        self._none.setEnabled(not looking)
        self.check.blockSignals(True)
        self.check.setChecked(checked)
        self.check.blockSignals(False)
        self._paint()

    def _tell_whole(self, _index: int = 0) -> None:
        python = self._combo.currentData()
        words = f"{self._combo.currentText()}\n{python}" if python else ""
        self._combo.setToolTip(as_tooltip(words))

    def _toggled(self) -> None:
        self._paint()
        self.changed.emit()

    def _paint(self) -> None:
        set_property(self, "on", self.check.isChecked())
        hues = current().mxnet if self.framework == "mxnet" else current().torch
        self._mark.look(square=self.framework == "mxnet", colour=hues[0])


def describe(info: RuntimeInfo, framework: str) -> str:
    """Return such as ``torch 2.13.0 (CPU), ~/venvs/torch``."""
    found = info.frameworks[framework]
    build = f"CUDA {found.cuda}" if found.cuda else "CPU"
    place = info.python.removesuffix("/bin/python").removesuffix("/bin/python3")
    where = info.name if info.source == "managed" and info.name else short_path(place)
    where = tr("created by Diptych") if info.source == "managed" else where
    return f"{(found.version or '').partition('+')[0]} ({build}), {where}"
