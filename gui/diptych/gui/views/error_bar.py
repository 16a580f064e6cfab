"""The one place where errors are said: what happened, why, what to do."""

from __future__ import annotations

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from diptych.gui.models.trouble import Trouble
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, manager, pixmap
from diptych.gui.views.widgets import icon_button, label, link, part, set_property


class ErrorBar(QFrame):
    """Hidden while all is well. Shows the newest; says how many others wait behind it."""

    def __init__(self) -> None:
        super().__init__()
        part(self, "errorbar")
        self._troubles: list[Trouble] = []
        self._icon = QLabel()
        self._what = label(weight=600, wrap=True)
        self._rest = label(ink="label", wrap=True)
        self._more = label(ink="hint", size=11)
        copy = link(tr("Copy details"))
        copy.clicked.connect(self._copy)
        close = icon_button("cross", tr("Dismiss"))
        close.clicked.connect(self.dismiss)
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addWidget(self._what)
        words.addWidget(self._rest)
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 8, 8, 8)
        row.setSpacing(12)
        row.addWidget(self._icon)
        row.addLayout(words, 1)
        for widget in (self._more, copy, close):
            row.addWidget(widget)
        manager().changed.connect(self._show)
        self.hide()

    @property
    def shown(self) -> Trouble | None:
        """What the bar says now."""
        return self._troubles[-1] if self._troubles else None

    def say(self, trouble: Trouble) -> None:
        """Show ``trouble``; the same one is not said twice."""
        if trouble in self._troubles:
            self._troubles.remove(trouble)
        self._troubles.append(trouble)
        self._show()

    def dismiss(self) -> None:
        """Take away what is shown; what was there before comes back."""
        del self._troubles[-1:]
        self._show()

    def _show(self) -> None:
        trouble = self.shown
        self.setVisible(trouble is not None)
        if trouble is None:
            return
        set_property(self, "level", trouble.level)
        icon = {"error": "error", "warning": "warning", "info": "info"}[trouble.level]
        token = {"error": "error", "warning": "warning", "info": "accent"}[trouble.level]
        colour = getattr(current(), token)
        self._icon.setPixmap(pixmap(icon, colour, 16, self.devicePixelRatioF()))
        self._what.setText(trouble.what)
        rest = "\n".join(part for part in (trouble.why, trouble.do) if part)
        self._rest.setText(rest)
        self._rest.setVisible(bool(rest))
        others = len(self._troubles) - 1
        self._more.setText(tr("{others} more", others=others) if others else "")
        self.setAccessibleName(trouble.text)

    def _copy(self) -> None:
        if self.shown is not None:
            QGuiApplication.clipboard().setText(self.shown.text)
