"""The one place where errors are said: what happened, why, what to do."""

from __future__ import annotations

from PySide6.QtCore import QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from diptych.gui.models.trouble import History, Trouble
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import current, manager, pixmap
from diptych.gui.views.widgets import icon_button, label, link, part, set_property

LOOKS = {"error": ("error", "error"), "warning": ("warning", "warning"), "info": ("info", "accent")}
"""Icon and colour of each level."""
_LONGEST = 600
"""Characters of a reason that are shown; the details have it all."""


class ErrorBar(QFrame):
    """Hidden while all is well. Shows the newest; says how many others wait behind it."""

    def __init__(self) -> None:
        super().__init__()
        part(self, "errorbar")
        self.history = History()
        """All that was said since the window opened."""
        self._troubles: list[Trouble] = []
        self._icon = QLabel()
        self._what = label(weight=600, wrap=True)
        self._rest = label(ink="label", wrap=True)
        self._more = label(ink="hint", size=11)
        self._folder = link(tr("Open folder"))
        self._folder.clicked.connect(self._open)
        copy = link(tr("Copy details"))
        copy.clicked.connect(self._copy)
        close = icon_button("cross", tr("Dismiss"), "Esc")
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
        for widget in (self._more, self._folder, copy, close):
            row.addWidget(widget)
        manager().changed.connect(self._show)
        self.hide()

    @property
    def shown(self) -> Trouble | None:
        """What the bar says now."""
        return self._troubles[-1] if self._troubles else None

    def say(self, trouble: Trouble) -> None:
        """Show ``trouble``; the same one is not said twice."""
        self.history.note(trouble)
        if trouble in self._troubles:
            self._troubles.remove(trouble)
        self._troubles.append(trouble)
        self._show()

    def say_once(self, trouble: Trouble) -> None:
        """Show what comes by itself, again and again perhaps: not after it was dismissed."""
        if trouble in self._troubles or not any(said.trouble == trouble for said in self.history):
            self.say(trouble)
        else:
            self.history.note(trouble)

    def dismiss(self) -> None:
        """Take away what is shown; what was there before comes back."""
        del self._troubles[-1:]
        self._show()

    def forget(self, trouble: Trouble) -> None:
        """Take ``trouble`` away, shown or behind what is: it is of no interest any more."""
        if trouble in self._troubles:
            self._troubles.remove(trouble)
            self._show()

    def _show(self) -> None:
        trouble = self.shown
        self.setVisible(trouble is not None)
        if trouble is None:
            return
        set_property(self, "level", trouble.level)
        icon, token = LOOKS[trouble.level]
        colour = getattr(current(), token)
        self._icon.setPixmap(pixmap(icon, colour, 16, self.devicePixelRatioF()))
        self._what.setText(_short(trouble.what))
        rest = "\n".join(_short(part) for part in (trouble.why, trouble.do) if part)
        self._rest.setText(rest)
        self._rest.setVisible(bool(rest))
        self._folder.setVisible(bool(trouble.folder))
        others = len(self._troubles) - 1
        self._more.setText(trn("{n} more", "{n} more", others) if others else "")
        self.setAccessibleName(_short(trouble.what))
        self.setAccessibleDescription(rest)

    def _copy(self) -> None:
        if self.shown is not None:
            QGuiApplication.clipboard().setText(self.shown.text)

    def _open(self) -> None:
        if self.shown is not None:
            QDesktopServices.openUrl(QUrl.fromLocalFile(self.shown.folder))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
