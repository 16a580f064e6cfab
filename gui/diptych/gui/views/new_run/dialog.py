"""The New run dialog: what, under what, how measured; checks and cost before the button."""

from __future__ import annotations

import os

import msgspec
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
from diptych.gui.models.context import Context
from diptych.gui.models.draft import Draft, remembered
from diptych.gui.models.evaluate import Check, Evaluation, evaluate
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import scaled
from diptych.gui.views.help import foot, primary
from diptych.gui.views.new_run.catalogue_form import CatalogueForm
from diptych.gui.views.new_run.measure import MeasureForm
from diptych.gui.views.new_run.script_form import ScriptForm
from diptych.gui.views.new_run.sources import Sources
from diptych.gui.views.new_run.verdict import Verdict
from diptych.gui.views.screen import room
from diptych.gui.views.widgets import hairline, icon_button, label, part

_PAUSE_MS = 120
"""How long typing has to rest before it is evaluated."""


class NewRunDialog(QDialog):
    """Starts what it shows: the requests of its last evaluation."""

    runtimes_wanted = Signal()
    evaluated = Signal()
    """The shown checks and command are those of what stands in the form."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(tr("New run"))
        self._context = context
        kept = context.settings.get("new_run")
        self.draft: Draft = remembered(kept or {})
        # A name is for one run: the next one is another.
        self.draft.name = ""
        self._first_time = kept is None
        self.evaluation = Evaluation((), ())
        self._round = 0
        self._fit_machine()
        self.sources = Sources(self.draft)
        self.catalogue = CatalogueForm(self.draft, context.runtimes)
        self.script = ScriptForm(self.draft, context.runtimes)
        self.measure = MeasureForm(self.draft)
        self.verdict = Verdict()
        self.start = primary(tr("Start run"))
        self.start.setEnabled(False)
        self._cost = label(ink="label")
        self._subject = label(ink="label")
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE_MS)
        self._timer.timeout.connect(self._evaluate)
        self._lay_out()
        self._connect()
        self._show_source()
        self._soon()

    # -- how it looks ---------------------------------------------------------------

    def _lay_out(self) -> None:
        inside = QWidget()
        part(inside, "dialogbody")
        column = QVBoxLayout(inside)
        column.setContentsMargins(24, 16, 24, 16)
        column.setSpacing(11)
        for widget in (self.catalogue, self.script, self.measure):
            column.addWidget(widget)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setWidget(inside)
        self.scrolled = scroll
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
        middle = QHBoxLayout()
        middle.setSpacing(0)
        middle.addWidget(self.sources)
        middle.addWidget(right, 1)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(self._head())
        whole.addLayout(middle, 1)
        cancel = QPushButton(tr("Cancel"))
        cancel.clicked.connect(self.reject)
        whole.addWidget(foot(self._cost, None, cancel, self.start))
        # Only a button that is in the dialog already becomes its default.
        self.start.setDefault(True)
        # Below this the row of numbers of the profile window would be cut.
        self.setMinimumWidth(min(scaled(930), max(930, room(self).width())))
        self.resize(QSize(scaled(960), scaled(860)).boundedTo(room(self)))

    def _head(self) -> QFrame:
        made = QFrame()
        part(made, "dialoghead")
        row = QHBoxLayout(made)
        row.setContentsMargins(18, 10, 10, 10)
        row.setSpacing(10)
        row.addWidget(label(tr("New run"), size=14, weight=600))
        row.addWidget(self._subject, 1)
        close = icon_button("cross", tr("Close"), "Esc")
        close.clicked.connect(self.reject)
        row.addWidget(close)
        return made

    def _connect(self) -> None:
        self.sources.changed.connect(self._source_changed)
        for form in (self.catalogue, self.script, self.measure):
            form.changed.connect(self._soon)
        self.catalogue.runtimes_wanted.connect(self.runtimes_wanted)
        self._context.runtimes.changed.connect(self._runtimes_changed)
        self.start.clicked.connect(self._start)

    def choose_source(self, source: str) -> None:
        """Show the catalogue or the user's own script."""
        self.draft.source = "script" if source == "script" else "catalogue"
        self.sources.refresh()
        self._source_changed()

    def _source_changed(self) -> None:
        if self.draft.source == "catalogue":
            self.catalogue.rebuild()
        self._show_source()
        self._soon()

    def _show_source(self) -> None:
        script = self.draft.source == "script"
        self.catalogue.setVisible(not script)
        self.script.setVisible(script)
        self._subject.setText(tr("your own script") if script else self.draft.workload)
        (self.script.script if script else self.sources.list).setFocus()

    def _fit_machine(self) -> None:
        """Choose for somebody who never chose: the frameworks that are there."""
        runtimes = self._context.runtimes
        if self._first_time and runtimes.known:
            self._first_time = False
            usable = [name for name in self.draft.frameworks if runtimes.usable(name)]
            self.draft.frameworks = usable or self.draft.frameworks

    def _runtimes_changed(self) -> None:
        self._fit_machine()
        self.catalogue.refresh()
        self.script.refresh()
        self._soon()

    # -- what it amounts to -----------------------------------------------------------

    def _soon(self) -> None:
        self.measure.offer(self.draft.chosen_frameworks)
        self._round += 1
        self.start.setEnabled(False)
        self._timer.start()

    def _evaluate(self) -> None:
        if not self._context.runtimes.known:
            self.verdict.show_busy(tr("Looking for interpreters…"))
            return
        if self.draft.source == "catalogue" and not self.draft.frameworks:
            self._show(Evaluation((), (Check("error", tr("Choose PyTorch, MXNet or both")),)))
            return
        number = self._round
        draft = msgspec.convert(msgspec.to_builtins(self.draft), Draft)
        infos, home = list(self._context.runtimes.infos), self._context.home
        live, cores = len(self._context.live()), os.cpu_count() or 0

        def done(evaluation: Evaluation) -> None:
            # Typed on in the meantime: the next round will say.
            if number == self._round:
                self._show(evaluation)

        def failed(error: Exception) -> None:
            done(Evaluation((), (Check("error", f"{type(error).__name__}: {error}"),)))

        jobs.start(self, lambda: evaluate(draft, infos, home, live=live, cores=cores), done, failed)

    def _show(self, evaluation: Evaluation) -> None:
        self.evaluation = evaluation
        self.verdict.show_evaluation(evaluation)
        errors = evaluation.errors
        for form in (self.catalogue, self.script, self.measure):
            form.mark(errors)
        count = len(evaluation.requests)
        self.start.setEnabled(count > 0)
        self.start.setText(tr("Start run") if count < 2 else tr("Start {count} runs", count=count))
        self._cost.setText(cost(evaluation))
        self.evaluated.emit()

    def _start(self) -> None:
        """Start exactly what the command says."""
        if not self.evaluation.requests:
            return
        kept = msgspec.to_builtins(self.draft)
        kept.pop("name", None)
        self._context.settings.set(new_run=kept)
        self._context.queue.add(self.evaluation.requests)
        self.accept()


def cost(evaluation: Evaluation) -> str:
    """Return in words what would be started."""
    requests = evaluation.requests
    if not requests:
        return ""
    steps = requests[0].knobs.get("steps")
    runs = len(requests)
    if not isinstance(steps, int):
        return trn("{n} run", "{n} runs, one after the other", runs)
    if runs == 1:
        return trn("1 run, {n} step", "1 run, {n} steps", steps)
    return trn(
        "{runs} runs, one after the other, {n} step each",
        "{runs} runs, one after the other, {n} steps each",
        steps,
        runs=runs,
    )
