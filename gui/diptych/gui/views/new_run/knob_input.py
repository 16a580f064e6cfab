"""One input for one knob of the catalogue. Takes any text: the catalogue refuses, by name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from diptych.gui.theme import font
from diptych.gui.views.widgets import set_property
from diptych.workloads.catalogue import Knob


class KnobInput(QObject):
    """``widget`` is a list of choices or a line; ``changed`` comes when the user changed it."""

    changed = Signal(str, str)
    """Key, text."""

    def __init__(self, knob: Knob, key: str, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.knob, self.key = knob, key
        self._combo: QComboBox | None = None
        self._line: QLineEdit | None = None
        self.widget: QWidget
        name = key.replace("@", " under ").replace("_", " ")
        if knob.kind in ("choice", "device"):
            self.widget = self._combo = QComboBox()
            self._combo.setFont(font())
            self._combo.addItems(list(knob.choices) or [str(knob.default)])
            self._combo.textActivated.connect(lambda text: self.changed.emit(key, text))
            self._combo.setMinimumWidth(112)
        else:
            self.widget = self._line = QLineEdit()
            self._line.setFont(font())
            self._line.setFixedWidth(84)
            self._line.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._line.textEdited.connect(lambda text: self.changed.emit(key, text))
        self.widget.setAccessibleName(name)
        self.widget.setToolTip(f"{knob.help} Allowed: {knob.allowed}.")

    def show_text(self, text: str) -> None:
        """Show ``text``; a choice that is not offered is offered from now on."""
        if self._combo is not None:
            if self._combo.findText(text) < 0:
                self._combo.addItem(text)
            self._combo.setCurrentText(text)
        elif self._line is not None and self._line.text() != text:
            self._line.setText(text)

    def offer(self, choices: Sequence[str], current: str) -> None:
        """Offer other choices."""
        if self._combo is not None:
            self._combo.clear()
            self._combo.addItems(list(choices))
            self.show_text(current)

    def mark(self, message: str | None) -> None:
        """Mark it as wrong, with the message; or as right again."""
        set_property(self.widget, "wrong", message is not None)
        base = f"{self.knob.help} Allowed: {self.knob.allowed}."
        self.widget.setToolTip(message or base)
