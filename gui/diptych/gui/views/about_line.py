"""*What am I looking at?*: one sentence above each view, and the way to the whole story."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel

from diptych.gui.models.settings import Settings
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, manager, pixmap
from diptych.gui.views.widgets import Elided, icon_button, link, part

WORDS = {
    "Live": tr(
        "Every step of the shown runs as it happens; drag to select a stretch, "
        "and every number speaks of it."
    ),
    "Operators": tr(
        "Which operators took the time: of a profile window as mean over its steps, "
        "or call by call of an open trace."
    ),
    "Timeline": tr("What ran when, thread by thread and kernel by kernel, in one profile window."),
    "Memory": tr("What held memory, and when it was allocated and freed."),
    "Compare": tr("Whether one run is faster than another, how sure that is, and if it is fair."),
    "Report": tr("What was measured, in a form to be handed on."),
    "Log": tr("What the script printed, as it printed it; the newest is at the end."),
    "Details": tr("What was asked for and what it ran on: enough to repeat the run."),
}
"""A sentence for each view, by the key of its tab."""
_KEPT = "explained"


class AboutLine(QFrame):
    """Dismissed for one view at a time, which is remembered; `show_again` brings it back."""

    more_wanted = Signal(str)
    """The key of the view of which more is to be read."""
    changed = Signal()
    """It was dismissed or brought back."""

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        part(self, "aboutline")
        self._settings, self._view = settings, ""
        self._dismissed = set(settings.read(_KEPT, list[str]) or [])
        self._icon = QLabel()
        self._words = Elided(ink="label", size=11)
        self.more = link(tr("Read more"))
        self.more.clicked.connect(lambda: self.more_wanted.emit(self._view))
        self.dismiss = icon_button("cross", tr("Do not explain this view"))
        self.dismiss.clicked.connect(lambda: self.explain(False))
        row = QHBoxLayout(self)
        row.setContentsMargins(16, 0, 12, 0)
        row.setSpacing(8)
        row.addWidget(self._icon)
        row.addWidget(self._words)
        row.addWidget(self.more)
        row.addStretch(1)
        row.addWidget(self.dismiss)
        row.setStretch(1, 100)
        manager().changed.connect(self._draw)
        self._draw()

    @property
    def explains(self) -> bool:
        """Whether the present view is explained."""
        return self._view in WORDS and self._view not in self._dismissed

    def show_view(self, view: str) -> None:
        """Speak of another view."""
        self._view = view
        self._words.show_text(WORDS.get(view, ""))
        self.setAccessibleName(WORDS.get(view, ""))
        self.more.setAccessibleName(tr("Read more about this view"))
        self.setVisible(self.explains)
        self.changed.emit()

    def explain(self, on: bool) -> None:
        """Explain the present view, or not any more."""
        if on:
            self._dismissed.discard(self._view)
        else:
            self._dismissed.add(self._view)
        self._settings.set(**{_KEPT: sorted(self._dismissed)})
        self.setVisible(self.explains)
        self.changed.emit()

    def _draw(self) -> None:
        colour = current().text3
        self._icon.setPixmap(pixmap("info", colour, 14, self.devicePixelRatioF()))
