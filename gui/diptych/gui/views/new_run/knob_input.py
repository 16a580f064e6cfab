"""One input for one knob of the catalogue. Takes any text: the catalogue refuses, by name."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QComboBox, QLineEdit, QWidget

from diptych.gui.text.tr import tr
from diptych.gui.theme import font, scaled
from diptych.gui.views.widgets import set_property
from diptych.workloads.catalogue import Knob

_AUTO = "auto"
_LEFT = ("threads", "lr")
"""Knobs of which 0 leaves the choice to the framework."""


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
        words, _, framework = key.replace("_", " ").partition("@")
        name = words
        if framework:
            name = tr("{knob} under {framework}", knob=words, framework=framework)
        if knob.kind in ("choice", "device"):
            self.widget = self._combo = QComboBox()
            self._combo.setFont(font())
            self._combo.addItems(list(knob.choices) or [str(knob.default)])
            self._combo.textActivated.connect(lambda text: self.changed.emit(key, text))
            self._combo.setMinimumWidth(scaled(112))
        else:
            self.widget = self._line = QLineEdit()
            self._line.setFont(font())
            self._line.setFixedWidth(scaled(84))
            self._line.setAlignment(Qt.AlignmentFlag.AlignRight)
            self._line.textEdited.connect(self._typed)
        self.widget.setAccessibleName(name)
        self.widget.setToolTip(self._help())

    def _typed(self, text: str) -> None:
        """Tell of what was typed; in the form of the knob, which knows no ``auto``."""
        left = self.knob.name in _LEFT and text.strip().casefold() == _AUTO
        self.changed.emit(self.key, "0" if left else text)

    def _help(self) -> str:
        knob = self.knob
        if knob.name in _LEFT:
            return tr(
                "{help} Allowed: {allowed}, or {auto}.",
                help=knob.help,
                allowed=knob.allowed,
                auto=_AUTO,
            )
        return tr("{help} Allowed: {allowed}.", help=knob.help, allowed=knob.allowed)

    def show_text(self, text: str) -> None:
        """Show ``text``; a choice that is not offered is offered from now on."""
        if self.knob.name in _LEFT and text in ("0", "0.0"):
            text = _AUTO
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
        self.widget.setToolTip(message or self._help())
