"""The checks and the exact command, below the form."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QGuiApplication, QResizeEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QPlainTextEdit, QVBoxLayout, QWidget

from diptych.gui.models.evaluate import Check, Evaluation
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, manager, mono, pixmap
from diptych.gui.views.new_run.command_text import CommandText
from diptych.gui.views.new_run.rows import Rows
from diptych.gui.views.widgets import icon_button, label, part

_ICONS = {
    "ok": ("check", "ok"),
    "warning": ("warning", "warning"),
    "error": ("error", "error"),
    "info": ("info", "text2"),
}


_MOST_LINES = 6


def _height(edit: QPlainTextEdit, lines: int) -> int:
    return edit.fontMetrics().lineSpacing() * lines + 12


class Verdict(Rows):
    """Shows what was found, and the command that does it."""

    def __init__(self) -> None:
        super().__init__()
        self.checks: tuple[Check, ...] = ()
        well = QFrame()
        part(well, "well")
        self._lines = QVBoxLayout(well)
        self._lines.setContentsMargins(12, 8, 12, 8)
        self._lines.setSpacing(5)
        self.command = CommandText()
        self.command.setFont(mono(12))
        self.command.setAccessibleName(tr("Command"))
        self.command.setTabChangesFocus(True)
        self.command.setFixedHeight(_height(self.command, 2))
        self.command.setFrameShape(QFrame.Shape.NoFrame)
        self.command.setProperty("bare", True)
        box = QFrame()
        part(box, "well")
        row = QHBoxLayout(box)
        row.setContentsMargins(8, 2, 6, 2)
        row.addWidget(self.command, 1)
        self.copy = icon_button("copy", tr("Copy the command"))
        self.copy.setEnabled(False)
        self.copy.clicked.connect(
            lambda: QGuiApplication.clipboard().setText(self.command.toPlainText())
        )
        row.addWidget(self.copy, 0, Qt.AlignmentFlag.AlignTop)
        self.add(tr("Checks"), well, fill=True)
        self.add(tr("Command"), box, fill=True)
        manager().changed.connect(self._draw)

    def show_evaluation(self, evaluation: Evaluation) -> None:
        """Show checks and command; an error leaves no command."""
        self.show_checks(evaluation.checks, evaluation.command)

    def show_checks(self, checks: tuple[Check, ...], text: str) -> None:
        """Show these checks and the command ``text``."""
        self.checks = checks
        if self.command.toPlainText() != text:
            self.command.setPlainText(text)
        self.copy.setEnabled(bool(text))
        self._fit()
        self._draw()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Give the command the lines that it needs at this width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        # The layout of a plain document counts in lines.
        lines = round(self.command.document().documentLayout().documentSize().height())
        self.command.setFixedHeight(_height(self.command, min(max(lines, 1), _MOST_LINES)))

    def show_busy(self, words: str) -> None:
        """Say that it is not known yet."""
        self.checks = (Check("info", words),)
        self._draw()

    def _draw(self) -> None:
        while self._lines.count():
            item = self._lines.takeAt(0)
            widget = item.widget() if item is not None else None
            if widget is not None:
                widget.deleteLater()
        for check in self.checks:
            self._lines.addWidget(_line(check))


def _line(check: Check) -> QWidget:
    name, token = _ICONS[check.level]
    made = QWidget()
    row = QHBoxLayout(made)
    row.setContentsMargins(0, 0, 0, 0)
    row.setSpacing(8)
    image = QLabel()
    image.setPixmap(pixmap(name, getattr(current(), token), 16, made.devicePixelRatioF()))
    image.setFixedSize(QSize(16, 16))
    row.addWidget(image, 0, Qt.AlignmentFlag.AlignTop)
    ink = None if check.level in ("error", "warning") else "label"
    row.addWidget(label(check.text, ink=ink, wrap=True), 1)
    return made
