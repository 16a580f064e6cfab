"""The New run dialog: what, under what, how measured; checks and cost before the button."""

from __future__ import annotations

import os

import msgspec
from PySide6.QtWidgets import QWidget

from diptych.gui.models.context import Context
from diptych.gui.models.draft import Draft, remembered
from diptych.gui.models.evaluate import Check, Evaluation, evaluate
from diptych.gui.text.tr import tr, trn
from diptych.gui.views.new_run.catalogue_form import CatalogueForm
from diptych.gui.views.new_run.form_dialog import FormDialog
from diptych.gui.views.new_run.measure import MeasureForm
from diptych.gui.views.new_run.script_form import ScriptForm
from diptych.gui.views.new_run.sources import Sources


class NewRunDialog(FormDialog):
    """Starts what it shows: the requests of its last evaluation."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        kept = context.settings.get("new_run")
        self.draft: Draft = remembered(kept or {})
        super().__init__(tr("New run"), tr("Start run"), Sources(self.draft), parent)
        self._context = context
        # A name is for one run: the next one is another.
        self.draft.name = ""
        self._first_time = kept is None
        self.evaluation = Evaluation((), ())
        self._fit_machine()
        self.catalogue = CatalogueForm(self.draft, context.runtimes)
        self.script = ScriptForm(self.draft, context.runtimes)
        self.measure = MeasureForm(self.draft)
        self._lay_out((self.catalogue, self.script, self.measure))
        self._connect()
        self._show_source()
        self._soon()

    def _connect(self) -> None:
        self.sources.changed.connect(self._source_changed)
        for form in (self.catalogue, self.script, self.measure):
            form.changed.connect(self._soon)
        self.catalogue.runtimes_wanted.connect(self.runtimes_wanted)
        self._context.runtimes.changed.connect(self._runtimes_changed)

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
        super()._soon()

    def _evaluate(self) -> None:
        if not self._context.runtimes.known:
            self.verdict.show_busy(tr("Looking for interpreters…"))
            return
        if self.draft.source == "catalogue" and not self.draft.frameworks:
            self._show(Evaluation((), (Check("error", tr("Choose PyTorch, MXNet or both")),)))
            self.evaluated.emit()
            return
        draft = msgspec.convert(msgspec.to_builtins(self.draft), Draft)
        infos, home = list(self._context.runtimes.infos), self._context.home
        live, cores = len(self._context.live()), os.cpu_count() or 0
        self._work_out(
            lambda: evaluate(draft, infos, home, live=live, cores=cores),
            self._show,
            lambda text: self._show(Evaluation((), (Check("error", text),))),
        )

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
