"""Capture with…: how many steps, and what to record besides names and times."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QPushButton, QSpinBox, QVBoxLayout, QWidget

from diptych.gui.text.tr import tr, trn
from diptych.gui.text.words import OPTIONS
from diptych.gui.theme import font, scaled
from diptych.gui.views.help import Plain, primary
from diptych.gui.views.widgets import label


class CaptureDialog(Plain):
    """``wanted`` gives the steps and the names of the options."""

    wanted = Signal(int, object)

    def __init__(self, frameworks: Collection[str | None], parent: QWidget | None = None) -> None:
        """Offer what the profilers of ``frameworks`` can record; ``None`` is not known yet."""
        super().__init__(tr("Capture"), parent)
        body = QVBoxLayout()
        body.setSpacing(10)
        body.addWidget(label(tr("Profile the next steps"), size=14, weight=600))
        row = QHBoxLayout()
        self.steps = QSpinBox()
        self.steps.setRange(1, 1000)
        self.steps.setValue(5)
        self.steps.setFont(font())
        self.steps.setAccessibleName(tr("Steps"))
        self.steps.setFixedWidth(scaled(80))
        self.steps.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.steps.lineEdit().setTextMargins(6, 0, 6, 0)
        row.addWidget(self.steps)
        row.addWidget(label(tr("steps, as soon as the next one begins"), ink="label"), 1)
        body.addLayout(row)
        self.options: dict[str, QCheckBox] = {}
        for option in OPTIONS:
            box = QCheckBox(option.title)
            box.setFont(font())
            self.options[option.key] = box
            body.addWidget(box)
            lacking = option.lacking(frameworks)
            box.setEnabled(not lacking)
            hint = label(lacking or f"{option.help} {option.cost}", ink="hint", size=11, wrap=True)
            hint.setIndent(24)
            body.addWidget(hint)
        cancel = QPushButton(tr("Cancel"))
        cancel.clicked.connect(self.reject)
        self.start = primary(tr("Capture 5 steps"))
        self.start.clicked.connect(self._want)
        self.steps.valueChanged.connect(self._name_button)
        self.fill(body, None, cancel, self.start)

    def _name_button(self, steps: int) -> None:
        self.start.setText(trn("Capture {n} step", "Capture {n} steps", steps))

    def _want(self) -> None:
        chosen = [name for name, box in self.options.items() if box.isChecked()]
        self.wanted.emit(self.steps.value(), chosen)
        self.accept()
