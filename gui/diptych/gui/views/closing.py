"""Closing the window while something goes on: asked once, in words, and remembered on request."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtWidgets import QCheckBox, QDialog, QWidget

from diptych.gui.models.context import Context
from diptych.gui.models.experiments import Conducted
from diptych.gui.models.steer import BY
from diptych.gui.models.trouble import Trouble
from diptych.gui.text.experiment import title
from diptych.gui.text.runs import describe
from diptych.gui.text.tr import tr, trn
from diptych.gui.theme import font
from diptych.gui.views.actions import CLOSING
from diptych.gui.views.error_bar import ErrorBar
from diptych.gui.views.help import AskDialog
from diptych.profiling.runner import launch
from diptych.profiling.runs.store import RunEntry

KEEP = tr("Close and keep running")
STOP = tr("Stop them and close")
DISCARD = tr("Discard what waits and close")
CLOSE = tr("Close the window")
_NAMED = 4


class Closing:
    """Decides whether a window may close; remembers what the user chose for good."""

    def __init__(self, window: QWidget, context: Context, errors: ErrorBar) -> None:
        self._window, self._context, self._errors = window, context, errors
        self._agreed = False

    @property
    def choice(self) -> str:
        """What closing does while runs go on: one of ``CLOSING``."""
        kept = self._context.settings.read("closing", str)
        return kept if kept in CLOSING else CLOSING[0]

    def choose(self, choice: str) -> None:
        """Do that from now on."""
        self._context.settings.set(closing=choice)

    def may_close(self) -> bool:
        """Ask, once, when something is live, waits or is being installed."""
        if self._agreed or not self._left_behind():
            return True
        installing = bool(self._context.runtimes.installations)
        # What was chosen for good was about runs; nobody agreed to lose an installation.
        if self.choice != "ask" and not installing:
            self._agreed = self._do(KEEP if self.choice == "keep" else STOP)
        else:
            self._agreed = self._ask() or self._agreed
        return self._agreed

    def agree(self) -> None:
        """Ask no more, and end every question that is open."""
        self._agreed = True
        for dialog in self._window.findChildren(QDialog):
            if dialog.isVisible():
                dialog.reject()

    def _ask(self) -> bool:
        dialog = self.question()
        dialog.exec()
        answer, remember = dialog.answer, dialog.remember.isChecked()
        dialog.deleteLater()
        if answer is None or not self._do(answer):
            return False
        if remember and answer in (KEEP, STOP):
            self.choose("keep" if answer == KEEP else "stop")
        return True

    def question(self) -> CloseDialog:
        """Return the question that the present state calls for."""
        live = self._context.live()
        goes_on = bool(live or self._racing)
        verbs: tuple[str, ...] = (STOP, KEEP) if goes_on else (DISCARD, CLOSE)
        if not goes_on and not self._context.queue.waiting:
            verbs = (CLOSE,)
        heading = CLOSE
        if live:
            heading = trn(
                "{n} run goes on in the background",
                "{n} runs go on in the background",
                len(live),
            )
        if self._racing:
            heading = trn(
                "{n} comparison goes on in the background",
                "{n} comparisons go on in the background",
                len(self._racing),
            )
        text = "\n".join(self._left_behind())
        return CloseDialog(self._window, heading, text, verbs, remember=goes_on)

    def _do(self, answer: str) -> bool:
        """Do what was answered; return whether it could be done."""
        if answer in (DISCARD, STOP):
            self._context.queue.discard()
        return answer != STOP or self._stop()

    def _stop(self) -> bool:
        """Ask every live run to end: at once, for nobody is there later to say that it failed."""
        racing = {found.directory.name: found.directory for found in self._racing}
        for run in self._context.live():
            entry = self._context.hub.entry(run)
            if entry is not None and entry.pair in racing:
                continue  # whoever conducts the comparison ends its runs
            directory: Path | None = self._context.hub.directory(run)
            try:
                if directory is not None:
                    launch.ask_stop(directory, BY)
            except OSError as error:
                what = tr("{run} could not be stopped, so the window stays open", run=run)
                do = tr("Close again and let it go on, or end it another way.")
                self._errors.say(Trouble(what, error.strerror or str(error), do))
                return False
        return self._cancel(racing.values())

    def _cancel(self, comparisons: Iterable[Path]) -> bool:
        from diptych.profiling.compare import conduct

        for directory in comparisons:
            try:
                conduct.ask_cancel(directory)
            except OSError as error:
                what = tr("The comparison could not be cancelled, so the window stays open")
                do = tr("Close again and let it go on, or end it another way.")
                self._errors.say(Trouble(what, error.strerror or str(error), do))
                return False
        return True

    @property
    def _racing(self) -> list[Conducted]:
        return self._context.experiments.running

    def _left_behind(self) -> list[str]:
        words = [self._live_words()] if self._others() else []
        words += [self._racing_words()] if self._racing else []
        waiting = len(self._context.queue.waiting)
        installing = len(self._context.runtimes.installations)
        if waiting:
            words.append(
                trn(
                    "The waiting run starts when Diptych is open again.",
                    "The {n} waiting runs start when Diptych is open again.",
                    waiting,
                )
            )
        if installing:
            words.append(
                trn(
                    "{n} installation will be cancelled.",
                    "{n} installations will be cancelled.",
                    installing,
                )
            )
        return words

    def _others(self) -> list[RunEntry]:
        """Return the live runs that belong to no comparison that goes on."""
        racing = {found.directory.name for found in self._racing}
        entries = (self._context.hub.entry(run) for run in self._context.live())
        return [entry for entry in entries if entry is not None and entry.pair not in racing]

    def _racing_words(self) -> str:
        names = ", ".join(title(found.experiment) for found in self._racing)
        return tr("{names}: it is carried out to its end, also without the window.", names=names)

    def _live_words(self) -> str:
        """Name the runs, and say what becomes of them."""
        names = [describe(entry, None).title for entry in self._others()]
        shown = ", ".join(" ".join(name.split())[:60] for name in names[:_NAMED])
        if len(names) > _NAMED:
            shown = tr("{names} and {n} more", names=shown, n=len(names) - _NAMED)
        return tr(
            "{names}: nothing is lost if the window closes. Open Diptych again to see more.",
            names=shown,
        )


class CloseDialog(AskDialog):
    """The question, and whether to ask it again."""

    def __init__(
        self,
        parent: QWidget | None,
        title: str,
        text: str,
        verbs: tuple[str, ...],
        *,
        remember: bool,
    ) -> None:
        super().__init__(parent, title, text, *verbs)
        self.setWindowTitle(CLOSE)
        self.remember = QCheckBox(tr("Remember my choice (File, When runs go on, changes it)"))
        self.remember.setFont(font())
        self.remember.setVisible(remember)
        self.body.addSpacing(6)
        self.body.addWidget(self.remember)
