"""Comparisons that are carried out, a slim line each: where it stands, cancel, open."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from diptych.gui.text.experiment import ended, fraction, stage, title
from diptych.gui.text.tr import tr
from diptych.gui.theme import current, manager, pixmap, scaled
from diptych.gui.views.widgets import Bar, Elided, icon_button, label, link, part
from diptych.profiling.records.experiment import Experiment, ExperimentState


class ExperimentBar(QFrame):
    """Hidden while there is nothing to say."""

    cancel_wanted = Signal(object)
    open_wanted = Signal(object)
    """`Path` of the comparison."""
    again_wanted = Signal()
    """The dialog is wanted, with the last choice in it."""

    def __init__(self) -> None:
        super().__init__()
        part(self, "experimentbar")
        self.setAccessibleName(tr("Comparisons that go on"))
        self.lines: dict[Path, ExperimentLine] = {}
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(0, 2, 0, 2)
        self._column.setSpacing(0)
        self.hide()

    def show_running(self, path: Path, experiment: Experiment, state: ExperimentState) -> None:
        """Say where a comparison stands."""
        line = self.lines.get(path)
        if line is None:
            line = self.lines[path] = ExperimentLine(experiment)
            line.cancel.clicked.connect(lambda: self._cancel(path))
            line.open.clicked.connect(lambda: self._open(path))
            line.again.clicked.connect(lambda: self._again(path))
            line.close_.clicked.connect(lambda: self.drop(path))
            self._column.addWidget(line)
        line.show_running(state)
        self.show()

    def show_ended(self, path: Path, state: ExperimentState) -> None:
        """Say how a comparison ended, and offer what can be done now."""
        line = self.lines.get(path)
        if line is not None:
            line.show_ended(state)

    def drop(self, path: Path) -> None:
        """Say no more of it."""
        line = self.lines.pop(path, None)
        if line is not None:
            line.hide()
            self._column.removeWidget(line)
            line.deleteLater()
        self.setVisible(bool(self.lines))

    def _cancel(self, path: Path) -> None:
        self.lines[path].show_cancelling()
        self.cancel_wanted.emit(path)

    def _open(self, path: Path) -> None:
        self.drop(path)
        self.open_wanted.emit(path)

    def _again(self, path: Path) -> None:
        self.drop(path)
        self.again_wanted.emit()


class ExperimentLine(QFrame):
    """One comparison."""

    def __init__(self, experiment: Experiment) -> None:
        super().__init__()
        self._experiment = experiment
        self._icon = QLabel()
        self.name = Elided(title(experiment), weight=600)
        self.words = label(ink="label")
        self.bar = Bar(scaled(140), scaled(4))
        name = title(experiment)
        self.cancel = link(tr("Cancel"), tr("Cancel the comparison {name}", name=name))
        self.open = link(tr("Open"), tr("Open the comparison {name}", name=name))
        self.open.setToolTip(tr("Show it in the tab Compare"))
        self.again = link(tr("Start again…"), tr("Choose and start it again"))
        self.close_ = icon_button("cross", tr("Dismiss"))
        row = QHBoxLayout(self)
        row.setContentsMargins(14, 0, 8, 0)
        row.setSpacing(12)
        row.addWidget(self._icon)
        row.addWidget(self.name, 1)
        for widget in (self.words, self.bar, self.cancel, self.open, self.again, self.close_):
            row.addWidget(widget)
        # As high with the button that dismisses as without it.
        self.setFixedHeight(scaled(34))
        for widget in (self.open, self.again, self.close_):
            widget.hide()
        manager().changed.connect(self._paint)
        self._paint()

    def show_running(self, state: ExperimentState) -> None:
        """Say where it stands."""
        if not self.cancel.isEnabled():
            return  # it is being cancelled: what it was about is no news any more
        words = stage(self._experiment, state)
        self.words.setText(words)
        self.bar.show_fraction(fraction(state), "")
        self.setAccessibleName(f"{self.name.whole}. {words}")

    def show_cancelling(self) -> None:
        """Say that its end was asked for."""
        self.words.setText(tr("Cancelling…"))
        self.cancel.setEnabled(False)

    def show_ended(self, state: ExperimentState) -> None:
        """Say how it ended."""
        done = state.status == "done"
        self.words.setText(ended(state))
        self.setAccessibleName(f"{self.name.whole}. {ended(state)}")
        for widget in (self.bar, self.cancel):
            widget.hide()
        self.open.setVisible(done)
        self.again.setVisible(not done)
        self.close_.show()

    def _paint(self) -> None:
        ratio = self.devicePixelRatioF()
        self._icon.setPixmap(pixmap("compare", current().accent, 16, ratio))
