"""Small dialogs: about, a question; and what every dialog is made of."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Qt, qVersion
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.text.runs import short_path
from diptych.gui.text.tr import tr
from diptych.gui.theme import font, scaled
from diptych.gui.version import program_version
from diptych.gui.views.widgets import label, part


def primary(text: str) -> QPushButton:
    """Return the one button that the dialog is for."""
    made = QPushButton(text)
    made.setProperty("primary", True)
    made.setFont(font(12, 600))
    return made


def foot(*widgets: QWidget | None) -> QFrame:
    """Return the row of buttons at the foot of a dialog; ``None`` is where it stretches."""
    made = QFrame()
    part(made, "dialogfoot")
    row = QHBoxLayout(made)
    row.setContentsMargins(16, 10, 16, 10)
    row.setSpacing(8)
    for widget in widgets:
        if widget is None:
            row.addStretch(1)
        else:
            row.addWidget(widget)
    return made


class Plain(QDialog):
    """A dialog with a title, a body and a foot."""

    def __init__(self, title: str, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(0)

    def fill(self, body: QLayout, *buttons: QWidget | None) -> None:
        """Put ``body`` above a foot of ``buttons``."""
        inside = QWidget()
        part(inside, "dialogbody")
        inside.setLayout(body)
        body.setContentsMargins(20, 18, 20, 18)
        self._column.addWidget(inside, 1)
        self._column.addWidget(foot(*buttons))
        for button in buttons:
            # Only a button that is in the dialog already becomes its default.
            if isinstance(button, QPushButton) and button.property("primary"):
                button.setDefault(True)


class AboutDialog(Plain):
    """Version, licences, where things are kept."""

    def __init__(self, home: Path, parent: QWidget | None = None) -> None:
        super().__init__(tr("About Diptych"), parent)
        body = QVBoxLayout()
        body.setSpacing(6)
        body.addWidget(label(tr("Diptych"), size=20, weight=600))
        words = tr("Version {version}, Qt {qt}", version=program_version(), qt=qVersion())
        body.addWidget(label(words, ink="label"))
        body.addSpacing(8)
        body.addWidget(label(tr("Runs and runtimes are kept in {home}.", home=short_path(home))))
        body.addWidget(label(tr("DIPTYCH_HOME moves that folder."), ink="hint", size=11))
        body.addSpacing(8)
        licence = tr("Apache License 2.0. Qt and PySide6 under the LGPL 3.")
        fonts = tr("Inter and JetBrains Mono under the SIL Open Font License 1.1.")
        for words in (licence, fonts):
            body.addWidget(label(words, ink="label"))
        close = QPushButton(tr("Close"))
        close.clicked.connect(self.accept)
        self.fill(body, None, close)


class AskDialog(Plain):
    """A question with answers that do something, the last of them the usual one, and Cancel."""

    def __init__(self, parent: QWidget | None, title: str, text: str, *verbs: str) -> None:
        super().__init__(title, parent)
        self.body = QVBoxLayout()
        self.body.setSpacing(8)
        self.body.addWidget(label(title, size=14, weight=600))
        self.body.addWidget(label(text, ink="label", wrap=True))
        self.cancel = QPushButton(tr("Cancel"))
        self.cancel.clicked.connect(self.reject)
        self.answer: str | None = None
        self.buttons = [*map(QPushButton, verbs[:-1]), primary(verbs[-1])]
        for button, verb in zip(self.buttons, verbs, strict=True):
            button.clicked.connect(lambda _=False, verb=verb: self._choose(verb))
        self.fill(self.body, None, self.cancel, *self.buttons)
        # Return means the usual answer, wherever the focus would have gone first.
        self.buttons[-1].setFocus()
        self.setMinimumWidth(scaled(420))

    def _choose(self, verb: str) -> None:
        self.answer = verb
        self.accept()


def ask(parent: QWidget | None, title: str, text: str, *verbs: str) -> str | None:
    """Ask, and return which of ``verbs`` was chosen; ``None`` when none was."""
    dialog = AskDialog(parent, title, text, *verbs)
    dialog.exec()
    answer = dialog.answer
    dialog.deleteLater()
    return answer
