"""The Compare dialog: which sides, of what, how they are raced; checks, time, command."""

from __future__ import annotations

import os

import msgspec
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QWidget

from diptych.gui.models.compare_draft import CompareDraft, remembered
from diptych.gui.models.compare_plan import Machine, Plan, plan
from diptych.gui.models.compare_time import known
from diptych.gui.models.context import Context
from diptych.gui.models.evaluate import Check
from diptych.gui.text import format as fmt
from diptych.gui.text.tr import tr, trn
from diptych.gui.views.new_compare.race_form import RaceForm
from diptych.gui.views.new_compare.scripts_form import ScriptsForm
from diptych.gui.views.new_compare.shared_form import SharedForm
from diptych.gui.views.new_compare.sides_form import SidesForm
from diptych.gui.views.new_run.form_dialog import FormDialog
from diptych.gui.views.new_run.sources import Sources
from diptych.gui.views.widgets import link

_KEPT = "new_compare"


class CompareDialog(FormDialog):
    """Starts what it shows: the experiment of its last plan."""

    def __init__(self, context: Context, parent: QWidget | None = None) -> None:
        self.draft: CompareDraft = remembered(context.settings.get(_KEPT) or {})
        # A name is for one comparison: the next one is another.
        self.draft.name = ""
        title = tr("Compare")
        super().__init__(title, tr("Start comparison"), Sources(self.draft), parent)
        self._context = context
        self._known = known(context.hub.entries)
        self.plan = Plan(None, ())
        self.sides = SidesForm(self.draft)
        self.scripts = ScriptsForm(self.draft)
        self.shared = SharedForm(self.draft, context.runtimes)
        self.race = RaceForm(self.draft)
        self.runtimes = link(tr("Runtimes…"), tr("Find, check and create interpreters"))
        self.runtimes.clicked.connect(self.runtimes_wanted)
        self.runtimes.hide()
        self._lay_out(self._forms, self.runtimes)
        self._connect()
        self._show_source()
        self._soon()

    @property
    def _forms(self) -> tuple[SidesForm, ScriptsForm, SharedForm, RaceForm]:
        return self.sides, self.scripts, self.shared, self.race

    def _connect(self) -> None:
        self.sources.changed.connect(self._source_changed)
        for form in self._forms:
            form.changed.connect(self._soon)
        for form in (self.sides, self.scripts):
            form.changed.connect(self._sides_changed)
        self._context.runtimes.changed.connect(self._runtimes_changed)
        key = QShortcut(QKeySequence("Ctrl+Return"), self)
        key.activated.connect(self.start.click)
        self.start.setToolTip(tr("Start what is shown (Ctrl+Enter)"))

    def choose_source(self, source: str) -> None:
        """Show the catalogue or the user's own scripts."""
        self.draft.source = "script" if source == "script" else "catalogue"
        self.sources.refresh()
        self._source_changed()

    def _source_changed(self) -> None:
        self._show_source()
        self._soon()

    def _sides_changed(self) -> None:
        self.shared.refresh()
        self.race.refresh()
        self._order()

    def _show_source(self) -> None:
        script = self.draft.source == "script"
        self.sides.setVisible(not script)
        self.shared.setVisible(not script)
        self.scripts.setVisible(script)
        self._sides_changed()
        self._subject.setText(tr("your own scripts") if script else self.draft.workload)
        (self.scripts.lines[0] if script else self.sources.list).setFocus()

    def _order(self) -> None:
        """Let Tab go through the knobs between the sides and the race."""
        last = self.shared.order(self.sides.add)
        QWidget.setTabOrder(last, self.race.sweep)

    def _runtimes_changed(self) -> None:
        self.shared.refresh()
        self._soon()

    # -- what it amounts to -----------------------------------------------------------

    def _evaluate(self) -> None:
        if not self._context.runtimes.known:
            self.verdict.show_busy(tr("Looking for interpreters…"))
            return
        draft = msgspec.convert(msgspec.to_builtins(self.draft), CompareDraft)
        machine = Machine(
            list(self._context.runtimes.infos),
            self._context.home,
            cores=os.cpu_count() or 0,
            live=len(self._context.live()),
            known=self._known,
        )
        self._work_out(
            lambda: plan(draft, machine),
            self._show,
            lambda text: self._show(Plan(None, (Check("error", text),))),
        )

    def _show(self, found: Plan) -> None:
        self.plan = found
        self.verdict.show_checks(found.checks, found.command)
        for form in self._forms:
            form.mark(found.errors)
        self.runtimes.setVisible("runtime" in found.errors)
        self.start.setEnabled(found.experiment is not None)
        self._cost.setText(cost(found))

    def _start(self) -> None:
        """Start exactly what the command says."""
        if self.plan.experiment is None or not self.start.isEnabled():
            return
        kept = msgspec.to_builtins(self.draft)
        kept.pop("name", None)
        self._context.settings.set(**{_KEPT: kept})
        self._context.experiments.start(self.plan.experiment)
        self.accept()


def cost(found: Plan) -> str:
    """Return in words what would be run, and how long that takes."""
    experiment = found.experiment
    if experiment is None:
        return ""
    sides = len(experiment.sides) + experiment.noise
    if experiment.order == "turns":
        # Those in which they warm up are turns too, and counted as such while it goes on.
        what = trn("{n} turn", "{n} turns", 2 * sides * (experiment.rounds + 1))
    else:
        what = trn("{n} run, one after the other", "{n} runs, one after the other", sides)
    if found.seconds is None:
        return tr("{what}; nobody knows yet how long a step takes", what=what)
    return tr("{what}, about {time}", what=what, time=fmt.elapsed(_rounded(found.seconds)))


def _rounded(seconds: float) -> float:
    """Return no more digits than an estimate has."""
    unit = 10 if seconds < 300 else 60
    return max(unit, round(seconds / unit) * unit)
