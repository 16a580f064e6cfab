"""A dialog that starts what it shows: sources, a form, checks, cost, and the button.

What stands in the form is evaluated a moment after the typing rests, off the
GUI's thread; the button starts the last evaluation, if it is still that of the form.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeVar

from PySide6.QtCore import QSize, Qt, QTimer, Signal
from PySide6.QtWidgets import (
    QDialog,
    QFrame,
    QHBoxLayout,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)

from diptych.gui.models import jobs
from diptych.gui.text.tr import tr
from diptych.gui.theme import scaled
from diptych.gui.views.help import foot, primary
from diptych.gui.views.new_run.sources import Sources
from diptych.gui.views.new_run.verdict import Verdict
from diptych.gui.views.screen import room
from diptych.gui.views.widgets import hairline, icon_button, label, part

_PAUSE_MS = 120
"""How long typing has to rest before it is evaluated."""
T = TypeVar("T")


class FormDialog(QDialog):
    """What New run and Compare have in common; they say what is evaluated and started."""

    runtimes_wanted = Signal()
    evaluated = Signal()
    """The shown checks and command are those of what stands in the form."""

    def __init__(self, title: str, start: str, sources: Sources, parent: QWidget | None) -> None:
        super().__init__(parent)
        self.setWindowTitle(title)
        self.sources = sources
        self.verdict = Verdict()
        self.start = primary(start)
        self.start.setEnabled(False)
        self._title = title
        self._cost = label(ink="label")
        self._subject = label(ink="label")
        self._round = 0
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._evaluate)
        self.start.clicked.connect(self._start)

    # -- how it looks ---------------------------------------------------------------

    def _lay_out(self, forms: Sequence[QWidget], *beside: QWidget) -> None:
        """Put the forms one below the other; ``beside`` stand at the left of the buttons."""
        inside = QWidget()
        part(inside, "dialogbody")
        column = QVBoxLayout(inside)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(11)
        for widget in forms:
            column.addWidget(widget)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        self.scrolled = scroll
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.sources)
        middle.addWidget(self._right(scroll), 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._head())
        whole.addLayout(middle, 1)
        cancel = QPushButton(tr("Cancel"))
        cancel.clicked.connect(self.reject)
        whole.addWidget(foot(self._cost, None, *beside, cancel, self.start))
        # Only a button that is in the dialog already becomes its default.
        self.start.setDefault(True)
        # Below this the row of numbers of the profile window would be cut.
        self.setMinimumWidth(min(scaled(930), max(930, room(self).width())))
        self.resize(QSize(scaled(960), scaled(860)).boundedTo(room(self)))

    def _right(self, scroll: QScrollArea) -> QWidget:
        right = QWidget()
        part(right, "dialogbody")
        under = QVBoxLayout(right)
        under.setContentsMargins(0, 0, 0, 0)
        under.setSpacing(0)
        under.addWidget(scroll, 1)
        under.addWidget(hairline())
        bottom = QVBoxLayout()
        bottom.setContentsMargins(24, 12, 24, 12)
        bottom.addWidget(self.verdict)
        under.addLayout(bottom)
        return right

    def _head(self) -> QFrame:
        made = QFrame()
        part(made, "dialoghead")
        row = QHBoxLayout(made)
        row.setContentsMargins(18, 10, 10, 10)
        row.setSpacing(10)
        row.addWidget(label(self._title, size=14, weight=600))
        row.addWidget(self._subject, 1)
        close = icon_button("cross", tr("Close"), "Esc")
        close.clicked.connect(self.reject)
        row.addWidget(close)
        return made

    # -- what it amounts to -----------------------------------------------------------

    def _soon(self) -> None:
        """Evaluate when the typing rests; what was evaluated before can no longer be started."""
        self._round += 1
        self.start.setEnabled(False)
        self._timer.start()

    def _work_out(
        self, work: Callable[[], T], show: Callable[[T], None], failed: Callable[[str], None]
    ) -> None:
        """Have ``work`` done beside; its result is shown unless the form changed meanwhile."""
        number = self._round

        def done(result: T) -> None:
            # Typed on in the meantime: the next round will say.
            if number == self._round:
                show(result)
                self.evaluated.emit()

        def gone_wrong(error: Exception) -> None:
            if number == self._round:
                failed(f"{type(error).__name__}: {error}")
                self.evaluated.emit()

        jobs.start(self, work, done, gone_wrong)

    def _evaluate(self) -> None:
        raise NotImplementedError

    def _start(self) -> None:
        raise NotImplementedError
